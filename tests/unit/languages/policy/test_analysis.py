"""Context keys of policies, and the smallest policy for requests that were seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.policy import (
    AccessRequest,
    PolicyKind,
    PolicySet,
    SourcedPolicy,
    context_keys_of,
    evaluate,
    least_privilege,
    parse_policy,
)
from tests.unit.languages.policy.worlds import USER, allow, policy


# The AWS CLI's documented example of get-context-keys-for-custom-policy.
def test_context_keys_as_the_api_lists_them() -> None:
    document = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*",'
        '"Resource":"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}'
    )
    found = parse_policy(document, PolicyKind.IDENTITY)
    assert context_keys_of([found]) == ("aws:username", "aws:CurrentTime")


def test_each_key_once_whatever_its_case() -> None:
    first = policy(allow(Condition={"StringEquals": {"aws:UserName": "${aws:PrincipalTag/a}"}}))
    second = policy(allow(Condition={"Null": {"AWS:username": "true", "s3:prefix": "true"}}))
    assert context_keys_of([first, second]) == ("aws:UserName", "aws:PrincipalTag/a", "s3:prefix")
    assert context_keys_of([]) == ()


def asked(action: str, resource: str) -> AccessRequest:
    """A request of the user."""
    return AccessRequest(USER, action, resource)


def test_actions_on_the_same_resources_share_a_statement() -> None:
    document = least_privilege(
        [
            asked("sqs:SendMessage", "arn:aws:sqs:x:1:b"),
            asked("sqs:SendMessage", "arn:aws:sqs:x:1:a"),
            asked("sqs:ListQueues", "*"),
            asked("sqs:DeleteMessage", "arn:aws:sqs:x:1:a"),
            asked("sqs:DeleteMessage", "arn:aws:sqs:x:1:b"),
            asked("sqs:DeleteMessage", "arn:aws:sqs:x:1:b"),
        ]
    )
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["sqs:DeleteMessage", "sqs:SendMessage"],
                "Resource": ["arn:aws:sqs:x:1:a", "arn:aws:sqs:x:1:b"],
            },
            {"Effect": "Allow", "Action": ["sqs:ListQueues"], "Resource": ["*"]},
        ],
    }


def test_nothing_seen_is_no_policy() -> None:
    with pytest.raises(ValueError, match="at least one"):
        least_privilege([])


REQUESTS = st.builds(
    asked,
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
    st.text("ab*?${}:/", min_size=1, max_size=5).map(lambda key: f"arn:aws:s3:::{key}"),
)


@given(st.lists(REQUESTS, min_size=1, max_size=6), st.lists(REQUESTS, max_size=6))
def test_it_allows_what_was_seen_and_nothing_else(
    seen: list[AccessRequest], others: list[AccessRequest]
) -> None:
    found = parse_policy(least_privilege(seen), PolicyKind.IDENTITY, managed=True)
    policies = PolicySet(identity=(SourcedPolicy("p", "p", found),))
    pairs = {(request.action, request.resource) for request in seen}
    for request in seen + others:
        allowed = evaluate(request, policies).allowed
        assert allowed is ((request.action, request.resource) in pairs)
