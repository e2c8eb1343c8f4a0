"""What a function wrote and what Lambda writes around it: START, END and REPORT, to the logs.

Rules of this file: the lines are made once, for LogResult, the event log and CloudWatch Logs. The
log service is called with the function's role, as its documentation demands, and only if it
is here.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.engines.functions import lines
from cloudchamber.services.lambda_ import roles
from cloudchamber.services.lambda_.limits import LOG_TAIL_BYTES, MS
from cloudchamber.services.lambda_.names import find_version
from cloudchamber.services.lambda_.nouns import WARM, Configuration, Function, Invocation

EVENT_BYTES_MAX: Final = 256 * 1024 - 26  # one event of CloudWatch Logs
_GONE: Final = "ResourceNotFoundException"


def stream_of(call: Call, function: Function, version: Configuration) -> str:
    """The log stream of a version's environments: one for each revision of it, named once."""
    key = f"{function.name} {version.version} {version.revision}"
    streams = call.rows(WARM, function.account, function.region)
    known = streams.get(key)
    if known is None:
        day = datetime.fromtimestamp(call.now // SECOND_NS, UTC).strftime("%Y/%m/%d")
        digits = call.stream(function.arn, "log-stream").hex(32)
        known = streams[key] = f"{day}/[{version.version}]{digits}"
    return known


def whole(row: Invocation, outcome: dict[str, Any], memory_mb: int, init_ns: int) -> bytes:
    """Everything of one invocation, as its log shows it."""
    output: bytes = outcome["log"]
    if output and not output.endswith(b"\n"):
        output += b"\n"
    report = lines.report_line(
        row.request_id,
        duration_ns=outcome["duration_ns"],
        memory_mb=memory_mb,
        max_memory_mb=outcome["max_memory_mb"],
        init_ns=init_ns,
        status=row.status,
        error_type=row.error_type,
    )
    start = lines.start_line(row.request_id, row.version)
    end = lines.end_line(row.request_id)
    return start.encode() + output + end.encode() + report.encode()


def tail(row: Invocation) -> str:
    """LogResult: the last 4 KB, base64."""
    return base64.b64encode(row.log[-LOG_TAIL_BYTES:]).decode()


def write(call: Call, function: Function, row: Invocation) -> None:
    """To CloudWatch Logs, when there is one; what it refuses is told in the event log."""
    if not call.cloud.registry.expect("logs").operations:
        return
    version = find_version(function, row.version)
    if version is None:
        return
    group = version.members["LoggingConfig"]["LogGroup"]
    events = [
        {"timestamp": call.now // MS, "message": text[:EVENT_BYTES_MAX]}
        for text in row.log.decode("utf-8", "replace").splitlines()
        if text
    ]
    request = {"logGroupName": group, "logStreamName": row.log_stream, "logEvents": events}
    place = {"account": function.account, "region": function.region}
    try:
        role = roles.caller_of(call, function, version)
        try:
            call.invoke("logs", "PutLogEvents", request, caller=role, **place)
        except AwsError as error:
            if error.code != _GONE:
                raise
            for operation, names in (
                ("CreateLogGroup", {"logGroupName": group}),
                ("CreateLogStream", {"logGroupName": group, "logStreamName": row.log_stream}),
            ):
                try:
                    call.invoke("logs", operation, names, caller=role, **place)
                except AwsError as taken:
                    if taken.code != "ResourceAlreadyExistsException":
                        raise
            call.invoke("logs", "PutLogEvents", request, caller=role, **place)
    except AwsError as error:
        call.event(
            function.arn,
            "lambda.log-not-written",
            f"the log of {row.request_id} was not written to {group}: {error.code}: "
            f"{error.message}",
        )
