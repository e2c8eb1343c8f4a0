"""Listeners and rules: where a request goes.

Rules of this file: an action forwards to target groups of the account or answers a fixed 404 or
500. Which rule a request meets is `routing.py`'s.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/listeners.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice.lookup import (
    by_id,
    group_of,
    listener_of,
    new_id,
    new_parts,
    own_service,
    paged,
    rule_of,
    rules_of,
    seconds,
)
from cloudchamber.services.vpc_lattice.nouns import LISTENERS, RULES, Listener, Rule
from cloudchamber.services.vpc_lattice.refusals import conflict, invalid, quota_exceeded

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_FIXED: Final = (404, 500)
_DEFAULT: Final = "default"


def create_listener(call: Call, request: Input) -> Output:
    """Make a listener; name and port are its service's own."""
    service = own_service(call, request["serviceIdentifier"])
    protocol = request["protocol"]
    port = request.get("port") or (443 if protocol == "HTTPS" else 80)
    if protocol == "TLS_PASSTHROUGH" and not request.get("port"):
        raise invalid("A TLS_PASSTHROUGH listener needs a port.", "port")
    mine = _listeners(call, service.id)
    for each in mine:
        if each.name == request["name"] or each.port == port:
            raise conflict(
                "LISTENER", each.id, f"{each.id} has the name {each.name} and the port {each.port}"
            )
    if len(mine) >= call.quota("listeners"):
        raise quota_exceeded("LISTENER", "L-listeners", len(mine))
    action = _checked(call, request["defaultAction"])
    identifier = new_id(call, "listener")
    row = Listener(
        **new_parts(call, identifier, f"{service.arn}/listener/{identifier}", request),
        name=request["name"], service=service.id, protocol=protocol, port=port, action=action,
    )  # fmt: skip
    call.rows(LISTENERS)[identifier] = row
    return _listener(row, service.arn)


def get_listener(call: Call, request: Input) -> Output:
    """A listener."""
    service, row = listener_of(call, request)
    return {**_listener(row, service.arn), **_times(row)}


def list_listeners(call: Call, request: Input) -> Output:
    """A service's listeners."""
    service = own_service(call, request["serviceIdentifier"])
    members = ("arn", "id", "name", "protocol", "port")
    return paged(
        request, _listeners(call, service.id),
        lambda row: {**{each: getattr(row, each) for each in members}, **_times(row)}, by_id,
    )  # fmt: skip


def update_listener(call: Call, request: Input) -> Output:
    """Change what a listener does by default."""
    service, row = listener_of(call, request)
    row.action, row.updated_ns = _checked(call, request["defaultAction"]), call.now
    return _listener(row, service.arn)


def delete_listener(call: Call, request: Input) -> Output:
    """Delete a listener with its rules."""
    _, row = listener_of(call, request)
    rules = call.rows(RULES)
    for each in rules_of(call, row.id):
        del rules[each.id]
    del call.rows(LISTENERS)[row.id]
    return {}


def create_rule(call: Call, request: Input) -> Output:
    """Make a rule; name and priority are its listener's own."""
    _, listener = listener_of(call, request)
    if listener.protocol == "TLS_PASSTHROUGH":
        raise invalid("A TLS_PASSTHROUGH listener has no rules but its default action.")
    mine = rules_of(call, listener.id)
    for each in mine:
        if each.name == request["name"] or each.priority == request["priority"]:
            raise conflict(
                "RULE", each.id, f"{each.id} has the name {each.name}, priority {each.priority}"
            )
    if len(mine) >= call.quota("rules"):
        raise quota_exceeded("RULE", "L-rules", len(mine))
    _expect_match(request["match"])
    action = _checked(call, request["action"])
    identifier = new_id(call, "rule")
    row = Rule(
        **new_parts(call, identifier, f"{listener.arn}/rule/{identifier}", request),
        name=request["name"], listener=listener.id, priority=request["priority"],
        match=request["match"], action=action,
    )  # fmt: skip
    call.rows(RULES)[identifier] = row
    shown = _rule(row)
    del shown["isDefault"]
    return shown


def get_rule(call: Call, request: Input) -> Output:
    """A rule."""
    _, listener = listener_of(call, request)
    row = rule_of(call, listener, request["ruleIdentifier"])
    return {**_rule(row), **_times(row)}


def list_rules(call: Call, request: Input) -> Output:
    """A listener's rules, and its default action as the last of them."""
    _, listener = listener_of(call, request)
    rows: list[Any] = [*rules_of(call, listener.id), listener]
    return paged(request, rows, _listed, lambda row: f"{getattr(row, 'priority', 9_999):05}")


