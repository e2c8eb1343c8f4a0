"""Amazon S3: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud.service import Service, simulated
from cloudchamber.services.s3 import buckets
from cloudchamber.services.s3.limits import QUOTAS
from cloudchamber.services.s3.lookup import arn_of_bucket
from cloudchamber.services.s3.nouns import BUCKETS, CURRENT, NONCURRENT, UPLOADS

_on_bucket: Final = partial(simulated, resource=arn_of_bucket, anonymous=True)

SERVICE: Final = Service(
    name="s3",
    operations={
        # Buckets
        "CreateBucket": _on_bucket(buckets.create_bucket),
        "DeleteBucket": _on_bucket(buckets.delete_bucket),
        "GetBucketLocation": _on_bucket(buckets.get_bucket_location),
        "HeadBucket": _on_bucket(buckets.head_bucket, action="ListBucket", mutates=False),
        "ListBuckets": simulated(buckets.list_buckets, action="ListAllMyBuckets"),
    },
    tables=(BUCKETS, CURRENT, NONCURRENT, UPLOADS),
    quotas=QUOTAS,
    access_denied="AccessDenied",
)
