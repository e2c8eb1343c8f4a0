"""What permission an operation on items asks for: on which tables, under which condition keys.

Rules of this file: reading only, and only what the request says. Keys are as the request has them.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input
from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.grammar import (
    Expression,
    names_key,
    read_condition,
    read_projection,
    read_update,
)
from cloudchamber.languages.dynamodb.tree import Both, Compare, Given, Reach
from cloudchamber.services.dynamodb.keys import Item
from cloudchamber.services.dynamodb.lookup import arn_of_table, find_table
from cloudchamber.services.dynamodb.nouns import Table

Request = Mapping[str, Any]
_EXPRESSIONS: Final = (
    "ProjectionExpression",
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
)
_ACTIONS: Final = MappingProxyType(
    {
        "ConditionCheck": "ConditionCheckItem",
        "Delete": "DeleteItem",
        "Get": "GetItem",
        "Put": "PutItem",
        "Update": "UpdateItem",
    }
)


def arns_of_batch(call: Call, request: Input) -> Sequence[str]:
    """The tables of a batch."""
    return [arn_of_table(call, {"TableName": name}) for name in request["RequestItems"]]


def require_parts(call: Call, parts: Sequence[Request], operation: str) -> None:
    """Each part of a transaction asks for its own permission on its own table."""
    if call.cloud.settings.iam == "off":
        return
    for each in parts:
        for kind, wanted in each.items():
            extra: dict[str, Sequence[str]] = {"dynamodb:EnclosingOperation": (operation,)}
            table = find_table(call, wanted["TableName"])
            if table is not None:
                leading = _leading(table, [wanted.get("Key", wanted.get("Item", {}))])
                if leading:
                    extra["dynamodb:LeadingKeys"] = tuple(leading)
            arn = arn_of_table(call, {"TableName": wanted["TableName"]})
            require(call, f"dynamodb:{_ACTIONS[kind]}", arn, extra=extra)


def context_of_items(call: Call, request: Input) -> dict[str, Sequence[str]]:
    """Condition keys of an operation on the items of one table, or of a batch."""
    context: dict[str, Sequence[str]] = {}
    for member in ("Select", "ReturnValues", "ReturnConsumedCapacity"):
        if member in request:
            context[f"dynamodb:{member}"] = (request[member],)
    if call.operation_name == "Scan":
        context["dynamodb:FullTableScan"] = ("true",)
    leading: list[str] = []
    attributes: dict[str, None] = {}
    for name, items, part in _parts(request):
        table = find_table(call, name)
        if table is None:
            continue
        leading += _leading(table, items)
        leading += _queried(table, part)
        attributes.update(dict.fromkeys(_attributes(part, items)))
    if leading:
        context["dynamodb:LeadingKeys"] = tuple(dict.fromkeys(leading))
    if attributes:
        context["dynamodb:Attributes"] = tuple(attributes)
    return context


def _parts(request: Input) -> Iterator[tuple[str, list[Item], Request]]:
    if "RequestItems" not in request:
        items = [request[member] for member in ("Key", "Item") if member in request]
        yield request["TableName"], items, request
        return
    for name, part in request["RequestItems"].items():
        if isinstance(part, list):
            writes = [inner for each in part for inner in each.values()]
            yield name, [each.get("Item", each.get("Key", {})) for each in writes], {}
        else:
            yield name, list(part["Keys"]), part


def _leading(table: Table, items: Sequence[Item]) -> list[str]:
    attribute = table.keys.hash[0]
    found = (item.get(attribute.name, {}).get(attribute.kind) for item in items)
    return [value for value in found if isinstance(value, str)]


def _queried(table: Table, request: Request) -> list[str]:
    """The hash key that a Query asks for."""
    index = table.indexes.get(request.get("IndexName", ""))
    attribute = (table.keys if index is None else index.keys).hash[0]
    if "KeyConditions" in request:
        old = request["KeyConditions"].get(attribute.name, {})
        values = old.get("AttributeValueList", ())
    elif "KeyConditionExpression" in request:
        tree = _expression(request, "KeyConditionExpression")
        parts = tree.tree.parts if tree is not None and isinstance(tree.tree, Both) else ()
        if tree is not None and isinstance(tree.tree, Compare):
            parts = (tree.tree,)
        given = request.get("ExpressionAttributeValues", {})
        values = [
            given.get(part.other.name, {})
            for part in parts
            if isinstance(part, Compare)
            and part.one == Reach((attribute.name,))
            and isinstance(part.other, Given)
        ]
    else:
        values = ()
    found = [value.get(attribute.kind) for value in values]
    return [value for value in found if isinstance(value, str)]


def _attributes(request: Request, items: Sequence[Item]) -> Iterator[str]:
    """Top-level attributes that a request names."""
    for item in items:
        yield from item
    for member in ("AttributesToGet", "AttributeUpdates", "Expected", "KeyConditions"):
        yield from request.get(member, ())
    for member in _EXPRESSIONS:
        expression = _expression(request, member)
        if expression is not None:
            yield from (str(path[0]) for path in expression.paths)


def _expression(request: Request, member: str) -> Expression[Any] | None:
    """An expression of a request; None when there is none or it cannot be read."""
    text = request.get(member)
    if text is None:
        return None
    names = names_key(request.get("ExpressionAttributeNames"))
    try:
        if member == "ProjectionExpression":
            return read_projection(text, names)
        if member == "UpdateExpression":
            return read_update(text, names)
        return read_condition(member, text, names)
    except DynamoError:
        return None
