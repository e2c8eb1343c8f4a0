"""Capacity units: what an operation uses of a table and its indexes, and how it is told.

Rules of this file: AWS's rounding. A read takes a unit for each 4 KB, half of it when eventually
consistent, twice when in a transaction; a write takes one for each 1 KB of the larger of before and
after, twice in a transaction. Reading or writing nothing takes as much as the smallest item.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb.changes import Written
from cloudchamber.services.dynamodb.nouns import Table

READ_BYTES: Final = 4096
WRITE_BYTES: Final = 1024
TRANSACTIONAL: Final = 2


def read_units(size: int, consistent: bool | None) -> float:
    """Units of reading that many bytes."""
    blocks = max(1, -(-size // READ_BYTES))
    return float(blocks) if consistent else blocks / 2


def write_units(size: int) -> float:
    """Units of writing that many bytes."""
    return float(max(1, -(-size // WRITE_BYTES)))


class Consumption:
    """What one operation uses of one table: of itself ("") and of its indexes."""

    __slots__ = ("factor", "reads", "table", "writes")

    def __init__(self, table: Table, factor: int = 1) -> None:
        self.table = table
        self.factor = factor
        self.reads: dict[str, float] = {}
        self.writes: dict[str, float] = {}

    def read(self, size: int, consistent: bool | None, index: str = "") -> None:
        """Bytes were read from the table or an index."""
        units = read_units(size, consistent) * self.factor
        self.reads[index] = self.reads.get(index, 0.0) + units

    def wrote(self, before: int, after: int, written: Iterable[Written] = ()) -> None:
        """An item of the table was changed, and entries of indexes with it."""
        units = write_units(max(before, after)) * self.factor
        self.writes[""] = self.writes.get("", 0.0) + units
        for each in written:
            entry = entry_units(each) * self.factor
            if entry:
                self.writes[each.name] = self.writes.get(each.name, 0.0) + entry

    def add(self, other: Consumption) -> None:
        """What another operation used of the same table."""
        for mine, theirs in ((self.reads, other.reads), (self.writes, other.writes)):
            for name, units in theirs.items():
                mine[name] = mine.get(name, 0.0) + units

    def total(self) -> float:
        """All units."""
        return sum(self.reads.values()) + sum(self.writes.values())

    def meter(self, call: Call) -> None:
        """Count what AWS bills by the request."""
        if self.table.billing != "PAY_PER_REQUEST":
            return
        if self.reads:
            call.meter("ReadRequestUnits", sum(self.reads.values()), self.table.arn)
        if self.writes:
            call.meter("WriteRequestUnits", sum(self.writes.values()), self.table.arn)

    def told(self, asked: str | None, *, is_split: bool = False) -> dict[str, Any] | None:
        """ConsumedCapacity as ReturnConsumedCapacity asks for it; None for NONE."""
        if asked is None or asked == "NONE":
            return None
        shown = _capacity(self.reads, self.writes, is_split)
        shown["TableName"] = self.table.name
        if asked == "INDEXES":
            reads, writes = _of_table(self.reads), _of_table(self.writes)
            shown["Table"] = _capacity(reads, writes, is_split)
            for member, is_global in (
                ("LocalSecondaryIndexes", False),
                ("GlobalSecondaryIndexes", True),
            ):
                found = self._indexes(is_global, is_split)
                if found:
                    shown[member] = found
        return shown

    def _indexes(self, is_global: bool, is_split: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, index in self.table.indexes.items():
            reads, writes = self.reads.get(name), self.writes.get(name)
            if index.is_global is is_global and (reads is not None or writes is not None):
                found[name] = _capacity(
                    {} if reads is None else {"": reads},
                    {} if writes is None else {"": writes},
                    is_split,
                )
        return found


def _of_table(units: Mapping[str, float]) -> Mapping[str, float]:
    return {"": units[""]} if "" in units else {}


def _capacity(
    reads: Mapping[str, float], writes: Mapping[str, float], is_split: bool
) -> dict[str, Any]:
    shown: dict[str, Any] = {"CapacityUnits": sum(reads.values(), 0.0) + sum(writes.values())}
    if is_split and reads:
        shown["ReadCapacityUnits"] = sum(reads.values())
    if is_split and writes:
        shown["WriteCapacityUnits"] = sum(writes.values())
    return shown


def entry_units(written: Written) -> float:
    """Units of what a change did to an index: a changed key is a removal and a new entry."""
    if written.before is None and written.after is None:
        return 0.0
    if written.before is None or written.after is None:
        return write_units(written.before or written.after or 0)
    if written.moved:
        return write_units(written.before) + write_units(written.after)
    return write_units(max(written.before, written.after)) if written.changed else 0.0


def meter_read(call: Call, table: Table, size: int, consistent: bool | None) -> None:
    """Count a read of one item of a table, when nobody asks what it used."""
    if table.billing == "PAY_PER_REQUEST":
        call.meter("ReadRequestUnits", read_units(size, consistent), table.arn)


def meter_write(call: Call, table: Table, size: int) -> None:
    """Count a write of one item of a table without indexes, when nobody asks what it used."""
    if table.billing == "PAY_PER_REQUEST":
        call.meter("WriteRequestUnits", write_units(size), table.arn)


def tell(call: Call, output: Output, used: Consumption, request: Input) -> Output:
    """Meter what was used, and put it into the output when it is asked for."""
    used.meter(call)
    told = used.told(request.get("ReturnConsumedCapacity"))
    if told is not None:
        output["ConsumedCapacity"] = told
    return output
