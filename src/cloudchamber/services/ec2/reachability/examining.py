"""A path's question, asked of the walk: which packet gets through, or why none does.

Rules of this file: nothing is kept. AWS calls a path reachable if some packet gets through, so what
the path leaves open is tried (`headers.py`); if none does, the explanation is that of the packet
that came furthest. What belongs to accounts that the analysis may not look into is not seen.
https://docs.aws.amazon.com/vpc/latest/reachability/how-reachability-analyzer-works.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from cloudchamber.services.ec2.reachability import headers
from cloudchamber.services.ec2.reachability.compile import compiled_of
from cloudchamber.services.ec2.reachability.components import components_of
from cloudchamber.services.ec2.reachability.explaining import explanations_of
from cloudchamber.services.ec2.reachability.nouns import Path, Ports
from cloudchamber.services.ec2.reachability.resolving import endpoint_of, interface_of
from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.ends import INTERNET_V4
from cloudchamber.world.network.verdict import Verdict
from cloudchamber.world.network.walk import Flow, walk

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

PROTOCOL_NUMBERS: Final = (("tcp", 6), ("udp", 17))
TRIES_MAX: Final = 512


class Question(NamedTuple):
    """Who asks, which other accounts it may look into, and ARNs that the path must have or lack."""

    account: str
    accounts: Sequence[str]
    through: Sequence[str]
    around: Sequence[str]


def examine(cloud: Cloud, path: Path, question: Question) -> dict[str, Any]:
    """What an analysis of a path shows besides itself."""
    compiled = compiled_of(cloud)
    verdict = best_verdict(cloud, compiled, path)
    unseen = _unseen(compiled, verdict, question)
    if unseen:
        return {
            "NetworkPathFound": False,
            "Explanations": [{"ExplanationCode": codes.NO_PATH}],
            "SuggestedAccounts": unseen,
        }
    forward = components_of(cloud, compiled, verdict.steps)
    back = components_of(cloud, compiled, verdict.return_steps)
    if not verdict.allowed:
        shown: dict[str, Any] = {
            "NetworkPathFound": False,
            "Explanations": explanations_of(cloud, compiled, verdict),
        }
        # AWS shows the way there of a flow whose way back is blocked.
        return {**shown, "ForwardPathComponents": forward} if verdict.is_reply else shown
    met = {each["Component"].get("Arn") for each in (*forward, *back)}
    missed = [arn for arn in question.through if arn not in met]
    crossed = [arn for arn in question.around if arn in met]
    if missed or crossed:
        return {
            "NetworkPathFound": False,
            "Explanations": [
                {"ExplanationCode": codes.NO_PATH, "Component": _by_arn(arn)}
                for arn in (*missed, *crossed)
            ],
        }
    return {
        "NetworkPathFound": True,
        "ForwardPathComponents": forward,
        "ReturnPathComponents": back,
    }


def best_verdict(cloud: Cloud, compiled: Compiled, path: Path) -> Verdict:
    """The verdict on the first packet that gets through, or on the one that came furthest."""
    best: Verdict | None = None
    for flow in _flows(compiled, _first_flow(cloud, compiled, path), path):
        verdict = walk(compiled, flow)
        if verdict.allowed:
            return verdict
        if best is None or _reach(verdict) > _reach(best):
            best = verdict
        for ports in _other_sources(compiled, verdict, flow):
            again = walk(compiled, replace(flow, source_ports=ports))
            if again.allowed:
                return again
    assert best is not None  # there is always the first flow
    return best


def _reach(verdict: Verdict) -> int:
    return len(verdict.steps) + len(verdict.return_steps)


def _first_flow(cloud: Cloud, compiled: Compiled, path: Path) -> Flow:
    """The path's question, with a default in each place that it leaves open."""
    source = _end(cloud, compiled, path.source, path.source_ip, "")
    given = path.destination_ip or _filtered(path, "destination")
    destination = path.destination or given
    named = _end(cloud, compiled, destination, given, source)
    number = dict(PROTOCOL_NUMBERS)[path.protocol]
    ports = _ports(path, "source_ports")
    wanted = _destination_ports(path)
    return Flow(
        source=source,
        destination=named,
        protocol=number,
        destination_port=wanted.first if wanted else 0,
        source_ports=(ports.first, ports.last) if ports else headers.EPHEMERAL,
        source_address=path.source_ip or _filtered(path, "source"),
        destination_address=given if named != given else "",
    )


