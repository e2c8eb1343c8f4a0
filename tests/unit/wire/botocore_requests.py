"""Requests as botocore makes them: every operation serialised with the least input, and signed.

Rules of this file: botocore does the work (serialiser, host prefix, signers); the smallest input is
built from the model, with awkward label values, since labels are what routing must give back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV2Auth, SigV4Auth
from botocore.awsrequest import (
    AWSPreparedRequest,
    AWSRequest,
    create_request_object,
    prepare_request_dict,
)
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.serialize import create_serializer

from cloudchamber.wire.http import Request

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
REGION = "eu-west-1"
ENDPOINT = "http://localhost:4566"
LABEL = "lå b/el+%2F?~x"
GREEDY_LABEL = "a r/n:x/+é%/y"


class Case(NamedTuple):
    """A request and what it must route to."""

    service: str
    operation: str
    protocol: str
    labels: dict[str, str]
    request: Request
    own_host: str


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's own model of a service, its newest version."""
    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@cache
def _loader() -> Loader:
    return Loader(include_default_extras=True)


def cases(service: str, protocol: str) -> Iterator[Case]:
    """Every operation of a service in one of its protocols."""
    for name in service_model(service).operation_names:
        yield case(service, name, protocol)


def case(service: str, operation: str, protocol: str, endpoint: str = ENDPOINT) -> Case:
    """One operation as a request to `endpoint`, with what it must route to."""
    model = service_model(service)
    operation_model = model.operation_model(operation)
    uri = operation_model.http["requestUri"]
    parameters = least_input(operation_model)
    labels: dict[str, str] = {}
    if operation_model.input_shape is not None:
        for name, member in operation_model.input_shape.members.items():
            if member.serialization.get("location") == "uri":
                wire_name = member.serialization.get("name", name)
                value = GREEDY_LABEL if f"{{{wire_name}+}}" in uri else LABEL
                parameters[name] = labels[wire_name] = value
    request_dict = create_serializer(protocol, False).serialize_to_request(
        parameters, operation_model
    )
    if "x-amz-content-sha256" in request_dict["headers"]:
        # A modelled header of one service: the hash of its body, and nothing else would do.
        request_dict["headers"]["x-amz-content-sha256"] = sha256(request_dict["body"]).hexdigest()
    prepare_request_dict(request_dict, endpoint, context={})
    signed = sign(create_request_object(request_dict), operation_model)
    place: Any = operation_model.endpoint or {}
    prefix = place.get("hostPrefix", "")
    host = f"{prefix}{model.endpoint_prefix}.{REGION}.amazonaws.com".replace("{AccountId}", "x")
    return Case(service, operation, protocol, labels, as_received(signed), host)


def sign(request: AWSRequest, operation: OperationModel) -> AWSRequest:
    """The request as the service's clients would sign it."""
    model = operation.service_model
    version = model.metadata["signatureVersion"]
    if operation.auth_type == "none":
        return request
    if version == "bearer":
        request.headers["Authorization"] = "Bearer token"
    elif version == "v2":
        SigV2Auth(CREDENTIALS).add_auth(request)
    elif version.startswith("s3"):
        # S3's endpoint rules, which are not run here, sign this one for S3 Express.
        scope = "s3express" if operation.name == "ListDirectoryBuckets" else model.signing_name
        S3SigV4Auth(CREDENTIALS, scope, REGION).add_auth(request)
    else:
        SigV4Auth(CREDENTIALS, model.signing_name, REGION).add_auth(request)
    return request


def as_received(request: AWSRequest | AWSPreparedRequest) -> Request:
    """The request as a front end would hand it on."""
    prepared = request.prepare() if isinstance(request, AWSRequest) else request
    url = urlsplit(prepared.url)
    headers = {name.lower(): _text(value) for name, value in prepared.headers.items()}
    headers.setdefault("host", url.netloc)
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    return Request(prepared.method, url.path or "/", url.query, headers, bytes(body))


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def least_input(operation: OperationModel) -> dict[str, Any]:
    """An input with only what is required."""
    shape = operation.input_shape
    return {} if shape is None else _structure(shape, 0)


def _structure(shape: Any, depth: int) -> dict[str, Any]:
    return {name: _value(shape.members[name], depth + 1) for name in shape.required_members}


def _value(shape: Any, depth: int) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, depth) if depth < 8 else {}
    if kind == "list":
        return [_value(shape.member, depth + 1)] if depth < 8 else []
    if kind == "map":
        return {}
    if kind == "timestamp":
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    if kind in ("integer", "long"):
        return 7
    if kind in ("float", "double"):
        return 1.5
    if kind == "boolean":
        return True
    if kind == "blob":
        return b"blob"
    return "text"
