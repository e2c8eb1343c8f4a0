"""Finding launch templates, and what a request is together with its template.

Rules of this file: reads only. What the request says goes before what the template says, member by
member; tags of one type of thing are joined, the request's first.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.nouns import TEMPLATE, TEMPLATES, Template, TemplateVersion
from cloudchamber.services.ec2.refusals import invalid_combination

ID_TAG: Final = "aws:ec2launchtemplate:id"
VERSION_TAG: Final = "aws:ec2launchtemplate:version"
_RENAMED: Final = (("RamDiskId", "RamdiskId"),)


def expect_template(call: Call, given: Mapping[str, Any]) -> Template:
    """A template by `LaunchTemplateId` or `LaunchTemplateName`. Raises AwsError."""
    identifier, name = given.get("LaunchTemplateId"), given.get("LaunchTemplateName")
    if identifier and name:
        raise invalid_combination(
            "You must specify either a launch template ID or a launch template name, but not both."
        )
    if identifier:
        return kinds.expect(call, TEMPLATE, identifier)
    if not name:
        raise AwsError(
            "MissingParameter",
            "You must specify either a launch template ID or a launch template name.",
        )
    for template in call.rows(TEMPLATES).values():
        if template.name == name:
            return template
    raise AwsError(
        "InvalidLaunchTemplateName.NotFoundException",
        f"The specified launch template, with template name {name}, does not exist.",
    )


def expect_version(template: Template, given: str | None) -> TemplateVersion:
    """A version by its number, `$Latest` or `$Default` (also for none). Raises AwsError."""
    text = given or "$Default"
    if text == "$Default":
        return template.versions[template.default]
    if text == "$Latest":
        return template.versions[template.latest]
    if not text.isascii() or not text.isdigit():
        raise AwsError(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Launch template version must be a number, $Latest or $Default, not {text}.",
        )
    version = template.versions.get(int(text))
    if version is None:
        raise AwsError(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {text} for the launch template with ID "
            f"{template.id}.",
        )
    return version


def with_template(call: Call, request: Input) -> tuple[Input, dict[str, str]]:
    """A launch with its template's members under its own, and AWS's tags that tell of it."""
    given = request.get("LaunchTemplate")
    if not given:
        return request, {}
    template = expect_template(call, given)
    version = expect_version(template, given.get("Version"))
    if "InstanceRequirements" in version.data and not request.get("InstanceType"):
        raise invalid_combination(
            "InstanceRequirements cannot be used to launch instances with RunInstances."
        )
    data = dict(version.data)
    for before, after in _RENAMED:
        if before in data:
            data[after] = data.pop(before)
    if request.get("SecurityGroupIds") or request.get("SecurityGroups"):
        data.pop("SecurityGroupIds", None)
        data.pop("SecurityGroups", None)
    merged = {**data, **request}
    specifications = _joined_tags(
        data.get("TagSpecifications", ()), request.get("TagSpecifications", ())
    )
    if specifications:
        merged["TagSpecifications"] = specifications
    return merged, {ID_TAG: template.id, VERSION_TAG: str(version.number)}


def _joined_tags(of_template: Any, of_request: Any) -> list[dict[str, Any]]:
    by_type: dict[str, dict[str, dict[str, str]]] = {}
    for each in (*of_template, *of_request):
        known = by_type.setdefault(each.get("ResourceType", ""), {})
        for tag in each.get("Tags", ()):
            known[tag.get("Key", "")] = tag
    return [{"ResourceType": kind, "Tags": list(known.values())} for kind, known in by_type.items()]
