"""What an account chooses for all its instances: metadata defaults, the serial console, which tags
its event notifications carry.

Rules of this file: a choice that launches heed is kept in `settings.py` and asked there.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.instances.options import expect_hops
from cloudchamber.services.ec2.instances.settings import changing, settings_of

_NO_PREFERENCE = "no-preference"


def modify_instance_metadata_defaults(call: Call, request: Input) -> Output:
    """Choose what new instances have where a launch says nothing; -1 hops is no preference."""
    hops = request.get("HttpPutResponseHopLimit")
    if hops not in (None, -1):
        expect_hops(hops)
    row = changing(call)
    row.tokens = _choice(request, "HttpTokens", row.tokens)
    row.endpoint = _choice(request, "HttpEndpoint", row.endpoint)
    row.metadata_tags = _choice(request, "InstanceMetadataTags", row.metadata_tags)
    row.tokens_enforced = _choice(request, "HttpTokensEnforced", row.tokens_enforced)
    if hops is not None:
        row.hop_limit = max(0, hops)
    return {"Return": True}


def get_instance_metadata_defaults(call: Call, request: Input) -> Output:
    """What was chosen; nothing is shown where nothing was."""
    row = settings_of(call)
    everything = {
        "HttpTokens": row.tokens,
        "HttpPutResponseHopLimit": row.hop_limit,
        "HttpEndpoint": row.endpoint,
        "InstanceMetadataTags": row.metadata_tags,
        "HttpTokensEnforced": row.tokens_enforced,
    }
    shown = {member: value for member, value in everything.items() if value}
    return {"AccountLevel": {**shown, "ManagedBy": "account"}}


def get_serial_console_access_status(call: Call, request: Input) -> Output:
    """Whether the account may use the serial console."""
    return {
        "SerialConsoleAccessEnabled": settings_of(call).serial_console,
        "ManagedBy": "account",
    }


def enable_serial_console_access(call: Call, request: Input) -> Output:
    """Let the account use the serial console."""
    changing(call).serial_console = True
    return {"SerialConsoleAccessEnabled": True}


def disable_serial_console_access(call: Call, request: Input) -> Output:
    """Keep the account from the serial console."""
    changing(call).serial_console = False
    return {"SerialConsoleAccessEnabled": False}


def describe_instance_event_notification_attributes(call: Call, request: Input) -> Output:
    """The tags that scheduled event notifications carry."""
    return _notifications(call)


def register_instance_event_notification_attributes(call: Call, request: Input) -> Output:
    """Add tags, or all."""
    given = request.get("InstanceTagAttribute", {})
    row = changing(call)
    row.event_all_tags = given.get("IncludeAllTagsOfInstance", row.event_all_tags)
    row.event_tags = list(dict.fromkeys([*row.event_tags, *given.get("InstanceTagKeys", ())]))
    return _notifications(call)


def deregister_instance_event_notification_attributes(call: Call, request: Input) -> Output:
    """Take tags away, or all."""
    given = request.get("InstanceTagAttribute", {})
    row = changing(call)
    if given.get("IncludeAllTagsOfInstance"):
        row.event_all_tags = False
    gone = given.get("InstanceTagKeys", ())
    row.event_tags = [each for each in row.event_tags if each not in gone]
    return _notifications(call)


def _notifications(call: Call) -> Output:
    row = settings_of(call)
    return {
        "InstanceTagAttribute": {
            "InstanceTagKeys": list(row.event_tags),
            "IncludeAllTagsOfInstance": row.event_all_tags,
        }
    }


def _choice(request: Input, member: str, before: str) -> str:
    value: str | None = request.get(member)
    if value is None:
        return before
    return "" if value == _NO_PREFERENCE else value
