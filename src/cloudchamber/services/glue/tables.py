"""Tables of the Data Catalog and their versions.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.glue.databases import forget_table
from cloudchamber.services.glue.limits import PAGE
from cloudchamber.services.glue.lookup import (
    exists,
    expect_database,
    expect_own_catalog,
    expect_table,
    invalid,
    not_found,
    one_page,
    partitions_of,
    tables_of,
)
from cloudchamber.services.glue.nouns import PARTITIONS, TABLES, TableRow, TableVersion

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_table(call: Call, request: Input) -> Output:
    """Make a table. Raises AlreadyExistsException, EntityNotFoundException, InvalidInput."""
    database = expect_database(call, request)
    if "TableInput" not in request:
        raise invalid("TableInput is required.")
    if "OpenTableFormatInput" in request:
        raise Refused("glue", call.operation_name, "Iceberg tables are not simulated")
    given = _checked(call, request["TableInput"])
    name = given["Name"]
    rows = call.rows(TABLES)
    if (database.name, name) in rows:
        raise exists("Table")
    indexes = {each["IndexName"]: each["Keys"] for each in request.get("PartitionIndexes", ())}
    rows[database.name, name] = TableRow(
        database=database.name,
        name=name,
        created_ns=call.now,
        created_by=call.caller.arn,
        versions=[TableVersion(0, call.now, given)],
        indexes=indexes,
    )
    return {}


def get_table(call: Call, request: Input) -> Output:
    """One table. Raises EntityNotFoundException."""
    return {"Table": view(call, _expect(call, request, "Name"))}


def get_tables(call: Call, request: Input) -> Output:
    """A database's tables, by name, those whose whole name matches Expression, in pages."""
    database = expect_database(call, request)
    rows = list(tables_of(call, database.name))
    if request.get("Expression"):
        matches = _pattern(request["Expression"])
        rows = [row for row in rows if matches(row.name)]
    chosen, token = one_page(rows, lambda row: row.name, request, PAGE)
    return {"TableList": [_chosen(call, row, request) for row in chosen], **token}


def search_tables(call: Call, request: Input) -> Output:
    """Tables of all databases by text and properties, in pages.

    SearchText is looked for in names, descriptions and columns; in quotes it is one whole word.
    """
    expect_own_catalog(call, request)
    if request.get("ResourceShareType") in ("FOREIGN", "FEDERATED"):
        return {"TableList": []}
    rows = [row for row in call.rows(TABLES).values() if _is_sought(row, request)]
    for criterion in reversed(request.get("SortCriteria", ())):
        field = criterion.get("FieldName", "Name")
        rows.sort(
            key=lambda row, field=field: str(_property(row, field)),  # type: ignore[misc]
            reverse=criterion.get("Sort") == "DESC",
        )
    # The order is the caller's, so a page goes on by position: a key that counts up.
    places = {(row.database, row.name): f"{place:09d}" for place, row in enumerate(rows)}
    chosen, token = one_page(rows, lambda row: places[row.database, row.name], request, PAGE)
    return {"TableList": [view(call, row) for row in chosen], **token}


def update_table(call: Call, request: Input) -> Output:
    """Give a table a new version. Raises EntityNotFoundException, ConcurrentModification."""
    if "TableInput" not in request:
        raise invalid("TableInput is required.")
    database = expect_database(call, request)
    given = _checked(call, request["TableInput"])
    name = request.get("Name", given["Name"]).lower()
    row = call.rows(TABLES).get((database.name, name))
    if row is None:
        raise not_found(f"Table {name} not found.")
    expected = request.get("VersionId")
    if expected is not None and expected != str(row.latest.number):
        raise AwsError(
            "ConcurrentModificationException",
            "Update table failed due to concurrent modifications.",
        )
    if given["Name"] != name:
        _rename(call, row, given["Name"])
    fresh = TableVersion(row.latest.number + 1, call.now, given)
    kept = row.versions[:-1] if request.get("SkipArchive") else row.versions
    row.versions = [*kept, fresh]
    return {}


def delete_table(call: Call, request: Input) -> Output:
    """Delete a table with its partitions. Raises EntityNotFoundException."""
    forget_table(call, expect_table(call, request, "Name"))
    return {}


def batch_delete_table(call: Call, request: Input) -> Output:
    """Delete several tables; those that are not there are told in Errors."""
    database = expect_database(call, request)
    errors = []
    for name in dict.fromkeys(each.lower() for each in request["TablesToDelete"]):
        row = call.rows(TABLES).get((database.name, name))
        if row is None:
            errors.append({"TableName": name, "ErrorDetail": _detail(f"Table {name} not found.")})
        else:
            forget_table(call, row)
    return {"Errors": errors} if errors else {}


def get_table_version(call: Call, request: Input) -> Output:
    """One version, the newest if none is named. Raises EntityNotFoundException."""
    row = expect_table(call, request)
    wanted = request.get("VersionId")
    version = row.latest if wanted is None else _find_version(row, wanted)
    if version is None:
        raise not_found(f"Version not found: {wanted}")
    return {"TableVersion": _version_view(call, row, version)}


def get_table_versions(call: Call, request: Input) -> Output:
    """A table's versions, newest first, in pages."""
    row = expect_table(call, request)
    newest = row.latest.number
    rows = row.versions[::-1]
    chosen, token = one_page(rows, lambda each: f"{newest - each.number:09d}", request, PAGE)
    return {"TableVersions": [_version_view(call, row, each) for each in chosen], **token}


