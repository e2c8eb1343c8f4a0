"""The state of STS: sessions, and the public keys of identity providers it has been shown.

Rules of this file: plain data. A session is found by its access key id, which is unique across
accounts, so its table is one for the world.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.store import Table


class Session(msgspec.Struct):
    """Temporary credentials and who they are.

    `policy` is the session policy's text or empty, `policy_arns` managed session policies,
    `is_limited` whether any were passed (a federated user's missing ones allow nothing).
    `transitive` are keys of session tags that the next role in a chain inherits.
    """

    access_key: str
    secret: str
    token: str
    caller: Caller
    issued_ns: int
    expires_ns: int
    policy: str = ""
    policy_arns: list[str] = []
    is_limited: bool = False
    transitive: list[str] = []


class KeySet(msgspec.Struct):
    """The public keys of an identity provider as JSON text (a JWK set), and when they were read."""

    text: str
    read_ns: int


SESSIONS: Final = Table("sts.sessions", Session, "world")
KEY_SETS: Final = Table("sts.key-sets", KeySet, "world")
EXPIRED: Final = "sts.session-expired"
