"""A chamber, its EC2 client, and a VPC with a subnet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.vpcs.estate import ACCOUNT, REGION


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as made:
        yield made


@pytest.fixture
def ec2(chamber: Chamber) -> Any:
    return chamber.client("ec2", region_name=REGION, account=ACCOUNT)


@pytest.fixture
def vpc(ec2: Any) -> str:
    identifier: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return identifier


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")
    identifier: str = made["Subnet"]["SubnetId"]
    return identifier
