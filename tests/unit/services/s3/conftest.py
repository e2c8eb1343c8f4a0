"""A chamber, a client of S3 in it, and a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber

ONE = "111111111111"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def s3(chamber: Chamber) -> Any:
    return chamber.client("s3")


@pytest.fixture
def box(s3: Any) -> str:
    """The name of a plain bucket."""
    s3.create_bucket(Bucket="box")
    return "box"


@pytest.fixture
def shelf(s3: Any) -> str:
    """The name of a versioned bucket."""
    s3.create_bucket(Bucket="shelf")
    s3.put_bucket_versioning(Bucket="shelf", VersioningConfiguration={"Status": "Enabled"})
    return "shelf"
