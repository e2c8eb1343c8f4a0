"""AWS Key Management Service: what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud import service as contract
from cloudchamber.cloud.service import Service, refused
from cloudchamber.services.kms import (
    aliases,
    data_keys,
    encrypting,
    grants,
    importing,
    keys,
    macs,
    making,
    permissions,
    policies,
    replicas,
    rotation,
    secrets,
    signing,
    stores,
    tagging,
)
from cloudchamber.services.kms.limits import QUOTAS
from cloudchamber.services.kms.nouns import ALIASES, IMPORTS, KEYS

_simulated: Final = partial(contract.simulated, context=permissions.conditions)
_on_key: Final = partial(_simulated, resource=permissions.of_key)
# What only uses a key changes nothing of it but when it was last used, which journals itself.
_using: Final = partial(_on_key, mutates=False)
_NO_STORES: Final = refused("there are no custom key stores: no CloudHSM and no external proxy")

SERVICE: Final = Service(
    name="kms",
    operations={
        "CancelKeyDeletion": _on_key(keys.cancel_key_deletion),
        "ConnectCustomKeyStore": _NO_STORES,
        "CreateAlias": _simulated(aliases.create_alias, resource=permissions.of_alias_and_target),
        "CreateCustomKeyStore": _NO_STORES,
        "CreateGrant": _on_key(grants.create_grant),
        "CreateKey": _simulated(keys.create_key),
        "Decrypt": _simulated(
            encrypting.decrypt, resource=permissions.of_ciphertext, mutates=False
        ),
        "Decapsulate": _using(secrets.decapsulate),
        "DeleteAlias": _simulated(aliases.delete_alias, resource=permissions.of_alias),
        "DeleteCustomKeyStore": _NO_STORES,
        "DeleteImportedKeyMaterial": _on_key(importing.delete_imported_key_material),
        "DeriveSharedSecret": _using(secrets.derive_shared_secret),
        "DescribeCustomKeyStores": _simulated(stores.describe_custom_key_stores),
        "DescribeKey": _on_key(keys.describe_key),
        "DisableKey": _on_key(keys.disable_key),
        "DisableKeyRotation": _on_key(rotation.disable_key_rotation),
        "DisconnectCustomKeyStore": _NO_STORES,
        "EnableKey": _on_key(keys.enable_key),
        "EnableKeyRotation": _on_key(rotation.enable_key_rotation),
        "Encapsulate": _using(secrets.encapsulate),
        "Encrypt": _on_key(encrypting.encrypt),
        "GenerateDataKey": _on_key(data_keys.generate_data_key),
        "GenerateDataKeyPair": _on_key(data_keys.generate_data_key_pair),
        "GenerateDataKeyPairWithoutPlaintext": _on_key(
            data_keys.generate_data_key_pair_without_plaintext
        ),
        "GenerateDataKeyWithoutPlaintext": _on_key(data_keys.generate_data_key_without_plaintext),
        "GenerateMac": _using(macs.generate_mac),
        "GenerateRandom": _simulated(data_keys.generate_random),
        "GetKeyLastUsage": _on_key(keys.get_key_last_usage),
        "GetKeyPolicy": _on_key(policies.get_key_policy),
        "GetKeyRotationStatus": _on_key(rotation.get_key_rotation_status),
        "GetParametersForImport": _on_key(importing.get_parameters_for_import, mutates=True),
        "GetPublicKey": _on_key(signing.get_public_key),
        "ImportKeyMaterial": _on_key(importing.import_key_material),
        "ListAliases": _simulated(aliases.list_aliases),
        "ListGrants": _on_key(grants.list_grants),
        "ListKeyPolicies": _on_key(policies.list_key_policies),
        "ListKeyRotations": _on_key(rotation.list_key_rotations),
        "ListKeys": _simulated(keys.list_keys),
        "ListResourceTags": _on_key(tagging.list_resource_tags),
        "ListRetirableGrants": _simulated(grants.list_retirable_grants),
        "PutKeyPolicy": _on_key(policies.put_key_policy),
        "ReEncrypt": _simulated(
            encrypting.re_encrypt, action="ReEncryptTo", resource=permissions.of_destination
        ),
        "ReplicateKey": _on_key(replicas.replicate_key),
        # Who may retire a grant is said by the grant; everybody else is asked for permission.
        "RetireGrant": contract.simulated(grants.retire_grant, open=True),
        "RevokeGrant": _on_key(grants.revoke_grant),
        "RotateKeyOnDemand": _on_key(rotation.rotate_key_on_demand),
        "ScheduleKeyDeletion": _on_key(keys.schedule_key_deletion),
        "Sign": _using(signing.sign, note="ED25519_PH_SHA_512 is refused."),
        "TagResource": _on_key(tagging.tag_resource),
        "UntagResource": _on_key(tagging.untag_resource),
        "UpdateAlias": _simulated(aliases.update_alias, resource=permissions.of_alias_and_target),
        "UpdateCustomKeyStore": _NO_STORES,
        "UpdateKeyDescription": _on_key(keys.update_key_description),
        "UpdatePrimaryRegion": _on_key(replicas.update_primary_region),
        "Verify": _using(signing.verify, note="ED25519_PH_SHA_512 is refused."),
        "VerifyMac": _using(macs.verify_mac),
    },
    tables=(KEYS, ALIASES, IMPORTS),
    quotas=QUOTAS,
    kernel_events={
        importing.EXPIRE: importing.material_due,
        keys.DELETE: keys.deletion_due,
        making.ROTATE: making.rotation_due,
    },
    ports={ports.TAGGED_RESOURCES: tagging.tagged_resources},
    resource_policy=permissions.resource_policy,
    policy_must_allow=True,
    access_denied="AccessDeniedException",
)
