"""The vocabulary of botocore's service models, as typed nodes.

Rules of this file: one Struct per kind of node in `service-2.json`, names in snake case, and only
the keys a server needs. msgspec skips every key that is not named here without allocating it, which
is what keeps documentation (two thirds of a model) out of memory.

A `Ref` is one use of a shape and may override its traits; `Shape.seen_through(ref)` gives the
merged view. Nothing here is changed after it has been read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

SCALARS: Final = frozenset(
    {"string", "integer", "long", "float", "double", "boolean", "blob", "timestamp", "character"}
)


class ErrorTrait(msgspec.Struct, rename="camel", gc=False):
    """How a modelled error is spelled: its wire code, HTTP status and whose fault it is."""

    code: str | None = None
    http_status_code: int | None = None
    sender_fault: bool | None = None


class Traits(msgspec.Struct, rename="camel", kw_only=True):
    """What may be said of a shape, and said again (or otherwise) where the shape is used."""

    location: str | None = None
    location_name: str | None = None
    query_name: str | None = None
    timestamp_format: str | None = None
    xml_namespace: str | dict[str, str] | None = None
    flattened: bool = False
    streaming: bool = False
    jsonvalue: bool = msgspec.field(default=False, name="jsonvalue")
    xml_attribute: bool = False
    idempotency_token: bool = False
    host_label: bool = False
    eventpayload: bool = False
    eventheader: bool = False
    enum: tuple[str, ...] = ()


class Ref(Traits, rename="camel"):
    """One use of a shape: by a member, a list, a map or an operation."""

    shape: str
    result_wrapper: str | None = None


class Shape(Traits, rename="camel"):
    """A shape: its type, its traits, its constraints and the references it is made of."""

    type: str
    name: str = ""
    members: dict[str, Ref] = {}
    member: Ref | None = None
    key: Ref | None = None
    value: Ref | None = None
    payload: str | None = None
    required: tuple[str, ...] = ()
    min: float | int | None = None
    max: float | int | None = None
    pattern: str | None = None
    sensitive: bool = False
    sparse: bool = False
    document: bool = False
    union: bool = False
    exception: bool = False
    fault: bool = False
    error: ErrorTrait | None = None
    eventstream: bool = False
    event: bool = False

    def seen_through(self, ref: Ref) -> Shape:
        """This shape with the traits that `ref` gives it; the shape itself when it gives none."""
        said = {name: value for name in TRAIT_NAMES if (value := getattr(ref, name))}
        return msgspec.structs.replace(self, **said) if said else self

    def element(self) -> Ref:
        """The reference to a list's element."""
        assert self.member is not None
        return self.member

    def entry(self) -> tuple[Ref, Ref]:
        """The references to a map's key and value."""
        assert self.key is not None
        assert self.value is not None
        return self.key, self.value


TRAIT_NAMES: Final = Traits.__struct_fields__


class Http(msgspec.Struct, rename="camel"):
    """Where an operation lives: method, URI template, and the status of its success."""

    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class Endpoint(msgspec.Struct, rename="camel"):
    """A host prefix such as `{AccountId}.`, when the operation has one."""

    host_prefix: str | None = None


class Compression(msgspec.Struct):
    """The encodings in which a client may send the operation's body."""

    encodings: tuple[str, ...] = ()


class Operation(msgspec.Struct, rename="camel"):
    """An operation as the model states it; `OperationModel` is the resolved view."""

    name: str
    http: Http = msgspec.field(default_factory=Http)
    input: Ref | None = None
    output: Ref | None = None
    errors: tuple[Ref, ...] = ()
    endpoint: Endpoint | None = None
    authtype: str | None = msgspec.field(default=None, name="authtype")
    requestcompression: Compression | None = msgspec.field(default=None, name="requestcompression")
    deprecated: bool = False
    readonly: bool = False


class Metadata(msgspec.Struct, rename="camel"):
    """A service's own traits."""

    protocol: str
    api_version: str = ""
    endpoint_prefix: str = ""
    service_id: str = ""
    signing_name: str | None = None
    target_prefix: str | None = None
    json_version: str = "1.0"
    xml_namespace: str | dict[str, str] | None = None
    protocols: tuple[str, ...] = ()
    signature_version: str = "v4"
    service_full_name: str = ""
    error_namespace: str | None = None
    aws_query_compatible: dict[str, Any] | None = None


class Document(msgspec.Struct):
    """A whole `service-2.json`, without its documentation."""

    metadata: Metadata
    operations: dict[str, Operation]
    shapes: dict[str, Shape]


def namespace_uri(namespace: str | Mapping[str, str] | None) -> str | None:
    """The URI of an `xmlNamespace` trait, which models write as a string or as a mapping."""
    if namespace is None or isinstance(namespace, str):
        return namespace
    return namespace.get("uri")
