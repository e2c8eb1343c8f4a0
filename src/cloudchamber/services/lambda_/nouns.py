"""The state of Lambda: functions with all that belongs to them, layers, invocations, mappings.

Rules of this file: plain data and its tables. What a caller set is kept by AWS's own member names
(`members`), so that it is shown as it was given; what the service reckons with has fields. Times
are ns of the chamber's clock.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table

LATEST: Final = "$LATEST"


class Image(msgspec.Struct, frozen=True):
    """What the machine's container engine said of an image when it was asked: `status` is `found`,
    `absent`, `no-engine` (`reason` says why) or `crash`."""

    status: str
    id: str = ""
    digest: str = ""
    entrypoint: list[str] = []
    command: list[str] = []
    reason: str = ""


class Package(msgspec.Struct, frozen=True):
    """Code: an archive in the blob store, a folder of the machine, or an image by its name.

    `sha256` is what CodeSha256 shows (base64; of an image hexadecimal), `size` and `unzipped` are
    bytes, `name` and `key` find and open the archive among the blobs.
    """

    sha256: str
    size: int
    unzipped: int = 0
    name: str = ""
    key: bytes = b""
    folder: str = ""
    image: str = ""
    kms_key: str = ""
    container: Image | None = None


class Configuration(msgspec.Struct):
    """One version of a function, `$LATEST` or published. `members` are as the API spells them.

    With a key of the customer's the variables lie sealed: `sealed` under the data key in `wrapped`.
    """

    version: str
    code: Package
    members: dict[str, Any]
    modified_ns: int
    revision: str
    variables: dict[str, str] = {}
    sealed: bytes = b""
    wrapped: bytes = b""
    state: str = "Active"
    state_code: str = ""
    update_status: str = "Successful"
    change: int = 0  # the kernel event that ends a state, so that a later change can take it back


class Alias(msgspec.Struct):
    """A name for a version; `weights` sends shares of invocations to others."""

    name: str
    version: str
    description: str
    revision: str
    weights: dict[str, float] = {}


class Provisioned(msgspec.Struct):
    """Provisioned concurrency of a version or an alias. `ready` counts what is allocated."""

    asked: int
    ready: int
    modified_ns: int
    status: str = "IN_PROGRESS"
    change: int = 0


class Url(msgspec.Struct):
    """A function URL of a function or of an alias."""

    id: str
    auth: str
    mode: str
    cors: dict[str, Any]
    created_ns: int
    modified_ns: int


class EventInvoke(msgspec.Struct):
    """How asynchronous events of a qualifier are treated; absent members are AWS's defaults."""

    modified_ns: int
    retries: int | None = None
    age_s: int | None = None
    destinations: dict[str, Any] = {}


class Function(msgspec.Struct):
    """A function. `policies` hold statements by qualifier (`` for the function itself)."""

    name: str
    account: str
    region: str
    arn: str
    latest: Configuration
    versions: dict[str, Configuration] = {}
    next_version: int = 1
    published: str = ""  # what the newest version was made of, to tell whether anything changed
    aliases: dict[str, Alias] = {}
    policies: dict[str, list[dict[str, Any]]] = {}
    policy_revisions: dict[str, str] = {}
    reserved: int | None = None
    provisioned: dict[str, Provisioned] = {}
    event_invoke: dict[str, EventInvoke] = {}
    urls: dict[str, Url] = {}
    tags: dict[str, str] = {}
    recursion: str = "Terminate"
    runtime_management: dict[str, dict[str, str]] = {}
    code_signing: str = ""
    running: int = 0


class Place(msgspec.Struct, frozen=True):
    """Where a function URL leads."""

    account: str
    region: str
    name: str
    qualifier: str


class LayerVersion(msgspec.Struct):
    """A version of a layer."""

    version: int
    code: Package
    description: str
    created_ns: int
    runtimes: list[str] = []
    architectures: list[str] = []
    license: str = ""
    statements: list[dict[str, Any]] = []
    revision: str = ""


class Layer(msgspec.Struct):
    """A layer; the number of its newest version is never given again."""

    name: str
    arn: str
    newest: int = 0
    versions: dict[int, LayerVersion] = {}


