"""A million keys in one bucket: memory for each, and pages that cost the same, however many.

    python -m benchmarks.listing [--keys 1000000]

One client over HTTP puts objects of 100 bytes, in no order, under a hundred prefixes. Pages of a
thousand keys, pages of common prefixes, and pages of one prefix are measured with a tenth of
the keys and with all of them, so that growth would show. To hold against: cost per page flat.
"""

from __future__ import annotations

import argparse
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks.load import drive, resident_mb
from benchmarks.million import show, timed
from tests.unit.server.served import Server

BUCKET = "million"
BODY = "x" * 100
PREFIXES = 100


def request(method: str, path: str, body: str = "") -> bytes:
    """The bytes of an unsigned call of S3."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost:4566\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def key(number: int) -> str:
    """A key: its prefix, and its place there."""
    return f"{number % PREFIXES:04}/{number // PREFIXES:06}"


def puts(numbers: range) -> Iterator[bytes]:
    """Objects in no order."""
    shuffled = list(numbers)
    random.Random(1).shuffle(shuffled)
    for number in shuffled:
        yield request("PUT", f"/{BUCKET}/{key(number)}", BODY)


def lists(count: int, **query: str) -> Iterator[bytes]:
    """Pages that begin behind keys all over the bucket."""
    told = "".join(f"&{name}={quote(value)}" for name, value in query.items())
    for number in range(count):
        after = quote(f"{number * 7919 % (PREFIXES // 2):04}/")
        yield request("GET", f"/{BUCKET}?list-type=2&start-after={after}{told}")


def prefixes(count: int) -> Iterator[bytes]:
    """Pages of the keys of one prefix."""
    for number in range(count):
        yield request(
            "GET", f"/{BUCKET}?list-type=2&max-keys=100&prefix={number * 7919 % PREFIXES:04}/"
        )


def pages(client: socket.socket, count: int) -> None:
    """What pages cost with so many keys."""
    show("  a page of 1,000 keys", timed(client, lists(count)))
    rolled = {"delimiter": "/", "max-keys": "50"}
    show("  a page of 50 common prefixes", timed(client, lists(count, **rolled)))
    show("  a page of 100 keys of a prefix", timed(client, prefixes(count)))


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    keys: int = options.keys
    few = max(keys // 10, 100 * PREFIXES)
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        with server.connect() as client:
            timed(client, [request("PUT", f"/{BUCKET}"), *puts(range(1))])
            empty_mb = resident_mb(server.process.pid)
            show(f"PutObject, to {few:,} keys", timed(client, puts(range(1, few))))
            pages(client, 50)
            show(f"PutObject, to {keys:,} keys", timed(client, puts(range(few, keys))))
            each = (resident_mb(server.process.pid) - empty_mb) * 2**20 / keys
            print(f"{keys:,} objects of {len(BODY)} bytes: {each:.0f} bytes each")
            pages(client, 50)
        where = f"/{BUCKET}/{key(keys // 2)}"
        for what, asked in (
            ("GetObject", request("GET", where)),
            ("PutObject", request("PUT", where, BODY * 10)),
        ):
            found = drive(server.port, asked, [server.process.pid], seconds=options.seconds)
            print(f"{what}: {found.rate:,.0f} a second, {found.cpu_us:.0f} us of CPU each")
            assert not found.errors
        server.stop()


if __name__ == "__main__":
    main()
