"""Tags of EC2's things, whoever of the areas made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber

ACCOUNT = "111111111111"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ACCOUNT) as opened:
        yield opened


@pytest.fixture
def ec2(chamber: Chamber) -> Any:
    return chamber.client("ec2", region_name="eu-west-1")


@pytest.fixture
def vpc(ec2: Any) -> str:
    made = ec2.create_vpc(
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "one"}]}],
    )
    identifier: str = made["Vpc"]["VpcId"]
    return identifier


def found(ec2: Any, *filters: tuple[str, str]) -> list[tuple[str, str, str]]:
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    return [
        (each["ResourceId"], each["Key"], each["Value"])
        for each in ec2.describe_tags(Filters=asked)["Tags"]
    ]


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


def test_tags_are_added_replaced_and_taken_away(ec2: Any, vpc: str) -> None:
    ec2.create_tags(
        Resources=[vpc], Tags=[{"Key": "Name", "Value": "two"}, {"Key": "team", "Value": "net"}]
    )
    assert found(ec2) == [(vpc, "Name", "two"), (vpc, "team", "net")]
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "one"}])
    assert len(found(ec2)) == 2, "a tag with another value stays"
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name"}])
    assert found(ec2) == [(vpc, "team", "net")]
    ec2.delete_tags(Resources=[vpc])
    assert found(ec2) == []


def test_filters(ec2: Any, vpc: str) -> None:
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc, other], Tags=[{"Key": "team", "Value": "net"}])
    assert {each[0] for each in found(ec2, ("tag:team", "n*"))} == {vpc, other}
    assert found(ec2, ("resource-id", vpc), ("key", "team")) == [(vpc, "team", "net")]
    assert found(ec2, ("value", "one")) == [(vpc, "Name", "one")]
    assert found(ec2, ("resource-type", "subnet")) == []
    named = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["one"]}])["Vpcs"]
    assert [each["VpcId"] for each in named] == [vpc]
    keyed = ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["team"]}])["Vpcs"]
    assert {each["VpcId"] for each in keyed} == {vpc, other}


def test_pages(ec2: Any, vpc: str) -> None:
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": f"k{n}", "Value": str(n)} for n in range(11)])
    pages = list(ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(each["Tags"]) for each in pages] == [5, 5, 2]
    assert len({tag["Key"] for each in pages for tag in each["Tags"]}) == 12
    with pytest.raises(ClientError) as error:
        ec2.describe_tags(NextToken="nonsense")
    assert code_of(error) == "InvalidNextToken"


@pytest.mark.parametrize(
    ("resources", "tags", "code"),
    [
        (["vpc-00000000000000000"], [{"Key": "a", "Value": "b"}], "InvalidVpcID.NotFound"),
        (["vpc-x"], [{"Key": "a", "Value": "b"}], "InvalidVpcID.Malformed"),
        (["nothing-1"], [{"Key": "a", "Value": "b"}], "InvalidID"),
        (None, [{"Key": "aws:a", "Value": "b"}], "InvalidParameterValue"),
        (None, [{"Key": "a" * 129, "Value": "b"}], "InvalidParameterValue"),
        (None, [{"Key": "a", "Value": "b" * 257}], "InvalidParameterValue"),
        (None, [{"Key": str(n), "Value": ""} for n in range(51)], "TagLimitExceeded"),
        (None, [], "MissingParameter"),
    ],
)
def test_what_is_wrong_changes_nothing(
    ec2: Any, vpc: str, resources: list[str] | None, tags: list[dict[str, str]], code: str
) -> None:
    with pytest.raises(ClientError) as error:
        ec2.create_tags(Resources=[vpc, *(resources or ())], Tags=tags)
    assert code_of(error) == code
    assert found(ec2) == [(vpc, "Name", "one")]


def test_the_tags_of_what_is_deleted_go_with_it(ec2: Any, vpc: str) -> None:
    ec2.delete_vpc(VpcId=vpc)
    assert found(ec2) == []


def test_the_tagging_api_reads_and_writes_them(chamber: Chamber, ec2: Any, vpc: str) -> None:
    tagging = chamber.client("resourcegroupstaggingapi", region_name="eu-west-1")
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/{vpc}"
    tagging.tag_resources(ResourceARNList=[arn], Tags={"team": "net"})
    assert found(ec2, ("key", "team")) == [(vpc, "team", "net")]
    mapped = tagging.get_resources(ResourceTypeFilters=["ec2:vpc"])["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in mapped] == [arn]
    tagging.untag_resources(ResourceARNList=[arn], TagKeys=["team"])
    assert found(ec2, ("key", "team")) == []


def test_a_dry_run_changes_nothing(ec2: Any, vpc: str) -> None:
    with pytest.raises(ClientError) as error:
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "b"}], DryRun=True)
    assert code_of(error) == "DryRunOperation"
    assert found(ec2) == [(vpc, "Name", "one")]


def test_a_permission_by_tag() -> None:
    """aws:RequestTag decides who may make what is tagged how."""
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as strict:
        iam = strict.client("iam")
        iam.create_user(UserName="maker")
        iam.put_user_policy(
            UserName="maker",
            PolicyName="p",
            PolicyDocument="""{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
              "Action": ["ec2:CreateVpc", "ec2:CreateTags"], "Resource": "*",
              "Condition": {"StringEquals": {"aws:RequestTag/team": "net"}}}]}""",
        )
        key = iam.create_access_key(UserName="maker")["AccessKey"]
        maker = strict.client("ec2", "eu-west-1", credentials=key)
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "net"}]}]
        with pytest.raises(ClientError) as error:
            maker.create_vpc(CidrBlock="10.0.0.0/16")
        assert code_of(error) == "UnauthorizedOperation"
        assert maker.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)
