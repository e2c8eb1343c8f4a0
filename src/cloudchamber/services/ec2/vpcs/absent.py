"""What leads out of a VPC at AWS and is not here: VPNs, ClassicLink, encryption controls.

Rules of this file: names and reasons. Where clients ask what there is before they do anything else
(`DescribeVpnGateways`), the answer is that there is none, which is true: none can be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Handler, Input, Operation, Output, recorded, refused

_VPN: Final = "there are no virtual private networks to places outside of the cloud"
_CLASSIC: Final = "EC2-Classic was retired in August 2022, and ClassicLink with it"
_ENCRYPTION: Final = "there are no VPC encryption controls"
_SECONDARY: Final = "there are no secondary networks"
_NONE_YET: Final = "there are none, since none can be made"

_REFUSED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        _VPN: (
            "AttachVpnGateway",
            "CreateCustomerGateway",
            "CreateVpnConnection",
            "CreateVpnConnectionRoute",
            "CreateVpnGateway",
            "DeleteCustomerGateway",
            "DeleteVpnConnection",
            "DeleteVpnConnectionRoute",
            "DeleteVpnGateway",
            "DetachVpnGateway",
            "DisableVgwRoutePropagation",
            "EnableVgwRoutePropagation",
            "GetActiveVpnTunnelStatus",
            "GetVpnConnectionDeviceSampleConfiguration",
            "GetVpnConnectionDeviceTypes",
            "GetVpnTunnelReplacementStatus",
            "ModifyVpnConnection",
            "ModifyVpnConnectionOptions",
            "ModifyVpnTunnelCertificate",
            "ModifyVpnTunnelOptions",
            "ReplaceVpnTunnel",
        ),
        _CLASSIC: (
            "AttachClassicLinkVpc",
            "DescribeClassicLinkInstances",
            "DescribeVpcClassicLink",
            "DescribeVpcClassicLinkDnsSupport",
            "DetachClassicLinkVpc",
            "DisableVpcClassicLink",
            "DisableVpcClassicLinkDnsSupport",
            "EnableVpcClassicLink",
            "EnableVpcClassicLinkDnsSupport",
        ),
        _ENCRYPTION: (
            "CreateVpcEncryptionControl",
            "DeleteVpcEncryptionControl",
            "DescribeAccountVpcEncryptionControl",
            "DescribeVpcEncryptionControls",
            "GetVpcResourcesBlockingEncryptionEnforcement",
            "ModifyAccountVpcEncryptionControl",
            "ModifyVpcEncryptionControl",
        ),
        _SECONDARY: (
            "CreateSecondaryNetwork",
            "CreateSecondarySubnet",
            "DeleteSecondaryNetwork",
            "DeleteSecondarySubnet",
            "DescribeSecondaryInterfaces",
            "DescribeSecondaryNetworks",
            "DescribeSecondarySubnets",
        ),
    }
)


def _none(answer: str, ids: str, code: str, said: str) -> Handler:
    def describe(call: Call, request: Input) -> Output:
        for identifier in request.get(ids, ()):
            raise AwsError(code, f"The {said} '{identifier}' does not exist")
        return {answer: []}

    return describe


def _described() -> dict[str, Operation]:
    return {
        "DescribeCustomerGateways": recorded(
            _none(
                "CustomerGateways",
                "CustomerGatewayIds",
                "InvalidCustomerGatewayID.NotFound",
                "customerGateway ID",
            ),
            _NONE_YET,
        ),
        "DescribeVpnConnections": recorded(
            _none(
                "VpnConnections",
                "VpnConnectionIds",
                "InvalidVpnConnectionID.NotFound",
                "vpnConnection ID",
            ),
            _NONE_YET,
        ),
        "DescribeVpnGateways": recorded(
            _none("VpnGateways", "VpnGatewayIds", "InvalidVpnGatewayID.NotFound", "vpnGateway ID"),
            _NONE_YET,
        ),
    }


def _refused() -> dict[str, Operation]:
    return {name: refused(reason) for reason, names in _REFUSED.items() for name in names}


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(_refused() | _described())
