"""What the three batch operations have in common: entries with ids, answered one by one.

Rules of this file: the checks of the batch as a whole raise; an entry's own error is reported in
`Failed` and does not touch the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Output
from cloudchamber.services.sqs.limits import BATCH_ID

Entry = dict[str, Any]


def check_entries(call: Call, entries: list[Entry] | None, kind: str) -> list[Entry]:
    """The entries, when they are a batch. Raises AWS's four errors on batches."""
    if not entries:
        raise AwsError(
            "EmptyBatchRequest", f"There should be at least one {kind}RequestEntry in the request."
        )
    limit = call.quota("batch-entries")
    if len(entries) > limit:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {limit}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        name = entry.get("Id", "")
        if not BATCH_ID.fullmatch(name):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
            )
        if name in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {name} repeated.")
        seen.add(name)
    return entries


def answer_each(entries: list[Entry], answer: Callable[[Entry], Output]) -> Output:
    """Successful and Failed, in the order of the entries."""
    successful: list[Output] = []
    failed: list[Output] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **answer(entry)})
        except AwsError as error:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": error.sender_fault,
                    "Code": error.code,
                    "Message": error.message,
                }
            )
    output: Output = {}
    if successful:
        output["Successful"] = successful
    if failed:
        output["Failed"] = failed
    return output
