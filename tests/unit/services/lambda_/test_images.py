"""What the service makes of what a container engine says of an image; no engine is asked here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.services.lambda_.nouns import LOOKED_UP
from tests.unit.services.lambda_.crew import ONE, Crew

REPOSITORY = f"{ONE}.dkr.ecr.us-east-1.amazonaws.com/team/app"
URI = f"{REPOSITORY}:1"
DIGEST = "ab" * 32
FOUND = {
    "status": "found",
    "id": "cd" * 32,
    "digest": f"sha256:{DIGEST}",
    "entrypoint": ["/entry", "--fast"],
    "command": ["app.handler"],
}
Boxed = Callable[..., Any]


@pytest.fixture
def boxed(client: Any, role: str, crew: Crew) -> Boxed:
    """Make a function of an image."""

    def make(uri: str = URI, **given: Any) -> Any:
        return client.create_function(
            FunctionName="boxed", PackageType="Image", Role=role, Code={"ImageUri": uri}, **given
        )

    return make


def test_without_an_engine_it_is_kept_and_not_run(client: Any, boxed: Boxed) -> None:
    assert boxed()["PackageType"] == "Image"
    assert client.get_function(FunctionName="boxed")["Code"]["ImageUri"] == URI
    with pytest.raises(
        ClientError, match=r"no container engine .*no podman.*install Podman"
    ) as met:
        client.invoke(FunctionName="boxed")
    assert met.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_it_runs_once_its_code_is_set_where_there_is_an_engine(
    client: Any, boxed: Boxed, crew: Crew
) -> None:
    boxed()
    crew.images[URI] = FOUND
    with pytest.raises(ClientError, match="no container engine"):
        client.invoke(FunctionName="boxed")
    assert client.update_function_code(FunctionName="boxed", ImageUri=URI)["CodeSha256"] == DIGEST
    assert client.invoke(FunctionName="boxed", Payload=b'{"n": 1}')["Payload"].read() == b'{"n": 1}'


def test_it_is_shown_by_what_the_engine_said(client: Any, boxed: Boxed, crew: Crew) -> None:
    crew.images[URI] = FOUND
    made = boxed()
    assert (made["CodeSha256"], made["CodeSize"]) == (DIGEST, 0)
    code = client.get_function(FunctionName="boxed")["Code"]
    assert code == {
        "RepositoryType": "ECR",
        "ImageUri": URI,
        "ResolvedImageUri": f"{REPOSITORY}@sha256:{DIGEST}",
    }


@pytest.mark.parametrize(
    ("config", "argv", "workdir"),
    [
        ({}, ["/entry", "--fast", "app.handler"], ""),
        ({"Command": ["app.other"]}, ["/entry", "--fast", "app.other"], ""),
        ({"EntryPoint": ["/own"], "WorkingDirectory": "/w"}, ["/own", "app.handler"], "/w"),
    ],
)
def test_settings_override_what_the_image_says(
    client: Any, boxed: Boxed, crew: Crew, config: Any, argv: list[str], workdir: str
) -> None:
    crew.images[URI] = FOUND
    made = boxed(ImageConfig=config)
    assert made.get("ImageConfigResponse", {}).get("ImageConfig", {}) == config
    client.invoke(FunctionName="boxed")
    assert crew.orders[0]["code"] == {"image": FOUND["id"], "argv": argv, "workdir": workdir}


def test_a_version_keeps_the_image_it_was_published_with(
    client: Any, boxed: Boxed, crew: Crew
) -> None:
    crew.images[URI] = FOUND
    boxed()
    version = client.publish_version(FunctionName="boxed")["Version"]
    crew.images[URI] = {**FOUND, "id": "ef" * 32, "digest": f"sha256:{'01' * 32}"}
    client.update_function_code(FunctionName="boxed", ImageUri=URI)
    for qualifier in (version, "$LATEST"):
        client.invoke(FunctionName="boxed", Qualifier=qualifier)
    assert [order["code"]["image"] for order in crew.orders] == [FOUND["id"], "ef" * 32]


def test_an_absent_image_is_refused(client: Any, boxed: Boxed, crew: Crew) -> None:
    crew.images[URI] = {"status": "absent"}
    with pytest.raises(
        client.exceptions.InvalidParameterValueException,
        match=f"Source image {URI} does not exist. Provide a valid source image.",
    ):
        boxed()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="boxed")


@pytest.mark.parametrize(
    "uri",
    [
        "app:1",
        REPOSITORY,
        f"{ONE}.dkr.ecr.eu-west-1.amazonaws.com/team/app:1",
        "docker.io/library/app:1",
        f"{REPOSITORY}@sha256:12",
        f"{REPOSITORY}:1 --privileged",
    ],
)
def test_what_names_no_image_of_this_regions_registries_is_refused(
    client: Any, boxed: Boxed, uri: str
) -> None:
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="is not valid"):
        boxed(uri)


def test_a_request_that_is_wrong_anyway_asks_no_engine(
    client: Any, boxed: Boxed, crew: Crew
) -> None:
    boxed()
    asked = len(crew.looked_up)
    with pytest.raises(client.exceptions.ResourceConflictException):
        boxed()
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="Handler"):
        client.create_function(
            FunctionName="other", PackageType="Image", Handler="a.b", Code={"ImageUri": URI},
            Role=f"arn:aws:iam::{ONE}:role/worker",
        )  # fmt: skip
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.update_function_code(FunctionName="nobody", ImageUri=URI)
    assert len(crew.looked_up) == asked == 1


def test_what_the_engine_said_is_told_again_by_the_journal(role: str) -> None:
    with Chamber(seed=3, account=ONE, iam="off") as told:
        journal: list[bytes] = []
        told.cloud.journal = journal.append
        crew = Crew(told)
        crew.images[URI] = FOUND
        client = told.client("lambda")
        client.create_function(
            FunctionName="boxed", PackageType="Image", Role=role, Code={"ImageUri": URI}
        )
        client.invoke(FunctionName="boxed")
        told.advance("1s")
        digest = told.digest
        assert not told.cloud.store.rows(LOOKED_UP, ONE, "us-east-1")
        crew.close()
    again = Cloud(Settings(seed=3, account=ONE, iam="off"), {}, told.cloud.blobs.store)
    for data in journal:
        again.replay(data)
    assert f"{again.kernel.digest}" == digest
    shown = again.ask("lambda", "GetFunctionConfiguration", {"FunctionName": "boxed"}, account=ONE)
    assert shown["CodeSha256"] == DIGEST


def test_who_waits_in_a_copy_is_told_that_nobody_asks_any_more(
    chamber: Chamber, client: Any, boxed: Boxed, crew: Crew
) -> None:
    held: list[bytes] = []

    class Saving(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            with chamber.host.enter() as cloud:
                held.append(snapshots.save(cloud))
            return default

    crew.images = Saving()
    boxed()
    again = Cloud(Settings(seed=1, account=ONE), {}, chamber.cloud.blobs.store)
    snapshots.load(again, held[0])
    assert len(again.work.outstanding) == 1
    assert again.work.abandon("it is gone") == 1
    assert not again.store.rows(LOOKED_UP, ONE, "us-east-1")
    with pytest.raises(Exception, match="Function not found"):
        again.ask("lambda", "GetFunction", {"FunctionName": "boxed"}, account=ONE)


def test_the_machines_own_answer_says_what_it_lacks(
    client: Any, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real crew, on a machine that has neither engine."""
    monkeypatch.setenv("PATH", "/nowhere")
    client.create_function(FunctionName="boxed", Role=role, Code={"ImageUri": URI})
    with pytest.raises(
        ClientError, match=r"there is no podman on the PATH; there is no docker on the PATH"
    ):
        client.invoke(FunctionName="boxed")
