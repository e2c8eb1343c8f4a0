"""How a verdict is told: AWS's message, a sentence, matched statements, the trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudchamber.languages.policy import (
    Decision,
    Layer,
    PolicyKind,
    PolicySet,
    SourcedPolicy,
    evaluate,
    parse_policy,
)
from tests.unit.languages.policy.worlds import (
    ANONYMOUS,
    FEDERATED,
    OTHER,
    QUEUE,
    ROLE_ARN,
    ROOT,
    SESSION,
    SESSION_ARN,
    SNS,
    USER_ARN,
    allow,
    deny,
    request,
    sourced,
)

ALL, NONE, NO = allow(), allow("none:Nothing"), deny("sqs:*")
PUBLIC = sourced({**ALL, "Principal": "*"}, kind=PolicyKind.RESOURCE, name="Queue")
CLOSED = sourced({**NO, "Principal": "*"}, kind=PolicyKind.RESOURCE, name="Queue")
OWN = (sourced(ALL, name="Admin"),)


def level(kind: PolicyKind, body: dict[str, Any]) -> list[list[SourcedPolicy]]:
    """One level with one policy, and for RCPs the one that allows."""
    if kind is PolicyKind.SCP:
        return [[sourced(ALL, body, kind=kind)]] if body is NO else [[sourced(body, kind=kind)]]
    anyone = {"Principal": "*"}
    return [[sourced({**ALL, **anyone}, {**NO, **anyone}, kind=kind)]] if body is NO else [[]]


def endpoint(body: dict[str, Any]) -> SourcedPolicy:
    """A VPC endpoint policy."""
    return sourced({**body, "Principal": "*"}, kind=PolicyKind.VPC_ENDPOINT)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
@pytest.mark.parametrize(
    ("policies", "ending"),
    [
        (PolicySet(), "because no identity-based policy allows the sqs:SendMessage action"),
        (
            PolicySet(identity=(sourced(NO),)),
            "with an explicit deny in an identity-based policy",
        ),
        (
            PolicySet(identity=OWN, session=(sourced(NONE),)),
            "because no session policy allows the sqs:SendMessage action",
        ),
        (
            PolicySet(identity=OWN, session=(sourced(NO),)),
            "with an explicit deny in a session policy",
        ),
        (
            PolicySet(identity=OWN, boundary=sourced(NONE)),
            "because no permissions boundary allows the sqs:SendMessage action",
        ),
        (
            PolicySet(identity=OWN, boundary=sourced(NO)),
            "with an explicit deny in a permissions boundary",
        ),
        (
            PolicySet(identity=OWN, scps=level(PolicyKind.SCP, NONE)),
            "because no service control policy allows the sqs:SendMessage action",
        ),
        (
            PolicySet(identity=OWN, scps=level(PolicyKind.SCP, NO)),
            "with an explicit deny in a service control policy",
        ),
        (
            PolicySet(identity=OWN, rcps=level(PolicyKind.RCP, NONE)),
            "because no resource control policy allows the sqs:SendMessage action",
        ),
        (
            PolicySet(identity=OWN, rcps=level(PolicyKind.RCP, NO)),
            "with an explicit deny in a resource control policy",
        ),
        (
            PolicySet(identity=OWN, vpc_endpoint=endpoint(NONE)),
            "because no VPC endpoint policy allows the sqs:SendMessage action",
        ),
        (
            PolicySet(identity=OWN, vpc_endpoint=endpoint(NO)),
            "with an explicit deny in a VPC endpoint policy",
        ),
        (
            PolicySet(identity=OWN, resource=CLOSED),
            "with an explicit deny in a resource-based policy",
        ),
        (
            PolicySet(identity=OWN, resource_must_allow=True),
            "because no resource-based policy allows the sqs:SendMessage action",
        ),
    ],
)
def test_access_denied_messages(policies: PolicySet, ending: str) -> None:
    message = evaluate(request(SESSION), policies).access_denied_message()
    assert message == (
        f"User: {SESSION_ARN} is not authorized to perform: sqs:SendMessage "
        f"on resource: {QUEUE} {ending}"
    )


def test_a_message_without_a_resource() -> None:
    decision = evaluate(request(action="sqs:ListQueues", resource="*"), PolicySet())
    assert decision.access_denied_message() == (
        f"User: {USER_ARN} is not authorized to perform: sqs:ListQueues "
        "because no identity-based policy allows the sqs:ListQueues action"
    )


def test_messages_of_trust_policies_anonymous_callers_and_services() -> None:
    body = allow("sts:AssumeRole", Resource=None, Principal={"AWS": OTHER})
    trust = sourced(body, kind=PolicyKind.TRUST)
    asked = request(SESSION, "sts:AssumeRole", ROLE_ARN)
    assert evaluate(asked, PolicySet(identity=OWN, resource=trust)).access_denied_message() == (
        f"User: {SESSION_ARN} is not authorized to perform: sts:AssumeRole on resource: {ROLE_ARN} "
        "because no role trust policy allows the sts:AssumeRole action"
    )
    shut = sourced({**body, "Effect": "Deny", "Principal": {"AWS": "*"}}, kind=PolicyKind.TRUST)
    assert (
        evaluate(asked, PolicySet(resource=shut))
        .access_denied_message()
        .endswith("with an explicit deny in the role trust policy")
    )
    nobody = evaluate(request(ANONYMOUS), PolicySet()).access_denied_message()
    assert nobody.startswith("User: anonymous is not authorized")
    service = evaluate(request(SNS), PolicySet()).access_denied_message()
    assert service.startswith("User: sns.amazonaws.com is not authorized")


# https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
def test_the_denying_policys_arn_on_request() -> None:
    decision = evaluate(request(), PolicySet(identity=(sourced(NO, name="Stop"),)))
    assert decision.access_denied_message(with_policy_arn=True).endswith(
        "with an explicit deny in an identity-based policy: arn:of:Stop"
    )
    implicit = evaluate(request(), PolicySet())
    assert implicit.access_denied_message(with_policy_arn=True) == implicit.access_denied_message()


def test_an_allowed_request_has_no_such_message() -> None:
    with pytest.raises(ValueError, match="allowed"):
        evaluate(request(), PolicySet(identity=OWN)).access_denied_message()


@pytest.mark.parametrize(
    ("policies", "sentence"),
    [
        (PolicySet(identity=OWN), "is allowed: statement 1 of Admin allows it"),
        (
            PolicySet(identity=(sourced(ALL, deny("sqs:*", Sid="Stop"), name="Mix"),)),
            "is denied: statement 2 (Stop) of Mix, an identity-based policy, denies it",
        ),
        (PolicySet(), "is not allowed: no identity-based policy allows it"),
        (
            PolicySet(identity=OWN, boundary=sourced(NONE)),
            (
                "is not allowed: no permissions boundary allows it "
                "(a boundary limits what other policies allow)"
            ),
        ),
    ],
)
def test_sentences(policies: PolicySet, sentence: str) -> None:
    told = evaluate(request(), policies).sentence()
    assert told == f"sqs:SendMessage on {QUEUE} for {USER_ARN} {sentence}"


def test_the_root_users_sentence() -> None:
    told = evaluate(request(ROOT), PolicySet()).sentence()
    assert told.endswith("is allowed: the root user needs no identity policy")


def failures(decision: Decision, layer: Layer) -> list[str | None]:
    """The failed element of each statement of a layer."""
    return [
        step.failure.element if step.failure else None
        for found in decision.trace()
        if found.layer is layer
        for step in found.statements
    ]


def test_the_trace_tells_which_element_failed_and_why() -> None:
    policy = sourced(
        allow("s3:*"),
        allow(Resource="arn:aws:sqs:*:*:other"),
        allow(Resource="arn:aws:sqs:*:*:${saml:sub}"),
        allow(Condition={"StringEquals": {"aws:username": "bob"}}),
        allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        allow(Condition={"StringNotEquals": {"aws:username": "${saml:sub}"}}),
        allow(None, NotAction="sqs:*"),
        allow(Resource=None, NotResource=QUEUE),
        allow("sqs:Send*"),
    )
    shut = sourced(allow(Principal={"AWS": OTHER}), kind=PolicyKind.RESOURCE)
    decision = evaluate(request(), PolicySet(identity=(policy,), resource=shut))
    assert failures(decision, Layer.IDENTITY) == [
        "Action",
        "Resource",
        "Resource",
        "Condition",
        "Condition",
        "Condition",
        "Action",
        "Resource",
        None,
    ]
    assert failures(decision, Layer.RESOURCE) == ["Principal"]
    steps = next(s for s in decision.trace() if s.layer is Layer.IDENTITY).statements
    reasons = [step.failure.reason if step.failure else "" for step in steps]
    assert reasons == [
        "Action [s3:*] does not cover sqs:SendMessage",
        f"Resource [arn:aws:sqs:*:*:other] does not cover {QUEUE}",
        (
            f"Resource [arn:aws:sqs:*:*:${{saml:sub}}] does not cover {QUEUE} "
            "(the request has no value for ${saml:sub})"
        ),
        "StringEquals aws:username [bob] is not met: the request has aws:username = ann",
        "IpAddress aws:SourceIp [10.0.0.0/8] is not met: the request has no aws:SourceIp",
        (
            "StringNotEquals aws:username [${saml:sub}] is not met: "
            "the request has aws:username = ann and no value for ${saml:sub}"
        ),
        "NotAction [sqs:*] does not cover sqs:SendMessage",
        f"NotResource [{QUEUE}] does not cover {QUEUE}",
        "",
    ]
    failed = steps[3].failure
    assert failed is not None
    assert failed.condition is not None
    assert (failed.condition.operator.text, failed.condition.name) == (
        "StringEquals",
        "aws:username",
    )


def test_the_trace_has_one_step_per_layer_and_level() -> None:
    policies = PolicySet(identity=OWN, scps=[[sourced(ALL)], [sourced(NONE)], [sourced(ALL)]])
    steps = evaluate(request(SESSION), policies).trace()
    assert [(str(s.layer), s.level, s.outcome) for s in steps] == [
        ("RCP", None, "silent"),
        ("SCP", 0, "allowed"),
        ("SCP", 1, "implicitDeny"),
        ("SCP", 2, "allowed"),
        ("VPC endpoint", None, "silent"),
        ("resource", None, "silent"),
        ("identity", None, "allowed"),
        ("permissions boundary", None, "silent"),
        ("session", None, "silent"),
    ]
    assert str(steps[2]).startswith(
        "SCP at level 1: implicitDeny; statement 1 of Test does not apply"
    )


@pytest.mark.parametrize(
    ("caller", "layer", "outcome", "note"),
    [
        (ROOT, "identity", "allowed", "the root user needs no policy"),
        (SNS, "SCP", "silent", "SCPs limit principals of accounts"),
        (SNS, "identity", "silent", "a service principal has no policies of its own"),
        (
            FEDERATED,
            "session",
            "implicitDeny",
            "a federated user has no permissions without a session policy",
        ),
    ],
)
def test_notes_of_the_trace(caller: Any, layer: str, outcome: str, note: str) -> None:
    steps = evaluate(request(caller), PolicySet()).trace()
    step = next(s for s in steps if s.layer == layer)
    assert (step.outcome, step.note) == (outcome, note)


def test_what_each_layer_says_taken_alone() -> None:
    """As the policy simulator tells it beside its verdict."""
    stop = sourced(ALL, NO, kind=PolicyKind.SCP)
    policies = PolicySet(
        identity=OWN,
        boundary=sourced(NONE),
        resource=sourced({**NONE, "Principal": "*"}, kind=PolicyKind.RESOURCE),
        scps=[[sourced(ALL)], [sourced(NONE)], [stop]],
    )
    decision = evaluate(request(), policies)
    assert {str(layer): decision.outcome(layer) for layer in Layer} == {
        "RCP": "silent",
        "SCP": "explicitDeny",
        "VPC endpoint": "silent",
        "resource": "implicitDeny",
        "identity": "allowed",
        "permissions boundary": "implicitDeny",
        "session": "silent",
    }
    assert evaluate(request(SNS), PolicySet()).outcome(Layer.SESSION) == "silent"


def test_nothing_is_traced_before_somebody_asks() -> None:
    decision = evaluate(request(), PolicySet(identity=OWN))
    assert decision._trace is None
    assert decision.trace() is decision.trace()


def test_matched_statements() -> None:
    mixed = sourced(ALL, allow("sqs:*"), NONE, name="Mix")
    scps = [[sourced(ALL, name="Guardrail")]]

    def matched(policies: PolicySet) -> list[str]:
        return [str(hit) for hit in evaluate(request(), policies).matched]

    assert matched(PolicySet(identity=(mixed,), scps=scps)) == [
        "statement 1 of Mix",
        "statement 2 of Mix",
    ]
    stopped = PolicySet(identity=(mixed, sourced(NO, name="Stop")), scps=scps, resource=PUBLIC)
    assert matched(stopped) == ["statement 1 of Stop"]
    assert matched(PolicySet(identity=(sourced(NONE),))) == []


def test_missing_context_keys() -> None:
    policy = sourced(
        allow(
            Resource="arn:aws:sqs:*:*:${saml:sub}",
            Condition={
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
                "Null": {"aws:userid": "true"},
            },
        )
    )
    guardrail = sourced(allow(Condition={"Bool": {"x:y": "true"}}), kind=PolicyKind.SCP)
    decision = evaluate(request(), PolicySet(identity=(policy, policy), scps=[[guardrail]]))
    assert decision.missing_context_keys == ("saml:sub", "aws:MultiFactorAuthPresent")


# The AWS CLI's documented outputs of simulate-custom-policy and simulate-principal-policy.
def test_positions_are_those_of_the_policy_simulator() -> None:
    one_line = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*",'
        '"Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    policy = parse_policy(one_line, PolicyKind.IDENTITY)
    assert policy.position(policy.statements[0]) == ((1, 38), (1, 167))
    body = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "VisualEditor0",
                "Effect": "Allow",
                "Action": "codecommit:ListRepositories",
                "Resource": "*",
            },
            allow(),
        ],
    }
    policy = parse_policy(json.dumps(body, indent=4), PolicyKind.IDENTITY)
    assert policy.position(policy.statements[0]) == ((3, 19), (9, 10))
    assert policy.position(policy.statements[1]) == ((9, 10), (14, 10))
