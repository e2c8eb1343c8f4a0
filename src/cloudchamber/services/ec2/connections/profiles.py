"""What an endpoint costs and how far it reaches, by its type: a gateway one against the others.

Rules of this file: data with its source. Usage is named as on AWS's bill, without the Region's
prefix. AWS publishes no latencies: `added_ns` is our reading of "low" and "higher", one more hop
through an interface and its load balancer.
https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
https://aws.amazon.com/privatelink/pricing/
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

TRANSIT_HOURS: Final = "TransitGateway-Hours"  # of each attachment
TRANSIT_BYTES: Final = "TransitGateway-Bytes"  # sent into a gateway by an attachment


class EndpointProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A type's cost, latency and scope.

    `hours` is the usage counted for each hour and zone, `bytes` that for each byte; empty means
    free of charge. `added_ns` is how much longer a request takes than to the service itself.
    `is_regional` says that it cannot lead to another Region, nor be reached from outside its VPC.
    """

    hours: str
    bytes: str
    added_ns: int
    is_regional: bool


PROFILES: Final = MappingProxyType(
    {
        "Gateway": EndpointProfile(hours="", bytes="", added_ns=0, is_regional=True),
        "Interface": EndpointProfile(
            hours="VpcEndpoint-Hours", bytes="VpcEndpoint-Bytes", added_ns=500_000,
            is_regional=False,
        ),
        "GatewayLoadBalancer": EndpointProfile(
            hours="VpcEndpoint-GWLBE-Hours", bytes="VpcEndpoint-GWLBE-Bytes", added_ns=500_000,
            is_regional=True,
        ),
        "ServiceNetwork": EndpointProfile(
            hours="", bytes="", added_ns=500_000, is_regional=True
        ),
    }
)  # fmt: skip


def profile_of(type_: str) -> EndpointProfile:
    """The profile of a type of endpoint."""
    return PROFILES[type_]
