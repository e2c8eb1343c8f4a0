"""Opt-in Regions of an account, asked by botocore's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from cloudchamber.world.geography.regions import regions


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def status_of(client: Any, region: str) -> str:
    found: str = client.get_region_opt_status(RegionName=region)["RegionOptStatus"]
    return found


def error_of(call: Any, **request: Any) -> Any:
    with pytest.raises(ClientError) as found:
        call(**request)
    return found.value.response


def test_a_new_account_has_the_default_regions(chamber: Chamber) -> None:
    account = chamber.client("account")
    listed = account.list_regions()["Regions"]
    assert listed == [
        {
            "RegionName": each.name,
            "RegionOptStatus": "DISABLED" if each.opt_in else "ENABLED_BY_DEFAULT",
        }
        for each in sorted(regions("aws"), key=lambda each: each.name)
    ]
    # The answer that AWS's guide prints for this request.
    by_default = account.list_regions(RegionOptStatusContains=["ENABLED_BY_DEFAULT"])["Regions"]
    assert [each["RegionName"] for each in by_default] == [
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"),
        *("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2"),
        *("eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    ]


def test_pages_are_the_whole_list(chamber: Chamber) -> None:
    account = chamber.client("account")
    pages = account.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 7})
    names = [each["RegionName"] for page in pages for each in page["Regions"]]
    assert names == sorted(each.name for each in regions("aws"))
    refused = error_of(account.list_regions, NextToken="nonsense")
    assert refused["Error"]["Code"] == "ValidationException"


def test_enabling_takes_the_time_of_the_lifecycle() -> None:
    for lifecycle, seconds in (("realistic", 300), ("adversarial", 4 * 3600)):
        with Chamber(seed=1, lifecycle=lifecycle) as chamber:  # type: ignore[arg-type]
            account = chamber.client("account")
            for verb, between, after in (
                ("enable_region", "ENABLING", "ENABLED"),
                ("disable_region", "DISABLING", "DISABLED"),
            ):
                getattr(account, verb)(RegionName="me-south-1")
                assert status_of(account, "me-south-1") == between
                for other in (account.enable_region, account.disable_region):
                    refused = error_of(other, RegionName="me-south-1")
                    assert refused["Error"]["Code"] == "ConflictException"
                    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 409
                chamber.advance(seconds - 1)
                assert status_of(account, "me-south-1") == between
                chamber.advance(1)
                assert status_of(account, "me-south-1") == after


def test_instant_and_idempotent(chamber: Chamber) -> None:
    account = chamber.client("account")
    for _ in range(2):
        account.enable_region(RegionName="il-central-1")
        assert status_of(account, "il-central-1") == "ENABLED"
    other = chamber.client("account", account="222222222222")
    assert status_of(other, "il-central-1") == "DISABLED"
    for _ in range(2):
        account.disable_region(RegionName="il-central-1")
        assert status_of(account, "il-central-1") == "DISABLED"
    told = [e["what"] for e in chamber.events() if e["what"].startswith("account.region-")]
    assert told == [
        "account.region-enabling",
        "account.region-enabled",
        "account.region-disabling",
        "account.region-disabled",
    ]


def test_six_changes_at_a_time() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        account = chamber.client("account")
        closed = [each.name for each in regions("aws") if each.opt_in]
        for name in closed[:6]:
            account.enable_region(RegionName=name)
        refused = error_of(account.enable_region, RegionName=closed[6])
        assert refused["Error"]["Code"] == "TooManyRequestsException"
        assert refused["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert status_of(account, closed[6]) == "DISABLED"
        chamber.advance(300)
        account.enable_region(RegionName=closed[6])
        assert status_of(account, closed[6]) == "ENABLING"


@pytest.mark.parametrize("verb", ["enable_region", "disable_region"])
def test_what_cannot_be_changed(chamber: Chamber, verb: str) -> None:
    account = chamber.client("account")
    default = error_of(getattr(account, verb), RegionName="eu-west-1")
    assert default["Error"]["Code"] == "ValidationException"
    assert default["reason"] == "invalidRegionOptTarget"
    for name in ("us-nowhere-1", "cn-north-1"):
        refused = error_of(getattr(account, verb), RegionName=name)
        assert refused["Error"]["Code"] == "ValidationException"
        assert refused["reason"] == "fieldValidationFailed"
        assert name in refused["Error"]["Message"]
        assert refused["fieldList"][0]["name"] == "RegionName"


def test_acting_on_oneself_by_id_is_denied(chamber: Chamber) -> None:
    account = chamber.client("account")
    refused = error_of(account.list_regions, AccountId=chamber.cloud.settings.account)
    assert refused["Error"]["Code"] == "AccessDeniedException"


def test_the_rest_is_refused_by_name(chamber: Chamber) -> None:
    refused = error_of(chamber.client("account").get_contact_information)
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "account.GetContactInformation" in refused["Error"]["Message"]
