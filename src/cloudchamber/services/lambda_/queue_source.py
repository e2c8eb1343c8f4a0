"""SQS as an event source: received, filtered, gathered, handed on, and deleted when all went well.

Rules of this file: messages are received, hidden and deleted by SQS's own operations. What fails
stays in the queue until its visibility timeout ends, and then comes again.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any, Final

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.lambda_ import invocations, sources, traces
from cloudchamber.services.lambda_.limits import MB
from cloudchamber.services.lambda_.names import new_id
from cloudchamber.services.lambda_.nouns import BATCHES, MAPPINGS, Batch, Function, Invocation
from cloudchamber.services.lambda_.nouns import Mapping as SourceMapping

ORIGIN: Final = "sqs"
FACT: Final = "sqs.queue-stirred"
RECEIVE_MAX: Final = 10
PAYLOAD_MAX: Final = 6 * MB
# "starts reading five batches at a time ... increases by up to 300 more per minute ... 1,250"
FIRST_CONCURRENCY: Final = 5
MORE_A_MINUTE: Final = 300
MOST_CONCURRENCY: Final = 1250


def url_of(source: str) -> str:
    """The QueueUrl of a queue's ARN."""
    parsed = find_arn(source)
    assert parsed is not None  # it was checked when the mapping was made
    return f"https://sqs.{parsed.region}.amazonaws.com/{parsed.account}/{parsed.resource}"


def stirred(call: Call, data: Dict[str, Any]) -> None:
    """Fact: something may be there to receive."""
    for mapping in sources.mappings_of(call, data["queue"]):
        sources.poll_at(call, mapping, call.now + sources.DELAY_NS)


def poll(call: Call, mapping: SourceMapping) -> None:
    """Receive what there is, as far as the function has room, and say when to look again."""
    function = sources.function_of(call, mapping)
    if function is None:
        mapping.result = "PROBLEM: Function not found"
        return
    try:
        poller = sources.poller_of(call, mapping, function)
        _receive_all(call, mapping, function, poller)
    except AwsError as error:
        sources.note_failure(call, mapping, function, error)
        sources.poll_at(call, mapping, call.now + MINUTE_NS, weak=True)
        return
    plan(call, mapping)


def _receive_all(call: Call, mapping: SourceMapping, function: Function, poller: Caller) -> None:
    size = mapping.members["BatchSize"]
    window_ns = mapping.members["MaximumBatchingWindowInSeconds"] * SECOND_NS
    while mapping.running < _room(call, mapping):
        messages = _receive(call, mapping, poller, min(RECEIVE_MAX, size - len(mapping.gathered)))
        if messages and not mapping.busy_ns:
            mapping.busy_ns = call.now
        records = _kept(call, mapping, poller, messages)
        for record in records:
            if mapping.gathered and mapping.gathered_bytes + len(record) > PAYLOAD_MAX:
                _launch(call, mapping, function)
            if not mapping.gathered:
                mapping.gathered_ns = call.now
            mapping.gathered.append(record)
            mapping.gathered_bytes += len(record) + 1
        is_over = call.now >= mapping.gathered_ns + window_ns
        if mapping.gathered and (len(mapping.gathered) >= size or is_over):
            _launch(call, mapping, function)
        elif not messages:
            break
    if not mapping.running and not mapping.gathered:
        mapping.busy_ns = 0


