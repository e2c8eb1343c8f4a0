"""Making the routing index from botocore's models.

Rules of this file: used by `tools.routing_index` after botocore moves, and by the index itself for
a service of another botocore than the one the file was made from. Everything a request is told
apart by is gathered here, so that routing never opens a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.wire.model.loading import services
from cloudchamber.wire.routing import botocore_data
from cloudchamber.wire.routing.entries import (
    REST_PROTOCOLS,
    OperationEntry,
    ServiceEntry,
    write_operation,
    write_service,
)

INDEX_FILE: Final = Path(__file__).with_name("index.txt")
TITLE: Final = "Routes of every AWS operation, made by tools/routing_index.py from botocore "

# Two services with the same operation on the same path: the name on the right answers for it when
# nothing in the request says which. Amazon DocumentDB and Neptune are RDS's own control plane; the
# others are a model published twice, superseded, or split off at the same address.
YIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "docdb": "rds",
        "neptune": "rds",
        "wisdom": "qconnect",
        "sms-voice": "pinpoint-sms-voice",
        "greengrass": "greengrassv2",
        "timestream-query": "timestream-write",
        "chime": "chime-sdk-voice",
        "lambda-microvms": "lambda",
        "signer-data": "signer",
    }
)

_HOST_STOP: Final = re.compile(
    r"[a-z]{2,4}(-[a-z]+)+-\d|\{.*|.*\}|dualstack|global|us-gov|amazonaws.*|aws|cloud|s?c2s|csp"
    r"|s?c2shome|csphome"
)
_NOT_ALIAS: Final = re.compile(r"[^a-z0-9]")


def describe_service(name: str) -> tuple[ServiceEntry, tuple[str, ...]]:
    """A service's entry and the lines of its operations, read from the installed botocore."""
    model = botocore_data.read_model(name)
    metadata = model["metadata"]
    prefix = metadata["endpointPrefix"]
    hosts, signing_names = _endpoint_names(name)
    hosts |= {glue + prefix for glue in _glued_prefixes(model)}
    protocols = list(metadata.get("protocols") or [metadata["protocol"]])
    if "awsQueryCompatible" in metadata and "query" not in protocols:
        protocols.append("query")
    operations = sorted(model["operations"].items())
    schemes = metadata.get("auth") or []
    entry = ServiceEntry(
        name=name,
        protocols=tuple(protocols),
        prefix=prefix,
        scopes=_sorted_after(metadata.get("signingName", prefix), signing_names),
        endpoints=_sorted_after(prefix, hosts),
        aliases=_sorted_after(alias_of(name), {alias_of(metadata["serviceId"])}),
        version=metadata["apiVersion"],
        target=metadata.get("targetPrefix", ""),
        yields_to=YIELDS.get(name, ""),
        anonymous=any(_is_anonymous(operation) for _, operation in operations),
        bearer="smithy.api#httpBearerAuth" in schemes
        or metadata.get("signatureVersion") == "bearer",
    )
    if REST_PROTOCOLS.isdisjoint(protocols):
        return entry, tuple(name for name, _ in operations)
    shapes = model["shapes"]
    return entry, tuple(
        write_operation(_rest_entry(name, operation, shapes)) for name, operation in operations
    )


def alias_of(name: str) -> str:
    """A service name as a User-Agent may spell it, reduced to its letters and digits."""
    return _NOT_ALIAS.sub("", name.lower())


def write_index() -> str:
    """The whole text of the index for the installed botocore."""
    described = [describe_service(name) for name in services()]
    lines = [TITLE + botocore_data.installed_version()]
    lines += [write_service(entry) for entry, _ in described]
    for entry, operations in described:
        lines += ["", f"[{entry.name}]", *operations]
    return "\n".join(lines) + "\n\n"


def _rest_entry(
    name: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]
) -> OperationEntry:
    members: dict[str, Any] = {}
    required: list[str] = []
    if "input" in operation:
        shape = shapes[operation["input"]["shape"]]
        members, required = shape["members"], sorted(shape.get("required", ()))
    bound = [(members[each].get("location"), each) for each in required if each in members]
    wire = {each: str(members[each].get("locationName", each)) for _, each in bound}
    return OperationEntry(
        # The model's key, not its "name": CloudFront's differ, and SDKs know the key.
        name=name,
        method=operation["http"]["method"],
        uri=operation["http"]["requestUri"],
        queries=tuple(wire[each] for where, each in bound if where == "querystring"),
        headers=tuple(wire[each].lower() for where, each in bound if where == "header"),
        deprecated=bool(operation.get("deprecated")),
        anonymous=_is_anonymous(operation),
    )


def _is_anonymous(operation: Mapping[str, Any]) -> bool:
    return operation.get("authtype") == "none"


def _sorted_after(first: str, others: set[str]) -> tuple[str, ...]:
    return (first, *sorted(others - {first, ""}))


def _endpoint_names(service: str) -> tuple[set[str], set[str]]:
    """All host names before the region, and all signing names, of a service's endpoint rules."""
    hosts: set[str] = set()
    signing_names: set[str] = set()
    for key, value in _walk(botocore_data.read_endpoint_rules(service)):
        if key == "url" and value.startswith("https://") and "{url" not in value:
            hosts.add(_host_name(value))
        elif key == "signingName" and "{" not in value:
            signing_names.add(value)
    return hosts, signing_names


def _glued_prefixes(model: Mapping[str, Any]) -> set[str]:
    """Host prefixes that make one label with the endpoint's own name, such as `workflows-`."""
    endpoints = (each.get("endpoint", {}) for each in model["operations"].values())
    prefixes = {str(endpoint.get("hostPrefix", "")) for endpoint in endpoints}
    return {prefix for prefix in prefixes if prefix.endswith("-") and "{" not in prefix}


def _walk(node: Any) -> Iterator[tuple[str, str]]:
    """Every (key, text) in a tree of JSON."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                yield key, value
            else:
                yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


def _host_name(url: str) -> str:
    """`https://{Bucket}.s3-fips.dualstack.{Region}.amazonaws.com` to `s3`."""
    labels = url.removeprefix("https://").partition("/")[0].split(".")
    while labels and "{" in labels[0]:
        labels.pop(0)
    kept: list[str] = []
    for label in labels:
        if _HOST_STOP.fullmatch(label) or (kept and label in ("api", "on", "us-gov")):
            break
        kept.append(label)
    return plain_host(kept)


def plain_host(labels: list[str]) -> str:
    """Host labels without what only says that the endpoint meets FIPS."""
    plain = [label.removesuffix("-fips").removeprefix("fips-") for label in labels]
    return ".".join(label for label in plain if label != "fips")
