"""A window closes, and its lines go to the bucket.

Rules of this file: kernel events. Files are written as the service that delivers logs, so that the
bucket's policy decides; what it refuses is lost and told of in DeliverLogsErrorMessage. A window in
which nothing happened is a weak event: it never keeps the world busy.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud import ports
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.engines.sql.database import Result, parquet_of
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.flow_logs.fields import (
    NODATA,
    NOTHING,
    SKIPDATA,
    TRANSIT_FIELDS,
    VPC_FIELDS,
    Field,
    names_of,
    silence_of,
    values_of,
)
from cloudchamber.services.ec2.flow_logs.happened import Sighting
from cloudchamber.services.ec2.flow_logs.lifecycle import DELIVERY
from cloudchamber.services.ec2.flow_logs.nouns import (
    BATCHES,
    FAILED,
    FLOW_LOG,
    FLOW_LOGS,
    SUCCESS,
    WINDOWS,
    Batch,
    FlowLog,
    Record,
    Window,
)
from cloudchamber.services.ec2.flow_logs.records import TICK, watched, window_start
from cloudchamber.services.ec2.interfaces.nouns import Interface

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DELIVER: Final = "ec2.flow-lines-arrive"
PRINCIPAL: Final = "delivery.logs.amazonaws.com"
_HASH_DIGITS: Final = 8


def fields_of(row: FlowLog) -> Mapping[str, Field]:
    """The fields that a flow log may list."""
    return TRANSIT_FIELDS if row.resource_kind.startswith("Transit") else VPC_FIELDS


def start_ticking(call: Call, row: FlowLog) -> None:
    """Close a window at each interval's end, if only to say that nothing happened."""
    end = window_start(row, call.now) + row.interval_s * SECOND_NS
    row.tick = call.at(end, TICK, row.id, weak=True)


def tick(call: Call, identifier: str) -> None:
    """Kernel event: an interval has ended."""
    row = call.rows(FLOW_LOGS).get(identifier)
    if row is None:
        return
    close(call, identifier, window_start(row, call.now) - row.interval_s * SECOND_NS)
    start_ticking(call, row)


def close(call: Call, identifier: str, start_ns: int) -> None:
    """Kernel event: the window that began at `start_ns` closes. Closing it again does nothing."""
    row = call.rows(FLOW_LOGS).get(identifier)
    if row is None:
        return
    end_ns = start_ns + row.interval_s * SECOND_NS
    window = call.rows(WINDOWS).get(identifier)
    if window is not None and window.start_ns >= end_ns:
        return
    if window is None or window.start_ns != start_ns:
        window = Window(start_ns=start_ns)
    call.rows(WINDOWS)[identifier] = Window(start_ns=end_ns)
    rows = _lines(call, row, window, end_ns)
    if not rows:
        return
    key = f"{identifier} {end_ns}"
    call.rows(BATCHES)[key] = Batch(identifier, end_ns, rows)
    delay = DELIVERY.delay_ns(call.cloud.settings.lifecycle, "collected")
    call.after(delay, DELIVER, key, weak=not window.records)


def deliver(call: Call, key: str) -> None:
    """Kernel event: lines arrive at their bucket, or do not."""
    batch = call.rows(BATCHES).pop(key)
    row = call.rows(FLOW_LOGS).get(batch.flow_log)
    if row is None:
        return
    bucket, location = _location(call, row, batch)
    where = call.port(ports.BUCKET)
    found = where(call.cloud, bucket) if where else None
    request = {
        "Bucket": bucket,
        "Key": location,
        "Body": _file(row, batch),
        "ACL": "bucket-owner-full-control",
        "ContentType": "application/octet-stream",
    }
    try:
        _expect_let_in(call, bucket, location)
        call.invoke(
            "s3",
            "PutObject",
            request,
            caller=_sender(call, row),
            region=found[1] if found else None,
        )
    except AwsError as error:
        row.status = FAILED
        row.error = "Access error" if error.code == "AccessDenied" else "Unknown error"
        call.event(
            _arn(call, row),
            "ec2.flow-log-lost",
            f"{len(batch.rows)} records of {row.id} did not get into {bucket}: {error.message}",
        )
        return
    row.status, row.error = SUCCESS, ""
    call.event(
        _arn(call, row),
        "ec2.flow-log-delivered",
        f"{len(batch.rows)} records of {row.id} are in s3://{bucket}/{location}",
    )


