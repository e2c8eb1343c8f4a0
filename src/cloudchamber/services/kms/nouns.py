"""What KMS keeps: keys with their material, their grants and tags, aliases, imports under way.

Rules of this file: plain data. Material is the raw key of a symmetric or HMAC key, and the PKCS #8
DER (or the seed, where that is the key) of an asymmetric one. A multi-Region key is one row in each
of its Regions, all with the same id and material.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table

ENABLED: Final = "Enabled"
DISABLED: Final = "Disabled"
PENDING_DELETION: Final = "PendingDeletion"
PENDING_IMPORT: Final = "PendingImport"
PENDING_REPLICAS: Final = "PendingReplicaDeletion"

CURRENT: Final = "CURRENT"
NON_CURRENT: Final = "NON_CURRENT"
PENDING_ROTATION: Final = "PENDING_ROTATION"
PENDING_REGIONS: Final = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"

AWS_KMS: Final = "AWS_KMS"
EXTERNAL: Final = "EXTERNAL"


class Material(msgspec.Struct):
    """One key material: `data` is empty while it is not imported.

    `rotated_ns` and `rotation` (AUTOMATIC, ON_DEMAND) say how it became current; None and "" for a
    key's first.
    """

    id: str
    data: bytes
    state: str
    rotated_ns: int | None = None
    rotation: str = ""
    expires_ns: int | None = None
    description: str = ""


class Grant(msgspec.Struct, frozen=True):
    """Who may do what with a key, beside its policy."""

    id: str
    key_id: str
    name: str
    created_ns: int
    issuer: str
    operations: tuple[str, ...]
    grantee: str = ""
    grantee_service: str = ""
    retiring: str = ""
    retiring_service: str = ""
    equals: dict[str, str] | None = None
    subset: dict[str, str] | None = None
    source_arn: str = ""
    tokens: tuple[str, ...] = ()


class Key(msgspec.Struct):
    """A KMS key in one Region. `deletion_ns` and its like are instants, None while not set.

    `primary_region` is empty for a key of one Region; `replicas` are the other Regions, kept by the
    primary. `event` numbers are kernel events to be cancelled.
    """

    id: str
    account: str
    region: str
    arn: str
    created_ns: int
    spec: str
    usage: str
    origin: str
    policy: str
    state: str
    description: str = ""
    manager: str = "CUSTOMER"
    materials: list[Material] = []
    tags: dict[str, str] = {}
    grants: dict[str, Grant] = {}
    grantees: dict[str, list[str]] = {}
    primary_region: str = ""
    replicas: list[str] = []
    window_days: int = 0
    deletion_ns: int | None = None
    deletion_event: int = 0
    rotation_days: int = 0
    rotation_ns: int | None = None
    rotation_event: int = 0
    on_demand: int = 0
    used_ns: int | None = None
    used_for: str = ""
    used_event: int = 0
    used_request: str = ""

    @property
    def is_symmetric(self) -> bool:
        """Whether it encrypts with material that rotates."""
        return self.spec == "SYMMETRIC_DEFAULT"

    @property
    def is_replica(self) -> bool:
        """Whether it is a copy of a multi-Region key that lives elsewhere."""
        return bool(self.primary_region) and self.primary_region != self.region

    def find_current(self) -> Material | None:
        """The material that encrypts, or None while there is none."""
        for material in reversed(self.materials):
            if material.state == CURRENT:
                return material
        return None

    def find_material(self, material_id: str) -> Material | None:
        """One of its materials, by id."""
        for material in self.materials:
            if material.id == material_id:
                return material
        return None


class Alias(msgspec.Struct):
    """A name of a key."""

    name: str
    arn: str
    key_id: str
    created_ns: int
    updated_ns: int


class Import(msgspec.Struct, frozen=True):
    """A wrapping key that was handed out for one key, until it expires."""

    token: bytes
    key_id: str
    algorithm: str
    private: bytes
    expires_ns: int


KEYS: Final = Table("kms.keys", Key, ordered=True)
ALIASES: Final = Table("kms.aliases", Alias, ordered=True)
IMPORTS: Final = Table("kms.imports", Import)
