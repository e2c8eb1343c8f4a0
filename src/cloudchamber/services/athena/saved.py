"""Saved queries and prepared statements.

https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.athena.lookup import (
    expect_workgroup,
    invalid,
    new_id,
    one_page,
)
from cloudchamber.services.athena.nouns import (
    NAMED_QUERIES,
    PRIMARY,
    STATEMENTS,
    NamedQuery,
    PreparedStatement,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_named_query(call: Call, request: Input) -> Output:
    """Save a query. Raises InvalidRequestException."""
    workgroup = expect_workgroup(call, request.get("WorkGroup", PRIMARY))
    rows = call.rows(NAMED_QUERIES)
    identifier = new_id(call, "named-query")
    rows[identifier] = NamedQuery(
        id=identifier,
        number=max((row.number for row in rows.values()), default=0) + 1,
        name=request["Name"],
        database=request["Database"],
        query=request["QueryString"],
        workgroup=workgroup.name,
        description=request.get("Description", ""),
    )
    return {"NamedQueryId": identifier}


def get_named_query(call: Call, request: Input) -> Output:
    """One saved query. Raises InvalidRequestException."""
    return {"NamedQuery": _named_view(_named(call, request["NamedQueryId"]))}


def batch_get_named_query(call: Call, request: Input) -> Output:
    """Several saved queries; those that are not there are told of."""
    rows = call.rows(NAMED_QUERIES)
    ids = request["NamedQueryIds"]
    missing = [
        {
            "NamedQueryId": each,
            "ErrorCode": "INVALID_INPUT",
            "ErrorMessage": f"NamedQuery {each} was not found",
        }
        for each in ids
        if each not in rows
    ]
    found = [_named_view(rows[each]) for each in ids if each in rows]
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}


def list_named_queries(call: Call, request: Input) -> Output:
    """The ids of a workgroup's saved queries, newest first, in pages."""
    workgroup = expect_workgroup(call, request.get("WorkGroup", PRIMARY)).name
    mine = [row for row in call.rows(NAMED_QUERIES).values() if row.workgroup == workgroup]
    mine.sort(key=lambda row: -row.number)
    chosen, token = one_page(mine, lambda row: f"{10**9 - row.number:09d}", request)
    return {"NamedQueryIds": [row.id for row in chosen], **token}


def update_named_query(call: Call, request: Input) -> Output:
    """Change a saved query. Raises InvalidRequestException."""
    row = _named(call, request["NamedQueryId"])
    row.name = request["Name"]
    row.query = request.get("QueryString", row.query)
    row.description = request.get("Description", row.description)
    return {}


def delete_named_query(call: Call, request: Input) -> Output:
    """Forget a saved query. Raises InvalidRequestException."""
    del call.rows(NAMED_QUERIES)[_named(call, request.get("NamedQueryId", "")).id]
    return {}


def create_prepared_statement(call: Call, request: Input) -> Output:
    """Prepare a statement in a workgroup. Raises InvalidRequestException."""
    prepare(
        call,
        expect_workgroup(call, request["WorkGroup"]).name,
        request["StatementName"],
        request["QueryStatement"],
        request.get("Description", ""),
    )
    return {}


def prepare(call: Call, workgroup: str, name: str, query: str, description: str = "") -> None:
    """Put a prepared statement there. Raises InvalidRequestException."""
    rows = call.rows(STATEMENTS)
    if (workgroup, name) in rows:
        raise invalid(f"Prepared statement {name} already exists in WorkGroup {workgroup}")
    if sum(key[0] == workgroup for key in rows) >= call.quota("prepared-statements-per-workgroup"):
        raise invalid("The number of prepared statements is at its limit.")
    rows[workgroup, name] = PreparedStatement(
        name=name, workgroup=workgroup, query=query, modified_ns=call.now, description=description
    )


def get_prepared_statement(call: Call, request: Input) -> Output:
    """One prepared statement. Raises ResourceNotFoundException."""
    return {"PreparedStatement": _prepared_view(_prepared(call, request))}


def batch_get_prepared_statement(call: Call, request: Input) -> Output:
    """Several prepared statements; those that are not there are told of."""
    workgroup = expect_workgroup(call, request["WorkGroup"]).name
    rows = call.rows(STATEMENTS)
    names = request["PreparedStatementNames"]
    missing = [
        {
            "StatementName": name,
            "ErrorCode": "STATEMENT_NOT_FOUND",
            "ErrorMessage": _missing(name, workgroup),
        }
        for name in names
        if (workgroup, name) not in rows
    ]
    found = [_prepared_view(rows[workgroup, name]) for name in names if (workgroup, name) in rows]
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}


def list_prepared_statements(call: Call, request: Input) -> Output:
    """A workgroup's prepared statements, by name, in pages."""
    workgroup = expect_workgroup(call, request["WorkGroup"]).name
    mine = [row for key, row in call.rows(STATEMENTS).items() if key[0] == workgroup]
    chosen, token = one_page(mine, lambda row: row.name, request)
    shown = [
        {"StatementName": row.name, "LastModifiedTime": row.modified_ns / SECOND_NS}
        for row in chosen
    ]
    return {"PreparedStatements": shown, **token}


def update_prepared_statement(call: Call, request: Input) -> Output:
    """Change a prepared statement. Raises ResourceNotFoundException."""
    row = _prepared(call, request)
    row.query = request["QueryStatement"]
    row.description = request.get("Description", row.description)
    row.modified_ns = call.now
    return {}


def delete_prepared_statement(call: Call, request: Input) -> Output:
    """Forget a prepared statement. Raises ResourceNotFoundException."""
    row = _prepared(call, request)
    del call.rows(STATEMENTS)[row.workgroup, row.name]
    return {}


def _named(call: Call, identifier: str) -> NamedQuery:
    found = call.rows(NAMED_QUERIES).get(identifier)
    if found is None:
        raise invalid(f"NamedQuery {identifier} was not found")
    return found


def _named_view(row: NamedQuery) -> dict[str, Any]:
    return {
        "NamedQueryId": row.id,
        "Name": row.name,
        "Database": row.database,
        "QueryString": row.query,
        "WorkGroup": row.workgroup,
        "Description": row.description,
    }


def _prepared(call: Call, request: Input) -> PreparedStatement:
    workgroup = expect_workgroup(call, request["WorkGroup"]).name
    name = request["StatementName"]
    found = call.rows(STATEMENTS).get((workgroup, name))
    if found is None:
        raise AwsError("ResourceNotFoundException", _missing(name, workgroup), ResourceName=name)
    return found


def _missing(name: str, workgroup: str) -> str:
    return f"PreparedStatement {name} was not found in workGroup {workgroup}"


def _prepared_view(row: PreparedStatement) -> dict[str, Any]:
    return {
        "StatementName": row.name,
        "QueryStatement": row.query,
        "WorkGroupName": row.workgroup,
        "Description": row.description,
        "LastModifiedTime": row.modified_ns / SECOND_NS,
    }
