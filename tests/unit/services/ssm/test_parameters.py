"""Parameters: put, read, overwritten, deleted; their names, values, types and tiers."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.service import Quota
from cloudchamber.services.ssm.service import SERVICE
from tests.unit.services.ssm.store import ONE, TWO, again, names, put, refusal, value

BAD_NAME = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
    "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
    "letters, numbers and the following 3 symbols .-_"
)

NO_LABEL = (
    "Systems Manager could not find label live for parameter here. Verify the label and try again."
)
EXISTS = (
    "The parameter already exists. To overwrite this value, set the overwrite option in the "
    "request to true."
)


def test_a_parameter_is_put_and_read(ssm: Any) -> None:
    answer = ssm.put_parameter(Name="/app/color", Value="red", Type="String", Description="d")
    assert (answer["Version"], answer["Tier"]) == (1, "Standard")
    found = ssm.get_parameter(Name="/app/color")["Parameter"]
    assert found.pop("LastModifiedDate").timestamp() > 0
    assert found == {
        "Name": "/app/color",
        "Type": "String",
        "Value": "red",
        "Version": 1,
        "ARN": f"arn:aws:ssm:us-east-1:{ONE}:parameter/app/color",
        "DataType": "text",
    }
    assert value(ssm, f"arn:aws:ssm:us-east-1:{ONE}:parameter/app/color") == "red"
    assert value(ssm, " /app/color ") == "red"


def test_what_is_not_there(ssm: Any, chamber: Chamber) -> None:
    put(ssm, "here")
    assert refusal(ssm.get_parameter, Name="gone")[0] == "ParameterNotFound"
    assert refusal(chamber.client("ssm", "eu-west-1").get_parameter, Name="here")[0] == (
        "ParameterNotFound"
    )
    assert refusal(chamber.client("ssm", account=TWO).get_parameter, Name="here")[0] == (
        "ParameterNotFound"
    )
    assert refusal(ssm.get_parameter, Name="here:7") == (
        "ParameterVersionNotFound",
        "Systems Manager could not find version 7 of here. Verify the version and try again.",
    )
    assert refusal(ssm.get_parameter, Name="here:live") == ("ParameterVersionNotFound", NO_LABEL)


def test_overwriting_needs_to_be_asked_for(ssm: Any) -> None:
    put(ssm, "x", "one", Description="about", AllowedPattern="[a-z]+")
    exists = refusal(ssm.put_parameter, Name="x", Value="two", Type="String")
    assert exists == ("ParameterAlreadyExists", EXISTS)
    assert again(ssm, "x", "two") == 2
    assert value(ssm, "x") == "two"
    assert value(ssm, "x:1") == "one"
    selected = ssm.get_parameter(Name="x:1")["Parameter"]
    assert (selected["Selector"], selected["Version"]) == (":1", 1)
    assert refusal(ssm.put_parameter, Name="x", Value="3", Overwrite=True) == (
        "ParameterPatternMismatchException",
        "Parameter value, cannot be validated against allowedPattern: [a-z]+",
    )
    code, _ = refusal(
        ssm.put_parameter, Name="x", Value="a", Type="StringList", Overwrite=True
    )  # fmt: skip
    assert code == "HierarchyTypeMismatchException"
    assert value(ssm, "x") == "two"


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"Name": "a b"}, "ValidationException", BAD_NAME),
        ({"Name": "a/b"}, "ValidationException", BAD_NAME),
        ({"Name": "/a//b"}, "ValidationException", BAD_NAME),
        ({"Name": "/a/"}, "ValidationException", BAD_NAME),
        ({"Name": "SSM-x"}, "ValidationException", BAD_NAME),
        ({"Name": "/ssm/x"}, "ValidationException", BAD_NAME),
        ({"Name": f"arn:aws:ssm:us-east-1:{ONE}:parameter/x"}, "ValidationException", BAD_NAME),
        (
            {"Name": "/aws/x"},
            "AccessDeniedException",
            "No access to reserved parameter name: /aws/x.",
        ),
        (
            {"Name": "awsTestParameter"},
            "AccessDeniedException",
            "No access to reserved parameter name: awsTestParameter.",
        ),
        ({"Name": "/l" * 16}, "HierarchyLevelLimitExceededException", None),
        ({"Name": "/" + "n" * 980}, "ValidationException", None),
        (
            {"Type": None},
            "ValidationException",
            "A parameter type is required when you create a parameter.",
        ),
        (
            {"Value": "{{ssm:other}}"},
            "ValidationException",
            'Parameter value: can\'t nest another parameter. Do not use "{{}}" in the value.',
        ),
        ({"Value": ""}, "ValidationException", None),
        (
            {"KeyId": "alias/k"},
            "ValidationException",
            "KeyId is required for SecureString type parameter only.",
        ),
        ({"AllowedPattern": "("}, "InvalidAllowedPatternException", None),
        ({"Overwrite": True, "Tags": [{"Key": "a", "Value": "b"}]}, "ValidationException", None),
        ({"Tags": [{"Key": "aws:a", "Value": "b"}]}, "ValidationException", None),
        (
            {"DataType": "Text"},
            "ValidationException",
            "The following data type is not supported: Text (Data type names are all lowercase.)",
        ),
        ({"DataType": "aws:ssm:integration"}, "ValidationException", None),
        ({"Value": "v" * 4097}, "ValidationException", None),
        ({"Value": "v" * 8193, "Tier": "Advanced"}, "ValidationException", None),
        ({"Value": "v" * 8193, "Tier": "Intelligent-Tiering"}, "ValidationException", None),
        ({"Policies": '[{"Type":"Expiration"}]'}, "InvalidPolicyAttributeException", None),
    ],
)
def test_what_cannot_be_put(
    ssm: Any, request_: dict[str, Any], code: str, message: str | None
) -> None:
    whole = {"Name": "x", "Value": "v", "Type": "String", **request_}
    given = {name: each for name, each in whole.items() if each is not None}
    found = refusal(ssm.put_parameter, **given)
    assert found[0] == code
    if message is not None:
        assert found[1] == message
    assert names(ssm.describe_parameters()) == []


@pytest.mark.parametrize(
    ("data_type", "good", "bad"),
    [
        ("aws:region", "eu-west-1", "eu-west-99"),
        ("aws:account:id", ONE, "12"),
        ("boolean", "true", "yes"),
        ("integer", "-443", "4.5"),
        ("float", "4.5e3", "four"),
        ("binary", "aGk=", "a"),
        ("hostname", "db.example.com", "-db.example.com"),
        ("email", "a@example.com", "a.example.com"),
        ("ipv4-address", "10.0.0.1", "10.0.0.256"),
        ("ipv6-address", "::1", ":1"),
        ("url", "https://example.com/x", "example"),
        ("json", '{"a": 1}', "{a: 1}"),
        ("jsonc", '{"a": "//" /* one */ } // two', "{"),
    ],
)
def test_a_value_is_of_its_data_type(ssm: Any, data_type: str, good: str, bad: str) -> None:
    assert refusal(ssm.put_parameter, Name="x", Value=bad, Type="String", DataType=data_type) == (
        "ValidationException",
        f"The parameter value is not valid for the data type {data_type}.",
    )
    put(ssm, "x", good, DataType=data_type)
    found = ssm.get_parameter(Name="x")["Parameter"]
    assert (found["Value"], found["DataType"]) == (good, data_type)
    assert refusal(ssm.put_parameter, Name="x", Value=bad, Overwrite=True)[0] == (
        "ValidationException"
    )


def test_an_image_is_looked_at_after_the_answer(ssm: Any, chamber: Chamber) -> None:
    put(ssm, "good", "ami-0123456789abcdef0", DataType="aws:ec2:image")
    assert put(ssm, "bad", "ami-nonsense", DataType="aws:ec2:image") == 1
    assert names(ssm.describe_parameters()) == ["good"]
    about = f"arn:aws:ssm:us-east-1:{ONE}:parameter/bad"
    assert "ssm.image-refused" in [each["what"] for each in chamber.events(about)]


def test_tiers_follow_the_size_and_are_never_lowered(ssm: Any) -> None:
    assert ssm.put_parameter(Name="a", Value="v" * 4096, Type="String")["Tier"] == "Standard"
    answer = ssm.put_parameter(
        Name="b", Value="v" * 4097, Type="String", Tier="Intelligent-Tiering"
    )
    assert answer["Tier"] == "Advanced"
    answer = ssm.put_parameter(Name="b", Value="small", Overwrite=True)
    assert answer["Tier"] == "Advanced"
    code, message = refusal(
        ssm.put_parameter, Name="b", Value="small", Overwrite=True, Tier="Standard"
    )
    assert code == "ValidationException"
    assert message.startswith("This parameter uses the advanced-parameter tier. You can't")
    answer = ssm.put_parameter(Name="a", Value="v", Overwrite=True, Tier="Advanced")
    assert answer["Tier"] == "Advanced"


def test_the_default_tier_is_a_setting(ssm: Any) -> None:
    tier = "/ssm/parameter-store/default-parameter-tier"
    setting = ssm.get_service_setting(SettingId=tier)["ServiceSetting"]
    assert (setting["SettingValue"], setting["Status"]) == ("Standard", "Default")
    arn = f"arn:aws:ssm:us-east-1:{ONE}:servicesetting{tier}"
    assert setting["ARN"] == arn
    ssm.update_service_setting(SettingId=arn, SettingValue="Advanced")
    assert ssm.put_parameter(Name="a", Value="v", Type="String")["Tier"] == "Advanced"
    setting = ssm.get_service_setting(SettingId=tier)["ServiceSetting"]
    assert setting["LastModifiedUser"] == f"arn:aws:iam::{ONE}:root"
    assert setting["Status"] == "Customized"
    ssm.reset_service_setting(SettingId=tier)
    assert ssm.put_parameter(Name="b", Value="v", Type="String")["Tier"] == "Standard"
    assert refusal(ssm.update_service_setting, SettingId=tier, SettingValue="x")[0] == (
        "ValidationException"
    )
    assert refusal(ssm.get_service_setting, SettingId="/x")[0] == "ServiceSettingNotFound"
    assert refusal(ssm.get_service_setting, SettingId="/ssm/opsinsights/opscenter")[0] == (
        "NotImplemented"
    )


def test_ten_thousand_standard_parameters(ssm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {**SERVICE.quotas, "standard-parameters": Quota(2, "")}
    monkeypatch.setattr(SERVICE, "quotas", few)
    put(ssm, "a")
    put(ssm, "b")
    code, message = refusal(ssm.put_parameter, Name="c", Value="v", Type="String")
    assert code == "ParameterLimitExceeded"
    assert message == (
        "You have reached the maximum number of standard parameters for this AWS account and "
        "Region (2). To add more parameters, either delete existing parameters or upgrade to "
        "the advanced-parameter tier (charges apply)."
    )
    again(ssm, "a", "two")
    answer = ssm.put_parameter(Name="c", Value="v", Type="String", Tier="Intelligent-Tiering")
    assert answer["Tier"] == "Advanced"


def test_several_are_read_by_name(ssm: Any) -> None:
    put(ssm, "b", "2")
    put(ssm, "a", "1")
    again(ssm, "a", "one")
    answer = ssm.get_parameters(Names=["b", "a:1", "none", "b:9", "a:1"])
    assert [(each["Name"], each["Value"]) for each in answer["Parameters"]] == [
        ("a", "1"),
        ("b", "2"),
    ]
    assert answer["InvalidParameters"] == ["none", "b:9"]
    answer = ssm.get_parameters(Names=["a b", "b", "x/y"])
    assert [each["Name"] for each in answer["Parameters"]] == ["b"]
    assert answer["InvalidParameters"] == ["a b", "x/y"]


def test_deletion(ssm: Any) -> None:
    for name in ("a", "b", "c"):
        put(ssm, name)
    ssm.delete_parameter(Name="a")
    assert refusal(ssm.delete_parameter, Name="a")[0] == "ParameterNotFound"
    answer = ssm.delete_parameters(Names=["a", "b"])
    assert (answer["DeletedParameters"], answer["InvalidParameters"]) == (["b"], ["a"])
    assert names(ssm.describe_parameters()) == ["c"]
    assert put(ssm, "a") == 1


def test_history_and_labels(ssm: Any) -> None:
    put(ssm, "x", "1")
    for number in range(2, 5):
        again(ssm, "x", str(number))
    answer = ssm.label_parameter_version(
        Name="x", ParameterVersion=2, Labels=["live", "9bad", "awsbad", "SSMbad", "b@d"]
    )
    assert answer["InvalidLabels"] == ["9bad", "awsbad", "SSMbad", "b@d"]
    assert answer["ParameterVersion"] == 2
    assert value(ssm, "x:live") == "2"
    assert ssm.label_parameter_version(Name="x", Labels=["live", "new"])["ParameterVersion"] == 4
    assert value(ssm, "x:live") == "4"
    history = ssm.get_parameter_history(Name="x", MaxResults=3)
    assert [each["Value"] for each in history["Parameters"]] == ["1", "2", "3"]
    history = ssm.get_parameter_history(Name="x", MaxResults=3, NextToken=history["NextToken"])
    assert [(each["Version"], each["Labels"]) for each in history["Parameters"]] == [
        (4, ["live", "new"])
    ]
    assert "NextToken" not in history
    answer = ssm.unlabel_parameter_version(Name="x", ParameterVersion=4, Labels=["new", "old"])
    assert (answer["RemovedLabels"], answer["InvalidLabels"]) == (["new"], ["old"])
    assert refusal(ssm.get_parameter, Name="x:new")[0] == "ParameterVersionNotFound"
    assert refusal(ssm.label_parameter_version, Name="x", ParameterVersion=9, Labels=["a"])[0] == (
        "ParameterVersionNotFound"
    )


def test_a_version_has_ten_labels(ssm: Any) -> None:
    put(ssm, "x")
    ssm.label_parameter_version(Name="x", Labels=[f"l{number}" for number in range(10)])
    ssm.label_parameter_version(Name="x", Labels=["l1"])
    code, _ = refusal(ssm.label_parameter_version, Name="x", Labels=["l10"])
    assert code == "ParameterVersionLabelLimitExceeded"


def test_a_hundred_versions_are_kept_unless_the_oldest_has_a_label(ssm: Any) -> None:
    put(ssm, "x", "1")
    for number in range(2, 102):
        again(ssm, "x", str(number))
    assert refusal(ssm.get_parameter, Name="x:1")[0] == "ParameterVersionNotFound"
    ssm.label_parameter_version(Name="x", ParameterVersion=2, Labels=["keep"])
    code, message = refusal(ssm.put_parameter, Name="x", Value="v", Overwrite=True)
    assert code == "ParameterMaxVersionLimitExceeded"
    assert message == (
        "You attempted to create a new version of x by calling the PutParameter API with the "
        "overwrite flag. Version 2, the oldest version, can't be deleted because it has a label "
        "associated with it. Move the label to another version of the parameter, and try again."
    )
    ssm.label_parameter_version(Name="x", ParameterVersion=101, Labels=["keep"])
    assert again(ssm, "x", "v") == 102
    assert value(ssm, "x:keep") == "101"


def test_tags(ssm: Any, chamber: Chamber) -> None:
    put(ssm, "/x/y", Tags=[{"Key": "a", "Value": "1"}])
    about = {"ResourceType": "Parameter", "ResourceId": "/x/y"}
    ssm.add_tags_to_resource(**about, Tags=[{"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(**about, TagKeys=["a", "none"])
    assert ssm.list_tags_for_resource(**about)["TagList"] == [{"Key": "b", "Value": "2"}]
    missing = {**about, "ResourceId": "none"}
    assert refusal(ssm.list_tags_for_resource, **missing)[0] == "InvalidResourceId"
    other = {**about, "ResourceType": "PatchBaseline"}
    assert refusal(ssm.list_tags_for_resource, **other)[0] == "NotImplemented"
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refusal(ssm.add_tags_to_resource, **about, Tags=many)[0] == "TooManyTagsError"
    tagging = chamber.client("resourcegroupstaggingapi")
    arn = f"arn:aws:ssm:us-east-1:{ONE}:parameter/x/y"
    tagging.tag_resources(ResourceARNList=[arn], Tags={"c": "3"})
    found = tagging.get_resources(ResourceTypeFilters=["ssm:parameter"])["ResourceTagMappingList"]
    assert found == [
        {"ResourceARN": arn, "Tags": [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]}
    ]
    put(ssm, "/slash")
    put(ssm, "plain")
    ones = [f"arn:aws:ssm:us-east-1:{ONE}:parameter/{name}" for name in ("slash", "plain")]
    answer = tagging.tag_resources(ResourceARNList=ones, Tags={"d": "4"})
    assert answer["FailedResourcesMap"] == {}
    for name in ("/slash", "plain"):
        listed = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        assert listed["TagList"] == [{"Key": "d", "Value": "4"}]


def test_tagged_parameters_come_by_arn(ssm: Any, chamber: Chamber) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    for name in ("b", "/a", "/c/d", "-x", ".y", "/c", "c-", "Z", "_", "/0", "9"):
        put(ssm, name, Tags=tags)
    tagging = chamber.client("resourcegroupstaggingapi")
    found = [
        each["ResourceARN"]
        for page in tagging.get_paginator("get_resources").paginate(ResourcesPerPage=3)
        for each in page["ResourceTagMappingList"]
    ]
    assert len(found) == 11
    assert found == sorted(found)


def test_the_rest_of_systems_manager_is_refused_by_name(ssm: Any) -> None:
    code, message = refusal(ssm.list_documents)
    assert code == "NotImplemented"
    assert "ssm.ListDocuments" in message
