"""What a permission check costs: `python benchmarks/policy.py`.

One user with three policies, as in a small team's account: managed permissions, an application's
queue policy with conditions, and a guard that asks for MFA. Each figure is the best of fifteen
runs, in microseconds of processor time; the request is built anew every time, as the pipeline does.
The promise is under 10 microseconds for the typical request.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from cloudchamber.languages.policy import (
    AccessRequest,
    PolicyKind,
    PolicySet,
    Principal,
    SourcedPolicy,
    evaluate,
    parse_policy,
)

PROMISE_US = 10.0
ACCOUNT = "111122223333"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:app-orders"
USER = Principal(
    kind="user",
    arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
    account=ACCOUNT,
    user_id="AIDAEXAMPLE123456",
)


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=4)


READ = document(
    {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": ["s3:Get*", "s3:List*", "ec2:Describe*", "cloudwatch:*"],
        "Resource": "*",
    },
    {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::payroll/*"},
)
QUEUES = document(
    {
        "Sid": "Queues",
        "Effect": "Allow",
        "Action": "sqs:*",
        "Resource": f"arn:aws:sqs:*:{ACCOUNT}:app-*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    }
)
GUARD = document(
    {
        "Effect": "Allow",
        "Action": "iam:*AccessKey*",
        "Resource": f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}",
    },
    {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    },
)
FULL = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
CONTEXT = {
    "aws:CurrentTime": ("2024-01-01T00:00:00Z",),
    "aws:EpochTime": ("1704067200",),
    "aws:RequestedRegion": ("eu-west-1",),
    "aws:SecureTransport": ("true",),
    "aws:SourceIp": ("203.0.113.9",),
    "aws:UserAgent": ("aws-cli/2.15",),
    "aws:MultiFactorAuthPresent": ("true",),
    "aws:ViaAWSService": ("false",),
}


def sourced(text: str, kind: PolicyKind = PolicyKind.IDENTITY) -> SourcedPolicy:
    """A policy as callers hold it: parsed once."""
    return SourcedPolicy("policy", "Policy", parse_policy(text, kind))


def microseconds(act: Callable[[], object], rounds: int) -> float:
    """The best of fifteen runs, per call."""
    best = float("inf")
    for _ in range(15):
        started = time.process_time()
        for _ in range(rounds):
            act()
        best = min(best, (time.process_time() - started) / rounds)
    return best * 1e6


def main() -> int:
    """Print the figures; 1 when the promise is broken."""
    three = (sourced(READ), sourced(QUEUES), sourced(GUARD))
    one = PolicySet(identity=three[:1])
    typical = PolicySet(identity=three)
    scp = sourced(FULL, PolicyKind.SCP)
    guarded = PolicySet(identity=three, boundary=sourced(FULL), scps=[[scp], [scp], [scp]])

    def ask(policies: PolicySet, action: str = "sqs:SendMessage", resource: str = QUEUE) -> object:
        return evaluate(AccessRequest(USER, action, resource, ACCOUNT, CONTEXT), policies)

    if not evaluate(
        AccessRequest(USER, "sqs:SendMessage", QUEUE, ACCOUNT, CONTEXT), guarded
    ).allowed:
        print("the typical request is not allowed: the figures would mean nothing")
        return 1
    figures = {
        "one policy without conditions": microseconds(
            lambda: ask(one, "s3:GetObject", "arn:aws:s3:::b/k"), 5000
        ),
        "typical: three policies, two conditions": microseconds(lambda: ask(typical), 5000),
        "the same, denied": microseconds(lambda: ask(typical, "sns:Publish"), 5000),
        "with boundary and three levels of SCPs": microseconds(lambda: ask(guarded), 5000),
        "trace of the typical request": microseconds(
            lambda: evaluate(
                AccessRequest(USER, "sqs:SendMessage", QUEUE, ACCOUNT, CONTEXT), typical
            ).trace(),
            500,
        ),
        f"parse {len(GUARD)} characters": microseconds(
            lambda: parse_policy(GUARD, PolicyKind.IDENTITY), 200
        ),
        "pattern of 200 stars on 4,000 characters": hostile(),
    }
    for name, figure in figures.items():
        print(f"{name:<45} {figure:10.1f} µs")
    kept = figures["typical: three policies, two conditions"] < PROMISE_US
    print(f"promise of {PROMISE_US:.0f} µs for the typical request: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


def hostile() -> float:
    """The resource pattern that ruins backtracking matchers."""
    pattern = "arn:aws:s3:::" + "*a" * 200
    policies = PolicySet(
        identity=(sourced(document({"Effect": "Allow", "Action": "*", "Resource": pattern})),)
    )
    resource = "arn:aws:s3:::" + "a" * 4000 + "b"
    return microseconds(
        lambda: evaluate(AccessRequest(USER, "s3:GetObject", resource, ACCOUNT), policies), 50
    )


if __name__ == "__main__":
    sys.exit(main())
