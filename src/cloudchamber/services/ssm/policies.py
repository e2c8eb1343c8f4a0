"""Parameter policies: expiration, a word before it, and a word when nothing changes.

Rules of this file: policies belong to the newest version and are timed when it is put; a parameter
that is changed, deleted or made anew takes the old times back. AWS looks every now and then, the
chamber on the dot.
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ssm.nouns import PARAMETERS, Parameter, Policy

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DUE: Final = "ssm.policy-due"
EXPIRATION: Final = "Expiration"
NOTIFICATION: Final = "ExpirationNotification"
NO_CHANGE: Final = "NoChangeNotification"
_UNITS: Final = MappingProxyType({"Days": DAY_NS, "Hours": HOUR_NS})
_ATTRIBUTES: Final = MappingProxyType(
    {
        EXPIRATION: ("Timestamp",),
        NOTIFICATION: ("Before", "Unit"),
        NO_CHANGE: ("After", "Unit"),
    }
)


def parse(call: Call, text: str) -> list[Policy]:
    """The policies of a request, checked. Raises InvalidPolicyType, InvalidPolicyAttribute, ..."""
    try:
        documents = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise _bad_attribute("The policies are not valid JSON.") from None
    if documents == {}:
        documents = []
    if not isinstance(documents, list):
        raise _bad_attribute("The policies must be a JSON array.")
    limit = call.quota("policies")
    if len(documents) > limit:
        raise AwsError(
            "PoliciesLimitExceededException",
            "You specified more than the maximum number of allowed policies for the parameter. "
            f"The maximum is {limit}.",
        )
    policies = [_policy(each) for each in documents]
    kinds = [policy.type for policy in policies]
    if kinds.count(EXPIRATION) > 1:
        raise AwsError(
            "IncompatiblePolicyException",
            "There is a conflict in the policies specified for this parameter. You can't, for "
            "example, specify two Expiration policies for a parameter. Review your policies, and "
            "try again.",
        )
    if NOTIFICATION in kinds and EXPIRATION not in kinds:
        raise AwsError(
            "IncompatiblePolicyException",
            "An ExpirationNotification policy can be specified only with an Expiration policy.",
        )
    for policy in policies:
        if policy.type == EXPIRATION and _expires_ns(policy) <= call.now:
            raise _bad_attribute("The expiration date must be in the future.")
    return policies


def _policy(document: Any) -> Policy:
    if not isinstance(document, dict) or document.get("Type") not in _ATTRIBUTES:
        raise AwsError(
            "InvalidPolicyTypeException",
            "The policy type isn't supported. Parameter Store supports the following policy "
            "types: Expiration, ExpirationNotification, and NoChangeNotification.",
        )
    attributes = document.get("Attributes")
    if document.get("Version") != "1.0":
        raise _bad_attribute("The version of a policy must be 1.0.")
    if not isinstance(attributes, dict) or sorted(attributes) != sorted(
        _ATTRIBUTES[document["Type"]]
    ):
        raise _bad_attribute("A policy attribute or its value is invalid.")
    policy = Policy(document["Type"], msgspec.json.encode(document).decode())
    if policy.type == EXPIRATION:
        _expires_ns(policy)
    else:
        _span_ns(policy)
    return policy


def _bad_attribute(message: str) -> AwsError:
    return AwsError("InvalidPolicyAttributeException", message)


def _attributes(policy: Policy) -> dict[str, Any]:
    attributes: dict[str, Any] = msgspec.json.decode(policy.text)["Attributes"]
    return attributes


def _expires_ns(policy: Policy) -> int:
    text = _attributes(policy)["Timestamp"]
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise _bad_attribute(f"The timestamp {text} is not valid.") from None
    if at.tzinfo is None:
        raise _bad_attribute(f"The timestamp {text} has no time zone.")
    return round(at.timestamp() * 1000) * (SECOND_NS // 1000)


def _span_ns(policy: Policy) -> int:
    attributes = _attributes(policy)
    count = str(attributes.get("Before", attributes.get("After")))
    unit = attributes["Unit"]
    if unit not in _UNITS or not (count.isascii() and count.isdigit() and 1 <= int(count) <= 9999):
        raise _bad_attribute("A policy attribute or its value is invalid.")
    return int(count) * int(_UNITS[unit])


# Times


def arm(call: Call, parameter: Parameter) -> None:
    """Time the policies of the newest version; those of older ones are taken back."""
    disarm(call, parameter)
    latest = parameter.latest
    expires_ns = next((_expires_ns(each) for each in latest.policies if each.type == EXPIRATION), 0)
    for place, policy in enumerate(latest.policies):
        if policy.type == EXPIRATION:
            at_ns = expires_ns
        elif policy.type == NOTIFICATION:
            at_ns = max(call.now, expires_ns - _span_ns(policy))
        else:
            at_ns = latest.modified_ns + _span_ns(policy)
        event = call.at(at_ns, DUE, parameter.name, parameter.life, latest.number, place)
        parameter.events.append(event)


def disarm(call: Call, parameter: Parameter) -> None:
    """Take back what is timed."""
    for event in parameter.events:
        call.cancel(event)
    parameter.events = []


def due(call: Call, name: str, life: str, number: int, place: int) -> None:
    """A policy has its effect."""
    parameter = call.rows(PARAMETERS).get(name)
    if parameter is None or parameter.life != life or parameter.latest.number != number:
        return
    policy = parameter.latest.policies[place]
    policy.status = "Finished"
    details = {
        "policy-type": policy.type,
        "policy-content": policy.text,
        "parameter-name": name,
        "parameter-type": parameter.latest.type,
        "action-status": "Success",
    }
    if policy.type != EXPIRATION:
        why = "is about to expire" if policy.type == NOTIFICATION else "has not been changed"
        call.event(parameter.arn, "ssm.policy-notification", f"{name} {why}", details)
        return
    disarm(call, parameter)
    del call.rows(PARAMETERS)[name]
    call.event(parameter.arn, "ssm.parameter-expired", f"{name} expired and was deleted", details)


def shown(policies: Sequence[Policy]) -> list[dict[str, str]]:
    """Policies as answers show them."""
    return [
        {"PolicyText": each.text, "PolicyType": each.type, "PolicyStatus": each.status}
        for each in policies
    ]
