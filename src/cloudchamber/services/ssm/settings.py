"""Service settings: the account's defaults for Parameter Store.

Rules of this file: a setting that nobody changed has no row. Settings of other tools of Systems
Manager are refused by name.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetServiceSetting.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm.names import invalid
from cloudchamber.services.ssm.nouns import ADVANCED, INTELLIGENT, SETTINGS, STANDARD, Setting

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DEFAULT_TIER: Final = "/ssm/parameter-store/default-parameter-tier"
HIGH_THROUGHPUT: Final = "/ssm/parameter-store/high-throughput-enabled"
_DEFAULTS: Final = MappingProxyType({DEFAULT_TIER: STANDARD, HIGH_THROUGHPUT: "false"})
_ALLOWED: Final = MappingProxyType(
    {DEFAULT_TIER: (STANDARD, ADVANCED, INTELLIGENT), HIGH_THROUGHPUT: ("true", "false")}
)
_OTHERS: Final = frozenset(
    {
        "/ssm/appmanager/appmanager-enabled",
        "/ssm/automation/customer-script-log-destination",
        "/ssm/automation/customer-script-log-group-name",
        "/ssm/automation/enable-adaptive-concurrency",
        "/ssm/documents/console/public-sharing-permission",
        "/ssm/managed-instance/activation-tier",
        "/ssm/managed-instance/default-ec2-instance-management-role",
        "/ssm/opsinsights/opscenter",
    }
)


def value_of(call: Call, name: str) -> str:
    """The value in force."""
    row = call.rows(SETTINGS).get(name)
    return row.value if row is not None else _DEFAULTS[name]


def get_service_setting(call: Call, request: Input) -> Output:
    """A setting. Raises ServiceSettingNotFound."""
    return {"ServiceSetting": _view(call, _expect(call, request))}


def update_service_setting(call: Call, request: Input) -> Output:
    """Change a setting. Raises ServiceSettingNotFound, ValidationException."""
    name = _expect(call, request)
    value = request["SettingValue"]
    if value not in _ALLOWED[name]:
        raise invalid(
            f"The setting value {value} is not valid for {name}. Valid values include: "
            f"[{', '.join(_ALLOWED[name])}]"
        )
    call.rows(SETTINGS)[name] = Setting(value, call.now, call.caller.arn)
    return {}


def reset_service_setting(call: Call, request: Input) -> Output:
    """Put a setting back to AWS's default."""
    name = _expect(call, request)
    call.rows(SETTINGS).pop(name, None)
    return {"ServiceSetting": _view(call, name)}


def _expect(call: Call, request: Input) -> str:
    asked = request["SettingId"]
    arn = find_arn(asked)
    name = arn.resource.removeprefix("servicesetting") if arn is not None else asked
    if name in _DEFAULTS:
        return str(name)
    if name in _OTHERS:
        raise Refused("ssm", call.operation_name, f"{name} is not of Parameter Store")
    raise AwsError(
        "ServiceSettingNotFound",
        "The specified service setting was not found. Either the service name or the setting has "
        "not been provisioned by the AWS service team.",
    )


def _view(call: Call, name: str) -> Output:
    row = call.rows(SETTINGS).get(name)
    modified_ns = row.modified_ns if row is not None else call.cloud.settings.start_ns
    return {
        "SettingId": name,
        "SettingValue": value_of(call, name),
        "LastModifiedDate": modified_ns / SECOND_NS,
        "LastModifiedUser": row.user if row is not None else "System",
        "ARN": call.arn(f"servicesetting{name}"),
        "Status": "Customized" if row is not None else "Default",
    }