def update_rule(call: Call, request: Input) -> Output:
    """Change what a rule matches, does, or its priority."""
    _, listener = listener_of(call, request)
    row = rule_of(call, listener, request["ruleIdentifier"])
    _change(call, listener, row, request)
    return _rule(row)


def batch_update_rule(call: Call, request: Input) -> Output:
    """Change several rules; each succeeds or fails by itself, priorities as they are in the end."""
    _, listener = listener_of(call, request)
    successful, unsuccessful = [], []
    freed = {
        each["ruleIdentifier"].rpartition("/")[2] for each in request["rules"] if "priority" in each
    }
    for each in request["rules"]:
        try:
            row = rule_of(call, listener, each["ruleIdentifier"])
            _change(call, listener, row, each, freed=freed)
        except AwsError as error:
            unsuccessful.append(
                {
                    "ruleIdentifier": each["ruleIdentifier"],
                    "failureCode": error.code,
                    "failureMessage": error.message,
                }
            )
        else:
            freed.discard(row.id)
            successful.append(_rule(row))
    return {"successful": successful, "unsuccessful": unsuccessful}


def delete_rule(call: Call, request: Input) -> Output:
    """Delete a rule."""
    _, listener = listener_of(call, request)
    row = rule_of(call, listener, request["ruleIdentifier"])
    del call.rows(RULES)[row.id]
    return {}


def groups_in(action: dict[str, Any]) -> list[str]:
    """The ids of the target groups that an action forwards to."""
    groups = action.get("forward", {}).get("targetGroups", ())
    return [each["targetGroupIdentifier"].rpartition("/")[2] for each in groups]


def _change(
    call: Call, listener: Listener, row: Rule, request: Input, freed: set[str] | None = None
) -> None:
    priority = request.get("priority", row.priority)
    for each in rules_of(call, listener.id):
        if each.id != row.id and each.priority == priority and each.id not in (freed or ()):
            raise conflict("RULE", each.id, f"{each.id} has the priority {priority}")
    if "match" in request:
        _expect_match(request["match"])
    action = _checked(call, request["action"]) if "action" in request else row.action
    row.priority, row.action = priority, action
    row.match, row.updated_ns = request.get("match", row.match), call.now


def _checked(call: Call, action: dict[str, Any]) -> dict[str, Any]:
    """An action whose target groups are there, and are named by id. Raises."""
    if "fixedResponse" in action:
        if action["fixedResponse"]["statusCode"] not in _FIXED:
            raise invalid("Only 404 and 500 are supported.", "fixedResponse.statusCode")
        return action
    groups = action["forward"]["targetGroups"]
    if not groups:
        raise invalid("A forward action needs target groups.", "forward.targetGroups")
    return {
        "forward": {
            "targetGroups": [
                {
                    "targetGroupIdentifier": group_of(call, each["targetGroupIdentifier"]).id,
                    "weight": each.get("weight", 100),
                }
                for each in groups
            ]
        }
    }


def _expect_match(match: dict[str, Any]) -> None:
    http = match.get("httpMatch", {})
    if not http.keys() & {"method", "pathMatch", "headerMatches"}:
        raise invalid("A rule has to match a method, a path or headers.", "match.httpMatch")
    path = http.get("pathMatch", {}).get("match", {})
    if any(not each.startswith("/") for each in path.values()):
        raise invalid("A path begins with a slash.", "match.httpMatch.pathMatch")


def _listeners(call: Call, service: str) -> list[Listener]:
    return [each for each in call.rows(LISTENERS).values() if each.service == service]


def _listener(row: Listener, service_arn: str) -> dict[str, Any]:
    return {
        "arn": row.arn, "id": row.id, "name": row.name, "protocol": row.protocol,
        "port": row.port, "serviceArn": service_arn, "serviceId": row.service,
        "defaultAction": row.action,
    }  # fmt: skip


def _rule(row: Rule) -> dict[str, Any]:
    return {
        "arn": row.arn, "id": row.id, "name": row.name, "isDefault": False, "match": row.match,
        "priority": row.priority, "action": row.action,
    }  # fmt: skip


def _listed(row: Rule | Listener) -> dict[str, Any]:
    if isinstance(row, Listener):
        return {"name": _DEFAULT, "isDefault": True, **_times(row)}
    shown = _rule(row)
    del shown["match"], shown["action"]
    return {**shown, **_times(row)}


def _times(row: Rule | Listener) -> dict[str, float]:
    return {"createdAt": seconds(row.created_ns), "lastUpdatedAt": seconds(row.updated_ns)}
