"""Launch templates and their versions.

Rules of this file: what a template says is kept as it was given and checked when it is used, as AWS
does; only what is malformed in itself is refused here.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, chosen, described, paged
from cloudchamber.services.ec2.filters import matching
from cloudchamber.services.ec2.instances.attributes import template_data
from cloudchamber.services.ec2.instances.image_lookup import RESOLVE, expect_launchable
from cloudchamber.services.ec2.instances.limits import TEMPLATE_VERSIONS_MAX, TEMPLATES_MAX
from cloudchamber.services.ec2.instances.lookup import expect_named
from cloudchamber.services.ec2.instances.nouns import TEMPLATE, TEMPLATES, Template, TemplateVersion
from cloudchamber.services.ec2.instances.options import checked_user_data
from cloudchamber.services.ec2.instances.template_lookup import expect_template, expect_version
from cloudchamber.services.ec2.interfaces.interface_views import instant
from cloudchamber.services.ec2.refusals import limit_exceeded, missing_parameter

_NAME: Final = re.compile(r"[A-Za-z0-9().\-/_]{3,128}", re.ASCII)
_PAGE_MAX: Final = 200
_VERSIONS_AT_ONCE: Final = 200


def create_launch_template(call: Call, request: Input) -> Output:
    """Make a template with its first version."""
    name: str = request.get("LaunchTemplateName", "")
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters, "
            "numbers, and the following characters: - ( ) . / _.",
        )
    given = tags.specified(request, TEMPLATE.type)
    data = _expect_data(request)
    rows = call.rows(TEMPLATES)
    if any(each.name == name for each in rows.values()):
        raise AwsError(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "Launch template name already in use.",
        )
    if len(rows) >= TEMPLATES_MAX:
        raise limit_exceeded(
            "LaunchTemplateLimitExceeded",
            f"The maximum number of launch templates is {TEMPLATES_MAX}.",
        )
    template = Template(
        id=kinds.new_id(call, TEMPLATE.prefix),
        owner=call.account,
        name=name,
        versions={1: _version(call, 1, data, request)},
        created_by=call.caller.arn,
        created_ns=call.now,
    )
    kinds.add(call, TEMPLATE, template)
    tags.put(call, template.id, given)
    return {"LaunchTemplate": _view(call, template)}


def create_launch_template_version(call: Call, request: Input) -> Output:
    """Add a version, based on another if one is named."""
    template = expect_template(call, request)
    data = _expect_data(request)
    if request.get("SourceVersion"):
        data = {**expect_version(template, request["SourceVersion"]).data, **data}
    if len(template.versions) >= TEMPLATE_VERSIONS_MAX:
        raise limit_exceeded(
            "LaunchTemplateVersionLimitExceeded",
            f"The maximum number of versions is {TEMPLATE_VERSIONS_MAX}.",
        )
    number = template.made + 1
    version = _version(call, number, data, request)
    template.versions[number] = version
    template.latest = template.made = number
    return {"LaunchTemplateVersion": _version_view(call, template, version, request)}


def describe_launch_templates(call: Call, request: Input) -> Output:
    """The account's templates."""
    names = request.get("LaunchTemplateNames", ())
    found = [expect_template(call, {"LaunchTemplateName": each}) for each in names]
    rows = chosen(call, request, _DESCRIPTION)
    if names:
        ids = {each.id for each in found}
        rows = [each for each in rows if each.id in ids]
    return described(call, request, _DESCRIPTION, rows)


def describe_launch_template_versions(call: Call, request: Input) -> Output:
    """Versions of a template, newest first; or the latest or default ones of all templates."""
    if request.get("LaunchTemplateId") or request.get("LaunchTemplateName"):
        template = expect_template(call, request)
        pairs = [(template, each) for each in _chosen_versions(template, request)]
    else:
        wanted = request.get("Versions", ())
        if not wanted or any(each not in ("$Latest", "$Default") for each in wanted):
            raise AwsError(
                "MissingParameter",
                "When no launch template ID or name is specified, the versions must be $Latest or "
                "$Default.",
            )
        pairs = [
            (template, version)
            for template in call.rows(TEMPLATES).values()
            for version in _unique(expect_version(template, each) for each in wanted)
        ]
    pairs = matching(pairs, request.get("Filters", ()), _VERSION_FILTERS)
    pairs.sort(key=_place_of)
    size = min(request.get("MaxResults") or _PAGE_MAX, _PAGE_MAX)
    return paged(
        request,
        "LaunchTemplateVersions",
        pairs,
        _place_of,
        lambda pair: _version_view(call, *pair, request),
        size,
    )


def modify_launch_template(call: Call, request: Input) -> Output:
    """Choose the default version."""
    template = expect_template(call, request)
    if not request.get("DefaultVersion"):
        raise missing_parameter("SetDefaultVersion")
    template.default = expect_version(template, request["DefaultVersion"]).number
    return {"LaunchTemplate": _view(call, template)}


def delete_launch_template(call: Call, request: Input) -> Output:
    """Delete a template with all its versions."""
    template = expect_template(call, request)
    shown = _view(call, template)
    kinds.remove(call, TEMPLATE, template)
    return {"LaunchTemplate": shown}


