"""A request to a service of VPC Lattice, at the service's own name.

Rules of this file: HTTP in, and the answer of what the rules lead to. A service answers only inside
VPCs that are associated with one of its service networks, so a request says where it comes from
with the header `X-Chamber-Source`: a VPC, a network interface or an instance; for the latter two
the network is walked. A function is really invoked. What an instance or an address would answer
nobody here knows: such a request ends with 503 and names the target that it would have reached.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AccessDenied, AwsError
from cloudchamber.cloud.service import Input, Output, Wait, Waiting
from cloudchamber.languages.policy.attached import attached_policy
from cloudchamber.services.vpc_lattice import access_logs
from cloudchamber.services.vpc_lattice.lookup import rules_of
from cloudchamber.services.vpc_lattice.nouns import (
    LISTENERS,
    NETWORKS,
    SERVICE_ASSOCIATIONS,
    SERVICES,
    TARGET_GROUPS,
    VPC_ASSOCIATIONS,
    LatticeService,
    Listener,
    ServiceNetwork,
    TargetGroup,
)
from cloudchamber.services.vpc_lattice.routing import Asked, action_for, weighted
from cloudchamber.services.vpc_lattice.services import SITE
from cloudchamber.services.vpc_lattice.targets import takes_requests

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

SOURCE: Final = "x-chamber-source"
_ACTION: Final = "vpc-lattice-svcs:Invoke"
_PRINCIPAL: Final = "vpc-lattice.amazonaws.com"
_LINK_LOCAL: Final = "169.254.171.1"  # any of the addresses that service names resolve to
_NOBODY: Final = (
    '{"Version": "2012-10-17", "Statement": [{"Sid": "NoAuthPolicy", "Effect": "Deny",'
    ' "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}'
)


class Way(msgspec.Struct):
    """Where a request comes from and through what: a VPC, its owner, the service network."""

    vpc: str
    owner: str
    network: ServiceNetwork
    interface: str = ""


def arn_of_service(call: Call, request: Input) -> str:
    """What the request is about."""
    service = _service(call, request)
    return "*" if service is None else service.arn


def serve(call: Call, request: Input) -> Output | Waiting:
    """Answer a request to a service."""
    service = _service(call, request)
    if service is None:
        return _plain(404, "There is no service of VPC Lattice at this name.")
    way = _way(call, request, service)
    if isinstance(way, str):
        return _plain(403, way)
    listener = _listener(call, service)
    if listener is None:
        return _plain(503, f"The service {service.name} has no listener.")
    if way.interface and (blocked := _blocked(call, way, listener.port)):
        return _plain(504, blocked)
    return _answer(call, request, service, way, listener)


def _answer(
    call: Call, request: Input, service: LatticeService, way: Way, listener: Listener
) -> Waiting:
    line = _line(call, request, service, way)
    asked = Asked(request["Method"], unquote(request["Path"]), request["Headers"])
    try:
        _authorise(call, request, service, way, listener)
    except AccessDenied as error:
        line["authDeniedReason"] = "Service" if way.network.auth == "NONE" else "Network"
        output = _plain(error.status, error.message, code="AccessDeniedException")
    else:
        action, decided = action_for(asked, listener, rules_of(call, listener.id))
        line["decidedBy"] = decided
        output = yield from _act(call, request, way, service, action, line)
    line["responseCode"] = output["Status"]
    line["bytesSent"] = len(output["Body"])
    line["duration"] = (call.now - call.started_ns) // 1_000_000
    access_logs.note(call, (service.arn, way.network.arn), line)
    return output


def _act(
    call: Call, request: Input, way: Way, service: LatticeService, action: dict[str, Any],
    line: dict[str, Any],
) -> Generator[Wait, bool, Output]:  # fmt: skip
    if "fixedResponse" in action:
        return _plain(action["fixedResponse"]["statusCode"], "")
    chosen = weighted(action["forward"]["targetGroups"], partial(_drawn, call))
    group = call.rows(TARGET_GROUPS).get(chosen)
    if group is None:
        line["failureReason"] = "TargetGroupHasNoWeight"
        return _plain(503, "Every target group of the rule has weight 0.")
    line["targetGroupArn"] = group.arn
    targets = [each for each in group.targets if takes_requests(call, group, each)]
    if not targets:
        line["failureReason"] = "TargetGroupEmpty"
        return _plain(503, f"No target of {group.name} takes requests.")
    target = targets[call.number % len(targets)]
    if group.type != "LAMBDA":
        line["targetIpPort"] = f"{target.id}:{target.port}"
        line["failureReason"] = "NoProgramInChamber"
        return _plain(
            503, f"This goes to {target.id}:{target.port} of {group.name}, where no program runs."
        )
    payload = msgspec.json.encode(_event(call, request, way, service, group))
    try:
        invoked = yield from call.invoke_waiting(
            "lambda", "Invoke", {"FunctionName": target.id, "Payload": payload},
            principal=_PRINCIPAL, account=group.owner, region=group.region,
        )  # fmt: skip
    except AwsError as error:
        line["failureReason"] = error.code
        return _plain(502, "Bad Gateway")
    if "FunctionError" in invoked:
        line["failureReason"] = "LambdaUnhandled"
        return _plain(502, "Bad Gateway")
    return _response(invoked["Payload"])


def _drawn(call: Call, below: int) -> int:
    """A number for this request alone, no draw: a waiting call may be begun again."""
    digest = hashlib.sha256(f"weights of {call.request_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def _service(call: Call, request: Input) -> LatticeService | None:
    prefix = request["Prefix"]
    return next(
        (
            each
            for each in call.rows(SERVICES).values()
            if each.region == call.region and each.domain.startswith(f"{prefix}.{SITE}.")
        ),
        None,
    )


def _way(call: Call, request: Input, service: LatticeService) -> Way | str:
    """How a request comes to a service, or why it does not."""
    source = request["Headers"].get(SOURCE, "")
    if not source:
        return (
            "A service of VPC Lattice answers inside VPCs only: say where this comes from with the "
            "header X-Chamber-Source: vpc-..., eni-... or i-..."
        )
    vpc, interface = _source(call, source)
    joined = next((each for each in call.rows(VPC_ASSOCIATIONS).values() if each.vpc == vpc), None)
    if joined is None:
        return f"{source} is in no VPC that is associated with a service network."
    if not any(
        (each.network, each.service) == (joined.network, service.id)
        for each in call.rows(SERVICE_ASSOCIATIONS).values()
    ):
        return f"{service.name} is not in the service network {joined.network}, which {vpc} uses."
    return Way(vpc, joined.owner, call.rows(NETWORKS)[joined.network], interface)


def _source(call: Call, source: str) -> tuple[str, str]:
    """VPC and interface ("" for a whole VPC) that a source is; nothing if there is no such thing.

    EC2 is asked in the accounts that have associated VPCs, by the service itself: who calls need
    not be allowed to look.
    """
    if source.startswith("vpc-"):
        return source, ""
    asked: Input = (
        {"Filters": [{"Name": "attachment.instance-id", "Values": [source]}]}
        if source.startswith("i-")
        else {"NetworkInterfaceIds": [source]}
    )
    for account in sorted({each.owner for each in call.rows(VPC_ASSOCIATIONS).values()}):
        try:
            found = call.invoke(
                "ec2", "DescribeNetworkInterfaces", asked, principal=_PRINCIPAL, account=account
            )["NetworkInterfaces"]
        except AwsError:
            continue
        if found:
            return found[0]["VpcId"], found[0]["NetworkInterfaceId"]
    return "", ""


def _listener(call: Call, service: LatticeService) -> Listener | None:
    """The listener for the request's scheme; a service that has only one is answered by that."""
    mine = [each for each in call.rows(LISTENERS).values() if each.service == service.id]
    wanted = call.origin.scheme.upper()
    return next((each for each in mine if each.protocol == wanted), mine[0] if mine else None)


