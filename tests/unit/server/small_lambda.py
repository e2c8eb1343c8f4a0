"""As little of Lambda as it takes to invoke a function: what the tests of hosting share.

Rules of this file: an Invoke that waits and one that does not; code is given in the client context.
The real service has its own tests.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from typing import Any

import msgspec

from cloudchamber.cloud import registry
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output, Service, Wait, simulated
from cloudchamber.cloud.store import Table
from tests.unit.engines.functions.benches import python

SECOND = 1_000_000_000
real_load = registry.load_service


class Job(msgspec.Struct):
    """An invocation."""

    started_ns: int
    state: str = "running"
    outcome: dict[str, Any] = {}


JOBS = Table("lambda.jobs", Job)


def invoke(call: Call, request: Input) -> Generator[Wait, bool, Output]:
    ticket = call.request_id
    rows = call.rows(JOBS)
    name, payload = request["FunctionName"], request.get("Payload") or b"{}"
    asked = json.loads(base64.b64decode(request.get("ClientContext") or "e30="))
    if request.get("InvocationType") == "Event":
        # Not before somebody lets time pass: until then the caller is not done speaking.
        call.after(1_000_000, "lambda.start", ticket, name, payload, json.dumps(asked))
        return {"StatusCode": 202}
    if ticket not in rows:
        begin(call, ticket, name, payload, asked)
    while rows[ticket].state != "completed":
        yield Wait(None, (("lambda", ticket),))
    outcome = rows[ticket].outcome
    output = {"StatusCode": 200, "Payload": outcome["payload"],
              "LogResult": base64.b64encode(outcome["log"][-4096:]).decode()}  # fmt: skip
    if outcome["status"] != "ok":
        output["FunctionError"] = outcome["status"]
    return output


def begin(call: Call, ticket: str, name: str, payload: bytes, asked: dict[str, Any]) -> None:
    call.rows(JOBS)[ticket] = Job(call.now)
    timeout_s = asked.get("timeout_s", 30)
    code = asked.get("folder")
    order = {
        "function_arn": call.arn(f"function:{name}"),
        "version": "$LATEST",
        "request_id": ticket,
        "payload": payload,
        "code": {"folder": code} if code else python(asked["source"]),
        "handler": "app.handler",
        "runtime": "python3.11",
        "memory_mb": 256,
        "timeout_s": timeout_s,
        "deadline_ns": call.now + timeout_s * SECOND,
        "role_credentials": {
            "AccessKeyId": call.account, "SecretAccessKey": "x", "SessionToken": "t"
        },
        "region": call.region,
        "account": call.account,
    }  # fmt: skip
    call.begin_work("lambda.invocation", ticket, order)


def on_start(call: Call, ticket: str, name: str, payload: bytes, asked: str) -> None:
    begin(call, ticket, name, payload, json.loads(asked))


def on_done(call: Call, ticket: str, outcome: dict[str, Any]) -> None:
    job = call.rows(JOBS)[ticket]
    job.state, job.outcome = "done", outcome
    call.at(max(call.now, job.started_ns + outcome["duration_ns"]), "lambda.completed", ticket)


def on_completed(call: Call, ticket: str) -> None:
    call.rows(JOBS)[ticket].state = "completed"
    call.event(call.arn(f"invocation:{ticket}"), "lambda.completed", "an invocation was completed")
    call.wake("lambda", ticket)


SMALL = Service(
    "lambda",
    {"Invoke": simulated(invoke, action="InvokeFunction", mutates=True)},
    (JOBS,),
    kernel_events={"lambda.completed": on_completed, "lambda.start": on_start},
    work={"lambda.invocation": on_done},
)


def load(name: str) -> Service | None:
    """Loads the small service in the place of the real one."""
    return SMALL if name == "lambda" else real_load(name)


def context(source: str = "", **asked: Any) -> str:
    """The client context that says what to run."""
    return base64.b64encode(json.dumps({"source": source, **asked}).encode()).decode()
