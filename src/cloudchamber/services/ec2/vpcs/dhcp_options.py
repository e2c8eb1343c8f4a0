"""Sets of DHCP options: what a VPC's instances are told of names, servers and leases.

Rules of this file: values are checked as AWS documents them; nothing here asks for a lease.
https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter, still_used
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.nouns import DHCP_OPTIONS_SET, VPC, DhcpOptions

AMAZON_SERVERS: Final = "AmazonProvidedDNS"
NO_OPTIONS: Final = "default"
# How many values an option may have, and whether they are addresses.
_OPTIONS: Final[Mapping[str, tuple[int, bool]]] = MappingProxyType(
    {
        "domain-name": (1, False),
        "domain-name-servers": (4, True),
        "ntp-servers": (8, True),
        "netbios-name-servers": (4, True),
        "netbios-node-type": (1, False),
        "ipv6-address-preferred-lease-time": (1, False),
    }
)
_NODE_TYPES: Final = ("1", "2", "4", "8")
_LEASE_MIN: Final = 140
_LEASE_MAX: Final = 2147483647


def create_dhcp_options(call: Call, request: Input) -> Output:
    """A set of options, which no VPC uses yet."""
    given = tags.specified(request, DHCP_OPTIONS_SET.type)
    options: dict[str, list[str]] = {}
    for each in request["DhcpConfigurations"]:
        key = each.get("Key")
        if not key:
            raise missing_parameter("dhcpConfiguration.key")
        if key not in _OPTIONS:
            raise invalid_value(key, "name", "Unknown DHCP option")
        values = [part.strip() for value in each.get("Values", ()) for part in value.split(",")]
        _expect_values(key, values)
        options[key] = values
    if not options:
        raise missing_parameter("dhcpConfiguration")
    row = DhcpOptions(
        id=kinds.new_id(call, DHCP_OPTIONS_SET.prefix), owner=call.account, options=options
    )
    kinds.add(call, DHCP_OPTIONS_SET, row)
    tags.put(call, row.id, given)
    return {"DhcpOptions": _view(call, row)}


def associate_dhcp_options(call: Call, request: Input) -> Output:
    """Let a VPC use a set of options, or none (`default`)."""
    vpc = expect_own_vpc(call, request["VpcId"])
    identifier = request["DhcpOptionsId"]
    if identifier != NO_OPTIONS:
        kinds.expect_own(call, DHCP_OPTIONS_SET, identifier)
    vpc.dhcp_options = identifier
    return {}


def delete_dhcp_options(call: Call, request: Input) -> Output:
    """Delete a set that no VPC uses."""
    row = kinds.expect_own(call, DHCP_OPTIONS_SET, request["DhcpOptionsId"])
    if any(vpc.dhcp_options == row.id for vpc in call.rows(VPC.table).values()):
        raise still_used("dhcpOptions", row.id)
    kinds.remove(call, DHCP_OPTIONS_SET, row)
    return {}


def describe_dhcp_options(call: Call, request: Input) -> Output:
    """The account's sets of options."""
    return describe(call, request, _SETS)


def _expect_values(key: str, values: list[str]) -> None:
    most, are_addresses = _OPTIONS[key]
    if not values or not all(values):
        raise missing_parameter("dhcpConfiguration.value")
    if len(values) > most:
        raise AwsError(
            "InvalidParameterValue", f"Too many values specified for {key}: at most {most}."
        )
    if key == "domain-name-servers" and AMAZON_SERVERS in values:
        if len(values) > 1:
            raise invalid_value(",".join(values), key, f"{AMAZON_SERVERS} stands alone.")
        return
    if are_addresses:
        for value in values:
            try:
                ipaddress.ip_address(value)
            except ValueError:
                raise invalid_value(value, key, "This is not a valid IP address.") from None
    if key == "netbios-node-type" and values[0] not in _NODE_TYPES:
        raise invalid_value(values[0], key, "It has to be 1, 2, 4 or 8.")
    if key == "ipv6-address-preferred-lease-time" and not (
        values[0].isascii() and values[0].isdigit() and _LEASE_MIN <= int(values[0]) <= _LEASE_MAX
    ):
        raise invalid_value(
            values[0], key, f"It has to be from {_LEASE_MIN} to {_LEASE_MAX} seconds."
        )


def _view(call: Call, row: DhcpOptions) -> dict[str, Any]:
    return {
        "DhcpOptionsId": row.id,
        "OwnerId": row.owner,
        "DhcpConfigurations": [
            {"Key": key, "Values": [{"Value": value} for value in values]}
            for key, values in row.options.items()
        ],
        "Tags": tags.shown(call, row.id),
    }


_SETS: Final = Description(
    kind=DHCP_OPTIONS_SET,
    ids="DhcpOptionsIds",
    answer="DhcpOptions",
    view=_view,
    filters={
        "dhcp-options-id": lambda call, row: (row.id,),
        "key": lambda call, row: list(row.options),
        "owner-id": lambda call, row: (row.owner,),
        "value": lambda call, row: [each for values in row.options.values() for each in values],
    },
)
