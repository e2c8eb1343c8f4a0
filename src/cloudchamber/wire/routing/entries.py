"""What routing knows of a service and of an operation, and how the two are written in a text file.

Rules of this file: plain values and their spelling, nothing reads a model or a request here. The
text is made to be read in a diff: one line per service, then one section per service with one line
per operation, fields separated by tabs, lists by spaces, empty fields at the end left out.
"""

from __future__ import annotations

from typing import Final

import msgspec

REST_PROTOCOLS: Final = frozenset(("rest-json", "rest-xml"))
ACTION_PROTOCOLS: Final = frozenset(("query", "ec2"))
CBOR_PROTOCOL: Final = "smithy-rpc-v2-cbor"


class ServiceEntry(msgspec.Struct, frozen=True):
    """One service, as routing sees it.

    `protocols` are in the model's order of preference, with `query` added for services that still
    accept it. `scopes` are the names a client may sign with, `endpoints` the host names before the
    region (`sqs`, `streams.dynamodb`), without any `-fips`. `prefix` is the model's own endpoint:
    services that share it are served by AWS at one address. `aliases` are the names SDKs give the
    service in a User-Agent, lower case, letters and digits only. `yields_to` names the service that
    answers for what both have, when one address serves two models of the same thing.
    """

    name: str
    protocols: tuple[str, ...]
    prefix: str
    scopes: tuple[str, ...]
    endpoints: tuple[str, ...]
    aliases: tuple[str, ...]
    version: str
    target: str = ""
    yields_to: str = ""
    anonymous: bool = False
    bearer: bool = False


class OperationEntry(msgspec.Struct, frozen=True):
    """One REST operation: its method and URI template, and what a request must carry to be it.

    `queries` and `headers` are the wire names (headers in lower case) of required members;
    `anonymous` operations are called without any signature.
    """

    name: str
    method: str
    uri: str
    queries: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    deprecated: bool = False
    anonymous: bool = False


def write_service(entry: ServiceEntry) -> str:
    """The header line of a service."""
    flags = ("anonymous " if entry.anonymous else "") + ("bearer" if entry.bearer else "")
    fields = (
        entry.name,
        " ".join(entry.protocols),
        entry.prefix,
        " ".join(entry.scopes),
        " ".join(entry.endpoints),
        " ".join(entry.aliases),
        entry.version,
        entry.target,
        entry.yields_to,
        flags.strip(),
    )
    return "\t".join(fields).rstrip("\t")


def read_service(line: str) -> ServiceEntry:
    """The service of a header line."""
    fields = line.split("\t")
    target = yields_to = flags = ""
    if len(fields) > 7:
        target, yields_to, flags = (*fields[7:], "", "")[:3]
    return ServiceEntry(
        fields[0],
        tuple(fields[1].split(" ")),
        fields[2],
        tuple(fields[3].split(" ")),
        tuple(fields[4].split(" ")),
        tuple(fields[5].split(" ")),
        fields[6],
        target,
        yields_to,
        "anonymous" in flags,
        "bearer" in flags,
    )


def write_operation(entry: OperationEntry) -> str:
    """The line of a REST operation."""
    flags = ("deprecated " if entry.deprecated else "") + ("anonymous" if entry.anonymous else "")
    fields = (
        entry.name,
        entry.method,
        entry.uri,
        " ".join(entry.queries),
        " ".join(entry.headers),
        flags.strip(),
    )
    return "\t".join(fields).rstrip("\t")


def read_operation(line: str) -> OperationEntry:
    """The REST operation of a line."""
    fields = line.split("\t")
    fields += [""] * (6 - len(fields))
    return OperationEntry(
        name=fields[0],
        method=fields[1],
        uri=fields[2],
        queries=tuple(fields[3].split(" ")) if fields[3] else (),
        headers=tuple(fields[4].split(" ")) if fields[4] else (),
        deprecated="deprecated" in fields[5],
        anonymous="anonymous" in fields[5],
    )
