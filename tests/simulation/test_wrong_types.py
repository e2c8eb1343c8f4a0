"""Whatever a member holds, a service answers with AWS's words and never with a mistake of ours.

Rules of this file: in process, every operation of every service there is. Handlers meet a world in
which the names exist, so that the spoilt member gets as far as it can; every operation begins in
that same world. What is refused by name is tried less, because no handler sees it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.wire.http import Request
from tests.simulation.wrong_inputs import (
    ACCOUNT,
    GRANT,
    POLICY,
    REGION,
    fault_of,
    service_of,
    spoilt_forms,
    spoilt_json,
)

SERVICES: Final = ("sqs", "iam", "sts", "ec2", "account", "organizations", "athena", "glue")
REFUSED_TRIES: Final = 3
# EC2 has members in the thousands: every so many of an operation's spoilt requests is sent.
SAMPLED: Final = MappingProxyType({"ec2": 50})
WHOLE: Final = "CLOUDCHAMBER_EVERY_SPOIL" in os.environ
GOOD_AT_LEAST: Final = 0.15  # of what is simulated; the rest needs tokens, codes and ids
MISTAKES: Final = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NameError),
    *(OSError, RuntimeError, TypeError, ValueError),
)


@pytest.fixture(scope="module")
def world() -> bytes:
    """A world in which the usual names exist, saved."""
    with Chamber(seed=5, account=ACCOUNT, region=REGION) as chamber:
        sqs = chamber.client("sqs")
        url = sqs.create_queue(QueueName="fuzz")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        iam: Any = chamber.client("iam")
        iam.create_user(UserName="fuzz")
        iam.create_group(GroupName="fuzz")
        iam.create_role(RoleName="fuzz", AssumeRolePolicyDocument=POLICY)
        iam.create_policy(PolicyName="fuzz", PolicyDocument=GRANT)
        iam.create_instance_profile(InstanceProfileName="fuzz")
        iam.create_login_profile(UserName="fuzz", Password="Long-enough-1!")
        for owner in ("user", "role", "group"):
            named = {f"{owner.title()}Name": "fuzz"}
            getattr(iam, f"put_{owner}_policy")(**named, PolicyName="fuzz", PolicyDocument=GRANT)
        iam.add_user_to_group(UserName="fuzz", GroupName="fuzz")
        iam.add_role_to_instance_profile(InstanceProfileName="fuzz", RoleName="fuzz")
        iam.update_account_password_policy(MinimumPasswordLength=8)
        iam.create_account_alias(AccountAlias="fuzz")
        iam.attach_role_policy(RoleName="fuzz", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/fuzz")
        chamber.client("organizations").create_organization()
        glue = chamber.client("glue")
        glue.create_database(DatabaseInput={"Name": "fuzz"})
        columns = [{"Name": "fuzz", "Type": "string"}]
        storage = {"Columns": columns, "Location": "s3://fuzz/"}
        table = {"Name": "fuzz", "StorageDescriptor": storage, "PartitionKeys": columns[:0]}
        glue.create_table(DatabaseName="fuzz", TableInput=table)
        return snapshots.save(chamber.cloud)


def spoilt(service: str, name: str, protocol: str) -> Iterator[Request]:
    model = service_of(service)
    made = spoilt_json if protocol == "json" else spoilt_forms
    return made(model, model.operations[name])


def sample(service: str, requests: Iterator[Request]) -> Iterator[Request]:
    """All of them, or so many of them, evenly."""
    most = SAMPLED.get(service)
    if most is None or WHOLE:
        return requests
    every = list(requests)
    return iter(every[:: max(1, len(every) // most)])


def cases() -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        for protocol in service_of(service).protocols:
            if protocol in ("json", "query", "ec2"):
                yield service, protocol


@pytest.mark.slow
@pytest.mark.parametrize(("service", "protocol"), list(cases()))
def test_every_member_of_every_operation(service: str, protocol: str, world: bytes) -> None:
    cloud = Cloud()
    faults: dict[str, str] = {}
    simulated: set[str] = set()
    good: set[str] = set()
    for name in service_of(service).operations:
        snapshots.load(cloud, world)
        if cloud.registry.expect(service).operation(name).handler is not None:
            simulated.add(name)
        tries = None if name in simulated else REFUSED_TRIES
        for request in sample(service, islice(spoilt(service, name, protocol), tries)):
            try:
                response = cloud.handle(request)
            except MISTAKES as error:
                mistake = f"{type(error).__name__} {error} {request.body[:300]!r}"
                faults.setdefault(f"{name} {type(error).__name__}", mistake)
                continue
            if response is not None and response.status == 200:
                good.add(name)
            fault = fault_of(request, response)
            if fault:
                faults.setdefault(name, f"{fault} to {request.body[:300]!r}")
    assert not faults, "\n".join(f"{name}: {fault}" for name, fault in faults.items())
    missed = sorted(simulated - good)
    assert len(good) >= GOOD_AT_LEAST * len(simulated), f"the usual values fail: {missed}"
