"""The ends of a path: what may be a source or a destination, and whose it is.

Rules of this file: an id or an ARN in, a row found or AWS's error out. A resource of another
account is named by its ARN. Gateways to networks that are not simulated are refused by name.
https://docs.aws.amazon.com/vpc/latest/reachability/how-reachability-analyzer-works.html
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import (
    ENDPOINT,
    ENDPOINT_SERVICE,
    PEERING,
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
)
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.services.ec2.vpcs.nouns import INTERNET_GATEWAY

ENDS: Final[tuple[Kind[Any], ...]] = (
    INSTANCE,
    INTERFACE,
    INTERNET_GATEWAY,
    TRANSIT_GATEWAY,
    TRANSIT_ATTACHMENT,
    PEERING,
    ENDPOINT,
    ENDPOINT_SERVICE,
)
_OUTSIDE: Final = ("vgw-", "vpn-", "cgw-")
_ARN_PARTS: Final = 6


class End(NamedTuple):
    """A resource that a path begins or ends at."""

    id: str
    arn: str
    account: str
    region: str


def prefix_of(identifier: str) -> str:
    """The prefix of an id (`tgw-attach` of `tgw-attach-0a1b...`)."""
    return identifier.rpartition("-")[0]


def kind_of(identifier: str) -> Kind[Any] | None:
    """What kind of thing an id names, if it is one that a path may begin or end at."""
    prefix = prefix_of(identifier)
    return next((kind for kind in ENDS if kind.prefix == prefix), None)


def expect_end(call: Call, given: str, member: str) -> End:
    """The resource that a member of a request names. Raises AwsError."""
    identifier = given
    by_arn = given.startswith("arn:")
    if by_arn:
        parts = given.split(":", _ARN_PARTS - 1)
        if len(parts) != _ARN_PARTS or parts[2] != "ec2":
            raise invalid_value(given, member, "It is not the ARN of an EC2 resource.")
        if parts[3] != call.region:
            raise invalid_value(
                given, member, "The source and destination must be in the Region of the request."
            )
        identifier = parts[5].rpartition("/")[2]
    if identifier.startswith(_OUTSIDE):
        raise AwsError(
            "UnsupportedOperation",
            f"Cloudchamber does not simulate what lies behind {identifier}: a path cannot begin "
            "or end there.",
        )
    kind = kind_of(identifier)
    if kind is None:
        raise invalid_value(given, member, "The resource type is not supported.")
    place = kinds.place_of(call.cloud, identifier)
    if place is None or place.region != call.region:
        raise kinds.missing(kind, identifier)
    if place.account != call.account and not by_arn and kinds.find(call, kind, identifier) is None:
        raise kinds.missing(kind, identifier)
    arn = kinds.arn_of(kind, place.account, place.region, identifier)
    return End(identifier, arn, place.account, place.region)
