"""VPC peerings between accounts and Regions: asked for, accepted, refused, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    THERE,
    YOURS,
    code_of,
    ec2,
    message_of,
    vpc,
)

NOWHERE = "vpc-0123456789abcdef0"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def asked(client: Any, ours: str, theirs: str, **more: Any) -> str:
    answer = client.create_vpc_peering_connection(VpcId=ours, PeerVpcId=theirs, **more)
    identifier: str = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    return identifier


def seen(client: Any, identifier: str) -> dict[str, Any]:
    answer = client.describe_vpc_peering_connections(VpcPeeringConnectionIds=[identifier])
    [found] = answer["VpcPeeringConnections"]
    return dict(found)


def status(client: Any, identifier: str) -> str:
    code: str = seen(client, identifier)["Status"]["Code"]
    return code


def test_another_account_in_another_region_accepts(chamber: Chamber) -> None:
    mine, yours = ec2(chamber, MINE, THERE), ec2(chamber, YOURS, HERE)
    ours, theirs = vpc(mine, "10.0.0.0/16"), vpc(yours, "10.1.0.0/16")
    answer = mine.create_vpc_peering_connection(
        VpcId=ours, PeerVpcId=theirs, PeerOwnerId=YOURS, PeerRegion=HERE
    )["VpcPeeringConnection"]
    assert answer["Status"]["Code"] == "initiating-request"
    assert "CidrBlock" not in answer["AccepterVpcInfo"]
    pcx = answer["VpcPeeringConnectionId"]
    there = seen(yours, pcx)
    assert there["Status"] == {
        "Code": "pending-acceptance",
        "Message": f"Pending Acceptance by {YOURS}",
    }
    assert there["RequesterVpcInfo"]["CidrBlock"] == "10.0.0.0/16"
    for elsewhere in (ec2(chamber, YOURS, THERE), ec2(chamber, MINE, HERE)):
        assert not elsewhere.describe_vpc_peering_connections()["VpcPeeringConnections"]
    accepted = yours.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert accepted["VpcPeeringConnection"]["Status"]["Code"] == "provisioning"
    for side in (mine, yours):
        found = seen(side, pcx)
        assert found["Status"]["Code"] == "active"
        assert found["AccepterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.1.0.0/16"}]
        assert found["AccepterVpcInfo"]["Region"] == HERE
        assert "ExpirationTime" not in found


def test_only_the_accepter_accepts_and_in_its_region(chamber: Chamber) -> None:
    mine, yours = ec2(chamber, MINE, THERE), ec2(chamber, YOURS, HERE)
    pcx = asked(mine, vpc(mine), vpc(yours, "10.1.0.0/16"), PeerOwnerId=YOURS, PeerRegion=HERE)
    with pytest.raises(ClientError) as denied:
        mine.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert code_of(denied.value) == "OperationNotPermitted"
    own_there = ec2(chamber, MINE, HERE)
    other = asked(mine, vpc(mine, "10.5.0.0/16"), vpc(own_there, "10.6.0.0/16"), PeerRegion=HERE)
    with pytest.raises(ClientError) as denied:
        mine.accept_vpc_peering_connection(VpcPeeringConnectionId=other)
    assert f"must be accepted in region {HERE}" in message_of(denied.value)
    own_there.accept_vpc_peering_connection(VpcPeeringConnectionId=other)
    assert status(mine, other) == "active"


@pytest.mark.parametrize("cidr", ["10.0.128.0/17", "10.0.0.0/16"])
def test_overlapping_networks_fail(chamber: Chamber, cidr: str) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    pcx = asked(mine, vpc(mine), vpc(yours, cidr), PeerOwnerId=YOURS)
    assert status(mine, pcx) == "failed"
    assert "overlapping" in seen(mine, pcx)["Status"]["Message"]
    assert not yours.describe_vpc_peering_connections()["VpcPeeringConnections"]
    chamber.advance("2h")
    with pytest.raises(ClientError) as gone:
        seen(mine, pcx)
    assert code_of(gone.value) == "InvalidVpcPeeringConnectionID.NotFound"


def test_what_does_not_exist_fails_or_is_not_found(chamber: Chamber) -> None:
    mine = ec2(chamber)
    ours = vpc(mine)
    assert status(mine, asked(mine, ours, NOWHERE, PeerOwnerId=YOURS)) == "failed"
    with pytest.raises(ClientError) as missing:
        asked(mine, ours, NOWHERE)
    assert code_of(missing.value) == "InvalidVpcID.NotFound"
    with pytest.raises(ClientError) as missing:
        mine.create_vpc_peering_connection(VpcId=ours)
    assert code_of(missing.value) == "MissingParameter"
    with pytest.raises(ClientError) as missing:
        mine.accept_vpc_peering_connection(VpcPeeringConnectionId="pcx-1")
    assert code_of(missing.value) == "InvalidVpcPeeringConnectionId.Malformed"


def test_a_request_expires_after_seven_days_on_the_clock(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    pcx = asked(mine, vpc(mine), vpc(yours, "10.1.0.0/16"), PeerOwnerId=YOURS)
    chamber.advance("167h")
    assert status(yours, pcx) == "pending-acceptance"
    chamber.advance("1h")
    assert status(yours, pcx) == status(mine, pcx) == "expired"
    with pytest.raises(ClientError) as late:
        yours.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert code_of(late.value) == "InvalidStateTransition"
    assert "from expired to active" in message_of(late.value)
    chamber.advance("48h")
    assert not mine.describe_vpc_peering_connections()["VpcPeeringConnections"]


def test_whoever_ends_it_sees_it_for_two_hours_and_the_other_for_two_days(
    chamber: Chamber,
) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    ours, theirs = vpc(mine), vpc(yours, "10.1.0.0/16")
    pcx = asked(mine, ours, theirs, PeerOwnerId=YOURS)
    yours.create_tags(Resources=[pcx], Tags=[{"Key": "Name", "Value": "theirs"}])
    yours.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert seen(mine, pcx)["Status"]["Message"] == f"Rejected by {YOURS}"
    with pytest.raises(ClientError) as ended:
        mine.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert (
        message_of(ended.value)
        == f"Invalid state transition for {pcx}, attempted to transition from rejected to deleting"
    )
    chamber.advance("2h")
    assert not yours.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert status(mine, pcx) == "rejected"
    chamber.advance("46h")
    assert not mine.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert not yours.describe_tags()["Tags"]
    again = asked(mine, ours, theirs, PeerOwnerId=YOURS)
    yours.accept_vpc_peering_connection(VpcPeeringConnectionId=again)
    yours.delete_vpc_peering_connection(VpcPeeringConnectionId=again)
    assert seen(mine, again)["Status"] == {"Code": "deleted", "Message": f"Deleted by {YOURS}"}


def test_a_pending_request_is_deleted_by_who_asked(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    pcx = asked(mine, vpc(mine), vpc(yours, "10.1.0.0/16"), PeerOwnerId=YOURS)
    with pytest.raises(ClientError) as denied:
        yours.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert code_of(denied.value) == "OperationNotPermitted"
    mine.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert status(yours, pcx) == "deleted"


def test_two_vpcs_have_one_peering(chamber: Chamber) -> None:
    mine = ec2(chamber)
    first, second = vpc(mine), vpc(mine, "10.1.0.0/16")
    asked(mine, first, second)
    with pytest.raises(ClientError) as twice:
        asked(mine, second, first)
    assert code_of(twice.value) == "VpcPeeringConnectionAlreadyExists"
    with pytest.raises(ClientError) as itself:
        asked(mine, first, first)
    assert code_of(itself.value) == "InvalidParameterValue"


def test_options_belong_to_their_side(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    ours, theirs = vpc(mine), vpc(yours, "10.1.0.0/16")
    pcx = asked(mine, ours, theirs, PeerOwnerId=YOURS)
    resolves = {"AllowDnsResolutionFromRemoteVpc": True}

    def ask(client: Any, side: str) -> Any:
        return client.modify_vpc_peering_connection_options(
            VpcPeeringConnectionId=pcx, **{f"{side}PeeringConnectionOptions": resolves}
        )

    with pytest.raises(ClientError) as early:
        ask(mine, "Requester")
    assert "is not active" in message_of(early.value)
    yours.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with pytest.raises(ClientError) as denied:
        ask(mine, "Accepter")
    assert code_of(denied.value) == "OperationNotPermitted"
    with pytest.raises(ClientError) as disabled:
        ask(mine, "Requester")
    assert code_of(disabled.value) == "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled"
    mine.modify_vpc_attribute(VpcId=ours, EnableDnsHostnames={"Value": True})
    ask(mine, "Requester")
    found = seen(yours, pcx)
    assert found["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert found["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is False


def test_filters(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    ours = vpc(mine)
    first = asked(mine, ours, vpc(yours, "10.1.0.0/16"), PeerOwnerId=YOURS)
    second = asked(
        mine, ours, vpc(mine, "10.2.0.0/16"),
        TagSpecifications=[
            {
                "ResourceType": "vpc-peering-connection",
                "Tags": [{"Key": "Name", "Value": "own"}],
            }
        ],
    )  # fmt: skip
    mine.accept_vpc_peering_connection(VpcPeeringConnectionId=second)

    def found(name: str, value: str) -> list[str]:
        answer = mine.describe_vpc_peering_connections(Filters=[{"Name": name, "Values": [value]}])
        return [each["VpcPeeringConnectionId"] for each in answer["VpcPeeringConnections"]]

    assert found("status-code", "active") == [second]
    assert found("accepter-vpc-info.owner-id", YOURS) == [first]
    assert found("accepter-vpc-info.cidr-block", "10.2.*") == [second]
    assert found("requester-vpc-info.vpc-id", ours) == sorted([first, second])
    assert found("tag:Name", "own") == [second]
    assert found("expiration-time", "20*") == [first]


def test_slow_lives_pass_their_states(chamber: Chamber) -> None:
    with Chamber(seed=1, lifecycle="realistic") as slow:
        mine = ec2(slow)
        pcx = asked(mine, vpc(mine), vpc(mine, "10.1.0.0/16"))
        assert status(mine, pcx) == "initiating-request"
        slow.advance("10s")
        mine.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
        assert status(mine, pcx) == "provisioning"
        slow.advance("10s")
        assert status(mine, pcx) == "active"
