"""AWS's evaluation logic, case by case as the documentation tells it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.languages.policy import (
    Decision,
    PolicyKind,
    PolicySet,
    Principal,
    SourcedPolicy,
    evaluate,
)
from tests.unit.languages.policy.worlds import (
    ACCOUNT,
    ANONYMOUS,
    FEDERATED,
    FEDERATED_ARN,
    GITHUB,
    OTHER,
    QUEUE,
    ROLE_ARN,
    ROOT,
    ROOT_ARN,
    SESSION,
    SESSION_ARN,
    SNS,
    USER,
    USER_ARN,
    allow,
    deny,
    request,
    sourced,
)

NOTHING = allow("none:Nothing")  # a policy that allows something else: an implicit deny


def own(*statements: Any) -> SourcedPolicy:
    """An identity policy."""
    return sourced(*statements)


def resource(*statements: Any, name: str = "Queue") -> SourcedPolicy:
    """A resource policy."""
    return sourced(*statements, kind=PolicyKind.RESOURCE, name=name)


def trust(principal: Any, *more: Any) -> SourcedPolicy:
    """A role's trust policy."""
    first = allow("sts:AssumeRole", Resource=None, Principal=principal)
    return sourced(first, *more, kind=PolicyKind.TRUST, name="Trust")


def scp(*statements: Any) -> SourcedPolicy:
    """A service control policy."""
    return sourced(*statements, kind=PolicyKind.SCP, name="Guardrail")


def rcp(*statements: Any) -> SourcedPolicy:
    """A resource control policy."""
    return sourced(*statements, kind=PolicyKind.RCP, name="Perimeter")


FULL_RCP = rcp(allow(Principal="*"))


def verdict(decision: Decision) -> tuple[str, str]:
    """Effect and layer."""
    return decision.effect, str(decision.layer)


def ask(principal: Principal = USER, owner: str = ACCOUNT, **policies: Any) -> tuple[str, str]:
    """The verdict on sqs:SendMessage."""
    return verdict(evaluate(request(principal, owner=owner), PolicySet(**policies)))


ALLOWED = ("allowed", "identity")
BY_RESOURCE = ("allowed", "resource")


# "Resource-based policies and implicit denies in other policy types (same account)", the table of
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
@pytest.mark.parametrize(
    ("caller", "named", "expected"),
    [
        (SESSION, {"AWS": ROLE_ARN}, ("implicitDeny", "permissions boundary")),
        (SESSION, {"AWS": SESSION_ARN}, BY_RESOURCE),
        (USER, {"AWS": USER_ARN}, BY_RESOURCE),
        (FEDERATED, {"AWS": USER_ARN}, ("implicitDeny", "permissions boundary")),
        (FEDERATED, {"AWS": FEDERATED_ARN}, BY_RESOURCE),
        (SNS, {"Service": "sns.amazonaws.com"}, BY_RESOURCE),
        # a star reaches the caller itself; the account only opens the door to its own policies
        (SESSION, "*", BY_RESOURCE),
        (SESSION, {"AWS": ACCOUNT}, ("implicitDeny", "identity")),
        (USER, {"AWS": ROOT_ARN}, ("implicitDeny", "identity")),
    ],
)
def test_grants_against_implicit_denies_everywhere_else(
    caller: Principal, named: Any, expected: tuple[str, str]
) -> None:
    policies: dict[str, Any] = {
        "identity": (own(NOTHING),),
        "boundary": own(NOTHING),
        "session": None if caller is USER else (own(NOTHING),),
        "resource": resource(allow("sqs:*", Principal=named)),
    }
    assert ask(caller, **policies) == expected


def test_the_root_user_named_by_a_resource_needs_nothing_else() -> None:
    assert ask(ROOT, resource=resource(allow(Principal={"AWS": ROOT_ARN}))) == ALLOWED


