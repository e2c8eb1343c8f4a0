"""A random organization against a small model: a tree of parents and sets of denied actions.

The model knows nothing of policies: what a member may do is the full set less what any level above
it denies. The chamber decides the same question call by call, through the whole pipeline.
"""

from __future__ import annotations

import json
from typing import Any, Final

from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloudchamber.cloud.errors import AccessDenied
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.organizations.story import MANAGER, SCP, Story

ACTIONS: Final = ("sqs:ListQueues", "iam:ListUsers", "ec2:DescribeRegions")
DEPTH: Final = 5
ATTACHED: Final = 5
numbers = st.sampled_from(range(60))


class Organization(RuleBasedStateMachine):
    """OUs, accounts and policies come, move and go."""

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1, account=MANAGER, iam="enforce")
        self.story = Story(self.chamber)
        self.parents: dict[str, str] = {self.story.root: ""}
        self.accounts: dict[str, str] = {MANAGER: self.story.root}
        self.denied: dict[str, frozenset[str]] = {}
        self.attached: dict[str, list[str]] = {self.story.root: [], MANAGER: []}
        self.in_force = True
        self.made = 0

    def teardown(self) -> None:
        self.chamber.close()

    @initialize()
    def begin(self) -> None:
        self.new_account(0)
        for action in ACTIONS[:2]:
            self.new_unit(0)
            self.new_policy(frozenset({action}))
            self.attach(len(self.denied) - 1, len(self.attached) - 1)

    # What happens

    @rule(number=numbers)
    def new_unit(self, number: int) -> None:
        parent = pick(self.parents, number)
        self.made += 1
        fits = len(self.line(parent)) <= DEPTH
        made = self.tried(lambda: self.story.unit(f"u{self.made}", parent))
        assert (made is not None) == fits
        if made is not None:
            self.parents[made] = parent
            self.attached[made] = []

    @rule(number=numbers)
    def new_account(self, number: int) -> None:
        if len(self.accounts) > 4:
            return
        self.made += 1
        account = self.story.account(f"a{self.made}")
        self.accounts[account] = self.story.root
        self.attached[account] = []

    @rule(number=numbers, where=numbers)
    def move(self, number: int, where: int) -> None:
        account, to = pick(self.accounts, number), pick(self.parents, where)
        moved = self.tried(
            lambda: self.story.api.move_account(
                AccountId=account,
                SourceParentId=self.accounts[account],
                DestinationParentId=to,
            )
        )
        assert (moved is not None) == (to != self.accounts[account])
        self.accounts[account] = to

    @rule(number=numbers)
    def drop_unit(self, number: int) -> None:
        unit = pick(self.parents, number)
        if unit == self.story.root:
            return
        empty = unit not in [*self.parents.values(), *self.accounts.values()]
        gone = self.tried(
            lambda: self.story.api.delete_organizational_unit(OrganizationalUnitId=unit)
        )
        assert (gone is not None) == empty
        if empty:
            del self.parents[unit]
            del self.attached[unit]

    @rule(actions=st.frozensets(st.sampled_from(ACTIONS), min_size=1))
    def new_policy(self, actions: frozenset[str]) -> None:
        self.made += 1
        policy = self.story.policy(
            f"p{self.made}", Effect="Deny", Action=sorted(actions), Resource="*"
        )
        self.denied[policy] = actions

    @rule(number=numbers, actions=st.frozensets(st.sampled_from(ACTIONS), min_size=1))
    def rewrite_policy(self, number: int, actions: frozenset[str]) -> None:
        if self.denied:
            policy = pick(self.denied, number)
            statement = {"Effect": "Deny", "Action": sorted(actions), "Resource": "*"}
            self.story.api.update_policy(
                PolicyId=policy,
                Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            )
            self.denied[policy] = actions

    @rule(number=numbers, where=numbers)
    def attach(self, number: int, where: int) -> None:
        if not self.denied:
            return
        policy, target = pick(self.denied, number), pick(self.attached, where)
        there = self.attached[target]
        fits = self.in_force and policy not in there and len(there) + 1 < ATTACHED
        done = self.tried(lambda: self.story.api.attach_policy(PolicyId=policy, TargetId=target))
        assert (done is not None) == fits
        if fits:
            there.append(policy)

    @rule(number=numbers, where=numbers)
    def detach(self, number: int, where: int) -> None:
        if not self.denied:
            return
        policy, target = pick(self.denied, number), pick(self.attached, where)
        done = self.tried(lambda: self.story.api.detach_policy(PolicyId=policy, TargetId=target))
        assert (done is not None) == (policy in self.attached[target])
        if done is not None:
            self.attached[target].remove(policy)

    @rule(number=numbers)
    def switch(self, number: int) -> None:
        if number % 4:
            return  # rarely, for it takes every attachment away
        api = self.story.api
        switch = api.disable_policy_type if self.in_force else api.enable_policy_type
        switch(RootId=self.story.root, PolicyType=SCP)
        self.in_force = not self.in_force
        self.attached = {target: [] for target in self.attached}

    @rule()
    def go_on_in_a_fork(self) -> None:
        other = self.chamber.fork()
        self.chamber.close()
        self.chamber = self.story.chamber = other
        self.story.api = other.client("organizations")

    # What must be so

    @invariant()
    def accounts_may_do_what_the_model_says(self) -> None:
        for account, parent in self.accounts.items():
            barred: set[str] = set()
            if account != MANAGER:
                for target in (account, *self.line(parent)):
                    barred.update(*(self.denied[policy] for policy in self.attached[target]))
            for action in ACTIONS:
                service, name = action.split(":")
                assert self.may(account, service, name) == (action not in barred)

    @invariant()
    def the_tree_is_the_models(self) -> None:
        api = self.story.api
        for parent in self.parents:
            units = api.list_children(ParentId=parent, ChildType="ORGANIZATIONAL_UNIT")
            assert [each["Id"] for each in units["Children"]] == sorted(
                unit for unit, above in self.parents.items() if above == parent
            )
            accounts = api.list_children(ParentId=parent, ChildType="ACCOUNT")
            assert [each["Id"] for each in accounts["Children"]] == sorted(
                account for account, above in self.accounts.items() if above == parent
            )

    def line(self, unit: str) -> list[str]:
        found = [unit]
        while self.parents[found[-1]]:
            found.append(self.parents[found[-1]])
        return found

    def may(self, account: str, service: str, operation: str) -> bool:
        """Whether an account's root user may do this."""
        try:
            self.chamber.cloud.ask(service, operation, {}, account=account)
        except AccessDenied:
            return False
        return True

    def tried(self, call: Any) -> Any:
        """What a call answers, or None when it is refused."""
        try:
            return call()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise
            return None


def pick(some: dict[str, Any], number: int) -> str:
    """One of the keys."""
    return list(some)[number % len(some)]


TestOrganization = Organization.TestCase
TestOrganization.settings = settings(max_examples=18, stateful_step_count=30)
