"""Data catalogs, and the databases and tables that Glue keeps, as Athena shows them.

Rules of this file: metadata is asked of Glue in the caller's own name; nothing is kept twice.
https://docs.aws.amazon.com/athena/latest/ug/understanding-tables-databases-and-the-data-catalog.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.athena.lookup import expect_catalog, invalid, one_page
from cloudchamber.services.athena.nouns import AWS_CATALOG, CATALOGS, DataCatalog
from cloudchamber.services.athena.tagging import tags_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_data_catalog(call: Call, request: Input) -> Output:
    """Register a catalog. Raises InvalidRequestException, Refused."""
    name, kind = request["Name"], request["Type"]
    rows = call.rows(CATALOGS)
    if name in rows or name.lower() == AWS_CATALOG.lower():
        raise invalid(f"DataCatalog {name} already exists")
    if kind == "FEDERATED":
        raise Refused("athena", call.operation_name, "federated catalogs need connectors")
    parameters = request.get("Parameters", {})
    _check(kind, parameters)
    rows[name] = DataCatalog(
        name=name,
        type=kind,
        description=request.get("Description", ""),
        parameters=dict(parameters),
        tags=tags_of(request),
    )
    return {"DataCatalog": _view(rows[name])}


def get_data_catalog(call: Call, request: Input) -> Output:
    """One catalog. Raises InvalidRequestException."""
    return {"DataCatalog": _view(expect_catalog(call, request["Name"]))}


def list_data_catalogs(call: Call, request: Input) -> Output:
    """The account's catalogs, by name, in pages."""
    rows = sorted(
        [*call.rows(CATALOGS).values(), expect_catalog(call, AWS_CATALOG)],
        key=lambda row: row.name,
    )
    chosen, token = one_page(rows, lambda row: row.name, request)
    shown = [
        {"CatalogName": row.name, "Type": row.type, "Status": "CREATE_COMPLETE"} for row in chosen
    ]
    return {"DataCatalogsSummary": shown, **token}


def update_data_catalog(call: Call, request: Input) -> Output:
    """Change a registered catalog. Raises InvalidRequestException."""
    row = _own(call, request)
    parameters = request.get("Parameters", row.parameters)
    _check(request["Type"], parameters)
    row.type = request["Type"]
    row.parameters = dict(parameters)
    row.description = request.get("Description", row.description)
    return {}


def delete_data_catalog(call: Call, request: Input) -> Output:
    """Forget a registered catalog. Raises InvalidRequestException."""
    row = _own(call, request)
    del call.rows(CATALOGS)[row.name]
    return {"DataCatalog": {**_view(row), "Status": "DELETE_COMPLETE"}}


def get_database(call: Call, request: Input) -> Output:
    """A database. Raises MetadataException, InvalidRequestException."""
    answer = _glue(call, request, "GetDatabase", {"Name": request["DatabaseName"]})
    return {"Database": _database(answer["Database"])}


def list_databases(call: Call, request: Input) -> Output:
    """A catalog's databases, by name, in pages."""
    answer = _glue(call, request, "GetDatabases", _paging(request))
    shown = [_database(each) for each in answer["DatabaseList"]]
    return {"DatabaseList": shown, **_next(answer)}


def get_table_metadata(call: Call, request: Input) -> Output:
    """A table. Raises MetadataException, InvalidRequestException."""
    asked = {"DatabaseName": request["DatabaseName"], "Name": request["TableName"]}
    return {"TableMetadata": _table(_glue(call, request, "GetTable", asked)["Table"])}


def list_table_metadata(call: Call, request: Input) -> Output:
    """A database's tables, by name, those whose name matches Expression, in pages."""
    asked = {"DatabaseName": request["DatabaseName"], **_paging(request)}
    if request.get("Expression"):
        asked["Expression"] = request["Expression"]
    answer = _glue(call, request, "GetTables", asked)
    return {"TableMetadataList": [_table(each) for each in answer["TableList"]], **_next(answer)}


def expect_glue_catalog(call: Call, name: str) -> None:
    """The catalog has to be one that Glue keeps for this account. Raises Refused."""
    row = expect_catalog(call, name)
    own = row.parameters.get("catalog-id", call.account) == call.account
    if row.type != "GLUE" or not own:
        reason = f"the catalog {name} is of type {row.type}, and no connector is run"
        if row.type == "GLUE":
            reason = f"the catalog {name} is another account's"
        raise Refused("athena", call.operation_name, reason)


def _check(kind: str, parameters: dict[str, str]) -> None:
    if kind == "GLUE" and set(parameters) != {"catalog-id"}:
        raise invalid("A GLUE catalog needs the parameter catalog-id and no other")
    if kind == "HIVE" and "metadata-function" not in parameters:
        raise invalid("A HIVE catalog needs the parameter metadata-function")
    if kind == "LAMBDA" and not {"function", "metadata-function"} & set(parameters):
        raise invalid("A LAMBDA catalog needs the parameters metadata-function and record-function")


def _own(call: Call, request: Input) -> DataCatalog:
    row = expect_catalog(call, request["Name"])
    if row.name == AWS_CATALOG:
        raise invalid(f"DataCatalog {AWS_CATALOG} cannot be changed")
    return row


def _glue(call: Call, request: Input, operation: str, asked: dict[str, Any]) -> Output:
    expect_glue_catalog(call, request["CatalogName"])
    try:
        return call.invoke("glue", operation, asked)
    except AwsError as error:
        if error.code == "EntityNotFoundException":
            raise AwsError("MetadataException", error.message) from error
        raise


def _paging(request: Input) -> dict[str, Any]:
    return {member: request[member] for member in ("NextToken", "MaxResults") if member in request}


def _next(answer: Output) -> dict[str, Any]:
    return {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}


def _view(row: DataCatalog) -> dict[str, Any]:
    return {
        "Name": row.name,
        "Type": row.type,
        "Description": row.description,
        "Parameters": row.parameters,
        "Status": "CREATE_COMPLETE",
    }


def _database(row: dict[str, Any]) -> dict[str, Any]:
    members = ("Name", "Description", "Parameters")
    return {member: row[member] for member in members if member in row}


def _table(row: dict[str, Any]) -> dict[str, Any]:
    storage = row.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    more = {
        "location": storage.get("Location"),
        "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{key}": value for key, value in serde.get("Parameters", {}).items()},
    }
    shown = {key: value for key, value in more.items() if value is not None}
    return {
        "Name": row["Name"],
        "CreateTime": row["CreateTime"],
        "LastAccessTime": row.get("LastAccessTime", 0),
        "TableType": row.get("TableType", ""),
        "Columns": [_column(each) for each in storage.get("Columns", ())],
        "PartitionKeys": [_column(each) for each in row.get("PartitionKeys", ())],
        "Parameters": {**row.get("Parameters", {}), **shown},
    }


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {member: column[member] for member in ("Name", "Type", "Comment") if member in column}
