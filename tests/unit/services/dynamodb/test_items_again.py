"""Items come again: from a journal, from a snapshot, and under a clock that moves.

Rules of this file: a story drawn from a seed is lived once; what is made again is compared by its
digest and by everything in its store.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.languages.dynamodb.values import item_size
from cloudchamber.services.dynamodb.changes import projected
from cloudchamber.services.dynamodb.keys import find_entry, key_of
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES
from tests.unit.services.dynamodb.items import make_table
from tests.unit.services.dynamodb.tables import ONE

STEPS = 300


class Story:
    """Random calls on a few keys of one table."""

    def __init__(self, chamber: Chamber, seed: int) -> None:
        self.chamber = chamber
        self.db = chamber.client("dynamodb")
        self.chance = random.Random(seed)

    def key(self) -> dict[str, Any]:
        return {"pk": {"S": self.chance.choice("abc")}, "sk": {"N": str(self.chance.randrange(9))}}

    def item(self) -> dict[str, Any]:
        more: dict[str, Any] = {"v": {"N": str(self.chance.randrange(99))}}
        if self.chance.random() < 0.6:
            more["owner_id"] = {"S": self.chance.choice("xy")}
        if self.chance.random() < 0.5:
            more["rank_no"] = {"N": str(self.chance.randrange(5))}
        return {**self.key(), **more}

    def step(self) -> None:
        one = {":one": {"N": "1"}}
        add = {"Key": self.key(), "UpdateExpression": "ADD v :one",
               "ExpressionAttributeValues": one, "TableName": "things"}  # fmt: skip
        put = {"TableName": "things", "Item": self.item()}
        gone = {"TableName": "things", "Key": self.key()}
        token = f"token-{self.chance.randrange(5)}"
        kind = self.chance.randrange(9)
        try:
            if kind < 3:
                self.db.put_item(**put)
            elif kind == 3:
                self.db.update_item(**add)
            elif kind == 4:
                self.db.delete_item(**gone, ConditionExpression="attribute_exists(pk)")
            elif kind == 5:
                self.db.batch_write_item(
                    RequestItems={"things": [{"PutRequest": {"Item": self.item()}}]}
                )
            elif kind == 6:
                self.db.transact_write_items(
                    TransactItems=[{"Put": put}, {"Delete": gone}], ClientRequestToken=token
                )
            elif kind == 7:
                self.db.query(
                    TableName="things", IndexName="by-owner",
                    KeyConditionExpression="owner_id = :o",
                    ExpressionAttributeValues={":o": {"S": "x"}},
                )  # fmt: skip
            else:
                self.chamber.advance(self.chance.choice((1, 400)))
        except ClientError:
            pass


def dump(cloud: Cloud) -> dict[str, Any]:
    """Everything in the store."""
    tables = snapshots.tables_of(list(cloud.registry.loaded()))
    return {name: rows for name, rows in cloud.store.dump(tables).items() if rows}


def check_books(cloud: Cloud) -> None:
    """Sizes and entries are those of the items that are there."""
    table = cloud.store.rows(TABLES, ONE, "us-east-1")["things"]
    shelf = cloud.store.rows(SHELVES, ONE, "us-east-1")["things"]
    items = list(shelf.items())
    assert shelf.count == len(items)
    assert shelf.bytes == sum(item_size(item) for _, item in items)
    assert [key for key, _ in items] == sorted(key_of(table.keys, item) for _, item in items)
    for index in table.indexes.values():
        found = [(find_entry(index.keys, item, key), item) for key, item in items]
        side = shelf.side(index.name)
        entries = [entry for entry, _ in side.entries.forward(b"")]
        assert entries == sorted(entry for entry, _ in found if entry is not None)
        assert side.bytes == sum(
            item_size(projected(table, index, item)) for entry, item in found if entry is not None
        )


@pytest.mark.parametrize("throttling", ["off", "enforce"])
def test_a_journal_and_a_snapshot_make_the_same_items(throttling: Any) -> None:
    with Chamber(seed=5, account=ONE, throttling=throttling) as chamber:
        journal: list[bytes] = []
        chamber.cloud.journal = journal.append
        story = Story(chamber, 5)
        make_table(story.db)
        for _ in range(STEPS):
            story.step()
        middle, middle_at = snapshots.save(chamber.cloud), len(journal)
        for _ in range(STEPS):
            story.step()
        chamber.cloud.kernel.settle()
        chamber.cloud.journal = None
        lived, digest = dump(chamber.cloud), chamber.digest
        settings = chamber.cloud.settings
        found = story.db.scan(TableName="things")["Items"]
        check_books(chamber.cloud)
    assert len(found) > 10
    again = Cloud(settings)
    for record in journal:
        again.replay(record)
    assert (dump(again), again.kernel.digest) == (lived, digest)
    continued = Cloud(settings)
    snapshots.load(continued, middle)
    for record in journal[middle_at:]:
        continued.replay(record)
    assert (dump(continued), continued.kernel.digest) == (lived, digest)


def test_a_fork_has_items_of_its_own() -> None:
    with Chamber(seed=1, account=ONE) as chamber:
        story = Story(chamber, 1)
        make_table(story.db)
        for _ in range(50):
            story.step()
        with chamber.fork() as forked:
            other = forked.client("dynamodb")
            before = story.db.scan(TableName="things")["Items"]
            assert other.scan(TableName="things")["Items"] == before
            for item in before:
                key = {name: item[name] for name in ("pk", "sk")}
                other.delete_item(TableName="things", Key=key)
            assert other.scan(TableName="things", IndexName="by-owner")["Items"] == []
            assert story.db.scan(TableName="things")["Items"] == before
