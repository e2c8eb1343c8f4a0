"""The tagging API over the services that are here: found, filtered, paged, tagged and untagged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber

ONE = "111111111111"
MISSING = f"arn:aws:sqs:us-east-1:{ONE}:missing"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def tagging(chamber: Chamber) -> Any:
    return chamber.client("resourcegroupstaggingapi")


def queue(chamber: Chamber, name: str, **tags: str) -> str:
    chamber.client("sqs").create_queue(QueueName=name, tags=tags)
    return f"arn:aws:sqs:us-east-1:{ONE}:{name}"


def arns(answer: dict[str, Any]) -> list[str]:
    return [each["ResourceARN"] for each in answer["ResourceTagMappingList"]]


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_tagged_resources_of_all_services_are_shown_by_arn(chamber: Chamber, tagging: Any) -> None:
    second = queue(chamber, "b", stage="test")
    first = queue(chamber, "a", stage="live", team="x")
    queue(chamber, "untagged")
    iam = chamber.client("iam")
    policy = iam.create_policy(
        PolicyName="p",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            }
        ),
        Tags=[{"Key": "stage", "Value": "live"}],
    )["Policy"]["Arn"]
    answer = tagging.get_resources()
    assert arns(answer) == [policy, first, second]
    assert answer["PaginationToken"] == ""
    assert answer["ResourceTagMappingList"][1]["Tags"] == [
        {"Key": "stage", "Value": "live"},
        {"Key": "team", "Value": "x"},
    ]
    assert arns(tagging.get_resources(ResourceTypeFilters=["sqs"])) == [first, second]
    assert arns(tagging.get_resources(ResourceTypeFilters=["iam:policy"])) == [policy]
    assert arns(tagging.get_resources(ResourceTypeFilters=["iam:pol", "ec2"])) == []
    elsewhere = chamber.client("resourcegroupstaggingapi", "eu-west-1")
    assert arns(elsewhere.get_resources()) == []
    theirs = chamber.client("resourcegroupstaggingapi", account="222222222222")
    assert arns(theirs.get_resources()) == []


def test_keys_must_all_be_there_with_any_of_their_values(chamber: Chamber, tagging: Any) -> None:
    both = queue(chamber, "both", a="1", b="2")
    other = queue(chamber, "other", a="3")

    def found(*filters: tuple[str, list[str]]) -> list[str]:
        given = [{"Key": key, "Values": values} for key, values in filters]
        return arns(tagging.get_resources(TagFilters=given))

    assert found(("a", [])) == [both, other]
    assert found(("a", ["1", "3"])) == [both, other]
    assert found(("a", ["3"])) == [other]
    assert found(("a", ["1", "3"]), ("b", [])) == [both]
    assert found(("a", ["3"]), ("b", ["2"])) == []
    assert arns(tagging.get_resources(ResourceARNList=[other, MISSING])) == [other]


def test_pages_by_resources(chamber: Chamber, tagging: Any) -> None:
    made = [queue(chamber, f"q{number}", a="1") for number in range(5)]
    pages = list(tagging.get_paginator("get_resources").paginate(ResourcesPerPage=2))
    assert [len(arns(page)) for page in pages] == [2, 2, 1]
    assert [arn for page in pages for arn in arns(page)] == made


def test_pages_by_tags_split_no_resource(chamber: Chamber, tagging: Any) -> None:
    many = {f"k{number}": "v" for number in range(45)}
    made = [queue(chamber, f"q{number}", **many) for number in range(5)]
    pages = list(tagging.get_paginator("get_resources").paginate(TagsPerPage=100))
    assert [len(arns(page)) for page in pages] == [2, 2, 1]
    assert [arn for page in pages for arn in arns(page)] == made


def test_a_token_holds_for_fifteen_minutes(chamber: Chamber, tagging: Any) -> None:
    for number in range(3):
        queue(chamber, f"q{number}", a="1")
    token = tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
    chamber.advance("15m")
    assert arns(tagging.get_resources(ResourcesPerPage=1, PaginationToken=token))
    chamber.advance("1s")
    code, _ = refusal(tagging.get_resources, ResourcesPerPage=1, PaginationToken=token)
    assert code == "PaginationTokenExpiredException"
    assert refusal(tagging.get_tag_keys, PaginationToken="nonsense")[0] == (
        "InvalidParameterException"
    )


@pytest.mark.parametrize(
    "request_",
    [
        {"ResourceARNList": [MISSING], "TagFilters": [{"Key": "a"}]},
        {"ResourceARNList": [MISSING], "ResourceTypeFilters": ["sqs"]},
        {"ResourceARNList": [MISSING], "ResourcesPerPage": 5},
        {"ResourcesPerPage": 0},
        {"ResourcesPerPage": 101},
        {"TagsPerPage": 150},
        {"TagsPerPage": 600},
        {"ResourcesPerPage": 5, "TagsPerPage": 100},
        {"ExcludeCompliantResources": True},
        {"TagFilters": [{"Values": ["a"]}]},
    ],
)
def test_what_cannot_be_asked_for(tagging: Any, request_: dict[str, Any]) -> None:
    assert refusal(tagging.get_resources, **request_)[0] == "InvalidParameterException"


def test_compliance_is_refused_by_name(tagging: Any) -> None:
    code, message = refusal(tagging.get_resources, IncludeComplianceDetails=True)
    assert code == "NotImplemented"
    assert "tag policies" in message
    assert refusal(tagging.get_compliance_summary)[0] == "NotImplemented"


def test_keys_and_values(chamber: Chamber, tagging: Any) -> None:
    queue(chamber, "a", stage="live", empty="")
    queue(chamber, "b", stage="test")
    assert tagging.get_tag_keys()["TagKeys"] == ["empty", "stage"]
    assert tagging.get_tag_values(Key="stage")["TagValues"] == ["live", "test"]
    assert tagging.get_tag_values(Key="empty")["TagValues"] == [""]
    assert tagging.get_tag_values(Key="none")["TagValues"] == []


def test_tags_are_given_and_taken_through_each_service(chamber: Chamber, tagging: Any) -> None:
    sqs, iam = chamber.client("sqs"), chamber.client("iam")
    arn = queue(chamber, "jobs", old="1")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    user = iam.create_user(UserName="ann", Path="/a/b/")["User"]["Arn"]
    root = chamber.client("organizations").create_organization()
    unit = chamber.client("organizations").create_organizational_unit(
        ParentId=chamber.client("organizations").list_roots()["Roots"][0]["Id"], Name="u"
    )["OrganizationalUnit"]
    assert root
    answer = tagging.tag_resources(
        ResourceARNList=[arn, user, unit["Arn"], MISSING, "arn:aws:nothing:us-east-1::x"],
        Tags={"new": "2"},
    )
    failed = answer["FailedResourcesMap"]
    assert list(failed) == [MISSING, "arn:aws:nothing:us-east-1::x"]
    assert failed[MISSING]["ErrorMessage"] == "The specified queue does not exist."
    assert failed[MISSING]["StatusCode"] == 400
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"old": "1", "new": "2"}
    assert iam.list_user_tags(UserName="ann")["Tags"] == [{"Key": "new", "Value": "2"}]
    listed = chamber.client("organizations").list_tags_for_resource(ResourceId=unit["Id"])
    assert listed["Tags"] == [{"Key": "new", "Value": "2"}]
    assert arns(tagging.get_resources()) == [unit["Arn"], arn]

    gone = tagging.untag_resources(ResourceARNList=[arn, user, unit["Arn"]], TagKeys=["new", "x"])
    assert gone["FailedResourcesMap"] == {}
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"old": "1"}
    assert iam.list_user_tags(UserName="ann")["Tags"] == []
    assert arns(tagging.get_resources()) == [arn]


def test_what_is_elsewhere_or_somebody_s_own(chamber: Chamber, tagging: Any) -> None:
    given = [
        "nothing",
        f"arn:aws:sqs:eu-west-1:{ONE}:jobs",
        "arn:aws:sqs:us-east-1:222222222222:jobs",
        f"arn:aws:iam::{ONE}:group/g",
    ]
    failed = tagging.tag_resources(ResourceARNList=given, Tags={"a": "1"})["FailedResourcesMap"]
    assert [failed[arn]["ErrorCode"] for arn in given] == [
        *["InvalidParameterException"] * 3,
        "InternalServiceException",
    ]
    code, _ = refusal(tagging.tag_resources, ResourceARNList=given, Tags={"aws:a": "1"})
    assert code == "InvalidParameterException"


def test_a_caller_needs_both_permissions() -> None:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        arn = queue(chamber, "jobs", a="1")
        iam = chamber.client("iam")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        anns = chamber.client("resourcegroupstaggingapi", credentials=key)
        code, _ = refusal(anns.tag_resources, ResourceARNList=[arn], Tags={"b": "2"})
        assert code == "AccessDeniedException"

        def allow(*actions: str) -> None:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)

        allow("tag:*")
        failed = anns.tag_resources(ResourceARNList=[arn], Tags={"b": "2"})["FailedResourcesMap"]
        assert failed[arn]["ErrorCode"] == "AccessDenied"
        allow("tag:*", "sqs:TagQueue")
        done = anns.tag_resources(ResourceARNList=[arn], Tags={"b": "2"})
        assert done["FailedResourcesMap"] == {}
        assert anns.get_tag_keys()["TagKeys"] == ["a", "b"]