def _end(cloud: Cloud, compiled: Compiled, identifier: str, address: str, source: str) -> str:
    """The network's name for an end of the path."""
    if identifier.startswith("i-"):
        return interface_of(cloud, identifier, address) or identifier
    if identifier.startswith("vpce-svc-"):
        return endpoint_of(compiled, cloud, identifier, source) or identifier
    return identifier


def _filtered(path: Path, name: str) -> str:
    for each in (path.at_source, path.at_destination):
        value: str = getattr(each, name) if each is not None else ""
        if value:
            return value
    return ""


def _ports(path: Path, name: str) -> Ports | None:
    for each in (path.at_source, path.at_destination):
        value: Ports | None = getattr(each, name) if each is not None else None
        if value is not None:
            return value
    return None


def _destination_ports(path: Path) -> Ports | None:
    if path.destination_port is not None:
        return Ports(path.destination_port, path.destination_port)
    return _ports(path, "destination_ports")


def _flows(compiled: Compiled, first: Flow, path: Path) -> Iterator[Flow]:
    """The first flow, then those that fill what is left open otherwise."""
    yield first
    verdict = walk(compiled, first)
    ends = (verdict.source, verdict.destination)
    wanted = _destination_ports(path) or Ports(0, headers.PORT_MAX)
    ports = [first.destination_port]
    if wanted.first != wanted.last:
        tried = headers.destination_ports(compiled, ends, first.protocol)
        ports += [each for each in tried if wanted.first < each <= wanted.last]
    sources, destinations = [first.source_address], [first.destination_address]
    gateways = compiled.network.internet_gateways
    if first.source in gateways and not first.source_address:
        sources = headers.internet_addresses(compiled, ends[1], "ingress", INTERNET_V4)
    if first.destination in gateways and not first.destination_address:
        destinations = headers.internet_addresses(compiled, ends[0], "egress", INTERNET_V4)
    choices = product(sources, destinations, ports)
    for _, (source, destination, port) in zip(range(TRIES_MAX), choices, strict=False):
        flow = replace(
            first, source_address=source, destination_address=destination, destination_port=port
        )
        if flow != first:
            yield flow


def _other_sources(compiled: Compiled, verdict: Verdict, flow: Flow) -> list[headers.Ports]:
    """Narrower ranges of source ports, if it is an ACL that keeps the reply of some back."""
    step = verdict.decided_by
    if not verdict.is_reply or step is None or step.kind != "network-acl":
        return []
    steps = (*verdict.steps, *verdict.return_steps)
    return headers.source_ports(compiled, steps, flow.source_ports)


def _unseen(compiled: Compiled, verdict: Verdict, question: Question) -> list[str]:
    """Accounts whose VPCs the path meets and whose resources the analysis may not see.

    The account that has an interface in a shared subnet sees the subnet's VPC.
    """
    network = compiled.network
    seen = {question.account, *question.accounts}
    ends = (verdict.source.interface, verdict.destination.interface)
    shared = {end.vpc for end in ends if end is not None and end.account in seen}
    met = dict.fromkeys(
        step.vpc for step in (*verdict.steps, *verdict.return_steps) if step.vpc in network.vpcs
    )
    owners = [network.vpcs[vpc].account for vpc in met if vpc not in shared]
    return sorted({owner for owner in owners if owner not in seen})


def _by_arn(arn: str) -> dict[str, str]:
    return {"Id": arn.rpartition("/")[2], "Arn": arn}
