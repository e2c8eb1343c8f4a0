"""Concurrency: reserved, provisioned, shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import ONE, SECOND, Crew, archive, outcome

Make = Callable[..., Any]


def test_what_is_reserved_is_the_most(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=1)
    found = client.get_function_concurrency(FunctionName="jobs")
    assert found["ReservedConcurrentExecutions"] == 1
    crew.answers["jobs"] = lambda order: outcome(duration_ns=10 * SECOND)
    client.invoke(FunctionName="jobs", InvocationType="Event")
    chamber.advance("1s")
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="jobs")
    assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    chamber.advance("10s")
    client.invoke(FunctionName="jobs")
    client.delete_function_concurrency(FunctionName="jobs")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(
        FunctionName="jobs"
    )


def test_a_hundred_must_be_left(client: Any, make: Make) -> None:
    make("jobs")
    with pytest.raises(
        client.exceptions.InvalidParameterValueException,
        match=r"below its minimum value of \[100\]",
    ):
        client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=901)
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=900)
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=900)


def test_the_others_share_what_is_left(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    make("held")
    client.put_function_concurrency(FunctionName="held", ReservedConcurrentExecutions=900)
    crew.answers["jobs"] = lambda order: outcome(duration_ns=60 * SECOND)
    for _ in range(100):
        client.invoke(FunctionName="jobs", InvocationType="Event")
    chamber.advance("1s")
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="jobs")
    assert caught.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert client.invoke(FunctionName="held")["StatusCode"] == 200


def test_provisioned_concurrency_is_used_first_and_warm(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    client.publish_version(FunctionName="jobs")
    put = client.put_provisioned_concurrency_config(
        FunctionName="jobs", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    assert put["Status"] == "READY"
    crew.answers["jobs"] = lambda order: outcome(duration_ns=SECOND, init_ns=SECOND)
    before = chamber.cloud.kernel.now
    client.invoke(FunctionName="jobs", Qualifier="1")
    assert chamber.cloud.kernel.now - before == SECOND
    client.invoke(FunctionName="jobs")
    assert chamber.cloud.kernel.now - before == 3 * SECOND
    assert [order["is_warm_hint"] for order in crew.orders] == [True, False]
    listed = client.list_provisioned_concurrency_configs(FunctionName="jobs")
    (config,) = listed["ProvisionedConcurrencyConfigs"]
    assert config["AvailableProvisionedConcurrentExecutions"] == 1
    client.delete_provisioned_concurrency_config(FunctionName="jobs", Qualifier="1")
    with pytest.raises(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        client.get_provisioned_concurrency_config(FunctionName="jobs", Qualifier="1")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="unpublished"):
        client.put_provisioned_concurrency_config(
            FunctionName="jobs", Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )


def test_it_takes_a_minute_to_allocate(role: str) -> None:
    with Chamber(seed=1, account=ONE, iam="off", lifecycle="realistic") as chamber:
        client = chamber.client("lambda")
        client.create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role,
            Code={"ZipFile": archive()},
        )  # fmt: skip
        chamber.advance("5s")
        client.publish_version(FunctionName="jobs")
        given = {"FunctionName": "jobs", "Qualifier": "1"}
        put = client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=3, **given)
        assert put["Status"] == "IN_PROGRESS"
        assert put["AllocatedProvisionedConcurrentExecutions"] == 0
        chamber.advance("61s")
        got = client.get_provisioned_concurrency_config(**given)
        assert (got["Status"], got["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 3)