def test_a_grant_to_the_role_counts_like_an_identity_policy() -> None:
    granted = resource(allow(Principal={"AWS": ROLE_ARN}))
    assert ask(SESSION, resource=granted) == BY_RESOURCE
    assert ask(SESSION, resource=granted, boundary=own(allow("sqs:*"))) == BY_RESOURCE
    assert ask(SESSION, resource=granted, session=(own(NOTHING),)) == ("implicitDeny", "session")
    assert ask(SESSION, resource=granted, session=(own(allow()),)) == BY_RESOURCE


def test_everything_is_denied_by_default() -> None:
    assert ask() == ("implicitDeny", "identity")
    assert ask(identity=(own(NOTHING),)) == ("implicitDeny", "identity")
    assert ask(ANONYMOUS) == ("implicitDeny", "resource")
    assert ask(SNS) == ("implicitDeny", "resource")


def test_one_allow_suffices_and_one_deny_ends_it() -> None:
    assert ask(identity=(own(NOTHING), own(allow("sqs:Send*")))) == ALLOWED
    denied = ask(identity=(own(allow()), own(allow(), deny("sqs:SendMessage"))))
    assert denied == ("explicitDeny", "identity")


CEILINGS = [
    ("rcps", "RCP"),
    ("scps", "SCP"),
    ("vpc_endpoint", "VPC endpoint"),
    ("boundary", "permissions boundary"),
    ("session", "session"),
]


def ceiling(name: str, *statements: Any) -> Any:
    """A layer that limits, holding these statements."""
    if name == "rcps":
        return [[rcp(*[{**s, "Principal": "*"} for s in statements])]]
    if name == "scps":
        return [[scp(*statements)]]
    if name == "vpc_endpoint":
        kind = PolicyKind.VPC_ENDPOINT
        return sourced(*[{**s, "Principal": "*"} for s in statements], kind=kind)
    return own(*statements) if name == "boundary" else (own(*statements),)


@pytest.mark.parametrize(("name", "layer"), CEILINGS)
def test_each_ceiling_limits_what_identity_policies_allow(name: str, layer: str) -> None:
    identity = (own(allow()),)
    assert ask(SESSION, identity=identity, **{name: ceiling(name, allow())}) == ALLOWED
    # a ceiling grants nothing
    assert ask(SESSION, **{name: ceiling(name, allow())}) == ("implicitDeny", "identity")
    closed = ceiling(name, deny("sqs:SendMessage"), allow())
    if name != "rcps":
        missing = ceiling(name, NOTHING)
        assert ask(SESSION, identity=identity, **{name: missing}) == ("implicitDeny", layer)
    else:
        # only RCPFullAWSAccess can allow, so a level that lost it allows nothing
        missing = [[rcp(deny("none:Nothing", Principal="*"))]]
        assert ask(SESSION, identity=identity, rcps=missing) == ("implicitDeny", "RCP")
    assert ask(SESSION, identity=identity, **{name: closed}) == ("explicitDeny", layer)


@pytest.mark.parametrize(("name", "layer"), CEILINGS)
def test_a_deny_anywhere_reaches_a_caller_named_by_the_resource(name: str, layer: str) -> None:
    granted = resource(allow(Principal={"AWS": SESSION_ARN}))
    closed = ceiling(name, deny("sqs:*"), allow())
    assert ask(SESSION, resource=granted, **{name: closed}) == ("explicitDeny", layer)


@pytest.mark.parametrize("name", ["rcps", "scps", "vpc_endpoint"])
def test_outer_ceilings_limit_grants_of_resources_too(name: str) -> None:
    granted = resource(allow(Principal={"AWS": USER_ARN}))
    layers: Any = [[]] if name != "vpc_endpoint" else ceiling(name, NOTHING)
    effect, layer = ask(USER, resource=granted, **{name: layers})
    assert (effect, layer) == ("implicitDeny", dict(CEILINGS)[name])


def test_every_level_of_the_organization_must_allow() -> None:
    identity = (own(allow()),)
    everything, queues, topics = scp(allow()), scp(allow("sqs:*")), scp(allow("sns:*"))
    assert ask(identity=identity, scps=[[everything], [topics, queues], [queues]]) == ALLOWED
    assert ask(identity=identity, scps=[[everything], [topics], [everything]]) == (
        "implicitDeny",
        "SCP",
    )
    assert ask(identity=identity, scps=[[everything], [everything], []]) == ("implicitDeny", "SCP")


