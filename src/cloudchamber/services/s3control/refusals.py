"""What S3 Control has at AWS and not here, and why.

Rules of this file: reasons and names.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Operation, refused

# Why what is not here is not here.
_REASONS: Final = (
    ("there are no S3 Access Grants", (
        "AssociateAccessGrantsIdentityCenter", "CreateAccessGrant", "CreateAccessGrantsInstance",
        "CreateAccessGrantsLocation", "DeleteAccessGrant", "DeleteAccessGrantsInstance",
        "DeleteAccessGrantsInstanceResourcePolicy", "DeleteAccessGrantsLocation",
        "DissociateAccessGrantsIdentityCenter", "GetAccessGrant", "GetAccessGrantsInstance",
        "GetAccessGrantsInstanceForPrefix", "GetAccessGrantsInstanceResourcePolicy",
        "GetAccessGrantsLocation", "GetDataAccess", "ListAccessGrants", "ListAccessGrantsInstances",
        "ListAccessGrantsLocations", "ListCallerAccessGrants",
        "PutAccessGrantsInstanceResourcePolicy", "UpdateAccessGrantsLocation",
    )),
    ("there is no Object Lambda", (
        "CreateAccessPointForObjectLambda", "DeleteAccessPointForObjectLambda",
        "DeleteAccessPointPolicyForObjectLambda", "GetAccessPointConfigurationForObjectLambda",
        "GetAccessPointForObjectLambda", "GetAccessPointPolicyForObjectLambda",
        "GetAccessPointPolicyStatusForObjectLambda", "ListAccessPointsForObjectLambda",
        "PutAccessPointConfigurationForObjectLambda", "PutAccessPointPolicyForObjectLambda",
    )),
    ("there are no S3 Outposts", (
        "CreateBucket", "DeleteBucket", "DeleteBucketLifecycleConfiguration", "DeleteBucketPolicy",
        "DeleteBucketReplication", "DeleteBucketTagging", "GetBucket",
        "GetBucketLifecycleConfiguration", "GetBucketPolicy", "GetBucketReplication",
        "GetBucketTagging", "GetBucketVersioning", "ListRegionalBuckets",
        "PutBucketLifecycleConfiguration", "PutBucketPolicy", "PutBucketReplication",
        "PutBucketTagging", "PutBucketVersioning",
    )),
    ("there are no Batch Operations", (
        "CreateJob", "DeleteJobTagging", "DescribeJob", "GetJobTagging", "ListJobs",
        "PutJobTagging", "UpdateJobPriority", "UpdateJobStatus",
    )),
    ("there are no Multi-Region Access Points", (
        "CreateMultiRegionAccessPoint", "DeleteMultiRegionAccessPoint",
        "DescribeMultiRegionAccessPointOperation", "GetMultiRegionAccessPoint",
        "GetMultiRegionAccessPointPolicy", "GetMultiRegionAccessPointPolicyStatus",
        "GetMultiRegionAccessPointRoutes", "ListMultiRegionAccessPoints",
        "PutMultiRegionAccessPointPolicy", "SubmitMultiRegionAccessPointRoutes",
    )),
    ("there is no Storage Lens", (
        "CreateStorageLensGroup", "DeleteStorageLensConfiguration",
        "DeleteStorageLensConfigurationTagging", "DeleteStorageLensGroup",
        "GetStorageLensConfiguration", "GetStorageLensConfigurationTagging",
        "GetStorageLensGroup", "ListStorageLensConfigurations", "ListStorageLensGroups",
        "PutStorageLensConfiguration", "PutStorageLensConfigurationTagging",
        "UpdateStorageLensGroup",
    )),
    ("it is for directory buckets, which are not here", (
        "DeleteAccessPointScope", "GetAccessPointScope", "ListAccessPointsForDirectoryBuckets",
        "PutAccessPointScope",
    )),
)  # fmt: skip

REFUSALS: Final[Mapping[str, Operation]] = MappingProxyType(
    {name: refused(reason) for reason, names in _REASONS for name in names}
)
