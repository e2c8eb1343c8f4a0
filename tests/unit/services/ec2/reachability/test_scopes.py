"""Network Access Analyzer: scopes that are kept, and what an analysis of one finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.estate import ANYWHERE, Estate, Server, ids

WEB = ("tcp", 443, 443, ANYWHERE)
SSH = ("tcp", 22, 22, "10.0.0.0/16")


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


@pytest.fixture
def pair(estate: Estate) -> tuple[Server, Server]:
    """A front that takes 443 from everywhere, and a back that takes 22 from inside."""
    vpc = estate.vpc()
    subnets = [estate.subnet(vpc, f"10.0.{at}.0/24", zone=at) for at in (0, 1)]
    front = estate.server(subnets[0], estate.group(vpc, WEB))
    return front, estate.server(subnets[1], estate.group(vpc, SSH))


def resources(*names: str) -> dict[str, Any]:
    kind = "ResourceTypes" if names and names[0].startswith("AWS::") else "Resources"
    return {"ResourceStatement": {kind: list(names)}}


def findings(
    estate: Estate, *matches: dict[str, Any], excludes: tuple[Any, ...] = ()
) -> list[list[str]]:
    """The component ids of each finding of a scope."""
    ec2 = estate.ec2
    scope = ec2.create_network_insights_access_scope(
        MatchPaths=list(matches), ExcludePaths=list(excludes)
    )["NetworkInsightsAccessScope"]["NetworkInsightsAccessScopeId"]
    made = ec2.start_network_insights_access_scope_analysis(NetworkInsightsAccessScopeId=scope)
    analysis = made["NetworkInsightsAccessScopeAnalysis"]["NetworkInsightsAccessScopeAnalysisId"]
    answer = ec2.get_network_insights_access_scope_analysis_findings(
        NetworkInsightsAccessScopeAnalysisId=analysis
    )
    assert answer["AnalysisStatus"] == "succeeded"
    return [ids(each["FindingComponents"]) for each in answer["AnalysisFindings"]]


def ends(found: list[list[str]]) -> set[tuple[str, str]]:
    return {(each[0], each[-1]) for each in found}


def test_a_finding_is_a_path_from_what_to_what(estate: Estate, pair: tuple[Server, Server]) -> None:
    front, back = pair
    everything = {
        "Source": resources("AWS::EC2::NetworkInterface"),
        "Destination": resources("AWS::EC2::NetworkInterface"),
    }
    assert ends(findings(estate, everything)) == {
        (front.instance, back.instance),
        (back.instance, front.instance),
    }
    from_front = {"Source": resources(front.instance), "Destination": resources(back.interface)}
    (found,) = findings(estate, from_front)
    assert found[1] == front.interface
    assert found[-2] == back.interface


@pytest.mark.parametrize(
    ("header", "count"),
    [
        ({"Protocols": ["tcp"], "DestinationPorts": ["22"]}, 1),
        ({"Protocols": ["tcp"], "DestinationPorts": ["443-444"]}, 0),
        ({"Protocols": ["udp"]}, 0),
        ({"SourceAddresses": ["10.0.0.0/24"]}, 1),
        ({"SourceAddresses": ["10.0.7.0/24"]}, 0),
        ({"DestinationAddresses": ["10.0.1.0/24"]}, 1),
    ],
)
def test_packets_can_be_described(
    estate: Estate, pair: tuple[Server, Server], header: dict[str, Any], count: int
) -> None:
    front, back = pair
    path = {
        "Source": {**resources(front.interface), "PacketHeaderStatement": header},
        "Destination": resources(back.interface),
    }
    assert len(findings(estate, path)) == count


def test_what_is_excluded_is_no_finding(estate: Estate, pair: tuple[Server, Server]) -> None:
    front, back = pair
    everything = {"Source": resources("AWS::EC2::NetworkInterface")}
    fine = {"Source": resources(front.interface), "Destination": resources(back.interface)}
    assert ends(findings(estate, everything, excludes=(fine,))) == {(back.instance, front.instance)}
    by_port = {"Source": {"PacketHeaderStatement": {"DestinationPorts": ["22", "443"]}}}
    assert findings(estate, everything, excludes=(by_port,)) == []


def test_a_scope_and_its_analyses_are_kept_and_deleted_in_order(
    estate: Estate, pair: tuple[Server, Server]
) -> None:
    ec2 = estate.ec2
    path = {"Source": resources(pair[0].instance)}
    made = ec2.create_network_insights_access_scope(
        MatchPaths=[path],
        TagSpecifications=[{"ResourceType": "network-insights-access-scope",
                            "Tags": [{"Key": "team", "Value": "net"}]}],
    )  # fmt: skip
    scope = made["NetworkInsightsAccessScope"]["NetworkInsightsAccessScopeId"]
    content = ec2.get_network_insights_access_scope_content(NetworkInsightsAccessScopeId=scope)
    assert content["NetworkInsightsAccessScopeContent"]["MatchPaths"] == [path]
    shown = ec2.describe_network_insights_access_scopes()["NetworkInsightsAccessScopes"]
    assert [each["Tags"] for each in shown] == [[{"Key": "team", "Value": "net"}]]
    started = ec2.start_network_insights_access_scope_analysis(NetworkInsightsAccessScopeId=scope)
    analysis = started["NetworkInsightsAccessScopeAnalysis"]
    assert analysis["Status"] == "running"
    identifier = analysis["NetworkInsightsAccessScopeAnalysisId"]
    (done,) = ec2.describe_network_insights_access_scope_analyses(
        NetworkInsightsAccessScopeId=scope
    )["NetworkInsightsAccessScopeAnalyses"]
    assert (done["Status"], done["FindingsFound"], done["AnalyzedEniCount"]) == (
        "succeeded", "true", 2,
    )  # fmt: skip
    with pytest.raises(ClientError, match="AnalysisExistsForNetworkInsightsAccessScope"):
        ec2.delete_network_insights_access_scope(NetworkInsightsAccessScopeId=scope)
    ec2.delete_network_insights_access_scope_analysis(
        NetworkInsightsAccessScopeAnalysisId=identifier
    )
    ec2.delete_network_insights_access_scope(NetworkInsightsAccessScopeId=scope)
    assert ec2.describe_network_insights_access_scopes()["NetworkInsightsAccessScopes"] == []
    with pytest.raises(ClientError, match=r"InvalidNetworkInsightsAccessScopeId\.NotFound"):
        ec2.get_network_insights_access_scope_content(NetworkInsightsAccessScopeId=scope)


def test_findings_come_in_pages(estate: Estate, pair: tuple[Server, Server]) -> None:
    ec2 = estate.ec2
    scope = ec2.create_network_insights_access_scope(
        MatchPaths=[{"Source": resources("AWS::EC2::NetworkInterface")}]
    )["NetworkInsightsAccessScope"]["NetworkInsightsAccessScopeId"]
    made = ec2.start_network_insights_access_scope_analysis(NetworkInsightsAccessScopeId=scope)
    analysis = made["NetworkInsightsAccessScopeAnalysis"]["NetworkInsightsAccessScopeAnalysisId"]
    asked = {"NetworkInsightsAccessScopeAnalysisId": analysis, "MaxResults": 1}
    first = ec2.get_network_insights_access_scope_analysis_findings(**asked)
    second = ec2.get_network_insights_access_scope_analysis_findings(
        **asked, NextToken=first["NextToken"]
    )
    shown = [*first["AnalysisFindings"], *second["AnalysisFindings"]]
    assert [each["FindingId"] for each in shown] == [
        "AccessScopeAnalysisFinding-1",
        "AccessScopeAnalysisFinding-2",
    ]
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ({}, "MissingParameter"),
        ({"Source": resources("AWS::EC2::NatGateway")}, "InvalidParameterValue"),
        ({"Source": resources("nat-0123456789abcdef0")}, "InvalidParameterValue"),
        (
            {"Source": {"ResourceStatement": {"Resources": ["i-0123456789abcdef0"],
                                              "ResourceTypes": ["AWS::EC2::InternetGateway"]}}},
            "InvalidParameterCombination",
        ),
        ({"Source": {"PacketHeaderStatement": {"DestinationPorts": ["a"]}}},
         "InvalidParameterValue"),
        ({"Source": {"PacketHeaderStatement": {"SourceAddresses": ["10.0.0.0/99"]}}},
         "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_a_scope_that_cannot_be_is_refused(estate: Estate, path: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as found:
        estate.ec2.create_network_insights_access_scope(MatchPaths=[path])
    assert found.value.response["Error"]["Code"] == code
