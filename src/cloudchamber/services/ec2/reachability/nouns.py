"""Paths and their analyses, access scopes and theirs: the state.

Rules of this file: plain data. What an analysis found is kept as AWS's members, in msgpack: it
speaks of the network as it was when the analysis began, and nothing may change it afterwards.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind


class Ports(msgspec.Struct, frozen=True):
    """A range of ports, both ends included."""

    first: int
    last: int


class PathFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What packets look like at one end of a path; "" and None are anything."""

    source: str = ""
    source_ports: Ports | None = None
    destination: str = ""
    destination_ports: Ports | None = None


class Path(msgspec.Struct, kw_only=True):
    """A question that can be asked again: `source` and `destination` are ids, ARNs beside them.

    `destination` is empty where only an address was given. `destination_port` is None for any.
    """

    id: str
    owner: str
    source: str
    source_arn: str
    protocol: str
    destination: str = ""
    destination_arn: str = ""
    source_ip: str = ""
    destination_ip: str = ""
    destination_port: int | None = None
    at_source: PathFilter | None = None
    at_destination: PathFilter | None = None
    created_ns: int = 0


class Analysis(msgspec.Struct, kw_only=True):
    """An answer to a path's question. `found` holds AWS's members of it, hidden while it runs."""

    id: str
    owner: str
    path: str
    started_ns: int
    status: str = "running"
    accounts: list[str] = []
    through: list[str] = []
    around: list[str] = []
    is_reachable: bool = False
    found: bytes = b""


class Scope(msgspec.Struct, kw_only=True):
    """A network access scope; `matches` and `excludes` are AWS's members, in msgpack."""

    id: str
    owner: str
    matches: bytes
    excludes: bytes
    created_ns: int = 0
    updated_ns: int = 0


class ScopeAnalysis(msgspec.Struct, kw_only=True):
    """What was found in a scope: AWS's findings in msgpack, one for each."""

    id: str
    owner: str
    scope: str
    started_ns: int
    ended_ns: int = 0
    status: str = "running"
    interfaces_count: int = 0
    findings: list[bytes] = []


class Trust(msgspec.Struct, frozen=True):
    """An organization's management account let Reachability Analyzer look into its members."""

    since_ns: int


PATHS: Final = Table("ec2.insights-paths", Path, ordered=True)
ANALYSES: Final = Table("ec2.insights-analyses", Analysis, ordered=True)
SCOPES: Final = Table("ec2.access-scopes", Scope, ordered=True)
SCOPE_ANALYSES: Final = Table("ec2.access-scope-analyses", ScopeAnalysis, ordered=True)
TRUSTS: Final = Table("ec2.reachability-trusts", Trust, "account")

PATH: Final = Kind(
    prefix="nip", type="network-insights-path", table=PATHS, said="networkInsightsPath ID",
    not_found="InvalidNetworkInsightsPathId.NotFound",
    malformed="InvalidNetworkInsightsPathId.Malformed",
)  # fmt: skip
ANALYSIS: Final = Kind(
    prefix="nia", type="network-insights-analysis", table=ANALYSES,
    said="networkInsightsAnalysis ID",
    not_found="InvalidNetworkInsightsAnalysisId.NotFound",
    malformed="InvalidNetworkInsightsAnalysisId.Malformed",
)  # fmt: skip
SCOPE: Final = Kind(
    prefix="nis", type="network-insights-access-scope", table=SCOPES,
    said="networkInsightsAccessScope ID",
    not_found="InvalidNetworkInsightsAccessScopeId.NotFound",
    malformed="InvalidNetworkInsightsAccessScopeId.Malformed",
)  # fmt: skip
SCOPE_ANALYSIS: Final = Kind(
    prefix="nisa", type="network-insights-access-scope-analysis", table=SCOPE_ANALYSES,
    said="networkInsightsAccessScopeAnalysis ID",
    not_found="InvalidNetworkInsightsAccessScopeAnalysisId.NotFound",
    malformed="InvalidNetworkInsightsAccessScopeAnalysisId.Malformed",
)  # fmt: skip
