"""VPC Lattice's client tokens."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.idempotency import doing_once, tokens_table
from cloudchamber.services.vpc_lattice.refusals import conflict

TOKENS: Final = tokens_table("vpc-lattice.client-tokens")


def mismatch(token: str) -> AwsError:
    """Another request with a token."""
    return conflict("CLIENT_TOKEN", token, f"Client token {token} was used with other parameters.")


once: Final = doing_once(TOKENS, mismatch)
