"""An account's default VPC in a Region: there from the first thing that EC2 is asked about it.

Rules of this file: made once for each account and Region, whoever asks; an account that deleted its
default VPC does not get another by asking. The first question may be a Describe: what is made draws
from the account's own streams, so that such a call is an input and a replay makes the same.
https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.interfaces.aws_lists import ensure_aws_lists
from cloudchamber.services.ec2.vpcs.defaults import make_default_vpc


class Begun(msgspec.Struct):
    """The account has been given what it begins with in a Region, at an instant."""

    begun_ns: int


BEGUN: Final = Table("ec2.begun", Begun)


def ensure(call: Call) -> None:
    """Give the call's account its default VPC in the call's Region, unless it was given one."""
    rows = call.rows(BEGUN)
    if "account" in rows:
        return
    rows["account"] = Begun(call.now)
    ensure_aws_lists(call)
    make_default_vpc(call)