def _expect_let_in(call: Call, bucket: str, key: str) -> None:
    """A service of AWS's needs a policy that lets it in, an owner's does not. Raises AwsError."""
    guard = call.cloud.registry.expect("s3").resource_policy
    if call.cloud.settings.iam != "enforce" or guard is None:
        return
    if guard(call, f"arn:{call.partition}:s3:::{bucket}/{key}") is None:
        raise AwsError("AccessDenied", f"nothing lets {PRINCIPAL} into {bucket}", 403)


def _sender(call: Call, row: FlowLog) -> Caller:
    """The service that delivers logs, on behalf of the flow log's account."""
    sender = callers.service(PRINCIPAL, row.owner)
    source = call.arn("*", service="logs")
    context = {"aws:SourceArn": (source,), "aws:SourceAccount": (row.owner,)}
    return msgspec.structs.replace(sender, context=context)


def _arn(call: Call, row: FlowLog) -> str:
    return kinds.arn_of(FLOW_LOG, row.owner, call.region, row.id)


def _lines(call: Call, row: FlowLog, window: Window, end_ns: int) -> list[list[str]]:
    known = fields_of(row)
    names = names_of(row.format, known)
    rows = [values_of(record, names, known) for record in window.records.values()]
    rows += [silence_of(each, names, known, SKIPDATA) for each in window.skipped.values()]
    busy = {
        record.seen.interface
        for record in window.records.values()
        if isinstance(record.seen, Sighting)
    }
    for region, interface in watched(call, row):
        # An interface that is younger than the window was not watched all through it.
        if interface.id not in busy and interface.created_ns < end_ns and row.created_ns < end_ns:
            start = max(window.start_ns, row.created_ns)
            silent = _silent(interface, region, start, end_ns)
            rows.append(silence_of(silent, names, known, NODATA))
    return rows


def _silent(interface: Interface, region: str, start_ns: int, end_ns: int) -> Record:
    attachment = interface.attachment
    seen = Sighting(
        interface=interface.id,
        account=interface.owner,
        region=region,
        vpc=interface.vpc,
        subnet=interface.subnet,
        zone_id=interface.zone_id,
        direction="ingress",
        action="ACCEPT",
        source="",
        destination="",
        protocol=0,
        instance=attachment.instance if attachment else "",
    )
    return Record(seen, start_ns, end_ns, 0, 0, 0)


def _location(call: Call, row: FlowLog, batch: Batch) -> tuple[str, str]:
    """The bucket and the key of a file."""
    bucket, _, folder = row.destination.split(":::", 1)[1].partition("/")
    moment = datetime.fromtimestamp(batch.end_ns // SECOND_NS, UTC)
    region = call.region
    if row.is_hive:
        path = (
            f"aws-account-id={row.owner}/aws-service=vpcflowlogs/aws-region={region}/"
            f"year={moment:%Y}/month={moment:%m}/day={moment:%d}/"
        )
        path += f"hour={moment:%H}/" if row.is_hourly else ""
    else:
        path = f"{row.owner}/vpcflowlogs/{region}/{moment:%Y/%m/%d}/"
        path += f"{moment:%H}/" if row.is_hourly else ""
    unique = call.stream(_arn(call, row), "file").hex(_HASH_DIGITS)
    ending = "log.parquet" if row.file_format == "parquet" else "log.gz"
    name = f"{row.owner}_vpcflowlogs_{region}_{row.id}_{moment:%Y%m%dT%H%MZ}_{unique}.{ending}"
    folder = f"{folder.rstrip('/')}/" if folder else ""
    return bucket, f"{folder}AWSLogs/{path}{name}"


def _file(row: FlowLog, batch: Batch) -> bytes:
    known = fields_of(row)
    names = names_of(row.format, known)
    if row.file_format == "parquet":
        columns = tuple((name.replace("-", "_"), known[name].type) for name in names)
        rows = [
            tuple(_typed(value, kind) for value, (_, kind) in zip(each, columns, strict=True))
            for each in batch.rows
        ]
        return parquet_of(Result(columns, rows))
    lines = [" ".join(names), *(" ".join(each) for each in batch.rows)]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def _typed(value: str, kind: str) -> Any:
    if kind == "VARCHAR":
        return value
    return None if value == NOTHING else int(value)
