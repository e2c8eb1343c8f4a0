"""The AWS Resource Groups Tagging API: what it answers. It keeps nothing.

Rules of this file: declaration only. An operation that is not listed is refused by name.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import Service, refused, simulated
from cloudchamber.services.resourcegroupstaggingapi import resources, tagging

_TAG_POLICIES: Final = "tag policies are recorded, and no resource is held to them"

SERVICE: Final = Service(
    name="resourcegroupstaggingapi",
    prefix="tag",
    operations={
        "DescribeReportCreation": refused(_TAG_POLICIES),
        "GetComplianceSummary": refused(_TAG_POLICIES),
        "GetResources": simulated(
            resources.get_resources,
            note="IncludeComplianceDetails is refused: " + _TAG_POLICIES,
        ),
        "GetTagKeys": simulated(resources.get_tag_keys),
        "GetTagValues": simulated(resources.get_tag_values),
        "ListRequiredTags": refused(_TAG_POLICIES),
        "StartReportCreation": refused(_TAG_POLICIES),
        "TagResources": simulated(tagging.tag_resources),
        "UntagResources": simulated(tagging.untag_resources),
    },
)
