"""What Organizations answers when it refuses: AWS's codes with the texts of its API reference.

Rules of this file: texts only. The two texts that AWS words otherwise than its reference, and that
clients match on, are the ones it sends.
https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.errors import AwsError

_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AWSOrganizationsNotInUse": "Your account is not a member of an organization.",
        "AccessDenied": "You don't have permissions to access this resource.",
        "AccountAlreadyClosed": "You attempted to close an account that is already closed.",
        "AccountAlreadyRegistered": "The specified account is already a delegated administrator "
        "for this AWS service.",
        "AccountNotFound": "We can't find an AWS account with the AccountId that you specified, "
        "or the account whose credentials you used to make this request isn't a member of an "
        "organization.",
        "AccountNotRegistered": "The specified account is not a delegated administrator for this "
        "AWS service.",
        "AlreadyInOrganization": "This account is already a member of an organization. An account "
        "can belong to only one organization at a time.",
        "ChildNotFound": "We can't find an organizational unit (OU) or AWS account with the "
        "ChildId that you specified.",
        "Conflict": "The request failed because it conflicts with the current state of the "
        "specified resource.",
        "CreateAccountStatusNotFound": "We can't find an create account request with the "
        "CreateAccountRequestId that you specified.",
        "DestinationParentNotFound": "We can't find the destination container (a root or OU) with "
        "the ParentId that you specified.",
        "DuplicateAccount": "That account is already present in the specified destination.",
        "DuplicateHandshake": "A handshake with the same action and target already exists.",
        "DuplicateOrganizationalUnit": "An OU with the same name already exists.",
        "DuplicatePolicyAttachment": "The selected policy is already attached to the specified "
        "target.",
        "DuplicatePolicy": "A policy with the same name already exists.",
        "HandshakeAlreadyInState": "The specified handshake is already in the requested state.",
        "HandshakeNotFound": "We can't find a handshake with the HandshakeId that you specified.",
        "InvalidHandshakeTransition": "You can't perform the operation on the handshake in its "
        "current state.",
        "MalformedPolicyDocument": "The provided policy document does not meet the requirements "
        "of the specified policy type.",
        "MasterCannotLeaveOrganization": "You can't remove a management account from an "
        "organization. If you want the management account to become a member account in another "
        "organization, you must first delete the current organization of the management account.",
        "OrganizationNotEmpty": "The organization isn't empty. To delete an organization, you "
        "must first remove all accounts except the management account.",
        "OrganizationalUnitNotEmpty": "The specified OU is not empty. Move all accounts to "
        "another root or to other OUs, remove all child OUs, and try the operation again.",
        "OrganizationalUnitNotFound": "We can't find an OU with the OrganizationalUnitId that you "
        "specified.",
        "ParentNotFound": "We can't find a root or OU with the ParentId that you specified.",
        "PolicyInUse": "The policy is attached to one or more entities. You must detach it from "
        "all roots, OUs, and accounts before performing this operation.",
        "PolicyNotAttached": "The policy isn't attached to the specified target in the specified "
        "root.",
        "PolicyNotFound": "We can't find a policy with the PolicyId that you specified.",
        "PolicyTypeAlreadyEnabled": "The specified policy type is already enabled in the "
        "specified root.",
        "PolicyTypeNotAvailableForOrganization": "You can't use the specified policy type with "
        "the feature set currently enabled for this organization.",
        "PolicyTypeNotEnabled": "The specified policy type isn't currently enabled in this root.",
        "ResourcePolicyNotFound": "We can't find a resource policy request with the parameter "
        "that you specified.",
        "RootNotFound": "We can't find a root with the RootId that you specified.",
        "SourceParentNotFound": "We can't find a source root or OU with the ParentId that you "
        "specified.",
        "TargetNotFound": "We can't find a root, OU, account, or policy with the TargetId that "
        "you specified.",
    }
)
_CONSTRAINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": "You attempted to exceed the number of accounts "
        "that can be in progress at a time.",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You attempted to exceed the limit on the number of "
        "accounts in an organization. If you need more accounts, contact AWS Support to request "
        "an increase in your limit.",
        "ALREADY_IN_AN_ORGANIZATION": "The handshake request is invalid because the invited "
        "account is already a member of an organization.",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": "You attempted to close the management account.",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": "You attempted to register the "
        "management account of the organization as a delegated administrator for an AWS service "
        "integrated with Organizations. You can designate only a member account as a delegated "
        "administrator.",
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": "You cannot register a "
        "suspended account as a delegated administrator.",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": "You attempted to remove an account "
        "that is registered as a delegated administrator for a service integrated with your "
        "organization. To complete this operation, you must first deregister this account as a "
        "delegated administrator.",
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED": "You have exceeded close account quota for the past 30 "
        "days.",
        "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED": "You attempted to exceed the number of accounts "
        "that you can close at a time.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "You attempted to exceed the number of handshakes that "
        "you can send in one day.",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You attempted to exceed the number of "
        "policies of a certain type that can be attached to an entity at one time.",
        "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the number of tags allowed on this resource.",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You attempted to detach a policy from an "
        "entity that would cause the entity to have fewer than the minimum number of policies of "
        "a certain type required.",
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE": "You attempted to perform an operation that "
        "requires the organization to be configured to support all features. An organization "
        "that supports only consolidated billing features can't perform this operation.",
        "OU_DEPTH_LIMIT_EXCEEDED": "You attempted to create an OU tree that is too many levels "
        "deep.",
        "OU_NUMBER_LIMIT_EXCEEDED": "You attempted to exceed the number of OUs that you can have "
        "in an organization.",
        "POLICY_CONTENT_LIMIT_EXCEEDED": "You attempted to create a policy that is larger than "
        "the maximum size.",
        "POLICY_NUMBER_LIMIT_EXCEEDED": "You attempted to exceed the number of policies that you "
        "can have in an organization.",
        "SERVICE_ACCESS_NOT_ENABLED": "You attempted to register a delegated administrator before "
        "you enabled service access. Call the EnableAWSServiceAccess API first.",
        "WAIT_PERIOD_ACTIVE": "After you create an AWS account, you must wait until at least four "
        "days after the account was created. Invited accounts aren't subject to this waiting "
        "period.",
    }
)
_INPUTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DUPLICATE_TAG_KEY": "Tag keys must be unique among the tags attached to the same entity.",
        "IMMUTABLE_POLICY": "You specified a policy that is managed by AWS and can't be modified.",
        "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the invited "
        "account owner.",
        "INVALID_NEXT_TOKEN": "Get the value for the NextToken parameter from the response to a "
        "previous call of the operation.",
        "INVALID_PARTY_TYPE_TARGET": "You specified the wrong type of entity (account, "
        "organization, or email) as a party.",
        "INVALID_PATTERN": "You provided a value that doesn't match the required pattern.",
        "INVALID_PATTERN_TARGET_ID": "You specified a policy target ID that doesn't match the "
        "required pattern.",
        "INVALID_RESOURCE_POLICY_JSON": "The resource policy is not valid.",
        "INVALID_ROLE_NAME": "You provided a role name that isn't valid. A role name can't begin "
        "with the reserved prefix AWSServiceRoleFor.",
        "INVALID_SYSTEM_TAGS_PARAMETER": "You specified a tag key that is a system tag. You can't "
        "add, edit, or delete system tag keys because they're reserved for AWS use. System tags "
        "don't count against your tags per resource limit.",
        "NON_DETACHABLE_POLICY": "You can't detach this AWS Managed Policy.",
        "TARGET_NOT_SUPPORTED": "You can't perform the specified operation on that target entity.",
        "UNRECOGNIZED_SERVICE_PRINCIPAL": "You specified a service principal that isn't "
        "recognized.",
    }
)


def refusal(name: str) -> AwsError:
    """The error of this name (without `Exception`) with its text."""
    return AwsError(f"{name}Exception", _TEXTS[name])


def constraint(reason: str) -> AwsError:
    """ConstraintViolationException for a reason."""
    return AwsError("ConstraintViolationException", _CONSTRAINTS[reason], Reason=reason)


def handshake_constraint(reason: str) -> AwsError:
    """HandshakeConstraintViolationException for a reason."""
    return AwsError("HandshakeConstraintViolationException", _CONSTRAINTS[reason], Reason=reason)


def invalid(reason: str) -> AwsError:
    """InvalidInputException for a reason."""
    return AwsError("InvalidInputException", _INPUTS[reason], Reason=reason)
