"""Partitions of the Data Catalog: one value for each key of a table, and where its data lie.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-partitions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.partition_filters.parse import BadExpression, Test, parse_filter
from cloudchamber.services.glue.limits import PARTITIONS_PAGE
from cloudchamber.services.glue.lookup import (
    exists,
    expect_table,
    find_partition,
    invalid,
    not_found,
    one_page,
    partitions_of,
)
from cloudchamber.services.glue.nouns import PARTITIONS, Partition, TableRow

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_MISSING = "Cannot find partition."


def create_partition(call: Call, request: Input) -> Output:
    """Add a partition. Raises AlreadyExistsException, InvalidInputException."""
    table = expect_table(call, request)
    _add(call, table, request["PartitionInput"])
    return {}


def batch_create_partition(call: Call, request: Input) -> Output:
    """Add up to 100 partitions; those that cannot be are told in Errors."""
    table = expect_table(call, request)
    errors: list[dict[str, Any]] = []
    for given in request["PartitionInputList"]:
        try:
            _add(call, table, given)
        except AwsError as error:
            errors.append(_failure("PartitionValues", given.get("Values", []), error))
    return {"Errors": errors}


def get_partition(call: Call, request: Input) -> Output:
    """One partition. Raises EntityNotFoundException."""
    table = expect_table(call, request)
    return {"Partition": view(call, table, _expect(call, table, request["PartitionValues"]))}


def get_partitions(call: Call, request: Input) -> Output:
    """A table's partitions that pass Expression, by values, in pages.

    With Segment only one of several parts that are about equal; which partition belongs to which
    part AWS does not say, here a checksum of its values decides. Raises InvalidInputException.
    """
    table = expect_table(call, request)
    rows: Iterable[Partition] = partitions_of(call, table)
    if request.get("Expression"):
        passes = _filter(table, request["Expression"])
        names = [key["Name"].lower() for key in table.keys]
        rows = (row for row in rows if passes(dict(zip(names, row.values, strict=True))))
    if "Segment" in request:
        number, total = request["Segment"]["SegmentNumber"], request["Segment"]["TotalSegments"]
        if number >= total:
            raise invalid("SegmentNumber must be below TotalSegments.")
        rows = (row for row in rows if crc32(_key(row).encode()) % total == number)
    chosen, token = one_page(list(rows), _key, request, PARTITIONS_PAGE)
    short = request.get("ExcludeColumnSchema", False)
    return {"Partitions": [view(call, table, row, short=short) for row in chosen], **token}


def batch_get_partition(call: Call, request: Input) -> Output:
    """Several partitions by their values; those that are not there are not told of."""
    table = expect_table(call, request)
    found = [find_partition(call, table, each["Values"]) for each in request["PartitionsToGet"]]
    return {
        "Partitions": [view(call, table, row) for row in found if row is not None],
        "UnprocessedKeys": [],
    }


def update_partition(call: Call, request: Input) -> Output:
    """Replace a partition; its values may change. Raises EntityNotFoundException."""
    table = expect_table(call, request)
    _change(call, table, request["PartitionValueList"], request["PartitionInput"])
    return {}


def batch_update_partition(call: Call, request: Input) -> Output:
    """Replace several; those that cannot be are told in Errors."""
    table = expect_table(call, request)
    errors: list[dict[str, Any]] = []
    for entry in request["Entries"]:
        try:
            _change(call, table, entry["PartitionValueList"], entry["PartitionInput"])
        except AwsError as error:
            errors.append(_failure("PartitionValueList", entry["PartitionValueList"], error))
    return {"Errors": errors}


def delete_partition(call: Call, request: Input) -> Output:
    """Take a partition away; its data stay. Raises EntityNotFoundException."""
    table = expect_table(call, request)
    _remove(call, table, request["PartitionValues"])
    return {}


def batch_delete_partition(call: Call, request: Input) -> Output:
    """Take up to 25 away; those that are not there are told in Errors."""
    table = expect_table(call, request)
    errors: list[dict[str, Any]] = []
    for each in request["PartitionsToDelete"]:
        try:
            _remove(call, table, each["Values"])
        except AwsError as error:
            errors.append(_failure("PartitionValues", each["Values"], error))
    return {"Errors": errors}


def view(call: Call, table: TableRow, row: Partition, *, short: bool = False) -> dict[str, Any]:
    """A partition as Glue shows it; `short` leaves out its columns."""
    given = dict(row.given)
    if short and "StorageDescriptor" in given:
        storage = given["StorageDescriptor"]
        given["StorageDescriptor"] = {k: v for k, v in storage.items() if k != "Columns"}
    return {
        **given,
        "Values": row.values,
        "DatabaseName": table.database,
        "TableName": table.name,
        "CreationTime": row.created_ns // SECOND_NS,
        "CatalogId": call.account,
    }


def _key(row: Partition) -> str:
    # Sorts as the list of values does: no value holds a character below this separator.
    return "\0".join(row.values)


def _filter(table: TableRow, expression: str) -> Test:
    types = {key["Name"].lower(): key.get("Type", "string") for key in table.keys}
    try:
        return parse_filter(expression, types)
    except BadExpression as error:
        raise invalid(f"Unsupported expression '{expression}': {error}") from error


def _add(call: Call, table: TableRow, given: dict[str, Any]) -> None:
    values = given.get("Values", [])
    if find_partition(call, table, values) is not None:
        raise exists("Partition")
    row = Partition(values=list(values), created_ns=call.now, given=given)
    call.rows(PARTITIONS)[table.database, table.name, tuple(values)] = row


def _expect(call: Call, table: TableRow, values: Sequence[str]) -> Partition:
    found = find_partition(call, table, values)
    if found is None:
        raise not_found(_MISSING)
    return found


def _change(call: Call, table: TableRow, values: Sequence[str], given: dict[str, Any]) -> None:
    row = _expect(call, table, values)
    fresh = given.get("Values", row.values)
    rows = call.rows(PARTITIONS)
    if list(fresh) != row.values:
        if find_partition(call, table, fresh) is not None:
            raise exists("Partition")
        del rows[table.database, table.name, tuple(row.values)]
        row.values = list(fresh)
        rows[table.database, table.name, tuple(fresh)] = row
    row.given = given


def _remove(call: Call, table: TableRow, values: Sequence[str]) -> None:
    row = _expect(call, table, values)
    del call.rows(PARTITIONS)[table.database, table.name, tuple(row.values)]


def _failure(member: str, values: Sequence[str], error: AwsError) -> dict[str, Any]:
    detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
    return {member: list(values), "ErrorDetail": detail}
