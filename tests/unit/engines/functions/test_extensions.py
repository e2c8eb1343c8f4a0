"""Extensions: begun before the runtime, told of invocations, waited for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.unit.engines.functions.benches import ARN, Bench, on_bench, package, python

EXTENSION = """#!PYTHON -S
import http.client, json, os, sys, tempfile
link = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2020-01-01/extension/"
def ask(method, path, body=None, headers={}):
    link.request(method, path, body, headers)
    answer = link.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()
print(ask("GET", base + "event/next")[0], ask("POST", base + "register", "{}")[0],
      ask("PUT", "/2022-07-01/telemetry", "{}")[0],
      ask("GET", base + "event/next", None, {"Lambda-Extension-Identifier": "other"})[0],
      flush=True)
name = {"Lambda-Extension-Name": os.path.basename(sys.argv[0])}
_, headers, told = ask("POST", base + "register", '{"events": ["INVOKE", "SHUTDOWN"]}', name)
print(told, ask("POST", base + "register", '{"events": []}', name)[0], flush=True)
own = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
open(os.path.join(tempfile.gettempdir(), "ready"), "w").close()
while True:
    _, _, event = ask("GET", base + "event/next", None, own)
    print(event, flush=True)
    if json.loads(event)["requestId"].endswith("3"):
        os._exit(9)
""".replace("PYTHON", sys.executable)

FUNCTION = """
import os, tempfile
ready = os.path.exists(os.path.join(tempfile.gettempdir(), "ready"))
def handler(event, context):
    return ready
"""


def test_an_extension_is_begun_first_told_and_waited_for(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        layer = package({"extensions/watcher": EXTENSION}, ("extensions/watcher",))
        code = python(FUNCTION)
        first = await bench.run(code, layers=[layer], trace="Root=1")
        assert first.payload == b"true"
        lines = first.log.decode().splitlines()
        assert lines[0] == "403 400 404 403"
        known = {"functionName": "f", "functionVersion": "$LATEST", "handler": "app.handler"}
        assert lines[1] == json.dumps(known, separators=(",", ":")) + " 403"
        event = json.loads(lines[2])
        assert event == {
            "eventType": "INVOKE",
            "deadlineMs": 1798761610000,
            "requestId": "00000000-0000-0000-0000-000000000001",
            "invokedFunctionArn": ARN,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1"},
        }
        second = await bench.run(code, layers=[layer])
        assert json.loads(second.log)["requestId"].endswith("2")
        third = await bench.run(code, layers=[layer])
        assert (third.status, third.error_type) == ("crash", "Extension.Crash")
        assert third.exit == "exit status 9"

    on_bench(story, tmp_path)


def test_an_extension_that_ends_too_soon_fails_the_start(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        layer = package({"extensions/bad": "#!/bin/sh\nexit 4"}, ("extensions/bad",))
        outcome = await bench.run(python(FUNCTION), layers=[layer])
        assert (outcome.status, outcome.error_type) == ("init-error", "Extension.Crash")

    on_bench(story, tmp_path)
