"""One flow, asked about or sent: what `reach` and `probe` answer, and the port for other services.

Rules of this file: the walk decides; this is how it is asked and shown. A flow that is sent is seen
by the interfaces on its way, published as the fact `network.flow`, and written to the event log. A
probe has one source port of its own, as a real one has; a question without one asks for all.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import ENDPOINT
from cloudchamber.services.ec2.connections.profiles import profile_of
from cloudchamber.services.ec2.flow_logs.happened import FLOW
from cloudchamber.services.ec2.reachability import shapes
from cloudchamber.services.ec2.reachability.compile import compiled_of
from cloudchamber.services.ec2.reachability.exchange import LOCAL_PORTS
from cloudchamber.services.ec2.reachability.headers import EPHEMERAL
from cloudchamber.services.ec2.reachability.resolving import (
    INTERNET,
    is_beside_the_network,
    name_in_network,
)
from cloudchamber.services.ec2.reachability.sightings import sightings_of
from cloudchamber.services.ec2.reachability.transits import transits_of
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.steps import Step
from cloudchamber.world.network.verdict import Verdict
from cloudchamber.world.network.walk import Flow, walk

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

PROTOCOLS: Final = MappingProxyType({"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58})
WITH_PORTS: Final = (6, 17)


def reach(call: Call, request: Input) -> Output:
    """What would become of a flow. Raises AwsError with `Field` for what does not exist."""
    compiled = compiled_of(call.cloud)
    port = request.get("SourcePort")
    ports = EPHEMERAL if port is None else (port, port)
    verdict = walk(compiled, _flow(call, compiled, request, ports))
    return shown(call.cloud, compiled, verdict)


def probe(call: Call, request: Input) -> Output:
    """A flow that happens. Raises AwsError with `Field` for what does not exist."""
    compiled = compiled_of(call.cloud)
    _flow(call, compiled, request, EPHEMERAL)  # what does not exist is said before a port is drawn
    port = request.get("SourcePort")
    if port is None and PROTOCOLS[request["Protocol"]] in WITH_PORTS:
        port = _local_port(call, request["Source"])
    ports = EPHEMERAL if port is None else (port, port)
    verdict = walk(compiled, _flow(call, compiled, request, ports))
    happen(call, compiled, verdict)
    answer = shown(call.cloud, compiled, verdict)
    return answer if port is None else {**answer, "source_port": port}


def flow(
    call: Call,
    source: str,
    destination: str,
    protocol: str = "tcp",
    source_port: int | None = None,
    destination_port: int | None = None,
) -> dict[str, Any]:
    """The port `flow`: what another service sends through the network, as `probe` has it."""
    request: dict[str, Any] = {
        "Source": source,
        "Destination": destination,
        "Protocol": protocol,
        "SourcePort": source_port,
        "Port": destination_port,
    }
    return probe(call, request)


def happen(call: Call, compiled: Compiled, verdict: Verdict) -> None:
    """Let a flow be seen."""
    seen = sightings_of(call.cloud, compiled, verdict)
    passed = transits_of(compiled, verdict)
    if seen or passed:
        now = call.now
        call.publish(FLOW, {"start_ns": now, "end_ns": now, "sightings": seen, "transits": passed})
    step = verdict.decided_by
    about = verdict.destination.id if step is None else step.id or verdict.source.id
    what = "ec2.flow-allowed" if verdict.allowed else "ec2.flow-blocked"
    arn = shapes.component(call.cloud, about).get("Arn", about)
    call.event(arn, what, verdict.sentence, {"code": verdict.code})


def shown(cloud: Cloud, compiled: Compiled, verdict: Verdict) -> dict[str, Any]:
    """A verdict as the control API answers it, with what the endpoints on the way cost."""
    return {
        "allowed": verdict.allowed,
        "code": verdict.code,
        "sentence": verdict.sentence,
        "source": verdict.source.id,
        "destination": verdict.destination.id,
        "steps": [
            *(_step(step, "forward") for step in verdict.steps),
            *(_step(step, "return") for step in verdict.return_steps),
        ],
        "endpoints": _endpoints(cloud, compiled, verdict),
    }


def _endpoints(cloud: Cloud, compiled: Compiled, verdict: Verdict) -> list[dict[str, Any]]:
    """The VPC endpoints on the way there: how much longer a request takes, and what is metered."""
    behind = {
        interface: endpoint.id
        for endpoint in compiled.network.interface_endpoints.values()
        for interface in endpoint.interfaces
    }
    ids = dict.fromkeys(behind.get(step.id, step.id) for step in verdict.steps)
    found = (kinds.find_anywhere(cloud, ENDPOINT, each) for each in ids)
    return [
        {
            "id": row.id,
            "type": row.type,
            "added_latency_ns": profile_of(row.type).added_ns,
            "hours": profile_of(row.type).hours,
            "bytes": profile_of(row.type).bytes,
        }
        for row in found
        if row is not None
    ]


def _step(step: Step, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "kind": step.kind,
        "about": step.id or ", ".join(step.groups) or step.kind,
        "allowed": not step.code,
        "action": step.action,
        "by": step.rule,
        "code": step.code,
        "vpc": step.vpc,
        "subnet": step.subnet,
        "sentence": step.sentence,
    }


def _flow(call: Call, compiled: Compiled, request: Input, ports: tuple[int, int]) -> Flow:
    names: list[str] = []
    for member in ("Source", "Destination"):
        if is_beside_the_network(request[member]):
            raise AwsError(
                f"NoSuch{member}",
                f"{request[member]!r} is link-local: AWS answers there beside the network, and no "
                "route, security group or ACL decides",
                Field=member.lower(),
            )
        name = name_in_network(call.cloud, compiled, request[member], *names)
        if name is None:
            raise AwsError(
                f"NoSuch{member}",
                f"{request[member]!r} is no interface, instance, gateway, address or name here",
                Field=member.lower(),
            )
        names.append(name)
    if names == [INTERNET, INTERNET]:
        text = "what goes from the internet to the internet never meets a network here"
        raise AwsError("NoSuchDestination", text, Field="destination")
    port = request.get("Port")
    return Flow(
        source=names[0],
        destination=names[1],
        protocol=PROTOCOLS[request["Protocol"]],
        destination_port=-1 if port is None else port,
        source_ports=ports,
    )


def _local_port(call: Call, source: str) -> int:
    """The port that a probe's source takes, as Linux would."""
    low, high = LOCAL_PORTS
    return low + call.stream(call.arn(f"probe/{source}"), "source-port").below(high - low + 1)
