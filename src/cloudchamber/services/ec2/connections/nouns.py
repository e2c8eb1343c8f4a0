"""Peerings, Transit Gateways and endpoints: what leads from one network to another. The state.

Rules of this file: plain data. A peering lies in its requester's account and Region; the accepter
finds it through `kinds.everywhere` by its VPC's id. An attachment lies in the account that made it.
Who sees what lies between two parties is said here too, since it follows from the rows.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind, place_of


class PeeringSide(msgspec.Struct, kw_only=True):
    """One side of a peering; `resolves_dns` is AllowDnsResolutionFromRemoteVpc."""

    account: str
    region: str
    vpc: str
    cidrs: list[str]
    cidrs6: list[str] = []
    resolves_dns: bool = False


class Peering(msgspec.Struct, kw_only=True):
    """A VPC peering connection; `status` as AWS (pending-acceptance, active, deleted ...).

    What is over is seen for a while: by each side until its instant, 0 while there is no end.
    """

    id: str
    owner: str
    requester: PeeringSide
    accepter: PeeringSide
    status: str
    status_text: str
    expires_ns: int = 0
    changed_ns: int = 0
    requester_until_ns: int = 0
    accepter_until_ns: int = 0


class TransitGateway(msgspec.Struct, kw_only=True):
    """A Transit Gateway. `options` are AWS's members by name (`DnsSupport`: `enable` ...)."""

    id: str
    owner: str
    description: str = ""
    state: str = "pending"
    amazon_asn: int = 64512
    cidrs: list[str] = []
    default_association_table: str = ""
    default_propagation_table: str = ""
    options: dict[str, str] = {}
    created_ns: int = 0


class TransitAttachment(msgspec.Struct, kw_only=True):
    """An attachment (`tgw-attach-...`) of a VPC, of a peer gateway, or of something else.

    `type` is vpc, peering, vpn, connect or direct-connect-gateway. For a VPC `subnets` has one for
    each zone it serves, each with an interface in `interfaces`. For a peering `peer` is the other
    gateway, with its account and Region. `resource` is the VPC's or peer's id. `association` is the
    route table in `gateway` that it is associated with, `peer_association` that in `peer`: a
    peering is one row and one id for both sides.
    """

    id: str
    owner: str
    gateway: str
    gateway_owner: str
    type: str
    resource: str
    resource_owner: str
    subnets: list[str] = []
    interfaces: list[str] = []
    peer: str = ""
    peer_account: str = ""
    peer_region: str = ""
    peer_attachment: str = ""
    state: str = "pending"
    options: dict[str, str] = {}
    association: str = ""
    peer_association: str = ""
    created_ns: int = 0
    status_text: str = ""
    metered_ns: int = 0


class TransitRoute(msgspec.Struct, kw_only=True):
    """A route of a Transit Gateway's table: static, to an attachment or (empty) a blackhole.

    Propagated routes are not kept: they follow from the table's `propagations`.
    """

    cidr: str
    attachment: str = ""
    prefix_list: str = ""


class TransitRouteTable(msgspec.Struct, kw_only=True):
    """A route table of a Transit Gateway (`tgw-rtb-...`): associations and propagations are ids of
    attachments."""

    id: str
    owner: str
    gateway: str
    state: str = "pending"
    is_default_association: bool = False
    is_default_propagation: bool = False
    routes: list[TransitRoute] = []
    associations: list[str] = []
    propagations: list[str] = []
    created_ns: int = 0


class Endpoint(msgspec.Struct, kw_only=True):
    """A VPC endpoint: `Gateway`, `Interface`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`.

    `service` is the service's name (`com.amazonaws.eu-west-1.s3`). `policy` is JSON text.
    `prefix_list` is what a gateway endpoint's routes lead from. `service_id` and `connection` are
    set for an endpoint service of a customer's. `resource` is the ARN of a resource configuration
    or a service network.
    """

    id: str
    owner: str
    vpc: str
    type: str
    service: str
    service_region: str = ""
    state: str = "pending"
    policy: str = ""
    route_tables: list[str] = []
    subnets: list[str] = []
    groups: list[str] = []
    interfaces: list[str] = []
    private_dns: bool = False
    address_type: str = "ipv4"
    dns_names: list[tuple[str, str]] = []  # (name, hosted zone id)
    resource: str = ""
    is_requester_managed: bool = False
    created_ns: int = 0
    prefix_list: str = ""
    service_id: str = ""
    connection: str = ""
    dns_record_type: str = ""
    is_inbound_resolver_only: bool = False
    private_dns_preference: str = ""
    private_dns_domains: list[str] = []
    private_names: list[str] = []
    failure: str = ""
    metered_ns: int = 0


