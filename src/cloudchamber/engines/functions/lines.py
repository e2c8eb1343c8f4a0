"""The lines that Lambda itself writes to a function's log: INIT_START, START, END, REPORT.

Rules of this file: text only, from an outcome and the order's facts.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logs.html
"""

from __future__ import annotations

from typing import Final

MS: Final = 1_000_000
BILLED_IN_MS: Final = 1


def start_line(request_id: str, version: str) -> str:
    """`START RequestId: ... Version: $LATEST`."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end_line(request_id: str) -> str:
    """`END RequestId: ...`."""
    return f"END RequestId: {request_id}\n"


def report_line(
    request_id: str,
    *,
    duration_ns: int,
    memory_mb: int,
    max_memory_mb: int,
    init_ns: int = 0,
    status: str = "ok",
    error_type: str = "",
) -> str:
    """The REPORT line; `init_ns` is 0 for a warm start. Billed in whole milliseconds, the start of
    the environment included."""
    billed_ms = -(-(duration_ns + init_ns) // (MS * BILLED_IN_MS)) * BILLED_IN_MS
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds(duration_ns)} ms",
        f"Billed Duration: {billed_ms} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {max_memory_mb} MB",
    ]
    if init_ns:
        parts.append(f"Init Duration: {milliseconds(init_ns)} ms")
    if status == "timeout":
        parts.append("Status: timeout")
    elif status not in ("ok", "error"):
        parts.append("Status: error")
        if error_type:
            parts.append(f"Error Type: {error_type}")
    return "\t".join(parts) + "\t\n"


def timeout_text(timeout_s: int) -> str:
    """What a function that ran out of time is said to have done."""
    return f"Task timed out after {timeout_s:.2f} seconds"


def milliseconds(duration_ns: int) -> str:
    """Two decimals."""
    return f"{duration_ns / MS:.2f}"
