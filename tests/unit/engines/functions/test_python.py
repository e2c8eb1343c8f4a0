"""The Python runtime: handlers, errors, logs and time as AWS's runtime has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloudchamber.engines.functions.interpreters import python_of
from tests.unit.engines.functions.benches import ARN, Bench, on_bench, package, python


def test_a_handler_gets_its_event_and_its_context(tmp_path: Path) -> None:
    source = """
def handler(event, context):
    return [event, context.function_name, context.function_version, context.aws_request_id,
            context.invoked_function_arn, context.memory_limit_in_mb, context.log_group_name,
            context.client_context.custom, context.client_context.client.app_title,
            context.identity.cognito_identity_id]
"""

    async def story(bench: Bench) -> None:
        client = json.dumps({"custom": {"a": "b"}, "client": {"app_title": "shop"}})
        outcome = await bench.run(
            python(source), b'{"n": 1}', client_context=client, version="3",
            cognito_identity='{"cognitoIdentityId": "who"}',
        )  # fmt: skip
        assert json.loads(outcome.payload) == [
            {"n": 1}, "f", "3", "00000000-0000-0000-0000-000000000001", ARN, "256",
            "/aws/lambda/f", {"a": "b"}, "shop", "who",
        ]  # fmt: skip
        assert outcome.status == "ok"

    on_bench(story, tmp_path)


def test_nothing_of_this_process_gets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    source = """
import os, sys, importlib.util
def handler(event, context):
    return [dict(os.environ), sys.path, os.getcwd(), sys.stdin.read(), os.listdir("/proc/self/fd"),
            importlib.util.find_spec("cloudchamber") is None,
            importlib.util.find_spec("boto3").name]
"""

    async def story(bench: Bench) -> None:
        credentials = {"AccessKeyId": "AK", "SecretAccessKey": "SK", "SessionToken": "ST"}
        environment = {"MINE": "1", "AWS_REGION": "not-this"}
        outcome = await bench.run(
            python(source), role_credentials=credentials, environment=environment
        )
        found, paths, cwd, stdin, files, is_hidden, boto = json.loads(outcome.payload)
        assert found["MINE"] == "1"
        assert found["AWS_REGION"] == "us-east-1"
        assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SESSION_TOKEN"]) == ("AK", "ST")
        assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
        assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
        assert "SECRET_OF_THE_HOST" not in found
        assert not [name for name in found if name.startswith("CLOUDCHAMBER")]
        assert cwd == paths[0] == found["LAMBDA_TASK_ROOT"]
        assert stdin == ""
        assert len(files) <= 6  # the three, the connection, the page, the listing itself
        assert (is_hidden, boto) == (True, "boto3")
        assert not [path for path in paths if "site-packages" in path and "opt" not in path]

    on_bench(story, tmp_path)


@pytest.mark.parametrize(
    ("source", "status", "error_type", "message"),
    [
        ("def handler(e, c): raise KeyError('x')", "error", "KeyError", "'x'"),
        ("class Odd(Exception): pass\ndef handler(e, c): raise Odd('y')", "error", "Odd", "y"),
        ("import nope", "init-error", "Runtime.ImportModuleError",
         "Unable to import module 'app': No module named 'nope'"),
        ("def handler(", "init-error", "Runtime.UserCodeSyntaxError", None),
        ("x = 1", "init-error", "Runtime.HandlerNotFound",
         "Handler 'handler' missing on module 'app'"),
        ("raise ValueError('at import')", "init-error", "ValueError", "at import"),
        ("def handler(e, c): return {1, 2}", "error", "Runtime.MarshalError",
         "Unable to marshal response: Object of type set is not JSON serializable"),
        ("def handler(e, c): return 'x' * 7_000_000", "error", "Function.ResponseSizeTooLarge",
         "Response payload size exceeded maximum allowed payload size (6291556 bytes)."),
    ],
)  # fmt: skip
def test_errors_are_spelt_as_at_aws(
    tmp_path: Path, source: str, status: str, error_type: str, message: str | None
) -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(source))
        body = json.loads(outcome.payload)
        assert (outcome.status, outcome.error_type) == (status, error_type)
        assert body["errorType"] == error_type
        assert message is None or body["errorMessage"] == message

    on_bench(story, tmp_path)


def test_a_stack_and_a_log_name_the_paths_of_aws(tmp_path: Path) -> None:
    source = """
import traceback
def handler(event, context):
    try:
        1 / 0
    except ZeroDivisionError:
        traceback.print_exc()
    raise RuntimeError("after")
"""

    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(source))
        assert json.loads(outcome.payload) == {
            "errorMessage": "after",
            "errorType": "RuntimeError",
            "requestId": "00000000-0000-0000-0000-000000000001",
            "stackTrace": [
                '  File "/var/task/app.py", line 8, in handler\n    raise RuntimeError("after")\n'
            ],
        }
        text = outcome.log.decode()
        assert 'File "/var/task/app.py", line 5' in text
        assert "[ERROR] RuntimeError: after\nTraceback (most recent call last):\n" in text
        assert str(tmp_path) not in text

    on_bench(story, tmp_path)


def test_logs_have_the_format_of_aws(tmp_path: Path) -> None:
    source = """
