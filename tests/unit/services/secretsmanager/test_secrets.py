"""Secrets: made, read, changed, labelled, deleted and restored."""

from __future__ import annotations

import string
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.services.secretsmanager.nouns import SECRETS
from tests.unit.services.secretsmanager.vault import ONE, TWO, pages, refusal, stages, token, value

ABSENT = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
MARKED = "You can't perform this operation on the secret because it was marked for deletion."

BAD_NAME = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
    "following: -/_+=.@!"
)
SCHEDULED = (
    "You can't create this secret because a secret with this name is already scheduled for "
    "deletion."
)


def test_a_secret_is_made_and_read(secrets: Any) -> None:
    made = secrets.create_secret(
        Name="app/db", SecretString="s3cret", ClientRequestToken=token(1), Description="d"
    )
    prefix = f"arn:aws:secretsmanager:us-east-1:{ONE}:secret:app/db-"
    assert made["ARN"].startswith(prefix)
    assert len(made["ARN"]) == len(prefix) + 6
    assert made["VersionId"] == token(1)
    for secret_id in ("app/db", made["ARN"], prefix[:-1]):
        found = secrets.get_secret_value(SecretId=secret_id)
        assert found["SecretString"] == "s3cret"
        assert found["VersionStages"] == ["AWSCURRENT"]
        assert found["CreatedDate"].isoformat() == "2026-01-01T12:30:00+00:00"
    assert refusal(secrets.get_secret_value, SecretId="none") == ABSENT
    assert refusal(secrets.get_secret_value, SecretId=prefix + "AAAAAA") == ABSENT


def test_binary_values(secrets: Any) -> None:
    secrets.create_secret(Name="b", SecretBinary=b"\x00\xff")
    found = secrets.get_secret_value(SecretId="b")
    assert found["SecretBinary"] == b"\x00\xff"
    assert "SecretString" not in found


def test_a_secret_without_a_value(secrets: Any) -> None:
    assert "VersionId" not in secrets.create_secret(Name="empty")
    assert refusal(secrets.get_secret_value, SecretId="empty") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )
    secrets.put_secret_value(SecretId="empty", SecretString="v", ClientRequestToken=token(1))
    assert value(secrets, "empty") == "v"


def test_values_lie_sealed(secrets: Any, chamber: Chamber) -> None:
    secrets.create_secret(Name="a", SecretString="plain-as-day")
    rows = chamber.cloud.store.rows(SECRETS, ONE, "us-east-1")
    assert b"plain-as-day" not in SECRETS.encode(rows)
    assert value(chamber.fork().client("secretsmanager"), "a") == "plain-as-day"


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            {"Name": "a b"},
            "ValidationException",
            BAD_NAME,
        ),
        ({"SecretString": "a", "SecretBinary": b"a"}, "InvalidParameterException", None),
        ({"SecretString": "é" * 65_536}, "InvalidParameterException", None),
        ({"SecretString": "a" * 65_537}, "ValidationException", None),
        ({"Tags": [{"Key": "aws:a", "Value": "b"}]}, "InvalidParameterException", None),
        ({"Tags": [{"Key": "a"}, {"Key": "a"}]}, "InvalidParameterException", None),
        ({"AddReplicaRegions": [{"Region": "us-east-1"}]}, "InvalidParameterException", None),
        ({"AddReplicaRegions": [{"Region": "xx-none-1"}]}, "InvalidParameterException", None),
        ({"Type": "partner"}, "NotImplemented", None),
    ],
)
def test_what_cannot_be_made(
    secrets: Any, request_: dict[str, Any], code: str, message: str | None
) -> None:
    found = refusal(secrets.create_secret, **{"Name": "x", **request_})
    assert found[0] == code
    if message is not None:
        assert found[1] == message
    assert secrets.list_secrets()["SecretList"] == []


