"""The operations on what may be configured on a bucket, as service.py declares them.

Rules of this file: declaration only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Operation, recorded, refused, simulated
from cloudchamber.services.s3 import (
    access_blocks,
    access_logs,
    acls,
    bucket_policies,
    bucket_settings,
    changes,
    cors,
    events,
    forms,
    inventories,
    lifecycle_days,
    lifecycle_rules,
    named_configurations,
    notification_rules,
    replicating,
    replication_rules,
    selecting,
    tagged,
    website_rules,
    websites,
)
from cloudchamber.services.s3.asked import by_version, of_bucket, of_object
from cloudchamber.services.s3.lookup import arn_of_bucket, arn_of_object

_on_bucket: Final = partial(simulated, resource=arn_of_bucket, context=of_bucket, anonymous=True)
_on_object: Final = partial(simulated, resource=arn_of_object, context=of_object, anonymous=True)

_NO_TABLES: Final = "there are no S3 Tables to keep metadata in"
_METADATA: Final = (
    "CreateBucketMetadataConfiguration",
    "CreateBucketMetadataTableConfiguration",
    "DeleteBucketMetadataConfiguration",
    "DeleteBucketMetadataTableConfiguration",
    "GetBucketMetadataConfiguration",
    "GetBucketMetadataTableConfiguration",
    "UpdateBucketMetadataAnnotationTableConfiguration",
    "UpdateBucketMetadataInventoryTableConfiguration",
    "UpdateBucketMetadataJournalTableConfiguration",
)
# What AWS has replaced; on the wire it is the operation that replaced it.
_OLD: Final = (
    "GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification",
)  # fmt: skip
_REFUSALS: Final = MappingProxyType(
    {name: refused(_NO_TABLES) for name in _METADATA}
    | {name: refused(f"{name}Configuration is the same request") for name in _OLD}
)

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        # Tags
        "DeleteBucketTagging": _on_bucket(
            bucket_settings.delete_bucket_tagging, action="PutBucketTagging"
        ),
        "GetBucketTagging": _on_bucket(bucket_settings.get_bucket_tagging),
        "PutBucketTagging": _on_bucket(bucket_settings.put_bucket_tagging),
        # Who may
        "DeleteBucketOwnershipControls": _on_bucket(
            access_blocks.delete_bucket_ownership_controls, action="PutBucketOwnershipControls"
        ),
        "DeleteBucketPolicy": _on_bucket(bucket_policies.delete_bucket_policy),
        "DeletePublicAccessBlock": _on_bucket(
            access_blocks.delete_public_access_block, action="PutBucketPublicAccessBlock"
        ),
        "GetBucketAcl": _on_bucket(acls.get_bucket_acl),
        "GetBucketOwnershipControls": _on_bucket(access_blocks.get_bucket_ownership_controls),
        "GetBucketPolicy": _on_bucket(bucket_policies.get_bucket_policy),
        "GetBucketPolicyStatus": _on_bucket(bucket_policies.get_bucket_policy_status),
        "GetObjectAcl": _on_object(
            acls.get_object_acl, action_of=by_version("GetObjectAcl", "GetObjectVersionAcl")
        ),
        "GetPublicAccessBlock": _on_bucket(
            access_blocks.get_public_access_block, action="GetBucketPublicAccessBlock"
        ),
        "PutBucketAcl": _on_bucket(acls.put_bucket_acl),
        "PutBucketOwnershipControls": _on_bucket(access_blocks.put_bucket_ownership_controls),
        "PutBucketPolicy": _on_bucket(bucket_policies.put_bucket_policy),
        "PutObjectAcl": _on_object(
            acls.put_object_acl, action_of=by_version("PutObjectAcl", "PutObjectVersionAcl")
        ),
        "PutPublicAccessBlock": _on_bucket(
            access_blocks.put_public_access_block, action="PutBucketPublicAccessBlock"
        ),
        # How the bucket is
        "DeleteBucketEncryption": _on_bucket(
            bucket_settings.delete_bucket_encryption, action="PutEncryptionConfiguration"
        ),
        "GetBucketAccelerateConfiguration": _on_bucket(
            bucket_settings.get_bucket_accelerate_configuration, action="GetAccelerateConfiguration"
        ),
        "GetBucketEncryption": _on_bucket(
            bucket_settings.get_bucket_encryption, action="GetEncryptionConfiguration"
        ),
        "GetBucketRequestPayment": _on_bucket(bucket_settings.get_bucket_request_payment),
        "PutBucketAccelerateConfiguration": _on_bucket(
            bucket_settings.put_bucket_accelerate_configuration,
            action="PutAccelerateConfiguration",
            note="it is stored and returned; s3-accelerate host names lead to the bucket anyway",
        ),
        "PutBucketEncryption": _on_bucket(
            bucket_settings.put_bucket_encryption, action="PutEncryptionConfiguration"
        ),
        "PutBucketRequestPayment": _on_bucket(bucket_settings.put_bucket_request_payment),
        "GetBucketAbac": recorded(
            bucket_settings.get_bucket_abac,
            "tags of buckets are no condition keys",
            resource=arn_of_bucket,
        ),
        "PutBucketAbac": recorded(
            bucket_settings.put_bucket_abac,
            "tags of buckets are no condition keys",
            resource=arn_of_bucket,
        ),
        # What happens by itself
        **named_configurations.operations(),
        "GetBucketLogging": _on_bucket(access_logs.get_bucket_logging),
        "PutBucketLogging": _on_bucket(
            access_logs.put_bucket_logging, note="TargetGrants are stored and have no effect"
        ),
        "DeleteBucketLifecycle": _on_bucket(
            lifecycle_rules.delete_bucket_lifecycle, action="PutLifecycleConfiguration"
        ),
        "GetBucketLifecycleConfiguration": _on_bucket(
            lifecycle_rules.get_bucket_lifecycle_configuration, action="GetLifecycleConfiguration"
        ),
        "GetBucketNotificationConfiguration": _on_bucket(
            notification_rules.get_bucket_notification_configuration,
            action="GetBucketNotification",
        ),
        "PutBucketLifecycleConfiguration": _on_bucket(
            lifecycle_rules.put_bucket_lifecycle_configuration, action="PutLifecycleConfiguration"
        ),
        "PutBucketNotificationConfiguration": _on_bucket(
            notification_rules.put_bucket_notification_configuration,
            action="PutBucketNotification",
        ),
        "DeleteBucketReplication": _on_bucket(
            replication_rules.delete_bucket_replication, action="PutReplicationConfiguration"
        ),
        "GetBucketReplication": _on_bucket(
            replication_rules.get_bucket_replication, action="GetReplicationConfiguration"
        ),
        "PutBucketReplication": _on_bucket(
            replication_rules.put_bucket_replication,
            action="PutReplicationConfiguration",
            note="replica modification sync, existing objects, time control and metrics are stored",
        ),
        # For browsers
        "DeleteBucketCors": _on_bucket(cors.delete_bucket_cors, action="PutBucketCORS"),
        "DeleteBucketWebsite": _on_bucket(website_rules.delete_bucket_website),
        "GetBucketCors": _on_bucket(cors.get_bucket_cors, action="GetBucketCORS"),
        "GetBucketWebsite": _on_bucket(website_rules.get_bucket_website),
        "PutBucketCors": _on_bucket(cors.put_bucket_cors, action="PutBucketCORS"),
        "PutBucketWebsite": _on_bucket(website_rules.put_bucket_website),
        "SelectObjectContent": _on_object(
            selecting.select_object_content,
            action="GetObject",
            mutates=False,
            note="CSV and JSON; Parquet is refused",
        ),
        # What is not here
        **_REFUSALS,
        "CreateSession": refused("it is for directory buckets, which are not here"),
        "ListDirectoryBuckets": refused("it is for directory buckets, which are not here"),
        "WriteGetObjectResponse": refused("there is no Object Lambda"),
    }
)

KERNEL_EVENTS: Final[Mapping[str, Callable[..., None]]] = MappingProxyType(
    {
        events.NOTIFY: events.notify,
        lifecycle_rules.MIDNIGHT: lifecycle_days.midnight,
        replicating.REPLICATE: replicating.replicate,
        access_logs.DELIVER: access_logs.deliver,
        inventories.WRITE: inventories.write,
    }
)


def _on_change(call: Call, data: Mapping[str, Any]) -> None:
    events.on_change(call, data)
    replicating.on_change(call, data)


SUBSCRIBES: Final[Mapping[str, Callable[..., None]]] = MappingProxyType(
    {changes.OBJECT_CHANGED: _on_change}
)
PORTS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        ports.BUCKET: tagged.whose,
        ports.CORS: cors.shared,
        ports.PUBLIC_POLICY: bucket_policies.is_public,
        ports.TAGGED_RESOURCES: tagged.tagged_resources,
    }
)
# What no model has: a web site, a form, and the upload that a form becomes.
SITES: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "s3-website": simulated(websites.visit, open=True, anonymous=True, mutates=False),
        "s3-form": simulated(forms.post_form, open=True, anonymous=True),
        forms.UPLOAD: _on_object(forms.upload, action="PutObject"),
    }
)
