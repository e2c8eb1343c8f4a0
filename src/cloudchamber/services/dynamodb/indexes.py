"""Global secondary indexes of a table that lives: made, filled from what is there, deleted.

Rules of this file: an index that is being made is written to from the first moment on, and filled
from the items that were there a slice at a time; until then it cannot be read. One index may be on
its way at a time.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.dynamodb.changes import put_entry
from cloudchamber.services.dynamodb.definitions import (
    GSI_KEYS_MAX,
    GSI_MAX,
    check_index_billing,
    check_keys,
    check_on_demand,
    check_projected,
    check_projection,
    check_warm,
    invalid,
    read_attributes,
    validation,
)
from cloudchamber.services.dynamodb.lifecycle import INDEX, TABLE
from cloudchamber.services.dynamodb.lookup import not_found, setting_of
from cloudchamber.services.dynamodb.nouns import SHELVES, Index, Table
from cloudchamber.services.dynamodb.table_views import definition_of
from cloudchamber.services.dynamodb.tables import find_same, new_index

FILL: Final = "dynamodb.index-filled"
GONE: Final = "dynamodb.index-deleted"
SLICE: Final = 2000
PAUSE_NS: Final = 5_000_000
_ONE: Final = "Only 1 online index can be created or deleted simultaneously per table"


def check_updates(table: Table, request: Input) -> None:
    """What GlobalSecondaryIndexUpdates makes and deletes. Raises and changes nothing."""
    updates = request.get("GlobalSecondaryIndexUpdates", ())
    for each in updates:
        if len(each) != 1:
            raise invalid("Each GlobalSecondaryIndexUpdate must have exactly one action")
    online = [each for each in updates if "Update" not in each]
    if not online:
        return
    # "You can delete an index that is being created during the Backfilling phase"
    given_up = online[0].get("Delete", {}).get("IndexName")
    busy = any(
        index.status in ("CREATING", "DELETING")
        and not (index.name == given_up and index.backfilling)
        for index in table.indexes.values()
    )
    if len(online) > 1 or busy:
        raise AwsError("LimitExceededException", f"Subscriber limit exceeded: {_ONE}")
    if "Delete" in online[0]:
        name = online[0]["Delete"]["IndexName"]
        index = table.indexes.get(name)
        if index is None or not index.is_global:
            raise not_found(f"Index: {name} for table: {table.name} not found")
        return
    _check_new(table, online[0]["Create"], request)


def _check_new(table: Table, new: Input, request: Input) -> None:
    if new["IndexName"] in table.indexes:
        raise validation("Attempting to create an index which already exists")
    if sum(index.is_global for index in table.indexes.values()) >= GSI_MAX:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {GSI_MAX}")
    defined = read_attributes(request.get("AttributeDefinitions", ()))
    for name, kind in defined.items():
        if table.kinds.get(name, kind) != kind:
            raise invalid(
                f"Attribute {name} is defined as {table.kinds[name]} and cannot be redefined as "
                f"{kind}"
            )
    check_keys(new["KeySchema"], {**table.kinds, **defined}, GSI_KEYS_MAX)
    check_projection(new["Projection"])
    have = definition_of(table)
    members = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    check_projected([new, *(each for member in members for each in have.get(member, ()))])
    on_demand = request.get("BillingMode", table.billing) == "PAY_PER_REQUEST"
    check_index_billing(on_demand, new)
    check_on_demand(new.get("OnDemandThroughput"))
    check_warm(new.get("WarmThroughput"))


def apply_updates(call: Call, table: Table, request: Input) -> None:
    """Make or delete the one index of a checked request."""
    profile = call.cloud.settings.lifecycle
    for each in request.get("GlobalSecondaryIndexUpdates", ()):
        if "Delete" in each:
            index = table.indexes[each["Delete"]["IndexName"]]
            index.status = "DELETING"
            index.backfilling = False
            call.after(INDEX.delay_ns(profile, "DELETING"), GONE, table.name, table.id, index.name)
        elif "Create" in each:
            defined = read_attributes(request.get("AttributeDefinitions", ()))
            used = [key["AttributeName"] for key in each["Create"]["KeySchema"]]
            table.kinds.update((name, defined[name]) for name in used if name in defined)
            index = new_index(each["Create"], table.kinds, is_global=True)
            index.backfilling = True
            table.indexes[index.name] = index
            # Resources are allocated while the table is UPDATING; then the index is filled.
            delay_ns = max(INDEX.delay_ns(profile, "CREATING"), TABLE.delay_ns(profile, "UPDATING"))
            call.after(delay_ns, FILL, table.name, table.id, index.name, b"")


def fill(call: Call, name: str, id_: str, index_name: str, after: bytes) -> None:
    """Put the next slice of a table's items into an index that is being made."""
    table = find_same(call, name, id_)
    index = table.indexes.get(index_name) if table is not None else None
    if table is None or index is None or not index.backfilling:
        return
    shelf = call.rows(SHELVES)[name]
    last = b""
    for number, (key, item) in enumerate(shelf.items(after, SLICE), 1):
        put_entry(shelf, table, index, key, item)
        if number == SLICE:
            last = key
    if last:
        pause_ns = 0 if call.cloud.settings.lifecycle == "instant" else PAUSE_NS
        call.after(pause_ns, FILL, name, id_, index_name, last)
        return
    index.backfilling = False
    index.status = INDEX.move(index.status, "made")
    call.event(
        f"{table.arn}/index/{index_name}",
        "dynamodb.index-active",
        f"the index {index_name} of the table {name} is filled and ACTIVE",
    )


def fill_all(call: Call, table: Table) -> None:
    """Fill all indexes of a table that begins with items."""
    if not call.rows(SHELVES)[table.name].count:
        return
    for index in table.indexes.values():
        index.status = INDEX.initial
        index.backfilling = True
        call.after(0, FILL, table.name, table.id, index.name, b"")


def gone(call: Call, name: str, id_: str, index_name: str) -> None:
    """An index is deleted, and the attributes that only it used are no longer defined."""
    table = find_same(call, name, id_)
    if table is None or index_name not in table.indexes:
        return
    del table.indexes[index_name]
    call.rows(SHELVES)[name].indexes.pop(index_name, None)
    setting_of(call, table).counted.pop(index_name, None)
    used = [
        *table.keys.names,
        *(key for index in table.indexes.values() for key in index.keys.names),
    ]
    table.kinds = {name: kind for name, kind in table.kinds.items() if name in used}


def is_readable(index: Index) -> bool:
    """Whether an index can be queried: once it is filled, and until it is deleted."""
    return not index.backfilling and index.status in ("ACTIVE", "UPDATING")
