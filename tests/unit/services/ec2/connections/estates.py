"""Two accounts in two Regions, and how their clients are made."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber

MINE = "111111111111"
YOURS = "222222222222"
HERE = "eu-west-1"
THERE = "us-east-1"


def ec2(chamber: Chamber, account: str = MINE, region: str = HERE) -> Any:
    return chamber.client("ec2", region_name=region, account=account)


def vpc(client: Any, cidr: str = "10.0.0.0/16", **more: Any) -> str:
    made: str = client.create_vpc(CidrBlock=cidr, **more)["Vpc"]["VpcId"]
    return made


def subnet(client: Any, vpc_id: str, cidr: str, zone: str = "a") -> str:
    made: str = client.create_subnet(
        VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=f"{client.meta.region_name}{zone}"
    )["Subnet"]["SubnetId"]
    return made


def code_of(error: ClientError) -> str:
    code: str = error.response["Error"]["Code"]
    return code


def message_of(error: ClientError) -> str:
    message: str = error.response["Error"]["Message"]
    return message


def gateway(client: Any, **options: Any) -> str:
    made: str = client.create_transit_gateway(Options=options)["TransitGateway"]["TransitGatewayId"]
    return made


def shared(chamber: Chamber, arn: str, to: str = YOURS) -> None:
    """Share something of MINE with another account, which accepts."""
    ours = chamber.client("ram", region_name=HERE, account=MINE)
    ours.create_resource_share(name="shared", resourceArns=[arn], principals=[to])
    theirs = chamber.client("ram", region_name=HERE, account=to)
    for each in theirs.get_resource_share_invitations()["resourceShareInvitations"]:
        theirs.accept_resource_share_invitation(
            resourceShareInvitationArn=each["resourceShareInvitationArn"]
        )


def organized(chamber: Chamber, member: str = YOURS) -> None:
    """MINE's organization with another account in it; sharing inside needs no invitation."""
    owner = chamber.client("organizations", account=MINE)
    owner.create_organization(FeatureSet="ALL")
    asked = owner.invite_account_to_organization(Target={"Id": member, "Type": "ACCOUNT"})
    chamber.client("organizations", account=member).accept_handshake(
        HandshakeId=asked["Handshake"]["Id"]
    )
    chamber.client("ram", region_name=HERE, account=MINE).enable_sharing_with_aws_organization()
