"""The state of Secrets Manager: secrets with their versions, their rotation and their replicas.

Rules of this file: plain data and its tables. A value is kept sealed under a data key of its own,
which is kept as KMS encrypted it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table

CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
PENDING: Final = "AWSPENDING"


class Sealed(msgspec.Struct, frozen=True):
    """An encrypted value; `print` tells equal values of one version apart from others."""

    data: bytes
    key: bytes
    key_id: str
    is_binary: bool
    print: bytes


class Version(msgspec.Struct, kw_only=True):
    """A version; a rotation makes one before there is a value (`sealed` is None).

    `accessed_ns` is the midnight before the last reading, 0 when there was none.
    """

    id: str
    created_ns: int
    stages: list[str] = []
    sealed: Sealed | None = None
    accessed_ns: int = 0


class Rules(msgspec.Struct, frozen=True):
    """A rotation schedule: so many days, or an expression; `duration` is the window (`3h`)."""

    days: int = 0
    schedule: str = ""
    duration: str = ""


class Run(msgspec.Struct, kw_only=True):
    """A rotation under way: which version (`id`), which step, which attempt.

    `is_test` is the trial of testSecret alone, when nothing is to be rotated yet. `event` is the
    kernel event of its next attempt or of its being overdue.
    """

    id: str
    token: str
    step: str
    attempt: int = 1
    is_test: bool = False
    event: int = 0


class Rotation(msgspec.Struct, kw_only=True):
    """How a secret is rotated. `rotated_ns` is the last success (0: none), `next_ns` the end of
    the next window, `event` the kernel event in it."""

    function: str
    rules: Rules
    is_enabled: bool = True
    rotated_ns: int = 0
    next_ns: int = 0
    event: int = 0
    run: Run | None = None


class Replica(msgspec.Struct, kw_only=True):
    """A replica as its primary knows it."""

    region: str
    key_id: str
    status: str = "InProgress"
    message: str = ""
    overwrites: bool = False
    event: int = 0


class Secret(msgspec.Struct, kw_only=True):
    """A secret. `versions` are by id, oldest first.

    `purge_ns` is when a deleted secret ends for good (0: it is not deleted). `primary_region` is
    its own Region unless it is a replica; `token` is what made it, for a call that is repeated.
    """

    name: str
    account: str
    region: str
    arn: str
    created_ns: int
    changed_ns: int
    primary_region: str
    token: str = ""
    description: str = ""
    key_id: str = ""
    versions: dict[str, Version] = {}
    tags: dict[str, str] = {}
    policy: str = ""
    accessed_ns: int = 0
    deleted_ns: int = 0
    purge_ns: int = 0
    purge_event: int = 0
    rotation: Rotation | None = None
    replicas: dict[str, Replica] = {}

    @property
    def is_replica(self) -> bool:
        """Whether it follows a primary in another Region."""
        return self.primary_region != self.region


SECRETS: Final = Table("secretsmanager.secrets", Secret, ordered=True)
