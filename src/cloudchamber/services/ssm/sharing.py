"""Resource policies: an advanced parameter, shared with other accounts.

Rules of this file: one policy for a parameter, changed only by who knows its hash. It is in force
for the four operations that read. https://docs.aws.amazon.com/systems-manager/latest/userguide/
parameter-store-shared-parameters.html
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind, parse_policy
from cloudchamber.services.ssm.names import Asked, find
from cloudchamber.services.ssm.nouns import ADVANCED, Parameter, Sharing

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def put_resource_policy(call: Call, request: Input) -> Output:
    """Share a parameter, or change with whom. Raises ResourcePolicyConflictException, ..."""
    parameter = _expect(call, request)
    if parameter.latest.tier != ADVANCED:
        raise _invalid("To share a parameter, it must be in the advanced parameter tier.")
    text = request["Policy"]
    try:
        parse_policy(text, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise AwsError("MalformedResourcePolicyDocumentException", str(error)) from None
    old = parameter.sharing
    if old is not None and "PolicyId" not in request:
        raise AwsError(
            "ResourcePolicyLimitExceededException",
            "Only one policy can be attached to a parameter. To change it, specify its PolicyId "
            "and PolicyHash.",
            Limit=1,
            LimitType="PolicyCount",
        )
    if "PolicyId" in request:
        _check_hash(parameter, request)
    id_ = old.id if old is not None else call.stream(parameter.arn, "policy").uuid()
    parameter.sharing = Sharing(id_, sha256(text.encode()).hexdigest(), text)
    return {"PolicyId": id_, "PolicyHash": parameter.sharing.hash}


def get_resource_policies(call: Call, request: Input) -> Output:
    """The policy of a parameter, if it has one."""
    shared = _expect(call, request).sharing
    policies = []
    if shared is not None:
        policies = [{"PolicyId": shared.id, "PolicyHash": shared.hash, "Policy": shared.text}]
    return {"Policies": policies}


def delete_resource_policy(call: Call, request: Input) -> Output:
    """Share a parameter no longer. Raises ResourcePolicyNotFoundException, ...Conflict..."""
    parameter = _expect(call, request)
    _check_hash(parameter, request)
    parameter.sharing = None
    return {}


def _expect(call: Call, request: Input) -> Parameter:
    text = request["ResourceArn"]
    arn = find_arn(text)
    if arn is None or arn.service != "ssm":
        raise _invalid(f"The resource ARN {text} is not valid.")
    if not arn.resource.startswith("parameter/"):
        raise Refused("ssm", call.operation_name, "only parameters can be shared here")
    if arn.account != call.account or arn.region != call.region:
        raise _invalid(f"The resource ARN {text} is not in this account and Region.")
    name = arn.resource.removeprefix("parameter")
    found = find(call, Asked(call.account, name, "", by_arn=True))
    if found is None:
        raise AwsError(
            "ResourceNotFoundException", "The specified parameter to be shared could not be found."
        )
    return found


def _check_hash(parameter: Parameter, request: Input) -> None:
    shared = parameter.sharing
    if shared is None or shared.id != request["PolicyId"]:
        raise AwsError(
            "ResourcePolicyNotFoundException",
            "No policies with the specified policy ID and hash could be found.",
        )
    if shared.hash != request.get("PolicyHash"):
        raise AwsError(
            "ResourcePolicyConflictException",
            "The hash provided in the call doesn't match the stored hash. This exception is thrown "
            "when trying to update an obsolete policy version or when multiple requests to update "
            "a policy are sent.",
        )


def _invalid(message: str) -> AwsError:
    return AwsError("ResourcePolicyInvalidParameterException", message)
