"""PartiQL: ExecuteStatement, BatchExecuteStatement, ExecuteTransaction.

Rules of this file: a statement becomes the same plan as the operation that does the same, and asks
for a permission of its own (`PartiQLSelect`, ...). A SELECT whose condition names a whole hash key
is a query, any other a scan.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.paths import project
from cloudchamber.languages.dynamodb.statements import Statement, read_statement
from cloudchamber.languages.dynamodb.updates import Update
from cloudchamber.languages.dynamodb.values import ITEM_MAX, read_item
from cloudchamber.services.dynamodb import throughput
from cloudchamber.services.dynamodb.changes import shelf_of
from cloudchamber.services.dynamodb.consumption import TRANSACTIONAL, Consumption, tell
from cloudchamber.services.dynamodb.expressions import Asked
from cloudchamber.services.dynamodb.items import (
    Plan,
    carry_out,
    change,
    check_targets,
    failed,
    pay_for,
    used_by,
)
from cloudchamber.services.dynamodb.keys import Item
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.reach import (
    check_index_keys,
    expect_live,
    invalid,
    item_key,
    read_key,
    validated,
)
from cloudchamber.services.dynamodb.selecting import equalities, select
from cloudchamber.services.dynamodb.shelf import unpack
from cloudchamber.services.dynamodb.transactions import (
    Reason,
    canceled,
    find_made,
    make_all,
    plan_all,
    reason_of,
    remember,
    told_all,
)

Request = Mapping[str, Any]
READS: Final = frozenset(("SELECT",))
_ACTIONS: Final = MappingProxyType(
    {
        "DELETE": "PartiQLDelete",
        "EXISTS": "ConditionCheckItem",
        "INSERT": "PartiQLInsert",
        "SELECT": "PartiQLSelect",
        "UPDATE": "PartiQLUpdate",
    }
)
_CODES: Final = MappingProxyType(
    {
        "AccessDeniedException": "AccessDenied",
        "ConditionalCheckFailedException": "ConditionalCheckFailed",
        "DuplicateItemException": "DuplicateItem",
        "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
        "ResourceNotFoundException": "ResourceNotFound",
        "ThrottlingException": "ThrottlingError",
        "ValidationException": "ValidationError",
    }
)


def _read(call: Call, request: Request) -> tuple[Statement, Table]:
    """A statement and its table, when the caller may. Raises AwsError, DynamoError."""
    statement = read_statement(request["Statement"], request.get("Parameters", ()))
    table = expect_live(call, statement.table)
    arn = f"{table.arn}/index/{statement.of_index}" if statement.of_index else table.arn
    require(call, f"dynamodb:{_ACTIONS[statement.kind]}", arn)
    return statement, table


@validated
def execute_statement(call: Call, request: Input) -> Output:
    """Run one statement."""
    statement, table = _read(call, request)
    if statement.kind == "EXISTS":
        raise invalid("EXISTS can only be used in ExecuteTransaction")
    if statement.kind == "SELECT":
        used = Consumption(table)
        output = select(call, statement, table, request, used)
        if table.is_limited:
            throughput.pay(call, table, used.reads, used.writes)
        return tell(call, output, used, request)
    plan = plan_statement(call, statement, table, request)
    if table.is_limited:
        pay_for(call, [plan])
    used = used_by(plan, carry_out(call, plan))
    found = returned(plan, statement)
    return tell(call, {"Items": [] if found is None else [found]}, used, request)


# Writes


def plan_statement(call: Call, statement: Statement, table: Table, request: Request) -> Plan:
    """Plan what a statement writes or checks. Raises and changes nothing."""
    if statement.kind == "INSERT":
        return _plan_insert(call, statement, table)
    values = statement.values or {}
    found = equalities(statement.where, values)
    names = table.keys.names
    if any(name not in found for name in names):
        raise invalid("Where clause does not contain a mandatory equality on all key attributes")
    key, kept = read_key(table, {name: found[name] for name in names})
    before = shelf_of(call, table).rows.get(key)
    asked = Asked(update=Update(statement.actions), values=values)
    if statement.kind == "DELETE" and before is None:
        return Plan(table, key, kept, None, None, 0, asked, idle=True)
    old = None if before is None else unpack(before)
    if old is None or (statement.where and not statement.where.holds(old, values)):
        raise failed(before, request)
    if statement.kind == "DELETE":
        return Plan(table, key, kept, before, None, 0, asked)
    if statement.kind == "EXISTS":
        return Plan(table, key, kept, before, None, 0, asked, idle=True)
    update = Update(statement.actions)
    check_targets(update, kept)
    update.check(values)
    size = change(table, old, update, values, before)
    return Plan(table, key, kept, before, old, size, asked)


def _plan_insert(call: Call, statement: Statement, table: Table) -> Plan:
    item, size = read_item(statement.item or {})
    key = item_key(table, item)
    check_index_keys(table, item)
    if size > ITEM_MAX:
        raise invalid("Item size has exceeded the maximum allowed size")
    if shelf_of(call, table).rows.get(key) is not None:
        raise AwsError("DuplicateItemException", "Duplicate primary key exists in table")
    return Plan(table, key, item, None, item, size, Asked())


def returned(plan: Plan, statement: Statement) -> Item | None:
    """What RETURNING asks for."""
    if not statement.returning or plan.idle:
        return None
    image = plan.old if statement.returning.endswith("OLD") else plan.new
    if image is None or statement.returning.startswith("ALL"):
        return image
    return project(image, [action.path for action in statement.actions])


# Batches


@validated
def batch_execute_statement(call: Call, request: Input) -> Output:
    """Run up to 25 statements, each for itself: all reads, or all writes."""
    statements = [_try_read(call, each) for each in request["Statements"]]
    kinds = frozenset(
        each[0].kind in READS for each in statements if not isinstance(each, AwsError)
    )
    if len(kinds) > 1:
        raise invalid("Batch cannot contain both read and write statements")
    responses: list[dict[str, Any]] = []
    used: dict[str, Consumption] = {}
    for each, wanted in zip(statements, request["Statements"], strict=True):
        if isinstance(each, AwsError):
            responses.append(_error(each, None))
            continue
        statement, table = each
        try:
            responses.append(_run(call, statement, table, wanted, used))
        except DynamoError as error:
            responses.append(_error(invalid(str(error)), table))
        except AwsError as error:
            responses.append(_error(error, table))
    output: Output = {"Responses": responses}
    consumed = [each.told(request.get("ReturnConsumedCapacity")) for each in used.values()]
    for cost in used.values():
        cost.meter(call)
    if consumed and consumed[0] is not None:
        output["ConsumedCapacity"] = consumed
    return output


def _try_read(call: Call, request: Request) -> tuple[Statement, Table] | AwsError:
    try:
        return _read(call, request)
    except DynamoError as error:
        return invalid(str(error))
    except AwsError as error:
        return error


def _error(error: AwsError, table: Table | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Code": _CODES.get(error.code, "InternalServerError"),
        "Message": error.message,
    }
    if "Item" in error.fields:
        shown["Item"] = error.fields["Item"]
    return {"Error": shown} if table is None else {"Error": shown, "TableName": table.name}


def _run(
    call: Call,
    statement: Statement,
    table: Table,
    request: Request,
    used: dict[str, Consumption],
) -> dict[str, Any]:
    response: dict[str, Any] = {"TableName": table.name}
    cost = Consumption(table)
    if statement.kind in READS:
        item = _read_one(call, statement, table, request, cost)
        throughput.pay(call, table, cost.reads, cost.writes)
    else:
        plan = plan_statement(call, statement, table, request)
        if table.is_limited:
            pay_for(call, [plan])
        cost = used_by(plan, carry_out(call, plan))
        item = returned(plan, statement)
    if item is not None:
        response["Item"] = item
    if table.arn in used:
        used[table.arn].add(cost)
    else:
        used[table.arn] = cost
    return response


def _read_one(
    call: Call, statement: Statement, table: Table, request: Request, cost: Consumption
) -> Item | None:
    """The one item of a SELECT that names a whole primary key."""
    found = equalities(statement.where, statement.values or {})
    if statement.of_index or any(name not in found for name in table.keys.names):
        raise invalid(
            "Select statements within BatchExecuteStatement must specify the primary key in the "
            "where clause."
        )
    items: Sequence[Item] = select(call, statement, table, request, cost)["Items"]
    return items[0] if items else None


# Transactions


@validated
def execute_transaction(call: Call, request: Input) -> Output:
    """Run up to a hundred statements together or not at all: all reads, or all writes."""
    wanted = request["TransactStatements"]
    known = find_made(call, request, wanted)
    if known is not None:
        return known
    statements = [_read(call, each) for each in wanted]
    kinds = frozenset(statement.kind in READS for statement, _ in statements)
    if len(kinds) > 1:
        raise invalid("Transaction cannot contain both read and write statements")
    if True in kinds:
        return _read_together(call, request, statements)
    plans = plan_all(
        [
            partial(plan_statement, call, statement, table, each)
            for (statement, table), each in zip(statements, wanted, strict=True)
        ]
    )
    output, used = make_all(call, plans, request)
    found = [
        returned(plan, statement) for plan, (statement, _) in zip(plans, statements, strict=True)
    ]
    output["Responses"] = [{} if item is None else {"Item": item} for item in found]
    remember(call, request, wanted, used)
    return output


def _read_together(
    call: Call, request: Input, statements: Sequence[tuple[Statement, Table]]
) -> Output:
    used: dict[str, Consumption] = {}
    responses: list[dict[str, Item]] = []
    reasons: list[Reason] = []
    for statement, table in statements:
        cost = used.setdefault(table.arn, Consumption(table, TRANSACTIONAL))
        try:
            item = _read_one(call, statement, table, {"ConsistentRead": True}, cost)
        except (AwsError, DynamoError) as error:
            reasons.append(reason_of(error))
            continue
        reasons.append({"Code": "None"})
        responses.append({} if item is None else {"Item": item})
    if len(responses) < len(statements):
        raise canceled(reasons)
    for cost in used.values():
        throughput.pay(call, cost.table, cost.reads, cost.writes)
    output: Output = {"Responses": responses}
    told_all(call, output, used.values(), request)
    return output