def test_the_same_token_makes_nothing_twice(secrets: Any) -> None:
    request = {"Name": "a", "SecretString": "1", "ClientRequestToken": token(1)}
    first = secrets.create_secret(**request)
    assert secrets.create_secret(**request)["ARN"] == first["ARN"]
    assert refusal(secrets.create_secret, **{**request, "ClientRequestToken": token(2)}) == (
        "ResourceExistsException",
        "The operation failed because the secret a already exists.",
    )
    put = {"SecretId": "a", "SecretString": "2", "ClientRequestToken": token(2)}
    secrets.put_secret_value(**put)
    secrets.put_secret_value(**put)
    assert stages(secrets, "a") == {token(1): ["AWSPREVIOUS"], token(2): ["AWSCURRENT"]}
    assert refusal(secrets.put_secret_value, **{**put, "SecretString": "3"}) == (
        "ResourceExistsException",
        "A resource with the ID you requested already exists.",
    )
    assert refusal(secrets.update_secret, **{**put, "SecretString": "3"})[0] == (
        "ResourceExistsException"
    )
    assert value(secrets, "a") == "2"


def test_labels_move_and_the_previous_one_follows(secrets: Any) -> None:
    secrets.create_secret(Name="a", SecretString="1", ClientRequestToken=token(1))
    for number in (2, 3):
        secrets.put_secret_value(
            SecretId="a", SecretString=str(number), ClientRequestToken=token(number)
        )
    assert stages(secrets, "a") == {token(2): ["AWSPREVIOUS"], token(3): ["AWSCURRENT"]}
    assert value(secrets, "a", VersionStage="AWSPREVIOUS") == "2"
    assert value(secrets, "a", VersionId=token(1)) == "1"
    secrets.put_secret_value(
        SecretId="a", SecretString="4", ClientRequestToken=token(4), VersionStages=["green"]
    )
    assert value(secrets, "a") == "3"
    assert value(secrets, "a", VersionStage="green") == "4"
    assert refusal(
        secrets.get_secret_value, SecretId="a", VersionId=token(4), VersionStage="AWSCURRENT"
    ) == (
        "InvalidRequestException",
        "You provided a VersionStage that is not associated to the provided VersionId.",
    )
    assert refusal(secrets.get_secret_value, SecretId="a", VersionId=token(9)) == (
        "ResourceNotFoundException",
        f"Secrets Manager can't find the specified secret value for VersionId: {token(9)}",
    )


def test_moving_a_label_by_hand(secrets: Any) -> None:
    secrets.create_secret(Name="a", SecretString="1", ClientRequestToken=token(1))
    secrets.put_secret_value(SecretId="a", SecretString="2", ClientRequestToken=token(2))
    move = secrets.update_secret_version_stage
    about = {"SecretId": "a", "VersionStage": "AWSCURRENT"}
    code, message = refusal(move, **about, MoveToVersionId=token(1))
    assert code == "InvalidParameterException"
    assert message == (
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently "
        f"attached to version {token(2)}, so you must explicitly reference that version in "
        "RemoveFromVersionId."
    )
    code, _ = refusal(move, **about, MoveToVersionId=token(1), RemoveFromVersionId=token(1))
    assert code == "InvalidParameterException"
    code, message = refusal(move, **about, RemoveFromVersionId=token(2))
    assert message.startswith("You can only move staging label AWSCURRENT to a different secret")
    code, _ = refusal(move, **about, MoveToVersionId=token(7), RemoveFromVersionId=token(2))
    assert code == "ResourceNotFoundException"
    move(**about, MoveToVersionId=token(1), RemoveFromVersionId=token(2))
    assert stages(secrets, "a") == {token(1): ["AWSCURRENT"], token(2): ["AWSPREVIOUS"]}
    move(SecretId="a", VersionStage="mine", MoveToVersionId=token(2))
    assert stages(secrets, "a")[token(2)] == ["AWSPREVIOUS", "mine"]
    move(SecretId="a", VersionStage="mine", RemoveFromVersionId=token(2))
    assert stages(secrets, "a")[token(2)] == ["AWSPREVIOUS"]


