"""AWS managed policies: documents that AWS wrote, held as data.

Rules of this file: reading only. Each JSON file beside it holds one family of policies. A policy
says `exact` when its document was compared with AWS's reference, `approximate` when it is known to
be shortened, and neither when it was written without comparison: see the README. A name that is
not held does not exist here. Nothing is read before the first policy is asked for.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.cloud.durations import SECOND_NS

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_OWNER: Final = ":iam::aws:policy/"


class AwsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of AWS. `version` is the number of the one that is held, `document` its text."""

    name: str
    path: str
    arn: str
    id: str
    version: int
    created_ns: int
    updated_ns: int
    description: str
    document: str
    exact: bool
    approximate: bool

    @property
    def default(self) -> int:
        """The number of the version in force."""
        return self.version


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A policy as the data files write it; `statements` is its Statement element."""

    name: str
    statements: msgspec.Raw
    path: str = "/"
    id: str = ""
    version: int = 1
    created: str = "2015-02-06T18:40:00Z"
    updated: str = ""
    description: str = ""
    exact: bool = False
    approximate: bool = False


_FAMILY: Final = msgspec.json.Decoder(list[_Entry])


@lru_cache(maxsize=8)
def aws_policies(partition: str = "aws") -> Mapping[str, AwsPolicy]:
    """Every policy that is held, by ARN, sorted by name."""
    entries = [
        entry
        for file in sorted(Path(__file__).parent.glob("*.json"))
        for entry in _FAMILY.decode(file.read_bytes())
    ]
    entries.sort(key=lambda entry: entry.name.lower())
    policies = [_policy(entry, partition) for entry in entries]
    return MappingProxyType({policy.arn: policy for policy in policies})


def find_aws_policy(arn: str) -> AwsPolicy | None:
    """The policy of AWS with this ARN, or None."""
    if _OWNER not in arn:
        return None
    return aws_policies(arn.split(":", 2)[1]).get(arn)


def _policy(entry: _Entry, partition: str) -> AwsPolicy:
    statements = bytes(entry.statements).decode()
    if partition != "aws":
        statements = statements.replace('"arn:aws:', f'"arn:{partition}:')
    return AwsPolicy(
        name=entry.name,
        path=entry.path,
        arn=f"arn:{partition}{_OWNER}{entry.path[1:]}{entry.name}",
        id=entry.id or _made_id(entry.name),
        version=entry.version,
        created_ns=_ns(entry.created),
        updated_ns=_ns(entry.updated or entry.created),
        description=entry.description,
        document=f'{{"Version":"2012-10-17","Statement":{statements}}}',
        exact=entry.exact,
        approximate=entry.approximate,
    )


def _made_id(name: str) -> str:
    """An id for a policy whose own is not known to us; the same in every account, as AWS's are."""
    digest = blake2b(name.encode(), digest_size=17).digest()
    return "ANPA" + "".join(_ALPHABET[byte & 31] for byte in digest)


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_NS
