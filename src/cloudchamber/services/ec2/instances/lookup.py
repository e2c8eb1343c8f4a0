"""Finding instances.

Rules of this file: reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.refusals import missing_parameter

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


def expect_instances(call: Call, ids: Sequence[str]) -> list[Instance]:
    """Instances of the account's own, each once, in the order of their ids' first mention.

    Raises MissingParameter for no ids, InvalidInstanceID.NotFound that names all that are missing.
    """
    if not ids:
        raise missing_parameter("InstanceId")
    rows = call.rows(INSTANCE.table)
    chosen = list(dict.fromkeys(ids))
    missing = [each for each in chosen if each not in rows]
    if len(missing) > 1:
        for each in missing:
            if kinds.missing(INSTANCE, each).code != INSTANCE.not_found:
                raise kinds.missing(INSTANCE, each)
        raise AwsError(INSTANCE.not_found, f"The instance IDs '{', '.join(missing)}' do not exist")
    if missing:
        raise kinds.missing(INSTANCE, missing[0])
    return [rows[each] for each in chosen]


def expect_named(call: Call, request: Input) -> Instance:
    """The instance that a request names as `InstanceId`. Raises MissingParameter as well."""
    identifier = request.get("InstanceId")
    if not identifier:
        raise missing_parameter("InstanceId")
    return expect_instance(call, identifier)


def is_running(instance: Instance) -> bool:
    """True while an instance runs (after it is pending, before it stops)."""
    return instance.state == "running"


def is_live(instance: Instance) -> bool:
    """True unless an instance is gone or going for good."""
    return instance.state not in ("shutting-down", "terminated")


def state_of(name: str) -> dict[str, object]:
    """A state as AWS shows it: code and name."""
    return {"Code": dict(CODES)[name], "Name": name}
