"""The policy engine against a small model that reads raw documents and shares no code with it.

The model is the documentation written down as plainly as possible: no compilation, no caching, no
short cuts. A state machine changes one world of policies step by step; a sweep asks thousands of
random worlds. A failure prints the whole world as Python data.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloudchamber.languages.policy import (
    AccessRequest,
    PolicyKind,
    PolicySet,
    Principal,
    SourcedPolicy,
    evaluate,
    parse_policy,
)

A, B = "111111111111", "222222222222"
ANN = f"arn:aws:iam::{A}:user/ann"
ROLE = f"arn:aws:iam::{A}:role/app"
SESSION = f"arn:aws:sts::{A}:assumed-role/app/web"
FEDERATED = f"arn:aws:sts::{A}:federated-user/bob"
ROOT = f"arn:aws:iam::{A}:root"

CALLERS = {
    "user": Principal(kind="user", arn=ANN, account=A, user_id="AIDAANN1234567890"),
    "session": Principal(
        kind="role-session", arn=SESSION, account=A, user_id="AROAAPP123456789:web", role_arn=ROLE
    ),
    "federated": Principal(
        kind="federated-user", arn=FEDERATED, account=A, user_id=f"{A}:bob", user_arn=ANN
    ),
    "root": Principal(kind="root", arn=ROOT, account=A, user_id=A),
    "service": Principal(kind="service", service="sns.amazonaws.com"),
    "anonymous": Principal(kind="anonymous"),
}
# What may be named for a caller: itself, the entity behind it, its account.
NAMES: dict[str, tuple[str, str, str]] = {
    "user": (ANN, "", A),
    "session": (SESSION, ROLE, A),
    "federated": (FEDERATED, ANN, A),
    "root": ("", "", A),
    "service": ("", "", ""),
    "anonymous": ("", "", ""),
}
USERNAMES = {"user": "ann"}
RESOURCES = ["arn:aws:s3:::home/ann/1", "arn:aws:s3:::home/bob/1", "arn:aws:s3:::logs"]
ACTIONS = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]

ACTION_LISTS: list[Any] = [
    "*",
    "*",
    "s3:*",
    "S3:getobject",
    ["s3:Get*", "sqs:*"],
    "s3:???Object",
    "sns:*",
]
RESOURCE_LISTS: list[Any] = [
    "*",
    "*",
    "*",
    "arn:aws:s3:::home/*",
    "arn:aws:s3:::*/ann/?",
    ["arn:aws:s3:::logs", "arn:aws:s3:::home/bob*"],
    "arn:aws:s3:::home/${aws:username}/*",
    "arn:aws:s3:::home/${aws:username, 'bob'}/1",
]
CONDITIONS: list[Any] = [
    {},
    {},
    {},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:UserName": ["ann", "zoe"]}},
    {"StringNotEquals": {"aws:username": "ann"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}},
    {"Null": {"aws:TagKeys": "true"}, "Bool": {"aws:SecureTransport": ["true", "false"]}},
]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": A},
    {"AWS": ROOT},
    {"AWS": ANN},
    {"AWS": [ROLE, B]},
    {"AWS": SESSION},
    {"AWS": FEDERATED},
    {"Service": "sns.amazonaws.com"},
    {"AWS": [ANN, ROOT]},
    {"AWS": [SESSION, ROLE, ROOT]},
]

Choose = Callable[[list[Any]], Any]


def some_statement(choose: Choose, kind: PolicyKind) -> dict[str, Any]:
    """A random statement that the grammar of its kind takes."""
    effect = choose(["Allow", "Allow", "Allow", "Allow", "Deny"])
    statement: dict[str, Any] = {"Effect": effect}
    if kind is PolicyKind.RCP:
        statement["Principal"] = "*"
        if effect == "Allow":
            return statement | {"Action": "*", "Resource": "*"}
    elif kind is PolicyKind.RESOURCE:
        statement[choose(["Principal", "Principal", "NotPrincipal"])] = choose(PRINCIPALS)
    negate = choose([False, False, False, True]) and kind is not PolicyKind.RCP
    statement["NotAction" if negate else "Action"] = choose(ACTION_LISTS)
    statement[choose(["Resource", "Resource", "NotResource"])] = choose(RESOURCE_LISTS)
    condition = choose(CONDITIONS)
    return statement | ({"Condition": condition} if condition else {})


def some_document(choose: Choose, kind: PolicyKind) -> dict[str, Any]:
    """A random document of one to three statements."""
    old = choose([False, False, False, True]) and kind not in (PolicyKind.RCP, PolicyKind.SCP)
    statements = [some_statement(choose, kind) for _ in range(choose([1, 1, 2, 3]))]
    return {"Version": "2008-10-17" if old else "2012-10-17", "Statement": statements}


def some_world(choose: Choose) -> dict[str, Any]:
    """Random policies in every layer, as documents."""

    def documents(kind: PolicyKind, counts: list[int]) -> list[dict[str, Any]]:
        return [some_document(choose, kind) for _ in range(choose(counts))]

    def levels(kind: PolicyKind) -> list[list[dict[str, Any]]] | None:
        if choose([True, True, True, False]):
            return None
        return [documents(kind, [1, 2]) for _ in range(choose([1, 2]))]

    def perhaps(kind: PolicyKind) -> dict[str, Any] | None:
        return some_document(choose, kind) if choose([True, False, False]) else None

    return {
        "identity": documents(PolicyKind.IDENTITY, [0, 1, 2, 3]),
        "boundary": perhaps(PolicyKind.IDENTITY),
        "session": choose([None, None, documents(PolicyKind.SESSION, [0, 1, 2])]),
        "resource": perhaps(PolicyKind.RESOURCE),
        "scps": levels(PolicyKind.SCP),
        "rcps": levels(PolicyKind.RCP),
        "resource_must_allow": choose([False, False, False, True]),
    }


def some_request(choose: Choose) -> dict[str, Any]:
    """A random request."""
    context: dict[str, list[str]] = {"aws:SecureTransport": [choose(["true", "false"])]}
    if choose([True, False]):
        context["aws:TagKeys"] = choose([[], ["a"], ["a", "c"], ["c"], [""]])
    if choose([True, False]):
        context["aws:MultiFactorAuthPresent"] = [choose(["true", "false"])]
    return {
        "caller": choose(list(CALLERS)),
        "action": choose(ACTIONS),
        "resource": choose(RESOURCES),
        "owner": choose([A, A, A, B]),
        "context": context,
    }


# --- the model -----------------------------------------------------------------------------------


def glob(pattern: str, text: str) -> bool:
    """`*` and `?`, by trying everything."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(glob(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and glob(pattern[1:], text[1:])


