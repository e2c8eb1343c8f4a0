"""The state of what proves who somebody is: identity providers, MFA devices and their like.

Rules of this file: data only, like `nouns`. Devices name their user by unique id, so that a rename
takes nothing away; the root user's id is the account.
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.iam.nouns import Tag


class OidcProvider(msgspec.Struct, kw_only=True):
    """An OpenID Connect provider; `url` has no scheme, as IAM shows it."""

    url: str
    arn: str
    created_ns: int
    client_ids: list[str]
    thumbprints: list[str]
    tags: list[Tag] = []


class MfaDevice(msgspec.Struct, kw_only=True):
    """A virtual MFA device.

    `user_id` is empty while nobody has it. `step` is the 30 s step of the last code it was
    accepted with: that code and earlier ones are spent. `drift` is how many steps its clock is off.
    """

    serial: str
    seed: bytes
    user_id: str = ""
    enabled_ns: int = 0
    step: int = 0
    drift: int = 0
    tags: list[Tag] = []


class CredentialReport(msgspec.Struct):
    """The credential report; `ready_ns` is when it is done, `content` is empty until then."""

    started_ns: int
    ready_ns: int
    content: bytes = b""


class RoleDeletion(msgspec.Struct):
    """A request to delete a service-linked role."""

    role: str
    status: str


OIDC_PROVIDERS = Table("iam.oidc-providers", OidcProvider, "account", ordered=True)
MFA_DEVICES = Table("iam.mfa-devices", MfaDevice, "account", ordered=True)
REPORTS = Table("iam.credential-reports", CredentialReport, "account")
DELETIONS = Table("iam.role-deletions", RoleDeletion, "account")

PROOF_TABLES = (OIDC_PROVIDERS, MFA_DEVICES, REPORTS, DELETIONS)
