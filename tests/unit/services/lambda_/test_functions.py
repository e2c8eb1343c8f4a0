"""Functions: made, read, changed, deleted; what is refused and in which words."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.services.lambda_.nouns import FUNCTIONS
from tests.unit.services.lambda_.crew import ONE, Crew, archive

Make = Callable[..., Any]


def test_a_function_is_as_it_was_made(client: Any, make: Make, role: str) -> None:
    made = make("jobs", Description="does", Tags={"team": "a"})
    assert made["FunctionArn"] == f"arn:aws:lambda:us-east-1:{ONE}:function:jobs"
    assert (made["State"], made["LastUpdateStatus"]) == ("Active", "Successful")
    digest = hashlib.sha256(archive()).digest()
    assert made["CodeSha256"] == base64.b64encode(digest).decode()
    assert made["CodeSize"] == len(archive())
    found = client.get_function(FunctionName="jobs")
    assert found["Tags"] == {"team": "a"}
    configuration = found["Configuration"]
    assert configuration["Role"] == role
    assert (configuration["Timeout"], configuration["MemorySize"]) == (3, 128)
    assert configuration["EphemeralStorage"] == {"Size": 512}
    assert configuration["TracingConfig"] == {"Mode": "PassThrough"}
    assert configuration["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/jobs"}
    assert configuration["PackageType"] == "Zip"


@pytest.mark.parametrize(
    "name",
    [
        "jobs",
        "function:jobs",
        f"{ONE}:function:jobs",
        f"arn:aws:lambda:us-east-1:{ONE}:function:jobs",
        f"arn:aws:lambda:us-east-1:{ONE}:function:jobs:$LATEST",
    ],
)
def test_a_function_has_many_names(client: Any, make: Make, name: str) -> None:
    make("jobs")
    found = client.get_function_configuration(FunctionName=name)
    assert found["FunctionName"] == "jobs"


def test_states_last_as_the_profile_says(role: str, make: Make) -> None:
    with Chamber(seed=1, account=ONE, iam="off", lifecycle="realistic") as chamber:
        client = chamber.client("lambda")
        made = client.create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role,
            Code={"ZipFile": archive()},
        )  # fmt: skip
        assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
        with pytest.raises(client.exceptions.ResourceConflictException, match="Pending"):
            client.invoke(FunctionName="jobs")
        chamber.advance("5s")
        client.update_function_configuration(FunctionName="jobs", Timeout=9)
        with pytest.raises(client.exceptions.ResourceConflictException, match="in progress"):
            client.update_function_configuration(FunctionName="jobs", Timeout=10)
        chamber.advance("5s")
        found = client.get_function_configuration(FunctionName="jobs")
        assert (found["LastUpdateStatus"], found["Timeout"]) == ("Successful", 9)


def test_code_changes(client: Any, make: Make, crew: Crew) -> None:
    before = make("jobs")
    other = archive(app="def handler(event, context): return 2")
    would = client.update_function_code(FunctionName="jobs", ZipFile=other, DryRun=True)
    now = client.get_function_configuration(FunctionName="jobs")
    assert would["CodeSha256"] != before["CodeSha256"] == now["CodeSha256"]
    after = client.update_function_code(FunctionName="jobs", ZipFile=other)
    assert after["CodeSha256"] == would["CodeSha256"]
    assert after["RevisionId"] != before["RevisionId"]
    client.invoke(FunctionName="jobs")
    assert crew.orders[0]["code"]["read"]() == other


def test_code_may_lie_in_a_bucket(chamber: Chamber, client: Any, make: Make) -> None:
    s3 = chamber.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="jobs.zip", Body=archive())
    made = make("jobs", Code={"S3Bucket": "packages", "S3Key": "jobs.zip"})
    assert made["CodeSize"] == len(archive())
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="NoSuchKey"):
        make("more", Code={"S3Bucket": "packages", "S3Key": "nothing.zip"})


def test_settings_change(client: Any, make: Make, crew: Crew, role: str) -> None:
    made = make("jobs", Environment={"Variables": {"AA": "1"}})
    client.update_function_configuration(
        FunctionName="jobs",
        Timeout=30,
        MemorySize=512,
        Environment={"Variables": {"BB": "2"}},
        RevisionId=made["RevisionId"],
    )
    client.invoke(FunctionName="jobs")
    order = crew.orders[0]
    assert (order["timeout_s"], order["memory_mb"]) == (30, 512)
    assert order["environment"] == {"BB": "2"}
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.update_function_configuration(
            FunctionName="jobs", Timeout=3, RevisionId=made["RevisionId"]
        )


def test_a_deleted_function_is_gone(chamber: Chamber, client: Any, make: Make) -> None:
    make("jobs")
    assert client.delete_function(FunctionName="jobs")["StatusCode"] == 204
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="jobs")
    assert not chamber.cloud.blobs.names()
    make("jobs")


def test_functions_are_listed_by_name(client: Any, make: Make) -> None:
    for name in ("c", "a", "b"):
        make(name)
    first = client.list_functions(MaxItems=2)
    assert [each["FunctionName"] for each in first["Functions"]] == ["a", "b"]
    assert "State" not in first["Functions"][0]
    rest = client.list_functions(Marker=first["NextMarker"])
    assert [each["FunctionName"] for each in rest["Functions"]] == ["c"]
    client.publish_version(FunctionName="a")
    found = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [each["FunctionArn"].split(":function:")[1] for each in found] == [
        "a:$LATEST", "a:1", "b:$LATEST", "c:$LATEST",
    ]  # fmt: skip


def unsafe(name: str) -> bytes:
    """An archive of one file of this name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr(zipfile.ZipInfo(name), "x")
    return held.getvalue()


