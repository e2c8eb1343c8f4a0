"""Policy variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""

from __future__ import annotations

import pytest

from cloudchamber.languages.policy import PolicySet, SourcedPolicy, evaluate
from cloudchamber.languages.policy.patterns import Wild, compile_tokens
from cloudchamber.languages.policy.variables import CACHE_MAX, Pattern, Variable, read_template
from tests.unit.languages.policy.worlds import ANONYMOUS, allow, deny, policy, request


def test_a_template_is_text_wildcards_and_variables() -> None:
    template = read_template("a*${aws:UserName}/${*}${?}${$}{x")
    assert template == ("a", Wild.STAR, Variable("aws:UserName", "aws:username"), "/", *"*?$", "{x")


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("${aws:userid, 'anonymous'}", Variable("aws:userid", "aws:userid", "anonymous")),
        ("${aws:userid,'a, b'}", Variable("aws:userid", "aws:userid", "a, b")),
        ("${aws:userid, ''}", Variable("aws:userid", "aws:userid", "")),
        ("${aws:PrincipalTag/Team}", Variable("aws:PrincipalTag/Team", "aws:principaltag/team")),
    ],
)
def test_a_variable_may_have_a_default(text: str, variable: Variable) -> None:
    assert read_template(text) == (variable,)


def test_what_is_not_closed_is_text() -> None:
    assert read_template("${aws:username") == ("${aws:username",)
    assert read_template("$${a}") == ("$", Variable("a", "a"))


def covers(resource: str, subject: str, version: str = "2012-10-17", **context: str) -> bool:
    """Whether an Allow on `resource` allows a request for `subject`."""
    found = SourcedPolicy("p", "p", policy(allow(Resource=resource), version=version))
    asked = request(resource=subject, **context)
    return evaluate(asked, PolicySet(identity=(found,))).allowed


def test_the_callers_name_is_filled_in() -> None:
    home = "arn:aws:s3:::home/${aws:username}/*"
    assert covers(home, "arn:aws:s3:::home/ann/x")
    assert not covers(home, "arn:aws:s3:::home/bob/x")


def test_version_2008_takes_variables_literally() -> None:
    home = "arn:aws:s3:::home/${aws:username}"
    assert not covers(home, "arn:aws:s3:::home/ann", version="2008-10-17")
    assert covers(home, home, version="2008-10-17")


def test_a_missing_variable_matches_nothing_unless_it_has_a_default() -> None:
    assert not covers("arn:aws:s3:::b/${saml:sub}*", "arn:aws:s3:::b/")
    assert not covers("arn:aws:s3:::b/${saml:sub}", "arn:aws:s3:::b/${saml:sub}")
    assert covers("arn:aws:s3:::b/${saml:sub, 'nobody'}", "arn:aws:s3:::b/nobody")


def test_a_key_with_several_values_is_no_variable() -> None:
    found = SourcedPolicy("p", "p", policy(allow(Resource="arn:aws:s3:::b/${aws:TagKeys}")))
    policies = PolicySet(identity=(found,))
    one = request(resource="arn:aws:s3:::b/a", aws__TagKeys=["a"])
    two = request(resource="arn:aws:s3:::b/a", aws__TagKeys=["a", "a"])
    assert evaluate(one, policies).allowed
    assert not evaluate(two, policies).allowed


def test_what_a_variable_brings_in_is_no_pattern() -> None:
    assert covers("arn:aws:s3:::b/${a:b}", "arn:aws:s3:::b/*", a__b="*")
    assert not covers("arn:aws:s3:::b/${a:b}", "arn:aws:s3:::b/x", a__b="*")


def test_special_characters_have_variables_of_their_own() -> None:
    assert covers("arn:aws:s3:::b/${*}?${?}${$}", "arn:aws:s3:::b/*x?$")
    assert not covers("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x")


def test_no_variable_in_front_of_the_fifth_colon() -> None:
    assert not covers(
        "arn:aws:iam::${aws:PrincipalAccount}:role/x", "arn:aws:iam::111122223333:role/x"
    )


def test_not_resource_with_a_missing_variable_covers_nothing() -> None:
    guard = deny(Resource=None, NotResource="arn:aws:s3:::b/${saml:sub}")
    found = SourcedPolicy("p", "p", policy(allow(), guard))
    asked = request(resource="arn:aws:s3:::b/x")
    assert evaluate(asked, PolicySet(identity=(found,))).allowed


def test_anonymous_callers_have_no_user_id() -> None:
    assert request(ANONYMOUS).single("aws:userid") is None


def test_filled_patterns_are_remembered_but_not_for_ever() -> None:
    pattern = Pattern("${a:b}", read_template("${a:b}"), compile_tokens)
    first = pattern.matcher(lambda _key: "0")
    assert pattern.matcher(lambda _key: "0") is first
    for number in range(CACHE_MAX + 1):
        match = pattern.matcher(lambda _key, n=number: str(n))  # type: ignore[misc]
        assert match is not None
        assert match(str(number))
    assert pattern.matcher(lambda _key: "0") is not first
