"""Kinesis destinations: every change of an item goes to a data stream.

Rules of this file: a destination that is ACTIVE gets each change as one record, in order, through
`kinesis:PutRecord`. What Kinesis refuses is written to the event log, and the write of the item
stands, as at AWS.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb.definitions import validation
from cloudchamber.services.dynamodb.lifecycle import DESTINATION
from cloudchamber.services.dynamodb.lookup import expect_table, not_found, setting_of
from cloudchamber.services.dynamodb.nouns import TABLES, Table
from cloudchamber.services.dynamodb.settings import Destination, Setting
from cloudchamber.services.dynamodb.shelf import size_in, unpack

SETTLED: Final = "dynamodb.destination-settled"
DESTINATIONS_MAX: Final = 2
NOT_DELIVERED: Final = "nothing is delivered: Cloudchamber does not simulate Kinesis Data Streams"
_PRINCIPAL: Final = "dynamodb.amazonaws.com"
_REFUSED: Final = 501
_MICROSECOND_NS: Final = 1_000


def enable_kinesis_streaming_destination(call: Call, request: Input) -> Output:
    """Send a table's changes to a data stream from now on."""
    table = expect_table(call, request["TableName"])
    setting = setting_of(call, table)
    arn = request["StreamArn"]
    parts = find_arn(arn)
    if parts is None or parts.service != "kinesis" or not parts.resource.startswith("stream/"):
        raise validation(f"Invalid StreamArn: {arn}")
    have = _find(setting, arn)
    if have is not None and have.status != "DISABLED":
        raise validation(
            "Table is not in a valid state to enable Kinesis Streaming Destination: "
            "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform "
            "ENABLE operation."
        )
    active = sum(each.status != "DISABLED" for each in setting.destinations)
    if active >= DESTINATIONS_MAX:
        raise AwsError(
            "LimitExceededException",
            f"A table can have at most {DESTINATIONS_MAX} Kinesis destinations",
        )
    description = _missing(call, arn)
    wanted = request.get("EnableKinesisStreamingConfiguration", {})
    precision = wanted.get("ApproximateCreationDateTimePrecision", "")
    destination = Destination(arn, DESTINATION.initial, precision, description)
    setting.destinations = [each for each in setting.destinations if each.arn != arn]
    setting.destinations.append(destination)
    table.is_watched = True
    _settle_later(call, table, destination)
    return _shown(table, destination, "EnableKinesisStreamingConfiguration", wanted)


def _missing(call: Call, arn: str) -> str:
    """What is to be said of a stream that cannot be asked for. Raises ResourceNotFoundException."""
    try:
        call.invoke("kinesis", "DescribeStreamSummary", {"StreamARN": arn})
    except AwsError as error:
        if error.status == _REFUSED:
            return NOT_DELIVERED
        if error.code == "ResourceNotFoundException":
            raise not_found(f"Kinesis stream: {arn} not found") from error
        raise
    return ""


def disable_kinesis_streaming_destination(call: Call, request: Input) -> Output:
    """Send no more."""
    table, destination = _expect(call, request)
    destination.status = DESTINATION.move(destination.status, "disable")
    _settle_later(call, table, destination)
    wanted = request.get("EnableKinesisStreamingConfiguration", {})
    return _shown(table, destination, "EnableKinesisStreamingConfiguration", wanted)


def update_kinesis_streaming_destination(call: Call, request: Input) -> Output:
    """Change how times are written."""
    table, destination = _expect(call, request)
    wanted = request.get("UpdateKinesisStreamingConfiguration", {})
    precision = wanted.get("ApproximateCreationDateTimePrecision")
    if precision is None or precision == (destination.precision or "MILLISECOND"):
        raise validation(
            "Invalid Request: Precision is already set to the desired value of "
            f"{destination.precision or 'MILLISECOND'} for tableId: {table.id}, kdsArn: "
            f"{destination.arn}"
        )
    destination.precision = precision
    destination.status = DESTINATION.move(destination.status, "update")
    _settle_later(call, table, destination)
    return _shown(table, destination, "UpdateKinesisStreamingConfiguration", wanted)


