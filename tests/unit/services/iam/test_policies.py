"""Customer managed policies, their versions, attachments and uses; AWS managed policies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber.languages.policy import PolicyKind, parse_policy
from cloudchamber.services.iam.aws_policies import aws_policies
from tests.unit.services.iam.documents import (
    ADMINISTRATOR,
    LAMBDA,
    READ_QUEUES,
    allow,
    arn,
    document,
    every,
    refusal,
)

DOCUMENT = allow("s3:GetObject")
TOO_MANY_VERSIONS = (
    "A managed policy can have up to 5 versions. Before you create a new version, you must "
    "delete an existing version."
)


def names(policies: list[dict[str, Any]]) -> list[str]:
    return [policy["PolicyName"] for policy in policies]


def test_a_policy_is_shown_as_it_was_made(iam: Any) -> None:
    made = iam.create_policy(
        PolicyName="Read",
        Path="/x/",
        PolicyDocument=DOCUMENT,
        Description="may read",
        Tags=[{"Key": "a", "Value": "b"}],
    )["Policy"]
    assert made["Arn"] == arn("policy/x/Read")
    assert re.fullmatch(r"ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == (
        "v1",
        0,
        True,
    )
    shown = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert shown.pop("Description") == "may read"
    assert shown == made
    version = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(DOCUMENT)
    assert version["IsDefaultVersion"] is True
    assert refusal(iam.create_policy, PolicyName="READ", PolicyDocument=DOCUMENT) == (
        "EntityAlreadyExists",
        409,
        "A policy called READ already exists. Duplicate names are not allowed.",
    )
    missing = arn("policy/read")
    assert refusal(iam.get_policy, PolicyArn=missing) == (
        "NoSuchEntity",
        404,
        f"Policy {missing} was not found.",
    )
    assert refusal(iam.get_policy, PolicyArn="arn:aws:s3:::not-a-policy")[0] == "InvalidInput"


def test_documents_go_out_percent_encoded_and_otherwise_as_they_came(
    iam: Any, chamber: Any
) -> None:
    text = allow("s3:*", "arn:aws:s3:::a~b/*").replace(
        '{"Version": "2012-10-17", ', '{ "Version":"2012-10-17",\n'
    )
    iam.create_policy(PolicyName="p", PolicyDocument=text)
    raw: list[str] = []
    iam.meta.events.register(
        "before-parse.iam.GetPolicyVersion",
        lambda response_dict, **_: raw.append(response_dict["body"].decode()),
    )
    iam.get_policy_version(PolicyArn=arn("policy/p"), VersionId="v1")
    sent = re.search(r"<Document>(.*?)</Document>", raw[0])
    assert sent is not None
    assert sent[1].startswith("%7B%20%22Version%22%3A%222012-10-17%22%2C%0A")
    assert "a~b%2F%2A" in sent[1]


def test_a_policy_has_five_versions_at_most(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    made = iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("s3:PutObject"))
    assert made["PolicyVersion"]["VersionId"] == "v2"
    assert made["PolicyVersion"]["IsDefaultVersion"] is False
    assert "Document" not in made["PolicyVersion"]
    for _ in range(3):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=DOCUMENT, SetAsDefault=True)
    assert refusal(iam.create_policy_version, PolicyArn=policy, PolicyDocument=DOCUMENT) == (
        "LimitExceeded",
        409,
        TOO_MANY_VERSIONS,
    )
    versions = every(iam, "list_policy_versions", "Versions", PolicyArn=policy)
    assert [version["VersionId"] for version in versions] == ["v5", "v4", "v3", "v2", "v1"]
    assert [version["IsDefaultVersion"] for version in versions] == [True] + [False] * 4
    assert refusal(iam.delete_policy_version, PolicyArn=policy, VersionId="v5") == (
        "DeleteConflict",
        409,
        "Cannot delete the default version of a policy.",
    )
    iam.delete_policy_version(PolicyArn=policy, VersionId="v4")
    again = iam.create_policy_version(PolicyArn=policy, PolicyDocument=DOCUMENT)
    assert again["PolicyVersion"]["VersionId"] == "v6"
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v2"
    for operation in (iam.get_policy_version, iam.set_default_policy_version):
        assert refusal(operation, PolicyArn=policy, VersionId="v4") == (
            "NoSuchEntity",
            404,
            f"Policy {policy} version v4 does not exist or is not attachable.",
        )


def test_a_policy_goes_when_nobody_has_it_and_one_version_is_left(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=DOCUMENT)
    iam.create_user(UserName="u", PermissionsBoundary=policy)
    attached = ("DeleteConflict", 409, "Cannot delete a policy attached to entities.")
    assert refusal(iam.delete_policy, PolicyArn=policy) == attached
    iam.attach_user_policy(UserName="u", PolicyArn=policy)
    iam.delete_user_permissions_boundary(UserName="u")
    assert refusal(iam.delete_policy, PolicyArn=policy) == attached
    iam.detach_user_policy(UserName="u", PolicyArn=policy)
    code, status, message = refusal(iam.delete_policy, PolicyArn=policy)
    assert (code, status) == ("DeleteConflict", 409)
    assert message.startswith("This policy has more than one version.")
    iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    iam.delete_policy(PolicyArn=policy)
    assert refusal(iam.get_policy, PolicyArn=policy)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{", "MalformedPolicyDocument", "Syntax errors in policy."),
        (allow("GetObject"), "MalformedPolicyDocument", None),
        (
            document({"Effect": "Allow", "Action": "s3:*"}),
            "MalformedPolicyDocument",
            "Policy statement must contain resources.",
        ),
        (
            document({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}),
            "MalformedPolicyDocument",
            "Policy document should not specify a principal.",
        ),
        (allow("s3:*", "x" * 7000), "MalformedPolicyDocument", None),
        (
            allow("s3:*", "arn:aws:s3:::" + "x" * 6200),
            "LimitExceeded",
            "Cannot exceed quota for PolicySize: 6144",
        ),
    ],
)
def test_a_document_is_held_to_the_grammar(
    iam: Any, text: str, code: str, message: str | None
) -> None:
    policy = iam.create_policy(PolicyName="good", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for answer in (
        refusal(iam.create_policy, PolicyName="p", PolicyDocument=text),
        refusal(iam.create_policy_version, PolicyArn=policy, PolicyDocument=text),
    ):
        assert answer[0] == code
        assert answer[1] == (409 if code == "LimitExceeded" else 400)
        assert message is None or answer[2] == message
    assert len(iam.list_policy_versions(PolicyArn=policy)["Versions"]) == 1


def test_white_space_does_not_count_against_the_quota(iam: Any) -> None:
    spacious = json.dumps(json.loads(DOCUMENT), indent=2).replace("\n", "\n" + " " * 1000)
    assert len(spacious) > 6144
    iam.create_policy(PolicyName="p", PolicyDocument=spacious)


def test_policies_are_listed_by_scope_path_and_use(iam: Any) -> None:
    for name, path in (("b", "/x/"), ("A", "/"), ("c", "/x/y/")):
        iam.create_policy(PolicyName=name, Path=path, PolicyDocument=DOCUMENT, Description="d")
    iam.create_user(UserName="u", PermissionsBoundary=arn("policy/x/b"))
    iam.attach_user_policy(UserName="u", PolicyArn=arn("policy/A"))
    iam.attach_user_policy(UserName="u", PolicyArn=READ_QUEUES)

    def listed(**request: Any) -> list[str]:
        return names(every(iam, "list_policies", "Policies", **request))

    assert listed(Scope="Local") == ["A", "b", "c"]
    assert listed(Scope="Local", PathPrefix="/x/") == ["b", "c"]
    assert listed(OnlyAttached=True) == ["A", "AmazonSQSReadOnlyAccess"]
    assert listed(Scope="AWS", OnlyAttached=True) == ["AmazonSQSReadOnlyAccess"]
    assert listed(PolicyUsageFilter="PermissionsBoundary") == ["b"]
    assert listed(Scope="Local", PolicyUsageFilter="PermissionsPolicy") == ["A"]
    everything = iam.list_policies(MaxItems=1000)["Policies"]
    assert len(everything) == 3 + len(aws_policies())
    assert not any({"Tags", "Description"} & set(policy) for policy in everything)
    roles = iam.list_policies(Scope="AWS", PathPrefix="/service-role/", MaxItems=1000)
    assert "AWSLambdaBasicExecutionRole" in names(roles["Policies"])
    assert all(policy["Path"] == "/service-role/" for policy in roles["Policies"])


def test_a_policy_of_the_account_may_be_called_like_one_of_aws(iam: Any) -> None:
    mine = iam.create_policy(PolicyName="AdministratorAccess", PolicyDocument=DOCUMENT)["Policy"]
    iam.create_user(UserName="u")
    for policy in (ADMINISTRATOR, mine["Arn"]):
        iam.attach_user_policy(UserName="u", PolicyArn=policy)
    attached = iam.get_paginator("list_attached_user_policies").paginate(
        UserName="u", PaginationConfig={"PageSize": 1}
    )
    arns = [policy["PolicyArn"] for page in attached for policy in page["AttachedPolicies"]]
    assert sorted(arns) == sorted([ADMINISTRATOR, mine["Arn"]])


def test_policy_tags(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.tag_policy(PolicyArn=policy, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=policy, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=policy)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert iam.get_policy(PolicyArn=policy)["Policy"]["Tags"] == [{"Key": "b", "Value": "2"}]
    assert iam.list_policy_tags(PolicyArn=ADMINISTRATOR)["Tags"] == []


# Attachments


def make(iam: Any, kind: str) -> dict[str, str]:
    if kind == "user":
        iam.create_user(UserName="x")
    elif kind == "group":
        iam.create_group(GroupName="x")
    else:
        iam.create_role(RoleName="x", AssumeRolePolicyDocument=LAMBDA)
    return {f"{kind.capitalize()}Name": "x"}


KINDS = pytest.mark.parametrize("kind", ["user", "group", "role"])


@KINDS
def test_policies_are_attached_and_detached(iam: Any, kind: str) -> None:
    who = make(iam, kind)
    attach: Callable[..., Any] = getattr(iam, f"attach_{kind}_policy")
    detach: Callable[..., Any] = getattr(iam, f"detach_{kind}_policy")
    listing: Callable[..., Any] = getattr(iam, f"list_attached_{kind}_policies")
    policy = iam.create_policy(PolicyName="p", Path="/x/", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for each in (policy, policy, ADMINISTRATOR):
        attach(**who, PolicyArn=each)
    assert listing(**who)["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR},
        {"PolicyName": "p", "PolicyArn": policy},
    ]
    assert names(listing(**who, PathPrefix="/x/")["AttachedPolicies"]) == ["p"]
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
    missing = arn("policy/missing")
    assert refusal(attach, **who, PolicyArn=missing) == (
        "NoSuchEntity",
        404,
        f"Policy {missing} does not exist or is not attachable.",
    )
    assert refusal(detach, **who, PolicyArn=missing) == (
        "NoSuchEntity",
        404,
        f"Policy {missing} was not found.",
    )
    service_role = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
    assert refusal(attach, **who, PolicyArn=service_role)[:2] == ("PolicyNotAttachable", 400)
    detach(**who, PolicyArn=policy)
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 0
    member = next(iter(who))
    assert refusal(attach, **{member: "nobody"}, PolicyArn=policy)[2] == (
        f"The {kind} with name nobody cannot be found."
    )


@KINDS
def test_ten_policies_are_attached_at_most(iam: Any, kind: str) -> None:
    who = make(iam, kind)
    attach: Callable[..., Any] = getattr(iam, f"attach_{kind}_policy")
    arns = [
        iam.create_policy(PolicyName=f"p{n}", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
        for n in range(11)
    ]
    for policy in arns[:10]:
        attach(**who, PolicyArn=policy)
    assert refusal(attach, **who, PolicyArn=arns[10]) == (
        "LimitExceeded",
        409,
        f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: 10",
    )


def test_entities_of_a_policy(iam: Any) -> None:
    for kind in ("user", "group", "role"):
        getattr(iam, f"attach_{kind}_policy")(**make(iam, kind), PolicyArn=READ_QUEUES)
    iam.create_user(UserName="bound", Path="/b/", PermissionsBoundary=READ_QUEUES)

    def entities(**request: Any) -> list[str]:
        found = iam.list_entities_for_policy(PolicyArn=READ_QUEUES, **request)
        return [
            each[f"{kind}Name"]
            for kind, member in (
                ("User", "PolicyUsers"),
                ("Group", "PolicyGroups"),
                ("Role", "PolicyRoles"),
            )
            for each in found[member]
        ]

    assert entities() == ["bound", "x", "x", "x"]
    assert entities(EntityFilter="Role") == ["x"]
    assert entities(PolicyUsageFilter="PermissionsBoundary") == ["bound"]
    assert entities(PolicyUsageFilter="PermissionsPolicy", EntityFilter="User") == ["x"]
    assert entities(PathPrefix="/b/") == ["bound"]
    paged = iam.list_entities_for_policy(PolicyArn=READ_QUEUES, MaxItems=3)
    assert (len(paged["PolicyUsers"]), len(paged["PolicyGroups"])) == (2, 1)
    rest = iam.list_entities_for_policy(PolicyArn=READ_QUEUES, Marker=paged["Marker"])
    assert [role["RoleName"] for role in rest["PolicyRoles"]] == ["x"]
    assert rest["PolicyUsers"] == []


@KINDS
def test_inline_policies(iam: Any, kind: str) -> None:
    who = make(iam, kind)
    put: Callable[..., Any] = getattr(iam, f"put_{kind}_policy")
    get: Callable[..., Any] = getattr(iam, f"get_{kind}_policy")
    delete: Callable[..., Any] = getattr(iam, f"delete_{kind}_policy")
    listing: Callable[..., Any] = getattr(iam, f"list_{kind}_policies")
    for name in ("b", "a", "b"):
        put(**who, PolicyName=name, PolicyDocument=allow("s3:*", Sid=name))
    assert listing(**who)["PolicyNames"] == ["a", "b"]
    shown = get(**who, PolicyName="b")
    assert shown["PolicyDocument"]["Statement"][0]["Sid"] == "b"
    assert shown["PolicyName"] == "b"
    assert refusal(put, **who, PolicyName="c", PolicyDocument="{}")[:2] == (
        "MalformedPolicyDocument",
        400,
    )
    delete(**who, PolicyName="b")
    for operation in (get, delete):
        assert refusal(operation, **who, PolicyName="b") == (
            "NoSuchEntity",
            404,
            f"The {kind} policy with name b cannot be found.",
        )


@pytest.mark.parametrize(("kind", "limit"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_share_one_quota(iam: Any, kind: str, limit: int) -> None:
    who = make(iam, kind)
    put: Callable[..., Any] = getattr(iam, f"put_{kind}_policy")
    half = allow("s3:*", "arn:aws:s3:::" + "x" * (limit // 2 - 100))
    put(**who, PolicyName="a", PolicyDocument=half)
    put(**who, PolicyName="b", PolicyDocument=half)
    put(**who, PolicyName="b", PolicyDocument=half)
    assert refusal(put, **who, PolicyName="c", PolicyDocument=half) == (
        "LimitExceeded",
        409,
        f"Maximum policy size of {limit} bytes exceeded for {kind} x",
    )


def test_boundaries(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for kind, shown in (("user", "get_user"), ("role", "get_role")):
        who = make(iam, kind)
        put: Callable[..., Any] = getattr(iam, f"put_{kind}_permissions_boundary")
        put(**who, PermissionsBoundary=ADMINISTRATOR)
        put(**who, PermissionsBoundary=policy)
        row = getattr(iam, shown)(**who)[kind.capitalize()]
        assert row["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
        missing = arn("policy/missing")
        assert refusal(put, **who, PermissionsBoundary=missing) == (
            "NoSuchEntity",
            404,
            f"Scope ARN: {missing} does not exist or is not attachable.",
        )
    counted = iam.get_policy(PolicyArn=policy)["Policy"]
    assert counted["PermissionsBoundaryUsageCount"] == 2
    assert iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["PermissionsBoundaryUsageCount"] == 0
    iam.delete_user_permissions_boundary(UserName="x")
    assert "PermissionsBoundary" not in iam.get_user(UserName="x")["User"]
    iam.delete_role_permissions_boundary(RoleName="x")
    iam.delete_policy(PolicyArn=policy)


# AWS's policies


def test_aws_policies_can_be_read_and_not_changed(iam: Any) -> None:
    shown = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    assert shown["PolicyId"] == "ANPAIWMBCKSKIEE64ZLYK"
    version = iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=shown["DefaultVersionId"])[
        "PolicyVersion"
    ]
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    for operation, more in (
        (iam.delete_policy, {}),
        (iam.create_policy_version, {"PolicyDocument": DOCUMENT}),
        (iam.set_default_policy_version, {"VersionId": "v1"}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        assert refusal(operation, PolicyArn=ADMINISTRATOR, **more) == (
            "AccessDenied",
            403,
            "Policy is outside your own account.",
        )
    unknown = "arn:aws:iam::aws:policy/NoSuchAccess"
    assert refusal(iam.get_policy, PolicyArn=unknown)[:2] == ("NoSuchEntity", 404)
    assert refusal(iam.get_policy, PolicyArn=ADMINISTRATOR.lower())[0] == "NoSuchEntity"


@pytest.mark.parametrize("policy", aws_policies().values(), ids=lambda policy: policy.name)
def test_an_aws_policy_is_a_policy(policy: Any) -> None:
    parsed = parse_policy(policy.document, PolicyKind.IDENTITY, managed=True)
    assert parsed.statements
    assert policy.arn == f"arn:aws:iam::aws:policy{policy.path}{policy.name}"
    assert re.fullmatch(r"ANPA[A-Z0-9]{17}", policy.id)
    assert policy.created_ns <= policy.updated_ns


def test_a_policy_that_was_not_compared_with_awss_says_so_when_it_is_used(
    iam: Any, chamber: Any
) -> None:
    exact, approximate = (
        f"arn:aws:iam::aws:policy/{name}" for name in ("PowerUserAccess", "ReadOnlyAccess")
    )
    iam.create_user(UserName="u", PermissionsBoundary=exact)
    iam.attach_user_policy(UserName="u", PolicyArn=exact)
    assert chamber.events(about=exact) == []
    iam.attach_user_policy(UserName="u", PolicyArn=approximate)
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=approximate)
    told = chamber.events(about=approximate)
    assert [event["what"] for event in told] == ["iam.policy-not-exact"] * 2
    assert "shortened" in told[0]["sentence"]
    assert not any(policy.exact and policy.approximate for policy in aws_policies().values())


def test_aws_policies_are_known_by_name_path_and_partition() -> None:
    policies = aws_policies()
    assert len({policy.id for policy in policies.values()}) == len(policies) > 120
    folders = {policy.path for policy in policies.values()}
    assert folders == {"/", "/service-role/", "/aws-service-role/", "/job-function/"}
    china = aws_policies("aws-cn")
    assert china["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"].name == "ReadOnlyAccess"
    assert not any('"arn:aws:' in policy.document for policy in china.values())
    for path, name in (
        ("", "PowerUserAccess"),
        ("", "AmazonSSMManagedInstanceCore"),
        ("", "AmazonEKSClusterPolicy"),
        ("", "AmazonEKS_CNI_Policy"),
        ("service-role/", "AmazonECSTaskExecutionRolePolicy"),
        ("service-role/", "AWSLambdaSQSQueueExecutionRole"),
        ("job-function/", "ViewOnlyAccess"),
        ("", "SecurityAudit"),
    ):
        assert f"arn:aws:iam::aws:policy/{path}{name}" in policies
