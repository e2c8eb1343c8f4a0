"""What is a policy, per kind, and AWS's text for what is not.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.languages.policy import MalformedPolicy, Policy, PolicyKind, parse_policy
from cloudchamber.languages.policy.conditions import OPERATORS
from tests.unit.languages.policy.worlds import ACCOUNT, ROOT_ARN, allow, deny, document

IDENTITY, TRUST, RESOURCE = PolicyKind.IDENTITY, PolicyKind.TRUST, PolicyKind.RESOURCE
EVERYONE = {"AWS": "*"}


def problem(doc: Any, kind: PolicyKind = IDENTITY, **options: Any) -> MalformedPolicy:
    """The refusal of a document."""
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(doc, kind, **options)
    return caught.value


def trust(**elements: Any) -> dict[str, Any]:
    """A trust policy's document; None leaves an element out."""
    body = {"Principal": EVERYONE, "Resource": None, **elements}
    return document(allow(body.pop("Action", "sts:AssumeRole"), **body))


def test_the_parts_of_a_document() -> None:
    policy = parse_policy(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Id": "Some id",
                "Statement": {
                    "Sid": "One1",
                    "Effect": "Deny",
                    "NotAction": ["iam:*", "sts:*"],
                    "NotResource": "arn:aws:s3:::b",
                    "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {}},
                },
            }
        ),
        IDENTITY,
    )
    (only,) = policy.statements
    assert (policy.version, policy.id) == ("2012-10-17", "Some id")
    assert (only.sid, only.effect, only.actions) == ("One1", "Deny", ("iam:*", "sts:*"))
    assert only.not_action
    assert only.not_resource
    assert [(c.operator.name, c.values) for c in only.conditions] == [("Bool", ("false",))]


def test_text_bytes_and_mappings_are_the_same_document() -> None:
    doc = document(allow("s3:GetObject"))
    texts = {
        parse_policy(form, IDENTITY).text for form in (doc, json.dumps(doc, separators=(",", ":")))
    }
    assert len(texts) == 1
    assert parse_policy(json.dumps(doc).encode(), IDENTITY).size == len(texts.pop())


def test_version_2008_is_the_default() -> None:
    assert parse_policy({"Statement": [allow()]}, IDENTITY).version == "2008-10-17"


@pytest.mark.parametrize("kind", list(PolicyKind))
def test_white_space_does_not_count(kind: PolicyKind) -> None:
    elements: dict[str, Any] = {}
    if kind in (TRUST, RESOURCE, PolicyKind.VPC_ENDPOINT):
        elements["Principal"] = EVERYONE
    if kind is PolicyKind.RCP:
        elements["Principal"] = "*"
    doc = document(deny("sts:AssumeRole", Resource=None if kind is TRUST else "*", **elements))
    compact = json.dumps(doc, separators=(",", ":"))
    roomy = json.dumps(doc, indent=8)
    assert parse_policy(roomy, kind, size_limit=len(compact)).size == len(compact)
    refusal = problem(roomy, kind, size_limit=len(compact) - 1)
    assert refusal.code == "LimitExceeded"
    quota = "ACLSizePerRole" if kind is TRUST else "PolicySize"
    assert refusal.message == f"Cannot exceed quota for {quota}: {len(compact) - 1}"


GOOD = allow("s3:GetObject")


