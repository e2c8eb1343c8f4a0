"""A chamber and a client of Glue in it, with a database and a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber

ONE = "111111111111"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, region="eu-west-1") as opened:
        yield opened


@pytest.fixture
def glue(chamber: Chamber) -> Any:
    return chamber.client("glue")


@pytest.fixture
def filled(glue: Any) -> Any:
    """A client in a world with a database `logs` and a partitioned table `flows`."""
    glue.create_database(DatabaseInput={"Name": "Logs"})
    glue.create_table(DatabaseName="logs", TableInput=table("flows"))
    return glue


def table(name: str, **more: Any) -> dict[str, Any]:
    """A TableInput with two keys."""
    return {
        "Name": name,
        "StorageDescriptor": {
            "Columns": [{"Name": "action", "Type": "string", "Comment": "what was done"}],
            "Location": f"s3://bucket/{name}/",
        },
        "PartitionKeys": [{"Name": "year", "Type": "int"}, {"Name": "day", "Type": "string"}],
        **more,
    }
