"""On which ARNs a permission of Glue is asked: the catalog, the database, the table.

Rules of this file: ARNs only. AWS asks for all of them; a request on a table needs its catalog and
its database as well.
https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def catalog(call: Call, request: Input) -> list[str]:
    """The catalog."""
    return [call.arn("catalog")]


def database(call: Call, request: Input) -> list[str]:
    """The catalog and the database that is named, wherever its name stands."""
    name = request.get("DatabaseName") or request.get("Name")
    if name is None and "DatabaseInput" in request:
        name = request["DatabaseInput"]["Name"]
    return [*catalog(call, request), call.arn(f"database/{(name or '*').lower()}")]


def table(call: Call, request: Input) -> list[str]:
    """The catalog, the database and the table that is named."""
    above = request["DatabaseName"].lower()
    name = request.get("TableName") or request.get("Name")
    if name is None and "TableInput" in request:
        name = request["TableInput"]["Name"]
    below = call.arn(f"table/{above}/{(name or '*').lower()}")
    return [*catalog(call, request), call.arn(f"database/{above}"), below]


def function(call: Call, request: Input) -> list[str]:
    """The catalog, the database and the function that is named."""
    above = request["DatabaseName"].lower()
    name = request.get("FunctionName") or request.get("FunctionInput", {}).get("FunctionName", "*")
    below = call.arn(f"userDefinedFunction/{above}/{name.lower()}")
    return [*catalog(call, request), call.arn(f"database/{above}"), below]


def tagged(call: Call, request: Input) -> str:
    """The ARN that is named."""
    arn: str = request["ResourceArn"]
    return arn
