"""The questions that the house asks a service, by name. Services answer; nobody imports them.

Rules of this file: names and shapes only. A port is declared in `Service(ports={...})`. A service
that was never called has no state, so its ports are not asked and its code is not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from cloudchamber.languages.policy import SourcedPolicy

# (cloud, access_key) -> Credentials | None: whose key is it?
CREDENTIALS: Final = "credentials"
# (cloud, caller) -> CallerPolicies | None: which policies hold for a user or a role session?
POLICIES: Final = "policies"
# (cloud, caller) -> list[SourcedPolicy] | None: the session policies of an STS session.
SESSION_POLICIES: Final = "session-policies"
# (cloud, account) -> Guardrails | None: what an organization imposes on an account.
GUARDRAILS: Final = "guardrails"
# (cloud, account) -> OrganizationFacts | None: the organization that an account is in.
ORGANIZATION: Final = "organization"
# (cloud, account) -> Sequence[account]: all accounts of an account's organization, sorted.
MEMBERS: Final = "members"
# (cloud, role_arn) -> RoleFacts | None: used by STS to find whom a role trusts.
ROLE: Final = "role"
# (cloud, account, arn) -> SourcedPolicy | None: a managed policy, compiled.
MANAGED_POLICY: Final = "managed-policy"
# (cloud, account, issuer) -> OidcFacts | None: an account's OpenID Connect provider by its URL.
OIDC_PROVIDER: Final = "oidc-provider"
# (cloud, caller, serial, code) -> bool: is this the code that the caller's MFA device shows?
MFA_CODE: Final = "mfa-code"
# (call) -> None: told after each call; keys and roles remember when they were last used.
SEEN: Final = "seen"
# (cloud, account) -> frozenset[str]: which opt-in Regions may an account use?
ENABLED_REGIONS: Final = "enabled-regions"
# (cloud, account, region) -> Iterable[tuple[arn, Mapping[key, value]]]: what has tags, by ARN.
# Those of a global service are in its partition's home Region.
TAGGED_RESOURCES: Final = "tagged-resources"
# (cloud, account, region) -> Sequence[StreamFacts]: the streams of DynamoDB's tables, by ARN.
TABLE_STREAMS: Final = "table-streams"
# (cloud, arn) -> StreamFacts | None: one of them.
TABLE_STREAM: Final = "table-stream"
# (cloud, arn, sequence, limit, bytes) -> Sequence[tuple[int, dict]]: a stream's records from a
# sequence number on, as GetRecords shows them; at most so many, and so many bytes.
TABLE_STREAM_RECORDS: Final = "table-stream-records"
# (cloud, arn, t_ns) -> int: the sequence number of a stream's first record at or after an instant.
TABLE_STREAM_POSITION: Final = "table-stream-position"
# (call, arn) -> SourcedPolicy | None: the policy attached to a table's stream.
TABLE_STREAM_POLICY: Final = "table-stream-policy"
# (cloud, account) -> Mapping[str, bool] | None: which public access an account blocks for S3.
PUBLIC_ACCESS_BLOCK: Final = "public-access-block"
# (cloud, arn or alias) -> AccessPointFacts | None: an access point of S3.
ACCESS_POINT: Final = "access-point"
# (cloud, bucket) -> bool: does any access point lead to a bucket?
HAS_ACCESS_POINTS: Final = "has-access-points"
# (cloud, name) -> tuple[account, region] | None: whose a bucket is, and where.
BUCKET: Final = "bucket"
# (cloud, policy, arn) -> bool: does a policy of S3 allow something to everybody? Raises
# MalformedPolicy (an AwsError) for what cannot be the policy of that ARN.
PUBLIC_POLICY: Final = "public-policy"
# (cloud, bucket, origin, method, headers) -> Mapping[str, str]: what tells a browser that a page of
# that origin may ask this of a bucket. Raises AccessForbidden.
CORS: Final = "cors"
# (cloud, account, region, type) -> Sequence[arn]: what others share with an account in a Region, of
# a type as AWS RAM names it (`ec2:Subnet`), by ARN.
SHARED_RESOURCES: Final = "shared-resources"
# (cloud, arn) -> str | None: what keeps a resource from being shared by AWS RAM, "" for nothing;
# None when it is none of the service's, or does not exist.
SHAREABLE: Final = "shareable"
# (cloud, arn) -> SourcedPolicy | None: the policy that AWS RAM puts on a shared resource.
SHARE_POLICY: Final = "share-policy"
# (call, source, destination, protocol, source_port, destination_port) -> dict: one flow through the
# network, as the control API's probe answers it.
FLOW: Final = "flow"
# (cloud) -> Iterable[LatticeFacts]: every VPC that is associated with a service network.
LATTICE: Final = "lattice"
# (cloud, region) -> Mapping[name, image id]: the public parameters that name images in a Region.
IMAGE_PARAMETERS: Final = "image-parameters"
# (cloud, queue_arn) -> int | None: the instant at which something in a queue is or will be visible.
QUEUE_DUE: Final = "queue-due"


class CallerPolicies(msgspec.Struct, frozen=True, kw_only=True):
    """What IAM attaches to a principal: identity policies, boundary, tags as condition keys."""

    identity: Sequence[SourcedPolicy]
    boundary: SourcedPolicy | None = None
    context: Mapping[str, Sequence[str]] = {}


class RoleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What others may know of a role: whom it trusts, its identity, how long a session may last.

    `trust` is the trust policy as JSON text. `tags` are the role's own tags. The role's
    permissions and its boundary are not here: the `policies` port gives them for a session.
    """

    arn: str
    role_id: str
    name: str
    path: str
    account: str
    trust: str
    max_session_s: int
    tags: Mapping[str, str] = {}


class OidcFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What STS may know of an OpenID Connect provider: its ARN, URL without scheme, audiences."""

    arn: str
    url: str
    client_ids: Sequence[str]


class Guardrails(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization imposes: one list per level from the root to the account.

    `scps` and `rcps` are None where they do not apply (management account, not enabled).
    `context` carries aws:PrincipalOrgID and aws:PrincipalOrgPaths.
    """

    scps: Sequence[Sequence[SourcedPolicy]] | None = None
    rcps: Sequence[Sequence[SourcedPolicy]] | None = None
    context: Mapping[str, Sequence[str]] = {}


class OrganizationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What others may know of an account's organization.

    `path` is the account's place (`o-id/r-id/ou-id/`), `services` are those that are trusted.
    """

    id: str
    path: str
    management: str
    services: Sequence[str]


class LatticeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A VPC's association with a service network of VPC Lattice, and the groups that guard it."""

    id: str
    vpc: str
    network: str
    groups: Sequence[str]


class ShardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One shard of a table's stream: its sequence numbers from `first` to `last` (None: open)."""

    name: str
    parent: str
    first: int
    last: int | None


class StreamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the streams of DynamoDB's tables are, for the service that reads them.

    `oldest` is the sequence number of the oldest record that is still kept, `next` that of the
    record that comes next.
    """

    arn: str
    label: str
    table: str
    key_schema: Sequence[Mapping[str, str]]
    view: str
    status: str
    created_ns: int
    shards: Sequence[ShardFacts]
    oldest: int
    next: int


class AccessPointFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What S3 may know of an access point: its ARN, whose it is, which bucket it leads to.

    `policy` is its policy document, "" for none. `vpc` is the VPC it is held to, "" for the
    internet. `blocks` is its own public access block.
    """

    arn: str
    alias: str
    account: str
    region: str
    bucket: str
    policy: str = ""
    vpc: str = ""
    blocks: Mapping[str, bool] = {}
