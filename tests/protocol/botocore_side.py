"""The other end of the wire: botocore's own serialisers and parsers, without a network.

Rules of this file: botocore as it is, fed from its model files directly. A request comes out as the
wire would carry it; a response goes in as the wire would.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

import orjson
from botocore import parsers, serialize
from botocore.awsrequest import HeadersDict
from botocore.loaders import ExtrasProcessor
from botocore.model import OperationModel, ServiceModel

from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model.loading import find_model_file

EXTRAS: Final = "service-2.sdk-extras.json"


def service_model(name: str) -> ServiceModel:
    """botocore's model of a service, as its clients see it."""
    file = find_model_file(name)
    assert file is not None
    description = orjson.loads(zlib.decompress(file.read_bytes(), 31))
    extras = file.with_name(EXTRAS)
    if extras.is_file():
        ExtrasProcessor().process(description, [orjson.loads(extras.read_bytes())])
    return ServiceModel(description, name)


@cache
def serializer(protocol: str) -> Any:
    """botocore's serialiser of a protocol, without its own validation."""
    return serialize.create_serializer(protocol, include_validation=False)


@cache
def parser(protocol: str) -> Any:
    """botocore's parser of a protocol."""
    return parsers.create_parser(protocol)


def request(
    protocol: str, operation: OperationModel, value: dict[str, Any]
) -> tuple[Request, dict[str, str]]:
    """The request that botocore would send, and the labels that routing would find in its path."""
    made = serializer(protocol).serialize_to_request(value, operation)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body, encoding="utf-8").encode()
    path, _, query = made["url_path"].partition("?")
    if made["query_string"]:
        query = "&".join(filter(None, (query, _query(made["query_string"]))))
    headers = {name.lower(): str(text) for name, text in made["headers"].items()}
    sent = Request(made["method"], path, query, headers, body)
    is_rest = protocol.startswith("rest-")
    return sent, labels(operation.http.get("requestUri", "/"), path) if is_rest else {}


def _query(fields: Mapping[str, Any]) -> str:
    pairs: list[str] = []
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        pairs += [f"{quote(name, safe='~')}={quote(str(item), safe='~')}" for item in values]
    return "&".join(pairs)


def labels(template: str, path: str) -> dict[str, str]:
    """The labels of a URI template in a path, decoded, as routing gives them."""
    names: list[str] = []

    def group(found: re.Match[str]) -> str:
        name = found[1]
        names.append(name.rstrip("+"))
        return "(.+)" if name.endswith("+") else "([^/]+)"

    literal = template.partition("?")[0]
    parts = re.split(r"(\{[^}]+\})", literal)
    source = "".join(
        re.sub(r"^\{([^}]+)\}$", group, part) if part[:1] == "{" else re.escape(part)
        for part in parts
    )
    found = re.fullmatch(source, path)
    assert found is not None, (template, path)
    return {name: unquote(text) for name, text in zip(names, found.groups(), strict=True)}


class StreamedBody:
    """A body as botocore's event streams read it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        """The body in one chunk."""
        yield self._body

    def close(self) -> None:
        """Nothing to close."""


def read(protocol: str, operation: OperationModel, response: Response, shape: Any) -> Any:
    """What botocore's parser makes of a response: the members of `shape`, metadata aside."""
    is_stream = operation.has_event_stream_output and response.status < 300
    parsed = parser(protocol).parse(_received(operation, response, is_stream), shape)
    if is_stream:
        name = shape.event_stream_name
        parsed[name] = list(parsed[name])
    if isinstance(parsed, dict):
        parsed.pop("ResponseMetadata", None)
    return parsed


def _received(operation: OperationModel, response: Response, is_stream: bool) -> dict[str, Any]:
    return {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": StreamedBody(response.body) if is_stream else response.body,
        "context": {"operation_name": operation.name},
    }
