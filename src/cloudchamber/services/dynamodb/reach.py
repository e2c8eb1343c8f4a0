"""From what a request says to a table and to keys, as everything that touches items does.

Rules of this file: reading only; each check raises in AWS's words. The order of the checks is
AWS's: values before keys, keys before indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.numbers import canonical
from cloudchamber.languages.dynamodb.values import kind_of, read_value
from cloudchamber.services.dynamodb.keys import Item, KeyAttribute, KeySchema, key_of, raw
from cloudchamber.services.dynamodb.lookup import find_table, not_found
from cloudchamber.services.dynamodb.nouns import TABLES, Index, Table

HASH_MAX: Final = 2048
RANGE_MAX: Final = 1024
_INVALID: Final = "One or more parameter values were invalid: "
_NOT_VALID: Final = "One or more parameter values are not valid. "

Handler = Callable[[Call, Input], Output]


def invalid(text: str) -> AwsError:
    """A ValidationException."""
    return AwsError("ValidationException", text)


def validated(handler: Handler) -> Handler:
    """A handler whose bad expressions and values are ValidationExceptions."""

    @wraps(handler)
    def answer(call: Call, request: Input) -> Output:
        try:
            return handler(call, request)
        except DynamoError as error:
            raise invalid(str(error)) from None

    return answer


def expect_live(call: Call, text: str) -> Table:
    """The table of a name or ARN, if its items can be reached. Raises ResourceNotFoundException."""
    table = call.rows(TABLES).get(text)
    if table is None:
        table = find_table(call, text)
    if table is None or table.status == "CREATING":
        raise AwsError("ResourceNotFoundException", "Requested resource not found")
    return table


def expect_index(table: Table, name: str) -> Index:
    """An index that can be read. Raises ValidationException, ResourceNotFoundException."""
    index = table.indexes.get(name)
    if index is None:
        raise invalid(f"The table does not have the specified index: {name}")
    if index.backfilling or index.status not in ("ACTIVE", "UPDATING"):
        if index.status == "DELETING":
            raise not_found(f"Index: {name}")
        raise invalid(f"Cannot read from backfilling global secondary index: {name}")
    return index


# Keys


def read_key(table: Table, given: Mapping[str, Mapping[str, Any]]) -> tuple[bytes, Item]:
    """The key of a request, as bytes and as it is kept. Raises ValidationException."""
    schema = table.keys
    attributes = schema.attributes
    kept: Item = {}
    for attribute in attributes:
        value = given.get(attribute.name)
        if value is None:
            raise mismatch()
        if len(value) != 1:
            read_value(value)
        content = value.get(attribute.kind)
        if content is None:
            read_value(value)
            raise mismatch()
        if attribute.kind == "N":
            content = canonical(content)
        elif not content:
            raise empty_key(attribute)
        kept[attribute.name] = {attribute.kind: content}
    if len(given) != len(attributes):
        raise mismatch()
    check_key_sizes(schema, kept)
    return key_of(schema, kept), kept


def mismatch() -> AwsError:
    """The key of a request is not one of the table's."""
    return invalid("The provided key element does not match the schema")


def empty_key(attribute: KeyAttribute) -> AwsError:
    """A key attribute without content."""
    what = "string" if attribute.kind == "S" else "binary"
    return invalid(
        f"{_NOT_VALID}The AttributeValue for a key attribute cannot contain an empty {what} value. "
        f"Key: {attribute.name}"
    )


def check_key_sizes(schema: KeySchema, item: Item) -> None:
    """Hash and range attributes are not too long. Raises ValidationException."""
    for attribute in schema.hash:
        content = item[attribute.name][attribute.kind]
        if len(content) > HASH_MAX // 4 and len(raw(item[attribute.name])) > HASH_MAX:
            raise invalid(
                f"{_INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes"
            )
    for attribute in schema.range:
        content = item[attribute.name][attribute.kind]
        if len(content) > RANGE_MAX // 4 and len(raw(item[attribute.name])) > RANGE_MAX:
            raise invalid(
                f"{_INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 "
                "bytes"
            )


def item_key(table: Table, item: Item) -> bytes:
    """The key of a whole, sound item. Raises ValidationException."""
    schema = table.keys
    for attribute in schema.attributes:
        name = attribute.name
        value = item.get(name)
        if value is None:
            raise invalid(f"{_INVALID}Missing the key {name} in the item")
        content = value.get(attribute.kind)
        if content is None:
            raise invalid(
                f"{_INVALID}Type mismatch for key {name} expected: {attribute.kind} actual: "
                f"{kind_of(value)}"
            )
        if not content:
            raise empty_key(attribute)
    check_key_sizes(schema, item)
    return key_of(schema, item)


def check_index_keys(table: Table, item: Item, *, is_update: bool = False) -> None:
    """What an item has of the keys of indexes is fit for them. Raises ValidationException."""
    for index in table.indexes.values():
        for attribute in index.keys.attributes:
            value = item.get(attribute.name)
            if value is None:
                continue
            content = value.get(attribute.kind)
            if content is None:
                if is_update:
                    raise invalid(
                        "The update expression attempted to update the secondary index key to "
                        "unsupported type"
                    )
                raise invalid(
                    f"{_INVALID}Type mismatch for Index Key {attribute.name} Expected: "
                    f"{attribute.kind} Actual: {kind_of(value)} IndexName: {index.name}"
                )
            if not content:
                what = "string" if attribute.kind == "S" else "binary"
                raise invalid(
                    f"{_NOT_VALID}A value specified for a secondary index key is not supported. "
                    f"The AttributeValue for a key attribute cannot contain an empty {what} value. "
                    f"IndexName: {index.name}, IndexKey: {attribute.name}"
                )
            most = HASH_MAX if attribute in index.keys.hash else RANGE_MAX
            if len(content) > most // 4 and len(raw(value)) > most:
                where = "hashkey" if most == HASH_MAX else "range key"
                raise invalid(
                    f"{_INVALID}Size of {where} has exceeded the maximum size limit of {most} "
                    f"bytes for index: {index.name}"
                )
