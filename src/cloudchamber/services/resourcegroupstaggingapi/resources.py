"""GetResources, GetTagKeys and GetTagValues: what has tags in a Region, whosever service it is.

Rules of this file: the services are asked by the port `tagged-resources`; nothing is kept here. A
resource that lost its last tag is not remembered.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.resourcegroupstaggingapi.listing import after, page_of, token_after
from cloudchamber.services.resourcegroupstaggingapi.refusals import invalid

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Tagged = tuple[str, Mapping[str, str]]
PAGE: Final = 50
PAGE_MAX: Final = 100
TAGS_MIN: Final = 100
TAGS_MAX: Final = 500
LISTED_MAX: Final = 1000  # keys or values on a page; AWS does not say


def tagged(call: Call) -> Iterator[Tagged]:
    """Everything that has tags in the call's account and Region, by ARN.

    Each service answers in that order, so that a page takes no more than it shows.
    """
    answers = call.cloud.registry.ports(ports.TAGGED_RESOURCES)
    return merge(*(each(call.cloud, call.account, call.region) for each in answers), key=_arn)


def _arn(resource: Tagged) -> str:
    return resource[0]


def get_resources(call: Call, request: Input) -> Output:
    """The tagged resources that pass all filters. Raises InvalidParameterException."""
    _check(call, request)
    resources = (each for each in tagged(call) if _is_asked_for(each, request))
    if "TagsPerPage" in request:
        chosen, token = _page_by_tags(call, resources, request)
    else:
        size = request.get("ResourcesPerPage", PAGE_MAX if "ResourceARNList" in request else PAGE)
        chosen, token = page_of(call, resources, _arn, request.get("PaginationToken"), size)
    return {
        "PaginationToken": token,
        "ResourceTagMappingList": [
            {
                "ResourceARN": arn,
                "Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)],
            }
            for arn, tags in chosen
        ],
    }


def _check(call: Call, request: Input) -> None:
    arns = request.get("ResourceARNList")
    for other in ("ResourceTypeFilters", "TagFilters", "ResourcesPerPage", "TagsPerPage",
                  "PaginationToken"):  # fmt: skip
        if arns and request.get(other):
            raise invalid(
                f"You can't specify both ResourceARNList and {other} in the same request."
            )
    if "ResourcesPerPage" in request and "TagsPerPage" in request:
        raise invalid("You can't specify both ResourcesPerPage and TagsPerPage.")
    if not 1 <= request.get("ResourcesPerPage", 1) <= PAGE_MAX:
        raise invalid(f"ResourcesPerPage must be between 1 and {PAGE_MAX}.")
    tags_size = request.get("TagsPerPage", TAGS_MIN)
    if not TAGS_MIN <= tags_size <= TAGS_MAX or tags_size % TAGS_MIN:
        raise invalid(
            f"TagsPerPage must be a multiple of {TAGS_MIN} between {TAGS_MIN} and {TAGS_MAX}."
        )
    if request.get("ExcludeCompliantResources") and not request.get("IncludeComplianceDetails"):
        raise invalid(
            "ExcludeCompliantResources can be used only if IncludeComplianceDetails is also true."
        )
    if request.get("IncludeComplianceDetails"):
        raise Refused(
            call.service.name,
            call.operation_name,
            "IncludeComplianceDetails: tag policies are recorded and nothing is held to them",
        )
    if any(not each.get("Key") for each in request.get("TagFilters", ())):
        raise invalid("Each TagFilter must contain a Key.")


def _page_by_tags(call: Call, resources: Iterable[Tagged], request: Input) -> tuple[Any, str]:
    """As many resources as fit whole into so many tags; one without tags counts as one."""
    start = after(call, request.get("PaginationToken"))
    room = request["TagsPerPage"]
    chosen: list[Tagged] = []
    for resource in resources:
        if resource[0] <= start:
            continue
        room -= max(1, len(resource[1]))
        if room < 0:
            return chosen, token_after(call, chosen[-1][0])
        chosen.append(resource)
    return chosen, ""


# Filters


def _is_asked_for(resource: Tagged, request: Input) -> bool:
    arn, tags = resource
    arns = request.get("ResourceARNList")
    if arns:
        return arn in arns
    types = request.get("ResourceTypeFilters")
    if types and not any(_is_of_type(arn, each) for each in types):
        return False
    return all(_has(tags, each) for each in request.get("TagFilters", ()))


def _is_of_type(arn: str, asked: str) -> bool:
    """`ec2` or `ec2:instance`, "the same as that embedded in a resource's ARN"."""
    parts = find_arn(arn)
    service, colon, kind = asked.partition(":")
    if parts is None or parts.service != service:
        return False
    resource = parts.resource.lstrip("/")
    return not colon or resource == kind or resource.startswith((f"{kind}/", f"{kind}:"))


def _has(tags: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """A key, with any of the values if there are some; filters of several keys must all hold."""
    if asked["Key"] not in tags:
        return False
    values = asked.get("Values")
    return not values or tags[asked["Key"]] in values


# Keys and values


def get_tag_keys(call: Call, request: Input) -> Output:
    """Every tag key that is in use in the Region."""
    keys = sorted({key for _, tags in tagged(call) for key in tags})
    chosen, token = page_of(call, keys, str, request.get("PaginationToken"), LISTED_MAX)
    return {"PaginationToken": token, "TagKeys": list(chosen)}


def get_tag_values(call: Call, request: Input) -> Output:
    """Every value that a tag key has in the Region."""
    key = request["Key"]
    # A value may be empty, so the listing's keys carry a letter before it.
    values = sorted({"v" + tags[key] for _, tags in tagged(call) if key in tags})
    chosen, token = page_of(call, values, str, request.get("PaginationToken"), LISTED_MAX)
    return {"PaginationToken": token, "TagValues": [value[1:] for value in chosen]}
