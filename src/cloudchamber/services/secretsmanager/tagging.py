"""Tags of secrets.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager import replication
from cloudchamber.services.secretsmanager.lookup import expect_primary, invalid_parameter
from cloudchamber.services.secretsmanager.nouns import SECRETS

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags, or give them new values. Raises InvalidParameterException."""
    secret = expect_primary(call, request["SecretId"])
    secret.tags = checked_tags(call, secret.tags, request["Tags"])
    secret.changed_ns = call.now
    replication.spread(call, secret)
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away; those that are not there are no error."""
    secret = expect_primary(call, request["SecretId"])
    gone = request["TagKeys"]
    secret.tags = {key: value for key, value in secret.tags.items() if key not in gone}
    secret.changed_ns = call.now
    replication.spread(call, secret)
    return {}


def checked_tags(
    call: Call, old: Mapping[str, str], new: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """The tags once `new` are added. Raises InvalidParameterException, LimitExceededException."""
    keys = [tag.get("Key", "") for tag in new]
    if any(not key for key in keys):
        raise invalid_parameter("Tag keys can't be empty.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid_parameter("Tag keys that start with aws: are reserved for AWS use.")
    if len(frozenset(keys)) != len(keys):
        raise invalid_parameter("The list of tags has a key more than once.")
    tags = {**old, **{tag["Key"]: tag.get("Value", "") for tag in new}}
    limit = call.quota("tags")
    if len(tags) > limit:
        raise AwsError("LimitExceededException", f"A secret can have at most {limit} tags.")
    return tags


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the secrets of an account and Region."""
    rows = cloud.store.rows(SECRETS, account, region).values()
    for secret in sorted(rows, key=lambda row: row.arn):
        if secret.tags:
            yield secret.arn, secret.tags
