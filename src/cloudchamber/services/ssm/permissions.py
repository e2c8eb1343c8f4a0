"""Which ARNs and condition keys a permission is asked with, and who a parameter is shared with.

Rules of this file: gathering only. https://docs.aws.amazon.com/service-authorization/latest/
reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.service import Input
from cloudchamber.languages.policy import SourcedPolicy, attached_policy
from cloudchamber.services.ssm.names import arn_of
from cloudchamber.services.ssm.nouns import PARAMETERS, Parameter

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

# "AWSRAMDefaultPermissionSSMParameterReadOnly" and its kin give no more than reading.
SHARED_OPERATIONS: Final = frozenset(
    {"DescribeParameters", "GetParameter", "GetParameterHistory", "GetParameters"}
)


def named(call: Call, request: Input) -> str:
    """The ARN of the parameter of `Name`."""
    return _arn(call, request["Name"])


def all_named(call: Call, request: Input) -> list[str]:
    """The ARNs of the parameters of `Names`."""
    return [_arn(call, name) for name in request["Names"]]


def under(call: Call, request: Input) -> str:
    """The ARN of a path, as GetParametersByPath is allowed."""
    return arn_of(call, request["Path"].strip().rstrip("/") or "/")


def tagged(call: Call, request: Input) -> str:
    """The ARN of what is tagged."""
    return arn_of(call, request["ResourceId"]) if request["ResourceType"] == "Parameter" else "*"


def given(call: Call, request: Input) -> str:
    """The ARN of a request that names one."""
    arn: str = request["ResourceArn"]
    return arn


def setting(call: Call, request: Input) -> str:
    """The ARN of a service setting."""
    name: str = request["SettingId"]
    return name if name.startswith("arn:") else call.arn(f"servicesetting/{name.lstrip('/')}")


def _arn(call: Call, text: str) -> str:
    text = text.strip()
    arn = find_arn(text)
    if arn is not None:
        return str(arn._replace(resource=arn.resource.partition(":")[0]))
    return arn_of(call, text.partition(":")[0])


def conditions(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
    """The condition keys of a request and of the parameter it is about."""
    keys: dict[str, Sequence[str]] = {}
    if call.operation_name == "PutParameter":
        keys["ssm:Overwrite"] = (str(request.get("Overwrite", False)).lower(),)
        if "Policies" in request:
            keys["ssm:Policies"] = (request["Policies"],)
        if "DataType" in request:
            keys["ssm:DataType"] = (request["DataType"],)
    if call.operation_name == "GetParametersByPath":
        keys["ssm:Recursive"] = (str(request.get("Recursive", False)).lower(),)
    tags = request.get("Tags", ())
    for tag in tags:
        keys[f"aws:RequestTag/{tag['Key']}"] = (tag["Value"],)
    if tags or "TagKeys" in request:
        keys["aws:TagKeys"] = [tag["Key"] for tag in tags] or list(request.get("TagKeys", ()))
    parameter = _find(call, call.resource)
    if parameter is not None:
        for key, value in parameter.tags.items():
            keys[f"aws:ResourceTag/{key}"] = (value,)
            keys[f"ssm:resourceTag/{key}"] = (value,)
    return keys


def _find(call: Call, text: str) -> Parameter | None:
    arn = find_arn(text)
    if arn is None or not arn.resource.startswith("parameter/"):
        return None
    rows = call.rows(PARAMETERS, arn.account or call.account)
    name = arn.resource.removeprefix("parameter")
    found = rows.get(name)
    return found if found is not None else rows.get(name[1:])


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy that shares a parameter, or None; what it shares is reading."""
    found = _find(call, arn)
    if found is None or found.sharing is None:
        return None
    if call.operation_name not in SHARED_OPERATIONS and call.caller.account != found.account:
        return None
    return attached_policy(found.sharing.text, found.arn)
