"""Event source mappings: made, changed, switched on and off, and woken.

Rules of this file: what a mapping is; how its source is read stands in `queue_source` and
`stream_source`. A state lasts as long as the lifecycle profile says, and is left by a kernel event.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import (
    lifecycle,
    mapping_checks,
    queue_source,
    refusals,
    sources,
    stream_source,
)
from cloudchamber.services.lambda_.names import (
    expect_version,
    find_target,
    function_arn,
    new_id,
    paged,
    target_of,
)
from cloudchamber.services.lambda_.nouns import MAPPINGS, Mapping
from cloudchamber.services.lambda_.tagging import check_tags

SETTLED: Final = "lambda.mapping-settled"
PAGE: Final = 100


def arn_of_uuid(call: Call, request: Input) -> str:
    """The ARN that a permission on a mapping is asked on."""
    return call.arn(f"event-source-mapping:{request.get('UUID', '*')}")


def context_of_function(call: Call, request: Input) -> dict[str, tuple[str, ...]]:
    """Condition key lambda:FunctionArn: of which function a mapping is or will be."""
    text = request.get("FunctionName")
    if text is None:
        mapping = call.rows(MAPPINGS).get(request.get("UUID", ""))
        if mapping is None:
            return {}
        return {"lambda:FunctionArn": (_function_arn(mapping),)}
    target = find_target(call, text)
    return {} if target is None else {"lambda:FunctionArn": (target.arn,)}


def _expect(call: Call, uuid: str) -> Mapping:
    mapping = call.rows(MAPPINGS).get(uuid)
    if mapping is None:
        raise refusals.not_found("The resource you requested does not exist.")
    return mapping


def create_event_source_mapping(call: Call, request: Input) -> Output:
    """Have a function called with what a source has."""
    target = target_of(call, request)
    function, version = expect_version(call, target)
    source = request.get("EventSourceArn", "")
    kind = mapping_checks.kind_of(call, request)
    members = mapping_checks.members_of(kind, request, source)
    mapping_checks.check(call, kind, members, source, function)
    for other in call.rows(MAPPINGS).values():
        if (other.source, other.function) == (source, function.name):
            raise refusals.conflict(
                f'The event source arn (" {source} ") and function (" {function.name} ") provided '
                "mapping already exists. Please update or delete the existing mapping with UUID "
                f"{other.uuid}"
            )
    tags = check_tags(call, {}, request.get("Tags", {}))
    mapping_checks.check_source(call, kind, source, function, version)
    uuid = new_id(call, call.arn("event-source-mapping:"), "uuid")
    mapping = call.rows(MAPPINGS)[uuid] = Mapping(
        uuid=uuid,
        account=call.account,
        region=call.region,
        arn=call.arn(f"event-source-mapping:{uuid}"),
        kind=kind,
        source=source,
        function=function.name,
        qualifier=target.qualifier,
        members=members,
        modified_ns=call.now,
        state="Creating",
        result="No records processed" if kind == "stream" else "",
        tags=tags,
    )
    mapping.members["Enabled"] = request.get("Enabled", True)
    if kind == "stream":
        stream_source.begin(call, mapping)
    _settle_later(call, mapping)
    return _shown(mapping)


def _settle_later(call: Call, mapping: Mapping) -> None:
    if mapping.change:
        call.cancel(mapping.change)
        mapping.change = 0
    delay_ns = lifecycle.MAPPING.delay_ns(call.cloud.settings.lifecycle, mapping.state)
    if delay_ns:
        mapping.change = call.after(delay_ns, SETTLED, mapping.uuid)
    else:
        settled(call, mapping.uuid)


def settled(call: Call, uuid: str) -> None:
    """Kernel event: a mapping has become what it was to be."""
    mapping = call.rows(MAPPINGS).get(uuid)
    if mapping is None:
        return
    mapping.change = 0
    if mapping.state == "Deleting":
        stream_source.forget(call, mapping)
        sources.poll_not(call, mapping)
        del call.rows(MAPPINGS)[uuid]
        return
    is_on = mapping.members["Enabled"]
    if mapping.state in ("Creating", "Updating"):
        mapping.state = lifecycle.MAPPING.move(mapping.state, "ready" if is_on else "stop")
    else:
        mapping.state = lifecycle.MAPPING.move(mapping.state, "ready")
    call.event(mapping.arn, "lambda.mapping-settled", f"{mapping.arn} is {mapping.state}")
    if mapping.state == "Enabled":
        if mapping.kind == "stream":
            stream_source.resume(call, mapping)
        sources.poll_at(call, mapping, call.now + sources.DELAY_NS)
    else:
        sources.poll_not(call, mapping)


def polled(call: Call, account: str, region: str, uuid: str) -> None:
    """Kernel event: look what a source has."""
    mapping = call.rows(MAPPINGS, account, region).get(uuid)
    if mapping is None:
        return
    mapping.wake = mapping.wake_ns = 0
    if mapping.state != "Enabled":
        return
    if mapping.kind == "stream":
        stream_source.poll(call, mapping)
    else:
        queue_source.poll(call, mapping)


def get_event_source_mapping(call: Call, request: Input) -> Output:
    """One mapping."""
    return _shown(_expect(call, request["UUID"]))


def list_event_source_mappings(call: Call, request: Input) -> Output:
    """Mappings by UUID, of one function or one source."""
    wanted = request.get("FunctionName")
    target = find_target(call, wanted) if wanted else None
    if target is not None:
        expect_version(call, target)
    source = request.get("EventSourceArn")
    found = [
        mapping
        for _, mapping in sorted(call.rows(MAPPINGS).items())
        if (target is None or mapping.function == target.name)
        and (target is None or not target.qualifier or mapping.qualifier == target.qualifier)
        and (not source or mapping.source == source)
    ]
    chosen, marker = paged(call, found, request, lambda each: each.uuid, PAGE)
    shown = [_shown(mapping) for mapping in chosen]
    return {"EventSourceMappings": shown, **({"NextMarker": marker} if marker else {})}


def update_event_source_mapping(call: Call, request: Input) -> Output:
    """Change a mapping, or switch it on or off."""
    mapping = _expect(call, request["UUID"])
    if mapping.state in ("Creating", "Updating", "Enabling", "Disabling", "Deleting"):
        raise refusals.in_use(
            f"Cannot update the event source mapping because it is in use. State: {mapping.state}"
        )
    name, qualifier = mapping.function, mapping.qualifier
    text = request.get("FunctionName") or _function_arn(mapping)
    target = target_of(call, {"FunctionName": text})
    function, version = expect_version(call, target)
    name, qualifier = target.name, target.qualifier
    members = mapping_checks.changed(mapping, request)
    mapping_checks.check(call, mapping.kind, members, mapping.source, function)
    mapping_checks.check_source(call, mapping.kind, mapping.source, function, version)
    before = mapping.members["Enabled"]
    mapping.function, mapping.qualifier = name, qualifier
    mapping.members = members
    mapping.members["Enabled"] = request.get("Enabled", before)
    mapping.modified_ns = call.now
    after = mapping.members["Enabled"]
    if before != after:
        move = "enable" if after else "disable"
    else:
        move = "update"
    mapping.state = lifecycle.MAPPING.move(mapping.state, move)
    shown = _shown(mapping)
    _settle_later(call, mapping)
    return shown if mapping.change else _shown(mapping)


def delete_event_source_mapping(call: Call, request: Input) -> Output:
    """End a mapping; batches that are being worked at are finished."""
    mapping = _expect(call, request["UUID"])
    if mapping.state in ("Creating", "Updating", "Enabling", "Disabling", "Deleting"):
        raise refusals.in_use(
            f"Cannot delete the event source mapping because it is in use. State: {mapping.state}"
        )
    mapping.state = "Deleting"
    shown = _shown(mapping)
    sources.poll_not(call, mapping)
    _settle_later(call, mapping)
    return shown


def _function_arn(mapping: Mapping) -> str:
    arn = function_arn(mapping.region, mapping.account, mapping.function)
    return f"{arn}:{mapping.qualifier}" if mapping.qualifier else arn


def _shown(mapping: Mapping) -> Output:
    output: dict[str, Any] = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "EventSourceArn": mapping.source,
        "FunctionArn": _function_arn(mapping),
        "LastModified": mapping.modified_ns / SECOND_NS,
        "State": mapping.state,
        "StateTransitionReason": mapping.reason,
        **mapping.members,
    }
    output.pop("Enabled", None)
    if mapping.result:
        output["LastProcessingResult"] = mapping.result
    if mapping.kind == "sqs":
        for name in mapping_checks.STREAMS_ONLY:
            output.pop(name, None)
        if not mapping.members.get("ScalingConfig"):
            output.pop("ScalingConfig", None)
    return output
