"""An organization as tests tell of it: its manager's client, and short ways to make things."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber

MANAGER: Final = "111111111111"
OUTSIDER: Final = "222222222222"
SCP: Final = "SERVICE_CONTROL_POLICY"
ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
RCP: Final = "RESOURCE_CONTROL_POLICY"


class Story:
    """A new organization with all features in a chamber."""

    def __init__(self, chamber: Chamber, features: str = "ALL") -> None:
        self.chamber = chamber
        self.api: Any = chamber.client("organizations")
        self.organization = self.api.create_organization(FeatureSet=features)["Organization"]
        self.root: str = self.api.list_roots()["Roots"][0]["Id"]

    def of(self, account: str) -> Any:
        """Another account's client."""
        return self.chamber.client("organizations", account=account)

    def account(self, name: str, **more: Any) -> str:
        """The id of a new account."""
        request = self.api.create_account(
            Email=f"{name}@corp.example.com", AccountName=name, **more
        )["CreateAccountStatus"]
        assert request["State"] == "IN_PROGRESS"
        assert "AccountId" not in request
        return str(self.status(request["Id"])["AccountId"])

    def status(self, request: str) -> Any:
        """What became of a request for an account."""
        found = self.api.describe_create_account_status(CreateAccountRequestId=request)
        return found["CreateAccountStatus"]

    def unit(self, name: str, parent: str | None = None) -> str:
        """The id of a new OU."""
        made = self.api.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def policy(self, name: str, type_: str = SCP, **statement: Any) -> str:
        """The id of a new policy with one statement."""
        made = self.api.create_policy(
            Name=name, Description="", Type=type_, Content=document(**statement)
        )
        return str(made["Policy"]["PolicySummary"]["Id"])

    def deny(self, name: str, action: str, target: str) -> str:
        """The id of a new SCP against an action, attached to a target."""
        id_ = self.policy(name, Sid=name, Effect="Deny", Action=action, Resource="*")
        self.api.attach_policy(PolicyId=id_, TargetId=target)
        return id_

    def move(self, account: str, source: str, destination: str) -> None:
        """Put an account under another parent."""
        self.api.move_account(
            AccountId=account, SourceParentId=source, DestinationParentId=destination
        )

    def may_queue(self, account: str, name: str = "q") -> bool:
        """Whether an account's root user may create a queue."""
        sqs = self.chamber.client("sqs", account=account)
        try:
            sqs.create_queue(QueueName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return False
        return True


def user_of(chamber: Chamber, account: str) -> Any:
    """The access key of a new administrator of an account."""
    iam = chamber.client("iam", account=account)
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=ADMINISTRATOR)
    return iam.create_access_key(UserName="ann")["AccessKey"]


def document(**statement: Any) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(call: Any, **request: Any) -> tuple[str, str]:
    """The code and the reason with which a call is refused; the code without `Exception`."""
    with pytest.raises(ClientError) as found:
        call(**request)
    response: Any = found.value.response
    code = response["Error"]["Code"].removesuffix("Exception")
    return code, response.get("Reason", "")
