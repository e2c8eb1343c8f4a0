"""What each kind of policy allows inside its elements, and with which text AWS refuses the rest.

Rules of this file: a kind is a row of a table (`Rules`); the checks read the row, they never ask
for the kind by name unless AWS has a rule for that kind alone. Existence of actions, services or
principals is not checked here: the language does not know what exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from cloudchamber.languages.policy import errors
from cloudchamber.languages.policy.errors import MalformedPolicy
from cloudchamber.languages.policy.patterns import ARN_PARTS
from cloudchamber.languages.policy.tree import PolicyKind

PARTITIONS: Final = (
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
)
_IAM_PATHS: Final = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    "delegation-request/",
)
_VENDOR: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_AWS_PRINCIPAL: Final = re.compile(
    r"\*|[0-9]{12}|A[A-Z0-9]{15,127}"
    r"|arn:[a-z-]+:iam::(?:[0-9]{12}:(?:root|user/[^*?]+|role/[^*?]+)|cloudfront:user/[^*?]+)"
    r"|arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role|federated-user)/[^*?]+"
)
_ASSUME_ACTION: Final = re.compile(
    r"sts:(?:assumerole\w*|tagsession|setsourceidentity|setcontext|[a-z*?]*[*?][a-z*?]*)", re.I
)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The grammar of one kind of policy.

    `principal` says whether the element must stand (else it must not), `resource` the same with a
    third way (ECR and SNS take statements without one), `names_fields` that missing and extra
    elements are named as role trust policies name them, `checks_arns` that resources are checked as
    IAM checks them, `completes_arns` that short ARNs mean more than they say, `empty` that a policy
    may have no statement.
    """

    kind: PolicyKind
    code: str = "MalformedPolicyDocument"
    only_message: str = ""  # Organizations answers everything with one sentence
    json_message: str = errors.SYNTAX
    leading_space: str = ""
    current_version: bool = False
    principal: bool = False
    principal_forbidden: str = errors.PRINCIPAL_FORBIDDEN
    resource: Literal["required", "optional", "forbidden"] = "required"
    names_fields: bool = False
    plain_sid: bool = True
    checks_arns: bool = True
    completes_arns: bool = True
    empty: bool = False

    def error(self, message: str, reason: str = "") -> MalformedPolicy:
        """AWS's text for this kind, with our reason."""
        return MalformedPolicy(self.only_message or message, reason or message, code=self.code)

    def syntax(self, reason: str) -> MalformedPolicy:
        """The structure is wrong."""
        return self.error(errors.SYNTAX, reason)

    def missing(self, name: str, message: str = errors.SYNTAX) -> MalformedPolicy:
        """An element is missing; `message` is the text of kinds that do not name it."""
        reason = f"Missing required field {name}"
        return self.error(reason if self.names_fields else message, reason)


_ORGANIZATIONS_CODE: Final = "MalformedPolicyDocumentException"
_POSITION: Final = "Syntax error at position ({line},{column})"

_RULES: Final[Mapping[PolicyKind, Rules]] = MappingProxyType(
    {
        rules.kind: rules
        for rules in (
            Rules(kind=PolicyKind.IDENTITY, leading_space=errors.LEGACY),
            Rules(kind=PolicyKind.BOUNDARY, leading_space=errors.LEGACY, current_version=True),
            # Session policies "do not support incomplete ARNs".
            Rules(kind=PolicyKind.SESSION, json_message=errors.INVALID_JSON, completes_arns=False),
            Rules(
                kind=PolicyKind.TRUST,
                json_message=errors.INVALID_JSON,
                leading_space=errors.LEADING_SPACE,
                principal=True,
                resource="forbidden",
                names_fields=True,
            ),
            Rules(
                kind=PolicyKind.RESOURCE,
                json_message=_POSITION,
                principal=True,
                resource="optional",
                names_fields=True,
                plain_sid=False,
                checks_arns=False,
                completes_arns=False,
                empty=True,
            ),
            Rules(
                kind=PolicyKind.VPC_ENDPOINT,
                json_message=_POSITION,
                principal=True,
                names_fields=True,
                plain_sid=False,
                checks_arns=False,
                completes_arns=False,
            ),
            Rules(
                kind=PolicyKind.SCP,
                code=_ORGANIZATIONS_CODE,
                only_message=errors.ORGANIZATIONS,
                json_message=errors.ORGANIZATIONS,
                current_version=True,
            ),
            Rules(
                kind=PolicyKind.RCP,
                code=_ORGANIZATIONS_CODE,
                only_message=errors.ORGANIZATIONS,
                json_message=errors.ORGANIZATIONS,
                current_version=True,
                principal=True,
            ),
        )
    }
)


