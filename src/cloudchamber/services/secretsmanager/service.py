"""AWS Secrets Manager: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud import service as contract
from cloudchamber.cloud.service import Service, refused
from cloudchamber.services.secretsmanager import (
    listing,
    passwords,
    permissions,
    replication,
    resource_policies,
    rotation,
    secrets,
    tagging,
    values,
)
from cloudchamber.services.secretsmanager.limits import QUOTAS, RATES
from cloudchamber.services.secretsmanager.nouns import SECRETS

simulated: Final = partial(contract.simulated, context=permissions.conditions)
_on_secret: Final = partial(simulated, resource=permissions.named)
_ACCOUNTS: Final = "replicas are made in other Regions, not in other accounts"

SERVICE: Final = Service(
    name="secretsmanager",
    operations={
        "AssociateCrossAccountReplica": refused(_ACCOUNTS),
        "BatchGetSecretValue": simulated(values.batch_get_secret_value, mutates=False),
        "CancelRotateSecret": _on_secret(rotation.cancel_rotate_secret),
        "CreateSecret": simulated(
            secrets.create_secret,
            resource=permissions.new,
            note="Type and CrossAccountPrimaryARN are refused.",
        ),
        "DeleteResourcePolicy": _on_secret(resource_policies.delete_resource_policy),
        "DeleteSecret": _on_secret(secrets.delete_secret),
        "DescribeSecret": _on_secret(secrets.describe_secret),
        "DisassociateCrossAccountReplica": refused(_ACCOUNTS),
        "GetRandomPassword": simulated(passwords.get_random_password),
        "GetResourcePolicy": _on_secret(resource_policies.get_resource_policy),
        "GetSecretValue": _on_secret(values.get_secret_value),
        "ListResourcePolicies": _on_secret(resource_policies.list_resource_policies),
        "ListSecretVersionIds": _on_secret(values.list_secret_version_ids),
        "ListSecrets": simulated(listing.list_secrets),
        "PutResourcePolicy": _on_secret(resource_policies.put_resource_policy),
        "PutSecretValue": _on_secret(values.put_secret_value),
        "RemoveRegionsFromReplication": _on_secret(replication.remove_regions_from_replication),
        "ReplicateSecretToRegions": _on_secret(replication.replicate_secret_to_regions),
        "RestoreSecret": _on_secret(secrets.restore_secret),
        "RotateSecret": _on_secret(
            rotation.rotate_secret, note="By a Lambda function; rotation by partners is refused."
        ),
        "StopReplicationToReplica": _on_secret(replication.stop_replication_to_replica),
        "TagResource": _on_secret(tagging.tag_resource),
        "UntagResource": _on_secret(tagging.untag_resource),
        "UpdateSecret": _on_secret(secrets.update_secret, note="Type is refused."),
        "UpdateSecretVersionStage": _on_secret(values.update_secret_version_stage),
        "ValidateResourcePolicy": _on_secret(
            resource_policies.validate_resource_policy, mutates=False
        ),
    },
    tables=(SECRETS,),
    quotas=QUOTAS,
    rates=RATES,
    kernel_events={
        replication.COPY: replication.copy,
        rotation.DUE: rotation.due,
        rotation.OVERDUE: rotation.overdue,
        rotation.RETRY: rotation.retry,
        secrets.PURGE: secrets.purge,
    },
    subscribes={rotation.ENDED: rotation.ended},
    ports={ports.TAGGED_RESOURCES: tagging.tagged_resources},
    resource_policy=permissions.resource_policy,
)
