"""Listing: by path, by filter, in pages; what AWS publishes; policies on the clock; sharing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ssm.store import ONE, TWO, again, names, put, refusal, value

INFRASTRUCTURE = "/aws/service/global-infrastructure"


def by(*filters: tuple[Any, ...]) -> list[dict[str, Any]]:
    """`("Name", "Contains", "x")`; an option of None is left out, and so are no values."""
    built = []
    for key, option, *values in filters:
        each: dict[str, Any] = {"Key": key}
        if option:
            each["Option"] = option
        if values:
            each["Values"] = values
        built.append(each)
    return built


@pytest.fixture
def tree(ssm: Any) -> Any:
    put(ssm, "/a", "1")
    put(ssm, "/a/b", "2", Type="StringList")
    put(ssm, "/a/b/c", "3", Tier="Advanced")
    put(ssm, "/ab", "4", Tags=[{"Key": "team", "Value": "red"}])
    put(ssm, "flat", "5", DataType="integer", Tags=[{"Key": "team", "Value": "blue"}])
    return ssm


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["/a", "/a/b", "/a/b/c", "/ab", "flat"]),
        ([("Name", None, "/a")], ["/a"]),
        ([("Name", "Equals", "/a", "flat")], ["/a", "flat"]),
        ([("Name", "BeginsWith", "/a/")], ["/a/b", "/a/b/c"]),
        ([("Name", "BeginsWith", "fl", "ab")], ["/ab", "flat"]),
        ([("Name", "Contains", "b")], ["/a/b", "/a/b/c", "/ab"]),
        ([("Path", None, "/a")], ["/a/b"]),
        ([("Path", "Recursive", "/a")], ["/a/b", "/a/b/c"]),
        ([("Path", "OneLevel", "/")], ["/a", "/ab", "flat"]),
        ([("Type", None, "StringList")], ["/a/b"]),
        ([("Tier", None, "Advanced")], ["/a/b/c"]),
        ([("DataType", None, "integer")], ["flat"]),
        ([("KeyId", None, "alias/aws/ssm")], []),
        ([("tag:team", None)], ["/ab", "flat"]),
        ([("tag:team", None, "red")], ["/ab"]),
        ([("tag:team", "BeginsWith", "b")], ["flat"]),
        ([("Name", "Contains", "b"), ("Path", "Recursive", "/a")], ["/a/b", "/a/b/c"]),
    ],
)
def test_filters(tree: Any, filters: list[tuple[Any, ...]], found: list[str]) -> None:
    assert names(tree.describe_parameters(ParameterFilters=by(*filters))) == found


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ([("Label", None, "x")], "InvalidFilterKey"),
        ([("Name", None, "x"), ("Name", None, "y")], "InvalidFilterKey"),
        ([("Type", "Contains", "x")], "InvalidFilterOption"),
        ([("Path", "Equals", "/x")], "InvalidFilterOption"),
        ([("Type", None, "Text")], "InvalidFilterValue"),
        ([("Name", None)], "InvalidFilterValue"),
        ([("Path", None, "x")], "ValidationException"),
    ],
)
def test_filters_that_are_none(tree: Any, filters: list[tuple[Any, ...]], code: str) -> None:
    assert refusal(tree.describe_parameters, ParameterFilters=by(*filters))[0] == code


def test_old_filters(tree: Any) -> None:
    old = [{"Key": "Name", "Values": ["/a/b"]}]
    assert names(tree.describe_parameters(Filters=old)) == ["/a/b", "/a/b/c"]
    code, message = refusal(
        tree.describe_parameters, Filters=old, ParameterFilters=by(("Name", None, "x"))
    )
    assert (code, message) == (
        "ValidationException",
        "You can't use Filters and ParameterFilters in the same request.",
    )


def test_metadata_holds_no_value(tree: Any) -> None:
    shown = tree.describe_parameters(ParameterFilters=by(("Name", None, "flat")))["Parameters"][0]
    assert shown.pop("LastModifiedDate")
    assert shown == {
        "Name": "flat",
        "ARN": f"arn:aws:ssm:us-east-1:{ONE}:parameter/flat",
        "Type": "String",
        "LastModifiedUser": f"arn:aws:iam::{ONE}:root",
        "Version": 1,
        "Tier": "Standard",
        "Policies": [],
        "DataType": "integer",
    }


def test_pages(tree: Any) -> None:
    pages = tree.get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 2})
    assert [names(page) for page in pages] == [["/a", "/a/b"], ["/a/b/c", "/ab"], ["flat"]]
    assert refusal(tree.describe_parameters, NextToken="x")[0] == "InvalidNextToken"


def test_what_changes_between_two_pages_is_neither_repeated_nor_left_out(tree: Any) -> None:
    first = tree.describe_parameters(MaxResults=2)
    again(tree, "/a/b", "two")
    put(tree, "/a/a")
    tree.delete_parameter(Name="/a")
    second = tree.describe_parameters(MaxResults=2, NextToken=first["NextToken"])
    assert names(first) + names(second) == ["/a", "/a/b", "/a/b/c", "/ab"]
    first = tree.get_parameters_by_path(Path="/", Recursive=True, MaxResults=2)
    again(tree, "/a/b", "three")
    second = tree.get_parameters_by_path(
        Path="/", Recursive=True, MaxResults=2, NextToken=first["NextToken"]
    )
    assert names(first) + names(second) == ["/a/a", "/a/b", "/a/b/c", "/ab"]


def test_parameters_under_a_path(tree: Any) -> None:
    def under(path: str, **more: Any) -> list[str]:
        return names(tree.get_parameters_by_path(Path=path, **more))

    assert under("/a") == ["/a/b"]
    assert under("/a/", Recursive=True) == ["/a/b", "/a/b/c"]
    assert under("/") == ["/a", "/ab", "flat"]
    assert under("/none") == []
    assert under("/", Recursive=True, ParameterFilters=by(("Type", None, "StringList"))) == ["/a/b"]
    pages = tree.get_paginator("get_parameters_by_path").paginate(
        Path="/", Recursive=True, PaginationConfig={"PageSize": 3}
    )
    assert [len(names(page)) for page in pages] == [3, 2]
    code, message = refusal(tree.get_parameters_by_path, Path="a")
    assert code == "ValidationException"
    assert message.startswith("The parameter doesn't meet the parameter name requirements.")
    for key in ("Name", "Tier", "tag:x"):
        assert refusal(
            tree.get_parameters_by_path, Path="/", ParameterFilters=by((key, None, "x"))
        )[0] == "InvalidFilterKey"  # fmt: skip


def test_a_label_filter_finds_the_version_of_that_label(tree: Any) -> None:
    again(tree, "/a/b", "two")
    tree.label_parameter_version(Name="/a/b", ParameterVersion=1, Labels=["live"])
    found = tree.get_parameters_by_path(
        Path="/", Recursive=True, ParameterFilters=by(("Label", None, "live"))
    )["Parameters"]
    assert [(each["Name"], each["Version"], each["Value"]) for each in found] == [("/a/b", 1, "2")]


# What AWS publishes


def test_public_parameters_of_regions(ssm: Any) -> None:
    region = f"{INFRASTRUCTURE}/regions/eu-west-1"
    assert value(ssm, region) == "eu-west-1"
    assert value(ssm, f"{region}/longName") == "Europe (Ireland)"
    assert value(ssm, f"{region}/partition") == "aws"
    found = ssm.get_parameter(Name=region)["Parameter"]
    assert found["ARN"] == f"arn:aws:ssm:us-east-1::parameter{region}"
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=f"{INFRASTRUCTURE}/regions")
    values = [each["Value"] for page in pages for each in page["Parameters"]]
    assert {"us-east-1", "eu-west-1", "cn-north-1"} <= set(values)
    assert len(values) > 30
    assert refusal(ssm.get_parameter, Name=f"{INFRASTRUCTURE}/regions/xx-none-1")[0] == (
        "ParameterNotFound"
    )


def test_the_newest_image_is_one_that_instances_launch_from(chamber: Chamber, ssm: Any) -> None:
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    found = ssm.get_parameter(Name=image)["Parameter"]
    assert found["DataType"] == "aws:ec2:image"
    ec2 = chamber.client("ec2")
    made = ec2.run_instances(
        ImageId=found["Value"], InstanceType="t3.micro", MinCount=1, MaxCount=1
    )["Instances"][0]
    assert made["ImageId"] == found["Value"]
    named = ec2.describe_images(ImageIds=[found["Value"]])["Images"][0]
    assert named["Name"].startswith("al2023-ami-2023")
    listed = ssm.get_parameters_by_path(Path="/aws/service/ami-amazon-linux-latest")["Parameters"]
    assert image in [each["Name"] for each in listed]


def test_public_parameters_that_are_not_known_are_refused_by_name(ssm: Any) -> None:
    for call, request in (
        (ssm.get_parameter, {"Name": "/aws/service/datasync/ami"}),
        (ssm.get_parameters, {"Names": ["/aws/service/datasync/ami"]}),
        (ssm.get_parameters_by_path, {"Path": "/aws/service/datasync"}),
    ):
        code, message = refusal(call, **request)
        assert code == "NotImplemented"
        assert "datasync" in message


# Policies


def policy(kind: str, **attributes: str) -> dict[str, Any]:
    return {"Type": kind, "Version": "1.0", "Attributes": attributes}


def put_with(ssm: Any, *policies: dict[str, Any], **more: Any) -> None:
    put(ssm, "x", Tier="Advanced", Policies=json.dumps(policies), **more)


@pytest.fixture
def dated() -> Any:
    with Chamber(seed=1, account=ONE, start="2026-01-01T00:00:00Z") as opened:
        yield opened


def test_a_parameter_expires(dated: Chamber) -> None:
    ssm = dated.client("ssm")
    put_with(
        ssm,
        policy("Expiration", Timestamp="2026-01-31T00:00:00.000Z"),
        policy("ExpirationNotification", Before="10", Unit="Days"),
        policy("NoChangeNotification", After="30", Unit="Hours"),
    )
    about = f"arn:aws:ssm:us-east-1:{ONE}:parameter/x"

    def told() -> list[str]:
        return [e["sentence"] for e in dated.events(about) if e["what"].startswith("ssm.policy")]

    dated.advance("30h")
    assert told() == ["x has not been changed"]
    shown = ssm.describe_parameters()["Parameters"][0]["Policies"]
    assert [each["PolicyStatus"] for each in shown] == ["Pending", "Pending", "Finished"]
    dated.run_until("2026-01-21T00:00:00Z")
    assert told() == ["x has not been changed", "x is about to expire"]
    dated.run_until("2026-01-30T23:59:59Z")
    assert value(ssm, "x") == "v"
    dated.run_until("2026-01-31T00:00:00Z")
    assert refusal(ssm.get_parameter, Name="x")[0] == "ParameterNotFound"


def test_a_change_keeps_the_expiry_and_restarts_the_wait_for_changes(dated: Chamber) -> None:
    ssm = dated.client("ssm")
    put_with(
        ssm,
        policy("Expiration", Timestamp="2026-01-05T02:00:00+02:00"),
        policy("NoChangeNotification", After="2", Unit="Days"),
    )
    dated.advance("1d")
    again(ssm, "x", "two")
    dated.advance("1d")
    about = f"arn:aws:ssm:us-east-1:{ONE}:parameter/x"
    assert "ssm.policy-notification" not in [each["what"] for each in dated.events(about)]
    dated.advance("1d")
    assert "ssm.policy-notification" in [each["what"] for each in dated.events(about)]
    again(ssm, "x", "three", Policies="[]")
    dated.advance("9d")
    assert value(ssm, "x") == "three"


def test_a_parameter_made_anew_does_not_expire_with_the_old_one(dated: Chamber) -> None:
    ssm = dated.client("ssm")
    put_with(ssm, policy("Expiration", Timestamp="2026-01-05T00:00:00Z"))
    ssm.delete_parameter(Name="x")
    put(ssm, "x", "new")
    dated.advance("9d")
    assert value(ssm, "x") == "new"


@pytest.mark.parametrize(
    ("policies", "code"),
    [
        ("x", "InvalidPolicyAttributeException"),
        ('"x"', "InvalidPolicyAttributeException"),
        (json.dumps([policy("Exhaustion")]), "InvalidPolicyTypeException"),
        (json.dumps([policy("Expiration", Timestamp="soon")]), "InvalidPolicyAttributeException"),
        (
            json.dumps([policy("Expiration", Timestamp="2025-01-01T00:00:00Z")]),
            "InvalidPolicyAttributeException",
        ),
        (
            json.dumps([policy("Expiration", Timestamp="2027-01-01T00:00:00")]),
            "InvalidPolicyAttributeException",
        ),
        (
            json.dumps([policy("NoChangeNotification", After="0", Unit="Days")]),
            "InvalidPolicyAttributeException",
        ),
        (
            json.dumps([policy("NoChangeNotification", After="1", Unit="Weeks")]),
            "InvalidPolicyAttributeException",
        ),
        (
            json.dumps([policy("Expiration", Timestamp="2027-01-01T00:00:00Z")] * 2),
            "IncompatiblePolicyException",
        ),
        (
            json.dumps([policy("NoChangeNotification", After="1", Unit="Days")] * 11),
            "PoliciesLimitExceededException",
        ),
    ],
)
def test_policies_that_are_none(dated: Chamber, policies: str, code: str) -> None:
    assert refusal(
        dated.client("ssm").put_parameter,
        Name="x", Value="v", Type="String", Tier="Advanced", Policies=policies,
    )[0] == code  # fmt: skip


def test_a_standard_parameter_has_no_policies(dated: Chamber) -> None:
    ssm = dated.client("ssm")
    text = json.dumps([policy("NoChangeNotification", After="1", Unit="Days")])
    request = {"Name": "x", "Value": "v", "Type": "String", "Policies": text}
    assert refusal(ssm.put_parameter, **request)[0] == "ValidationException"
    answer = ssm.put_parameter(**request, Tier="Intelligent-Tiering")
    assert answer["Tier"] == "Advanced"


# Permissions and sharing


def allow(actions: Any, resource: Any = "*", principal: str | None = None, **more: Any) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resource, **more}
    if principal:
        statement["Principal"] = {"AWS": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_an_advanced_parameter_is_shared_by_its_policy() -> None:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        ssm, theirs = chamber.client("ssm"), chamber.client("ssm", account=TWO)
        arn = f"arn:aws:ssm:us-east-1:{ONE}:parameter/x"
        put(ssm, "x", "mine", Tier="Advanced")
        put(ssm, "plain")
        assert refusal(theirs.get_parameter, Name=arn)[0] == "AccessDeniedException"
        text = allow(["ssm:GetParameter", "ssm:PutParameter"], arn, TWO)
        answer = ssm.put_resource_policy(ResourceArn=arn, Policy=text)
        assert value(theirs, arn) == "mine"
        assert refusal(theirs.get_parameters, Names=[arn])[0] == "AccessDeniedException"
        listed = ssm.get_resource_policies(ResourceArn=arn)["Policies"]
        assert listed == [
            {
                "PolicyId": answer["PolicyId"],
                "PolicyHash": answer["PolicyHash"],
                "Policy": text,
            }
        ]
        about = {"ResourceArn": arn, "PolicyId": answer["PolicyId"]}
        assert refusal(ssm.put_resource_policy, ResourceArn=arn, Policy=text)[0] == (
            "ResourcePolicyLimitExceededException"
        )
        assert refusal(ssm.delete_resource_policy, **about, PolicyHash="x")[0] == (
            "ResourcePolicyConflictException"
        )
        ssm.delete_resource_policy(**about, PolicyHash=answer["PolicyHash"])
        assert refusal(theirs.get_parameter, Name=arn)[0] == "AccessDeniedException"
        plain = f"arn:aws:ssm:us-east-1:{ONE}:parameter/plain"
        assert refusal(ssm.put_resource_policy, ResourceArn=plain, Policy=text)[0] == (
            "ResourcePolicyInvalidParameterException"
        )
        assert refusal(ssm.put_resource_policy, ResourceArn=arn, Policy="{}")[0] == (
            "MalformedResourcePolicyDocumentException"
        )
        assert refusal(ssm.get_resource_policies, ResourceArn=arn + "none")[0] == (
            "ResourceNotFoundException"
        )


def test_permissions_are_on_paths_tags_and_what_is_asked() -> None:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        ssm, iam = chamber.client("ssm"), chamber.client("iam")
        put(ssm, "/app/x", Tags=[{"Key": "open", "Value": "yes"}])
        put(ssm, "/app/y")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        anns = chamber.client("ssm", credentials=key)

        def give(text: str) -> None:
            iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)

        here = f"arn:aws:ssm:us-east-1:{ONE}:parameter"
        assert refusal(anns.get_parameter, Name="/app/x")[0] == "AccessDeniedException"
        give(allow("ssm:GetParameter*", f"{here}/app/x"))
        assert value(anns, "/app/x") == "v"
        assert refusal(anns.get_parameters, Names=["/app/x", "/app/y"])[0] == (
            "AccessDeniedException"
        )
        assert refusal(anns.get_parameters_by_path, Path="/app")[0] == "AccessDeniedException"
        condition = {"StringEquals": {"ssm:Recursive": "false"}}
        give(allow("ssm:GetParametersByPath", f"{here}/app", Condition=condition))
        assert names(anns.get_parameters_by_path(Path="/app")) == ["/app/x", "/app/y"]
        assert refusal(anns.get_parameters_by_path, Path="/app", Recursive=True)[0] == (
            "AccessDeniedException"
        )
        give(allow("ssm:GetParameter", Condition={"StringEquals": {"aws:ResourceTag/open": "yes"}}))
        assert value(anns, "/app/x") == "v"
        assert refusal(anns.get_parameter, Name="/app/y")[0] == "AccessDeniedException"
        give(allow("ssm:PutParameter", Condition={"StringEquals": {"ssm:Overwrite": "false"}}))
        put(anns, "/app/z")
        assert refusal(anns.put_parameter, Name="/app/z", Value="2", Overwrite=True)[0] == (
            "AccessDeniedException"
        )
        tags = [{"Key": "a", "Value": "b"}]
        assert refusal(
            anns.put_parameter, Name="/app/t", Value="2", Type="String", Tags=tags
        )[0] == "AccessDeniedException"  # fmt: skip