import logging, sys
logging.getLogger().setLevel("INFO")
def handler(event, context):
    logging.getLogger("mine").info("hello %s", "you")
    print("plain"); print("wrong", file=sys.stderr)
"""

    async def story(bench: Bench) -> None:
        ticket = bench.begin(python(source))
        log = (await bench.outcome(ticket)).log.decode()
        assert log == f"[INFO]\t2027-01-01T00:00:00.000Z\t{ticket}\thello you\nplain\nwrong\n"
        ticket = bench.begin(python(source), log_format="JSON", log_level="WARN")
        text = (await bench.outcome(ticket)).log.decode()
        assert json.loads(text.splitlines()[0])["requestId"] == ticket

    on_bench(story, tmp_path)


CLOCKS = """
import datetime, os, time
from datetime import datetime as imported
loaded = time.time()
def handler(event, context):
    before = time.time(), time.monotonic(), time.perf_counter()
    left = context.get_remaining_time_in_millis()
    time.sleep(90)
    now = datetime.datetime.now(datetime.timezone.utc)
    naive = imported.utcnow()
    return {
        "now": now.isoformat(timespec="seconds"), "naive": naive.isoformat(timespec="seconds"),
        "today": str(datetime.date.today()), "gmtime": time.gmtime()[:6],
        "kinds": [type(now) is datetime.datetime, isinstance(naive, datetime.date)],
        "clock": int(time.clock_gettime(time.CLOCK_REALTIME)), "ns": time.time_ns() // 10**9,
        "passed": [round(a - b) for a, b in zip((time.time(), time.monotonic(),
                   time.perf_counter()), before)],
        "left": left - context.get_remaining_time_in_millis(), "loaded": int(loaded),
        "grows": time.time() < time.time() < time.time(),
    }
"""


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_every_python_of_the_machine_reads_the_chambers_clock(tmp_path: Path, version: str) -> None:
    if python_of(version)[1] != version:
        pytest.skip(f"this machine has no Python {version}")

    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(CLOCKS), runtime=f"python{version}", timeout_s=100)
        told: dict[str, Any] = json.loads(outcome.payload)
        assert told.pop("clock") == told.pop("ns") == 1798761600 + 90
        assert told == {
            "now": "2027-01-01T00:01:30+00:00",
            "naive": "2027-01-01T00:01:30",
            "today": "2027-01-01",
            "gmtime": [2027, 1, 1, 0, 1, 30],
            "kinds": [True, True],
            "passed": [90, 90, 90],
            "left": 90000,
            "loaded": 1798761600,
            "grows": True,
        }
        assert bench.home.slept == [90_000_000_000]
        assert b"stands in" not in outcome.log

    on_bench(story, tmp_path)


def test_a_loop_that_waits_for_the_time_of_day_ends(tmp_path: Path) -> None:
    source = """
import time
def handler(event, context):
    end = time.time() + 0.01
    while time.time() < end: pass
"""

    async def story(bench: Bench) -> None:
        assert (await bench.run(python(source))).status == "ok"

    on_bench(story, tmp_path)


def test_another_version_stands_in_and_says_so(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.run(python("def handler(e, c): return 1"), runtime="python3.99")
        assert outcome.payload == b"1"
        assert b"stands in for python3.99, which this machine does not have" in outcome.log

    on_bench(story, tmp_path)


def test_layers_lie_over_one_another_and_are_imported(tmp_path: Path) -> None:
    one = package({"python/common.py": "X = 1", "python/first.py": "Y = 1"})
    two = package({"python/common.py": "X = 2", "bin/tool": "#!/bin/sh\necho tool"}, ("bin/tool",))
    source = """
import common, first, subprocess
def handler(event, context):
    return [common.X, first.Y, subprocess.run(["tool"], capture_output=True).stdout.decode()]
"""

    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(source), layers=[one, two])
        assert json.loads(outcome.payload) == [2, 1, "tool\n"]

    on_bench(story, tmp_path)


def test_a_wrapper_of_the_functions_own_begins_the_runtime(tmp_path: Path) -> None:
    layer = package({"wrap": '#!/bin/sh\nexport WRAPPED="$#"\nexec "$@"\n'}, ("wrap",))
    code = python("import os\ndef handler(e, c): return os.environ['WRAPPED']")

    async def story(bench: Bench) -> None:
        environment = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}
        outcome = await bench.run(code, layers=[layer], environment=environment)
        assert outcome.payload == b'"5"'  # the interpreter, three options and the runtime
        outcome = await bench.run(code, environment=environment)
        assert outcome.status == "init-error"
        message = json.loads(outcome.payload)["errorMessage"]
        assert message.endswith("/opt/wrap: does not exist, or is not executable")

    on_bench(story, tmp_path)