def listed(value: Any) -> list[Any]:
    """A value or a list of values."""
    return value if isinstance(value, list) else [value]


def model_condition(condition: dict[str, Any], asked: dict[str, Any]) -> bool:
    """The few operators of this file, each as its page says."""
    known = {key.lower(): values for key, values in asked["context"].items()}
    if asked["caller"] in USERNAMES:
        known["aws:username"] = [USERNAMES[asked["caller"]]]
    for operator, block in condition.items():
        for key, wanted in block.items():
            have: Any = known.get(key.lower())
            want = listed(wanted)
            missing = not have
            if operator == "Null":
                good = ("true" if missing else "false") in want
            elif operator == "Bool":
                good = not missing and have[0] in want
            elif operator == "BoolIfExists":
                good = missing or have[0] in want
            elif operator == "StringEquals":
                good = not missing and have[0] in want
            elif operator == "StringNotEquals":
                good = missing or have[0] not in want
            elif operator == "ForAllValues:StringEquals":
                good = missing or have == [""] or all(value in want for value in have)
            else:
                assert operator == "ForAnyValue:StringEquals"
                good = not missing and have != [""] and any(value in want for value in have)
            if not good:
                return False
    return True


def model_resource(statement: dict[str, Any], version: str, asked: dict[str, Any]) -> bool:
    """Resource and NotResource, with the one variable of this file."""
    negated = "NotResource" in statement
    patterns: list[str | None] = []
    for pattern in listed(statement["NotResource" if negated else "Resource"]):
        if version == "2012-10-17" and "${" in pattern:
            name = USERNAMES.get(asked["caller"])
            if name is None and "'bob'" not in pattern:
                patterns.append(None)
                continue
            filled = name or "bob"
            pattern = pattern.replace("${aws:username}", filled)
            pattern = pattern.replace("${aws:username, 'bob'}", filled)
        patterns.append(pattern)
    if any(pattern is not None and glob(pattern, asked["resource"]) for pattern in patterns):
        return not negated
    return negated and None not in patterns


