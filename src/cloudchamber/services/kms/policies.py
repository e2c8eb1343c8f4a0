"""Key policies: the default one, put and got, and the check that nobody locks himself out.

Rules of this file: a document is checked before it is kept, so that what is kept can be compiled.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.authorization import decide
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import root
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import (
    MalformedPolicy,
    PolicyKind,
    Principal,
    SourcedPolicy,
    parse_policy,
)
from cloudchamber.services.kms.lookup import check_customers, not_found, owned_key

NAME: Final = "default"
_DEFAULT: Final = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "%s"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""


def default(account: str, partition: str) -> str:
    """The policy of a key that was made without one: the account decides."""
    return _DEFAULT % root(account, partition).arn


def check(call: Call, arn: str, document: str, *, bypass: bool) -> None:
    """Raises MalformedPolicyDocumentException, LimitExceededException.

    Unless `bypass`, the policy must let the caller change it again: by its own name, or by leaving
    it to the caller's account.
    """
    if len(document.encode()) > call.quota("policy-bytes"):
        raise AwsError("LimitExceededException", "The key policy is longer than 32768 bytes.")
    try:
        policy = parse_policy(document, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise AwsError("MalformedPolicyDocumentException", error.message) from error
    if bypass:
        return
    caller = call.caller
    source = SourcedPolicy(arn, f"the key policy of {arn}", policy, arn, "resource")
    account = Principal(
        kind="root", arn=root(caller.account, call.partition).arn, account=caller.account
    )
    for principal in (None, account):
        decision = decide(
            call, "kms:PutKeyPolicy", arn, resource_policy=source, principal=principal
        )
        if decision is None or decision.effect == "allowed":
            return
    raise AwsError(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )


def put_key_policy(call: Call, request: Input) -> Output:
    """Replace a key's policy."""
    key = owned_key(call, request)
    _check_name(request)
    check_customers(key)
    bypass = request.get("BypassPolicyLockoutSafetyCheck", False)
    check(call, key.arn, request["Policy"], bypass=bypass)
    key.policy = request["Policy"]
    return {}


def get_key_policy(call: Call, request: Input) -> Output:
    """A key's policy."""
    key = owned_key(call, request)
    _check_name(request)
    return {"Policy": key.policy, "PolicyName": NAME}


def list_key_policies(call: Call, request: Input) -> Output:
    """Every key has one policy, and it has one name."""
    owned_key(call, request)
    return {"PolicyNames": [NAME], "Truncated": False}


def _check_name(request: Input) -> None:
    if request.get("PolicyName", NAME) != NAME:
        raise not_found("No such policy exists")
