"""A chamber and a client of KMS in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.kms.words import ONE


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def kms(chamber: Chamber) -> Any:
    return chamber.client("kms")


@pytest.fixture
def make(kms: Any) -> Callable[..., str]:
    """Make a key: `make(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")` gives its id."""

    def make_key(**members: Any) -> str:
        key_id: str = kms.create_key(**members)["KeyMetadata"]["KeyId"]
        return key_id

    return make_key


@pytest.fixture
def key(make: Callable[..., str]) -> str:
    """A symmetric key."""
    return make()
