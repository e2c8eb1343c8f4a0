"""Versions, aliases, weights and layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import ONE, TWO, Crew, archive

Make = Callable[..., Any]


def test_a_version_stays_as_it_was(client: Any, make: Make, crew: Crew) -> None:
    make("jobs", Timeout=3)
    first = client.publish_version(FunctionName="jobs", Description="one")
    assert (first["Version"], first["Description"]) == ("1", "one")
    assert first["FunctionArn"].endswith(":function:jobs:1")
    client.update_function_configuration(FunctionName="jobs", Timeout=9)
    client.invoke(FunctionName="jobs", Qualifier="1")
    client.invoke(FunctionName="jobs")
    assert [order["timeout_s"] for order in crew.orders] == [3, 9]
    assert crew.orders[0]["version"] == "1"


def test_nothing_new_makes_no_new_version(client: Any, make: Make) -> None:
    make("jobs")
    assert client.publish_version(FunctionName="jobs")["Version"] == "1"
    assert client.publish_version(FunctionName="jobs")["Version"] == "1"
    client.update_function_code(FunctionName="jobs", ZipFile=archive(app="x = 1"))
    assert client.publish_version(FunctionName="jobs")["Version"] == "2"
    client.delete_function(FunctionName="jobs", Qualifier="2")
    client.update_function_configuration(FunctionName="jobs", Timeout=9)
    assert client.publish_version(FunctionName="jobs")["Version"] == "3"
    found = client.list_versions_by_function(FunctionName="jobs")["Versions"]
    assert [each["Version"] for each in found] == ["$LATEST", "1", "3"]


def test_what_is_published_must_be_what_was_meant(client: Any, make: Make) -> None:
    make("jobs")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="CodeSHA256"):
        client.publish_version(FunctionName="jobs", CodeSha256="other")
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.publish_version(FunctionName="jobs", RevisionId="other")


def test_an_alias_leads_to_a_version(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    client.publish_version(FunctionName="jobs")
    made = client.create_alias(FunctionName="jobs", Name="live", FunctionVersion="1")
    assert made["AliasArn"].endswith(":function:jobs:live")
    answer = client.invoke(FunctionName="jobs:live")
    assert answer["ExecutedVersion"] == "1"
    assert crew.orders[0]["function_arn"].endswith(":jobs:live")
    with pytest.raises(client.exceptions.ResourceConflictException, match="being used by"):
        client.delete_function(FunctionName="jobs", Qualifier="1")
    with pytest.raises(client.exceptions.ResourceConflictException, match="already exists"):
        client.create_alias(FunctionName="jobs", Name="live", FunctionVersion="1")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.create_alias(FunctionName="jobs", Name="other", FunctionVersion="7")
    client.delete_alias(FunctionName="jobs", Name="live")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="Cannot find alias"):
        client.get_alias(FunctionName="jobs", Name="live")


def test_weights_share_invocations(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    client.publish_version(FunctionName="jobs")
    client.update_function_configuration(FunctionName="jobs", Timeout=9)
    client.publish_version(FunctionName="jobs")
    client.create_alias(
        FunctionName="jobs",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    for _ in range(80):
        client.invoke(FunctionName="jobs", Qualifier="live")
    shares = Counter(order["version"] for order in crew.orders)
    assert 8 <= shares["2"] <= 34
    client.update_alias(FunctionName="jobs", Name="live", RoutingConfig={})
    assert "RoutingConfig" not in client.get_alias(FunctionName="jobs", Name="live")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="LATEST"):
        client.update_alias(
            FunctionName="jobs",
            Name="live",
            FunctionVersion="$LATEST",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
        )


def test_layers_are_published_listed_and_deleted(client: Any, crew: Crew, make: Make) -> None:
    given = {"Content": {"ZipFile": archive(tool="x = 1")}}
    one = client.publish_layer_version(
        LayerName="tools", CompatibleRuntimes=["python3.12"], **given
    )
    two = client.publish_layer_version(LayerName="tools", Description="second", **given)
    assert (one["Version"], two["Version"]) == (1, 2)
    assert two["LayerVersionArn"] == f"arn:aws:lambda:us-east-1:{ONE}:layer:tools:2"
    found = client.list_layers()["Layers"]
    assert [each["LatestMatchingVersion"]["Version"] for each in found] == [2]
    found = client.list_layers(CompatibleRuntime="python3.12")["Layers"]
    assert [each["LatestMatchingVersion"]["Version"] for each in found] == [1]
    found = client.list_layer_versions(LayerName="tools")["LayerVersions"]
    assert [each["Version"] for each in found] == [2, 1]
    got = client.get_layer_version_by_arn(Arn=two["LayerVersionArn"])
    assert got["Description"] == "second"
    make("jobs", Layers=[two["LayerVersionArn"]])
    client.invoke(FunctionName="jobs")
    assert crew.orders[0]["layers"][0]["read"]() == given["Content"]["ZipFile"]
    client.delete_layer_version(LayerName="tools", VersionNumber=2)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_layer_version(LayerName="tools", VersionNumber=2)
    three = client.publish_layer_version(LayerName="tools", **given)
    assert three["Version"] == 3


def test_a_layer_is_shared_by_its_policy(chamber: Chamber, client: Any) -> None:
    client.publish_layer_version(LayerName="tools", Content={"ZipFile": archive()})
    added = client.add_layer_version_permission(
        LayerName="tools",
        VersionNumber=1,
        StatementId="all",
        Action="lambda:GetLayerVersion",
        Principal=TWO,
    )
    arn = f"arn:aws:lambda:us-east-1:{ONE}:layer:tools:1"
    assert f'"AWS":"arn:aws:iam::{TWO}:root"' in added["Statement"]
    policy = client.get_layer_version_policy(LayerName="tools", VersionNumber=1)
    assert policy["RevisionId"] == added["RevisionId"]
    theirs = chamber.client("lambda", account=TWO)
    assert theirs.get_layer_version_by_arn(Arn=arn)["Version"] == 1
    client.remove_layer_version_permission(
        LayerName="tools", VersionNumber=1, StatementId="all", RevisionId=added["RevisionId"]
    )
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_layer_version_policy(LayerName="tools", VersionNumber=1)


def test_a_layer_of_another_account_needs_its_policy(chamber: Chamber, make: Make) -> None:
    theirs = chamber.client("lambda", account=TWO)
    layer = theirs.publish_layer_version(LayerName="tools", Content={"ZipFile": archive()})
    arn = layer["LayerVersionArn"]
    make("jobs", Layers=[arn])
    assert "iam.would-deny" in [event["what"] for event in chamber.events(arn)]
    theirs.add_layer_version_permission(
        LayerName="tools",
        VersionNumber=1,
        StatementId="one",
        Action="lambda:GetLayerVersion",
        Principal=ONE,
    )
    before = len(chamber.events(arn))
    make("more", Layers=[arn])
    assert len(chamber.events(arn)) == before