def _blocked(call: Call, way: Way, port: int) -> str:
    """Why the network keeps a request from VPC Lattice; "" if it does not."""
    ask = call.port(ports.FLOW)
    if ask is None:
        return ""
    flow = ask(call, way.interface, _LINK_LOCAL, "tcp", None, port)
    if flow["allowed"]:
        return ""
    return f"The network does not let this through: {flow['code']}"


def _authorise(
    call: Call, request: Input, service: LatticeService, way: Way, listener: Listener
) -> None:
    extra = {
        "vpc-lattice-svcs:Port": (str(listener.port),),
        "vpc-lattice-svcs:RequestMethod": (request["Method"],),
        "vpc-lattice-svcs:RequestPath": (unquote(request["Path"]),),
        "vpc-lattice-svcs:ServiceArn": (service.arn,),
        "vpc-lattice-svcs:ServiceNetworkArn": (way.network.arn,),
        "vpc-lattice-svcs:SourceVpc": (way.vpc,),
        "vpc-lattice-svcs:SourceVpcOwnerAccount": (way.owner,),
        **{
            f"vpc-lattice-svcs:RequestHeader/{name}": (value,)
            for name, value in request["Headers"].items()
        },
        **{
            f"vpc-lattice-svcs:RequestQueryString/{name}": tuple(values)
            for name, values in _query(request["Query"]).items()
        },
    }
    resource = f"{service.arn}{unquote(request['Path'])}"
    for row in (way.network, service):
        if row.auth == "AWS_IAM":
            policy = attached_policy(row.policy or _NOBODY, row.arn)
            require(call, _ACTION, resource, extra=extra, resource_policy=policy)


