"""The state of IAM: users, groups, roles, policies, keys, as plain rows.

Rules of this file: data only. IAM is global, so tables are per account; access keys and account
aliases are unique across accounts, so theirs are one per world. Rows are keyed by the lower-cased
name, because "names are not distinguished by case"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html): a row keeps the
spelling it was created with, and a lookup in any spelling finds it. Both sides of a relation are
kept (a group knows its users, a user its groups), always changed together.
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.store import Table


class Tag(msgspec.Struct):
    """A tag. Keys are unique without regard to case and keep the case they came with."""

    key: str
    value: str


class LoginProfile(msgspec.Struct):
    """A console password: only its digest, and the digests of earlier ones, newest last.

    `changed_ns` is when it was last set anew, 0 while it is the first.
    """

    created_ns: int
    digest: bytes
    reset_required: bool = False
    earlier: list[bytes] = []
    changed_ns: int = 0


class Identity(msgspec.Struct, kw_only=True):
    """What users, groups and roles have in common.

    `attached` are the ARNs of attached managed policies in order of attachment. `inline` maps
    the names of embedded policies to their documents, as they came. `boundary` is the ARN of the
    permissions boundary or empty (groups have none).
    """

    name: str
    path: str
    id: str
    arn: str
    created_ns: int
    attached: list[str] = []
    inline: dict[str, str] = {}
    tags: list[Tag] = []
    boundary: str = ""


class User(Identity, kw_only=True):
    """A user. `groups` are the keys of its groups, `access_keys` ids in order of creation."""

    groups: list[str] = []
    access_keys: list[str] = []
    login: LoginProfile | None = None


class Group(Identity, kw_only=True):
    """A group. `users` are the keys of its members in order of joining."""

    users: list[str] = []


class Role(Identity, kw_only=True):
    """A role. `trust` is its trust policy as text, `profiles` the keys of instance profiles.

    `used_ns` and `used_region` say when and where a session of it was last at work.
    """

    trust: str
    description: str | None = None
    max_session_s: int = 3600
    profiles: list[str] = []
    used_ns: int | None = None
    used_region: str = ""


class PolicyVersion(msgspec.Struct):
    """One version of a managed policy; `number` 3 is `v3`."""

    number: int
    document: str
    created_ns: int


class Policy(msgspec.Struct, kw_only=True):
    """A customer managed policy. `versions` are in order of creation, `default` is a number."""

    name: str
    path: str
    id: str
    arn: str
    created_ns: int
    updated_ns: int
    default: int
    last: int
    versions: list[PolicyVersion]
    description: str = ""
    tags: list[Tag] = []


class Usage(msgspec.Struct):
    """How often a managed policy (ours or AWS's) is attached, and is a boundary, in an account."""

    attached: int = 0
    boundaries: int = 0


class AccessKey(msgspec.Struct, kw_only=True):
    """A long-term key. `user` is the key of its user's row, empty for the root user.

    `used_ns`, `used_service` and `used_region` are of the last use that was recorded.
    """

    id: str
    secret: str
    account: str
    user: str
    created_ns: int
    is_active: bool = True
    used_ns: int | None = None
    used_service: str = ""
    used_region: str = ""


class InstanceProfile(msgspec.Struct, kw_only=True):
    """An instance profile; `role` is the key of its role or empty."""

    name: str
    path: str
    id: str
    arn: str
    created_ns: int
    role: str = ""
    tags: list[Tag] = []


class Alias(msgspec.Struct):
    """An account alias and the account that it is for."""

    name: str
    account: str


class PasswordPolicy(msgspec.Struct, kw_only=True):
    """The account's password policy; 0 days and 0 passwords mean never and none."""

    minimum_length: int = 6
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    users_may_change: bool = False
    max_age_days: int = 0
    reuse_prevention: int = 0
    hard_expiry: bool | None = None


class RootKeys(msgspec.Struct):
    """The access keys of an account's root user, in order of creation."""

    access_keys: list[str] = []


USERS = Table("iam.users", User, "account", ordered=True)
GROUPS = Table("iam.groups", Group, "account", ordered=True)
ROLES = Table("iam.roles", Role, "account", ordered=True)
POLICIES = Table("iam.policies", Policy, "account", ordered=True)
USAGES = Table("iam.policy-usage", Usage, "account")
PROFILES = Table("iam.instance-profiles", InstanceProfile, "account", ordered=True)
ACCESS_KEYS = Table("iam.access-keys", AccessKey, "world")
ROOT_KEYS = Table("iam.root-keys", RootKeys, "account")
ALIASES = Table("iam.account-aliases", Alias, "world")
PASSWORD_POLICIES = Table("iam.password-policy", PasswordPolicy, "account")

TABLES = (
    USERS,
    GROUPS,
    ROLES,
    POLICIES,
    USAGES,
    PROFILES,
    ACCESS_KEYS,
    ROOT_KEYS,
    ALIASES,
    PASSWORD_POLICIES,
)


def key_of(name: str) -> str:
    """The key of the row that carries a name, in whatever case it is written."""
    return name.lower()
