"""GetQueryResults: the result as it lies in S3, in pages.

Rules of this file: nothing is kept but the columns' types. Rows are read from the object, in the
caller's name; who deletes it has no result any more.
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloudchamber.cloud.blobs import Streamed
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.pages import BadToken, key_of, token_of
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.athena import csv_text
from cloudchamber.services.athena.limits import RESULTS_PAGE
from cloudchamber.services.athena.lookup import expect_execution, invalid
from cloudchamber.services.athena.nouns import QUEUED, RUNNING, SUCCEEDED, Execution, ResultColumn
from cloudchamber.services.athena.runs import bucket_and_key, s3

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def get_query_results(call: Call, request: Input) -> Output:
    """A page of rows; of a SELECT the first row holds the names of the columns.

    Raises InvalidRequestException.
    """
    row = expect_execution(call, request)
    if request.get("QueryResultType") == "DATA_MANIFEST":
        raise Refused("athena", call.operation_name, "only DATA_ROWS are shown")
    if row.state in (QUEUED, RUNNING):
        raise invalid(f"Query has not yet finished. Current state: {row.state}")
    if row.state != SUCCEEDED:
        raise invalid(f"Query did not finish successfully. Final query state: {row.state}")
    rows = _rows(call, row)
    try:
        start = int(key_of(request["NextToken"])) if "NextToken" in request else 0
    except (BadToken, ValueError) as error:
        raise invalid("Invalid pagination token") from error
    stop = start + request.get("MaxResults", RESULTS_PAGE)
    answer: dict[str, Any] = {
        "UpdateCount": row.updated,
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in each]} for each in rows[start:stop]],
            "ResultSetMetadata": {"ColumnInfo": [_info(each) for each in row.columns]},
        },
    }
    if stop < len(rows):
        answer["NextToken"] = token_of(str(stop))
    return answer


def _rows(call: Call, row: Execution) -> list[list[str | None]]:
    if not row.output.endswith((".csv", ".txt")):
        return []
    bucket, key = bucket_and_key(row.output)
    try:
        body = s3(call, _as(row, call), "GetObject", bucket, {"Key": key})["Body"]
    except AwsError as error:
        raise invalid(
            f"Could not find results at {row.output}: {error.message} ({error.code})"
        ) from error
    text = (body.joined() if isinstance(body, Streamed) else bytes(body)).decode()
    if row.header:
        try:
            return csv_text.read(text)
        except ValueError as error:
            raise invalid(f"The result at {row.output} cannot be read: {error}") from error
    return [[line] for line in text.split("\n")] if text else []


def _as(row: Execution, call: Call) -> Execution:
    """The execution in the name of who asks, not of who started it."""
    return msgspec.structs.replace(row, caller=call.caller)


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _info(column: ResultColumn) -> dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": column.type,
        "Precision": column.precision,
        "Scale": column.scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column.type in ("varchar", "string", "char"),
    }
