"""Every condition operator, and how operators combine.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.languages.policy.conditions import OPERATORS, Condition, find_operator
from tests.unit.languages.policy.worlds import USER_ARN, request

TOPIC = "arn:aws:sns:eu-west-1:111122223333:topic"


def holds(
    operator: str, values: str | Sequence[str], found: str | Sequence[str] | None, **more: str
) -> bool:
    """Whether a condition on the key `test:Key` is true for a request that has `found`."""
    known = find_operator(operator)
    assert known is not None
    given_values = [values] if isinstance(values, str) else values
    condition = Condition(known, "test:Key", given_values, variables=True)
    context = {**more} if found is None else {"TEST__key": found, **more}
    asked = request(**context)
    return condition.holds(asked)


EQUAL = [
    ("StringEquals", "johndoe", "johndoe", True),
    ("StringEquals", "johndoe", "JohnDoe", False),
    ("StringEquals", "john*", "johndoe", False),
    ("StringEqualsIgnoreCase", "johndoe", "JohnDoe", True),
    ("StringEqualsIgnoreCase", "johndoe", "johndoes", False),
    ("StringLike", "home/*", "home/ann/x", True),
    ("StringLike", "home/?", "home/ab", False),
    ("StringLike", "Home/*", "home/ann", False),
    ("StringLike", "", "", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", "10", "11", False),
    ("NumericEquals", "10", "ten", False),
    ("NumericEquals", "ten", "ten", False),
    ("DateEquals", "2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", True),
    ("DateEquals", "2020-01-01T00:00:00Z", "1577836800", True),
    ("DateEquals", "2020-01-01", "2020-01-02", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.9", False),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", "203.0.113.7", "203.0.113.8", False),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678:9::1", True),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", False),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("ArnEquals", "arn:aws:sns:*:111122223333:*", TOPIC, True),
    ("ArnLike", "arn:aws:sns:*:111122223333:top?c", TOPIC, True),
    ("ArnLike", "arn:aws:sns:eu-west-1:111122223333:Topic", TOPIC, False),
    # the page's own example: StringLike crosses colons, ArnLike does not
    (
        "StringLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        True,
    ),
    (
        "ArnLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        False,
    ),
    ("ArnLike", "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:x:1:log-group:a:b", True),
    ("ArnLike", "*", TOPIC, True),
    ("ArnLike", "arn:aws:*", TOPIC, False),
    ("ArnLike", "arn:aws:sns:*:*:*", "topic", False),
    ("ArnLike", "arn:aws:sns:*:*:*", "arn:aws:sns:eu-west-1", False),
]

NEGATED = {
    "StringEquals": ["StringNotEquals"],
    "StringEqualsIgnoreCase": ["StringNotEqualsIgnoreCase"],
    "StringLike": ["StringNotLike"],
    "NumericEquals": ["NumericNotEquals"],
    "DateEquals": ["DateNotEquals"],
    "IpAddress": ["NotIpAddress"],
    "ArnEquals": ["ArnNotEquals", "ArnNotLike"],
    "ArnLike": ["ArnNotEquals", "ArnNotLike"],
}


@pytest.mark.parametrize(("operator", "value", "found", "expected"), EQUAL)
def test_operators_that_have_a_negation(
    operator: str, value: str, found: str, expected: bool
) -> None:
    assert holds(operator, value, found) is expected
    for negated in NEGATED[operator]:
        assert holds(negated, value, found) is not expected


@pytest.mark.parametrize("prefix", ["Numeric", "Date"])
@pytest.mark.parametrize(
    ("operator", "below", "same", "above"),
    [
        ("Equals", False, True, False),
        ("NotEquals", True, False, True),
        ("LessThan", True, False, False),
        ("LessThanEquals", True, True, False),
        ("GreaterThan", False, False, True),
        ("GreaterThanEquals", False, True, True),
    ],
)
def test_operators_with_an_order(
    prefix: str, operator: str, below: bool, same: bool, above: bool
) -> None:
    wanted, found = (
        ("10", ["9", "10", "10.5"])
        if prefix == "Numeric"
        else ("2020-06-01T12:00Z", ["2020-06-01T11:59Z", "2020-06-01T14:00+02:00", "2021"])
    )
    results = [holds(prefix + operator, wanted, value) for value in found]
    assert results == [below, same, above]


def test_a_value_that_is_no_number_has_no_order() -> None:
    assert not holds("NumericLessThan", "10", "few")
    assert not holds("NumericGreaterThan", "10", "few")
    assert not holds("DateGreaterThan", "2020", "soon")


def test_bool_binary_and_null() -> None:
    assert holds("Bool", "true", "true")
    assert holds("Bool", "TRUE", "true")
    assert not holds("Bool", "true", "false")
    assert not holds("Bool", "true", "yes")
    assert holds("BinaryEquals", "QmluYXJ5VmFsdWU=", "QmluYXJ5VmFsdWU=")
    assert not holds("BinaryEquals", "QmluYXJ5VmFsdWU=", "QmluYXJ5")
    assert not holds("BinaryEquals", "!", "!")
    assert holds("Null", "true", None)
    assert not holds("Null", "true", "x")
    assert holds("Null", "false", "x")
    assert not holds("Null", "false", None)
    assert holds("Null", "true", [])
    assert holds("Null", ["true", "false"], None)


def is_negated(name: str) -> bool:
    """By its name alone."""
    return "Not" in name


@pytest.mark.parametrize("name", [name for name in OPERATORS if name != "Null"])
def test_a_missing_key(name: str) -> None:
    value = {"Date": "2020", "Numeric": "1", "IpAdd": "10.0.0.0/8"}.get(name[:5], "1")
    assert holds(name, value, None) is is_negated(name)
    assert holds(name, value, []) is is_negated(name)
    assert holds(f"{name}IfExists", value, None) is True
    assert holds(f"ForAllValues:{name}", value, None) is True
    assert holds(f"ForAllValues:{name}", value, [""]) is True
    assert holds(f"ForAnyValue:{name}", value, None) is False
    assert holds(f"ForAnyValue:{name}", value, [""]) is False
    assert holds(f"ForAnyValue:{name}IfExists", value, None) is True


def test_if_exists_still_compares_what_exists() -> None:
    assert holds("StringLikeIfExists", ["t1.*", "t2.*"], "t2.micro")
    assert not holds("StringLikeIfExists", ["t1.*", "t2.*"], "m5.large")
    assert holds("BoolIfExists", "false", "false")
    assert not holds("StringNotEqualsIfExists", "a", "a")


def test_several_values_are_or_and_under_a_negation_nor() -> None:
    assert holds("StringEquals", ["a", "b"], "b")
    assert not holds("StringEquals", ["a", "b"], "c")
    assert not holds("StringNotEquals", ["a", "b"], "b")
    assert holds("StringNotEquals", ["a", "b"], "c")
    assert not holds("StringEquals", [], "c")
    assert holds("NumericLessThan", ["5", "10"], "7")


# The page's own table of PostDateTime, Message, Tags.
ATTRIBUTES = ["PostDateTime", "Message", "Tags"]


@pytest.mark.parametrize(
    ("found", "for_all", "for_any", "for_all_not", "for_any_not"),
    [
        (["PostDateTime", "Message"], True, True, False, False),
        (["PostDateTime", "UserName"], False, True, False, True),
        (["UserName", "ID"], False, False, True, True),
        (["UserName", "Message", "PostDateTime"], False, True, False, True),
        ([], True, False, True, False),
        ([""], True, False, True, False),
        (["", "Tags"], False, True, False, True),
    ],
)
def test_set_operators(
    found: list[str], for_all: bool, for_any: bool, for_all_not: bool, for_any_not: bool
) -> None:
    assert holds("ForAllValues:StringLike", ATTRIBUTES, found) is for_all
    assert holds("ForAnyValue:StringLike", ATTRIBUTES, found) is for_any
    assert holds("ForAllValues:StringNotLike", ATTRIBUTES, found) is for_all_not
    assert holds("ForAnyValue:StringNotLike", ATTRIBUTES, found) is for_any_not


VALUES = st.lists(st.sampled_from("abc"), max_size=4)


@settings(max_examples=400)
@given(
    VALUES, st.none() | VALUES, st.booleans(), st.sampled_from(["", "All", "Any"]), st.booleans()
)
def test_logic_of_sets(
    wanted: list[str], found: list[str] | None, negated: bool, quantifier: str, if_exists: bool
) -> None:
    """Against the definitions, written with quantifiers."""
    name = "StringNotEquals" if negated else "StringEquals"
    spelled = f"For{quantifier}Value{'s' * (quantifier == 'All')}:" if quantifier else ""
    text = f"{spelled}{name}{'IfExists' * if_exists}"

    def one(value: str) -> bool:
        return all(value != w for w in wanted) if negated else any(value == w for w in wanted)

    if not found:
        expected = if_exists or quantifier == "All" or (negated and not quantifier)
    elif quantifier == "All" or (negated and not quantifier):
        expected = all(one(value) for value in found)
    else:
        expected = any(one(value) for value in found)
    assert holds(text, wanted, found) is expected


def test_variables_in_strings_and_arns_and_booleans() -> None:
    assert holds("StringLike", "home/${aws:username}/*", "home/ann/x")
    assert holds("StringEquals", "${aws:username}", "ann")
    assert holds("StringEquals", "${*}", "*")
    assert holds("StringLike", "a${*}", "a*")
    assert not holds("StringLike", "a${*}", "ab")
    assert holds("ArnEquals", "${aws:PrincipalArn}", USER_ARN)
    assert holds("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/*", USER_ARN)
    assert holds("Bool", "${my:flag}", "true", my__flag="True")


def test_no_variables_in_other_operators() -> None:
    assert not holds("NumericEquals", "${my:limit}", "5", my__limit="5")
    assert not holds("IpAddress", "${my:ip}", "10.0.0.1", my__ip="10.0.0.1")


def test_a_missing_variable_makes_no_condition_true() -> None:
    assert not holds("StringEquals", "${no:such}", "${no:such}")
    assert not holds("StringEquals", "${no:such}", "")
    assert holds("StringEquals", ["${no:such}", "a"], "a")
    assert not holds("StringNotEquals", "${no:such}", "a")
    assert not holds("StringNotEquals", ["${no:such}", "b"], "a")
    assert holds("StringNotEqualsIfExists", "${no:such}", "a")
    assert holds("StringEquals", "${no:such, 'a'}", "a")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "StringEqual",
        "stringequals",
        "StringEquals ",
        "NullIfExists",
        "IfExists",
        "ForSomeValues:StringEquals",
        "ForAnyValue:",
        ":StringEquals",
        "ForAnyValue:ForAllValues:StringEquals",
        "StringEqualsIfExistsIfExists",
    ],
)
def test_what_is_no_operator(text: str) -> None:
    assert find_operator(text) is None
