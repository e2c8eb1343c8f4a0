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


class SamlProvider(msgspec.Struct, kw_only=True):
    """A SAML provider: its metadata as it came. `valid_until_ns` is 0 where it does not say."""

    name: str
    arn: str
    uuid: str
    created_ns: int
    metadata: str
    valid_until_ns: int = 0
    encryption: str = ""
    tags: list[Tag] = []


class ServerCertificate(msgspec.Struct, kw_only=True):
    """A server certificate; `body`, `chain` and `key` are PEM. The key is never shown."""

    name: str
    path: str
    id: str
    arn: str
    uploaded_ns: int
    expires_ns: int
    body: str
    key: str
    chain: str = ""
    tags: list[Tag] = []


class UserCredential(msgspec.Struct, kw_only=True):
    """What else a user may have: an SSH key, a signing certificate, a service's own password.

    `kind` is `ssh`, `certificate` or `service`; `body` the key or certificate, `digest` the
    fingerprint or the password's digest, `service` the service of a service's own.
    """

    id: str
    kind: str
    user_id: str
    made_ns: int
    status: str = "Active"
    body: str = ""
    digest: str = ""
    service: str = ""
    service_user: str = ""


OIDC_PROVIDERS = Table("iam.oidc-providers", OidcProvider, "account", ordered=True)
SAML_PROVIDERS = Table("iam.saml-providers", SamlProvider, "account", ordered=True)
CERTIFICATES = Table("iam.server-certificates", ServerCertificate, "account", ordered=True)
USER_CREDENTIALS = Table("iam.user-credentials", UserCredential, "account")
MFA_DEVICES = Table("iam.mfa-devices", MfaDevice, "account", ordered=True)
REPORTS = Table("iam.credential-reports", CredentialReport, "account")
DELETIONS = Table("iam.role-deletions", RoleDeletion, "account")

PROOF_TABLES = (
    OIDC_PROVIDERS,
    SAML_PROVIDERS,
    CERTIFICATES,
    USER_CREDENTIALS,
    MFA_DEVICES,
    REPORTS,
    DELETIONS,
)
