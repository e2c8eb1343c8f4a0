"""The state of VPC Lattice: service networks, services with listeners and rules, target groups.

Rules of this file: plain data. Every table is kept once per world, by id, because services and
service networks are shared between accounts; a row says whose it is and where. What a listener or a
rule does (`action`) and what a rule matches are kept as the API writes them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table


class Owned(msgspec.Struct, kw_only=True):
    """What every row has. Times are ns."""

    id: str
    arn: str
    owner: str
    region: str
    created_ns: int
    updated_ns: int
    tags: dict[str, str] = {}


class ServiceNetwork(Owned, kw_only=True):
    """A service network; `auth` is NONE or AWS_IAM, `policy` its auth policy as JSON text."""

    name: str
    auth: str = "NONE"
    policy: str = ""
    policy_ns: int = 0
    is_sharable: bool = True


class LatticeService(Owned, kw_only=True):
    """A service, which answers at `domain` or at a name of its owner's (`custom`)."""

    name: str
    domain: str
    zone: str
    custom: str = ""
    certificate: str = ""
    auth: str = "NONE"
    policy: str = ""
    policy_ns: int = 0
    idle_timeout_s: int = 60


class Listener(Owned, kw_only=True):
    """A listener of a service: a protocol, a port, and what it does by default."""

    name: str
    service: str
    protocol: str
    port: int
    action: dict[str, Any]


class Rule(Owned, kw_only=True):
    """A rule of a listener; the lowest priority that matches is the one."""

    name: str
    listener: str
    priority: int
    match: dict[str, Any]
    action: dict[str, Any]


class Target(msgspec.Struct, kw_only=True):
    """A target: an instance, an address, a function or a load balancer; port 0 has no meaning."""

    id: str
    port: int = 0
    registered_ns: int = 0
    draining_ns: int = 0  # when it was deregistered


class TargetGroup(Owned, kw_only=True):
    """A target group; `config` as the API writes it, with AWS's defaults filled in."""

    name: str
    type: str
    config: dict[str, Any]
    targets: list[Target] = []


class ServiceAssociation(Owned, kw_only=True):
    """A service in a service network."""

    network: str
    service: str


class VpcAssociation(Owned, kw_only=True):
    """A VPC whose clients may use a service network; `groups` are security groups, or none."""

    network: str
    vpc: str
    groups: list[str] = []
    private_dns: bool = False
    dns_options: dict[str, Any] = {}


class LogSubscription(Owned, kw_only=True):
    """Where the access log of a service or service network goes; `pending` waits to be written."""

    resource: str
    destination: str
    kind: str = "SERVICE"
    pending: list[bytes] = []


class ResourcePolicy(msgspec.Struct):
    """The policy that says with whom a service or service network is shared, by ARN."""

    document: str


NETWORKS: Final = Table("vpc-lattice.service-networks", ServiceNetwork, "world", ordered=True)
SERVICES: Final = Table("vpc-lattice.services", LatticeService, "world", ordered=True)
LISTENERS: Final = Table("vpc-lattice.listeners", Listener, "world", ordered=True)
RULES: Final = Table("vpc-lattice.rules", Rule, "world", ordered=True)
TARGET_GROUPS: Final = Table("vpc-lattice.target-groups", TargetGroup, "world", ordered=True)
SERVICE_ASSOCIATIONS: Final = Table(
    "vpc-lattice.service-associations", ServiceAssociation, "world", ordered=True
)
VPC_ASSOCIATIONS: Final = Table(
    "vpc-lattice.vpc-associations", VpcAssociation, "world", ordered=True
)
LOG_SUBSCRIPTIONS: Final = Table(
    "vpc-lattice.log-subscriptions", LogSubscription, "world", ordered=True
)
RESOURCE_POLICIES: Final = Table("vpc-lattice.resource-policies", ResourcePolicy, "world")
TABLES: Final = (
    NETWORKS, SERVICES, LISTENERS, RULES, TARGET_GROUPS, SERVICE_ASSOCIATIONS, VPC_ASSOCIATIONS,
    LOG_SUBSCRIPTIONS, RESOURCE_POLICIES,
)  # fmt: skip