@pytest.mark.parametrize(
    "data", [b"no zip", unsafe("../up.py"), unsafe("/etc/x"), unsafe("a/../b")]
)
def test_an_archive_that_is_none_or_leads_out_is_refused(
    client: Any, make: Make, data: bytes
) -> None:
    with pytest.raises(
        client.exceptions.InvalidParameterValueException, match="Could not unzip uploaded file"
    ):
        make("jobs", Code={"ZipFile": data})


def test_a_bomb_is_refused_by_what_it_would_be(client: Any, make: Make) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(263 << 20))
    with pytest.raises(
        client.exceptions.InvalidParameterValueException,
        match="Unzipped size must be smaller than 262144000 bytes",
    ):
        make("jobs", Code={"ZipFile": held.getvalue()})


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({"Runtime": "python3.6"}, "InvalidParameterValueException", "no longer supported"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"MemorySize": 10241}, "ValidationException", "less than or equal to 10240"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "InvalidParameterValueException",
            "Reserved keys used in this request: AWS_REGION",
        ),
        (
            {"Environment": {"Variables": {"AA": "x" * 4096}}},
            "InvalidParameterValueException",
            "exceeded the 4KB limit",
        ),
        (
            {"Role": f"arn:aws:iam::{ONE}:role/nobody"},
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        (
            {"Layers": [f"arn:aws:lambda:us-east-1:{ONE}:layer:l:1"]},
            "InvalidParameterValueException",
            "does not exist",
        ),
        (
            {"DeadLetterConfig": {"TargetArn": f"arn:aws:s3:::{ONE}"}},
            "InvalidParameterValueException",
            "is not a queue or a topic",
        ),
        ({"DurableConfig": {"ExecutionTimeout": 60}}, "NotImplemented", "durable functions"),
    ],
)
def test_what_does_not_fit_is_refused(
    client: Any, make: Make, given: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(ClientError) as caught:
        make("jobs", **given)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert text in error["Message"]


def test_an_archive_needs_a_runtime_and_a_handler(client: Any, role: str) -> None:
    with pytest.raises(
        client.exceptions.InvalidParameterValueException, match="Runtime and Handler are mandatory"
    ):
        client.create_function(FunctionName="jobs", Role=role, Code={"ZipFile": archive()})


def test_a_name_is_taken_once(client: Any, make: Make) -> None:
    make("jobs")
    with pytest.raises(
        client.exceptions.ResourceConflictException, match="Function already exist: jobs"
    ):
        make("jobs")


def test_variables_under_a_key_of_ones_own_are_sealed(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    kms = chamber.client("kms")
    key = kms.create_key()["KeyMetadata"]
    make("jobs", KMSKeyArn=key["Arn"], Environment={"Variables": {"SECRET": "sesame"}})
    row = chamber.cloud.store.rows(FUNCTIONS, ONE, "us-east-1")["jobs"]
    assert row.latest.variables == {}
    assert b"sesame" not in row.latest.sealed
    found = client.get_function_configuration(FunctionName="jobs")
    assert found["Environment"]["Variables"] == {"SECRET": "sesame"}
    client.invoke(FunctionName="jobs")
    assert crew.orders[0]["environment"] == {"SECRET": "sesame"}
    kms.disable_key(KeyId=key["KeyId"])
    found = client.get_function_configuration(FunctionName="jobs")
    assert "ErrorCode" in found["Environment"]["Error"]
    with pytest.raises(client.exceptions.KMSDisabledException):
        client.invoke(FunctionName="jobs")


def test_tags(client: Any, make: Make, chamber: Chamber) -> None:
    arn = make("jobs", Tags={"a": "1"})["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    found = chamber.client("resourcegroupstaggingapi").get_resources()
    assert found["ResourceTagMappingList"] == [
        {"ResourceARN": arn, "Tags": [{"Key": "b", "Value": "2"}]}
    ]
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.tag_resource(Resource=f"{arn}:1", Tags={"b": "2"})


def test_account_settings_count(client: Any, make: Make) -> None:
    make("jobs")
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=100)
    found = client.get_account_settings()
    assert found["AccountUsage"] == {"TotalCodeSize": len(archive()), "FunctionCount": 1}
    assert found["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert found["AccountLimit"]["UnreservedConcurrentExecutions"] == 900
