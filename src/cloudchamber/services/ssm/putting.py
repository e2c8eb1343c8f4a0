"""PutParameter: a new parameter, or a new version of one.

Rules of this file: everything is checked before anything is changed; KMS is asked last of all.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm import data_types, policies, settings, values
from cloudchamber.services.ssm.names import arn_of, check_new, invalid
from cloudchamber.services.ssm.nouns import (
    ADVANCED,
    INTELLIGENT,
    PARAMETERS,
    SECURE,
    STANDARD,
    TEXT,
    Parameter,
    Policy,
    Version,
)
from cloudchamber.services.ssm.tagging import checked_tags

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

LIFE_DIGITS: Final = 16
_TIERS_PAGE: Final = (
    "For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "parameter-store-advanced-parameters.html"
)


def put_parameter(call: Call, request: Input) -> Output:
    """Create a parameter or, with Overwrite, a version of it."""
    name = request["Name"].strip()
    check_new(call, name)
    old = call.rows(PARAMETERS).get(name)
    kind = _kind(request, old)
    value = request["Value"]
    _check_request(request, kind, value)
    if old is not None and not request.get("Overwrite"):
        raise AwsError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in "
            "the request to true.",
        )
    latest = old.latest if old is not None else None
    pattern = request.get("AllowedPattern", latest.pattern if latest else "")
    _check_pattern(pattern, value)
    data_type = request.get("DataType") or (latest.data_type if latest else TEXT)
    data_types.check(name, kind, data_type, value)
    new_policies = _policies(call, request, latest)
    tier = _tier(call, request, old, len(value.encode()), bool(new_policies))
    tags = checked_tags(call, {}, request.get("Tags", ()))
    arn = arn_of(call, name)
    if tags:
        require(call, "ssm:AddTagsToResource", arn)
    if old is not None:
        _check_history(call, old)
    if data_type == data_types.IMAGE and not data_types.is_image_id(value):
        # "If you submit an invalid AMI value, the PutParameter operation will return success, but
        # the asynchronous validation will fail and the parameter will not be created or updated."
        return _refuse_image(call, arn, name, latest, tier)
    version = Version(
        number=latest.number + 1 if latest else 1,
        type=kind,
        modified_ns=call.now,
        user=call.caller.arn,
        tier=tier,
        description=request.get("Description", latest.description if latest else ""),
        pattern=pattern,
        data_type=data_type,
        policies=new_policies,
    )
    if kind == SECURE:
        version.key_id = request.get("KeyId") or (latest.key_id if latest else values.DEFAULT_KEY)
        version.sealed = values.seal(call, arn, tier, version.key_id, value)
    else:
        version.text = value
    _keep(call, name, arn, old, version, tags)
    return {"Version": version.number, "Tier": tier}


def _keep(
    call: Call,
    name: str,
    arn: str,
    old: Parameter | None,
    version: Version,
    tags: dict[str, str],
) -> None:
    if old is None:
        life = call.stream(arn, "life").hex(LIFE_DIGITS)
        parameter = Parameter(
            name=name, account=call.account, arn=arn, life=life, versions=[version], tags=tags
        )
        call.rows(PARAMETERS)[name] = parameter
    else:
        parameter = old
        parameter.versions.append(version)
        if len(parameter.versions) > call.quota("versions"):
            del parameter.versions[0]
    policies.arm(call, parameter)


def _kind(request: Input, old: Parameter | None) -> str:
    if old is None:
        kind: str | None = request.get("Type")
        if kind is None:
            raise invalid("A parameter type is required when you create a parameter.")
        return kind
    kind = request.get("Type", old.latest.type)
    if kind != old.latest.type and request.get("Overwrite"):
        raise AwsError(
            "HierarchyTypeMismatchException",
            "Parameter Store doesn't support changing a parameter type in a hierarchy. For "
            "example, you can't change a parameter from a String type to a SecureString type. You "
            "must create a new, unique parameter.",
        )
    return str(kind)


def _check_request(request: Input, kind: str, value: str) -> None:
    if not value:
        raise invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1."
        )
    if "{{" in value and "}}" in value:
        raise invalid(
            'Parameter value: can\'t nest another parameter. Do not use "{{}}" in the value.'
        )
    if "KeyId" in request and kind != SECURE:
        raise invalid("KeyId is required for SecureString type parameter only.")
    if request.get("Tags") and request.get("Overwrite"):
        raise invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter "
            "with tags, please remove overwrite flag. To update tags for an existing parameter, "
            "please use AddTagsToResource or RemoveTagsFromResource."
        )


def _check_pattern(pattern: str, value: str) -> None:
    if not pattern:
        return
    try:
        fits = re.fullmatch(pattern, value)
    except re.error:
        raise AwsError(
            "InvalidAllowedPatternException",
            f"The request does not meet the regular expression requirement: {pattern}",
        ) from None
    if fits is None:
        raise AwsError(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
        )


def _policies(call: Call, request: Input, latest: Version | None) -> list[Policy]:
    if "Policies" in request:
        return policies.parse(call, request["Policies"])
    # "All existing policies are preserved until you send new policies or an empty policy."
    return [Policy(each.type, each.text) for each in latest.policies] if latest else []


def _check_history(call: Call, old: Parameter) -> None:
    if len(old.versions) >= call.quota("versions") and old.versions[0].labels:
        raise AwsError(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {old.name} by calling the PutParameter API "
            f"with the overwrite flag. Version {old.versions[0].number}, the oldest version, can't "
            "be deleted because it has a label associated with it. Move the label to another "
            "version of the parameter, and try again.",
        )


def _refuse_image(
    call: Call, arn: str, name: str, latest: Version | None, tier: str
) -> Output:  # fmt: skip
    call.event(
        arn,
        "ssm.image-refused",
        f"{name} was not put: its value is not the id of an AMI",
        {"action-status": "Failed", "data-type": data_types.IMAGE},
    )
    return {"Version": latest.number + 1 if latest else 1, "Tier": tier}


# Tiers


def _tier(call: Call, request: Input, old: Parameter | None, size: int, has_policies: bool) -> str:
    """The tier that a version is put in. Raises ValidationException, ParameterLimitExceeded."""
    was_advanced = old is not None and old.latest.tier == ADVANCED
    asked = request.get("Tier") or (
        ADVANCED if was_advanced else settings.value_of(call, settings.DEFAULT_TIER)
    )
    if was_advanced and asked == STANDARD:
        raise invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from "
            "the advanced-parameter tier to the standard-parameter tier. If necessary, you can "
            "delete the advanced parameter and recreate it as a standard parameter."
        )
    counts = _counts(call)
    is_new_standard = old is None
    if asked == INTELLIGENT:
        needs_more = (
            was_advanced
            or has_policies
            or size > call.quota("standard-bytes")
            or (is_new_standard and counts[STANDARD] >= call.quota("standard-parameters"))
        )
        asked = ADVANCED if needs_more else STANDARD
    if asked == STANDARD:
        _check_standard(call, size, has_policies)
    elif size > call.quota("advanced-bytes"):
        raise invalid(
            f"Advanced tier parameters support a maximum parameter value of "
            f"{call.quota('advanced-bytes')} characters. {_TIERS_PAGE}"
        )
    is_new_in_tier = old is None or old.latest.tier != asked
    if is_new_in_tier and counts[asked] >= call.quota(f"{asked.lower()}-parameters"):
        raise _full(call, asked)
    return str(asked)


def _check_standard(call: Call, size: int, has_policies: bool) -> None:
    limit = call.quota("standard-bytes")
    if size > limit:
        raise invalid(
            f"Standard tier parameters support a maximum parameter value of {limit} characters. To "
            "create a larger parameter value, upgrade the parameter to use the advanced-parameter "
            f"tier. {_TIERS_PAGE}"
        )
    if has_policies:
        raise invalid(
            "Standard tier parameters don't support parameter policies. To use parameter policies, "
            f"upgrade the parameter to use the advanced-parameter tier. {_TIERS_PAGE}"
        )


def _counts(call: Call) -> dict[str, int]:
    rows = call.rows(PARAMETERS)
    if len(rows) < call.quota("standard-parameters"):
        return {STANDARD: 0, ADVANCED: 0}  # neither can be full
    advanced = sum(1 for row in rows.values() if row.latest.tier == ADVANCED)
    return {STANDARD: len(rows) - advanced, ADVANCED: advanced}


def _full(call: Call, tier: str) -> AwsError:
    limit = call.quota(f"{tier.lower()}-parameters")
    more = (
        "either delete existing parameters or upgrade to the advanced-parameter tier (charges "
        "apply)."
        if tier == STANDARD
        else "delete existing parameters."
    )
    return AwsError(
        "ParameterLimitExceeded",
        f"You have reached the maximum number of {tier.lower()} parameters for this AWS account "
        f"and Region ({limit}). To add more parameters, {more}",
    )
