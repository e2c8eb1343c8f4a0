"""The Node runtime: async, callback and streaming handlers, errors and the clock."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cloudchamber.engines.functions.orders import Outcome
from tests.unit.engines.functions.benches import Bench, on_bench, package

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="this machine has no Node")

CLOCK = """
exports.handler = async (event, context) => [
  Date.now(), new Date().toISOString(), new Date() instanceof Date,
  context.getRemainingTimeInMillis(), context.functionName];
"""
STREAMED = """
exports.handler = awslambda.streamifyResponse(async (event, out) => {
  out.write("a"); out.end("b") });
"""
LOOSE = """
exports.handler = async () => {
  Promise.reject(new Error("x")); await new Promise(go => setTimeout(go, 500)) };
"""


def run(folder: Path, source: str, name: str = "index.js", **order: Any) -> Outcome:
    """The outcome of the second invocation of a handler."""
    found: list[Outcome] = []

    async def story(bench: Bench) -> None:
        for _ in range(2):
            values = {"runtime": "nodejs20.x", "handler": "index.handler", **order}
            found.append(await bench.run(package({name: source}), b'{"a": 1}', **values))

    on_bench(story, folder)
    return found[-1]


@pytest.mark.parametrize(
    ("name", "source", "payload"),
    [
        ("index.js", "exports.handler = async (e) => e", b'{"a":1}'),
        ("index.mjs", "export const handler = async (e) => e.a", b"1"),
        ("index.cjs", "exports.handler = (e, c, done) => { done(null, e) }", b'{"a":1}'),
        ("index.js", "exports.handler = (e, c, done) => { setTimeout(() => done(null, 'x'), 9) }",
         b'"x"'),
        ("index.js", "exports.handler = (e, c) => { }", b"null"),
        ("index.js", CLOCK,
         b'[1798761600000,"2027-01-01T00:00:00.000Z",true,10000,"f"]'),
        ("index.js", STREAMED, b"ab"),
    ],
)  # fmt: skip
def test_a_handler_answers(tmp_path: Path, name: str, source: str, payload: bytes) -> None:
    outcome = run(tmp_path, source, name)
    assert (outcome.status, outcome.payload) == ("ok", payload)
    assert outcome.is_streamed == ("streamify" in source)


@pytest.mark.parametrize(
    ("source", "status", "error_type"),
    [
        ("exports.handler = async () => { throw new TypeError('bad') }", "error", "TypeError"),
        ("exports.handler = (e, c, done) => done(new RangeError('x'))", "error", "RangeError"),
        ("require('nope')", "init-error", "Runtime.ImportModuleError"),
        ("exports.handler = ", "init-error", "Runtime.UserCodeSyntaxError"),
        ("exports.other = 1", "init-error", "Runtime.HandlerNotFound"),
        (LOOSE, "error",
         "Runtime.UnhandledPromiseRejection"),
        ("exports.handler = async () => process.exit(2)", "crash", "Runtime.ExitError"),
        ("exports.handler = async () => 'x'.repeat(7e6)", "error",
         "Function.ResponseSizeTooLarge"),
    ],
)  # fmt: skip
def test_errors_are_spelt_as_at_aws(
    tmp_path: Path, source: str, status: str, error_type: str
) -> None:
    outcome = run(tmp_path, source)
    assert (outcome.status, outcome.error_type) == (status, error_type)
    assert str(tmp_path) not in outcome.payload.decode() + outcome.log.decode()
    assert json.loads(outcome.payload)["errorType"] == error_type


def test_a_log_line_has_time_request_and_level(tmp_path: Path) -> None:
    outcome = run(tmp_path, "exports.handler = async () => { console.warn('two\\nlines') }")
    request_id = "00000000-0000-0000-0000-000000000002"
    assert outcome.log.decode() == f"2027-01-01T00:00:00.000Z\t{request_id}\tWARN\ttwo\rlines\n"


def test_a_prelude_keeps_its_content_type(tmp_path: Path) -> None:
    source = """
exports.handler = awslambda.streamifyResponse(async (event, out) => {
  out = awslambda.HttpResponseStream.from(out, { statusCode: 201 });
  out.write("body"); out.end();
});
"""
    outcome = run(tmp_path, source)
    assert outcome.content_type == "application/vnd.awslambda.http-integration-response"
    assert outcome.payload == b'{"statusCode":201}' + bytes(8) + b"body"