def delete_table_version(call: Call, request: Input) -> Output:
    """Forget an older version. Raises EntityNotFoundException, InvalidInputException."""
    row = expect_table(call, request)
    _drop_version(row, request["VersionId"])
    return {}


def batch_delete_table_version(call: Call, request: Input) -> Output:
    """Forget several older versions; what cannot be is told in Errors."""
    row = expect_table(call, request)
    errors = []
    for wanted in dict.fromkeys(request["VersionIds"]):
        try:
            _drop_version(row, wanted)
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            errors.append({"TableName": row.name, "VersionId": wanted, "ErrorDetail": detail})
    return {"Errors": errors} if errors else {}


def view(call: Call, row: TableRow, version: TableVersion | None = None) -> dict[str, Any]:
    """A table as Glue shows it, in one of its versions."""
    shown = version or row.latest
    return {
        "Retention": 0,
        **shown.given,
        "DatabaseName": row.database,
        "CreateTime": row.created_ns // SECOND_NS,
        "UpdateTime": shown.updated_ns // SECOND_NS,
        "CreatedBy": row.created_by,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": call.account,
        "VersionId": str(shown.number),
    }


def _expect(call: Call, request: Input, member: str) -> TableRow:
    """Like `expect_table`, with the words that GetTable has for it."""
    database = expect_database(call, request)
    found = call.rows(TABLES).get((database.name, request[member].lower()))
    if found is None:
        raise not_found("Entity Not Found")
    return found


def _checked(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    if "TargetTable" in given:
        reason = "TargetTable leads to another catalog, and there is none"
        raise Refused("glue", call.operation_name, reason)
    columns = given.get("StorageDescriptor", {}).get("Columns", [])
    names = [each["Name"].lower() for each in (*columns, *given.get("PartitionKeys", ()))]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise invalid(f"Column {twice} is defined more than once.")
    return {**given, "Name": given["Name"].lower()}


def _rename(call: Call, row: TableRow, name: str) -> None:
    rows, partitions = call.rows(TABLES), call.rows(PARTITIONS)
    if (row.database, name) in rows:
        raise exists("Table")
    old = row.name
    moved = list(partitions_of(call, row))
    del rows[row.database, old]
    for partition in moved:
        values = tuple(partition.values)
        partitions[row.database, name, values] = partitions.pop((row.database, old, values))
    row.name = name
    rows[row.database, name] = row


def _pattern(text: str) -> Callable[[str], Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python reads otherwise some day is refused
            return re.compile(text).fullmatch
    except (re.error, FutureWarning, DeprecationWarning) as error:
        raise invalid(f"Invalid expression: {text}") from error


def _chosen(call: Call, row: TableRow, request: Input) -> dict[str, Any]:
    wanted = request.get("AttributesToGet", ())
    if not wanted or "DEFAULT" in wanted:
        return view(call, row)
    shown: dict[str, Any] = {"Name": row.name, "DatabaseName": row.database}
    if "TABLE_TYPE" in wanted and "TableType" in row.given:
        shown["TableType"] = row.given["TableType"]
    return shown


def _find_version(row: TableRow, wanted: str) -> TableVersion | None:
    return next((each for each in row.versions if str(each.number) == wanted), None)


def _drop_version(row: TableRow, wanted: str) -> None:
    version = _find_version(row, wanted)
    if version is None:
        raise not_found(f"Version not found: {wanted}")
    if version is row.latest:
        raise invalid("The current version of a table cannot be deleted.")
    row.versions = [each for each in row.versions if each is not version]


def _version_view(call: Call, row: TableRow, version: TableVersion) -> dict[str, Any]:
    return {"Table": view(call, row, version), "VersionId": str(version.number)}


def _detail(message: str) -> dict[str, str]:
    return {"ErrorCode": "EntityNotFoundException", "ErrorMessage": message}


def _is_sought(row: TableRow, request: Input) -> bool:
    text = request.get("SearchText", "")
    words = _words(row)
    if len(text) > 2 and text[0] == text[-1] == '"':
        if text[1:-1].lower() not in words:
            return False
    elif text and not any(text.lower() in word for word in words):
        return False
    return all(_holds(row, each) for each in request.get("Filters", ()))


def _words(row: TableRow) -> list[str]:
    columns = row.given.get("StorageDescriptor", {}).get("Columns", [])
    texts = [row.name, row.database, row.given.get("Description", "")]
    for column in (*columns, *row.keys):
        texts += [column["Name"], column.get("Comment", "")]
    return [text.lower() for text in texts if text]


def _property(row: TableRow, name: str) -> Any:
    if name in ("UpdateTime", "LastAccessTime"):
        return row.latest.updated_ns // SECOND_NS
    if name == "CreateTime":
        return row.created_ns // SECOND_NS
    if name == "DatabaseName":
        return row.database
    return row.given.get(name, row.given.get("Parameters", {}).get(name, ""))


def _holds(row: TableRow, predicate: dict[str, Any]) -> bool:
    name, wanted = predicate.get("Key", ""), predicate.get("Value", "")
    found = _property(row, name)
    if isinstance(found, int):
        if not wanted.isdecimal():
            raise invalid(f"The value of {name} must be a number of seconds.")
        left: Any = found
        right: Any = int(wanted)
    else:
        left, right = found.lower(), wanted.lower()
    comparator = predicate.get("Comparator", "EQUALS")
    if comparator == "EQUALS":
        return bool(left == right)
    if comparator.startswith("GREATER"):
        return bool(left > right or (comparator.endswith("EQUALS") and left == right))
    return bool(left < right or (comparator.endswith("EQUALS") and left == right))
