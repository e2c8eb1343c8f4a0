"""UpdateObjectEncryption: another KMS key for a version that is there, without moving its bytes.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
"""

from __future__ import annotations

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import bodies, encryption, errors, object_annotations
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.sealing import salted
from cloudchamber.services.s3.versions import expect_object

HEAD = "Requests that modify an object"


def update_object_encryption(call: Call, request: Input) -> Output:
    """Wrap a version's keys under another KMS key; dates, tags and entity tag stay."""
    bucket = expect_bucket(call, request)
    version = expect_object(call, bucket, request)
    wanted = (request.get("ObjectEncryption") or {}).get("SSEKMS")
    if wanted is None:
        raise errors.invalid_request(
            f"{HEAD} encryption configuration require a valid new encryption type. Valid values "
            "are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, "
            "and then try again."
        )
    named = wanted.get("KMSKeyArn", "")
    arn = find_arn(named)
    if arn is None or arn.service != "kms":
        raise errors.invalid_request(
            f"{HEAD}'s encryption type to SSE-KMS require a valid Amazon Web Services KMS key "
            "Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN "
            "in your request, and then try again."
        )
    if arn.account != bucket.account:
        raise errors.access_denied(
            "The Amazon Web Services KMS key in the request must be owned by the same account as "
            "the bucket. Modify the request to specify a KMS key from the same account, and then "
            "try again."
        )
    held = version.encryption
    if held is not None and (held.customer_md5 or held.algorithm != encryption.BY_KMS[0]):
        raise errors.invalid_request(
            "The UpdateObjectEncryption operation doesn't support source objects with the "
            "encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or "
            "SSE-KMS are supported."
        )
    key = request["Key"]
    old = encryption.key_of_keys(call, bucket, key, held, None)
    asked = {
        "ServerSideEncryption": encryption.BY_KMS[0],
        "SSEKMSKeyId": named,
        "BucketKeyEnabled": bool(wanted.get("BucketKeyEnabled")),
    }
    sealing, new = encryption.chosen(call, bucket, key, asked)
    salt = salted(bodies.new_salt(call, bucket))
    extents = bodies.handed_on(bodies.extents_of(version), old, new, salt)
    if version.annotations:
        moved = object_annotations.handed_on(call, bucket, version.annotations, old, new)
        bodies.drop_extents(call, [each.extent for each in version.annotations.values()])
        version.annotations = moved
    version.body = extents
    version.encryption = sealing
    return {}