@pytest.mark.parametrize(
    ("doc", "message"),
    [
        ("null", "Syntax errors in policy."),
        ("", "Syntax errors in policy."),
        ("{", "Syntax errors in policy."),
        ("[]", "Syntax errors in policy."),
        (b"\xff", "Syntax errors in policy."),
        (' {"Statement": []}', "The policy failed legacy parsing"),
        ({}, "Syntax errors in policy."),
        ({"Statement": []}, "Syntax errors in policy."),
        ({"Statement": [[]]}, "Syntax errors in policy."),
        ({"Statement": "x"}, "Syntax errors in policy."),
        ({"Statement": [GOOD], "Extra": 1}, "Syntax errors in policy."),
        ({"Statement": [GOOD], "Id": ["x"]}, "Syntax errors in policy."),
        ({"Statement": [GOOD], "Version": "2012-10-18"}, "Syntax errors in policy."),
        ({"Statement": [GOOD], "Version": ["2012-10-17"]}, "Syntax errors in policy."),
        (document({**GOOD, "Extra": 1}), "Syntax errors in policy."),
        (document({**GOOD, "Sid": 1}), "Syntax errors in policy."),
        (document({**GOOD, "Effect": "allow"}), "Syntax errors in policy."),
        (document({"Action": "*", "Resource": "*"}), "Syntax errors in policy."),
        (document({**GOOD, "NotAction": "s3:*"}), "Syntax errors in policy."),
        (document({**GOOD, "NotResource": "*"}), "Syntax errors in policy."),
        (document({**GOOD, "Action": 7}), "Syntax errors in policy."),
        (document({**GOOD, "Action": ["s3:*", {}]}), "Syntax errors in policy."),
        (document({**GOOD, "Action": "s3:"}), "Syntax errors in policy."),
        (document({**GOOD, "Resource": {"a": "*"}}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": []}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": None}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": {"a:b": "c"}}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": {"Like": {"a:b": "c"}}}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": {"Bool": "c"}}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": {"Bool": {"a:b": None}}}), "Syntax errors in policy."),
        (document({**GOOD, "Condition": {"Bool": {"a:b": {}}}}), "Syntax errors in policy."),
        (
            document({**GOOD, "Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}),
            "Syntax errors in policy.",
        ),
        (document({**GOOD, "Condition": {"Null": {"a:b": "maybe"}}}), "Syntax errors in policy."),
        (
            document({**GOOD, "Condition": {"Bool": {"ab": "true"}}}),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            document({**GOOD, "Action": "GetObject"}),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            document({**GOOD, "Action": "s3:Get:Object"}),
            "Actions/Condition can contain only one colon.",
        ),
        (document({**GOOD, "Action": "s 3:GetObject"}), "Vendor s 3 is not valid"),
        (document(allow([])), "Policy statement must contain actions."),
        (document(allow(None)), "Policy statement must contain actions."),
        (document(allow(Resource=[])), "Policy statement must contain resources."),
        (document(allow(Resource=None)), "Policy statement must contain resources."),
        (document(allow(Resource="orders")), 'Resource orders must be in ARN format or "*".'),
        (document(allow(Resource="")), 'Resource  must be in ARN format or "*".'),
        (
            document(allow(Resource="arn:${P}:s3:::b")),
            'Partition "${P}" is not valid for resource "arn:${P}:s3:::b".',
        ),
        (
            document(allow(Resource="arn:aws")),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            document(allow(Resource="arn:aws:s*:::b")),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            document(allow(Resource="arn:aws:iam:us-east-1:1:user/a")),
            "IAM resource arn:aws:iam:us-east-1:1:user/a cannot contain region information.",
        ),
        (
            document(allow(Sid="a-b")),
            (
                "Statement IDs (SID) must be alpha-numeric. "
                "Check that your input satisfies the regular expression [0-9A-Za-z]*"
            ),
        ),
        (
            document(allow(Sid="A"), allow(Sid="A")),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (document(allow(Principal="*")), "Policy document should not specify a principal."),
        (document(allow(NotPrincipal="*")), "Policy document should not specify a principal."),
    ],
)
def test_what_is_no_identity_policy(doc: Any, message: str) -> None:
    refusal = problem(doc)
    assert (refusal.code, refusal.message) == ("MalformedPolicyDocument", message)
    assert refusal.reason


def test_iam_resources_have_known_paths() -> None:
    for path in ("*/*", "u*", "x/y"):
        refusal = problem(document(allow(Resource=f"arn:aws:iam::{ACCOUNT}:{path}")))
        assert refusal.message.startswith(
            'IAM resource path must either be "*" or start with user/'
        )
    for path in ("*", "user/*", "role/a/b", "root"):
        parse_policy(document(allow(Resource=f"arn:aws:iam::{ACCOUNT}:{path}")), IDENTITY)


def test_empty_sids_may_repeat() -> None:
    parse_policy(document(allow(Sid=""), deny(Sid="")), IDENTITY)


def test_managed_policies_need_the_current_version() -> None:
    for version in ({}, {"Version": "2008-10-17"}):
        doc = {**version, "Statement": [allow()]}
        parse_policy(doc, IDENTITY)
        for refusal in (problem(doc, managed=True), problem(doc, PolicyKind.BOUNDARY)):
            assert refusal.message == "Policy document must be version 2012-10-17 or greater."


def test_the_reason_names_the_place() -> None:
    refusal = problem('{\n  "Version": "2012-10-17",\n  "Statement": [,]\n}')
    assert refusal.reason == "line 3, column 17: a value is missing"
    assert "stands twice" in problem('{"Statement": [], "Statement": []}').reason


@pytest.mark.parametrize(
    ("doc", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ("\n{}", "JSON strings must not have leading spaces"),
        ({"Version": "2012-10-17"}, "Missing required field Statement"),
        (trust(Principal=None), "Missing required field Principal"),
        (trust(Effect=None), "Missing required field Effect"),
        (trust(Action=None), "Missing required field Action"),
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(NotResource="*"), "Has prohibited field NotResource"),
        (trust(Actions="*"), "Has prohibited field Actions"),
        (
            trust(Action="s3:GetObject"),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (trust(Action="*"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Principal="*"), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
        (trust(Principal={"AWS": "bob"}), 'Invalid principal in policy: "AWS":"bob"'),
        (
            trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}),
            f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/*"',
        ),
        (
            trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:group/g"}),
            f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:group/g"',
        ),
        (
            trust(Principal={"AWS": "arn:aws:iam::12345678910:root"}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::12345678910:root"',
        ),
        (trust(Principal={"Service": "*"}), 'Invalid principal in policy: "SERVICE":"*"'),
        (trust(Principal={"Service": "lambda"}), 'Invalid principal in policy: "SERVICE":"lambda"'),
        (trust(Principal={"Federated": ""}), 'Invalid principal in policy: "FEDERATED":""'),
        (trust(Principal={"Robot": "r2"}), "Invalid principal in policy"),
        (trust(Principal=["*"]), "Invalid principal in policy"),
        (
            trust(Principal={}),
            (
                "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
                "The passed in policy has a statement with no principals!"
            ),
        ),
    ],
)
def test_what_is_no_trust_policy(doc: Any, message: str) -> None:
    assert problem(doc, TRUST).message == message


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": {"AWS": ACCOUNT}},
        {"Principal": {"AWS": [ROOT_ARN, f"arn:aws:iam::{ACCOUNT}:role/a/b"]}},
        {"Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/a/s"}},
        {"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}},
        {
            "Principal": {"Federated": "accounts.google.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        },
        {"Principal": None, "NotPrincipal": {"AWS": ACCOUNT}},
        {"Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]},
        {"Action": "sts:*"},
        {"Condition": {"StringEquals": {"sts:ExternalId": "12345"}}},
    ],
)
def test_trust_policies(elements: dict[str, Any]) -> None:
    (only,) = parse_policy(trust(**elements), TRUST).statements
    assert only.principal is not None
    assert only.resources == ()


def test_resource_policies() -> None:
    """Sid and Resource are freer than in IAM; a principal must stand."""
    parse_policy({"Version": "2008-10-17", "Statement": []}, RESOURCE)
    parse_policy(document(allow(Principal="*", Resource=None, Sid="free text")), RESOURCE)
    parse_policy(document(allow(Principal={"CanonicalUser": "79a5"}, Resource="x")), RESOURCE)
    assert problem(document(allow()), RESOURCE).message == "Missing required field Principal"
    assert problem("{", RESOURCE).message == "Syntax error at position (1,2)"
    twice = document(allow(Principal="*", Sid="a"), allow(Principal="*", Sid="a"))
    assert problem(twice, RESOURCE).message.endswith("must be unique.")


def test_vpc_endpoint_policies() -> None:
    default = {"Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*", "Principal": "*"}]}
    parse_policy(default, PolicyKind.VPC_ENDPOINT)
    assert problem(document(allow()), PolicyKind.VPC_ENDPOINT).message.endswith("Principal")


# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
@pytest.mark.parametrize(
    ("kind", "doc"),
    [
        (PolicyKind.SCP, {"Statement": [allow()]}),
        (PolicyKind.SCP, document(allow(Principal="*"))),
        (PolicyKind.SCP, "{"),
        (PolicyKind.SCP, document(deny(Sid="not plain"))),
        (PolicyKind.RCP, document(deny("s3:*"))),
        (PolicyKind.RCP, document(deny("s3:*", Principal={"AWS": ACCOUNT}))),
        (PolicyKind.RCP, document(deny("s3:*", NotPrincipal="*"))),
        (PolicyKind.RCP, document(deny(None, NotAction="s3:*", Principal="*"))),
        (PolicyKind.RCP, document(allow("s3:*", Principal="*"))),
    ],
)
def test_organizations_answers_everything_with_one_sentence(kind: PolicyKind, doc: Any) -> None:
    refusal = problem(doc, kind)
    assert refusal.code == "MalformedPolicyDocumentException"
    assert refusal.message == (
        "The provided policy document does not meet the requirements of the specified policy type."
    )
    assert refusal.reason != refusal.message


def test_policies_of_organizations() -> None:
    full = document(allow())
    parse_policy(full, PolicyKind.SCP)
    parse_policy(
        document(allow(None, NotAction="iam:*", Condition={"Bool": {"a:b": "true"}})),
        PolicyKind.SCP,
    )
    parse_policy(document(allow(Principal="*")), PolicyKind.RCP)  # RCPFullAWSAccess
    parse_policy(document(deny("s3:*", Principal="*", Condition={})), PolicyKind.RCP)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
def test_short_arns_mean_more_in_identity_policies_and_nothing_in_session_policies() -> None:
    doc = document(allow(Resource="arn:aws:sqs"))
    (only,) = parse_policy(doc, IDENTITY).statements
    fixed = only.resources[0].fixed
    assert fixed is not None
    assert fixed("arn:aws:sqs:eu-west-1:1:q")
    assert not fixed("arn:aws:sns:eu-west-1:1:t")
    assert problem(doc, PolicyKind.SESSION).message == (
        'Resource arn:aws:sqs must be in ARN format or "*".'
    )


def test_short_arns_mean_themselves_in_resource_policies() -> None:
    doc = document(allow(Resource="arn:aws:sqs", Principal="*"))
    (only,) = parse_policy(doc, RESOURCE).statements
    fixed = only.resources[0].fixed
    assert fixed is not None
    assert fixed("arn:aws:sqs")
    assert not fixed("arn:aws:sqs:eu-west-1:1:q")


@pytest.mark.parametrize("name", list(OPERATORS))
def test_every_operator_parses_in_every_spelling(name: str) -> None:
    spellings = [name, f"ForAllValues:{name}", f"ForAnyValue:{name}"]
    if name != "Null":
        spellings += [f"{spelling}IfExists" for spelling in spellings]
    value = "2020" if name.startswith("Date") else "true"
    condition = {spelling: {"aws:Key": [value]} for spelling in spellings}
    (only,) = parse_policy(document(allow(Condition=condition)), IDENTITY).statements
    assert [c.operator.text for c in only.conditions] == spellings


def test_deep_and_large_documents_are_refused_in_time() -> None:
    problem('{"Statement":' * 5000)
    problem("[" * 100_000)
    problem(" " * 200_000)
    nested: dict[str, Any] = {}
    for _ in range(100_000):
        nested = {"Statement": nested}
    problem(nested)
    while nested:
        nested = nested["Statement"]  # frees it level by level, not by recursion
    problem({"Statement": float("nan")})
    problem({"Statement": {1, 2}})
    endless: dict[str, Any] = {}
    endless["Statement"] = endless
    problem(endless)


WORDS = st.sampled_from(
    "Version 2012-10-17 Id Statement Sid Effect Allow Deny Principal NotPrincipal Action NotAction "
    "Resource NotResource Condition AWS * Service s3:* sts:AssumeRole arn:aws:s3:::b/${aws:x,'y'} "
    "arn:aws aws:Key StringEquals ForAnyValue:IpAddressIfExists DateLessThan Null true ${ "
    "arn:".split()
)
SHREDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional=dict.fromkeys(
        ("Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"), SHREDS
    ),
)
DOCUMENTS = (
    st.fixed_dictionaries({"Statement": STATEMENTS | st.lists(STATEMENTS)})
    | st.dictionaries(WORDS, SHREDS)
    | st.text()
    | st.binary()
    | SHREDS.map(lambda shred: json.dumps(shred, default=str))
)


def outcome(doc: Any, kind: PolicyKind) -> Policy | MalformedPolicy:
    """What parsing comes to; any other exception goes through."""
    try:
        return parse_policy(doc, kind)
    except MalformedPolicy as refusal:
        return refusal


@settings(max_examples=200)
@given(DOCUMENTS, st.sampled_from(list(PolicyKind)))
def test_parsing_raises_malformed_policy_and_nothing_else(doc: Any, kind: PolicyKind) -> None:
    told = outcome(doc, kind)
    if isinstance(told, MalformedPolicy):
        assert told.message
        assert told.reason
    else:
        assert all(s.effect in ("Allow", "Deny") for s in told.statements)


@settings(max_examples=300)
@given(st.data())
def test_a_document_with_one_character_changed_is_a_policy_or_malformed(
    data: st.DataObject,
) -> None:
    condition = {"StringLike": {"aws:username": "a*"}, "Bool": {"aws:SecureTransport": "true"}}
    doc = allow(["s3:*"], Resource=["arn:aws:s3:::b/*"], Condition=condition)
    text = json.dumps(document(doc, deny(Sid="x")))
    at = data.draw(st.integers(0, len(text) - 1))
    text = text[:at] + data.draw(st.sampled_from('{}[]",:*?$x0 \n\x00\ud800')) + text[at + 1 :]
    told = outcome(text, IDENTITY)
    assert isinstance(told, MalformedPolicy) or told.text == text
