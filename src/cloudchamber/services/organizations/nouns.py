"""The state of AWS Organizations: the tree of accounts, its policies, invitations and requests.

Rules of this file: plain data. Everything is kept once per world, by ids that are unique across
accounts, because an organization is shared by its accounts. What is attached to a root, an OU or
an account is kept there, in the order of attachment.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from cloudchamber.cloud.store import Table

FeatureSet = Literal["ALL", "CONSOLIDATED_BILLING"]
ContainerKind = Literal["ROOT", "ORGANIZATIONAL_UNIT"]
AccountState = Literal["ACTIVE", "PENDING_CLOSURE", "SUSPENDED"]
HandshakeState = Literal["OPEN", "CANCELED", "ACCEPTED", "DECLINED", "EXPIRED"]
RequestState = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]


class ResourcePolicy(msgspec.Struct):
    """The organization's own policy: to whom the management account delegates what."""

    id: str
    arn: str
    content: str


class Organization(msgspec.Struct):
    """An organization. `types` are the policy types enabled in its root, `services` the AWS
    services that may act in it, each with the instant (ns) it was allowed."""

    id: str
    arn: str
    management: str
    features: FeatureSet
    root: str
    types: list[str] = []
    services: dict[str, int] = {}
    resource_policy: ResourcePolicy | None = None


class Container(msgspec.Struct):
    """A root (without a parent) or an organizational unit. `policies` are ids."""

    id: str
    arn: str
    organization: str
    kind: ContainerKind
    name: str
    parent: str
    policies: list[str] = []


class Account(msgspec.Struct):
    """An account in an organization. `closed_ns` is when it was asked to close; 0 while open.

    `delegations` are the services it administers, each with the instant (ns) of registration.
    """

    id: str
    arn: str
    organization: str
    email: str
    name: str
    parent: str
    joined_method: Literal["INVITED", "CREATED"]
    joined_ns: int
    state: AccountState = "ACTIVE"
    closed_ns: int = 0
    policies: list[str] = []
    delegations: dict[str, int] = {}


class Policy(msgspec.Struct):
    """A policy that an organization wrote. Those that AWS wrote are in `aws_policies`."""

    id: str
    arn: str
    organization: str
    name: str
    description: str
    type: str
    content: str


class Identity(msgspec.Struct):
    """Who an account is, whatever organization it is in: how it was signed up."""

    email: str
    name: str


class CreateRequest(msgspec.Struct):
    """A request for a new account, and what became of it."""

    id: str
    organization: str
    name: str
    email: str
    role: str
    requested_ns: int
    tags: dict[str, str] = {}
    state: RequestState = "IN_PROGRESS"
    completed_ns: int = 0
    account: str = ""
    failure: str = ""


class Handshake(msgspec.Struct):
    """An invitation of `account` into an organization. `target` is how the sender named it.

    `settled_ns` is when it was answered, taken back or ran out; 0 while it is open.
    """

    id: str
    arn: str
    organization: str
    sender: str
    account: str
    target_type: Literal["ACCOUNT", "EMAIL"]
    target: str
    notes: str
    requested_ns: int
    expires_ns: int
    features: FeatureSet
    state: HandshakeState = "OPEN"
    settled_ns: int = 0
    tags: dict[str, str] = {}


class Tags(msgspec.Struct):
    """The tags of one resource, in the order they were set."""

    values: dict[str, str]


class PolicyText(msgspec.Struct, frozen=True):
    """A policy as it holds for an account: enough to compile it and to name it."""

    id: str
    name: str
    arn: str
    content: str


Level: TypeAlias = tuple[PolicyText, ...]


class Guard(msgspec.Struct, frozen=True, cache_hash=True):
    """What an organization imposes on an account, from the root down: derived from the rest.

    Written whenever the tree or a policy changes, so that asking is one look-up.
    """

    organization: str
    path: str
    scps: tuple[Level, ...] | None
    rcps: tuple[Level, ...] | None


Node: TypeAlias = Container | Account

ORGANIZATIONS: Final = Table("organizations.organizations", Organization, "world")
CONTAINERS: Final = Table("organizations.containers", Container, "world", ordered=True)
ACCOUNTS: Final = Table("organizations.accounts", Account, "world", ordered=True)
POLICIES: Final = Table("organizations.policies", Policy, "world", ordered=True)
IDENTITIES: Final = Table("organizations.identities", Identity, "world")
REQUESTS: Final = Table("organizations.requests", CreateRequest, "world", ordered=True)
HANDSHAKES: Final = Table("organizations.handshakes", Handshake, "world", ordered=True)
TAGS: Final = Table("organizations.tags", Tags, "world")
GUARDS: Final = Table("organizations.guards", Guard, "world")

TABLES: Final = (
    ORGANIZATIONS,
    CONTAINERS,
    ACCOUNTS,
    POLICIES,
    IDENTITIES,
    REQUESTS,
    HANDSHAKES,
    TAGS,
    GUARDS,
)
