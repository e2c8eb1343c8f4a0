"""Amazon S3 Control: what it is called, what it answers, what it keeps.

Rules of this file: declaration only. Its actions are S3's own (`s3:CreateAccessPoint`).
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Quota, Service, simulated
from cloudchamber.services.s3control import access_points, account_blocks, lookup, tagging
from cloudchamber.services.s3control.nouns import ACCESS_POINTS, ALIASES, BLOCKS
from cloudchamber.services.s3control.refusals import REFUSALS

_on_point: Final = partial(simulated, resource=lookup.arn_of_point)
_tagging: Final = partial(simulated, resource=tagging.arn_of_resource)

SERVICE: Final = Service(
    name="s3control",
    prefix="s3",
    operations={
        **REFUSALS,
        "CreateAccessPoint": _on_point(access_points.create_access_point),
        "DeleteAccessPoint": _on_point(access_points.delete_access_point),
        "DeleteAccessPointPolicy": _on_point(access_points.delete_access_point_policy),
        "DeletePublicAccessBlock": simulated(
            account_blocks.delete_public_access_block, action="PutAccountPublicAccessBlock"
        ),
        "GetAccessPoint": _on_point(access_points.get_access_point),
        "GetAccessPointPolicy": _on_point(access_points.get_access_point_policy),
        "GetAccessPointPolicyStatus": _on_point(access_points.get_access_point_policy_status),
        "GetPublicAccessBlock": simulated(
            account_blocks.get_public_access_block, action="GetAccountPublicAccessBlock"
        ),
        "ListAccessPoints": simulated(access_points.list_access_points),
        "ListTagsForResource": _tagging(tagging.list_tags_for_resource),
        "PutAccessPointPolicy": _on_point(access_points.put_access_point_policy),
        "PutPublicAccessBlock": simulated(
            account_blocks.put_public_access_block, action="PutAccountPublicAccessBlock"
        ),
        "TagResource": _tagging(tagging.tag_resource),
        "UntagResource": _tagging(tagging.untag_resource),
    },
    tables=(ACCESS_POINTS, ALIASES, BLOCKS),
    quotas=MappingProxyType(
        {"access-points": Quota(10_000, "general/latest/gr/s3.html", adjustable=True)}
    ),
    ports={
        ports.ACCESS_POINT: lookup.access_point,
        ports.HAS_ACCESS_POINTS: lookup.has_access_points,
        ports.PUBLIC_ACCESS_BLOCK: lookup.account_blocks,
        ports.TAGGED_RESOURCES: lookup.tagged_resources,
    },
    resource_policy=lookup.resource_policy,
    access_denied="AccessDenied",
)
