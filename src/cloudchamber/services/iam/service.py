"""IAM's declaration: which operation is answered where, how truly, and what permission it needs.

Rules of this file: data only. An operation that is not listed is refused by name.
"""

from __future__ import annotations

from functools import partial

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, recorded, simulated
from cloudchamber.services.iam import (
    access_keys,
    account,
    attachments,
    authorization_details,
    boundaries,
    credential_report,
    groups,
    inline_policies,
    instance_profiles,
    managed,
    mfa_devices,
    oidc_providers,
    passwords,
    permissions,
    policies,
    principals,
    roles,
    saml_providers,
    server_certificates,
    service_linked_roles,
    simulation,
    tagged,
    user_credentials,
    users,
)
from cloudchamber.services.iam.limits import QUOTAS
from cloudchamber.services.iam.nouns import TABLES
from cloudchamber.services.iam.proofs import PROOF_TABLES

_NO_CONSOLE = (
    "There is no console to sign in to: the password is held to the account's rules, asked for by "
    "ChangePassword, and in the way of DeleteUser."
)

_on_user = partial(simulated, resource=permissions.user, context=permissions.conditions)
_on_group = partial(simulated, resource=permissions.group, context=permissions.conditions)
_on_role = partial(simulated, resource=permissions.role, context=permissions.conditions)
_on_policy = partial(simulated, resource=permissions.policy, context=permissions.conditions)
_on_profile = partial(simulated, resource=permissions.profile, context=permissions.conditions)
_new_user = partial(simulated, resource=permissions.new_user, context=permissions.conditions)
_new_role = partial(simulated, resource=permissions.new_role, context=permissions.conditions)
_new_policy = partial(simulated, resource=permissions.new_policy, context=permissions.conditions)
_new_profile = partial(simulated, resource=permissions.new_profile, context=permissions.conditions)
_on_oidc = partial(simulated, resource=oidc_providers.resource, context=permissions.conditions)
_on_device = partial(simulated, resource=mfa_devices.resource, context=permissions.conditions)
_on_linked = partial(
    simulated, resource=service_linked_roles.resource, context=service_linked_roles.service_named
)
_saml = partial(recorded, note="AssumeRoleWithSAML is refused.", resource=saml_providers.resource)
_certificate = partial(
    recorded, note="No load balancer uses it yet.", resource=server_certificates.resource
)
_credential = partial(
    recorded, note="No service lets anybody in with it.", resource=permissions.user
)
_password = partial(recorded, note=_NO_CONSOLE, resource=permissions.user)