def test_versions_are_listed_and_the_old_ones_let_go(secrets: Any, chamber: Chamber) -> None:
    secrets.create_secret(Name="a", SecretString="1", ClientRequestToken=token(1))
    for number in range(2, 101):
        secrets.put_secret_value(
            SecretId="a", SecretString=str(number), ClientRequestToken=token(number)
        )
    more = {"SecretId": "a", "SecretString": "more", "ClientRequestToken": token(101)}
    assert refusal(secrets.put_secret_value, **more)[0] == "LimitExceededException"
    chamber.advance("1d")
    secrets.put_secret_value(**more)
    listed = secrets.list_secret_version_ids(SecretId="a")["Versions"]
    assert [each["VersionId"] for each in listed] == [token(100), token(101)]
    whole = pages(
        secrets.list_secret_version_ids, SecretId="a", IncludeDeprecated=True, MaxResults=60
    )
    found = [each["VersionId"] for page in whole for each in page["Versions"]]
    assert sorted(found) == [token(number) for number in range(2, 102)]
    assert listed[0]["KmsKeyIds"] == ["DefaultEncryptionKey"]
    assert refusal(secrets.list_secret_version_ids, SecretId="a", NextToken="x")[0] == (
        "InvalidNextTokenException"
    )


def test_updating(secrets: Any, chamber: Chamber) -> None:
    made = secrets.create_secret(Name="a", SecretString="1", ClientRequestToken=token(1))
    chamber.advance("1h")
    assert "VersionId" not in secrets.update_secret(SecretId="a", Description="new")
    answer = secrets.update_secret(SecretId="a", SecretString="2", ClientRequestToken=token(2))
    assert answer["VersionId"] == token(2)
    shown = secrets.describe_secret(SecretId="a")
    assert shown["ARN"] == made["ARN"]
    assert shown["Description"] == "new"
    assert shown["LastChangedDate"].isoformat() == "2026-01-01T13:30:00+00:00"
    assert shown["CreatedDate"].isoformat() == "2026-01-01T12:30:00+00:00"
    assert value(secrets, "a") == "2"
    for absent in ("KmsKeyId", "RotationEnabled", "DeletedDate", "LastAccessedDate", "Tags"):
        assert absent not in shown


def test_readings_are_dated_to_the_day_and_survive(secrets: Any, chamber: Chamber) -> None:
    secrets.create_secret(Name="a", SecretString="1")
    chamber.advance("1d")
    value(secrets, "a")
    assert secrets.describe_secret(SecretId="a")["LastAccessedDate"].isoformat() == (
        "2026-01-02T00:00:00+00:00"
    )
    shown = chamber.fork().client("secretsmanager").describe_secret(SecretId="a")
    assert shown["LastAccessedDate"].day == 2


# Deletion


