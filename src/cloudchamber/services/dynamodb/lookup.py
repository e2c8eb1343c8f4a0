"""Finding tables by name or ARN, and what the permission of a call is asked on.

Rules of this file: reading only. A table of another account is named by its ARN; whether its owner
lets the caller in is the resource policy's business.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.dynamodb.nouns import TABLES, Table
from cloudchamber.services.dynamodb.settings import SETTINGS, Setting

_TABLE: Final = "table/"


def name_in(text: str) -> str:
    """The name of a table in a TableName, which may be an ARN."""
    if not text.startswith("arn:"):
        return text
    parts = find_arn(text)
    if parts is None or parts.service != "dynamodb" or not parts.resource.startswith(_TABLE):
        raise AwsError("ValidationException", f"Invalid table ARN: {text}")
    return parts.resource.removeprefix(_TABLE).partition("/")[0]


def find_table(call: Call, text: str) -> Table | None:
    """The table of a name or an ARN, or None."""
    if not text.startswith("arn:"):
        return call.rows(TABLES).get(text)
    name = name_in(text)
    parts = find_arn(text)
    if parts is None or parts.region != call.region:
        return None
    return call.rows(TABLES, parts.account, parts.region).get(name)


def expect_table(call: Call, text: str) -> Table:
    """The table of a name or an ARN. Raises ResourceNotFoundException."""
    table = find_table(call, text)
    if table is None:
        raise not_found(f"Table: {name_in(text)} not found")
    return table


def expect_source(call: Call, text: str) -> Table:
    """Like `expect_table`, as backups say it. Raises TableNotFoundException."""
    table = find_table(call, text)
    if table is None:
        raise AwsError("TableNotFoundException", f"Table not found: {name_in(text)}")
    return table


def setting_of(call: Call, table: Table) -> Setting:
    """The settings of a table."""
    return call.rows(SETTINGS, table.account, table.region)[table.name]


def not_found(what: str) -> AwsError:
    """AWS's answer for what is not there."""
    return AwsError("ResourceNotFoundException", f"Requested resource not found: {what}")


def arn_of_table(call: Call, request: Input) -> str:
    """The ARN that a permission on a TableName is asked on."""
    name: str = request["TableName"]
    return name if name.startswith("arn:") else call.arn(f"{_TABLE}{name}")


def arn_of_index(call: Call, request: Input) -> str:
    """The ARN that a permission on a TableName and perhaps an IndexName is asked on."""
    arn = arn_of_table(call, request)
    return f"{arn}/index/{request['IndexName']}" if "IndexName" in request else arn


def arn_of_resource(call: Call, request: Input) -> str:
    """The ARN that a permission on a ResourceArn is asked on."""
    arn: str = request["ResourceArn"]
    return arn