class CodeSigning(msgspec.Struct):
    """A code signing configuration: kept and shown."""

    id: str
    arn: str
    description: str
    publishers: list[str]
    policy: str
    modified_ns: int
    tags: dict[str, str] = {}


class Session(msgspec.Struct):
    """Credentials of an execution role, as the STS answer had them."""

    access_key: str
    secret: str
    token: str
    expires_ns: int


class Invocation(msgspec.Struct):
    """An invocation that runs or has just ended. `origin` says on whose behalf: `sync`, `async`,
    `sqs:UUID`, `stream:UUID`; `reference` is that one's own name for it.

    Whoever asked `takes_stream` if a streamed answer may be as long as streams are. Its first bytes
    are `payload`, or `begun` if the function failed after them; what follows is the blob `rest`.
    """

    request_id: str
    function: str
    account: str
    region: str
    qualifier: str
    version: str
    started_ns: int
    origin: str
    reference: str = ""
    trace: str = ""
    log_stream: str = ""
    is_provisioned: str = ""
    done: bool = False
    status: str = ""
    error_type: str = ""
    payload: bytes = b""
    log: bytes = b""
    content_type: str = ""
    is_streamed: bool = False
    takes_stream: bool = False
    begun: bytes = b""
    rest: str = ""
    rest_key: bytes = b""
    rest_bytes: int = 0


class AsyncEvent(msgspec.Struct):
    """An event in the queue of asynchronous invocations. `attempts` counts runs, `refusals` how
    often there was no room for it, since it was last run."""

    id: str
    account: str
    region: str
    function: str
    qualifier: str
    payload: bytes
    received_ns: int
    trace: str = ""
    client_context: str = ""
    attempts: int = 0
    refusals: int = 0


class Mapping(msgspec.Struct):
    """An event source mapping. `members` are as the API spells them.

    `state` is what is shown; `wake` is the kernel event of the next poll (0: none), and `wake_ns`
    its instant; `busy_ns` since when there has been something to do (0: idle).
    """

    uuid: str
    account: str
    region: str
    arn: str
    kind: str
    source: str
    function: str
    qualifier: str
    members: dict[str, Any]
    modified_ns: int
    state: str
    result: str = ""
    reason: str = "USER_INITIATED"
    wake: int = 0
    wake_ns: int = 0
    busy_ns: int = 0
    running: int = 0
    gathered: list[bytes] = []
    gathered_ns: int = 0
    gathered_bytes: int = 0
    change: int = 0
    tags: dict[str, str] = {}


class Batch(msgspec.Struct):
    """Records on their way to a function: each as JSON text."""

    id: str
    mapping: str
    records: list[bytes]
    attempts: int = 0


class Lane(msgspec.Struct):
    """Batches of one shard that are done one after the other; `retry` is the kernel event at which
    the first is tried again, `back_off` how often in a row it was not even begun."""

    batches: list[Batch] = []
    is_running: bool = False
    retry: int = 0
    back_off: int = 0


class Shard(msgspec.Struct):
    """How far a mapping has read in a shard: what follows the sequence number `position` has not
    been taken (everything, while it is empty). `window_ns` is when gathering ends (0: it has not
    begun).
    """

    name: str
    mapping: str
    position: str = ""
    is_finished: bool = False
    window_ns: int = 0
    lanes: list[Lane] = []


FUNCTIONS: Final = Table("lambda.functions", Function, ordered=True)
LAYERS: Final = Table("lambda.layers", Layer, ordered=True)
SIGNING: Final = Table("lambda.code-signing", CodeSigning)  # by ARN
URLS: Final = Table("lambda.urls", Place, "world")
SESSIONS: Final = Table("lambda.sessions", Session)  # by role and function
# Ids that no two accounts share: whoever began a thing, it is found where it ends.
INVOCATIONS: Final = Table("lambda.invocations", Invocation, "world")
LOOKED_UP: Final = Table("lambda.images", Image)  # answers that their callers have not read yet
EVENTS: Final = Table("lambda.events", AsyncEvent, "world")
MAPPINGS: Final = Table("lambda.mappings", Mapping)
BATCHES: Final = Table("lambda.batches", Batch, "world")
SHARDS: Final = Table("lambda.shards", Shard, "world")  # mapping UUID and shard, with a slash
WARM: Final = Table("lambda.log-streams", str)  # environment of a function -> its log stream
