"""Column statistics and partition indexes: recorded, since no query here is planned by them.

https://docs.aws.amazon.com/glue/latest/dg/column-statistics.html
https://docs.aws.amazon.com/glue/latest/dg/partition-indexes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.glue.limits import INDEXES_MAX
from cloudchamber.services.glue.lookup import (
    exists,
    expect_table,
    find_partition,
    invalid,
    not_found,
)
from cloudchamber.services.glue.nouns import Partition, TableRow

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def update_column_statistics_for_table(call: Call, request: Input) -> Output:
    """Keep statistics of a table's columns. Raises EntityNotFoundException."""
    table = expect_table(call, request)
    return _update(table, table, request)


def get_column_statistics_for_table(call: Call, request: Input) -> Output:
    """Statistics of some columns; those that have none are told in Errors."""
    return _get(expect_table(call, request), request)


def delete_column_statistics_for_table(call: Call, request: Input) -> Output:
    """Forget a column's statistics. Raises EntityNotFoundException."""
    return _delete(expect_table(call, request), request)


def update_column_statistics_for_partition(call: Call, request: Input) -> Output:
    """Keep statistics of a partition's columns. Raises EntityNotFoundException."""
    table = expect_table(call, request)
    return _update(table, _partition(call, table, request), request)


def get_column_statistics_for_partition(call: Call, request: Input) -> Output:
    """Statistics of some columns of a partition; those that have none are told in Errors."""
    return _get(_partition(call, expect_table(call, request), request), request)


def delete_column_statistics_for_partition(call: Call, request: Input) -> Output:
    """Forget statistics of a partition's column. Raises EntityNotFoundException."""
    return _delete(_partition(call, expect_table(call, request), request), request)


def create_partition_index(call: Call, request: Input) -> Output:
    """Add a partition index, at most three. Raises AlreadyExists, InvalidInput."""
    table = expect_table(call, request)
    index = request["PartitionIndex"]
    keys = [key.lower() for key in index["Keys"]]
    known = [key["Name"].lower() for key in table.keys]
    if any(key not in known for key in keys):
        raise invalid("The keys of an index must be partition keys of the table.")
    if index["IndexName"] in table.indexes or keys in table.indexes.values():
        raise exists("Index")
    if len(table.indexes) >= INDEXES_MAX:
        raise AwsError(
            "ResourceNumberLimitExceededException",
            f"A table can have at most {INDEXES_MAX} partition indexes.",
        )
    table.indexes[index["IndexName"]] = keys
    return {}


def get_partition_indexes(call: Call, request: Input) -> Output:
    """A table's partition indexes."""
    table = expect_table(call, request)
    types = {key["Name"].lower(): key.get("Type", "string") for key in table.keys}
    return {
        "PartitionIndexDescriptorList": [
            {
                "IndexName": name,
                "Keys": [{"Name": key, "Type": types.get(key, "string")} for key in keys],
                "IndexStatus": "ACTIVE",
            }
            for name, keys in table.indexes.items()
        ]
    }


def delete_partition_index(call: Call, request: Input) -> Output:
    """Take an index away. Raises EntityNotFoundException."""
    table = expect_table(call, request)
    if table.indexes.pop(request["IndexName"], None) is None:
        raise not_found(f"Index with the given indexName : {request['IndexName']} does not exist")
    return {}


def _partition(call: Call, table: TableRow, request: Input) -> Partition:
    row = find_partition(call, table, request["PartitionValues"])
    if row is None:
        raise not_found("Cannot find partition.")
    return row


def _update(table: TableRow, holder: TableRow | Partition, request: Input) -> Output:
    known = {
        column["Name"].lower()
        for column in table.given.get("StorageDescriptor", {}).get("Columns", ())
    }
    errors: list[dict[str, Any]] = []
    kept: dict[str, dict[str, Any]] = {}
    for each in request["ColumnStatisticsList"]:
        name = each["ColumnName"].lower()
        if name in known:
            kept[name] = each
        else:
            detail = {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": f"Column {name} not found.",
            }
            errors.append({"ColumnStatistics": each, "Error": detail})
    holder.statistics = {**holder.statistics, **kept}
    return {"Errors": errors} if errors else {}


def _get(holder: TableRow | Partition, request: Input) -> Output:
    found, errors = [], []
    for name in request["ColumnNames"]:
        row = holder.statistics.get(name.lower())
        if row is None:
            detail = {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": f"Statistics of column {name} not found.",
            }
            errors.append({"ColumnName": name, "Error": detail})
        else:
            found.append(row)
    return {"ColumnStatisticsList": found, "Errors": errors}


def _delete(holder: TableRow | Partition, request: Input) -> Output:
    if holder.statistics.pop(request["ColumnName"].lower(), None) is None:
        raise not_found(f"Statistics of column {request['ColumnName']} not found.")
    return {}
