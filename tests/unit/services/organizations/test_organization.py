"""The organization itself, its tree, its policies and who may ask: answers and exact errors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.organizations.story import (
    MANAGER,
    OUTSIDER,
    RCP,
    SCP,
    Story,
    document,
    refused,
)

NOT_IN_USE = ("AWSOrganizationsNotInUse", "")
DENIED = ("AccessDenied", "")
SERVICE = "config.amazonaws.com"


def test_a_new_organization(story: Story) -> None:
    id_ = story.organization["Id"]
    prefix = f"arn:aws:organizations::{MANAGER}"
    assert re.fullmatch(r"o-[a-z0-9]{10,32}", id_)
    assert re.fullmatch(r"r-[a-z0-9]{4,32}", story.root)
    assert story.organization == {
        "Id": id_,
        "Arn": f"{prefix}:organization/{id_}",
        "FeatureSet": "ALL",
        "MasterAccountArn": f"{prefix}:account/{id_}/{MANAGER}",
        "MasterAccountId": MANAGER,
        "MasterAccountEmail": f"{MANAGER}@accounts.example.com",
        "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}],
    }
    assert story.api.list_roots()["Roots"] == [
        {
            "Id": story.root,
            "Arn": f"{prefix}:root/{id_}/{story.root}",
            "Name": "Root",
            "PolicyTypes": [{"Type": SCP, "Status": "ENABLED"}],
        }
    ]
    with pytest.raises(ClientError) as found:
        story.api.create_organization()
    assert found.value.response["Error"] == {
        "Code": "AlreadyInOrganizationException",
        "Message": "This account is already a member of an organization. An account can belong "
        "to only one organization at a time.",
    }


def test_deleting_needs_it_empty(story: Story) -> None:
    story.unit("left over")
    story.policy("left over", Effect="Deny", Action="*", Resource="*")
    member = story.account("dev")
    assert refused(story.of(member).delete_organization) == DENIED
    assert refused(story.api.delete_organization) == ("OrganizationNotEmpty", "")
    story.chamber.advance("4d")
    story.api.remove_account_from_organization(AccountId=member)
    story.api.delete_organization()
    assert refused(story.api.describe_organization) == NOT_IN_USE
    fresh = story.api.create_organization()["Organization"]
    assert fresh["Id"] != story.organization["Id"]
    assert len(story.api.list_policies(Filter=SCP)["Policies"]) == 1


def test_who_may_ask(story: Story) -> None:
    member = story.account("dev")
    other = story.of(member)
    assert other.describe_organization()["Organization"] == story.organization
    for call, request in (
        (other.list_accounts, {}),
        (other.list_roots, {}),
        (other.describe_account, {"AccountId": member}),
        (other.create_organizational_unit, {"ParentId": story.root, "Name": "x"}),
        (other.list_policies, {"Filter": SCP}),
    ):
        assert refused(call, **request) == DENIED
    assert refused(story.of(OUTSIDER).list_accounts) == NOT_IN_USE
    with pytest.raises(ClientError, match="Your account is not a member of an organization"):
        story.of(OUTSIDER).describe_organization()


def test_delegated_administrators_read(story: Story) -> None:
    member = story.account("dev")
    asked = {"AccountId": member, "ServicePrincipal": SERVICE}
    register = story.api.register_delegated_administrator
    assert refused(register, **asked) == ("ConstraintViolation", "SERVICE_ACCESS_NOT_ENABLED")
    story.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    assert refused(register, AccountId=MANAGER, ServicePrincipal=SERVICE) == (
        "ConstraintViolation",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
    )
    assert refused(register, AccountId=OUTSIDER, ServicePrincipal=SERVICE) == (
        "AccountNotFound",
        "",
    )
    assert refused(story.api.enable_aws_service_access, ServicePrincipal="config") == (
        "InvalidInput",
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
    )
    register(**asked)
    assert refused(register, **asked) == ("AccountAlreadyRegistered", "")
    other = story.of(member)
    assert [each["Id"] for each in other.list_accounts()["Accounts"]] == sorted([MANAGER, member])
    assert refused(other.move_account, AccountId=member, SourceParentId=story.root,
                   DestinationParentId=story.root) == DENIED  # fmt: skip
    listed = other.list_delegated_administrators(ServicePrincipal=SERVICE)
    assert [each["Id"] for each in listed["DelegatedAdministrators"]] == [member]
    services = other.list_delegated_services_for_account(AccountId=member)["DelegatedServices"]
    assert [each["ServicePrincipal"] for each in services] == [SERVICE]
    enabled = other.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in enabled] == [SERVICE]
    story.chamber.advance("4d")
    assert refused(story.api.remove_account_from_organization, AccountId=member) == (
        "ConstraintViolation",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
    )
    story.api.deregister_delegated_administrator(**asked)
    assert refused(story.api.deregister_delegated_administrator, **asked) == (
        "AccountNotRegistered",
        "",
    )
    assert refused(other.list_accounts) == DENIED


def test_the_resource_policy_delegates(story: Story) -> None:
    member, second = story.account("dev"), story.account("ops")
    assert refused(story.api.describe_resource_policy) == ("ResourcePolicyNotFound", "")
    assert refused(story.api.put_resource_policy, Content="{") == (
        "InvalidInput",
        "INVALID_RESOURCE_POLICY_JSON",
    )
    content = document(
        Effect="Allow", Principal={"AWS": f"arn:aws:iam::{member}:root"},
        Action=["organizations:CreatePolicy", "organizations:ListPolicies"], Resource="*",
        Condition={"StringEquals": {"organizations:PolicyType": SCP}},
    )  # fmt: skip
    put = story.api.put_resource_policy(Content=content)["ResourcePolicy"]
    assert put["Content"] == content
    assert story.api.describe_resource_policy()["ResourcePolicy"] == put
    made = {
        "Name": "theirs", "Description": "", "Type": SCP,
        "Content": document(Effect="Deny", Action="sqs:*", Resource="*"),
    }  # fmt: skip
    story.of(member).create_policy(**made)
    assert len(story.of(member).list_policies(Filter=SCP)["Policies"]) == 2
    assert refused(story.of(member).list_policies, Filter="TAG_POLICY") == DENIED
    assert refused(story.of(member).list_roots) == DENIED
    assert refused(story.of(second).create_policy, **made) == DENIED
    story.api.delete_resource_policy()
    assert refused(story.of(member).list_policies, Filter=SCP) == DENIED


def test_the_tree(story: Story) -> None:
    unit = story.unit("a")
    assert re.fullmatch(rf"ou-{story.root[2:]}-[a-z0-9]{{8,32}}", unit)
    create = story.api.create_organizational_unit
    assert refused(create, ParentId=story.root, Name="a") == ("DuplicateOrganizationalUnit", "")
    deep = unit
    for _ in range(4):
        deep = story.unit("a", deep)
    assert refused(create, ParentId=deep, Name="a") == (
        "ConstraintViolation",
        "OU_DEPTH_LIMIT_EXCEEDED",
    )
    gone = f"ou-{story.root[2:]}-00000000"
    assert refused(create, ParentId=gone, Name="a") == ("ParentNotFound", "")
    assert refused(story.api.list_parents, ChildId=gone) == ("ChildNotFound", "")
    assert refused(story.api.describe_organizational_unit, OrganizationalUnitId=gone) == (
        "OrganizationalUnitNotFound",
        "",
    )
    delete = story.api.delete_organizational_unit
    assert refused(delete, OrganizationalUnitId=unit) == ("OrganizationalUnitNotEmpty", "")
    delete(OrganizationalUnitId=deep)
    other = story.unit("b")
    rename = story.api.update_organizational_unit
    assert refused(rename, OrganizationalUnitId=other, Name="a") == (
        "DuplicateOrganizationalUnit",
        "",
    )
    assert rename(OrganizationalUnitId=other, Name="c")["OrganizationalUnit"]["Name"] == "c"
    member = story.account("dev")
    move = {"AccountId": member, "SourceParentId": story.root, "DestinationParentId": other}
    call = story.api.move_account
    assert refused(call, **{**move, "SourceParentId": unit}) == ("SourceParentNotFound", "")
    assert refused(call, **{**move, "DestinationParentId": gone}) == (
        "DestinationParentNotFound",
        "",
    )
    assert refused(call, **{**move, "DestinationParentId": story.root}) == ("DuplicateAccount", "")
    assert refused(call, **{**move, "AccountId": OUTSIDER}) == ("AccountNotFound", "")
    call(**move)
    assert refused(delete, OrganizationalUnitId=other) == ("OrganizationalUnitNotEmpty", "")
    assert story.api.list_children(ParentId=other, ChildType="ACCOUNT")["Children"] == [
        {"Id": member, "Type": "ACCOUNT"}
    ]


def test_pages_are_the_whole_list(story: Story) -> None:
    units = [story.unit(f"u{number}") for number in range(23)]
    first = story.api.list_organizational_units_for_parent(ParentId=story.root)
    assert len(first["OrganizationalUnits"]) == 20
    for size in (1, 7, 20):
        pages = story.api.get_paginator("list_organizational_units_for_parent").paginate(
            ParentId=story.root, PaginationConfig={"PageSize": size}
        )
        found = [each["Id"] for page in pages for each in page["OrganizationalUnits"]]
        assert found == sorted(units)
    assert refused(story.api.list_accounts, NextToken="x") == (
        "InvalidInput",
        "INVALID_NEXT_TOKEN",
    )


def test_policies_are_held_to_their_kind(story: Story) -> None:
    def create(content: str, type_: str = SCP, name: str = "x") -> Any:
        return refused(
            story.api.create_policy, Content=content, Description="", Name=name, Type=type_
        )

    malformed = ("MalformedPolicyDocument", "")
    deny = document(Effect="Deny", Action="sqs:*", Resource="*")
    assert create("{") == malformed
    assert create(document(Effect="Deny", Principal="*", Action="sqs:*", Resource="*")) == malformed
    assert create(deny, RCP) == malformed
    allow = document(Effect="Allow", Principal="*", Action="sqs:*", Resource="*")
    assert create(allow, RCP) == malformed
    assert create("[]", "TAG_POLICY") == malformed
    too_long = ("ConstraintViolation", "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert create(deny + " " * (5_121 - len(deny))) == too_long
    assert create(deny, name="FullAWSAccess") == ("DuplicatePolicy", "")
    fits = story.api.create_policy(
        Content=deny + " " * (5_120 - len(deny)), Description="", Name="fits", Type=SCP
    )["Policy"]["PolicySummary"]
    assert fits["Arn"] == (
        f"arn:aws:organizations::{MANAGER}:policy/{story.organization['Id']}"
        f"/service_control_policy/{fits['Id']}"
    )
    assert refused(story.api.update_policy, PolicyId="p-FullAWSAccess", Name="x") == (
        "InvalidInput",
        "IMMUTABLE_POLICY",
    )
    assert refused(story.api.describe_policy, PolicyId="p-0000000000") == ("PolicyNotFound", "")
    full = story.api.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]
    assert json.loads(full["Content"])["Statement"] == [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ]


def test_attachments(story: Story) -> None:
    ids = [story.policy(f"p{n}", Effect="Deny", Action="sqs:*", Resource="*") for n in range(5)]
    attach, detach = story.api.attach_policy, story.api.detach_policy
    unit = story.unit("a")
    for id_ in ids[:4]:
        attach(PolicyId=id_, TargetId=unit)
    assert refused(attach, PolicyId=ids[0], TargetId=unit) == ("DuplicatePolicyAttachment", "")
    assert refused(attach, PolicyId=ids[4], TargetId=unit) == (
        "ConstraintViolation",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    assert refused(attach, PolicyId=ids[4], TargetId=OUTSIDER) == ("TargetNotFound", "")
    assert refused(story.api.delete_policy, PolicyId=ids[0]) == ("PolicyInUse", "")
    targets = story.api.list_targets_for_policy(PolicyId=ids[0])["Targets"]
    assert [(each["TargetId"], each["Type"]) for each in targets] == [(unit, "ORGANIZATIONAL_UNIT")]
    for id_ in ids[:4]:
        detach(PolicyId=id_, TargetId=unit)
    assert refused(detach, PolicyId=ids[0], TargetId=unit) == ("PolicyNotAttached", "")
    assert refused(detach, PolicyId="p-FullAWSAccess", TargetId=unit) == (
        "ConstraintViolation",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    story.api.delete_policy(PolicyId=ids[0])
    tag = story.policy("tag", "TAG_POLICY")
    assert refused(attach, PolicyId=tag, TargetId=unit) == ("PolicyTypeNotEnabled", "")
    enable = story.api.enable_policy_type
    assert refused(enable, RootId=story.root, PolicyType=SCP) == ("PolicyTypeAlreadyEnabled", "")
    assert refused(enable, RootId="r-0000", PolicyType=RCP) == ("RootNotFound", "")
    enable(RootId=story.root, PolicyType=RCP)
    assert refused(detach, PolicyId="p-RCPFullAWSAccess", TargetId=unit) == (
        "InvalidInput",
        "NON_DETACHABLE_POLICY",
    )
    assert refused(enable, RootId=story.root, PolicyType="CHATBOT_POLICY")[0] == "NotImplemented"


def test_tags(story: Story) -> None:
    unit = story.unit("a")
    policy = story.policy("p", Effect="Deny", Action="sqs:*", Resource="*")
    for id_ in (unit, policy, story.root, MANAGER):
        story.api.tag_resource(ResourceId=id_, Tags=[{"Key": "b", "Value": "1"}])
        story.api.tag_resource(
            ResourceId=id_, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}]
        )
        assert story.api.list_tags_for_resource(ResourceId=id_)["Tags"] == [
            {"Key": "a", "Value": ""},
            {"Key": "b", "Value": "2"},
        ]
        story.api.untag_resource(ResourceId=id_, TagKeys=["b", "c"])
        assert len(story.api.list_tags_for_resource(ResourceId=id_)["Tags"]) == 1
    tag = story.api.tag_resource
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refused(tag, ResourceId=unit, Tags=twice) == ("InvalidInput", "DUPLICATE_TAG_KEY")
    assert refused(tag, ResourceId=unit, Tags=[{"Key": "aws:x", "Value": ""}]) == (
        "InvalidInput",
        "INVALID_SYSTEM_TAGS_PARAMETER",
    )
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refused(tag, ResourceId=unit, Tags=many) == (
        "ConstraintViolation",
        "MAX_TAG_LIMIT_EXCEEDED",
    )


def test_consolidated_billing_has_no_policies() -> None:
    with Chamber(seed=1, account=MANAGER, iam="enforce") as chamber:
        story = Story(chamber, "CONSOLIDATED_BILLING")
        assert story.organization["AvailablePolicyTypes"] == []
        assert story.api.list_roots()["Roots"][0]["PolicyTypes"] == []
        unavailable = ("PolicyTypeNotAvailableForOrganization", "")
        assert refused(story.api.enable_policy_type, RootId=story.root, PolicyType=SCP) == (
            unavailable
        )
        deny = document(Effect="Deny", Action="*", Resource="*")
        request = {"Content": deny, "Description": "", "Name": "x", "Type": SCP}
        assert refused(story.api.create_policy, **request) == unavailable
        assert refused(story.api.enable_aws_service_access, ServicePrincipal=SERVICE) == (
            "ConstraintViolation",
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        )
        assert refused(story.api.enable_all_features)[0] == "NotImplemented"
        member = story.account("dev")
        assert story.may_queue(member)


def test_values_that_do_not_fit(story: Story) -> None:
    listing = story.api.list_children
    assert refused(listing, ParentId="x", ChildType="ACCOUNT")[0] == "InvalidInput"
    assert refused(listing, ParentId=story.root, ChildType="x")[0] == "InvalidInput"
    assert refused(story.api.list_accounts, MaxResults=21)[0] == "InvalidInput"