def describe_kinesis_streaming_destination(call: Call, request: Input) -> Output:
    """A table's destinations, also those that were."""
    table = expect_table(call, request["TableName"])
    found: list[Output] = []
    for each in setting_of(call, table).destinations:
        one: Output = {"StreamArn": each.arn, "DestinationStatus": each.status}
        if each.description:
            one["DestinationStatusDescription"] = each.description
        if each.precision:
            one["ApproximateCreationDateTimePrecision"] = each.precision
        found.append(one)
    return {"TableName": table.name, "KinesisDataStreamDestinations": found}


def _expect(call: Call, request: Input) -> tuple[Table, Destination]:
    table = expect_table(call, request["TableName"])
    setting = setting_of(call, table)
    destination = _find(setting, request["StreamArn"])
    if destination is None:
        raise not_found(f"Table {table.name} has no Kinesis destination {request['StreamArn']}")
    if destination.status != "ACTIVE":
        verb = "disable" if call.operation_name.startswith("Disable") else "update"
        raise validation(
            f"Table is not in a valid state to {verb} Kinesis Streaming Destination: "
            f"{call.operation_name} must be ACTIVE to perform {verb.upper()} operation."
        )
    return table, destination


def _find(setting: Setting, arn: str) -> Destination | None:
    return next((each for each in setting.destinations if each.arn == arn), None)


def _settle_later(call: Call, table: Table, destination: Destination) -> None:
    delay_ns = DESTINATION.delay_ns(call.cloud.settings.lifecycle, destination.status)
    call.after(delay_ns, SETTLED, table.name, table.id, destination.arn)


def settled(call: Call, name: str, id_: str, arn: str) -> None:
    """A destination has been switched on, off, or otherwise."""
    table = call.rows(TABLES).get(name)
    if table is None or table.id != id_:
        return
    setting = setting_of(call, table)
    destination = _find(setting, arn)
    if destination is not None and destination.status != "DISABLED":
        destination.status = DESTINATION.move(destination.status, "made")


def _shown(table: Table, destination: Destination, member: str, wanted: Output) -> Output:
    shown: Output = {
        "TableName": table.name,
        "StreamArn": destination.arn,
        "DestinationStatus": destination.status,
    }
    if wanted:
        shown[member] = dict(wanted)
    return shown


def deliver(
    call: Call,
    table: Table,
    setting: Setting,
    before: bytes | None,
    after: bytes | None,
    *,
    by_ttl: bool,
) -> None:
    """Send one change to each destination that is ACTIVE."""
    active = [each for each in setting.destinations if each.status == "ACTIVE"]
    for destination in active:
        if destination.description == NOT_DELIVERED:
            continue
        body = _body(call, table, destination, before, after, by_ttl=by_ttl)
        request = {
            "StreamARN": destination.arn,
            "Data": msgspec.json.encode(body),
            "PartitionKey": body["eventID"],
        }
        try:
            call.invoke("kinesis", "PutRecord", request, principal=_PRINCIPAL,
                        account=table.account, region=table.region)  # fmt: skip
        except AwsError as error:
            call.event(
                table.arn,
                "dynamodb.change-not-delivered",
                f"a change of {table.name} did not reach {destination.arn}: {error.message}",
            )


def _body(
    call: Call,
    table: Table,
    destination: Destination,
    before: bytes | None,
    after: bytes | None,
    *,
    by_ttl: bool,
) -> dict[str, Any]:
    record = after if after is not None else before
    assert record is not None  # what comes of nothing is no change
    item = unpack(record)
    micro = destination.precision == "MICROSECOND"
    time = call.now // _MICROSECOND_NS
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": time if micro else time // 1000,
        "Keys": {name: item[name] for name in table.keys.names},
        "SizeBytes": sum(size_in(each) for each in (before, after) if each is not None),
    }
    if after is not None:
        change["NewImage"] = unpack(after)
    if before is not None:
        change["OldImage"] = unpack(before)
    if micro:
        change["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    identity = {"principalId": _PRINCIPAL, "type": "Service"} if by_ttl else None
    return {
        "awsRegion": table.region,
        "eventID": call.stream(table.arn, "kinesis").uuid(),
        "eventName": name,
        "userIdentity": identity,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }
