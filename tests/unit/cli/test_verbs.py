"""The verbs against a chamber that listens: what they print, for people and for programs."""

from __future__ import annotations

import json

import boto3
import pytest

from tests.unit.cli.conftest import Run

QUEUE = "arn:aws:sqs:us-east-1:111111111111:orders"


@pytest.fixture(scope="module", autouse=True)
def queue(endpoint: str) -> str:
    """A queue to talk about; gives the id of the request that made it."""
    sqs = boto3.client(
        "sqs", "us-east-1", endpoint_url=endpoint, aws_access_key_id="111111111111",
        aws_secret_access_key="x",
    )  # fmt: skip
    answer = sqs.create_queue(QueueName="orders")
    request_id: str = answer["ResponseMetadata"]["RequestId"]
    return request_id


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["status"], {"status", "version", "mode", "dns_port", "now", "digest"}),
        (["clock"], {"now", "mode"}),
        (["events"], {"events"}),
        (["why", QUEUE], {"chain"}),
        (["services"], {"services"}),
        (["services", "sqs"], {"operations"}),
        (["zones", "111111111111"], {"region", "zones"}),
        (["snapshot", "list"], {"snapshots"}),
        (["snapshot", "save", "here"], {"name", "bytes"}),
        (["env"], {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"}),
    ],
)
def test_every_verb_answers_programs_in_json(
    run: Run, endpoint: str, words: list[str], keys: set[str]
) -> None:
    done = run(*words, "--endpoint", endpoint, "--json")
    assert done.returncode == 0, done.stderr
    assert keys <= set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["status"], "running"),
        (["clock"], "manual"),
        (["events"], "sqs.CreateQueue"),
        (["why", QUEUE], "called sqs:CreateQueue"),
        (["services"], "simulated"),
        (["services", "sqs"], "SendMessage"),
        (["zones", "111111111111", "222222222222"], "use1-az1"),
        (["env"], "export AWS_ENDPOINT_URL="),
        (["env", "--shell", "fish"], "set -gx AWS_ENDPOINT_URL"),
        (["env", "--shell", "powershell"], "$env:AWS_ENDPOINT_URL"),
    ],
)
def test_every_verb_answers_people(run: Run, endpoint: str, words: list[str], shown: str) -> None:
    done = run(*words, "--endpoint", endpoint)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


def test_the_clock_moves_and_a_request_can_be_asked_about(
    run: Run, endpoint: str, queue: str
) -> None:
    before = json.loads(run("clock", "--endpoint", endpoint, "--json").stdout)["now"]
    after = json.loads(
        run("clock", "--advance", "1d", "--endpoint", endpoint, "--json").stdout
    )["now"]  # fmt: skip
    assert after[8:10] != before[8:10]
    assert "succeeded" in run("why", queue, "--endpoint", endpoint).stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["why", "nothing-like-it"], 1, "nothing is known"),
        (["clock", "--advance", "soon"], 1, "not a duration"),
        (["clock", "--advance", "1h", "--mode", "live"], 2, "one of"),
        (["services", "nosuch"], 1, "no service"),
        (["snapshot", "load", "nowhere"], 1, "no snapshot is named"),
        (["snapshot", "save", "../x"], 1, "letters, digits"),
        (["reset", "--lifecycle", "slow"], 1, "instant"),
        (["frobnicate"], 2, "No such command"),
        (["status", "--verbose"], 2, "No such option"),
        (["events", "--limit", "0"], 1, "from 1 to"),
    ],
)
def test_a_verb_that_cannot_says_why_and_with_which_code(
    run: Run, endpoint: str, words: list[str], code: int, says: str
) -> None:
    done = run(*words, *(["--endpoint", endpoint] if words != ["frobnicate"] else []))
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_chamber_the_exit_code_is_3(run: Run) -> None:
    done = run("status", "--endpoint", "http://127.0.0.1:9")
    assert done.returncode == 3
    assert "cloudchamber start" in done.stderr


def test_reset_empties(run: Run, endpoint: str) -> None:
    done = run("reset", "--seed", "9", "--endpoint", endpoint)
    assert done.returncode == 0, done.stderr
    status = json.loads(run("status", "--endpoint", endpoint, "--json").stdout)
    assert status["mode"]["seed"] == 9
    assert json.loads(run("events", "--endpoint", endpoint, "--json").stdout)["events"] == []
