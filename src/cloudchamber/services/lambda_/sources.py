"""What all event sources have in common: polls on the clock, filters, answers that name failures.

Rules of this file: nobody polls when there is nothing: a fact or an instant that is known wakes a
mapping. Pollers act with the function's role, as AWS's do.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.errors import AwsError
from cloudchamber.languages.event_patterns import Pattern, parse_pattern
from cloudchamber.services.lambda_ import invocations, roles
from cloudchamber.services.lambda_.invocations import Asked
from cloudchamber.services.lambda_.limits import MS
from cloudchamber.services.lambda_.names import Target, find_function, find_version, new_id
from cloudchamber.services.lambda_.nouns import MAPPINGS, Function, Invocation, Mapping

POLL: Final = "lambda.poll"
DELAY_NS: Final = 1 * MS  # our model: how long a poller takes to see what has come
REPORTS: Final = "ReportBatchItemFailures"


def mappings_of(call: Call, source: str) -> Iterator[Mapping]:
    """The enabled mappings of a source, wherever they are."""
    for _, _, rows in call.cloud.store.scopes(MAPPINGS):
        for mapping in rows.values():
            if mapping.source == source and mapping.state == "Enabled":
                yield mapping


def note_failure(call: Call, mapping: Mapping, function: Function, error: AwsError) -> None:
    """Say of a mapping, and in the event log, that its source could not be polled."""
    mapping.result = f"PROBLEM: {error.code}: {error.message}"
    call.event(
        mapping.arn,
        "lambda.poll-failed",
        f"{mapping.source} could not be polled for {function.arn}: {error.code}: {error.message}",
    )


def poll_at(call: Call, mapping: Mapping, t_ns: int, *, weak: bool = False) -> None:
    """Have a mapping polled at an instant, unless it will be earlier. A weak poll is one that
    hopes for better times: no world is busy for its sake."""
    if mapping.wake:
        if mapping.wake_ns <= t_ns:
            return
        call.cancel(mapping.wake)
    mapping.wake_ns = max(t_ns, call.now)
    place = (mapping.account, mapping.region, mapping.uuid)
    mapping.wake = call.at(mapping.wake_ns, POLL, *place, weak=weak)


def poll_not(call: Call, mapping: Mapping) -> None:
    """Nothing is known to come."""
    if mapping.wake:
        call.cancel(mapping.wake)
        mapping.wake = mapping.wake_ns = 0


def function_of(call: Call, mapping: Mapping) -> Function | None:
    """The function of a mapping, or None when it or the version is gone."""
    target = Target(mapping.account, mapping.region, mapping.function, mapping.qualifier)
    function = find_function(call, target)
    if function is None or find_version(function, mapping.qualifier) is None:
        return None
    return function


def poller_of(call: Call, mapping: Mapping, function: Function) -> Caller:
    """Who polls: the function's role. Raises InvalidParameterValueException."""
    version = find_version(function, mapping.qualifier) or function.latest
    return roles.caller_of(call, function, version)


def start(
    call: Call,
    mapping: Mapping,
    function: Function,
    origin: str,
    reference: str,
    records: Sequence[bytes],
    trace: str = "",
) -> Invocation:
    """Hand records to the function. Raises what AWS answers when it cannot be."""
    payload = b'{"Records":[' + b",".join(records) + b"]}"
    asked = Asked(
        payload=payload,
        request_id=new_id(call, mapping.arn, "invocation"),
        origin=f"{origin}:{mapping.uuid}",
        reference=reference,
        trace=trace,
    )
    return invocations.begin(call, function, mapping.qualifier, asked)


# Filters


@lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern:
    """A filter's pattern. Raises BadPattern."""
    return parse_pattern(text)


@lru_cache(maxsize=1024)
def _body_is_json(text: str) -> bool:
    """Whether a pattern looks into the body of a message."""
    body = msgspec.json.decode(text).get("body")
    return isinstance(body, dict)


def passes(mapping: Mapping, record: dict[str, Any]) -> bool:
    """Whether a record meets one of the filters; without filters every one does."""
    filters = mapping.members.get("FilterCriteria", {}).get("Filters", ())
    if not filters:
        return True
    for each in filters:
        text = each.get("Pattern", "{}")
        seen = record
        if "body" in record and _body_is_json(text):
            try:
                seen = {**record, "body": msgspec.json.decode(record["body"])}
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        if compiled(text).matches(seen):
            return True
    return False


# Answers


def failures_of(mapping: Mapping, row: Invocation, known: Sequence[str]) -> set[str] | None:
    """The identifiers that an answer reports as failed; None when all have failed.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if row.status != "ok":
        return None
    if REPORTS not in mapping.members.get("FunctionResponseTypes", ()):
        return set()
    try:
        answer = msgspec.json.decode(row.payload) if row.payload.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if answer is None or answer == {}:
        return set()
    if not isinstance(answer, dict):
        return None
    listed = answer.get("batchItemFailures")
    if not listed:
        return set()
    if not isinstance(listed, list):
        return None
    failed: set[str] = set()
    for each in listed:
        name = each.get("itemIdentifier") if isinstance(each, dict) else None
        if not isinstance(name, str) or not name or name not in known:
            return None
        failed.add(name)
    return failed