def _room(call: Call, mapping: SourceMapping) -> int:
    """How many batches may be worked at, at once."""
    since_ns = call.now - mapping.busy_ns if mapping.busy_ns else 0
    return min(_most(mapping), FIRST_CONCURRENCY + MORE_A_MINUTE * (since_ns // MINUTE_NS))


def _most(mapping: SourceMapping) -> int:
    most: int = mapping.members.get("ScalingConfig", {}).get("MaximumConcurrency", MOST_CONCURRENCY)
    return most


def _receive(
    call: Call, mapping: SourceMapping, poller: Caller, limit: int
) -> list[dict[str, Any]]:
    if limit <= 0:
        return []
    request = {
        "QueueUrl": url_of(mapping.source),
        "MaxNumberOfMessages": limit,
        "WaitTimeSeconds": 0,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    }
    output = call.invoke("sqs", "ReceiveMessage", request, caller=poller, **_place(mapping))
    messages: list[dict[str, Any]] = output.get("Messages", [])
    return messages


def _place(mapping: SourceMapping) -> dict[str, str]:
    parsed = find_arn(mapping.source)
    return {"account": mapping.account, "region": parsed.region if parsed else mapping.region}


def _kept(
    call: Call, mapping: SourceMapping, poller: Caller, messages: list[dict[str, Any]]
) -> list[bytes]:
    """The records of messages that meet a filter; the others are deleted, as AWS does."""
    kept, dropped = [], []
    for message in messages:
        record = _record(mapping, message)
        if sources.passes(mapping, record):
            kept.append(msgspec.json.encode(record))
        else:
            dropped.append(message["ReceiptHandle"])
    if dropped:
        _delete(call, mapping, poller, dropped)
        call.event(
            mapping.arn,
            "lambda.records-filtered",
            f"{len(dropped)} messages of {mapping.source} met no filter and were deleted",
        )
    return kept


def _record(mapping: SourceMapping, message: dict[str, Any]) -> dict[str, Any]:
    parsed = find_arn(mapping.source)
    attributes = {}
    for name, value in message.get("MessageAttributes", {}).items():
        shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
        if "StringValue" in value:
            shown["stringValue"] = value["StringValue"]
        if "BinaryValue" in value:
            shown["binaryValue"] = value["BinaryValue"]
        attributes[name] = {**shown, "dataType": value["DataType"]}
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": parsed.region if parsed else mapping.region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _launch(call: Call, mapping: SourceMapping, function: Function) -> None:
    """Hand over what was gathered; what cannot be stays hidden and comes again."""
    records = mapping.gathered
    mapping.gathered, mapping.gathered_ns, mapping.gathered_bytes = [], 0, 0
    batch = Batch(new_id(call, mapping.arn, "batch"), mapping.uuid, records)
    trace = max(
        (_decoder.decode(record).attributes.get("AWSTraceHeader", "") for record in records),
        key=lambda header: traces.turns(header, function.arn),
    )
    try:
        sources.start(call, mapping, function, ORIGIN, batch.id, records, trace)
    except AwsError as error:
        mapping.result = f"PROBLEM: {error.code}: {error.message}"
        call.event(
            mapping.arn,
            "lambda.batch-not-begun",
            f"a batch of {len(records)} messages of {mapping.source} could not be handed to "
            f"{function.arn}: {error.code}: {error.message}",
        )
        return
    mapping.running += 1
    call.rows(BATCHES)[batch.id] = batch


class _Record(msgspec.Struct):
    messageId: str
    receiptHandle: str
    attributes: dict[str, str] = {}


_decoder: Final = msgspec.json.Decoder(_Record)


def completed(call: Call, row: Invocation) -> None:
    """A batch is done: delete what went well, and look for more."""
    batch = call.rows(BATCHES).pop(row.reference, None)
    invocations.forget(call, row)
    if batch is None:
        return
    mapping = call.rows(MAPPINGS, row.account, row.region).get(batch.mapping)
    if mapping is None:
        return
    mapping.running = max(0, mapping.running - 1)
    records = [_decoder.decode(record) for record in batch.records]
    failed = sources.failures_of(mapping, row, [record.messageId for record in records])
    good = [
        record.receiptHandle
        for record in records
        if failed is not None and record.messageId not in failed
    ]
    mapping.result = "OK" if not failed and failed is not None else "PROBLEM: Function call failed"
    function = sources.function_of(call, mapping)
    if good and function is not None:
        try:
            _delete(call, mapping, sources.poller_of(call, mapping, function), good)
        except AwsError as error:
            mapping.result = f"PROBLEM: {error.code}: {error.message}"
    if len(good) < len(records):
        call.event(
            mapping.arn,
            "lambda.records-failed",
            f"{len(records) - len(good)} of {len(records)} messages of {mapping.source} failed; "
            "they come again when their visibility timeout ends",
        )
    if mapping.state == "Enabled":
        sources.poll_at(call, mapping, call.now)


def _delete(call: Call, mapping: SourceMapping, poller: Caller, receipts: list[str]) -> None:
    for start in range(0, len(receipts), RECEIVE_MAX):
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt}
            for number, receipt in enumerate(receipts[start : start + RECEIVE_MAX])
        ]
        request = {"QueueUrl": url_of(mapping.source), "Entries": entries}
        call.invoke("sqs", "DeleteMessageBatch", request, caller=poller, **_place(mapping))


def plan(call: Call, mapping: SourceMapping) -> None:
    """Say when to look again: when gathering ends, or when something will be visible."""
    if mapping.state != "Enabled":
        return
    if mapping.running >= _room(call, mapping):
        # The end of a batch will wake it, or a minute that lets it have more of them.
        sources.poll_not(call, mapping)
        minutes = (call.now - mapping.busy_ns) // MINUTE_NS + 1
        if mapping.running < _most(mapping):
            sources.poll_at(call, mapping, mapping.busy_ns + minutes * MINUTE_NS)
        return
    instants = []
    if mapping.gathered:
        window_ns = mapping.members["MaximumBatchingWindowInSeconds"] * SECOND_NS
        instants.append(mapping.gathered_ns + window_ns)
    find = call.port(ports.QUEUE_DUE)
    due_ns = find(call.cloud, mapping.source) if find is not None else None
    if due_ns is not None:
        # What is visible and was not received (another has its group) is looked for again later.
        instants.append(due_ns if due_ns > call.now else call.now + SECOND_NS)
    sources.poll_not(call, mapping)
    if instants:
        sources.poll_at(call, mapping, min(instants))