def test_an_explicit_deny_comes_before_an_implicit_one() -> None:
    denied = ask(
        USER,
        identity=(own(deny()),),
        scps=[[scp(NOTHING)]],
        boundary=own(NOTHING),
        resource=resource(allow(Principal="*")),
    )
    assert denied == ("explicitDeny", "identity")


def test_scps_limit_root_users_but_not_services_or_strangers() -> None:
    closed = [[scp(deny())]]
    public = resource(allow(Principal="*"))
    assert ask(ROOT, scps=closed) == ("explicitDeny", "SCP")
    assert ask(ROOT, scps=[[scp(NOTHING)]]) == ("implicitDeny", "SCP")
    assert ask(SNS, scps=closed, resource=public) == BY_RESOURCE
    assert ask(ANONYMOUS, scps=closed, resource=public) == BY_RESOURCE


def test_rcps_limit_everyone_who_reaches_the_resource() -> None:
    perimeter = [
        [
            FULL_RCP,
            rcp(
                deny(
                    "sqs:*",
                    Principal="*",
                    Condition={"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
                )
            ),
        ]
    ]
    public = resource(allow(Principal="*"))
    assert ask(ANONYMOUS, rcps=perimeter, resource=public) == ("explicitDeny", "RCP")
    assert ask(USER, rcps=perimeter, identity=(own(allow()),)) == ("explicitDeny", "RCP")
    assert ask(SNS, rcps=perimeter, resource=public) == BY_RESOURCE


def test_the_root_user_needs_no_identity_policy_but_obeys_denies() -> None:
    assert ask(ROOT) == ALLOWED
    assert ask(ROOT, resource=resource(NOTHING | {"Principal": "*"})) == ALLOWED
    assert ask(ROOT, resource=resource(deny(Principal="*"))) == ("explicitDeny", "resource")
    assert ask(ROOT, session=(own(NOTHING),)) == ("implicitDeny", "session")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
@pytest.mark.parametrize(
    "named", ["*", {"AWS": ACCOUNT}, {"AWS": ROOT_ARN}, {"AWS": ROLE_ARN}, {"AWS": SESSION_ARN}]
)
def test_across_accounts_both_sides_must_allow(named: Any) -> None:
    identity, granted = (own(allow()),), resource(allow(Principal=named))
    assert ask(SESSION, OTHER, identity=identity, resource=granted) == ALLOWED
    assert ask(SESSION, OTHER, identity=identity) == ("implicitDeny", "resource")
    assert ask(SESSION, OTHER, resource=granted) == ("implicitDeny", "identity")
    for name in ("boundary", "session"):
        limited = {name: ceiling(name, NOTHING)}
        found = ask(SESSION, OTHER, identity=identity, resource=granted, **limited)
        assert found == ("implicitDeny", dict(CEILINGS)[name])


def test_across_accounts_both_statements_decide() -> None:
    policies = PolicySet(identity=(own(allow()),), resource=resource(allow(Principal="*")))
    decision = evaluate(request(owner=OTHER), policies)
    assert [hit.source.name for hit in decision.deciding] == ["Queue", "Test"]
    assert decision.sentence().endswith(
        "is allowed: statement 1 of Queue and statement 1 of Test allow it"
    )


def test_a_foreign_root_user_needs_the_resource() -> None:
    assert ask(ROOT, OTHER) == ("implicitDeny", "resource")
    assert ask(ROOT, OTHER, resource=resource(allow(Principal={"AWS": ACCOUNT}))) == ALLOWED


def test_federated_users_have_nothing_without_a_session_policy() -> None:
    identity = (own(allow()),)
    assert ask(FEDERATED, identity=identity) == ("implicitDeny", "session")
    assert ask(FEDERATED, identity=identity, session=()) == ("implicitDeny", "session")
    assert ask(FEDERATED, identity=identity, session=(own(allow("sqs:*")),)) == ALLOWED
    assert ask(FEDERATED, session=(own(allow()),)) == ("implicitDeny", "identity")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_compare-resource-policies.html
@pytest.mark.parametrize(
    ("caller", "named", "identity", "expected"),
    [
        # named itself, within the account: nothing else is needed
        (USER, {"AWS": USER_ARN}, NOTHING, BY_RESOURCE),
        (SESSION, {"AWS": ROLE_ARN}, NOTHING, BY_RESOURCE),
        # the account is named: its identity policies decide
        (USER, {"AWS": ROOT_ARN}, NOTHING, ("implicitDeny", "identity")),
        (USER, {"AWS": ROOT_ARN}, allow("sts:AssumeRole"), ALLOWED),
        # not named: identity policies do not help, not even the root user's
        (USER, {"AWS": OTHER}, allow(), ("implicitDeny", "resource")),
        (ROOT, {"AWS": OTHER}, allow(), ("implicitDeny", "resource")),
        (USER, {"Service": "ec2.amazonaws.com"}, allow(), ("implicitDeny", "resource")),
        # services and identity providers have only the trust policy
        (SNS, {"Service": "sns.amazonaws.com"}, NOTHING, BY_RESOURCE),
        (SNS, {"Service": "ec2.amazonaws.com"}, NOTHING, ("implicitDeny", "resource")),
        (GITHUB, {"Federated": GITHUB.provider}, NOTHING, BY_RESOURCE),
        (GITHUB, {"AWS": "*"}, NOTHING, ("implicitDeny", "resource")),
    ],
)
def test_assuming_a_role(
    caller: Principal, named: Any, identity: Any, expected: tuple[str, str]
) -> None:
    asked = request(caller, "sts:AssumeRole", ROLE_ARN)
    policies = PolicySet(identity=(own(identity),), resource=trust(named))
    assert verdict(evaluate(asked, policies)) == expected


def test_a_trust_policy_with_an_external_id() -> None:
    condition = {"StringEquals": {"sts:ExternalId": "12345"}}
    guarded = sourced(
        allow("sts:AssumeRole", Resource=None, Principal={"AWS": OTHER}, Condition=condition),
        kind=PolicyKind.TRUST,
    )
    stranger = Principal(kind="user", arn=f"arn:aws:iam::{OTHER}:user/eve", account=OTHER)
    policies = PolicySet(identity=(own(allow("sts:*")),), resource=guarded)
    for external_id, allowed in (("12345", True), ("54321", False)):
        asked = request(stranger, "sts:AssumeRole", ROLE_ARN, sts__ExternalId=external_id)
        assert evaluate(asked, policies).allowed is allowed
    assert not evaluate(request(stranger, "sts:AssumeRole", ROLE_ARN), policies).allowed


# https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
def test_a_key_policy_must_allow_whatever_identity_policies_say() -> None:
    identity = (own(allow("kms:*")),)
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"

    def decrypt(caller: Principal, named: Any, identity: Any = identity) -> tuple[str, str]:
        policies = PolicySet(
            identity=identity,
            resource=resource(allow("kms:*", Principal=named)) if named else None,
            resource_must_allow=True,
        )
        return verdict(evaluate(request(caller, "kms:Decrypt", key), policies))

    assert decrypt(USER, None) == ("implicitDeny", "resource")
    assert decrypt(USER, {"AWS": OTHER}) == ("implicitDeny", "resource")
    assert decrypt(ROOT, {"AWS": USER_ARN}) == ("implicitDeny", "resource")
    assert decrypt(ROOT, {"AWS": ROOT_ARN}) == ALLOWED
    assert decrypt(USER, {"AWS": ROOT_ARN}) == ALLOWED
    assert decrypt(USER, {"AWS": ROOT_ARN}, ()) == ("implicitDeny", "identity")
    assert decrypt(USER, {"AWS": USER_ARN}, ()) == BY_RESOURCE


def test_not_action_and_not_resource() -> None:
    assert ask(identity=(own(allow(None, NotAction="sqs:Send*")),)) == ("implicitDeny", "identity")
    assert ask(identity=(own(allow(None, NotAction="iam:*")),)) == ALLOWED
    not_here = allow(Resource=None, NotResource=QUEUE)
    assert ask(identity=(own(not_here),)) == ("implicitDeny", "identity")
    elsewhere = allow(Resource=None, NotResource="arn:aws:sqs:*:*:other*")
    assert ask(identity=(own(elsewhere),)) == ALLOWED


def test_actions_ignore_case_and_resources_do_not() -> None:
    assert ask(identity=(own(allow("SQS:sendmessage")),)) == ALLOWED
    assert ask(identity=(own(allow("sqs:?endM*age")),)) == ALLOWED
    assert ask(identity=(own(allow(Resource=QUEUE.replace("orders", "Orders"))),))[0] != "allowed"


def test_an_action_without_a_resource_needs_a_star() -> None:
    asked = request(action="sqs:ListQueues", resource="*")
    narrow = PolicySet(identity=(own(allow(Resource="arn:aws:sqs:*:*:*")),))
    assert not evaluate(asked, narrow).allowed
    assert evaluate(asked, PolicySet(identity=(own(allow()),))).allowed


# The example of Carlos on
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
@pytest.mark.parametrize(
    ("action", "target", "expected"),
    [
        ("s3:PutObject", "carlossalazar/f", ALLOWED),
        ("s3:PutObject", "carlossalazar-logs/f", ("explicitDeny", "identity")),
        ("s3:ListAllMyBuckets", "any", ALLOWED),
        ("s3:PutObject", "other/f", ("implicitDeny", "identity")),
    ],
)
def test_carlos(action: str, target: str, expected: tuple[str, str]) -> None:
    mine = ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]
    listing = ["s3:GetBucketLocation", "s3:ListAllMyBuckets"]
    identity = own(
        allow(listing, Sid="AllowS3ListRead", Resource="arn:aws:s3:::*"),
        allow("s3:*", Sid="AllowS3Self", Resource=mine),
        deny("s3:*", Sid="DenyS3Logs", Resource="arn:aws:s3:::*log*"),
    )
    asked = request(action=action, resource=f"arn:aws:s3:::{target}")
    assert verdict(evaluate(asked, PolicySet(identity=(identity,)))) == expected


# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
def test_shirley_cannot_create_a_user_within_her_boundary() -> None:
    boundary = own(allow(["s3:*", "cloudwatch:*", "ec2:*"]))
    policies = PolicySet(identity=(own(allow("iam:CreateUser")),), boundary=boundary)
    decision = evaluate(request(action="iam:CreateUser", resource="*"), policies)
    assert verdict(decision) == ("implicitDeny", "permissions boundary")


def test_a_principal_arn_condition_instead_of_not_principal() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    guard = resource(
        deny(Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": USER_ARN}}),
        allow(Principal={"AWS": ACCOUNT}),
    )
    assert ask(USER, identity=(own(allow()),), resource=guard) == ALLOWED
    assert ask(SESSION, identity=(own(allow()),), resource=guard) == ("explicitDeny", "resource")
    # nobody's ARN is missing: the negated condition is true
    assert ask(ANONYMOUS, resource=guard) == ("explicitDeny", "resource")


def test_a_given_context_key_wins_over_what_follows_from_the_caller() -> None:
    condition = {"StringEquals": {"aws:username": "zoe"}}
    policies = PolicySet(identity=(own(allow(Condition=condition)),))
    assert not evaluate(request(), policies).allowed
    assert evaluate(request(AWS__UserName="zoe"), policies).allowed


def test_the_resource_account_is_a_condition_key() -> None:
    policies = PolicySet(
        identity=(own(allow(Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}})),),
        resource=resource(allow(Principal="*")),
    )
    assert evaluate(request(), PolicySet(identity=policies.identity)).allowed
    assert not evaluate(request(owner=OTHER), policies).allowed
