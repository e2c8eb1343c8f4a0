"""Who S3 says owns something: the canonical user id of an account.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=1024)
def canonical_id(account: str) -> str:
    """The 64 hex digits that ACLs and listings call an account by."""
    return sha256(f"canonical user of {account}".encode()).hexdigest()


def owner_of(account: str) -> dict[str, str]:
    """The `Owner` element of listings and ACLs."""
    return {"ID": canonical_id(account)}
