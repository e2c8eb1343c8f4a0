"""Reachability Analyzer: paths that are kept, and what an analysis of one says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.estate import ANYWHERE, OTHER, Estate, ids
from tests.unit.services.ec2.refusing import refusal

WEB = ("tcp", 443, 443, ANYWHERE)


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


def test_a_path_that_is_found_shows_every_component_there_and_back(estate: Estate) -> None:
    vpc = estate.vpc()
    near, far = estate.subnet(vpc, "10.0.1.0/24"), estate.subnet(vpc, "10.0.2.0/24", zone=1)
    group = estate.group(vpc, WEB)
    one, other = estate.server(near, group), estate.server(far, group)
    found = estate.analyse(one.instance, other.instance)
    assert (found["Status"], found["NetworkPathFound"]) == ("succeeded", True)
    there = found["ForwardPathComponents"]
    assert [each["SequenceNumber"] for each in there] == list(range(1, len(there) + 1))
    assert ids(there)[:3] == [one.instance, one.interface, group]
    assert ids(there)[-3:] == [group, other.interface, other.instance]
    assert ids(found["ReturnPathComponents"])[0] == other.instance
    entries = [each["AclRule"] for each in there if "AclRule" in each]
    assert [(each["Egress"], each["RuleAction"], each["RuleNumber"]) for each in entries] == [
        (True, "allow", 100),
        (False, "allow", 100),
    ]
    route = next(each["RouteTableRoute"] for each in there if "RouteTableRoute" in each)
    assert route == {
        "DestinationCidr": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable",
        "State": "active",
    }  # fmt: skip
    rule = there[-3]["SecurityGroupRule"]
    assert rule == {
        "Cidr": ANYWHERE, "Direction": "ingress", "Protocol": "tcp",
        "PortRange": {"From": 443, "To": 443},
    }  # fmt: skip
    header = there[-2]["InboundHeader"]
    assert header["SourceAddresses"] == [f"{one.address}/32"]
    assert header["DestinationPortRanges"] == [{"From": 443, "To": 443}]


def test_a_path_that_is_blocked_names_what_blocks_it(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    open_group, closed = estate.group(vpc, WEB), estate.group(vpc, ("tcp", 22, 22, ANYWHERE))
    one, other = estate.server(subnet, open_group), estate.server(subnet, closed)
    found = estate.analyse(one.instance, other.interface)
    assert found["NetworkPathFound"] is False
    explanation = found["Explanations"][0]
    assert explanation["ExplanationCode"] == "ENI_SG_RULES_MISMATCH"
    assert explanation["Direction"] == "ingress"
    assert explanation["NetworkInterface"]["Id"] == other.interface
    assert [each["Id"] for each in explanation["SecurityGroups"]] == [closed]
    assert explanation["Vpc"]["Arn"].endswith(f":vpc/{vpc}")


def test_without_a_port_any_that_gets_through_will_do(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    group = estate.group(vpc, ("tcp", 8_080, 8_089, ANYWHERE))
    one, other = estate.server(subnet, group), estate.server(subnet, group)
    made = estate.ec2.create_network_insights_path(
        Source=one.interface, Destination=other.interface, Protocol="tcp"
    )["NetworkInsightsPath"]
    path = made["NetworkInsightsPathId"]
    estate.ec2.start_network_insights_analysis(NetworkInsightsPathId=path)
    found = estate.ec2.describe_network_insights_analyses(NetworkInsightsPathId=path)
    analysis = found["NetworkInsightsAnalyses"][0]
    assert analysis["NetworkPathFound"] is True
    header = analysis["ForwardPathComponents"][-1]["InboundHeader"]
    assert header["DestinationPortRanges"] == [{"From": 8_080, "To": 8_080}]


def test_an_answer_speaks_of_the_network_as_it_was(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    group = estate.group(vpc, WEB)
    one, other = estate.server(subnet, group), estate.server(subnet, group)
    before = estate.analyse(one.interface, other.interface)
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                  "IpRanges": [{"CidrIp": ANYWHERE}]}  # fmt: skip
    estate.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    again = estate.ec2.describe_network_insights_analyses(
        NetworkInsightsAnalysisIds=[before["NetworkInsightsAnalysisId"]]
    )["NetworkInsightsAnalyses"][0]
    assert again["NetworkPathFound"] is True
    path = before["NetworkInsightsPathId"]
    estate.ec2.start_network_insights_analysis(NetworkInsightsPathId=path)
    shown = estate.ec2.describe_network_insights_analyses(
        NetworkInsightsPathId=path, Filters=[{"Name": "path-found", "Values": ["false"]}]
    )["NetworkInsightsAnalyses"]
    assert [each["Explanations"][0]["ExplanationCode"] for each in shown] == ["SG_HAS_NO_RULES"]


def test_an_analysis_takes_its_time_under_a_realistic_lifecycle() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        estate = Estate(chamber)
        interfaces = [
            estate.ec2.create_network_interface(SubnetId=each["SubnetId"])["NetworkInterface"]
            for each in estate.ec2.describe_subnets()["Subnets"][:2]
        ]
        names = [each["NetworkInterfaceId"] for each in interfaces]
        found = estate.analyse(*names)
        assert found["Status"] == "running"
        assert "NetworkPathFound" not in found
        chamber.advance("1m")
        shown = estate.ec2.describe_network_insights_analyses(
            Filters=[{"Name": "status", "Values": ["succeeded"]}]
        )["NetworkInsightsAnalyses"]
        assert [each["NetworkInsightsAnalysisId"] for each in shown] == [
            found["NetworkInsightsAnalysisId"]
        ]
        # Nothing is behind an interface that is attached to nothing.
        assert shown[0]["Explanations"][0]["ExplanationCode"] == "BAD_STATE"


def test_a_path_may_have_to_meet_or_to_avoid_a_component(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    group, unused = estate.group(vpc, WEB), estate.group(vpc, WEB)
    one, other = estate.server(subnet, group), estate.server(subnet, group)
    arn = f"arn:aws:ec2:eu-west-1:111111111111:security-group/{group}"
    ends = (one.interface, other.interface)
    assert estate.analyse(*ends, FilterInArns=[arn])["NetworkPathFound"] is True
    missed = estate.analyse(*ends, FilterInArns=[arn.replace(group, unused)])
    assert missed["NetworkPathFound"] is False
    avoided = estate.analyse(*ends, FilterOutArns=[arn])
    assert avoided["Explanations"] == [
        {"ExplanationCode": "NO_PATH", "Component": {"Id": group, "Arn": arn}}
    ]


def test_paths_are_described_filtered_and_deleted_after_their_analyses(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    ec2 = estate.ec2
    tags = [{"ResourceType": "network-insights-path", "Tags": [{"Key": "for", "Value": "db"}]}]
    path = ec2.create_network_insights_path(
        Source=one.interface, Protocol="udp", TagSpecifications=tags,
        FilterAtSource={"DestinationAddress": other.address,
                        "DestinationPortRange": {"FromPort": 53, "ToPort": 53}},
    )["NetworkInsightsPath"]  # fmt: skip
    identifier = path["NetworkInsightsPathId"]
    assert path["SourceArn"].endswith(f":network-interface/{one.interface}")
    assert path["Tags"] == [{"Key": "for", "Value": "db"}]
    for name, value in (
        ("source", one.interface),
        ("protocol", "udp"),
        ("filter-at-source.destination-address", other.address),
        ("filter-at-source.destination-port-range", "53-53"),
        ("tag:for", "db"),
    ):
        for values, count in (([value], 1), (["no-such"], 0)):
            filters = [{"Name": name, "Values": values}]
            shown = ec2.describe_network_insights_paths(Filters=filters)["NetworkInsightsPaths"]
            assert len(shown) == count, name
    analysis = ec2.start_network_insights_analysis(NetworkInsightsPathId=identifier)
    made = analysis["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
    code, _ = refusal(ec2.delete_network_insights_path, NetworkInsightsPathId=identifier)
    assert code == "AnalysisExistsForNetworkInsightsPath"
    ec2.delete_network_insights_analysis(NetworkInsightsAnalysisId=made)
    ec2.delete_network_insights_path(NetworkInsightsPathId=identifier)
    code, message = refusal(
        ec2.describe_network_insights_paths, NetworkInsightsPathIds=[identifier]
    )
    assert code == "InvalidNetworkInsightsPathId.NotFound"
    assert identifier in message


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Source": "eni-0123456789abcdef0"}, "InvalidNetworkInterfaceID.NotFound"),
        ({"Source": "vpc-0123456789abcdef0"}, "InvalidParameterValue"),
        ({"Source": "vgw-0123456789abcdef0"}, "UnsupportedOperation"),
        ({"Source": "arn:aws:s3:::bucket"}, "InvalidParameterValue"),
        ({"Destination": ""}, "MissingParameter"),
        ({"SourceIp": "10.0.0.300"}, "InvalidParameterValue"),
        ({"FilterAtSource": {"SourceAddress": "10.0.0.1"}}, "InvalidParameterCombination"),
        (
            {"DestinationIp": "10.0.0.1", "FilterAtDestination": {"SourceAddress": "10.0.0.2"}},
            "InvalidParameterCombination",
        ),
        (
            {"FilterAtDestination": {"SourcePortRange": {"FromPort": 9, "ToPort": 8}}},
            "InvalidParameterValue",
        ),
    ],
)
def test_a_path_that_cannot_be_is_refused(
    estate: Estate, request_: dict[str, Any], code: str
) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    asked = {
        "Source": one.interface, "Destination": other.interface, "Protocol": "tcp",
        "DestinationPort": 443, **request_,
    }  # fmt: skip
    assert refusal(estate.ec2.create_network_insights_path, **asked)[0] == code
    assert estate.ec2.describe_network_insights_paths()["NetworkInsightsPaths"] == []


def test_a_token_makes_one_path(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    asked = {"Source": one.interface, "Destination": other.interface, "Protocol": "tcp",
             "ClientToken": "once"}  # fmt: skip
    first = estate.ec2.create_network_insights_path(**asked)["NetworkInsightsPath"]
    second = estate.ec2.create_network_insights_path(**asked)["NetworkInsightsPath"]
    assert first["NetworkInsightsPathId"] == second["NetworkInsightsPathId"]
    assert len(estate.ec2.describe_network_insights_paths()["NetworkInsightsPaths"]) == 1


def test_only_a_management_account_opens_its_organization(estate: Estate) -> None:
    ec2 = estate.ec2
    code, _ = refusal(ec2.enable_reachability_analyzer_organization_sharing)
    assert code == "OperationNotPermitted"
    organizations = estate.chamber.client("organizations", account=estate.account)
    organizations.create_organization(FeatureSet="ALL")
    assert ec2.enable_reachability_analyzer_organization_sharing()["ReturnValue"] is True


def test_other_accounts_are_looked_into_only_by_leave(estate: Estate) -> None:
    theirs = Estate(estate.chamber, account=OTHER)
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one = estate.server(subnet)
    code, message = refusal(
        estate.analyse, source=one.interface, destination=one.instance, AdditionalAccounts=[OTHER]
    )
    assert code == "InvalidParameterValue"
    assert "not a member" in message
    other = theirs.server(theirs.subnet(theirs.vpc(), "10.0.1.0/24"))
    code, _ = refusal(
        estate.ec2.create_network_insights_path,
        Source=one.interface, Destination=other.interface, Protocol="tcp",
    )  # fmt: skip
    assert code == "InvalidNetworkInterfaceID.NotFound"


def test_a_path_is_tagged_and_found_by_its_tag_like_everything_else(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    made = estate.ec2.create_network_insights_path(
        Source=one.interface, Destination=other.interface, Protocol="tcp"
    )["NetworkInsightsPath"]["NetworkInsightsPathId"]
    estate.ec2.create_tags(Resources=[made], Tags=[{"Key": "team", "Value": "net"}])
    shown = estate.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made]}])["Tags"]
    assert [(each["ResourceType"], each["Value"]) for each in shown] == [
        ("network-insights-path", "net")
    ]


def test_more_paths_than_an_account_may_have_are_refused(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    asked = {"Source": one.interface, "Destination": other.interface, "Protocol": "tcp"}
    for _ in range(100):
        estate.ec2.create_network_insights_path(**asked)
    code, _ = refusal(estate.ec2.create_network_insights_path, **asked)
    assert code == "NetworkInsightsPathLimitExceeded"
    pages = estate.ec2.get_paginator("describe_network_insights_paths").paginate(
        PaginationConfig={"PageSize": 30}
    )
    assert [len(page["NetworkInsightsPaths"]) for page in pages] == [30, 30, 30, 10]
