"""The explanation codes of AWS's Reachability Analyzer, and what each one says.

Rules of this file: data only. The codes are AWS's, the sentences are ours and say the same; only
those of the nouns that the walk knows stand here (no load balancer, firewall or filter of a path).
https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

BAD_STATE: Final = "BAD_STATE"
BAD_STATE_ATTACHMENT: Final = "BAD_STATE_ATTACHMENT"
BAD_STATE_ROUTE: Final = "BAD_STATE_ROUTE"
CANNOT_ROUTE: Final = "CANNOT_ROUTE"
DISCONNECTED_VPCS: Final = "DISCONNECTED_VPCS"
ENI_ADDRESS_RESTRICTION: Final = "ENI_ADDRESS_RESTRICTION"
ENI_SG_RULES_MISMATCH: Final = "ENI_SG_RULES_MISMATCH"
ENI_SOURCE_DEST_CHECK_RESTRICTION: Final = "ENI_SOURCE_DEST_CHECK_RESTRICTION"
GATEWAY_REJECTS_SPOOFED_TRAFFIC: Final = "GATEWAY_REJECTS_SPOOFED_TRAFFIC"
HIGHER_PRIORITY_ROUTE: Final = "HIGHER_PRIORITY_ROUTE"
IGW_DESTINATION_RFC1918: Final = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"
IGW_DESTINATION_RFC6598: Final = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"
IGW_NAT_REFLECTION: Final = "IGW_NAT_REFLECTION"
IGW_NO_PUBLIC_INGRESS: Final = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
IGW_NO_PUBLIC_EGRESS: Final = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
IGW_SOURCE_RFC1918: Final = "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS"
IGW_SOURCE_RFC6598: Final = "IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS"
INGRESS_RTB_NO_PUBLIC_IP: Final = "INGRESS_RTB_NO_PUBLIC_IP"
INGRESS_RTB_TRAFFIC_REDIRECTION: Final = "INGRESS_RTB_TRAFFIC_REDIRECTION"
MORE_SPECIFIC_ROUTE: Final = "MORE_SPECIFIC_ROUTE"
NGW_REQUIRES_SOURCE_IN_VPC: Final = "NGW_REQUIRES_SOURCE_IN_VPC"
NGW_SOURCE_ADDRESS_REASSIGN: Final = "NGW_SOURCE_ADDRESS_REASSIGN"
NO_PATH: Final = "NO_PATH"
NO_POSSIBLE_DESTINATION: Final = "NO_POSSIBLE_DESTINATION"
NO_ROUTE_TO_DESTINATION: Final = "NO_ROUTE_TO_DESTINATION"
NO_SOURCE_OR_DESTINATION: Final = "NO_SOURCE_OR_DESTINATION"
PCX_REQUIRES_ADDRESS_IN_VPC_CIDR: Final = "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
PROTOCOL_RESTRICTION: Final = "PROTOCOL_RESTRICTION"
REMAP_EPHEMERAL_PORT: Final = "REMAP_EPHEMERAL_PORT"
SG_HAS_NO_RULES: Final = "SG_HAS_NO_RULES"
SG_REFERENCES_NOT_PRESERVED: Final = "SG_REFERENCES_NOT_PRESERVED"
SG_REFERENCING_SUPPORT: Final = "SG_REFERENCING_SUPPORT"
SUBNET_ACL_RESTRICTION: Final = "SUBNET_ACL_RESTRICTION"
TGW_NO_ASSOCIATION: Final = "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"
TGW_ROUTE_AZ_RESTRICTION: Final = "TGW_ROUTE_AZ_RESTRICTION"
TGW_RTB_BAD_STATE_ROUTE: Final = "TGW_RTB_BAD_STATE_ROUTE"
TGW_RTB_CANNOT_ROUTE: Final = "TGW_RTB_CANNOT_ROUTE"
TGW_RTB_HIGHER_PRIORITY_ROUTE: Final = "TGW_RTB_HIGHER_PRIORITY_ROUTE"
TGW_RTB_MORE_SPECIFIC_ROUTE: Final = "TGW_RTB_MORE_SPECIFIC_ROUTE"
TGW_RTB_NO_ROUTE: Final = "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"
UNASSOCIATED_COMPONENT: Final = "UNASSOCIATED_COMPONENT"
UNKNOWN_DESTINATION: Final = "UNKNOWN_DESTINATION"
UNSUPPORTED_COMPONENT: Final = "UNSUPPORTED_COMPONENT"
VGW_NO_INTERFACE_EGRESS: Final = "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS"
VGW_NO_INTERFACE_INGRESS: Final = "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
VPC_BLOCK_PUBLIC_ACCESS: Final = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"
VPCE_GATEWAY_PROTOCOL_RESTRICTION: Final = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"
VPCE_GATEWAY_SOURCE: Final = "VPCE_GATEWAY_EGRESS_SOURCE_ADDRESS_RESTRICTION"
VPCE_INTRA_VPC_TRAFFIC: Final = "VPCE_INTRA_VPC_TRAFFIC"

# A detail, not a reason: what lies behind such an endpoint was taken to let the packet through.
PATH_THROUGH_GWLB_NOT_CHECKED: Final = "PATH_THROUGH_GWLB_NOT_CHECKED"

MEANINGS: Final = MappingProxyType(
    {
        BAD_STATE: "The component does not work at present.",
        BAD_STATE_ATTACHMENT: "The attachment of these two components does not work at present.",
        BAD_STATE_ROUTE: "The route is a black hole: its target is gone or does not work.",
        CANNOT_ROUTE: "The destination of this route does not hold the packet's address.",
        DISCONNECTED_VPCS: "Source and destination are in VPCs that nothing connects.",
        ENI_ADDRESS_RESTRICTION: "The address is not one of this network interface's own.",
        ENI_SG_RULES_MISMATCH: "No rule of the security groups lets this traffic through.",
        ENI_SOURCE_DEST_CHECK_RESTRICTION: (
            "The network interface checks source and destination, and neither end is its own."
        ),
        GATEWAY_REJECTS_SPOOFED_TRAFFIC: (
            "A gateway takes only what comes from an address of the VPC itself."
        ),
        HIGHER_PRIORITY_ROUTE: "Another route to the same block comes before this one.",
        IGW_DESTINATION_RFC1918: "An internet gateway sends nothing to private addresses.",
        IGW_DESTINATION_RFC6598: "An internet gateway sends nothing to shared addresses.",
        IGW_NAT_REFLECTION: "The path leaves through an internet gateway and comes back in.",
        IGW_NO_PUBLIC_INGRESS: (
            "What comes in from the internet must be meant for a public address of the VPC."
        ),
        IGW_NO_PUBLIC_EGRESS: (
            "Only a source with a public address reaches the internet through this gateway."
        ),
        IGW_SOURCE_RFC1918: "An internet gateway lets in nothing from private addresses.",
        IGW_SOURCE_RFC6598: "An internet gateway lets in nothing from shared addresses.",
        INGRESS_RTB_NO_PUBLIC_IP: (
            "An appliance needs a public address of its own to be given traffic at the edge."
        ),
        INGRESS_RTB_TRAFFIC_REDIRECTION: (
            "What comes in for this subnet goes by an appliance, so what leaves it must as well."
        ),
        MORE_SPECIFIC_ROUTE: "A more specific route takes the packet instead.",
        NGW_REQUIRES_SOURCE_IN_VPC: "A NAT gateway serves only what its own VPC's interfaces send.",
        NGW_SOURCE_ADDRESS_REASSIGN: "A NAT gateway put its own address in the source's place.",
        NO_PATH: "No path leads from the source to the destination.",
        NO_POSSIBLE_DESTINATION: "Nothing here can take the packet that has this address.",
        NO_ROUTE_TO_DESTINATION: "The route table has no route for the destination.",
        NO_SOURCE_OR_DESTINATION: "The source or the destination does not exist.",
        PCX_REQUIRES_ADDRESS_IN_VPC_CIDR: (
            "A peering carries only what goes from one of its two VPCs to the other."
        ),
        PROTOCOL_RESTRICTION: "The component takes other protocols only.",
        REMAP_EPHEMERAL_PORT: "The source port became one of 1024-65535 at the NAT gateway.",
        SG_HAS_NO_RULES: "The security groups have no rule at all in this direction.",
        SG_REFERENCES_NOT_PRESERVED: (
            "The path does not tell which security groups the peer has; the rule needs to know."
        ),
        SG_REFERENCING_SUPPORT: (
            "The transit gateway, or an attachment, does not pass on security groups."
        ),
        SUBNET_ACL_RESTRICTION: "The subnet's network ACL does not let this traffic through.",
        TGW_NO_ASSOCIATION: "The attachment is associated with no transit gateway route table.",
        TGW_ROUTE_AZ_RESTRICTION: (
            "The VPC's attachment has no subnet in the zone that the traffic comes from."
        ),
        TGW_RTB_BAD_STATE_ROUTE: "The transit gateway's route is a black hole.",
        TGW_RTB_CANNOT_ROUTE: "This route of the transit gateway does not hold the address.",
        TGW_RTB_HIGHER_PRIORITY_ROUTE: (
            "Another route of the transit gateway to the same block comes before this one."
        ),
        TGW_RTB_MORE_SPECIFIC_ROUTE: "A more specific route of the transit gateway comes first.",
        TGW_RTB_NO_ROUTE: "The transit gateway's route table has no route for the destination.",
        UNASSOCIATED_COMPONENT: "The component has no network interface with such an address.",
        UNKNOWN_DESTINATION: "Too little is known of the destination to go on.",
        UNSUPPORTED_COMPONENT: "Nothing can be sent from a component of this kind.",
        VGW_NO_INTERFACE_EGRESS: (
            "A virtual private gateway takes only what an interface of its own VPC sends."
        ),
        VGW_NO_INTERFACE_INGRESS: (
            "A virtual private gateway gives only what is meant for an interface of its own VPC."
        ),
        VPC_BLOCK_PUBLIC_ACCESS: "VPC Block Public Access stops this traffic.",
        VPCE_GATEWAY_PROTOCOL_RESTRICTION: "A gateway endpoint takes TCP and ICMP echo only.",
        VPCE_GATEWAY_SOURCE: "A gateway endpoint answers from its prefix list's addresses only.",
        VPCE_INTRA_VPC_TRAFFIC: "An endpoint never starts a flow; ask the other way round.",
    }
)
