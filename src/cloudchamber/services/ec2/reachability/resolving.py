"""From what a person names to what the network knows: instances, names and addresses.

Rules of this file: reads only. An instance stands for its primary interface, or for the one that
has the address asked for; a DNS name of EC2's or of an endpoint for the address it answers with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import ENDPOINT, ENDPOINT_SERVICE
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces.aws_lists import find_aws_list
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.world.geography.regions import find_region
from cloudchamber.world.network.addresses import find_address, format_address, parse_block
from cloudchamber.world.network.compiled import Compiled

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

INTERNET: Final = "internet"
_DASHED: Final = r"(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})"
# ip-10-0-0-5.eu-west-1.compute.internal, ip-10-0-0-5.ec2.internal
_PRIVATE_NAME: Final = re.compile(rf"ip-{_DASHED}\.(?:ec2|[a-z0-9-]+\.compute)\.internal")
# ec2-198-51-100-1.eu-west-1.compute.amazonaws.com, ec2-198-51-100-1.compute-1.amazonaws.com
_PUBLIC_NAME: Final = re.compile(
    rf"ec2-{_DASHED}\.(?:compute-1|[a-z0-9-]+\.compute)\.amazonaws\.com(?:\.cn)?"
)
# s3.eu-west-1.amazonaws.com, a-bucket.s3.eu-west-1.amazonaws.com, dynamodb.eu-west-1.amazonaws.com
_SERVICE_NAME: Final = re.compile(
    r"(?:[a-z0-9.-]+\.)?(s3|dynamodb)\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
)
# sqs.eu-west-1.amazonaws.com, 111122223333.dkr.ecr.eu-west-1.amazonaws.com, sts.amazonaws.com
_AWS_NAME: Final = re.compile(
    r"(?:\d{12}\.dkr\.|api\.)?[a-z0-9-]+(?:\.([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?"
)
# What AWS answers beside the network: metadata, time, DNS (VPC Lattice is not among it).
# https://docs.aws.amazon.com/vpc/latest/userguide/security-groups.html
_LINK_LOCAL: Final = tuple(
    parse_block(each) for each in ("169.254.169.0/24", "169.254.170.0/24", "fd00:ec2::/48")
)


def is_beside_the_network(given: str) -> bool:
    """Whether AWS answers at an address without asking routes, security groups or ACLs."""
    address = find_address(given)
    return address is not None and any(low <= address <= high for low, high, _ in _LINK_LOCAL)


def interface_of(cloud: Cloud, instance_id: str, address: str = "") -> str | None:
    """The interface of an instance that has an address; the primary one if none is given."""
    instance = kinds.find_anywhere(cloud, INSTANCE, instance_id)
    if instance is None or not instance.interfaces:
        return None
    if address:
        for each in instance.interfaces:
            row = kinds.find_anywhere(cloud, INTERFACE, each)
            if row is not None and any(pair.address == address for pair in row.addresses):
                return each
    return instance.interfaces[0]


def endpoint_of(compiled: Compiled, cloud: Cloud, service_id: str, source: str) -> str | None:
    """The endpoint that leads to an endpoint service from a source's VPC."""
    service = kinds.find_anywhere(cloud, ENDPOINT_SERVICE, service_id)
    sender = compiled.network.interfaces.get(source)
    if service is None or sender is None:
        return None
    found = (
        row.id
        for _, _, row in kinds.everywhere(cloud, ENDPOINT)
        if row.vpc == sender.vpc and row.service == service.name
    )
    return next(found, None)


def name_in_network(cloud: Cloud, compiled: Compiled, given: str, asker: str = "") -> str | None:
    """What the network calls something: an id that it has, an address, `internet`; None for what
    does not exist. A private name answers where the interface `asker` is."""
    network = compiled.network
    if given == INTERNET or given in network.interfaces or find_address(given) is not None:
        return given
    if given.startswith("i-"):
        return interface_of(cloud, given)
    if given in network.attachments or given in network.lattice_associations:
        return given
    if compiled.kind_of(given) not in ("", "local", "lattice"):
        return given
    return _named(cloud, compiled, given.rstrip(".").lower(), asker)


def _named(cloud: Cloud, compiled: Compiled, name: str, asker: str) -> str | None:
    """The address or endpoint behind a DNS name."""
    known = _PRIVATE_NAME.fullmatch(name) or _PUBLIC_NAME.fullmatch(name)
    if known is not None:
        return known[1].replace("-", ".")
    asking = compiled.network.interfaces.get(asker)
    for _, _, endpoint in kinds.everywhere(cloud, ENDPOINT):
        names = [each for each, _ in endpoint.dns_names]
        if endpoint.private_dns and asking is not None and asking.vpc == endpoint.vpc:
            names += endpoint.private_names
        if endpoint.interfaces and name in names:
            return endpoint.id
    service = _SERVICE_NAME.fullmatch(name)
    found = _address_of_service(cloud, service[1], service[2]) if service is not None else None
    if found is not None:
        return found
    # Without an endpoint in the VPC a service of AWS is somewhere on the internet.
    public = service or _AWS_NAME.fullmatch(name)
    if public is None:
        return None
    region = public[public.lastindex or 0] if public.lastindex else ""
    return INTERNET if not region or find_region(region) is not None else None


def _address_of_service(cloud: Cloud, service: str, region: str) -> str | None:
    """An address at which a service of AWS answers in a Region: of its prefix list."""
    listed = find_aws_list(cloud, region, f"com.amazonaws.{region}.{service}")
    if listed is None:
        return None
    low, _, _ = parse_block(listed.versions[-1][0].cidr)
    return format_address(low + 1)
