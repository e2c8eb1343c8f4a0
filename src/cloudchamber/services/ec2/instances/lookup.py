"""Finding instances.

Rules of this file: reads only.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance

# AWS's numbers: the low byte of a code is the state.
CODES: Final = (
    ("pending", 0),
    ("running", 16),
    ("shutting-down", 32),
    ("terminated", 48),
    ("stopping", 64),
    ("stopped", 80),
)


def expect_instance(call: Call, identifier: str) -> Instance:
    """An instance of the account's own. Raises InvalidInstanceID.NotFound or .Malformed."""
    return kinds.expect(call, INSTANCE, identifier)


def is_running(instance: Instance) -> bool:
    """True while an instance runs (after it is pending, before it stops)."""
    return instance.state == "running"


def is_live(instance: Instance) -> bool:
    """True unless an instance is gone or going for good."""
    return instance.state not in ("shutting-down", "terminated")


def state_of(name: str) -> dict[str, object]:
    """A state as AWS shows it: code and name."""
    return {"Code": dict(CODES)[name], "Name": name}
