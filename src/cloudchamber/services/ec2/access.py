"""What stands before every EC2 operation: is the Region open to the account, is it a dry run?

Rules of this file: checks that raise, nothing else. A Region that an account has not enabled knows
none of its credentials; EC2 says AuthFailure there. As with permissions, `enforce` refuses, `warn`
goes on and writes down what AWS would have said, `off` is silent.
https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.world.geography.regions import Region, find_region


def expect_open_region(call: Call) -> Region:
    """The call's Region, which exists and is open to the account. Raises AwsError."""
    region = find_region(call.region)
    if region is None:
        raise AwsError("InvalidParameterValue", f"Invalid region: [{call.region}]")
    mode = call.cloud.settings.iam
    if mode != "off" and region.opt_in and region.name not in enabled_regions(call):
        if mode == "enforce":
            raise AwsError(
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
                status=401,
            )
        call.event(
            call.arn("region", service="account", region=region.name),
            "region.would-refuse",
            f"{call.caller.arn} would not be known in {region.name}: "
            f"account {call.account} has not enabled that Region",
        )
    return region


def enabled_regions(call: Call) -> frozenset[str]:
    """The opt-in Regions that the call's account has enabled (a matter of the account service)."""
    answer = call.port(ports.ENABLED_REGIONS)
    enabled: frozenset[str] = answer(call.cloud, call.account) if answer else frozenset()
    return enabled


def stop_dry_run(request: Mapping[str, Any]) -> None:
    """End a dry run, which asks only whether the caller may. Raises DryRunOperation."""
    if request.get("DryRun"):
        raise AwsError(
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
            status=412,
        )
