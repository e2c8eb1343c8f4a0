"""What Network Access Analyzer finds: paths that a scope matches and does not exclude.

Rules of this file: a scope's members and a network in, components out; nothing is kept. A finding
is one path from a source to a destination, by the first packet that gets through, fits a match and
fits no exclusion. Interfaces of one class (`world/network`) share verdicts, not findings.
https://docs.aws.amazon.com/vpc/latest/network-access-analyzer/how-network-access-analyzer-works.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cloudchamber.services.ec2.reachability import headers
from cloudchamber.services.ec2.reachability.compile import compiled_of
from cloudchamber.services.ec2.reachability.components import components_of
from cloudchamber.services.ec2.reachability.limits import FINDINGS_MAX
from cloudchamber.services.ec2.reachability.scopes import read_ports
from cloudchamber.services.ec2.reachability.shapes import Shape
from cloudchamber.world.network.addresses import find_address, parse_address, parse_block
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.ends import INTERNET_V4
from cloudchamber.world.network.verdict import Verdict
from cloudchamber.world.network.walk import Flow, walk

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_NUMBERS: Final = (("tcp", 6), ("udp", 17))
_IGW: Final = "AWS::EC2::InternetGateway"
_ENI: Final = "AWS::EC2::NetworkInterface"
# Where the things of a type are in the network; those that may be ends beside interfaces.
_GATEWAYS: Final = (
    (_IGW, ("internet_gateways",)),
    ("AWS::EC2::TransitGatewayAttachment", ("attachments", "transit_peerings")),
    ("AWS::EC2::VPCPeeringConnection", ("peerings",)),
    ("AWS::EC2::VPCEndpoint", ("gateway_endpoints", "interface_endpoints")),
    ("AWS::EC2::NatGateway", ("nat_gateways",)),
)
Path = Mapping[str, Any]


class Where(NamedTuple):
    """The account and Region whose resources are looked at."""

    account: str
    region: str


def interfaces_in(compiled: Compiled, where: Where) -> list[str]:
    """The account's interfaces in the Region, by id."""
    network = compiled.network
    return sorted(
        each.id
        for each in network.interfaces.values()
        if each.account == where.account and network.vpcs[each.vpc].region == where.region
    )


def findings_of(
    cloud: Cloud, where: Where, matches: Sequence[Path], excludes: Sequence[Path]
) -> list[list[Shape]]:
    """The components of each finding."""
    compiled = compiled_of(cloud)
    search = _Search(compiled, where, excludes)
    everything: Sequence[Path] = matches or ({},)
    found: dict[tuple[str, str], Verdict] = {}
    for path in everything:
        for verdict in islice(search.matching(path), FINDINGS_MAX):
            found.setdefault((verdict.source.id, verdict.destination.id), verdict)
    kept = islice(found.values(), FINDINGS_MAX)
    return [components_of(cloud, compiled, verdict.steps) for verdict in kept]