def test_a_deleted_secret_can_be_restored_until_its_window_is_over(
    secrets: Any, chamber: Chamber
) -> None:
    secrets.create_secret(Name="a", SecretString="1")
    gone = secrets.delete_secret(SecretId="a", RecoveryWindowInDays=7)
    assert gone["DeletionDate"].isoformat() == "2026-01-08T12:30:00+00:00"
    for call, request in (
        (secrets.get_secret_value, {}),
        (secrets.put_secret_value, {"SecretString": "2"}),
        (secrets.update_secret, {"Description": "x"}),
        (secrets.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (secrets.rotate_secret, {}),
        (secrets.put_resource_policy, {"ResourcePolicy": "{}"}),
    ):
        assert refusal(call, SecretId="a", **request) == ("InvalidRequestException", MARKED)
    assert refusal(secrets.create_secret, Name="a") == ("InvalidRequestException", SCHEDULED)
    assert refusal(secrets.delete_secret, SecretId="a")[0] == "InvalidRequestException"
    assert secrets.describe_secret(SecretId="a")["DeletedDate"] == gone["DeletionDate"]
    assert secrets.list_secrets()["SecretList"] == []
    assert len(secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 1
    chamber.advance("6d")
    secrets.restore_secret(SecretId="a")
    assert value(secrets, "a") == "1"
    chamber.advance("30d")
    assert value(secrets, "a") == "1"


def test_a_deleted_secret_ends_when_its_window_is_over(secrets: Any, chamber: Chamber) -> None:
    first = secrets.create_secret(Name="a", SecretString="1")["ARN"]
    secrets.delete_secret(SecretId="a")
    chamber.advance(30 * 86_400 - 1)
    secrets.describe_secret(SecretId="a")
    chamber.advance(1)
    assert refusal(secrets.describe_secret, SecretId="a") == ABSENT
    assert secrets.create_secret(Name="a")["ARN"] != first
    assert refusal(secrets.describe_secret, SecretId=first) == ABSENT


def test_deletion_by_force(secrets: Any, chamber: Chamber) -> None:
    secrets.create_secret(Name="a", SecretString="1")
    secrets.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
    assert refusal(secrets.describe_secret, SecretId="a") == ABSENT
    secrets.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="a", SecretString="2")
    chamber.advance("40d")
    assert value(secrets, "a") == "2"
    assert refusal(secrets.delete_secret, SecretId="none") == ABSENT
    assert refusal(
        secrets.delete_secret, SecretId="a", ForceDeleteWithoutRecovery=True, RecoveryWindowInDays=7
    ) == (
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    )
    for days in (6, 31):
        assert refusal(secrets.delete_secret, SecretId="a", RecoveryWindowInDays=days) == (
            "InvalidParameterException",
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        )


# Listing


@pytest.fixture
def shelf(secrets: Any, chamber: Chamber) -> Any:
    for name, description, tags in (
        ("prod/db", "The Database", {"team": "red"}),
        ("prod/api", "", {"team": "blue", "stage": "Live"}),
        ("test/db", "old database", {}),
    ):
        listed = [{"Key": key, "Value": each} for key, each in tags.items()]
        secrets.create_secret(Name=name, Description=description, Tags=listed, SecretString=name)
        chamber.advance("1d")
    return secrets


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["prod/db", "prod/api", "test/db"]),
        ([("name", ["prod"])], ["prod/db", "prod/api"]),
        ([("name", ["PROD"])], []),
        ([("name", ["prod/a", "test"])], ["prod/api", "test/db"]),
        ([("name", ["!prod"])], ["test/db"]),
        ([("description", ["the data"])], ["prod/db"]),
        ([("tag-key", ["sta"])], ["prod/api"]),
        ([("tag-value", ["red"])], ["prod/db"]),
        ([("tag-key", ["team"]), ("name", ["prod/a"])], ["prod/api"]),
        ([("all", ["database"])], ["prod/db", "test/db"]),
        ([("all", ["LIVE"])], ["prod/api"]),
        ([("owning-service", ["rds"])], []),
        ([("primary-region", ["us-"])], ["prod/db", "prod/api", "test/db"]),
    ],
)
def test_filters(shelf: Any, filters: list[tuple[str, list[str]]], found: list[str]) -> None:
    given = [{"Key": key, "Values": values} for key, values in filters]
    listed = shelf.list_secrets(Filters=given)["SecretList"]
    assert [each["Name"] for each in listed] == found


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({"SortOrder": "desc"}, ["test/db", "prod/api", "prod/db"]),
        ({"SortBy": "name"}, ["prod/api", "prod/db", "test/db"]),
        ({"SortBy": "name", "SortOrder": "desc"}, ["test/db", "prod/db", "prod/api"]),
        ({"SortBy": "last-changed-date"}, ["prod/api", "test/db", "prod/db"]),
        ({"SortBy": "last-accessed-date"}, ["prod/db", "test/db", "prod/api"]),
    ],
)
def test_order_and_pages(shelf: Any, request_: dict[str, str], found: list[str]) -> None:
    shelf.update_secret(SecretId="prod/db", Description="changed")
    value(shelf, "prod/api")
    whole = pages(shelf.list_secrets, **request_, MaxResults=2)
    assert [each["Name"] for page in whole for each in page["SecretList"]] == found


def test_several_values_at_once(shelf: Any) -> None:
    answer = shelf.batch_get_secret_value(SecretIdList=["prod/db", "none"])
    assert [each["SecretString"] for each in answer["SecretValues"]] == ["prod/db"]
    assert answer["Errors"] == [{"SecretId": "none", "ErrorCode": ABSENT[0], "Message": ABSENT[1]}]
    by = [{"Key": "name", "Values": ["prod"]}]
    found = pages(shelf.batch_get_secret_value, Filters=by, MaxResults=1)
    assert [page["SecretValues"][0]["Name"] for page in found] == ["prod/api", "prod/db"]
    for request in ({}, {"Filters": by, "SecretIdList": ["a"]},
                    {"SecretIdList": ["a"], "MaxResults": 1}):  # fmt: skip
        assert refusal(shelf.batch_get_secret_value, **request)[0] == "InvalidParameterException"


