"""What AWS RAM answers. Everything it does not list is refused by name."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, refused, simulated
from cloudchamber.services.ram import (
    associations,
    attaching,
    invitations,
    managed_permissions,
    owned_resources,
    shares,
    tagging,
)
from cloudchamber.services.ram.idempotency import TOKENS, once
from cloudchamber.services.ram.limits import QUOTAS
from cloudchamber.services.ram.nouns import TABLES
from cloudchamber.services.ram.permissions import (
    arn_of_invitation,
    arn_of_permission,
    arn_of_share,
    arn_of_tagged,
    owner_of,
)

_FROM_POLICY: Final = "no share here is created from a policy"

SERVICE: Final = Service(
    name="ram",
    operations={
        "AcceptResourceShareInvitation": simulated(
            once(invitations.accept_resource_share_invitation), resource=arn_of_invitation
        ),
        "AssociateResourceShare": simulated(
            once(associations.associate_resource_share), resource=arn_of_share
        ),
        "AssociateResourceSharePermission": simulated(
            once(attaching.associate_resource_share_permission), resource=arn_of_share
        ),
        "CreatePermission": simulated(once(managed_permissions.create_permission)),
        "CreatePermissionVersion": simulated(
            once(managed_permissions.create_permission_version), resource=arn_of_permission
        ),
        "CreateResourceShare": simulated(once(shares.create_resource_share)),
        "DeletePermission": simulated(
            once(managed_permissions.delete_permission), resource=arn_of_permission
        ),
        "DeletePermissionVersion": simulated(
            once(managed_permissions.delete_permission_version), resource=arn_of_permission
        ),
        "DeleteResourceShare": simulated(once(shares.delete_resource_share), resource=arn_of_share),
        "DisassociateResourceShare": simulated(
            once(associations.disassociate_resource_share), resource=arn_of_share
        ),
        "DisassociateResourceSharePermission": simulated(
            once(attaching.disassociate_resource_share_permission), resource=arn_of_share
        ),
        "EnableSharingWithAwsOrganization": simulated(shares.enable_sharing_with_aws_organization),
        "GetPermission": simulated(managed_permissions.get_permission, resource=arn_of_permission),
        "GetResourcePolicies": simulated(owned_resources.get_resource_policies),
        "GetResourceShareAssociations": simulated(associations.get_resource_share_associations),
        "GetResourceShareInvitations": simulated(invitations.get_resource_share_invitations),
        "GetResourceShares": simulated(shares.get_resource_shares),
        "ListPendingInvitationResources": simulated(
            invitations.list_pending_invitation_resources, resource=arn_of_invitation
        ),
        "ListPermissionAssociations": simulated(attaching.list_permission_associations),
        "ListPermissionVersions": simulated(
            managed_permissions.list_permission_versions, resource=arn_of_permission
        ),
        "ListPermissions": simulated(managed_permissions.list_permissions),
        "ListPrincipals": simulated(owned_resources.list_principals),
        "ListReplacePermissionAssociationsWork": simulated(
            attaching.list_replace_permission_associations_work
        ),
        "ListResourceSharePermissions": simulated(
            attaching.list_resource_share_permissions, resource=arn_of_share
        ),
        "ListResourceTypes": simulated(owned_resources.list_resource_types),
        "ListResources": simulated(owned_resources.list_resources),
        "ListSourceAssociations": refused("source constraints are not here"),
        "PromotePermissionCreatedFromPolicy": refused(_FROM_POLICY),
        "PromoteResourceShareCreatedFromPolicy": refused(_FROM_POLICY),
        "RejectResourceShareInvitation": simulated(
            once(invitations.reject_resource_share_invitation), resource=arn_of_invitation
        ),
        "ReplacePermissionAssociations": simulated(once(attaching.replace_permission_associations)),
        "SetDefaultPermissionVersion": simulated(
            once(managed_permissions.set_default_permission_version), resource=arn_of_permission
        ),
        "TagResource": simulated(tagging.tag_resource, resource=arn_of_tagged),
        "UntagResource": simulated(tagging.untag_resource, resource=arn_of_tagged),
        "UpdatePermission": simulated(
            once(managed_permissions.update_permission), resource=arn_of_permission
        ),
        "UpdateResourceShare": simulated(once(shares.update_resource_share), resource=arn_of_share),
    },
    tables=(*TABLES, TOKENS),
    owner_of=owner_of,
    quotas=QUOTAS,
    kernel_events={shares.FORGOTTEN: shares.share_forgotten},
    ports={
        ports.SHARED_RESOURCES: owned_resources.shared_resources,
        ports.SHARE_POLICY: owned_resources.share_policy,
        ports.TAGGED_RESOURCES: tagging.tagged_resources,
    },
)
