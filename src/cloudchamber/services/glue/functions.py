"""User-defined functions: recorded. No engine here runs them.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-functions.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.glue.limits import PAGE
from cloudchamber.services.glue.lookup import (
    exists,
    expect_database,
    expect_own_catalog,
    invalid,
    not_found,
    one_page,
)
from cloudchamber.services.glue.nouns import FUNCTIONS, Function

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_user_defined_function(call: Call, request: Input) -> Output:
    """Write a function down. Raises AlreadyExistsException, EntityNotFoundException."""
    database = expect_database(call, request)
    given = request["FunctionInput"]
    if "FunctionName" not in given:
        raise invalid("FunctionName is required.")
    name = given["FunctionName"].lower()
    rows = call.rows(FUNCTIONS)
    if (database.name, name) in rows:
        raise exists("Function")
    if sum(key[0] == database.name for key in rows) >= call.quota("functions-per-database"):
        raise AwsError(
            "ResourceNumberLimitExceededException", "The number of functions is at its limit."
        )
    rows[database.name, name] = Function(database.name, name, call.now, given)
    return {}


def get_user_defined_function(call: Call, request: Input) -> Output:
    """One function. Raises EntityNotFoundException."""
    return {"UserDefinedFunction": _view(call, _expect(call, request))}


def get_user_defined_functions(call: Call, request: Input) -> Output:
    """Functions whose name matches Pattern (`*` stands for anything), in pages."""
    expect_own_catalog(call, request)
    rows = list(call.rows(FUNCTIONS).values())
    if "DatabaseName" in request:
        name = expect_database(call, request).name
        rows = [row for row in rows if row.database == name]
    pattern = ".*".join(re.escape(part) for part in request["Pattern"].lower().split("*"))
    rows = [row for row in rows if re.fullmatch(pattern, row.name)]
    chosen, token = one_page(rows, lambda row: f"{row.database}\0{row.name}", request, PAGE)
    return {"UserDefinedFunctions": [_view(call, row) for row in chosen], **token}


def update_user_defined_function(call: Call, request: Input) -> Output:
    """Replace a function. Raises EntityNotFoundException."""
    row = _expect(call, request)
    row.given = {**request["FunctionInput"], "FunctionName": row.name}
    return {}


def delete_user_defined_function(call: Call, request: Input) -> Output:
    """Delete a function. Raises EntityNotFoundException."""
    row = _expect(call, request)
    del call.rows(FUNCTIONS)[row.database, row.name]
    return {}


def _expect(call: Call, request: Input) -> Function:
    database = expect_database(call, request)
    name = request["FunctionName"].lower()
    row = call.rows(FUNCTIONS).get((database.name, name))
    if row is None:
        raise not_found(f"Function {name} not found.")
    return row


def _view(call: Call, row: Function) -> dict[str, Any]:
    return {
        **row.given,
        "DatabaseName": row.database,
        "CreateTime": row.created_ns // SECOND_NS,
        "CatalogId": call.account,
    }
