"""What of VPCs is not simulated, said by name when a request asks for it.

Rules of this file: checks that raise. IP address pools of other kinds than Amazon's, Outposts and
encryption controls are absent; a request that needs one is refused instead of half done.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import Refused

_ABSENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Ipv4IpamPoolId": "there are no IPAM pools",
        "Ipv4NetmaskLength": "there are no IPAM pools",
        "Ipv6IpamPoolId": "there are no IPAM pools",
        "Ipv6NetmaskLength": "there are no IPAM pools",
        "Ipv6Pool": "addresses cannot be brought along (BYOIP)",
        "VpcEncryptionControl": "there are no VPC encryption controls",
        "OutpostArn": "there are no Outposts",
        "CustomerOwnedIpv4Pool": "there are no Outposts with addresses of their own",
        "MapCustomerOwnedIpOnLaunch": "there are no Outposts with addresses of their own",
        "PublicIpv4Pool": "addresses cannot be brought along (BYOIP)",
        "LocalGatewayId": "there are no Outposts and so no local gateways",
        "CarrierGatewayId": "there are no carrier gateways",
        "CoreNetworkArn": "there is no Cloud WAN",
        "OdbNetworkArn": "there are no Oracle Database networks",
    }
)


def refuse_absent(call: Call, request: Mapping[str, Any]) -> None:
    """Nothing that is not simulated is asked for. Raises Refused (HTTP 501)."""
    for member, reason in _ABSENT.items():
        if request.get(member) is not None:
            raise Refused("ec2", call.operation_name, f"{member}: {reason}")
