"""How the rows of the Data Catalog are found, and what Glue says when they are not there.

Rules of this file: finds and raises; nothing changes. Names are compared in lower case. Another
account's catalog, and a catalog that is not the account's own default one, are refused by name.
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input
from cloudchamber.services.glue.nouns import (
    DATABASES,
    PARTITIONS,
    TABLES,
    Database,
    Partition,
    TableRow,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Item = TypeVar("Item")


def invalid(message: str) -> AwsError:
    """InvalidInputException."""
    return AwsError("InvalidInputException", message)


def not_found(message: str) -> AwsError:
    """EntityNotFoundException."""
    return AwsError("EntityNotFoundException", message)


def exists(what: str) -> AwsError:
    """AlreadyExistsException."""
    return AwsError("AlreadyExistsException", f"{what} already exists.")


def expect_own_catalog(call: Call, request: Input) -> None:
    """Stop at a catalog that is not simulated. Raises Refused."""
    catalog = request.get("CatalogId")
    if catalog is not None and catalog != call.account:
        reason = f"there is only the account's own default catalog, not {catalog!r}"
        raise Refused("glue", call.operation_name, reason)


def expect_database(call: Call, request: Input, member: str = "DatabaseName") -> Database:
    """The database that a request names. Raises EntityNotFoundException, Refused."""
    expect_own_catalog(call, request)
    name = request[member].lower()
    found = call.rows(DATABASES).get(name)
    if found is None:
        raise not_found(f"Database {name} not found.")
    return found


def expect_table(call: Call, request: Input, member: str = "TableName") -> TableRow:
    """The table that a request names. Raises EntityNotFoundException, Refused."""
    database = expect_database(call, request)
    name = request[member].lower()
    found = call.rows(TABLES).get((database.name, name))
    if found is None:
        raise not_found(f"Table {name} not found.")
    return found


def tables_of(call: Call, database: str) -> Iterator[TableRow]:
    """A database's tables, by name."""
    rows: Any = call.rows(TABLES)
    for key in rows.irange((database, ""), (database + "\0",), (True, False)):
        yield rows[key]


def partitions_of(call: Call, table: TableRow) -> Iterator[Partition]:
    """A table's partitions, by values."""
    rows: Any = call.rows(PARTITIONS)
    low = (table.database, table.name, ())
    high = (table.database, table.name + "\0")
    for key in rows.irange(low, high, (True, False)):
        yield rows[key]


def find_partition(call: Call, table: TableRow, values: Sequence[str]) -> Partition | None:
    """One partition of a table. Raises InvalidInputException for a wrong number of values."""
    if len(values) != len(table.keys):
        raise invalid("The number of partition keys do not match the number of partition values")
    return call.rows(PARTITIONS).get((table.database, table.name, tuple(values)))


def one_page(
    items: Sequence[Item], key: Callable[[Item], str], request: Input, size: int
) -> tuple[Sequence[Item], dict[str, str]]:
    """A page of items in the order of `key`, and the member NextToken if there is more.

    Raises InvalidInputException for a token that is not ours.
    """
    try:
        chosen, token = page(items, key, request.get("NextToken"), request.get("MaxResults", size))
    except BadToken as error:
        raise invalid("Continuation token is not valid.") from error
    return chosen, {"NextToken": token} if token else {}