SERVICE = Service(
    name="iam",
    operations={
        # Users and what they sign in with
        "CreateUser": _new_user(users.create_user),
        "GetUser": _on_user(users.get_user),
        "UpdateUser": simulated(users.update_user, resource=permissions.renamed_user),
        "DeleteUser": _on_user(users.delete_user),
        "ListUsers": simulated(users.list_users, resource=permissions.users),
        "TagUser": _on_user(users.tag_user),
        "UntagUser": _on_user(users.untag_user),
        "ListUserTags": _on_user(users.list_user_tags),
        "PutUserPermissionsBoundary": _on_user(boundaries.put_user_permissions_boundary),
        "DeleteUserPermissionsBoundary": _on_user(boundaries.delete_user_permissions_boundary),
        "CreateAccessKey": _on_user(access_keys.create_access_key),
        "ListAccessKeys": _on_user(access_keys.list_access_keys),
        "UpdateAccessKey": _on_user(access_keys.update_access_key),
        "DeleteAccessKey": _on_user(access_keys.delete_access_key),
        "GetAccessKeyLastUsed": simulated(
            access_keys.get_access_key_last_used, resource=permissions.user_of_key
        ),
        "CreateLoginProfile": _password(passwords.create_login_profile),
        "GetLoginProfile": _password(passwords.get_login_profile),
        "UpdateLoginProfile": _password(passwords.update_login_profile),
        "DeleteLoginProfile": _password(passwords.delete_login_profile),
        "ChangePassword": _password(passwords.change_password),
        # Groups
        "CreateGroup": simulated(groups.create_group, resource=permissions.new_group),
        "GetGroup": _on_group(groups.get_group),
        "UpdateGroup": simulated(groups.update_group, resource=permissions.renamed_group),
        "DeleteGroup": _on_group(groups.delete_group),
        "ListGroups": simulated(groups.list_groups, resource=permissions.groups),
        "ListGroupsForUser": _on_user(groups.list_groups_for_user),
        "AddUserToGroup": _on_group(groups.add_user_to_group),
        "RemoveUserFromGroup": _on_group(groups.remove_user_from_group),
        # Roles and instance profiles
        "CreateRole": _new_role(roles.create_role),
        "GetRole": _on_role(roles.get_role),
        "UpdateRole": _on_role(roles.update_role),
        "UpdateRoleDescription": _on_role(roles.update_role_description),
        "UpdateAssumeRolePolicy": _on_role(roles.update_assume_role_policy),
        "DeleteRole": _on_role(roles.delete_role),
        "ListRoles": simulated(roles.list_roles, resource=permissions.roles),
        "TagRole": _on_role(roles.tag_role),
        "UntagRole": _on_role(roles.untag_role),
        "ListRoleTags": _on_role(roles.list_role_tags),
        "PutRolePermissionsBoundary": _on_role(boundaries.put_role_permissions_boundary),
        "DeleteRolePermissionsBoundary": _on_role(boundaries.delete_role_permissions_boundary),
        "CreateServiceLinkedRole": _on_linked(service_linked_roles.create_service_linked_role),
        "DeleteServiceLinkedRole": _on_linked(service_linked_roles.delete_service_linked_role),
        "GetServiceLinkedRoleDeletionStatus": simulated(
            service_linked_roles.get_service_linked_role_deletion_status,
            resource=service_linked_roles.task_role,
        ),
        "CreateInstanceProfile": _new_profile(instance_profiles.create_instance_profile),
        "GetInstanceProfile": _on_profile(instance_profiles.get_instance_profile),
        "DeleteInstanceProfile": _on_profile(instance_profiles.delete_instance_profile),
        "ListInstanceProfiles": simulated(
            instance_profiles.list_instance_profiles, resource=permissions.profiles
        ),
        "ListInstanceProfilesForRole": _on_role(instance_profiles.list_instance_profiles_for_role),
        "AddRoleToInstanceProfile": _on_profile(instance_profiles.add_role_to_instance_profile),
        "RemoveRoleFromInstanceProfile": _on_profile(
            instance_profiles.remove_role_from_instance_profile
        ),
        "TagInstanceProfile": _on_profile(instance_profiles.tag_instance_profile),
        "UntagInstanceProfile": _on_profile(instance_profiles.untag_instance_profile),
        "ListInstanceProfileTags": _on_profile(instance_profiles.list_instance_profile_tags),
        # Policies
        "CreatePolicy": _new_policy(policies.create_policy),
        "GetPolicy": _on_policy(policies.get_policy),
        "DeletePolicy": _on_policy(policies.delete_policy),
        "ListPolicies": simulated(policies.list_policies),
        "CreatePolicyVersion": _on_policy(policies.create_policy_version),
        "GetPolicyVersion": _on_policy(policies.get_policy_version),
        "DeletePolicyVersion": _on_policy(policies.delete_policy_version),
        "ListPolicyVersions": _on_policy(policies.list_policy_versions),
        "SetDefaultPolicyVersion": _on_policy(policies.set_default_policy_version),
        "ListEntitiesForPolicy": _on_policy(attachments.list_entities),
        "TagPolicy": _on_policy(policies.tag_policy),
        "UntagPolicy": _on_policy(policies.untag_policy),
        "ListPolicyTags": _on_policy(policies.list_policy_tags),
        "AttachUserPolicy": _on_user(attachments.attach_user_policy),
        "AttachGroupPolicy": _on_group(attachments.attach_group_policy),
        "AttachRolePolicy": _on_role(attachments.attach_role_policy),
        "DetachUserPolicy": _on_user(attachments.detach_user_policy),
        "DetachGroupPolicy": _on_group(attachments.detach_group_policy),
        "DetachRolePolicy": _on_role(attachments.detach_role_policy),
        "ListAttachedUserPolicies": _on_user(attachments.list_attached_user_policies),
        "ListAttachedGroupPolicies": _on_group(attachments.list_attached_group_policies),
        "ListAttachedRolePolicies": _on_role(attachments.list_attached_role_policies),
        "PutUserPolicy": _on_user(inline_policies.put_user_policy),
        "PutGroupPolicy": _on_group(inline_policies.put_group_policy),
        "PutRolePolicy": _on_role(inline_policies.put_role_policy),
        "GetUserPolicy": _on_user(inline_policies.get_user_policy),
        "GetGroupPolicy": _on_group(inline_policies.get_group_policy),
        "GetRolePolicy": _on_role(inline_policies.get_role_policy),
        "DeleteUserPolicy": _on_user(inline_policies.delete_user_policy),
        "DeleteGroupPolicy": _on_group(inline_policies.delete_group_policy),
        "DeleteRolePolicy": _on_role(inline_policies.delete_role_policy),
        "ListUserPolicies": _on_user(inline_policies.list_user_policies),
        "ListGroupPolicies": _on_group(inline_policies.list_group_policies),
        "ListRolePolicies": _on_role(inline_policies.list_role_policies),
        # The simulator
        "SimulatePrincipalPolicy": simulated(
            simulation.simulate_principal_policy, resource=permissions.policy_source
        ),
        "SimulateCustomPolicy": simulated(simulation.simulate_custom_policy),
        "GetContextKeysForCustomPolicy": simulated(simulation.get_context_keys_for_custom_policy),
        "GetContextKeysForPrincipalPolicy": simulated(
            simulation.get_context_keys_for_principal_policy, resource=permissions.policy_source
        ),
        # Identity providers
        "CreateOpenIDConnectProvider": _on_oidc(oidc_providers.create_open_id_connect_provider),
        "GetOpenIDConnectProvider": _on_oidc(oidc_providers.get_open_id_connect_provider),
        "ListOpenIDConnectProviders": simulated(oidc_providers.list_open_id_connect_providers),
        "DeleteOpenIDConnectProvider": _on_oidc(oidc_providers.delete_open_id_connect_provider),
        "AddClientIDToOpenIDConnectProvider": _on_oidc(oidc_providers.add_client_id),
        "RemoveClientIDFromOpenIDConnectProvider": _on_oidc(oidc_providers.remove_client_id),
        "UpdateOpenIDConnectProviderThumbprint": recorded(
            oidc_providers.update_thumbprint,
            "The keys of an issuer are trusted by their TLS certificate, not by a thumbprint.",
            resource=oidc_providers.resource,
        ),
        "TagOpenIDConnectProvider": _on_oidc(oidc_providers.tag_provider),
        "UntagOpenIDConnectProvider": _on_oidc(oidc_providers.untag_provider),
        "ListOpenIDConnectProviderTags": _on_oidc(oidc_providers.list_provider_tags),
        "CreateSAMLProvider": _saml(saml_providers.create_saml_provider),
        "GetSAMLProvider": _saml(saml_providers.get_saml_provider),
        "UpdateSAMLProvider": _saml(saml_providers.update_saml_provider),
        "ListSAMLProviders": simulated(saml_providers.list_saml_providers),
        "DeleteSAMLProvider": _saml(saml_providers.delete_saml_provider),
        "TagSAMLProvider": _saml(saml_providers.tag_provider),
        "UntagSAMLProvider": _saml(saml_providers.untag_provider),
        "ListSAMLProviderTags": _saml(saml_providers.list_provider_tags),
        # Certificates and other credentials
        "UploadServerCertificate": _certificate(server_certificates.upload_server_certificate),
        "GetServerCertificate": _certificate(server_certificates.get_server_certificate),
        "ListServerCertificates": simulated(
            server_certificates.list_server_certificates, resource=server_certificates.resources
        ),
        "UpdateServerCertificate": _certificate(server_certificates.update_server_certificate),
        "DeleteServerCertificate": _certificate(server_certificates.delete_server_certificate),
        "TagServerCertificate": _certificate(server_certificates.tag_certificate),
        "UntagServerCertificate": _certificate(server_certificates.untag_certificate),
        "ListServerCertificateTags": _certificate(server_certificates.list_certificate_tags),
        "UploadSSHPublicKey": _credential(user_credentials.upload_ssh_public_key),
        "GetSSHPublicKey": _credential(user_credentials.get_ssh_public_key),
        "ListSSHPublicKeys": _credential(user_credentials.list_ssh_public_keys),
        "UpdateSSHPublicKey": _credential(user_credentials.update_ssh_public_key),
        "DeleteSSHPublicKey": _credential(user_credentials.delete_ssh_public_key),
        "UploadSigningCertificate": _credential(user_credentials.upload_signing_certificate),
        "ListSigningCertificates": _credential(user_credentials.list_signing_certificates),
        "UpdateSigningCertificate": _credential(user_credentials.update_signing_certificate),
        "DeleteSigningCertificate": _credential(user_credentials.delete_signing_certificate),
        "CreateServiceSpecificCredential": _credential(
            user_credentials.create_service_specific_credential
        ),
        "ListServiceSpecificCredentials": _credential(
            user_credentials.list_service_specific_credentials
        ),
        "UpdateServiceSpecificCredential": _credential(
            user_credentials.update_service_specific_credential
        ),
        "ResetServiceSpecificCredential": _credential(
            user_credentials.reset_service_specific_credential
        ),
        "DeleteServiceSpecificCredential": _credential(
            user_credentials.delete_service_specific_credential
        ),
        # MFA devices
        "CreateVirtualMFADevice": _on_device(
            mfa_devices.create_virtual_mfa_device,
            note="The seed is shown in base32; QRCodePNG is left out.",
        ),
        "DeleteVirtualMFADevice": _on_device(mfa_devices.delete_virtual_mfa_device),
        "ListVirtualMFADevices": simulated(mfa_devices.list_virtual_mfa_devices),
        "GetMFADevice": _on_device(mfa_devices.get_mfa_device),
        "TagMFADevice": _on_device(mfa_devices.tag_mfa_device),
        "UntagMFADevice": _on_device(mfa_devices.untag_mfa_device),
        "ListMFADeviceTags": _on_device(mfa_devices.list_mfa_device_tags),
        "EnableMFADevice": _on_user(mfa_devices.enable_mfa_device),
        "ResyncMFADevice": _on_user(mfa_devices.resync_mfa_device),
        "DeactivateMFADevice": _on_user(mfa_devices.deactivate_mfa_device),
        "ListMFADevices": _on_user(mfa_devices.list_mfa_devices),
        # The account
        "CreateAccountAlias": recorded(
            account.create_account_alias, "There is no sign-in page for it to name."
        ),
        "DeleteAccountAlias": recorded(
            account.delete_account_alias, "There is no sign-in page for it to name."
        ),
        "ListAccountAliases": simulated(account.list_account_aliases),
        "GetAccountSummary": simulated(account.get_account_summary),
        "GetAccountAuthorizationDetails": simulated(
            authorization_details.get_account_authorization_details
        ),
        "GenerateCredentialReport": simulated(credential_report.generate_credential_report),
        "GetCredentialReport": simulated(credential_report.get_credential_report),
        "GetAccountPasswordPolicy": simulated(passwords.get_account_password_policy),
        "UpdateAccountPasswordPolicy": simulated(
            passwords.update_account_password_policy,
            note="New passwords are held to it; passwords do not expire, for nobody signs in.",
        ),
        "DeleteAccountPasswordPolicy": simulated(passwords.delete_account_password_policy),
    },
    tables=(*TABLES, *PROOF_TABLES),
    quotas=QUOTAS,
    kernel_events={
        credential_report.REPORT_READY: credential_report.report_ready,
        service_linked_roles.ROLE_DELETED: service_linked_roles.role_deleted,
    },
    ports={
        ports.CREDENTIALS: principals.credentials,
        ports.MANAGED_POLICY: managed.compiled,
        ports.MFA_CODE: mfa_devices.accepts,
        ports.OIDC_PROVIDER: oidc_providers.facts,
        ports.POLICIES: principals.policies,
        ports.MANAGED_POLICY: principals.managed_policy,
        ports.ROLE: principals.role,
        ports.SEEN: principals.seen,
        ports.TAGGED_RESOURCES: tagged.tagged_resources,
    },
)