class _Search:
    """One network, one account and Region, and what is never a finding."""

    def __init__(self, compiled: Compiled, where: Where, excludes: Sequence[Path]) -> None:
        self._compiled = compiled
        self._where = where
        self._excludes = excludes
        self._own = interfaces_in(compiled, where)

    def matching(self, path: Path) -> Iterator[Verdict]:
        """A verdict for each pair of ends that a path matches and a packet connects."""
        sources = self._ends(path.get("Source") or {}, "source")
        destinations = self._ends(path.get("Destination") or {}, "destination")
        for source in sources:
            for destination in destinations:
                if source == destination or not self._differ(source, destination):
                    continue
                verdict = self._first(path, source, destination)
                if verdict is not None:
                    yield verdict

    def _differ(self, source: str, destination: str) -> bool:
        """Whether at least one end is an interface: a path from edge to edge is none."""
        known = self._compiled.network.interfaces
        return source in known or destination in known

    def _first(self, path: Path, source: str, destination: str) -> Verdict | None:
        for flow in self._flows(path, source, destination):
            verdict = walk(self._compiled, flow)
            if not verdict.allowed or not self._goes_through(path, verdict):
                continue
            if not any(self._fits(each, flow, verdict) for each in self._excludes):
                return verdict
        return None

    def _flows(self, path: Path, source: str, destination: str) -> Iterator[Flow]:
        """The packets worth a try between two ends, as far as the path's statements go."""
        network = self._compiled.network
        statement = _header(path)
        first = Flow(source=source, destination=destination, destination_port=0)
        verdict = walk(self._compiled, first)
        ends = (verdict.source, verdict.destination)
        sources, destinations = [""], [""]
        if source in network.internet_gateways:
            sources = headers.internet_addresses(self._compiled, ends[1], "ingress", INTERNET_V4)
            sources += _given(statement, "SourceAddresses")
        if destination in network.internet_gateways:
            destinations = headers.internet_addresses(
                self._compiled, ends[0], "egress", INTERNET_V4
            )
            destinations += _given(statement, "DestinationAddresses")
        for name, number in _NUMBERS:
            if name not in (statement.get("Protocols") or (name,)):
                continue
            for port in self._ports(statement, ends, number):
                for one in sources:
                    for other in destinations:
                        flow = Flow(
                            source=source,
                            destination=destination,
                            protocol=number,
                            destination_port=port,
                            source_address=one,
                            destination_address=other,
                        )
                        if self._carries(statement, flow):
                            yield flow

    def _ports(self, statement: Path, ends: tuple[Any, Any], number: int) -> list[int]:
        tried = headers.destination_ports(self._compiled, ends, number)
        ranges = read_ports(statement.get("DestinationPorts") or ())
        if not ranges:
            return tried
        inside = [port for port in tried if any(low <= port <= high for low, high in ranges)]
        return list(dict.fromkeys([*(low for low, _ in ranges), *inside]))

    def _carries(self, statement: Path, flow: Flow) -> bool:
        """Whether a flow's addresses are those of a statement."""
        for name in ("Source", "Destination"):
            blocks = [*(statement.get(f"{name}Addresses") or ())]
            for each in statement.get(f"{name}PrefixLists") or ():
                listed = self._compiled.network.prefix_lists.get(each.rpartition("/")[2])
                blocks += listed.entries if listed else ()
            if not blocks:
                continue
            end: str = getattr(flow, name.lower())
            text: str = getattr(flow, f"{name.lower()}_address")
            address = self._address(end, text)
            if address is None or not any(
                low <= address <= high for low, high, _ in map(parse_block, blocks)
            ):
                return False
        return True

    def _address(self, end: str, text: str) -> int | None:
        if text:
            return parse_address(text)
        interface = self._compiled.find_end(end)
        return interface.address if interface is not None else find_address(end)

    def _fits(self, path: Path, flow: Flow, verdict: Verdict) -> bool:
        """Whether a flow is one that a path describes."""
        for role in ("Source", "Destination"):
            statement = path.get(role) or {}
            if statement.get("ResourceStatement"):
                end: str = getattr(flow, role.lower())
                if end not in self._ends(statement, role.lower()):
                    return False
        header = _header(path)
        protocols = header.get("Protocols") or [name for name, _ in _NUMBERS]
        if flow.protocol not in [number for name, number in _NUMBERS if name in protocols]:
            return False
        ranges = read_ports(header.get("DestinationPorts") or ())
        port = flow.destination_port
        if ranges and not any(low <= port <= high for low, high in ranges):
            return False
        return self._carries(header, flow) and self._goes_through(path, verdict)

    def _goes_through(self, path: Path, verdict: Verdict) -> bool:
        met = {step.id for step in verdict.steps} | {step.target for step in verdict.steps}
        for each in path.get("ThroughResources") or ():
            if not met & self._named(each.get("ResourceStatement") or {}):
                return False
        return True

    def _ends(self, statement: Path, role: str) -> list[str]:
        """What a statement names, by id; without a resource statement, all that can be an end."""
        resources = statement.get("ResourceStatement") or {}
        if not resources:
            gateways = self._compiled.network.internet_gateways.values()
            own = [each.id for each in gateways if self._is_here(each.vpc)]
            return [*self._own, *sorted(own)]
        return sorted(self._named(resources))

    def _named(self, resources: Path) -> set[str]:
        network = self._compiled.network
        found: set[str] = set()
        for kind in resources.get("ResourceTypes") or ():
            if kind == _ENI:
                found.update(self._own)
            for part in dict(_GATEWAYS).get(kind, ()):
                for each in getattr(network, part).values():
                    vpc = getattr(each, "vpc", "") or getattr(each, "requester_vpc", "")
                    if not vpc or self._is_here(vpc):
                        found.add(each.id)
        for given in resources.get("Resources") or ():
            identifier = given.rpartition("/")[2]
            members = [
                each
                for each in self._own
                if identifier in self._belongs_to(network.interfaces[each])
            ]
            found.update(members or [identifier])
        return found

    def _belongs_to(self, interface: Any) -> tuple[str, ...]:
        return (interface.id, interface.attached_to, interface.subnet, interface.vpc,
                *interface.groups)  # fmt: skip

    def _is_here(self, vpc_id: str) -> bool:
        vpc = self._compiled.network.vpcs.get(vpc_id)
        return vpc is not None and (vpc.account, vpc.region) == tuple(self._where)


def _header(path: Path) -> Path:
    """What a path says of packets: at the source, else at the destination."""
    for role in ("Source", "Destination"):
        statement: Path | None = (path.get(role) or {}).get("PacketHeaderStatement")
        if statement:
            return statement
    return {}


def _given(statement: Path, member: str) -> list[str]:
    """The first address of each block that a statement names."""
    return [each.partition("/")[0] for each in statement.get(member) or () if ":" not in each]
