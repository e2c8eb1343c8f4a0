"""A million items in one table: memory for each, pages that cost the same, the longest pause.

    python -m benchmarks.items [--items 1000000] [--index] [--seconds 3]

One client over HTTP fills the table 25 items at a time, in partitions of a thousand. Pages of Query
and Scan are measured with a hundredth of the items and with all of them, so that growth would show.
To hold against: flat in table size; no pause above 50 ms; GetItem and PutItem 6x MiniStack (see
`peers`).
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.load import drive, resident_mb
from benchmarks.million import show, timed
from tests.unit.server.served import Server

TABLE = "items"
PARTITION = 1000
TEXT = "x" * 60


def request(operation: str, **fields: Any) -> bytes:
    """The bytes of an unsigned DynamoDB call."""
    body = json.dumps(fields).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost:4566\r\n"
        f"X-Amz-Target: DynamoDB_20120810.{operation}\r\n"
        f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def key(number: int) -> dict[str, Any]:
    """The key of an item: its partition and its place there."""
    return {"pk": {"S": f"user-{number // PARTITION:07}"}, "sk": {"N": str(number % PARTITION)}}


def item(number: int) -> dict[str, Any]:
    """An item of about a hundred bytes."""
    owner = {"owner_id": {"S": f"owner-{number % 977}"}}
    return {**key(number), **owner, "n": {"N": str(number)}, "text": {"S": TEXT}}


def create(with_index: bool) -> bytes:
    """The table, on-demand, with or without a global index."""
    kinds = {"pk": "S", "sk": "N", **({"owner_id": "S"} if with_index else {})}
    index = {
        "IndexName": "by-owner",
        "KeySchema": [{"AttributeName": "owner_id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    return request(
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()
        ],
        **({"GlobalSecondaryIndexes": [index]} if with_index else {}),
    )


def batches(numbers: range) -> Iterator[bytes]:
    """Writes of 25 items each, in no order."""
    shuffled = list(numbers)
    random.Random(1).shuffle(shuffled)
    for at in range(0, len(shuffled), 25):
        puts = [{"PutRequest": {"Item": item(number)}} for number in shuffled[at : at + 25]]
        yield request("BatchWriteItem", RequestItems={TABLE: puts})


def queries(count: int, items: int) -> Iterator[bytes]:
    """Pages of 20 items, of partitions all over the table."""
    partitions = max(items // PARTITION, 1)
    for number in range(count):
        name = f"user-{number * 7919 % partitions:07}"
        yield request(
            "Query",
            TableName=TABLE,
            KeyConditionExpression="pk = :p AND sk >= :n",
            ExpressionAttributeValues={":p": {"S": name}, ":n": {"N": "500"}},
            Limit=20,
        )


def scans(count: int, items: int) -> Iterator[bytes]:
    """Pages of 100 items, beginning all over the table."""
    for number in range(count):
        start = key(number * 7919 % items)
        yield request("Scan", TableName=TABLE, ExclusiveStartKey=start, Limit=100)


def pages(client: socket.socket, items: int) -> None:
    """What pages cost with so many items."""
    for what, asked in (
        ("Query of 20", queries(400, items)),
        ("Scan of 100", scans(200, items)),
    ):
        show(f"  {what}", timed(client, asked))


def fill(client: socket.socket, what: str, requests: Iterable[bytes]) -> None:
    """Fill, and say what was waited for."""
    show(what, timed(client, requests))


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--index", action="store_true", help="with a global secondary index")
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    few = max(options.items // 100, PARTITION)
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        server.ask(create(options.index))
        with server.connect() as client:
            empty_mb = resident_mb(server.process.pid)
            fill(client, f"the first {few:,} items, 25 at a time", batches(range(few)))
            pages(client, few)
            fill(client, f"up to {options.items:,}", batches(range(few, options.items)))
            full_mb = resident_mb(server.process.pid)
            each = (full_mb - empty_mb) * 2**20 / options.items
            print(f"{options.items:,} items of about 100 bytes: {each:.0f} bytes each")
            pages(client, options.items)
        middle = options.items // 2
        for what, asked in (
            ("GetItem", request("GetItem", TableName=TABLE, Key=key(middle))),
            ("PutItem", request("PutItem", TableName=TABLE, Item=item(middle))),
        ):
            found = drive(server.port, asked, [server.process.pid], seconds=options.seconds)
            print(f"{what}: {found.rate:,.0f} a second, {found.cpu_us:.0f} us of CPU each")
            assert not found.errors
        server.stop()


if __name__ == "__main__":
    main()