def test_tags(secrets: Any, chamber: Chamber) -> None:
    arn = secrets.create_secret(Name="a", Tags=[{"Key": "x", "Value": "1"}])["ARN"]
    secrets.tag_resource(SecretId="a", Tags=[{"Key": "y", "Value": "2"}])
    secrets.untag_resource(SecretId=arn, TagKeys=["x", "none"])
    assert secrets.describe_secret(SecretId="a")["Tags"] == [{"Key": "y", "Value": "2"}]
    tagging = chamber.client("resourcegroupstaggingapi")
    tagging.tag_resources(ResourceARNList=[arn], Tags={"z": "3"})
    found = tagging.get_resources(ResourceTypeFilters=["secretsmanager:secret"])
    assert found["ResourceTagMappingList"] == [
        {"ResourceARN": arn, "Tags": [{"Key": "y", "Value": "2"}, {"Key": "z", "Value": "3"}]}
    ]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refusal(secrets.tag_resource, SecretId="a", Tags=many)[0] == "LimitExceededException"


def test_secrets_are_of_their_account_and_region(secrets: Any, chamber: Chamber) -> None:
    secrets.create_secret(Name="a", SecretString="1")
    for other in (
        chamber.client("secretsmanager", "eu-west-1"),
        chamber.client("secretsmanager", account=TWO),
    ):
        assert refusal(other.get_secret_value, SecretId="a") == ABSENT


def test_a_secret_is_read_as_a_parameter(secrets: Any, chamber: Chamber) -> None:
    ssm = chamber.client("ssm")
    secrets.create_secret(Name="db", SecretString="1", ClientRequestToken=token(1))
    secrets.put_secret_value(SecretId="db", SecretString="2", ClientRequestToken=token(2))
    name = "/aws/reference/secretsmanager/db"
    found = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Type"], found["Name"]) == ("2", "SecureString", name)
    assert token(2) in found["SourceResult"]
    for selector in ("AWSPREVIOUS", token(1)):
        found = ssm.get_parameter(Name=f"{name}:{selector}", WithDecryption=True)["Parameter"]
        assert found["Value"] == "1"
    assert refusal(ssm.get_parameter, Name=name) == (
        "ValidationException",
        "WithDecryption flag must be True for retrieving a Secret Manager secret.",
    )
    code, message = refusal(ssm.get_parameter, Name=name + "none", WithDecryption=True)
    assert code == "ParameterNotFound"
    assert message == (
        "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret dbnone not "
        "found."
    )


# Passwords


def test_passwords(secrets: Any, chamber: Chamber) -> None:
    def password(**options: Any) -> str:
        text: str = secrets.get_random_password(**options)["RandomPassword"]
        return text

    first = password()
    assert len(first) == 32
    for kind in (
        string.ascii_lowercase,
        string.ascii_uppercase,
        string.digits,
        string.punctuation,
    ):
        assert set(first) & set(kind)
    assert password() != first
    with Chamber(seed=1, account=ONE) as again:
        same = again.client("secretsmanager").get_random_password()["RandomPassword"]
        assert same == first
    letters = password(PasswordLength=4096, ExcludeNumbers=True, ExcludePunctuation=True)
    assert set(letters) == set(string.ascii_letters)
    assert set(
        password(PasswordLength=2000, ExcludeCharacters=string.ascii_letters, IncludeSpace=True)
    ) == set(string.digits + string.punctuation + " ")
    assert password(PasswordLength=1, RequireEachIncludedType=False)
    assert refusal(secrets.get_random_password, PasswordLength=3)[0] == "InvalidParameterException"
    everything = {f"Exclude{kind}": True for kind in
                  ("Lowercase", "Uppercase", "Numbers", "Punctuation")}  # fmt: skip
    assert refusal(secrets.get_random_password, **everything)[0] == "InvalidRequestException"
    assert refusal(secrets.get_random_password, PasswordLength=4097)[0] == "ValidationException"
    assert chamber.fork().client("secretsmanager").get_random_password() != first
