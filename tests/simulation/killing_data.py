"""Kill a server that keeps objects, items and functions, and hold it to what it acknowledged.

Rules of this file: each client owns its keys, so the last thing it was told of a key is all that
key may hold; a write that was under way when the process died has happened, or not. Nothing else is
believed. Objects are compared byte for byte, small ones (kept in rows) and large ones (kept in
files) alike.

A round: four clients write and delete, each one thing at a time, while one more keeps snapshots;
after a drawn number of answers the process is killed with SIGKILL. The next one on the same
directory must show every key as its client left it.
"""

from __future__ import annotations

import gc
import io
import random
import threading
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.simulation.killing import control
from tests.unit.server.served import Server

ACCOUNT = "111111111111"
BUCKET, TABLE, FUNCTION = "objects-that-survive", "items", "worker"
CLIENTS = 4
KEYS = 5  # of each kind, for each client
ANSWERS_MAX = 120
SIZES = (0, 1, 1_000, 60_000, 70_000, 300_000)  # around the 64 KiB that stay in memory
NO_RETRIES = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
Value = bytes | None


class Known:
    """What a client was told of its keys: `told` is acknowledged, `asked` was under way."""

    def __init__(self) -> None:
        self.told: dict[str, Value] = {}
        self.asked: dict[str, Value] = {}

    def may_be(self, key: str) -> list[Value]:
        """Everything that the key may hold now."""
        values = [self.told.get(key)]
        if key in self.asked:
            values.append(self.asked[key])
        return values


class Round:
    """What all clients of a round share."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.answers = 0
        self.trouble: list[str] = []
        self.is_over = False

    def end(self) -> None:
        """The server was killed."""
        with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def answered(self, trouble: str = "") -> None:
        """One more answer, or something that is wrong."""
        with self.changed:
            self.answers += 1
            if trouble:
                self.trouble.append(trouble)
            self.changed.notify_all()

    def wait_for(self, answers: int) -> None:
        """Until so many answers have arrived, or no more will."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.answers >= answers or bool(self.trouble) or self.is_over, 60
            )


class Worker:
    """Writes and deletes its own keys until the connection breaks."""

    def __init__(
        self, server: Server, shared: Round, name: str, known: Known, rng: random.Random
    ) -> None:
        self.name = name
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._shared = shared
        self._known = known
        self._rng = rng
        self._clients = clients_of(server)
        self.thread.start()

    def _run(self) -> None:
        acts = (self._object, self._item, self._function)
        try:
            while True:
                self._rng.choices(acts, weights=(5, 5, 1))[0]()
                self._shared.answered()
        except (BotoCoreError, OSError):
            pass  # killed, as was to be expected
        except (ClientError, AssertionError, LookupError, ValueError) as error:
            self._shared.answered(f"{self.name}: {error!r}")

    def _write(self, key: str, value: Value, write: Callable[[], Any]) -> None:
        self._known.asked[key] = value
        write()
        self._known.told[key] = value
        del self._known.asked[key]

    def _object(self) -> None:
        s3, key = self._clients["s3"], f"{self.name}/{self._rng.randrange(KEYS)}"
        if self._rng.random() < 0.2:
            self._write(f"s3 {key}", None, lambda: s3.delete_object(Bucket=BUCKET, Key=key))
            return
        body = self._rng.randbytes(self._rng.choice(SIZES))
        self._write(f"s3 {key}", body, lambda: s3.put_object(Bucket=BUCKET, Key=key, Body=body))

    def _item(self) -> None:
        table, key = self._clients["dynamodb"], f"{self.name}-{self._rng.randrange(KEYS)}"
        name = {"id": {"S": key}}
        if self._rng.random() < 0.2:
            self._write(f"item {key}", None, lambda: table.delete_item(TableName=TABLE, Key=name))
            return
        body = self._rng.randbytes(self._rng.choice((1, 400, 9_000)))
        item = {**name, "body": {"B": body}}
        self._write(f"item {key}", body, lambda: table.put_item(TableName=TABLE, Item=item))

    def _function(self) -> None:
        functions, name = self._clients["lambda"], f"{FUNCTION}-{self.name}"
        text = self._rng.randbytes(8).hex()
        self._write(
            f"function {name}",
            text.encode(),
            lambda: functions.update_function_configuration(FunctionName=name, Description=text),
        )


