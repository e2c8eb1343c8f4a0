"""What AWS answers to a request that asks for nothing it knows.

Rules of this file: the errors of routing and their words, nothing else. Each says which service and
protocol it is to be written for, as far as routing got.
"""

from __future__ import annotations

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.routing.entries import CBOR_PROTOCOL, REST_PROTOCOLS, ServiceEntry
from cloudchamber.wire.scopes import cut


class RouteError(WireError):
    """A request with no route. `service` is None when not even that is known.

    `protocol` is the one the answer is to be written in.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        *,
        service: str | None,
        protocol: str,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, status, fields)
        self.service = service
        self.protocol = protocol


def at(error: WireError, entry: ServiceEntry) -> RouteError:
    """The same error, said by a service."""
    return RouteError(
        error.code, error.message, error.status, service=entry.name, protocol=entry.protocols[0]
    )


def unknown_target(service: str | None, protocol: str) -> RouteError:
    """An operation that a service of JSON or CBOR does not have."""
    status = 404 if protocol == CBOR_PROTOCOL else 400
    return RouteError("UnknownOperationException", "", status, service=service, protocol=protocol)


def unknown_rpc(protocol: str) -> RouteError:
    """A `smithy-protocol` request whose path or protocol is not one that is spoken here."""
    message = f"No service speaks '{cut(protocol)}' at this path."
    if protocol == "rpc-v2-cbor":
        message = ""
    return RouteError(
        "UnknownOperationException", message, 404, service=None, protocol=CBOR_PROTOCOL
    )


def unknown_action(service: str | None, action: str, version: str | None) -> RouteError:
    """An Action that no service of this version has."""
    if service == "ec2":
        message = f"The action {cut(action)} is not valid for this web service."
    elif service == "sqs":
        message = f"The action {cut(action)} is not valid for this endpoint."
    else:
        told = "NO_VERSION_SPECIFIED" if version is None else cut(version)
        message = f"Could not find operation {cut(action)} for version {told}"
    protocol = "ec2" if service == "ec2" else "query"
    return RouteError("InvalidAction", message, 400, service=service, protocol=protocol)


def unknown_path(entry: ServiceEntry) -> RouteError:
    """A request to a known service that is none of its operations."""
    protocol = entry.protocols[0]
    if protocol in REST_PROTOCOLS:
        return RouteError(
            "UnknownOperationException", "", 404, service=entry.name, protocol=protocol
        )
    if protocol in ("query", "ec2"):
        return RouteError(
            "MissingAction",
            "The request is missing an action or a required parameter.",
            400,
            service=entry.name,
            protocol=protocol,
        )
    return unknown_target(entry.name, protocol)


def unknown_scope(scope: str) -> RouteError:
    """A request signed for a service that does not exist."""
    return RouteError(
        "UnknownOperationException",
        f"No service is known under the signing name '{cut(scope)}'.",
        404,
        service=None,
        protocol="json",
    )


def s3_method(method: str) -> RouteError:
    """A method that S3 does not know at this kind of address."""
    return RouteError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        service="s3",
        protocol="rest-xml",
        fields={"Method": cut(method)},
    )


def old_cbor(service: str) -> RouteError:
    """The CBOR of old Java clients, which came before rpc-v2 and is not spoken here."""
    return RouteError(
        "UnsupportedMediaType",
        "application/x-amz-cbor-1.1 is not spoken here: ask the client for JSON "
        "(Java: -Daws.cborEnabled=false, or AWS_CBOR_DISABLE=1).",
        415,
        service=service,
        protocol="json",
    )
