"""Amazon S3: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud.service import Service, refused, simulated
from cloudchamber.services.s3 import (
    access_logs,
    attributes,
    bucket_operations,
    buckets,
    completing,
    copying,
    deleting,
    listing,
    locks,
    object_annotations,
    object_tags,
    objects,
    parts,
    permissions,
    reencrypting,
    restoring,
    uploads,
    versioning,
)
from cloudchamber.services.s3.asked import by_version, of_bucket, of_object
from cloudchamber.services.s3.limits import QUOTAS
from cloudchamber.services.s3.lookup import arn_of_bucket, arn_of_object
from cloudchamber.services.s3.nouns import ACCESS_LINES, BUCKETS, CURRENT, NONCURRENT, UPLOADS

_on_bucket: Final = partial(simulated, resource=arn_of_bucket, context=of_bucket, anonymous=True)
_on_object: Final = partial(simulated, resource=arn_of_object, context=of_object, anonymous=True)

SERVICE: Final = Service(
    name="s3",
    operations={
        **bucket_operations.OPERATIONS,
        # Buckets
        "CreateBucket": _on_bucket(buckets.create_bucket),
        "DeleteBucket": _on_bucket(buckets.delete_bucket),
        "GetBucketLocation": _on_bucket(buckets.get_bucket_location),
        "GetBucketVersioning": _on_bucket(versioning.get_bucket_versioning),
        "GetObjectLockConfiguration": _on_bucket(
            locks.get_object_lock_configuration, action="GetBucketObjectLockConfiguration"
        ),
        "HeadBucket": _on_bucket(buckets.head_bucket, action="ListBucket", mutates=False),
        "ListBuckets": simulated(buckets.list_buckets, action="ListAllMyBuckets"),
        "PutBucketVersioning": _on_bucket(versioning.put_bucket_versioning),
        "PutObjectLockConfiguration": _on_bucket(
            locks.put_object_lock_configuration, action="PutBucketObjectLockConfiguration"
        ),
        # Listings
        "ListMultipartUploads": _on_bucket(
            uploads.list_multipart_uploads, action="ListBucketMultipartUploads"
        ),
        "ListObjectVersions": _on_bucket(listing.list_object_versions, action="ListBucketVersions"),
        "ListObjects": _on_bucket(listing.list_objects, action="ListBucket"),
        "ListObjectsV2": _on_bucket(listing.list_objects_v2, action="ListBucket"),
        # Objects
        "CopyObject": _on_object(copying.copy_object, action="PutObject"),
        "DeleteObject": _on_object(
            deleting.delete_object, action_of=by_version("DeleteObject", "DeleteObjectVersion")
        ),
        # Each key is asked for by itself.
        "DeleteObjects": simulated(
            deleting.delete_objects, resource=arn_of_bucket, open=True, anonymous=True
        ),
        "GetObject": _on_object(
            objects.get_object, action_of=by_version("GetObject", "GetObjectVersion")
        ),
        "GetObjectAttributes": _on_object(
            attributes.get_object_attributes,
            action_of=by_version("GetObjectAttributes", "GetObjectVersionAttributes"),
        ),
        "GetObjectTorrent": refused("AWS itself no longer gives torrents"),
        "UpdateObjectEncryption": _on_object(reencrypting.update_object_encryption),
        "HeadObject": _on_object(
            objects.head_object,
            action_of=by_version("GetObject", "GetObjectVersion"),
            mutates=False,
        ),
        "PutObject": _on_object(objects.put_object),
        "RenameObject": refused("it is for directory buckets, which are not here"),
        "RestoreObject": _on_object(restoring.restore_object),
        # Tags and locks of objects
        "DeleteObjectTagging": _on_object(
            object_tags.delete_object_tagging,
            action_of=by_version("DeleteObjectTagging", "DeleteObjectVersionTagging"),
        ),
        "GetObjectLegalHold": _on_object(locks.get_object_legal_hold),
        "GetObjectRetention": _on_object(locks.get_object_retention),
        "GetObjectTagging": _on_object(
            object_tags.get_object_tagging,
            action_of=by_version("GetObjectTagging", "GetObjectVersionTagging"),
        ),
        "PutObjectLegalHold": _on_object(locks.put_object_legal_hold),
        "PutObjectRetention": _on_object(locks.put_object_retention),
        "PutObjectTagging": _on_object(
            object_tags.put_object_tagging,
            action_of=by_version("PutObjectTagging", "PutObjectVersionTagging"),
        ),
        # Annotations
        "DeleteObjectAnnotation": _on_object(object_annotations.delete_object_annotation),
        "GetObjectAnnotation": _on_object(object_annotations.get_object_annotation),
        "ListObjectAnnotations": _on_object(object_annotations.list_object_annotations),
        "PutObjectAnnotation": _on_object(object_annotations.put_object_annotation),
        # Multipart uploads
        "AbortMultipartUpload": _on_object(uploads.abort_multipart_upload),
        "CompleteMultipartUpload": _on_object(
            completing.complete_multipart_upload, action="PutObject"
        ),
        "CreateMultipartUpload": _on_object(uploads.create_multipart_upload, action="PutObject"),
        "ListParts": _on_object(parts.list_parts, action="ListMultipartUploadParts"),
        "UploadPart": _on_object(parts.upload_part, action="PutObject"),
        "UploadPartCopy": _on_object(parts.upload_part_copy, action="PutObject"),
    },
    tables=(ACCESS_LINES, BUCKETS, CURRENT, NONCURRENT, UPLOADS),
    quotas=QUOTAS,
    kernel_events={
        **bucket_operations.KERNEL_EVENTS,
        restoring.RESTORED: restoring.restored,
        restoring.RESTORE_ENDED: restoring.restore_ended,
    },
    subscribes=bucket_operations.SUBSCRIBES,
    ports=bucket_operations.PORTS,
    sites=bucket_operations.SITES,
    after=access_logs.note,
    owner_of=permissions.owner_of,
    resource_policy=permissions.resource_policy,
    access_denied="AccessDenied",
)