class Keeper:
    """Keeps a snapshot now and then, which begins a new journal under everybody's feet."""

    def __init__(self, server: Server, shared: Round, every: int) -> None:
        self._server = server
        self._shared = shared
        self._every = every
        self.thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        mark = self._every
        try:
            with self._server.connect() as connection:
                while True:
                    self._shared.wait_for(mark)
                    mark = self._shared.answers + self._every
                    if self._shared.trouble or self._shared.is_over:
                        return
                    assert control(connection, "snapshot", {"name": "kept"})[0] == 200
        except OSError:
            pass
        except (AssertionError, ValueError) as error:
            self._shared.answered(f"keeper: {error!r}")


def forget_broken_connections() -> None:
    """Let the connections of killed servers go here and now: botocore leaves them to the collector,
    which would complain of them in the middle of some other test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def clients_of(server: Server) -> dict[str, Any]:
    """Clients of every service, which never try twice."""
    return {
        service: boto3.client(
            service,
            "eu-west-1",
            endpoint_url=f"http://localhost:{server.port}",
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="any",
            config=NO_RETRIES,
        )
        for service in ("s3", "dynamodb", "lambda", "iam")
    }


def package() -> bytes:
    """A function's code."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("worker.py", "def handle(event, context):\n    return event\n")
    return out.getvalue()


def prepare(clients: dict[str, Any], names: list[str]) -> None:
    """The bucket, the table and the functions that the rounds work on."""
    clients["s3"].create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    clients["dynamodb"].create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"Service": "lambda.amazonaws.com"}}]}'
    )
    role = clients["iam"].create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]
    for name in names:
        clients["lambda"].create_function(
            FunctionName=f"{FUNCTION}-{name}",
            Runtime="python3.11",
            Handler="worker.handle",
            Role=role["Arn"],
            Code={"ZipFile": package()},
        )


class DataRounds:
    """Kill rounds on one data directory."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self._known = {letter: Known() for letter in "abcdefgh"[:CLIENTS]}
        self.acknowledged = 0

    def run(self, count: int) -> None:
        """That many rounds, and a last look. Raises AssertionError, naming round and key."""
        settings: dict[str, Any] = {
            "data": str(self._folder / "data"),
            "chamber": {"clock": "manual"},
        }
        for number in range(count + 1):
            with Server(self._folder, **settings) as server:
                assert server.port, server.said
                if number:
                    self.check(server, f"seed {self._seed}, round {number}")
                else:
                    prepare(clients_of(server), [*self._known])
                    self.prepared()
                if number < count:
                    self._round(server, number)

    def prepared(self) -> None:
        """The functions are there, without a description, before any client touches them."""
        for name, known in self._known.items():
            known.told[f"function {FUNCTION}-{name}"] = b""

    def _round(self, server: Server, number: int) -> None:
        rng = random.Random(f"{self._seed}/{number}")
        shared = Round()
        threads = [
            Worker(server, shared, name, known, random.Random(rng.random())).thread
            for name, known in self._known.items()
        ]
        threads.append(Keeper(server, shared, 40).thread)
        shared.wait_for(rng.randint(1, ANSWERS_MAX))
        server.kill()
        shared.end()
        for thread in threads:
            thread.join(60)
        forget_broken_connections()
        assert not shared.trouble, (shared.trouble, server.said)
        self.acknowledged += shared.answers

    def check(self, server: Server, where: str) -> None:
        """Every key holds what its client was told, or what was under way."""
        clients = clients_of(server)
        for name, known in self._known.items():
            for key in sorted({*known.told, *known.asked}):
                found = read(clients, key)
                assert found in known.may_be(key), (
                    f"{where}: {key} of {name} holds {brief(found)}, "
                    f"not {[brief(value) for value in known.may_be(key)]}"
                )
                known.told[key] = found
            known.asked.clear()


def read(clients: dict[str, Any], key: str) -> Value:
    """What a key holds."""
    kind, _, name = key.partition(" ")
    if kind == "s3":
        try:
            body: bytes = clients["s3"].get_object(Bucket=BUCKET, Key=name)["Body"].read()
        except clients["s3"].exceptions.NoSuchKey:
            return None
        return body
    if kind == "item":
        got = clients["dynamodb"].get_item(
            TableName=TABLE, Key={"id": {"S": name}}, ConsistentRead=True
        )
        return bytes(got["Item"]["body"]["B"]) if "Item" in got else None
    told = clients["lambda"].get_function_configuration(FunctionName=name)
    return str(told["Description"]).encode()


def brief(value: Value) -> str:
    """A value as an error shows it."""
    return "nothing" if value is None else f"{len(value)} bytes {value[:8].hex()}"
