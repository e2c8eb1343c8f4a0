"""Authorize and revoke against a set: what a group allows is what was asked for."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloudchamber import Chamber

Rule = tuple[bool, str, int, int, str]

PORTS = st.integers(1, 4)
PEERS = st.sampled_from(["10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32", "self"])
PROTOCOLS = st.sampled_from(["tcp", "udp", "-1", "icmp"])


class Rules(RuleBasedStateMachine):
    """A group of a VPC that is not the default one."""

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=5)
        self.chamber.__enter__()
        self.ec2 = self.chamber.client("ec2", region_name="eu-west-1", account="111111111111")
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = self.ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)
        self.group = made["GroupId"]
        self.allowed: set[Rule] = {(True, "-1", -1, -1, "0.0.0.0/0")}

    def teardown(self) -> None:
        self.chamber.__exit__(None, None, None)

    def permission(self, each: Rule) -> dict[str, Any]:
        _, protocol, first, last, peer = each
        permission: dict[str, Any] = {"IpProtocol": protocol}
        if protocol != "-1":
            permission |= {"FromPort": first, "ToPort": last}
        if peer == "self":
            permission["UserIdGroupPairs"] = [{"GroupId": self.group}]
        elif ":" in peer:
            permission["Ipv6Ranges"] = [{"CidrIpv6": peer}]
        else:
            permission["IpRanges"] = [{"CidrIp": peer}]
        return permission

    def ask(self, verb: str, each: Rule) -> str:
        way = "egress" if each[0] else "ingress"
        function = getattr(self.ec2, f"{verb}_security_group_{way}")
        try:
            function(GroupId=self.group, IpPermissions=[self.permission(each)])
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    @rule(egress=st.booleans(), protocol=PROTOCOLS, first=PORTS, more=PORTS, peer=PEERS)
    def authorize(self, egress: bool, protocol: str, first: int, more: int, peer: str) -> None:
        ports = (-1, -1) if protocol == "-1" else (first, first + more)
        each = (egress, protocol, *ports, peer)
        expected = "InvalidPermission.Duplicate" if each in self.allowed else ""
        assert self.ask("authorize", each) == expected
        self.allowed.add(each)

    @rule(egress=st.booleans(), protocol=PROTOCOLS, first=PORTS, more=PORTS, peer=PEERS)
    def revoke(self, egress: bool, protocol: str, first: int, more: int, peer: str) -> None:
        ports = (-1, -1) if protocol == "-1" else (first, first + more)
        each = (egress, protocol, *ports, peer)
        expected = "" if each in self.allowed else "InvalidPermission.NotFound"
        assert self.ask("revoke", each) == expected
        self.allowed.discard(each)

    @rule(data=st.data())
    def revoke_by_id(self, data: st.DataObject) -> None:
        listed = self.listed()
        if listed:
            each = data.draw(st.sampled_from(sorted(listed)))
            way = "egress" if each[0] else "ingress"
            function = getattr(self.ec2, f"revoke_security_group_{way}")
            function(GroupId=self.group, SecurityGroupRuleIds=[listed[each]])
            self.allowed.discard(each)

    def listed(self) -> dict[Rule, str]:
        answer = self.ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [self.group]}]
        )
        found = {}
        for each in answer["SecurityGroupRules"]:
            peer = each.get("CidrIpv4") or each.get("CidrIpv6") or "self"
            key = (each["IsEgress"], each["IpProtocol"], each["FromPort"], each["ToPort"], peer)
            found[key] = each["SecurityGroupRuleId"]
        assert len(found) == len(answer["SecurityGroupRules"])
        return found

    @invariant()
    def the_group_has_these(self) -> None:
        assert set(self.listed()) == self.allowed


TestRules = Rules.TestCase
TestRules.settings = settings(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
