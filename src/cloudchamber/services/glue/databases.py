"""Databases of the Data Catalog.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-databases.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.glue.limits import PAGE
from cloudchamber.services.glue.lookup import (
    exists,
    expect_database,
    expect_own_catalog,
    invalid,
    one_page,
    partitions_of,
    tables_of,
)
from cloudchamber.services.glue.nouns import (
    DATABASES,
    FUNCTIONS,
    PARTITIONS,
    TABLES,
    Database,
    TableRow,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_database(call: Call, request: Input) -> Output:
    """Make a database. Raises AlreadyExistsException, ResourceNumberLimitExceededException."""
    expect_own_catalog(call, request)
    given = _checked(call, request["DatabaseInput"])
    name = given["Name"]
    rows = call.rows(DATABASES)
    if name in rows:
        raise exists("Database")
    if len(rows) >= call.quota("databases"):
        raise AwsError(
            "ResourceNumberLimitExceededException", "The number of databases is at its limit."
        )
    tags = dict(request.get("Tags", {}))
    if len(tags) > call.quota("tags"):
        raise invalid("A resource can have at most 50 tags.")
    rows[name] = Database(name=name, created_ns=call.now, given=given, tags=tags)
    return {}


def get_database(call: Call, request: Input) -> Output:
    """One database. Raises EntityNotFoundException."""
    return {"Database": _view(call, expect_database(call, request, "Name"))}


def get_databases(call: Call, request: Input) -> Output:
    """The account's databases, by name, in pages."""
    expect_own_catalog(call, request)
    if request.get("ResourceShareType") in ("FOREIGN", "FEDERATED"):
        return {"DatabaseList": []}
    rows = list(call.rows(DATABASES).values())
    chosen, token = one_page(rows, lambda row: row.name, request, PAGE)
    short = request.get("AttributesToGet") == ["NAME"]
    shown = [{"Name": row.name} if short else _view(call, row) for row in chosen]
    return {"DatabaseList": shown, **token}


def update_database(call: Call, request: Input) -> Output:
    """Replace what is said of a database. Its name stays. Raises EntityNotFoundException."""
    row = expect_database(call, request, "Name")
    given = _checked(call, request["DatabaseInput"])
    if given["Name"] != row.name:
        raise invalid("Database names cannot be changed.")
    row.given = given
    return {}


def delete_database(call: Call, request: Input) -> Output:
    """Delete a database with its tables, their partitions and its functions.

    AWS does the tables "asynchronously in a timely manner"; here they go at once.
    """
    row = expect_database(call, request, "Name")
    for table in list(tables_of(call, row.name)):
        forget_table(call, table)
    functions = call.rows(FUNCTIONS)
    for key in [key for key in functions if key[0] == row.name]:
        del functions[key]
    del call.rows(DATABASES)[row.name]
    return {}


def forget_table(call: Call, table: TableRow) -> None:
    """Take a table away with its partitions."""
    partitions = call.rows(PARTITIONS)
    for partition in list(partitions_of(call, table)):
        del partitions[table.database, table.name, tuple(partition.values)]
    del call.rows(TABLES)[table.database, table.name]


def _checked(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    for member in ("TargetDatabase", "FederatedDatabase"):
        if member in given:
            reason = f"{member} leads to another catalog, and there is none"
            raise Refused("glue", call.operation_name, reason)
    return {**given, "Name": given["Name"].lower()}


def _view(call: Call, row: Database) -> dict[str, Any]:
    everybody = {
        "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
        "Permissions": ["ALL"],
    }
    return {
        "CreateTableDefaultPermissions": [everybody],
        **row.given,
        "CreateTime": row.created_ns // SECOND_NS,
        "CatalogId": call.account,
    }