def _event(
    call: Call, request: Input, way: Way, service: LatticeService, group: TargetGroup
) -> dict[str, Any]:
    """What a function is given, in the structure that its group says."""
    headers = {k: v for k, v in request["Headers"].items() if k != SOURCE}
    body, is_base64 = _text(request["Body"])
    path = unquote(request["Path"])
    query = _query(request["Query"])
    if group.config["lambdaEventStructureVersion"] == "V1":
        raw = path + (f"?{request['Query']}" if request["Query"] else "")
        return {
            "raw_path": raw,
            "method": request["Method"],
            "headers": headers,
            "query_string_parameters": {name: query[name][-1] for name in query},
            "body": body,
            "is_base64_encoded": is_base64,
        }
    return {
        "version": "2.0",
        "path": path,
        "method": request["Method"],
        "headers": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "body": body,
        "isBase64Encoded": is_base64,
        "requestContext": {
            "serviceNetworkArn": way.network.arn,
            "serviceArn": service.arn,
            "targetGroupArn": group.arn,
            "identity": _identity(call, way),
            "region": call.region,
            "timeEpoch": str(call.started_ns // 1_000),
        },
    }


def _identity(call: Call, way: Way) -> dict[str, str]:
    region, partition = call.region, call.partition
    identity = {"sourceVpcArn": f"arn:{partition}:ec2:{region}:{way.owner}:vpc/{way.vpc}"}
    if call.caller.kind != "anonymous":
        identity |= {"type": "AWS_IAM", "principal": call.caller.arn}
    return identity


def _response(payload: bytes) -> Output:
    """What a function returned, as HTTP."""
    try:
        told = msgspec.json.decode(payload)
        status = int(told["statusCode"])
        text = told.get("body", "")
        body = base64.b64decode(text) if told.get("isBase64Encoded") else text.encode()
        headers = {str(key).lower(): str(value) for key, value in told.get("headers", {}).items()}
    except (msgspec.DecodeError, TypeError, KeyError, ValueError, AttributeError, binascii.Error):
        return _plain(502, "Bad Gateway")
    headers.setdefault("content-type", "application/octet-stream")
    return {"Status": status, "Headers": headers, "Body": body}


def _line(call: Call, request: Input, service: LatticeService, way: Way) -> dict[str, Any]:
    """A line of the access log, as far as it is known when a request comes."""
    at = datetime.fromtimestamp(call.started_ns // SECOND_NS, UTC)
    known = call.caller.kind != "anonymous"
    return {
        "serviceNetworkArn": way.network.arn,
        "serviceArn": service.arn,
        "resolvedUser": call.caller.arn if known else "Unknown",
        "callerPrincipal": call.caller.arn if known else None,
        "sourceVpcArn": _identity(call, way)["sourceVpcArn"],
        "startTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "requestMethod": request["Method"],
        "requestPath": request["Path"] + (f"?{request['Query']}" if request["Query"] else ""),
        "requestToTargetProtocol": "HTTP/1.1",
        "hostHeader": request["Headers"].get("host", ""),
        "userAgent": request["Headers"].get("user-agent", ""),
        "bytesReceived": len(request["Body"]),
        "requestId": call.request_id,
    }


def _query(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _plain(status: int, text: str, code: str = "") -> Output:
    headers: Mapping[str, str] = {"content-type": "text/plain; charset=utf-8"}
    if code:
        headers = {**headers, "x-amzn-errortype": code}
    return {"Status": status, "Headers": dict(headers), "Body": text.encode()}
