"""Who S3 says owns something: the canonical user id of an account.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

from cloudchamber.cloud.settings import is_account

HEAD_DIGITS: Final = 10  # hold an account: 12 decimal digits


@lru_cache(maxsize=1024)
def canonical_id(account: str) -> str:
    """The 64 hex digits that ACLs and listings call an account by; `find_account` reads them."""
    tail = sha256(f"canonical user of {account}".encode()).hexdigest()[HEAD_DIGITS:]
    head = int(account) ^ _mask(tail) if account.isdigit() else _mask(tail)
    return f"{head:0{HEAD_DIGITS}x}{tail}"


@lru_cache(maxsize=1024)
def find_account(canonical: str) -> str | None:
    """The account that a canonical user id stands for, or None when it stands for none."""
    head, tail = canonical[:HEAD_DIGITS], canonical[HEAD_DIGITS:]
    try:
        account = f"{int(head, 16) ^ _mask(tail):012d}"
    except ValueError:
        return None
    return account if is_account(account) and canonical_id(account) == canonical else None


def _mask(tail: str) -> int:
    return int(sha256(tail.encode()).hexdigest()[:HEAD_DIGITS], 16)


def owner_of(account: str) -> dict[str, str]:
    """The `Owner` element of listings and ACLs."""
    return {"ID": canonical_id(account)}