def rules_of(kind: PolicyKind) -> Rules:
    """The grammar of a kind."""
    return _RULES[kind]


def refuse(rules: Rules, name: str) -> MalformedPolicy:
    """An element stands where it may not."""
    reason = f"Has prohibited field {name}"
    return rules.error(reason if rules.names_fields else errors.SYNTAX, reason)


def check_action(action: str, rules: Rules, *, negated: bool) -> None:
    """`*`, or a service prefix, a colon and a name."""
    if rules.kind is PolicyKind.TRUST and not negated and not _ASSUME_ACTION.fullmatch(action):
        raise rules.error(errors.NOT_ASSUME_ROLE, f"action {action!r}")
    if rules.kind is PolicyKind.RCP and negated:
        raise rules.syntax("an RCP has no NotAction")
    if action == "*":
        return
    vendor, colon, name = action.partition(":")
    if not colon:
        raise rules.error(errors.NO_VENDOR, f"action {action!r}")
    if ":" in name:
        raise rules.error(errors.TWO_COLONS, f"action {action!r}")
    if vendor != "*" and not _VENDOR.fullmatch(vendor):
        raise rules.error(f"Vendor {vendor} is not valid", f"action {action!r}")
    if not name:
        raise rules.syntax(f"action {action!r} has no name")


def check_resource(resource: str, rules: Rules) -> None:
    """`*`, or an ARN with a partition and a service in full."""
    if resource == "*" or not rules.checks_arns:
        return
    parts = resource.split(":", ARN_PARTS - 1)
    if parts[0] != "arn" or len(parts) == 1:
        raise rules.error(f'Resource {resource} must be in ARN format or "*".')
    partition = parts[1]
    if partition not in PARTITIONS:
        raise rules.error(f'Partition "{partition}" is not valid for resource "{resource}".')
    if len(parts) < 3 or not _VENDOR.fullmatch(parts[2]):
        raise rules.error(errors.RESOURCE_VENDOR, f"resource {resource!r}")
    if len(parts) < ARN_PARTS:
        if not rules.completes_arns:
            raise rules.error(
                f'Resource {resource} must be in ARN format or "*".', "the ARN is incomplete"
            )
        return
    if parts[2] == "iam":
        if parts[3] not in ("", "*"):
            raise rules.error(f"IAM resource {resource} cannot contain region information.")
        path = parts[5]
        known = path in ("*", "root") or path.startswith(_IAM_PATHS)
        if not known and "${" not in resource:
            raise rules.error(errors.IAM_PATH, f"resource {resource!r}")


def check_principal(kind: str, text: str, rules: Rules) -> None:
    """A principal of one of the four types, or everyone."""
    if rules.kind is PolicyKind.RCP:
        if (kind, text) != ("*", "*"):
            raise rules.syntax("the Principal of an RCP can only be *")
        return
    if kind == "*":
        if rules.kind is PolicyKind.TRUST:
            raise rules.error(errors.PRINCIPAL_STAR)
        return
    if kind == "AWS":
        good = bool(_AWS_PRINCIPAL.fullmatch(text))
    elif kind == "Service":
        good = "." in text and not set(text) & set("*?:/ ")
    elif kind == "Federated":
        good = bool(text) and not set(text) & set("*? ")
    elif kind == "CanonicalUser":
        good = bool(text) and rules.kind is not PolicyKind.TRUST
    else:
        raise rules.error(errors.PRINCIPAL_INVALID, f"there is no principal type {kind!r}")
    if not good:
        spelled = {"Service": "SERVICE", "Federated": "FEDERATED"}.get(kind, kind)
        raise rules.error(
            f'{errors.PRINCIPAL_INVALID}: "{spelled}":"{text}"', f"principal {kind} {text!r}"
        )