def model_named(principal: Any, caller: str) -> str:
    """How an element names a caller: itself, entity, account or not at all."""
    itself, entity, account = NAMES[caller]
    if principal == "*":
        return "itself"
    names = listed(principal.get("AWS", []))
    if "*" in names:
        return "itself"
    if caller == "service":
        return "itself" if "sns.amazonaws.com" in listed(principal.get("Service", [])) else ""
    if itself and itself in names:
        return "itself"
    if entity and entity in names:
        return "entity"
    return "account" if account and (account in names or ROOT in names) else ""


def model_principal(statement: dict[str, Any], caller: str) -> str:
    """What the Principal or NotPrincipal element is worth ("" when the statement is not meant)."""
    if "Principal" in statement:
        return model_named(statement["Principal"], caller)
    if "NotPrincipal" not in statement:
        return "itself"
    named = statement["NotPrincipal"]
    if statement["Effect"] == "Allow":
        return "" if model_named(named, caller) else "itself"
    # A Deny spares only whom it names on every level.
    if named == "*" or named.get("AWS") == "*":
        return ""
    if caller in ("service", "anonymous"):
        return "" if model_named(named, caller) else "itself"
    names = listed(named.get("AWS", []))
    itself, entity, account = NAMES[caller]
    spared = account in names or ROOT in names
    for name in (itself, entity):
        spared = spared and (not name or name in names)
    return "" if spared else "itself"


def model_hits(document: Any, asked: dict[str, Any]) -> list[tuple[str, str]]:
    """(effect, how named) of every statement that applies."""
    hits = []
    for statement in document["Statement"]:
        negated = "NotAction" in statement
        actions = listed(statement["NotAction" if negated else "Action"])
        covered = any(glob(action.lower(), asked["action"].lower()) for action in actions)
        named = model_principal(statement, asked["caller"])
        if (
            covered is not negated
            and named
            and model_resource(statement, document["Version"], asked)
            and model_condition(statement.get("Condition", {}), asked)
        ):
            hits.append((statement["Effect"], named))
    return hits


def model(world: dict[str, Any], asked: dict[str, Any]) -> tuple[str, str]:
    """The verdict, by the steps of the documentation."""
    caller = asked["caller"]
    outside = caller in ("service", "anonymous")
    own = ["identity", "permissions boundary", "session"]
    layers: list[tuple[str, list[Any]]] = []
    layers += [("RCP", level) for level in world["rcps"] or []]
    layers += [("SCP", level) for level in world["scps"] or [] if not outside]
    layers.append(("resource", listed(world["resource"] or [])))
    layers.append(("identity", world["identity"]))
    layers.append(("permissions boundary", listed(world["boundary"] or [])))
    layers.append(("session", world["session"] or []))
    if outside:
        layers = [(name, documents) for name, documents in layers if name not in own]
    said = [
        (name, [hit for document in documents for hit in model_hits(document, asked)])
        for name, documents in layers
    ]
    for name, hits in said:
        if any(effect == "Deny" for effect, _ in hits):
            return "explicitDeny", name
    for name, hits in said:
        if name in ("RCP", "SCP") and not hits:
            return "implicitDeny", name
    allows = dict(said)
    named = {how for _, how in allows["resource"]}
    if outside:
        return ("allowed", "resource") if named else ("implicitDeny", "resource")
    same = asked["owner"] == A
    if not named and (not same or world["resource_must_allow"]):
        return "implicitDeny", "resource"
    if same and "itself" in named:
        return "allowed", "resource"
    by_entity = same and "entity" in named
    if not allows["identity"] and not by_entity and caller != "root":
        return "implicitDeny", "identity"
    if world["boundary"] is not None and not allows["permissions boundary"]:
        return "implicitDeny", "permissions boundary"
    limited = world["session"] is not None or caller == "federated"
    if limited and not allows["session"]:
        return "implicitDeny", "session"
    by_resource = by_entity and not allows["identity"]
    return "allowed", "resource" if by_resource else "identity"


# --- the engine, asked the same question ---------------------------------------------------------


def sourced(document: dict[str, Any], kind: PolicyKind) -> SourcedPolicy:
    """A document as the engine wants it."""
    return SourcedPolicy("id", "name", parse_policy(document, kind))


