"""Replicas in other Regions: made, followed, promoted, removed."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.secretsmanager.vault import ONE, refusal, stages, token, value

NOT_HERE = (
    "Operation not permitted on a replica secret. Call must be made in primary secret's region."
)
WEST = [{"Region": "us-west-2"}]


@pytest.fixture
def west(chamber: Chamber) -> Any:
    return chamber.client("secretsmanager", "us-west-2")


@pytest.fixture
def arn(secrets: Any) -> str:
    made: str = secrets.create_secret(
        Name="a",
        SecretString="1",
        ClientRequestToken=token(1),
        Description="d",
        Tags=[{"Key": "t", "Value": "u"}],
        AddReplicaRegions=WEST,
    )["ARN"]
    return made


def status(secrets: Any) -> dict[str, str]:
    found = secrets.describe_secret(SecretId="a").get("ReplicationStatus", [])
    return {each["Region"]: each["Status"] for each in found}


def test_a_replica_is_the_same_secret(secrets: Any, west: Any, arn: str) -> None:
    assert status(secrets) == {"us-west-2": "InSync"}
    shown = west.describe_secret(SecretId="a")
    assert shown["ARN"] == arn.replace("us-east-1", "us-west-2")
    assert shown["PrimaryRegion"] == "us-east-1"
    assert (shown["Description"], shown["Tags"]) == ("d", [{"Key": "t", "Value": "u"}])
    assert value(west, "a") == "1"


def test_a_replica_follows_and_takes_no_changes(secrets: Any, west: Any, arn: str) -> None:
    secrets.put_secret_value(SecretId="a", SecretString="2", ClientRequestToken=token(2))
    secrets.tag_resource(SecretId="a", Tags=[{"Key": "t", "Value": "w"}])
    assert value(west, "a") == "2"
    assert value(west, "a", VersionStage="AWSPREVIOUS") == "1"
    assert stages(west, "a") == stages(secrets, "a")
    assert west.describe_secret(SecretId="a")["Tags"] == [{"Key": "t", "Value": "w"}]
    for call, request in (
        (west.put_secret_value, {"SecretString": "3"}),
        (west.update_secret, {"Description": "x"}),
        (west.tag_resource, {"Tags": []}),
        (west.delete_secret, {}),
        (west.rotate_secret, {}),
        (west.replicate_secret_to_regions, {"AddReplicaRegions": [{"Region": "eu-west-1"}]}),
    ):
        assert refusal(call, SecretId="a", **request) == ("InvalidRequestException", NOT_HERE)


def test_a_copy_takes_a_while(chamber: Chamber) -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as slow:
        here, there = slow.client("secretsmanager"), slow.client("secretsmanager", "us-west-2")
        answer = here.create_secret(Name="a", SecretString="1", AddReplicaRegions=WEST)
        assert answer["ReplicationStatus"][0]["Status"] == "InProgress"
        assert refusal(there.get_secret_value, SecretId="a")[0] == "ResourceNotFoundException"
        slow.advance("3s")
        assert status(here) == {"us-west-2": "InSync"}
        here.put_secret_value(SecretId="a", SecretString="2")
        assert status(here) == {"us-west-2": "InProgress"}
        assert value(there, "a") == "1"
        slow.advance("3s")
        assert value(there, "a") == "2"


def test_a_name_that_is_taken(secrets: Any, west: Any) -> None:
    west.create_secret(Name="a", SecretString="theirs")
    secrets.create_secret(Name="a", SecretString="mine", AddReplicaRegions=WEST)
    failed = secrets.describe_secret(SecretId="a")["ReplicationStatus"][0]
    assert failed["Status"] == "Failed"
    assert failed["StatusMessage"].endswith("Secret with this name already exists in this region.")
    assert value(west, "a") == "theirs"
    secrets.replicate_secret_to_regions(
        SecretId="a", AddReplicaRegions=WEST, ForceOverwriteReplicaSecret=True
    )
    assert value(west, "a") == "mine"


def test_a_replica_is_promoted(secrets: Any, west: Any, arn: str) -> None:
    assert refusal(secrets.stop_replication_to_replica, SecretId="a")[0] == (
        "InvalidRequestException"
    )
    answer = west.stop_replication_to_replica(SecretId="a")
    assert answer["ARN"] == arn.replace("us-east-1", "us-west-2")
    assert status(secrets) == {}
    secrets.put_secret_value(SecretId="a", SecretString="2")
    assert value(west, "a") == "1"
    west.put_secret_value(SecretId="a", SecretString="own")
    assert value(west, "a") == "own"


def test_replicas_are_removed_before_their_primary(secrets: Any, west: Any, arn: str) -> None:
    code, message = refusal(secrets.delete_secret, SecretId="a", ForceDeleteWithoutRecovery=True)
    assert code == "InvalidRequestException"
    assert message == "You can't delete secret a that still has replica regions [us-west-2]"
    for regions in (["eu-west-1"], ["us-west-2", "eu-west-1"]):
        assert refusal(
            secrets.remove_regions_from_replication, SecretId="a", RemoveReplicaRegions=regions
        )[0] == "InvalidParameterException"  # fmt: skip
    answer = secrets.remove_regions_from_replication(
        SecretId="a", RemoveReplicaRegions=["us-west-2"]
    )
    assert answer["ReplicationStatus"] == []
    assert refusal(west.describe_secret, SecretId="a")[0] == "ResourceNotFoundException"
    secrets.delete_secret(SecretId="a")


def test_replicas_in_other_accounts_are_refused_by_name(secrets: Any, arn: str) -> None:
    request = {"SecretId": "a", "CrossAccountReplicaARN": arn.replace(ONE, "222222222222")}
    assert refusal(secrets.associate_cross_account_replica, **request)[0] == "NotImplemented"