class EndpointService(msgspec.Struct, kw_only=True):
    """A VPC endpoint service (`vpce-svc-...`) over load balancers; who may connect, who does."""

    id: str
    owner: str
    name: str
    must_accept: bool
    network_balancers: list[str] = []
    gateway_balancers: list[str] = []
    principals: list[str] = []
    private_dns: str = ""
    private_dns_state: str = ""
    state: str = "Available"
    address_types: list[str] = []
    regions: list[str] = []
    zones: list[str] = []
    permissions: dict[str, str] = {}  # principal -> id of the permission
    private_dns_value: str = ""
    private_dns_record: str = ""
    payer: str = ""
    created_ns: int = 0


class EndpointNotification(msgspec.Struct, kw_only=True):
    """Who is told of an endpoint's or endpoint service's connections (`vpce-nfn-...`)."""

    id: str
    owner: str
    topic: str
    events: list[str]
    service_id: str = ""
    endpoint: str = ""
    state: str = "Enabled"


def sees_peering(call: Call, peering: Peering) -> bool:
    """Whether the call's account sees a peering in the call's Region: it is a side, and in time."""
    here = (call.account, call.region)
    return any(
        here == (side.account, side.region) and (not until_ns or call.now < until_ns)
        for side, until_ns in (
            (peering.requester, peering.requester_until_ns),
            (peering.accepter, peering.accepter_until_ns),
        )
    )


def sees_attachment(call: Call, attachment: TransitAttachment) -> bool:
    """Whether the call's account sees an attachment here: it made it, or owns a gateway of it."""
    if attachment.peer and (call.account, call.region) == (
        attachment.peer_account,
        attachment.peer_region,
    ):
        return True
    place = place_of(call.cloud, attachment.id)
    return (
        place is not None
        and place.region == call.region
        and call.account in (attachment.owner, attachment.gateway_owner)
    )


PEERINGS: Final = Table("ec2.peerings", Peering, ordered=True)
TRANSIT_GATEWAYS: Final = Table("ec2.transit-gateways", TransitGateway, ordered=True)
TRANSIT_ATTACHMENTS: Final = Table("ec2.transit-attachments", TransitAttachment, ordered=True)
TRANSIT_ROUTE_TABLES: Final = Table("ec2.transit-route-tables", TransitRouteTable, ordered=True)
ENDPOINTS: Final = Table("ec2.endpoints", Endpoint, ordered=True)
ENDPOINT_SERVICES: Final = Table("ec2.endpoint-services", EndpointService, ordered=True)
ENDPOINT_NOTIFICATIONS: Final = Table(
    "ec2.endpoint-notifications", EndpointNotification, ordered=True
)

PEERING: Final = Kind(
    prefix="pcx", type="vpc-peering-connection", table=PEERINGS, said="vpcPeeringConnection ID",
    not_found="InvalidVpcPeeringConnectionID.NotFound",
    malformed="InvalidVpcPeeringConnectionId.Malformed", sees=sees_peering,
)  # fmt: skip
TRANSIT_GATEWAY: Final = Kind(
    prefix="tgw", type="transit-gateway", table=TRANSIT_GATEWAYS, said="Transit Gateway",
    not_found="InvalidTransitGatewayID.NotFound",
    malformed="InvalidTransitGatewayID.Malformed", shared_as="ec2:TransitGateway",
)  # fmt: skip
TRANSIT_ATTACHMENT: Final = Kind(
    prefix="tgw-attach", type="transit-gateway-attachment", table=TRANSIT_ATTACHMENTS,
    said="Transit Gateway Attachment", not_found="InvalidTransitGatewayAttachmentID.NotFound",
    malformed="InvalidTransitGatewayAttachmentID.Malformed", sees=sees_attachment,
)  # fmt: skip
TRANSIT_ROUTE_TABLE: Final = Kind(
    prefix="tgw-rtb", type="transit-gateway-route-table", table=TRANSIT_ROUTE_TABLES,
    said="Transit Gateway Route Table", not_found="InvalidRouteTableID.NotFound",
    malformed="InvalidRouteTableId.Malformed",
)  # fmt: skip
ENDPOINT: Final = Kind(
    prefix="vpce", type="vpc-endpoint", table=ENDPOINTS, said="Vpc Endpoint Id",
    not_found="InvalidVpcEndpointId.NotFound", malformed="InvalidVpcEndpointId.Malformed",
)  # fmt: skip
ENDPOINT_SERVICE: Final = Kind(
    prefix="vpce-svc", type="vpc-endpoint-service", table=ENDPOINT_SERVICES,
    said="VpcEndpointService Id", not_found="InvalidVpcEndpointServiceId.NotFound",
    malformed="InvalidVpcEndpointServiceId.Malformed",
)  # fmt: skip
