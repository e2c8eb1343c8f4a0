"""What is public, and what a public access block says to that.

Rules of this file: judgements only; nothing is kept or refused here. A policy is public when it
allows something to everybody and no condition holds it to a fixed value, an ACL when it grants to
one of the two groups of everybody. What is blocked is blocked by the bucket, by its account, or by
both. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_network
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.services.s3.nouns import Bucket, Settings

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED: Final = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
EVERYBODY: Final = frozenset({ALL_USERS, AUTHENTICATED})
BLOCKS: Final = (
    "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
)  # fmt: skip
ALL_BLOCKED: Final = MappingProxyType(dict.fromkeys(BLOCKS, True))
WIDEST_V4, WIDEST_V6 = 8, 32  # networks wider than these narrow nothing down
# Keys of conditions that hold a statement to somebody, when they are held to fixed values.
NARROWING: Final = frozenset(
    {
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
        "aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid",
        "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
        "aws:viaawsservice", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    }
)  # fmt: skip


def blocks_of(call: Call, bucket: Bucket) -> Mapping[str, bool]:
    """What is blocked for a bucket, by itself or by its account."""
    own = ALL_BLOCKED if bucket.public_access_block is None else bucket.public_access_block
    ask = call.port(ports.PUBLIC_ACCESS_BLOCK)
    of_account = ask(call.cloud, bucket.account) if ask else None
    if not of_account:
        return own
    return {name: own.get(name, False) or of_account.get(name, False) for name in BLOCKS}


def is_public_acl(acl: Settings) -> bool:
    """Whether an ACL grants anything to everybody."""
    return any(grant["Grantee"].get("URI") in EVERYBODY for grant in acl["Grants"])


@lru_cache(maxsize=512)
def is_public_policy(text: str) -> bool:
    """Whether a well-formed policy allows something to everybody."""
    statements = msgspec.json.decode(text)["Statement"]
    return any(_opens(each) for each in _listed(statements))


def _opens(statement: Mapping[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" not in statement:
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            named = [each for kind in principal.values() for each in _listed(kind)]
        else:
            named = _listed(principal)
        if not any(isinstance(each, str) and "*" in each for each in named):
            return False
    return not any(
        _narrows(operator, key, _listed(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _narrows(operator: str, key: str, values: list[Any]) -> bool:
    kind = operator.lower().removeprefix("foranyvalue:").removeprefix("forallvalues:")
    if key.lower() not in NARROWING or "not" in kind or kind.endswith("ifexists"):
        return False
    if key.lower() == "aws:sourceip":
        return all(_is_narrow(str(each)) for each in values)
    # A fixed value has no wildcard; in an ARN the account has to be fixed.
    return all(_is_fixed(key.lower(), str(each)) for each in values)


def _is_fixed(key: str, value: str) -> bool:
    if key.endswith("arn") and value.startswith("arn:"):
        parts = value.split(":", 5)
        fields = parts[4] if len(parts) > 4 and parts[4] else value
        return "*" not in fields and "?" not in fields and "${" not in fields
    return "*" not in value and "?" not in value and "${" not in value


def _is_narrow(network: str) -> bool:
    try:
        read = ip_network(network, strict=False)
    except ValueError:
        return False
    return read.prefixlen >= (WIDEST_V4 if read.version == 4 else WIDEST_V6)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