def delete_launch_template_versions(call: Call, request: Input) -> Output:
    """Delete versions; the default one cannot be, and those not there are listed apart."""
    template = expect_template(call, request)
    numbers = request.get("Versions", ())
    if not numbers:
        raise missing_parameter("LaunchTemplateVersion")
    if len(numbers) > _VERSIONS_AT_ONCE:
        raise AwsError(
            "InvalidParameterValue", f"At most {_VERSIONS_AT_ONCE} versions can be deleted at once."
        )
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for each in numbers:
        problem = _deletion_problem(template, each)
        number = int(each) if each.isascii() and each.isdigit() else 0
        shown: dict[str, Any] = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionNumber": number,
        }
        if problem:
            code, message = problem
            failed.append({**shown, "ResponseError": {"Code": code, "Message": message}})
        else:
            del template.versions[number]
            done.append(shown)
    # The latest is the highest that is left. A number is not given again.
    template.latest = max(template.versions)
    return {
        "SuccessfullyDeletedLaunchTemplateVersions": done,
        "UnsuccessfullyDeletedLaunchTemplateVersions": failed,
    }


def get_launch_template_data(call: Call, request: Input) -> Output:
    """What a template has to say to launch an instance like one that is there."""
    return {"LaunchTemplateData": template_data(call, expect_named(call, request))}


def _expect_data(request: Input) -> dict[str, Any]:
    data = request.get("LaunchTemplateData")
    if data is None:
        raise missing_parameter("LaunchTemplateData")
    if data.get("UserData"):
        checked_user_data(data["UserData"])
    return dict(data)


def _version(call: Call, number: int, data: dict[str, Any], request: Input) -> TemplateVersion:
    return TemplateVersion(
        number=number,
        data=data,
        description=request.get("VersionDescription", ""),
        created_by=call.caller.arn,
        created_ns=call.now,
    )


def _chosen_versions(template: Template, request: Input) -> list[TemplateVersion]:
    wanted = request.get("Versions", ())
    least, most = request.get("MinVersion"), request.get("MaxVersion")
    if wanted and (least or most):
        raise AwsError(
            "InvalidParameterCombination",
            "You cannot specify Versions together with MinVersion or MaxVersion.",
        )
    if wanted:
        return _unique(expect_version(template, each) for each in wanted)
    low = int(least) if least else 0
    high = int(most) if most else template.latest
    return [each for number, each in template.versions.items() if low <= number <= high]


def _unique(versions: Any) -> list[TemplateVersion]:
    return list({each.number: each for each in versions}.values())


def _deletion_problem(template: Template, text: str) -> tuple[str, str] | None:
    if not text.isascii() or not text.isdigit():
        return "launchTemplateVersionDoesNotExist", f"{text} is not a version number."
    if int(text) not in template.versions:
        return (
            "launchTemplateVersionDoesNotExist",
            f"Could not delete launch template version {text}: it does not exist.",
        )
    if int(text) == template.default:
        return "unexpectedError", "The default version of a launch template cannot be deleted."
    return None


def _view(call: Call, template: Template) -> dict[str, Any]:
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreateTime": template.created_ns / SECOND_NS,
        "CreatedBy": template.created_by,
        "DefaultVersionNumber": template.default,
        "LatestVersionNumber": template.latest,
        "Tags": tags.shown(call, template.id),
        "Operator": {"Managed": False},
    }


def _version_view(
    call: Call, template: Template, version: TemplateVersion, request: Input
) -> dict[str, Any]:
    data = dict(version.data)
    image = data.get("ImageId", "")
    if request.get("ResolveAlias") and image.startswith(RESOLVE):
        data["ImageId"] = expect_launchable(call, image).id
    shown: dict[str, Any] = {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "CreateTime": version.created_ns / SECOND_NS,
        "CreatedBy": version.created_by,
        "DefaultVersion": version.number == template.default,
        "LaunchTemplateData": data,
        "Operator": {"Managed": False},
    }
    if version.description:
        shown["VersionDescription"] = version.description
    return shown


_Pair = tuple[Template, TemplateVersion]


def _place_of(pair: _Pair) -> str:
    """Where a version stands: by template, the newest first."""
    return f"{pair[0].id}\n{10**9 - pair[1].number:010}"


def _data(*members: str) -> Any:
    def texts(pair: _Pair) -> Sequence[str]:
        value: Any = pair[1].data
        for member in members:
            value = value.get(member) if isinstance(value, Mapping) else None
        if value is None:
            return ()
        return ("true" if value else "false",) if isinstance(value, bool) else (str(value),)

    return texts


_VERSION_FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "create-time": lambda pair: (instant(pair[1].created_ns),),
        "ebs-optimized": _data("EbsOptimized"),
        "http-endpoint": _data("MetadataOptions", "HttpEndpoint"),
        "http-protocol-ipv4": _data("MetadataOptions", "HttpEndpoint"),
        "host-resource-group-arn": _data("Placement", "HostResourceGroupArn"),
        "http-tokens": _data("MetadataOptions", "HttpTokens"),
        "iam-instance-profile": _data("IamInstanceProfile", "Arn"),
        "image-id": _data("ImageId"),
        "instance-type": _data("InstanceType"),
        "is-default-version": lambda pair: (
            "true" if pair[0].default == pair[1].number else "false",
        ),
        "kernel-id": _data("KernelId"),
        "license-configuration-arn": lambda pair: [
            each.get("LicenseConfigurationArn", "")
            for each in pair[1].data.get("LicenseSpecifications", ())
        ],
        "network-card-index": lambda pair: [
            str(each["NetworkCardIndex"])
            for each in pair[1].data.get("NetworkInterfaces", ())
            if "NetworkCardIndex" in each
        ],
        "ram-disk-id": _data("RamDiskId"),
    }
)
_DESCRIPTION: Final[Description[Template]] = Description(
    kind=TEMPLATE,
    ids="LaunchTemplateIds",
    answer="LaunchTemplates",
    view=_view,
    filters=MappingProxyType(
        {
            "create-time": lambda call, row: (instant(row.created_ns),),
            "launch-template-name": lambda call, row: (row.name,),
        }
    ),
    page_min=1,
    page_max=_PAGE_MAX,
)