def compiled(world: dict[str, Any]) -> PolicySet:
    """A world as the engine wants it."""

    def levels(name: str, kind: PolicyKind) -> list[list[SourcedPolicy]] | None:
        if world[name] is None:
            return None
        return [[sourced(document, kind) for document in level] for level in world[name]]

    def one(name: str, kind: PolicyKind) -> SourcedPolicy | None:
        return None if world[name] is None else sourced(world[name], kind)

    session = world["session"]
    return PolicySet(
        identity=[sourced(document, PolicyKind.IDENTITY) for document in world["identity"]],
        boundary=one("boundary", PolicyKind.IDENTITY),
        session=None if session is None else [sourced(d, PolicyKind.SESSION) for d in session],
        resource=one("resource", PolicyKind.RESOURCE),
        scps=levels("scps", PolicyKind.SCP),
        rcps=levels("rcps", PolicyKind.RCP),
        resource_must_allow=world["resource_must_allow"],
    )


def check(world: dict[str, Any], asked: dict[str, Any], policies: PolicySet) -> tuple[str, str]:
    """Engine and model agree, and the engine's trace agrees with its own verdict."""
    request = AccessRequest(
        CALLERS[asked["caller"]],
        asked["action"],
        asked["resource"],
        asked["owner"],
        asked["context"],
    )
    decision = evaluate(request, policies)
    expected = model(world, asked)
    assert (decision.effect, str(decision.layer)) == expected, f"{world=}\n{asked=}\n{decision=}"
    outcomes = [(step.layer, step.outcome) for step in decision.trace()]
    denied = [layer for layer, outcome in outcomes if outcome == "explicitDeny"]
    if decision.effect == "explicitDeny":
        assert denied[0] == decision.layer
        assert decision.deciding[0].statement.failure(request) is None
    else:
        assert not denied
    if decision.effect == "implicitDeny" and decision.layer != "resource":
        assert (decision.layer, "implicitDeny") in outcomes
    for step in decision.trace():
        for told in step.statements:
            covers = told.statement.covers_action(request.action.lower())
            assert told.matched is (covers and told.statement.applies(request))
    assert decision.sentence()
    if not decision.allowed:
        assert decision.access_denied_message().startswith("User: ")
    return expected


@pytest.mark.parametrize("seed", range(8))
def test_thousands_of_random_worlds(seed: int) -> None:
    dice = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(250):
        world = some_world(dice.choice)
        policies = compiled(world)
        for _ in range(4):
            seen.update(check(world, some_request(dice.choice), policies))
    # The worlds are worth asking: each verdict is common, and each layer decides at times.
    assert min(seen[name] for name in ("allowed", "explicitDeny", "implicitDeny")) > 40
    layers = ("RCP", "SCP", "resource", "identity", "permissions boundary", "session")
    assert min(seen[name] for name in layers) > 5


class PolicyMachine(RuleBasedStateMachine):
    """One world whose layers change one at a time, asked after every change."""

    def __init__(self) -> None:
        super().__init__()
        self.world: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        choose = chooser(data)
        self.world = some_world(choose)
        self.asked = [some_request(choose) for _ in range(3)]

    @rule(
        layer=st.sampled_from(["identity", "boundary", "session", "resource", "scps", "rcps"]),
        data=st.data(),
    )
    def replace(self, layer: str, data: st.DataObject) -> None:
        """A layer gets other policies."""
        self.world[layer] = some_world(chooser(data))[layer]

    @rule(index=st.integers(0, 5))
    def detach(self, index: int) -> None:
        """An identity policy goes; nobody may gain by it but through a lost Deny."""
        if self.world["identity"]:
            attached = self.world["identity"]
            attached.pop(index % len(attached))

    @rule()
    def deny_everything(self) -> None:
        """A Deny on everything in the identity layer is final for whoever has one."""
        stop = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        world = self.world | {"identity": [{"Version": "2012-10-17", "Statement": [stop]}]}
        policies = compiled(world)
        for asked in self.asked:
            if asked["caller"] not in ("service", "anonymous"):
                assert check(world, asked, policies)[0] == "explicitDeny"

    @rule(data=st.data())
    def ask_something_else(self, data: st.DataObject) -> None:
        """One question is replaced."""
        self.asked = [*self.asked[1:], some_request(chooser(data))]

    @invariant()
    def agree(self) -> None:
        """Engine and model tell the same."""
        if self.world:
            policies = compiled(self.world)
            for asked in self.asked:
                check(self.world, asked, policies)


def chooser(data: st.DataObject) -> Choose:
    """Hypothesis as dice."""
    return lambda options: data.draw(st.sampled_from(options))


TestPolicyMachine = PolicyMachine.TestCase
TestPolicyMachine.settings = settings(max_examples=20, stateful_step_count=10)
