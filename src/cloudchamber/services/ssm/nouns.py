"""The state of Parameter Store: parameters with their history, and the account's settings.

Rules of this file: plain data and its tables. A SecureString is kept sealed, never in the clear.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table

STRING: Final = "String"
STRING_LIST: Final = "StringList"
SECURE: Final = "SecureString"
STANDARD: Final = "Standard"
ADVANCED: Final = "Advanced"
INTELLIGENT: Final = "Intelligent-Tiering"
TEXT: Final = "text"


class Sealed(msgspec.Struct, frozen=True):
    """An encrypted value.

    Without `key` (standard tier) `data` is what KMS's Encrypt gave; with it (advanced tier) `data`
    is sealed under a data key of its own, and `key` is that data key as KMS encrypted it.
    """

    data: bytes
    key: bytes = b""


class Policy(msgspec.Struct):
    """A parameter policy as it came, and whether it has had its effect (`Pending`, `Finished`)."""

    type: str
    text: str
    status: str = "Pending"


class Version(msgspec.Struct, kw_only=True):
    """One version of a parameter. `text` is its value unless it is `sealed`."""

    number: int
    type: str
    modified_ns: int
    user: str
    tier: str
    text: str = ""
    sealed: Sealed | None = None
    key_id: str = ""
    description: str = ""
    pattern: str = ""
    data_type: str = TEXT
    labels: list[str] = []
    policies: list[Policy] = []


class Sharing(msgspec.Struct, frozen=True):
    """The resource policy that shares a parameter; `hash` changes with its text."""

    id: str
    hash: str
    text: str


class Parameter(msgspec.Struct, kw_only=True):
    """A parameter. `versions` are what is left of its history, oldest first, and never empty.

    `events` are the kernel events of its policies, `life` tells it from earlier ones of its name.
    """

    name: str
    account: str
    arn: str
    life: str
    versions: list[Version]
    tags: dict[str, str] = {}
    events: list[int] = []
    sharing: Sharing | None = None

    @property
    def latest(self) -> Version:
        """The version that is in force."""
        return self.versions[-1]


class Setting(msgspec.Struct):
    """A service setting that is not AWS's default."""

    value: str
    modified_ns: int
    user: str


PARAMETERS: Final = Table("ssm.parameters", Parameter, ordered=True)
SETTINGS: Final = Table("ssm.settings", Setting)
