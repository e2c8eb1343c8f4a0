"""AWS's quotas for what connects networks, and the checks that the model cannot state.

Rules of this file: numbers with their source, and what follows from a number alone. None of the
quotas can be raised here.

- VPC: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
- Transit Gateway: https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-quotas.html
- PrivateLink: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.errors import AwsError

# VPC
PEERINGS_PER_VPC: Final = 50
PEERINGS_OUTSTANDING: Final = 25

# Transit Gateway
TRANSIT_GATEWAYS: Final = 5
TRANSIT_GATEWAYS_PER_VPC: Final = 5
TRANSIT_TABLES_PER_GATEWAY: Final = 20
TRANSIT_ATTACHMENTS_PER_GATEWAY: Final = 5000
TRANSIT_PEERINGS_PER_GATEWAY: Final = 50
TRANSIT_PEERINGS_PENDING: Final = 10
TRANSIT_ROUTES_PER_TABLE: Final = 10_000
TRANSIT_CIDRS_PER_GATEWAY: Final = 5

# PrivateLink
GATEWAY_ENDPOINTS_PER_REGION: Final = 20
INTERFACE_ENDPOINTS_PER_VPC: Final = 50
ENDPOINT_POLICY_CHARACTERS: Final = 20_480

# Private ASNs: API_TransitGatewayRequestOptions.html
DEFAULT_ASN: Final = 64512
_ASNS: Final = (range(64512, 65535), range(4_200_000_000, 4_294_967_295))


def expect_asn(asn: int) -> int:
    """A private autonomous system number. Raises InvalidParameterValue."""
    if not any(asn in each for each in _ASNS):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid Amazon side ASN {asn}. It must be in the range 64512 to 65534 or "
            "4200000000 to 4294967294.",
        )
    return asn


def expect_room(used: int, most: int, code: str, what: str) -> None:
    """One more has to fit. Raises the quota's error."""
    if used >= most:
        raise AwsError(code, f"The maximum number of {what} has been reached ({most}).")
