"""From a document to a Policy: the grammar, with each kind's own rules.

Rules of this file: the structure (which elements may and must stand where) is checked here, the
texts inside the elements in `elements`. Anything wrong raises MalformedPolicy and nothing else.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloudchamber.languages.policy import errors
from cloudchamber.languages.policy.conditions import Condition, accepts, find_operator
from cloudchamber.languages.policy.elements import (
    Rules,
    check_action,
    check_principal,
    check_resource,
    refuse,
    rules_of,
)
from cloudchamber.languages.policy.errors import MalformedPolicy
from cloudchamber.languages.policy.json_text import (
    JsonArray,
    JsonError,
    JsonNode,
    JsonNumber,
    JsonObject,
    Reading,
    line_and_column,
    read_json,
)
from cloudchamber.languages.policy.patterns import (
    ARN_PARTS,
    Tokens,
    arn_tokens,
    compile_glob,
    compile_tokens,
)
from cloudchamber.languages.policy.principals import PrincipalElement
from cloudchamber.languages.policy.tree import Effect, Policy, PolicyKind, Statement
from cloudchamber.languages.policy.variables import Pattern, read_template

DOCUMENT_MAX: Final = 131_072  # characters; what IAM's model lets through the wire
CURRENT: Final = "2012-10-17"
_VERSIONS: Final = ("2008-10-17", CURRENT)
_SID: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_STATEMENT_ELEMENTS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)


def parse_policy(
    document: str | bytes | Mapping[str, Any],
    kind: PolicyKind,
    *,
    size_limit: int | None = None,
    managed: bool = False,
) -> Policy:
    """Parse, check and compile a policy document; raises MalformedPolicy.

    `size_limit` is the quota in characters without white space that holds where the policy goes
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). `managed` asks for
    version 2012-10-17, as CreatePolicy does; boundaries, SCPs and RCPs always do.
    """
    rules = rules_of(kind)
    text = _text(document, rules)
    reading = _read(text, rules)
    root = reading.value
    if not isinstance(root, JsonObject):
        raise rules.syntax("the document is not an object")
    for name in root.members:
        if name not in ("Version", "Id", "Statement"):
            raise refuse(rules, name)
    version = _version(root, rules, managed)
    id_ = root.members.get("Id")
    if id_ is not None and not isinstance(id_, str):
        raise rules.syntax("Id is not a string")
    statements = _statements(root, rules, variables=version == CURRENT)
    size = len(text) - reading.spaces
    if size_limit is not None and size > size_limit:
        quota = "ACLSizePerRole" if kind is PolicyKind.TRUST else "PolicySize"
        raise MalformedPolicy(
            f"Cannot exceed quota for {quota}: {size_limit}",
            f"the document has {size} characters without white space",
            code="LimitExceeded",
        )
    return Policy(kind, version, id_, statements, text, size)


def _text(document: str | bytes | Mapping[str, Any], rules: Rules) -> str:
    if isinstance(document, str):
        text = document
    elif isinstance(document, bytes):
        try:
            text = document.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise rules.syntax(f"the document is not UTF-8: {problem.reason}") from None
    else:
        try:
            text = json.dumps(dict(document), separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as problem:
            raise rules.syntax(f"the document is not JSON: {problem}") from None
    if len(text) > DOCUMENT_MAX:
        raise rules.syntax(f"the document has more than {DOCUMENT_MAX} characters")
    return text


def _read(text: str, rules: Rules) -> Reading:
    if text[:1] in (" ", "\t", "\n", "\r") and rules.leading_space:
        raise MalformedPolicy(rules.leading_space, "the document does not start with {")
    try:
        return read_json(text)
    except JsonError as problem:
        line, column = line_and_column(text, problem.offset)
        message = rules.json_message.format(line=line, column=column)
        reason = f"line {line}, column {column}: {problem.reason}"
        raise MalformedPolicy(message, reason, code=rules.code) from None


def _version(root: JsonObject, rules: Rules, managed: bool) -> str:
    version = root.members.get("Version")
    current_only = managed or rules.current_version
    if version is None and not current_only:
        return _VERSIONS[0]
    if version not in _VERSIONS and version is not None:
        raise rules.syntax(f"Version is not one of {', '.join(_VERSIONS)}")
    if current_only and version != CURRENT:
        raise rules.error(errors.OLD_VERSION)
    return str(version)


def _statements(root: JsonObject, rules: Rules, *, variables: bool) -> list[Statement]:
    body = root.members.get("Statement")
    if isinstance(body, JsonObject):
        # The policy simulator's positions are those of its reader, which stands behind the token it
        # has just read: behind the brace here, behind the bracket or the former statement in lists.
        places = [(body, body.start + 1)]
    elif isinstance(body, JsonArray):
        places = []
        before = body.start + 1
        for item in body.items:
            if not isinstance(item, JsonObject):
                raise rules.syntax("a statement is not an object")
            places.append((item, before))
            before = item.end
        if not places and not rules.empty:
            raise rules.syntax("there is no statement")
    else:
        raise rules.missing("Statement")
    statements: list[Statement] = []
    sids: set[str] = set()
    for index, (node, start) in enumerate(places):
        statement = _statement(node, index, start, rules, variables=variables)
        if statement.sid in sids:
            raise rules.error(errors.SID_TWICE, f"{statement.sid!r} stands twice")
        if statement.sid:
            sids.add(statement.sid)
        statements.append(statement)
    return statements


def _statement(
    node: JsonObject, index: int, start: int, rules: Rules, *, variables: bool
) -> Statement:
    members = node.members
    for name in members:
        if name not in _STATEMENT_ELEMENTS:
            raise refuse(rules, name)
    sid = members.get("Sid", "")
    if not isinstance(sid, str):
        raise rules.syntax("Sid is not a string")
    if rules.plain_sid and not _SID.issuperset(sid):
        raise rules.error(errors.SID_SPELLING, f"Sid {sid!r}")
    effect = _effect(members, rules)
    principal = _principal(members, rules)
    actions, not_action = _choice(members, "Action", rules, errors.NO_ACTIONS)
    for action in actions:
        check_action(action, rules, negated=not_action)
    resources, not_resource = _resources(members, rules)
    if rules.kind is PolicyKind.RCP and effect == "Allow":
        # "The effect of Allow is only supported for the RCPFullAWSAccess policy."
        if actions != ("*",) or resources != ("*",) or not_action or "Condition" in members:
            raise rules.syntax("an RCP can only deny")
    return Statement(
        index=index,
        sid=sid,
        effect=effect,
        principal=principal,
        actions=actions,
        not_action=not_action,
        action_matchers=tuple(compile_glob(action.lower()) for action in actions),
        resources=tuple(_resource(resource, rules, variables) for resource in resources),
        not_resource=not_resource,
        conditions=_conditions(members, rules, variables),
        start=start,
        end=node.end,
    )


def _effect(members: Mapping[str, JsonNode], rules: Rules) -> Effect:
    effect = members.get("Effect")
    if effect is None:
        raise rules.missing("Effect")
    if effect == "Allow":
        return "Allow"
    if effect == "Deny":
        return "Deny"
    raise rules.syntax("Effect is neither Allow nor Deny")


def _choice(
    members: Mapping[str, JsonNode], name: str, rules: Rules, nothing: str
) -> tuple[tuple[str, ...], bool]:
    """The texts of `X` or `NotX`, exactly one of which must stand, and whether it was `NotX`."""
    negated = f"Not{name}" in members
    if negated and name in members:
        raise rules.syntax(f"{name} and Not{name} exclude each other")
    key = f"Not{name}" if negated else name
    if key not in members:
        raise rules.missing(name, nothing)
    texts = _texts(members[key], rules, key)
    if not texts:
        raise rules.error(nothing, f"{key} is empty")
    return texts, negated


def _resources(members: Mapping[str, JsonNode], rules: Rules) -> tuple[tuple[str, ...], bool]:
    """The resources of a statement; none where the policy speaks of what it is attached to."""
    named = [name for name in ("Resource", "NotResource") if name in members]
    if rules.resource == "forbidden" and named:
        raise refuse(rules, named[0])
    if rules.resource != "required" and not named:
        return (), False
    resources, negated = _choice(members, "Resource", rules, errors.NO_RESOURCES)
    for resource in resources:
        check_resource(resource, rules)
    return resources, negated


def _texts(node: JsonNode, rules: Rules, what: str) -> tuple[str, ...]:
    """A string or a list of strings."""
    items: Sequence[JsonNode] = node.items if isinstance(node, JsonArray) else (node,)
    texts: list[str] = []
    for item in items:
        if not isinstance(item, str):
            raise rules.syntax(f"{what} is not a string or a list of strings")
        texts.append(item)
    return tuple(texts)


def _principal(members: Mapping[str, JsonNode], rules: Rules) -> PrincipalElement | None:
    named = [name for name in ("Principal", "NotPrincipal") if name in members]
    if not rules.principal:
        if named:
            raise rules.error(rules.principal_forbidden, f"{named[0]} cannot stand here")
        return None
    if not named:
        raise rules.missing("Principal")
    if len(named) == 2:
        raise rules.syntax("Principal and NotPrincipal exclude each other")
    if rules.kind is PolicyKind.RCP and named[0] == "NotPrincipal":
        raise rules.syntax("an RCP has no NotPrincipal")
    node = members[named[0]]
    entries: list[tuple[str, str]] = []
    if node == "*":
        entries.append(("*", "*"))
    elif isinstance(node, JsonObject):
        for kind, value in node.members.items():
            entries.extend((kind, text) for text in _texts(value, rules, f"{named[0]} {kind}"))
    else:
        raise rules.error(errors.PRINCIPAL_INVALID, f"{named[0]} is neither * nor a map")
    if not entries:
        raise rules.error(errors.PRINCIPAL_NONE, f"{named[0]} is empty")
    for kind, text in entries:
        check_principal(kind, text, rules)
    return PrincipalElement(entries, negated=named[0] == "NotPrincipal")


def _conditions(
    members: Mapping[str, JsonNode], rules: Rules, variables: bool
) -> tuple[Condition, ...]:
    if "Condition" not in members:
        return ()
    node = members["Condition"]
    if not isinstance(node, JsonObject):
        raise rules.syntax("Condition is not a map")
    conditions: list[Condition] = []
    for spelled, block in node.members.items():
        operator = find_operator(spelled)
        if operator is None:
            raise rules.syntax(f"there is no condition operator {spelled!r}")
        if not isinstance(block, JsonObject):
            raise rules.syntax(f"Condition {spelled} is not a map")
        for key, value in block.members.items():
            if ":" not in key:
                raise rules.error(errors.NO_VENDOR, f"condition key {key!r}")
            values = _values(value, rules, f"Condition {spelled} {key}")
            for text in values:
                if not accepts(operator, text):
                    raise rules.syntax(f"{text!r} is not a value for {spelled} {key}")
            conditions.append(Condition(operator, key, values, variables=variables))
    return tuple(conditions)


def _values(node: JsonNode, rules: Rules, what: str) -> tuple[str, ...]:
    """Condition values: strings, numbers and booleans, or a list of them, as text."""
    items: Sequence[JsonNode] = node.items if isinstance(node, JsonArray) else (node,)
    texts: list[str] = []
    for item in items:
        if isinstance(item, bool):
            texts.append("true" if item else "false")
        elif isinstance(item, JsonNumber):
            texts.append(item.text)
        elif isinstance(item, str):
            texts.append(item)
        else:
            raise rules.syntax(f"{what} has a value that is no string, number or boolean")
    return tuple(texts)


def _resource(text: str, rules: Rules, variables: bool) -> Pattern:
    """A resource pattern. Variables and free wildcards live behind the fifth colon only."""
    parts = text.split(":", ARN_PARTS - 1)
    if parts[0] != "arn" or len(parts) < 3:
        return Pattern(text, read_template(text, variables=variables), compile_tokens)
    if len(parts) < ARN_PARTS and rules.completes_arns:
        # "AWS automatically completes the ARN by adding wildcard characters to all missing fields."
        parts.extend("*" for _ in range(ARN_PARTS - len(parts)))
    head = ":".join(parts[: ARN_PARTS - 1])
    if len(parts) < ARN_PARTS:
        return Pattern(text, read_template(text, variables=False), compile_tokens)

    def compile_arn(tail: Tokens) -> Any:
        return compile_tokens(arn_tokens(head, tail))

    return Pattern(text, read_template(parts[-1], variables=variables), compile_arn)
