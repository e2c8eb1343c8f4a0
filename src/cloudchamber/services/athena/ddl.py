"""Hive's DDL: statements that change the catalog, through Glue's public operations.

Rules of this file: one function for each statement. What Hive says when it cannot is said here.
https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.languages.athena import tree
from cloudchamber.services.athena.formats import FORMATS, LAZY
from cloudchamber.services.athena.queries import is_view
from cloudchamber.services.athena.runs import (
    DDL_FAILED,
    OTHER,
    Failed,
    Outcome,
    Run,
    bucket_and_key,
)

_TASK: Final = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
_BATCH: Final = 100


def task_failed(said: str) -> Failed:
    """What Hive says when Glue says no."""
    return Failed(f"{_TASK} {said}", DDL_FAILED)


def no_table(name: str) -> Failed:
    """What Hive says of a table that is not there."""
    return Failed(f"FAILED: SemanticException [Error 10001]: Table not found {name}", DDL_FAILED)


def no_database(name: str) -> Failed:
    """What Hive says of a database that is not there."""
    return Failed(
        f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}", DDL_FAILED
    )


def schema_of(run: Run, name: tree.Name) -> str:
    """The database in which a name stands."""
    return (name.database or run.database).lower()


def expect_table(run: Run, name: tree.Name) -> dict[str, Any]:
    """A table of the catalog. Raises Failed."""
    found = run.find_table(schema_of(run, name), name.table.lower())
    if found is None:
        raise no_table(f"{schema_of(run, name)}.{name.table.lower()}")
    return found


def table_input(table: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """What UpdateTable takes, of what GetTable gives, with some members changed."""
    kept = (
        "Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention",
        "StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType",
        "Parameters",
    )  # fmt: skip
    return {**{member: table[member] for member in kept if member in table}, **changed}


def create_database(run: Run, said: tree.CreateDatabase) -> Outcome:
    """CREATE DATABASE."""
    given: dict[str, Any] = {"Name": said.name.lower()}
    if said.comment:
        given["Description"] = said.comment
    if said.location:
        given["LocationUri"] = said.location
    if said.properties:
        given["Parameters"] = dict(said.properties)
    try:
        run.glue("CreateDatabase", {"DatabaseInput": given})
    except AwsError as error:
        if error.code != "AlreadyExistsException":
            raise
        if not said.if_not_exists:
            raise task_failed(f"Database {given['Name']} already exists") from error
    return Outcome()


def drop_database(run: Run, said: tree.DropDatabase) -> Outcome:
    """DROP DATABASE. Tables are in its way unless CASCADE."""
    name = said.name.lower()
    if run.find("GetDatabase", {"Name": name}) is None:
        if said.if_exists:
            return Outcome()
        raise no_database(name)
    held = run.glue("GetTables", {"DatabaseName": name, "MaxResults": 1})["TableList"]
    if held and not said.cascade:
        raise task_failed(
            f"InvalidOperationException(message:Database {name} is not empty. One or more tables "
            "exist.)"
        )
    run.glue("DeleteDatabase", {"Name": name})
    return Outcome()


def alter_database(run: Run, said: tree.AlterDatabase) -> Outcome:
    """ALTER DATABASE ... SET DBPROPERTIES: new values beside and over the old ones."""
    name = said.name.lower()
    found = run.find("GetDatabase", {"Name": name})
    if found is None:
        raise no_database(name)
    kept = ("Name", "Description", "LocationUri", "Parameters")
    given = {member: found["Database"][member] for member in kept if member in found["Database"]}
    given["Parameters"] = {**given.get("Parameters", {}), **said.properties}
    run.glue("UpdateDatabase", {"Name": name, "DatabaseInput": given})
    return Outcome()


def create_table(run: Run, said: tree.CreateTable) -> Outcome:
    """CREATE EXTERNAL TABLE."""
    if not said.external:
        if said.properties.get("table_type", "").lower() == "iceberg":
            raise Failed("Cloudchamber does not simulate Iceberg tables", category=OTHER)
        raise Failed(
            "FAILED: ParseException: CREATE TABLE needs EXTERNAL, or table_type ICEBERG", DDL_FAILED
        )
    schema, name = schema_of(run, said.name), said.name.table.lower()
    if not said.location:
        raise task_failed(
            "MetaException(message:java.lang.IllegalArgumentException: Can not create a Path from "
            "an empty string)"
        )
    bucket_and_key(said.location)
    if run.find("GetDatabase", {"Name": schema}) is None:
        raise no_database(schema)
    given: dict[str, Any] = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Owner": "hadoop",
        "Parameters": {"EXTERNAL": "TRUE", **said.properties},
        "StorageDescriptor": storage_of(said),
        "PartitionKeys": _columns(said.partitions),
    }
    if said.comment:
        given["Parameters"]["comment"] = said.comment
    try:
        run.glue("CreateTable", {"DatabaseName": schema, "TableInput": given})
    except AwsError as error:
        if error.code == "AlreadyExistsException" and said.if_not_exists:
            return Outcome()
        if error.code == "AlreadyExistsException":
            raise task_failed(
                f"AlreadyExistsException(message:Table {name} already exists)"
            ) from error
        if error.code == "InvalidInputException":
            raise task_failed(f"InvalidObjectException(message:{error.message})") from error
        raise
    return Outcome()


def storage_of(said: tree.CreateTable) -> dict[str, Any]:
    """The StorageDescriptor that a CREATE TABLE describes. Raises Failed."""
    storage = said.storage or tree.Storage("TEXTFILE")
    known = FORMATS.get(storage.format or "TEXTFILE")
    if known is None:
        raise Failed(
            f"FAILED: SemanticException Unrecognized file format in STORED AS clause: "
            f"'{storage.format}'",
            DDL_FAILED,
        )
    rows = said.rows or tree.RowFormat()
    parameters = dict(rows.properties)
    serde = rows.serde or (known.serde if storage.format else LAZY)
    if serde == LAZY:
        parameters.setdefault("serialization.format", parameters.get("field.delim", "1"))
    location = said.location if said.location.endswith("/") else f"{said.location}/"
    return {
        "Columns": _columns(said.columns),
        "Location": location if said.location else "",
        "InputFormat": storage.reads or known.reads,
        "OutputFormat": storage.writes or known.writes,
        "NumberOfBuckets": said.buckets or -1,
        "BucketColumns": list(said.bucket_columns),
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
    }


def drop_table(run: Run, said: tree.DropTable) -> Outcome:
    """DROP TABLE or DROP VIEW; data in S3 stay."""
    schema, name = schema_of(run, said.name), said.name.table.lower()
    found = run.find_table(schema, name)
    if found is None:
        if said.if_exists:
            return Outcome()
        if said.view:
            raise Failed(f"line 1:1: View '{schema}.{name}' does not exist", DDL_FAILED)
        raise no_table(f"{schema}.{name}")
    if said.view and not is_view(found):
        raise Failed(f"line 1:1: View '{schema}.{name}' does not exist", DDL_FAILED)
    run.glue("DeleteTable", {"DatabaseName": schema, "Name": name})
    return Outcome()


def add_partitions(run: Run, said: tree.AddPartitions) -> Outcome:
    """ALTER TABLE ADD PARTITION."""
    table = expect_table(run, said.name)
    inputs = [_partition(table, spec) for spec in said.specs]
    _create_partitions(run, table, inputs, tolerant=said.if_not_exists)
    return Outcome()


def drop_partitions(run: Run, said: tree.DropPartitions) -> Outcome:
    """ALTER TABLE DROP PARTITION: each specification drops all that it fits."""
    table = expect_table(run, said.name)
    for spec in said.specs:
        fitting = _fitting(run, table, spec)
        if not fitting and not said.if_exists:
            values = ", ".join(f"{key}={value}" for key, value in spec.values.items())
            raise Failed(
                f"FAILED: SemanticException [Error 10006]: Partition not found ({values})",
                DDL_FAILED,
            )
        for start in range(0, len(fitting), 25):
            asked = [{"Values": values} for values in fitting[start : start + 25]]
            run.glue("BatchDeletePartition", {**_named(table), "PartitionsToDelete": asked})
    return Outcome()


def rename_partition(run: Run, said: tree.RenamePartition) -> Outcome:
    """ALTER TABLE PARTITION RENAME TO PARTITION."""
    table = expect_table(run, said.name)
    old, new = _values(table, said.old), _values(table, said.new)
    row = _expect_partition(run, table, old)
    run.glue(
        "UpdatePartition",
        {
            **_named(table),
            "PartitionValueList": old,
            "PartitionInput": {**_partition_input(row), "Values": new},
        },
    )
    return Outcome()


def set_location(run: Run, said: tree.SetLocation) -> Outcome:
    """ALTER TABLE SET LOCATION, of the table or of a partition."""
    table = expect_table(run, said.name)
    bucket_and_key(said.location)
    if said.spec is None:
        storage = {**table.get("StorageDescriptor", {}), "Location": said.location}
        _update(run, table, StorageDescriptor=storage)
        return Outcome()
    values = _values(table, said.spec)
    row = _partition_input(_expect_partition(run, table, values))
    row["StorageDescriptor"] = {**row.get("StorageDescriptor", {}), "Location": said.location}
    run.glue(
        "UpdatePartition",
        {**_named(table), "PartitionValueList": values, "PartitionInput": row},
    )
    return Outcome()


def set_properties(run: Run, said: tree.SetProperties) -> Outcome:
    """ALTER TABLE SET TBLPROPERTIES."""
    table = expect_table(run, said.name)
    _update(run, table, Parameters={**table.get("Parameters", {}), **said.properties})
    return Outcome()


def change_columns(run: Run, said: tree.ChangeColumns) -> Outcome:
    """ALTER TABLE ADD COLUMNS or REPLACE COLUMNS."""
    table = expect_table(run, said.name)
    storage = table.get("StorageDescriptor", {})
    kept = [] if said.replace else storage.get("Columns", [])
    try:
        _update(
            run, table, StorageDescriptor={**storage, "Columns": [*kept, *_columns(said.columns)]}
        )
    except AwsError as error:
        if error.code == "InvalidInputException":
            raise task_failed(f"InvalidObjectException(message:{error.message})") from error
        raise
    return Outcome()


def repair(run: Run, said: tree.Repair) -> Outcome:
    """MSCK REPAIR TABLE: partitions for the folders `key=value/` that have none yet."""
    table = expect_table(run, said.name)
    keys = [each["Name"].lower() for each in table.get("PartitionKeys", ())]
    if not keys:
        raise task_failed(f"Table {table['Name']} is not a partitioned table")
    location = table["StorageDescriptor"]["Location"]
    bucket, prefix = bucket_and_key(location)
    known = {
        tuple(each["Values"]) for each in run.pages("GetPartitions", "Partitions", _named(table))
    }
    found: dict[tuple[str, ...], str] = {}
    for key, _ in run.listed(bucket, prefix):
        parts = key[len(prefix) :].split("/")[:-1][: len(keys)]
        pairs = [part.partition("=") for part in parts]
        if [name.lower() for name, sign, _ in pairs if sign] == keys:
            found.setdefault(tuple(value for _, _, value in pairs), "/".join(parts))
    fresh = [
        _input(table, list(values), f"{location.rstrip('/')}/{folder}/")
        for values, folder in found.items()
        if values not in known
    ]
    _create_partitions(run, table, fresh, tolerant=True)
    shown = sorted(
        ":".join((table["Name"], each)) for values, each in found.items() if values not in known
    )
    if not shown:
        return Outcome()
    head = f"Partitions not in metastore:\t{chr(9).join(shown)}"
    lines = [head, *(f"Repair: Added partition to metastore {each}" for each in shown)]
    return Outcome(rows=[[line] for line in lines])


def partition_inputs(
    table: Mapping[str, Any], folders: Mapping[tuple[str, ...], str]
) -> list[dict[str, Any]]:
    """PartitionInputs for values and where they lie."""
    return [_input(table, list(values), folder) for values, folder in folders.items()]


def create_missing(run: Run, table: Mapping[str, Any], inputs: Sequence[dict[str, Any]]) -> None:
    """Add partitions; those that are there stay as they are."""
    _create_partitions(run, table, inputs, tolerant=True)


def _create_partitions(
    run: Run, table: Mapping[str, Any], inputs: Sequence[dict[str, Any]], *, tolerant: bool
) -> None:
    for start in range(0, len(inputs), _BATCH):
        asked = {**_named(table), "PartitionInputList": inputs[start : start + _BATCH]}
        errors = run.glue("BatchCreatePartition", asked)["Errors"]
        for error in errors:
            if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                raise task_failed(error["ErrorDetail"]["ErrorMessage"])
            if not tolerant:
                raise task_failed(
                    f"AlreadyExistsException(message:Partition already exists: "
                    f"{error['PartitionValues']})"
                )


def _named(table: Mapping[str, Any]) -> dict[str, Any]:
    return {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}


def _columns(columns: Iterable[tree.Column]) -> list[dict[str, Any]]:
    return [
        {"Name": each.name.lower(), "Type": each.type}
        | ({"Comment": each.comment} if each.comment else {})
        for each in columns
    ]


def _keys(table: Mapping[str, Any]) -> list[str]:
    return [each["Name"].lower() for each in table.get("PartitionKeys", ())]


def _values(table: Mapping[str, Any], spec: tree.PartitionSpec) -> list[str]:
    """One value for each key. Raises Failed."""
    keys = _keys(table)
    if set(keys) != set(spec.values):
        raise Failed(
            f"FAILED: SemanticException partition spec {dict(spec.values)} doesn't contain all "
            f"({len(keys)}) partition columns",
            DDL_FAILED,
        )
    return [spec.values[key] for key in keys]


def _partition(table: Mapping[str, Any], spec: tree.PartitionSpec) -> dict[str, Any]:
    values = _values(table, spec)
    folder = "/".join(f"{key}={value}" for key, value in zip(_keys(table), values, strict=True))
    base = table["StorageDescriptor"].get("Location", "").rstrip("/")
    return _input(table, values, spec.location or f"{base}/{folder}/")


def _input(table: Mapping[str, Any], values: list[str], location: str) -> dict[str, Any]:
    return {
        "Values": values,
        "StorageDescriptor": {**table["StorageDescriptor"], "Location": location},
    }


def _partition_input(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("Values", "LastAccessTime", "StorageDescriptor", "Parameters", "LastAnalyzedTime")
    return {member: row[member] for member in kept if member in row}


def _expect_partition(
    run: Run, table: Mapping[str, Any], values: Sequence[str]
) -> Mapping[str, Any]:
    answer = run.find("GetPartition", {**_named(table), "PartitionValues": list(values)})
    if answer is None:
        raise Failed(
            f"FAILED: SemanticException [Error 10006]: Partition not found {list(values)}",
            DDL_FAILED,
        )
    found: Mapping[str, Any] = answer["Partition"]
    return found


def _fitting(run: Run, table: Mapping[str, Any], spec: tree.PartitionSpec) -> list[list[str]]:
    keys = _keys(table)
    if not set(spec.values) <= set(keys):
        raise Failed("FAILED: SemanticException Invalid partition spec specified", DDL_FAILED)
    places = [(keys.index(key), value) for key, value in spec.values.items()]
    return [
        each["Values"]
        for each in run.pages("GetPartitions", "Partitions", _named(table))
        if all(each["Values"][place] == value for place, value in places)
    ]


def _update(run: Run, table: Mapping[str, Any], **changed: Any) -> None:
    run.glue(
        "UpdateTable",
        {"DatabaseName": table["DatabaseName"], "TableInput": table_input(table, **changed)},
    )
