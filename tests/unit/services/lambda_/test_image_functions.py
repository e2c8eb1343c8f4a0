"""Functions of container images, in real containers: they run as at AWS, and nothing is left."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from tests.unit.engines.containers.store import NAME, URI, containers, inside, podman
from tests.unit.server.served import Server
from tests.unit.services.lambda_.crew import ONE
from tests.unit.services.lambda_.test_served import client_of

Boxed = Callable[..., Any]
ARN = f"arn:aws:lambda:us-east-1:{ONE}:function:boxed"
pytestmark = pytest.mark.slow


@pytest.fixture
def chamber(container_store: Path) -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened
    assert containers() == []


@pytest.fixture
def boxed(client: Any, role: str) -> Boxed:
    """Make a function of the image."""

    def make(**given: Any) -> Any:
        request = {"PackageType": "Image", "Code": {"ImageUri": URI}, "Role": role, **given}
        return client.create_function(FunctionName="boxed", MemorySize=256, **request)

    return make


def said(client: Any, event: dict[str, Any], **given: Any) -> Any:
    answer = client.invoke(FunctionName="boxed", Payload=json.dumps(event), **given)
    return json.loads(answer["Payload"].read())


def all_gone() -> None:
    """See that no container is left, and no process of one; each look is a command of Podman."""
    for _ in range(100):
        if not containers() and not inside():
            return
    raise AssertionError(f"{containers()} with {inside()} are still there")


def test_it_runs_and_stays_warm(client: Any, boxed: Boxed) -> None:
    boxed(Environment={"Variables": {"COLOUR": "blue", "LINES": "one\ntwo 'three'"}}, Timeout=30)
    answer = client.invoke(FunctionName="boxed", Payload=b'{"n": 1}', LogType="Tail")
    told = json.loads(answer["Payload"].read())
    assert told.get("event") == {"n": 1}, told
    assert told["request"] == answer["ResponseMetadata"]["RequestId"]
    assert told["folder"] == "/var/task"
    assert told["arguments"] == ["app.handler"]
    environment = told["environment"]
    assert environment["COLOUR"] == "blue"
    assert environment["LINES"] == "one\ntwo 'three'"
    assert environment["OF_THE_IMAGE"] == "yes"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "boxed"
    assert environment["AWS_SESSION_TOKEN"]
    assert told["files"] == ["own"]
    assert "T" in {state for _ in range(100) for state in inside()}  # frozen in between
    assert said(client, {"n": 2})["count"] == 2


def test_its_log_is_its_own(client: Any, chamber: Chamber, boxed: Boxed) -> None:
    boxed(Timeout=30)
    for number in range(3):
        said(client, {"n": number})
    told = [event["details"] for event in chamber.events(ARN) if event["what"] == "lambda.invoked"]
    logs = [each["log"] for each in told]
    assert [log.count("working on") for log in logs] == [1, 1, 1]
    for number, log in enumerate(logs):
        lines = log.splitlines()
        assert lines[0].startswith("START RequestId: ")
        assert lines[1] == f"working on {{'n': {number}}}"
        assert lines[-2].startswith("END RequestId: ")
        assert lines[-1].startswith("REPORT RequestId: ")


def test_it_finds_nothing_of_this_machine(
    client: Any, boxed: Boxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_OWN_SECRET", "sesame")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    boxed(Timeout=30)
    told = said(client, {})
    assert not {"OUR_OWN_SECRET", "HTTP_PROXY", "CONTAINERS_STORAGE_CONF", "TERM", "container"} & {
        *told["environment"]
    }
    assert told["environment"]["HOSTNAME"] == "localhost"
    assert told["user"] == 993
    assert told["in_tmp"] is True
    assert "Read-only file system" in told["in_root"]
    assert told["in_shm"] is False


def test_its_time_of_day_is_the_machines(chamber: Chamber, client: Any, boxed: Boxed) -> None:
    """What is left of its time is right all the same: the deadline is told on the clock it sees."""
    boxed(Timeout=30)
    before = chamber.cloud.kernel.now
    told = said(client, {})
    assert abs(told["now"] - time.time()) < 60
    assert 0 < told["left"] <= 30_000
    assert chamber.cloud.kernel.now - before < 1_000_000_000


def test_its_settings_override_those_of_the_image(client: Any, boxed: Boxed) -> None:
    boxed(Timeout=30, ImageConfig={"Command": ["app.second"], "WorkingDirectory": "/opt"})
    assert said(client, {"do": "second"}) == ["second", "app.second", "/opt"]
    client.update_function_configuration(FunctionName="boxed", ImageConfig={})
    assert said(client, {"do": "second"}) == ["second", "app.handler", "/var/task"]


def test_it_calls_home(chamber: Chamber, client: Any, boxed: Boxed) -> None:
    sqs = chamber.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    boxed(Timeout=60)
    sent = said(client, {"do": "send", "queue": "jobs"})
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert (message["MessageId"], message["Body"]) == (sent, "from inside")


@pytest.mark.parametrize(
    ("event", "error_type", "message"),
    [
        ({"do": "hang"}, "Sandbox.Timedout", "Task timed out after 2.00 seconds"),
        ({"do": "leave", "code": 3}, "Runtime.ExitError", "exit status 3"),
        ({"do": "eat"}, "Runtime.ExitError", "signal: killed"),
        ({"do": "fail"}, "ValueError", "too small"),
    ],
)
def test_its_faults_are_told_as_at_aws(
    client: Any, boxed: Boxed, event: dict[str, Any], error_type: str, message: str
) -> None:
    boxed(Timeout=2)
    answer = client.invoke(FunctionName="boxed", Payload=json.dumps(event), LogType="Tail")
    told = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert told["errorType"] == error_type
    assert message in told["errorMessage"]
    if event["do"] == "fail":
        assert said(client, {})["count"] == 2
    else:
        all_gone()
        assert said(client, {})["count"] == 1  # a new one


@pytest.mark.parametrize(
    ("config", "error_type"),
    [
        ({"EntryPoint": ["/nowhere"]}, "Runtime.InvalidEntrypoint"),
        ({"WorkingDirectory": "/nowhere"}, "Runtime.InvalidWorkingDir"),
    ],
)
def test_what_cannot_begin_says_why(
    client: Any, boxed: Boxed, config: dict[str, Any], error_type: str
) -> None:
    boxed(ImageConfig=config)
    told = said(client, {})
    assert told["errorType"] == error_type
    assert "/nowhere" in told["errorMessage"]


def test_it_is_shown_by_its_digest(client: Any, boxed: Boxed) -> None:
    digest = podman("image", "inspect", "--format", "{{.Digest}}", NAME).strip()
    made = boxed()
    assert made["CodeSha256"] == digest.removeprefix("sha256:")
    assert made["CodeSize"] == 0
    code = client.get_function(FunctionName="boxed")["Code"]
    assert code["RepositoryType"] == "ECR"
    assert code["ImageUri"] == URI
    assert code["ResolvedImageUri"] == f"{URI.removesuffix(':1')}@{digest}"


def test_a_tag_that_moves_changes_nothing_until_the_code_is_updated(
    client: Any, boxed: Boxed
) -> None:
    moving = URI.replace(":1", ":moving")
    podman("tag", NAME, "localhost/parrot:moving")
    before = boxed(Code={"ImageUri": moving}, Timeout=30)["CodeSha256"]
    podman("tag", podman("commit", "-q", podman("create", NAME).strip()).strip(), moving)
    podman("rm", "--all")
    assert client.get_function_configuration(FunctionName="boxed")["CodeSha256"] == before
    after = client.update_function_code(FunctionName="boxed", ImageUri=moving)
    assert after["CodeSha256"] != before
    assert said(client, {})["count"] == 1


def test_an_image_that_is_not_there_is_refused(client: Any, boxed: Boxed) -> None:
    absent = URI.replace("parrot", "nobody")
    with pytest.raises(
        client.exceptions.InvalidParameterValueException,
        match=f"Source image {absent} does not exist. Provide a valid source image.",
    ):
        boxed(Code={"ImageUri": absent})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="boxed")
    boxed()
    with pytest.raises(ClientError, match="does not exist"):
        client.update_function_code(FunctionName="boxed", ImageUri=absent)
    assert client.get_function(FunctionName="boxed")["Code"]["ImageUri"] == URI


def test_a_story_is_told_again_without_an_engine(
    container_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [_tell() for _ in range(2)]
    assert told[0][0] == told[1][0]
    monkeypatch.setenv("PATH", "/nowhere")
    again = Cloud(Settings(seed=4, account=ONE, iam="off"), {})
    for data in told[0][1]:
        again.replay(data)
    assert f"{again.kernel.digest}" == told[0][0]


def test_a_killed_chambers_containers_are_put_away_by_the_next(
    container_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    data = str(tmp_path / "world")
    with Server(tmp_path, chamber={"iam": "off"}, data=data) as server:
        with closing(client_of(server)) as client:
            make_boxed(client)
            assert said(client, {"do": "second"})[0] == "second"
        server.kill()
    left = containers()
    assert len(left) == 1
    with Server(tmp_path, chamber={"iam": "off"}, data=data) as server:
        with closing(client_of(server)) as client:
            assert said(client, {})["count"] == 1
        now = containers()
        assert len(now) == 1
        assert now != left
        assert server.stop() == 0
    assert containers() == []


def make_boxed(client: Any) -> None:
    client.create_function(
        FunctionName="boxed", PackageType="Image", Code={"ImageUri": URI}, Timeout=30,
        Role=f"arn:aws:iam::{ONE}:role/worker", MemorySize=256,
    )  # fmt: skip


def _tell() -> tuple[str, list[bytes]]:
    with Chamber(seed=4, account=ONE, iam="off") as chamber:
        journal: list[bytes] = []
        chamber.cloud.journal = journal.append
        client = chamber.client("lambda")
        make_boxed(client)
        answer = client.invoke(FunctionName="boxed", Payload=b'{"do": "second"}')
        assert json.loads(answer["Payload"].read())[0] == "second"
        client.invoke(FunctionName="boxed", InvocationType="Event", Payload=b'{"do": "second"}')
        chamber.advance("5s")
        return chamber.digest, journal
