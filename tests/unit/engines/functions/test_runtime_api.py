"""The Runtime API, spoken to by a bootstrap of our own that is neither Python's nor Node's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.unit.engines.functions.benches import ARN, Bench, on_bench, package

BOOTSTRAP = """#!PYTHON -S
import http.client, json, os
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime"
link = http.client.HTTPConnection(api)
def ask(method, path, body=None, headers={}):
    link.request(method, path, body, headers)
    answer = link.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()
seen = [ask("POST", base + "/invocation/nobody/response", "x")[0], ask("GET", "/elsewhere")[0]]
while True:
    status, headers, body = ask("GET", base + "/invocation/next")
    number = headers["Lambda-Runtime-Aws-Request-Id"]
    path = base + "/invocation/" + number
    seen += [ask("GET", base + "/invocation/next")[0], ask("POST", base + "/init/error", "{}")[0],
             ask("POST", path.replace(number, "other") + "/response", "x")[0]]
    told = {"seen": seen, "headers": headers, "body": body, "handler": os.environ["_HANDLER"]}
    if body == '"fail"':
        ask("POST", path + "/error", '{"errorType": "Own", "errorMessage": "m"}',
            {"Lambda-Runtime-Function-Error-Type": "Own.Type"})
    else:
        seen = [ask("POST", path + "/response", json.dumps(told))]
        seen += [ask("POST", path + "/response", "again")[0]]
""".replace("PYTHON", sys.executable)


def test_a_bootstrap_of_ones_own_is_served(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        code = package({"bootstrap": BOOTSTRAP}, ("bootstrap",))
        order = {"runtime": "provided.al2023", "handler": "any.thing", "trace": "Root=1-2-3"}
        outcome = await bench.run(code, b'{"n": 1}', **order)
        told = json.loads(outcome.payload)
        # Unknown ids and paths, a second `next`, an init error that comes too late, a wrong id.
        assert told["seen"] == [400, 404, 403, 403, 400]
        headers = told["headers"]
        assert headers["Lambda-Runtime-Invoked-Function-Arn"] == ARN
        assert headers["Lambda-Runtime-Trace-Id"] == "Root=1-2-3"
        assert headers["Lambda-Runtime-Deadline-Ms"] == "1798761610000"
        assert (told["body"], told["handler"]) == ('{"n": 1}', "any.thing")
        again = json.loads((await bench.run(code, b"2", **order)).payload)
        assert again["seen"][:2] == [[202, again["seen"][0][1], '{"status":"OK"}\n'], 403]
        failed = await bench.run(code, b'"fail"', **order)
        assert (failed.status, failed.error_type) == ("error", "Own.Type")
        assert json.loads(failed.payload) == {"errorType": "Own", "errorMessage": "m"}

    on_bench(story, tmp_path)
