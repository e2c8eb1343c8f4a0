"""Users, groups, policies and attachments against a model of plain sets.

Rules of this file: the model knows what exists, who is in what and who has which policy, and
nothing of how IAM keeps it. After each step every listing that IAM can give must say the same.
"""

from __future__ import annotations

from typing import Any, ClassVar

from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.iam.documents import ACCOUNT, ADMINISTRATOR, allow, arn, every

NAMES = st.sampled_from(["a", "B", "c"])
KINDS = st.sampled_from(["user", "group"])
VERSIONS_MAX = 5


class Iam(RuleBasedStateMachine):
    """Random calls; the model predicts which are refused, and with what code."""

    policies: Bundle[str] = Bundle("policies")
    LISTINGS: ClassVar = (("user", "list_users", "Users"), ("group", "list_groups", "Groups"))

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=7, account=ACCOUNT)
        self.iam = self.chamber.client("iam")
        self.there: set[tuple[str, str]] = set()
        self.members: set[tuple[str, str]] = set()
        self.attached: set[tuple[str, str, str]] = set()
        self.versions: dict[str, list[int]] = {}
        self.newest: dict[str, int] = {}
        self.default: dict[str, int] = {}
        self.boundaries: dict[str, str] = {}

    def teardown(self) -> None:
        self.chamber.close()

    def call(self, operation: str, refused: str | None, **request: Any) -> Any:
        """Make a call that must succeed (`refused` None) or be refused with that code."""
        try:
            answer = getattr(self.iam, operation)(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            assert code == refused, f"{operation} {request}: {code}, not {refused}"
            return None
        assert refused is None, f"{operation} {request} was not refused with {refused}"
        return answer

    def is_there(self, kind: str, name: str) -> str | None:
        return None if (kind, name) in self.there else "NoSuchEntity"

    @rule(kind=KINDS, name=NAMES)
    def create(self, kind: str, name: str) -> None:
        refused = "EntityAlreadyExists" if (kind, name) in self.there else None
        spelled = name.swapcase() if refused else name
        self.call(f"create_{kind}", refused, **{f"{kind.title()}Name": spelled})
        self.there.add((kind, name))

    @rule(kind=KINDS, name=NAMES)
    def delete(self, kind: str, name: str) -> None:
        refused = self.is_there(kind, name)
        has_policies = any((k, n) == (kind, name) for k, n, _ in self.attached)
        place = 0 if kind == "user" else 1
        if not refused and (has_policies or any(pair[place] == name for pair in self.members)):
            refused = "DeleteConflict"
        self.call(f"delete_{kind}", refused, **{f"{kind.title()}Name": name})
        if not refused:
            self.there.remove((kind, name))
            if kind == "user":
                self.boundaries.pop(name, None)

    @rule(kind=KINDS, old=NAMES, new=NAMES)
    def rename(self, kind: str, old: str, new: str) -> None:
        title = kind.title()
        refused = self.is_there(kind, old)
        if not refused and new != old and (kind, new) in self.there:
            refused = "EntityAlreadyExists"
        self.call(f"update_{kind}", refused, **{f"{title}Name": old, f"New{title}Name": new})
        if refused:
            return
        self.there = {(k, new if (k, n) == (kind, old) else n) for k, n in self.there}
        self.attached = {(k, new if (k, n) == (kind, old) else n, p) for k, n, p in self.attached}
        if kind == "user":
            self.members = {(new if u == old else u, g) for u, g in self.members}
            if old in self.boundaries:
                self.boundaries[new] = self.boundaries.pop(old)
        else:
            self.members = {(u, new if g == old else g) for u, g in self.members}

    @rule(user=NAMES, group=NAMES)
    def join(self, user: str, group: str) -> None:
        refused = self.is_there("user", user) or self.is_there("group", group)
        self.call("add_user_to_group", refused, UserName=user, GroupName=group)
        if not refused:
            self.members.add((user, group))

    @rule(user=NAMES, group=NAMES)
    def leave(self, user: str, group: str) -> None:
        refused = self.is_there("user", user) or self.is_there("group", group)
        self.call("remove_user_from_group", refused, UserName=user, GroupName=group)
        self.members.discard((user, group))

    @rule(target=policies, name=NAMES)
    def create_policy(self, name: str) -> str:
        policy = arn(f"policy/{name}")
        refused = "EntityAlreadyExists" if policy in self.versions else None
        self.call("create_policy", refused, PolicyName=name, PolicyDocument=allow("s3:*"))
        if not refused:
            self.versions[policy] = [1]
            self.newest[policy] = self.default[policy] = 1
        return policy

    @rule(policy=policies, is_default=st.booleans())
    def add_version(self, policy: str, is_default: bool) -> None:
        refused = self.missing(policy)
        if not refused and len(self.versions[policy]) == VERSIONS_MAX:
            refused = "LimitExceeded"
        self.call(
            "create_policy_version",
            refused,
            PolicyArn=policy,
            PolicyDocument=allow("sqs:*"),
            SetAsDefault=is_default,
        )
        if not refused:
            self.newest[policy] += 1
            self.versions[policy].append(self.newest[policy])
            if is_default:
                self.default[policy] = self.newest[policy]

    @rule(policy=policies, number=st.integers(1, 6))
    def delete_version(self, policy: str, number: int) -> None:
        refused = self.missing(policy)
        if not refused and number not in self.versions[policy]:
            refused = "NoSuchEntity"
        elif not refused and number == self.default[policy]:
            refused = "DeleteConflict"
        self.call("delete_policy_version", refused, PolicyArn=policy, VersionId=f"v{number}")
        if not refused:
            self.versions[policy].remove(number)

    @rule(policy=policies)
    def delete_policy(self, policy: str) -> None:
        refused = self.missing(policy)
        if not refused and (
            len(self.versions[policy]) > 1
            or any(each == policy for _, _, each in self.attached)
            or policy in self.boundaries.values()
        ):
            refused = "DeleteConflict"
        self.call("delete_policy", refused, PolicyArn=policy)
        if not refused:
            del self.versions[policy]

    def missing(self, policy: str) -> str | None:
        return None if policy in self.versions or policy == ADMINISTRATOR else "NoSuchEntity"

    @rule(kind=KINDS, name=NAMES, policy=policies | st.just(ADMINISTRATOR))
    def attach(self, kind: str, name: str, policy: str) -> None:
        refused = self.is_there(kind, name) or self.missing(policy)
        request = {f"{kind.title()}Name": name, "PolicyArn": policy}
        self.call(f"attach_{kind}_policy", refused, **request)
        if not refused:
            self.attached.add((kind, name, policy))

    @rule(kind=KINDS, name=NAMES, policy=policies | st.just(ADMINISTRATOR))
    def detach(self, kind: str, name: str, policy: str) -> None:
        refused = None if (kind, name, policy) in self.attached else "NoSuchEntity"
        request = {f"{kind.title()}Name": name, "PolicyArn": policy}
        self.call(f"detach_{kind}_policy", refused, **request)
        self.attached.discard((kind, name, policy))

    @rule(name=NAMES, policy=policies)
    def bound(self, name: str, policy: str) -> None:
        refused = self.is_there("user", name) or self.missing(policy)
        request = {"UserName": name, "PermissionsBoundary": policy}
        self.call("put_user_permissions_boundary", refused, **request)
        if not refused:
            self.boundaries[name] = policy

    @invariant()
    def listings_agree(self) -> None:
        for kind, operation, member in self.LISTINGS:
            found = [row[f"{kind.title()}Name"] for row in every(self.iam, operation, member)]
            assert found == sorted((n for k, n in self.there if k == kind), key=str.lower)
        for kind, name in self.there:
            listed = getattr(self.iam, f"list_attached_{kind}_policies")(
                **{f"{kind.title()}Name": name}
            )
            arns = {policy["PolicyArn"] for policy in listed["AttachedPolicies"]}
            assert arns == {p for k, n, p in self.attached if (k, n) == (kind, name)}
            if kind == "group":
                users = self.iam.get_group(GroupName=name)["Users"]
                assert {user["UserName"] for user in users} == {
                    u for u, g in self.members if g == name
                }
            else:
                groups = self.iam.list_groups_for_user(UserName=name)["Groups"]
                assert {group["GroupName"] for group in groups} == {
                    g for u, g in self.members if u == name
                }

    @invariant()
    def policies_agree(self) -> None:
        shown = {p["Arn"]: p for p in self.iam.list_policies(Scope="Local")["Policies"]}
        assert set(shown) == set(self.versions)
        for policy, row in shown.items():
            assert row["AttachmentCount"] == sum(p == policy for _, _, p in self.attached)
            assert row["PermissionsBoundaryUsageCount"] == sum(
                p == policy for p in self.boundaries.values()
            )
            assert row["DefaultVersionId"] == f"v{self.default[policy]}"
            listed = self.iam.list_policy_versions(PolicyArn=policy)["Versions"]
            numbers = [int(version["VersionId"][1:]) for version in listed]
            assert numbers == sorted(self.versions[policy], reverse=True)


TestIam = Iam.TestCase
TestIam.settings = settings(max_examples=15, stateful_step_count=25)
