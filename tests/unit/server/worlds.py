"""A served host on a fake event loop, and SQS requests to send to it.

Rules of this file: what the tests of the host share. The disk is real, the sockets are not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.data.errors import DataError
from cloudchamber.server.data.opening import open_world
from cloudchamber.server.host import ServedHost
from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.exchange import Exchange
from cloudchamber.wire.http import Request, Response
from tests.unit.server.test_pacer import FakeLoop

URL = "http://localhost:4566/000000000000/"


class Sent:
    """A request on its way, and what came back."""

    def __init__(self, request: Request) -> None:
        self.responses: list[Response] = []
        self.exchange = Exchange(request, "127.0.0.1", "http", self._take)

    def _take(self, exchange: Exchange, response: Response) -> None:
        self.responses.append(response)

    def is_answered(self) -> bool:
        return bool(self.responses)

    @property
    def status(self) -> int:
        [response] = self.responses
        return response.status

    @property
    def json(self) -> Any:
        [response] = self.responses
        return json.loads(response.body)


class Hosted:
    """A host, opened as the server opens it."""

    def __init__(self, data: Path | None = None, mode: str = "demand", seed: int = 1,
                 given: frozenset[str] = frozenset({"seed", "clock"})) -> None:  # fmt: skip
        self.loop = FakeLoop()
        self.activity = Activity()
        self.said: list[str] = []
        settings = Settings(seed=seed, clock=mode)
        self.directory: DataDirectory | None = None
        is_old = False
        if data is None:
            cloud = Cloud(settings)
        else:
            self.directory = DataDirectory(data, say=self.said.append)
            try:
                opened = open_world(
                    self.directory, settings, given, self.said.append, lambda done, total: None
                )
            except DataError:
                self.directory.close()
                raise
            cloud, is_old = opened.cloud, opened.is_old
        self.host = ServedHost(
            cloud, Admission(), self.activity, self.loop, self.loop.now, self.directory
        )
        if is_old:
            self.host.drop_orphans()

    def send(self, request: Request, run: bool = True) -> Sent:
        """Let a request arrive; with `run`, let the loop go on until nothing is left to do."""
        sent = Sent(request)
        self.activity.heard(sent)
        self.host.begin(sent.exchange)
        if run:
            self.loop.run()
        return sent

    def sqs(self, operation: str, run: bool = True, **fields: Any) -> Sent:
        """An SQS call in its JSON protocol."""
        headers = {
            "host": "localhost:4566",
            "x-amz-target": f"AmazonSQS.{operation}",
            "content-type": "application/x-amz-json-1.0",
        }
        body = json.dumps(fields).encode()
        return self.send(Request("POST", "/", "", headers, body), run)

    def control(self, path: str, body: dict[str, Any] | None = None) -> Sent:
        """A call of the control API."""
        method = "GET" if body is None else "POST"
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"host": "localhost:4566"}
        return self.send(Request(method, f"/_chamber/{path}", "", headers, data))

    def create(self, name: str = "q") -> str:
        """A queue; its URL."""
        url: str = self.sqs("CreateQueue", QueueName=name).json["QueueUrl"]
        return url

    def message(self, text: str) -> Sent:
        """Send a message to queue q."""
        return self.sqs("SendMessage", QueueUrl=URL + "q", MessageBody=text)

    def texts(self, wait_s: int = 0) -> list[str]:
        """Receive once from queue q."""
        received = self.sqs(
            "ReceiveMessage", QueueUrl=URL + "q", MaxNumberOfMessages=10, WaitTimeSeconds=wait_s
        )
        return [message["Body"] for message in received.json.get("Messages", [])]

    @property
    def seconds(self) -> float:
        """Seconds since the world began."""
        kernel = self.host.cloud.kernel
        return (kernel.now - kernel.start_ns) / 1e9

    def kill(self) -> None:
        """End as kill -9 does: nothing more is written."""
        assert self.directory is not None
        self.directory.close()

    def stop(self) -> None:
        """End as SIGTERM does."""
        self.host.stop()
        self.host.checkpoint()
        if self.directory is not None:
            self.directory.close()
