"""What AWS Organizations answers. Everything it does not list is refused by name."""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud import service as contract
from cloudchamber.cloud.service import Service, refused
from cloudchamber.services.organizations import (
    attachments,
    creation,
    guards,
    handshakes,
    membership,
    organizations,
    policies,
    resource_policy,
    tagged,
    tagging,
    tree,
)
from cloudchamber.services.organizations.limits import QUOTAS
from cloudchamber.services.organizations.nouns import TABLES
from cloudchamber.services.organizations.views import condition_keys, resource_of

_TYPES: Final = (
    "SCPs and RCPs are in force; tag, backup and AI opt-out policies are recorded; "
    "other types are refused."
)
_TRUST: Final = "AWS RAM asks whether it is trusted; the other services do not."
_FEATURES: Final = "create the organization with the feature set ALL"
_EFFECTIVE: Final = "management policies are not merged along the tree"

simulated: Final = partial(contract.simulated, resource=resource_of, context=condition_keys)
_policies: Final = partial(simulated, note=_TYPES)

SERVICE: Final = Service(
    name="organizations",
    operations={
        # The organization
        "CreateOrganization": simulated(organizations.create_organization),
        "DescribeOrganization": simulated(organizations.describe_organization),
        "DeleteOrganization": simulated(organizations.delete_organization),
        "EnableAllFeatures": refused(_FEATURES),
        "ListRoots": simulated(organizations.list_roots),
        # The tree
        "CreateOrganizationalUnit": simulated(tree.create_organizational_unit),
        "DescribeOrganizationalUnit": simulated(tree.describe_organizational_unit),
        "UpdateOrganizationalUnit": simulated(tree.update_organizational_unit),
        "DeleteOrganizationalUnit": simulated(tree.delete_organizational_unit),
        "ListOrganizationalUnitsForParent": simulated(tree.list_organizational_units),
        "ListAccountsForParent": simulated(tree.list_accounts_for_parent),
        "ListChildren": simulated(tree.list_children),
        "ListParents": simulated(tree.list_parents),
        # Accounts
        "CreateAccount": simulated(creation.create_account),
        "CreateGovCloudAccount": refused("accounts of the GovCloud partition"),
        "DescribeCreateAccountStatus": simulated(creation.describe_create_account_status),
        "ListCreateAccountStatus": simulated(creation.list_create_account_status),
        "DescribeAccount": simulated(tree.describe_account),
        "ListAccounts": simulated(tree.list_accounts),
        "MoveAccount": simulated(tree.move_account),
        "RemoveAccountFromOrganization": simulated(membership.remove_account),
        "LeaveOrganization": simulated(membership.leave_organization),
        "CloseAccount": simulated(
            membership.close_account,
            note="A closed account is suspended and then gone; its own calls still answer.",
        ),
        # Invitations
        "InviteAccountToOrganization": simulated(handshakes.invite_account),
        "AcceptHandshake": simulated(handshakes.accept_handshake),
        "DeclineHandshake": simulated(handshakes.decline_handshake),
        "CancelHandshake": simulated(handshakes.cancel_handshake),
        "DescribeHandshake": simulated(handshakes.describe_handshake),
        "ListHandshakesForAccount": simulated(handshakes.list_handshakes_for_account),
        "ListHandshakesForOrganization": simulated(handshakes.list_handshakes_for_organization),
        # Policies
        "CreatePolicy": _policies(policies.create_policy),
        "DescribePolicy": simulated(policies.describe_policy),
        "UpdatePolicy": _policies(policies.update_policy),
        "DeletePolicy": simulated(policies.delete_policy),
        "ListPolicies": _policies(policies.list_policies),
        "EnablePolicyType": _policies(attachments.enable_policy_type),
        "DisablePolicyType": _policies(attachments.disable_policy_type),
        "AttachPolicy": _policies(attachments.attach_policy),
        "DetachPolicy": simulated(attachments.detach_policy),
        "ListPoliciesForTarget": _policies(attachments.list_policies_for_target),
        "ListTargetsForPolicy": simulated(attachments.list_targets_for_policy),
        "DescribeEffectivePolicy": refused(_EFFECTIVE),
        "ListAccountsWithInvalidEffectivePolicy": refused(_EFFECTIVE),
        "ListEffectivePolicyValidationErrors": refused(_EFFECTIVE),
        "PutResourcePolicy": simulated(resource_policy.put_resource_policy),
        "DescribeResourcePolicy": simulated(resource_policy.describe_resource_policy),
        "DeleteResourcePolicy": simulated(resource_policy.delete_resource_policy),
        # Trusted services and their administrators
        "EnableAWSServiceAccess": contract.recorded(
            organizations.enable_aws_service_access, _TRUST, resource=resource_of
        ),
        "DisableAWSServiceAccess": contract.recorded(
            organizations.disable_aws_service_access, _TRUST, resource=resource_of
        ),
        "ListAWSServiceAccessForOrganization": simulated(organizations.list_aws_service_access),
        "RegisterDelegatedAdministrator": simulated(organizations.register_delegated_administrator),
        "DeregisterDelegatedAdministrator": simulated(
            organizations.deregister_delegated_administrator
        ),
        "ListDelegatedAdministrators": simulated(organizations.list_delegated_administrators),
        "ListDelegatedServicesForAccount": simulated(organizations.list_delegated_services),
        # Tags
        "TagResource": simulated(tagging.tag_resource),
        "UntagResource": simulated(tagging.untag_resource),
        "ListTagsForResource": simulated(tagging.list_tags_for_resource),
    },
    tables=TABLES,
    quotas=QUOTAS,
    kernel_events={
        creation.DONE: creation.account_created,
        membership.CLOSED: membership.account_closed,
        membership.GONE: membership.account_gone,
        handshakes.EXPIRED: handshakes.handshake_expired,
        handshakes.FORGOTTEN: handshakes.handshake_forgotten,
    },
    ports={
        ports.GUARDRAILS: guards.guardrails,
        ports.MEMBERS: guards.members,
        ports.ORGANIZATION: guards.organization_facts,
        ports.TAGGED_RESOURCES: tagged.tagged_resources,
    },
)
