"""The DNS names of interface endpoints.

Rules of this file: names are made once, when an endpoint gets its interfaces. The zones that hold
them are AWS's own; their ids are known for the large Regions and drawn for the others.
https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html#interface-endpoint-dns-hostnames
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import ENDPOINT, Endpoint
from cloudchamber.services.ec2.vpcs.lookup import zone_name

_ZONES: Final = MappingProxyType(
    {
        "ap-northeast-1": "Z2E726K9Y6RL4W",
        "ap-southeast-1": "Z18LLCSTV4NVNL",
        "ap-southeast-2": "ZDK2GCRPAFKGO",
        "eu-central-1": "Z273ZU8SZ5RJPC",
        "eu-west-1": "Z38GZ743OKFT7T",
        "eu-west-2": "Z7K1066E3PUKB",
        "us-east-1": "Z7HUB22UULQXV",
        "us-east-2": "ZC8PG0KIFKBRI",
        "us-west-1": "Z12I86A8N7VCZO",
        "us-west-2": "Z1YSA3EXCYUU9Z",
    }
)
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_SUFFIX_LENGTH: Final = 8


def names_for(
    call: Call, endpoint: Endpoint, base: str, zone_ids: Sequence[str]
) -> list[tuple[str, str]]:
    """The names that lead to an endpoint from wherever its VPC is reached: one for all zones, one
    for each. `base` is the service's own (`sqs.eu-west-1.vpce.amazonaws.com`)."""
    stream = call.stream(
        kinds.arn_of(ENDPOINT, endpoint.owner, call.region, endpoint.id), "dns-name"
    )
    suffix = "".join(_ALPHABET[stream.below(len(_ALPHABET))] for _ in range(_SUFFIX_LENGTH))
    start = "*." if base.startswith("s3.") else ""
    hosted = _ZONES.get(call.region) or zone_of(call, "regional")
    return [
        (f"{start}{endpoint.id}-{suffix}.{base}", hosted),
        *(
            (f"{start}{endpoint.id}-{suffix}-{zone_name(call, each)}.{base}", hosted)
            for each in sorted(zone_ids)
        ),
    ]


def zone_of(call: Call, what: str) -> str:
    """A hosted zone's id, in the form of Route 53's: of an endpoint's private names, or of a
    Region whose zone is not known."""
    return f"Z{call.stream(call.arn('vpc-endpoint/*'), f'zone-{what}').hex(20).upper()}"
