"""Tags of tables. The file is not called tags, because that is what the calls take.

Rules of this file: at most 50 tags; keys are unique and do not begin with `aws:`.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.Operations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb.definitions import TAGS_MAX, invalid, validation
from cloudchamber.services.dynamodb.lookup import find_table, not_found
from cloudchamber.services.dynamodb.nouns import TABLES, Table

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

PAGE: Final = 10  # "up to 10 times per second", and AWS gives so many tags a page


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags; a key that is there gets the new value."""
    table = _expect(call, request)
    table.tags = checked(table.tags, request["Tags"])
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away by key; a key that is not there is no error."""
    table = _expect(call, request)
    gone = request["TagKeys"]
    table.tags = {key: value for key, value in table.tags.items() if key not in gone}
    return {}


def list_tags_of_resource(call: Call, request: Input) -> Output:
    """The tags of a table, in pages."""
    table = _expect(call, request)
    keys = sorted(table.tags)
    try:
        chosen, token = page(keys, str, request.get("NextToken"), PAGE)
    except BadToken:
        raise validation("Invalid NextToken") from None
    output: Output = {"Tags": [{"Key": key, "Value": table.tags[key]} for key in chosen]}
    if token:
        output["NextToken"] = token
    return output


def checked(have: Mapping[str, str], more: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags after adding some. Raises ValidationException."""
    added: dict[str, str] = {}
    for tag in more:
        key = tag["Key"]
        if key in added:
            raise validation("Duplicate Tag Keys found")
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys must not start with aws:")
        added[key] = tag["Value"]
    merged = {**have, **added}
    if len(merged) > TAGS_MAX:
        raise validation(f"The number of tags exceeds the limit of {TAGS_MAX} for a resource")
    return merged


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What the port `tagged-resources` answers: tables that have tags, by ARN."""
    for table in cloud.store.rows(TABLES, account, region).values():
        if table.tags:
            yield table.arn, table.tags


def _expect(call: Call, request: Input) -> Table:
    arn = request["ResourceArn"]
    parts = find_arn(arn)
    if parts is None or parts.service != "dynamodb":
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    table = find_table(call, arn)
    if table is None or table.arn != arn:
        raise not_found(f"ResourcArn: {arn} not found")
    return table
