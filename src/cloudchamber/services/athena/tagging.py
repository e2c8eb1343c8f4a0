"""Tags of workgroups and data catalogs.

https://docs.aws.amazon.com/athena/latest/ug/tags.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.athena.lookup import expect_workgroup, invalid, one_page
from cloudchamber.services.athena.nouns import (
    CATALOGS,
    PRIMARY,
    WORKGROUPS,
    DataCatalog,
    WorkGroup,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

_PAGE = 75


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags, or give them new values. Raises ResourceNotFoundException."""
    row = _expect(call, request)
    tags = {**row.tags, **tags_of(request)}
    if len(tags) > call.quota("tags"):
        raise invalid("A resource can have at most 50 tags.")
    row.tags = tags
    if isinstance(row, WorkGroup):
        call.rows(WORKGROUPS)[row.name] = row
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away; those that are not there are no error."""
    row = _expect(call, request)
    gone = request["TagKeys"]
    row.tags = {key: value for key, value in row.tags.items() if key not in gone}
    return {}


def list_tags_for_resource(call: Call, request: Input) -> Output:
    """A resource's tags, by key, in pages."""
    tags = _expect(call, request).tags
    chosen, token = one_page(sorted(tags), lambda key: key, request, _PAGE)
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in chosen], **token}


def tags_of(request: Input) -> dict[str, str]:
    """The tags that a request gives. Raises InvalidRequestException for reserved keys."""
    tags = {each.get("Key", ""): each.get("Value", "") for each in request.get("Tags", ())}
    if any(not key or key.lower().startswith("aws:") for key in tags):
        raise invalid("Tag keys must have a value and must not start with aws:")
    return tags


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: catalogs, then workgroups, by name: the order of their ARNs."""
    for table, kind in ((CATALOGS, "datacatalog"), (WORKGROUPS, "workgroup")):
        rows: Any = cloud.store.rows(table, account, region)
        for name, row in rows.items():
            if row.tags:
                yield f"arn:aws:athena:{region}:{account}:{kind}/{name}", row.tags


def _expect(call: Call, request: Input) -> WorkGroup | DataCatalog:
    arn = find_arn(request["ResourceARN"])
    kind, _, name = (arn.resource if arn else "").partition("/")
    if kind == "workgroup" and (name == PRIMARY or name in call.rows(WORKGROUPS)):
        return expect_workgroup(call, name)
    found = call.rows(CATALOGS).get(name) if kind == "datacatalog" else None
    if found is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Resource {request['ResourceARN']} was not found.",
            ResourceName=request["ResourceARN"],
        )
    return found
