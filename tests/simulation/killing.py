"""Kill a server under load, again and again, and hold it to what it acknowledged.

Rules of this file: the clients remember what they were told, and nothing else is believed. Each
text is sent once and never again, so a text that comes twice was doubled by the server.

A round: clients send, receive and delete on connections of their own, all at once, while one more
keeps snapshots; after a drawn number of answers the process is killed with SIGKILL. The next one on
the same directory must then have, exactly once, every text whose sending was acknowledged and whose
deletion was not asked for; none whose deletion was acknowledged; and of what was under way when the
process died, each thing done or not done.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.unit.server.served import Server, read_response, sqs_request

URL = "http://localhost:4566/000000000000/q"
CLIENTS = 4
ANSWERS_MAX = 250  # answers before the kill, at most
SNAPSHOT_EVERY = 40  # requests between two snapshots of the client that keeps them


class Ledger:
    """What the clients were told, under one lock."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.answers = 0
        self.sent: set[str] = set()  # acknowledged
        self.maybe_sent: set[str] = set()  # asked for, never answered
        self.deleted: set[str] = set()  # acknowledged
        self.maybe_deleted: set[str] = set()
        self.trouble: list[str] = []

    def answered(self) -> None:
        """One more answer arrived."""
        with self.changed:
            self.answers += 1
            self.changed.notify_all()

    def wait_for(self, answers: int) -> None:
        """Until so many answers have arrived, or something went wrong."""
        with self.changed:
            self.changed.wait_for(lambda: self.answers >= answers or bool(self.trouble), 60)


class Client:
    """Sends texts of its own, and takes and deletes anybody's, until the connection breaks."""

    def __init__(self, server: Server, ledger: Ledger, name: str, rng: random.Random) -> None:
        self.name = name
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._server = server
        self._ledger = ledger
        self._rng = rng
        self.thread.start()

    def _run(self) -> None:
        try:
            with self._server.connect() as connection:
                number = 0
                while True:
                    number += 1
                    self._act(connection, f"{self.name}-{number}")
        except OSError:
            pass  # killed, as was to be expected
        except (AssertionError, LookupError, ValueError) as error:
            self._ledger.trouble.append(f"{self.name}: {error!r}")
            self._ledger.answered()

    def _act(self, connection: socket.socket, text: str) -> None:
        if self._rng.random() < 0.7:
            self._send(connection, text)
            return
        count = self._rng.randint(1, 3)
        received = self._ask(connection, "ReceiveMessage", MaxNumberOfMessages=count)
        for message in received.get("Messages", []):
            if self._rng.random() < 0.7:
                self._delete(connection, message)

    def _send(self, connection: socket.socket, text: str) -> None:
        ledger = self._ledger
        with ledger.changed:
            ledger.maybe_sent.add(text)
        self._ask(connection, "SendMessage", MessageBody=text)
        with ledger.changed:
            ledger.maybe_sent.discard(text)
            ledger.sent.add(text)

    def _delete(self, connection: socket.socket, message: dict[str, Any]) -> None:
        ledger, text = self._ledger, message["Body"]
        with ledger.changed:
            ledger.maybe_deleted.add(text)
        self._ask(connection, "DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
        with ledger.changed:
            ledger.maybe_deleted.discard(text)
            ledger.deleted.add(text)

    def _ask(self, connection: socket.socket, operation: str, **fields: Any) -> Any:
        connection.sendall(sqs_request(operation, QueueUrl=URL, **fields))
        status, _, body = read_response(connection)
        assert status == 200, (operation, status, body)
        self._ledger.answered()
        return json.loads(body or b"{}")


class Keeper(Client):
    """Keeps a snapshot now and then, which begins a new journal under everybody's feet."""

    def _act(self, connection: socket.socket, text: str) -> None:
        for _ in range(SNAPSHOT_EVERY):
            self._ask(connection, "GetQueueAttributes")
        status, _ = control(connection, "snapshot", {"name": "kept"})
        assert status == 200


def control(connection: socket.socket, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    """A call of the control API."""
    data = json.dumps(body).encode()
    head = (
        f"POST /_chamber/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    connection.sendall(head.encode() + data)
    status, _, answer = read_response(connection)
    return status, json.loads(answer)


class Rounds:
    """Kill rounds on one data directory."""

    def __init__(self, folder: Path, seed: int, *, fsync: bool = False) -> None:
        self._folder = folder
        self._seed = seed
        self._settings: dict[str, Any] = {
            "data": str(folder / "data"),
            "fsync": fsync,
            "chamber": {"clock": "manual", "seed": seed},
        }
        self.acknowledged = 0  # sends and deletes, in all rounds

    def run(self, count: int) -> None:
        """That many rounds, and a last look. Raises AssertionError, naming round and texts."""
        ledger = Ledger()
        for number in range(count + 1):
            with Server(self._folder, **self._settings) as server:
                assert server.port, server.said
                if number:
                    self.check(server, ledger, f"seed {self._seed}, round {number}")
                else:
                    assert server.sqs("CreateQueue", QueueName="q")[0] == 200
                if number < count:
                    ledger = self._round(server, number)

    def _round(self, server: Server, number: int) -> Ledger:
        rng = random.Random(f"{self._seed}/{number}")
        ledger = Ledger()
        clients: list[Client] = [
            Client(server, ledger, f"{number}-{letter}", random.Random(rng.random()))
            for letter in "abcdefgh"[:CLIENTS]
        ]
        clients.append(Keeper(server, ledger, f"{number}-keeper", rng))
        ledger.wait_for(rng.randint(1, ANSWERS_MAX))
        server.kill()
        for client in clients:
            client.thread.join(60)
        assert not ledger.trouble, ledger.trouble
        self.acknowledged += len(ledger.sent) + len(ledger.deleted)
        return ledger

    def check(self, server: Server, ledger: Ledger, where: str) -> None:
        """Take everything out of the queue and compare it with what was acknowledged."""
        with server.connect() as connection:
            control(connection, "clock", {"advance": "1m"})  # what was taken comes back
            found: Counter[str] = Counter()
            while True:
                connection.sendall(
                    sqs_request("ReceiveMessage", QueueUrl=URL, MaxNumberOfMessages=10)
                )
                status, _, body = read_response(connection)
                assert status == 200, (where, body)
                messages = json.loads(body or b"{}").get("Messages", [])
                for message in messages:
                    found[message["Body"]] += 1
                    connection.sendall(
                        sqs_request(
                            "DeleteMessage", QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"]
                        )
                    )
                    assert read_response(connection)[0] == 200
                if not messages:
                    break
        must = ledger.sent - ledger.deleted - ledger.maybe_deleted
        may = must | ledger.maybe_sent | (ledger.maybe_deleted - ledger.deleted)
        lost = sorted(must - found.keys())
        assert not lost, f"{where}: acknowledged and lost: {lost}"
        doubled = sorted(text for text, times in found.items() if times > 1)
        assert not doubled, f"{where}: there twice: {doubled}"
        strange = sorted(found.keys() - may)
        assert not strange, f"{where}: deleted, or never sent, and there: {strange}"
