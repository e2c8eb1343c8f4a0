"""What concerns the whole catalog: import status, encryption settings, tags of databases.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-migration.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.glue.lookup import expect_own_catalog, invalid
from cloudchamber.services.glue.nouns import DATABASES, SETTINGS, CatalogSettings, Database

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

_KEY = "catalog"


def get_catalog_import_status(call: Call, request: Input) -> Output:
    """Always done: there is no older catalog of Athena's to be imported."""
    expect_own_catalog(call, request)
    return {
        "ImportStatus": {
            "ImportCompleted": True,
            "ImportTime": call.cloud.settings.start_ns // SECOND_NS,
            "ImportedBy": call.account,
        }
    }


def get_data_catalog_encryption_settings(call: Call, request: Input) -> Output:
    """The settings, which are off until they are set."""
    expect_own_catalog(call, request)
    row = call.rows(SETTINGS).get(_KEY)
    off = {
        "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
        "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
    }
    return {"DataCatalogEncryptionSettings": {**off, **(row.encryption if row else {})}}


def put_data_catalog_encryption_settings(call: Call, request: Input) -> Output:
    """Keep the settings."""
    expect_own_catalog(call, request)
    row = call.rows(SETTINGS).setdefault(_KEY, CatalogSettings())
    row.encryption = request["DataCatalogEncryptionSettings"]
    return {}


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags, or give them new values. Raises EntityNotFoundException."""
    row = _expect(call, request)
    tags = {**row.tags, **request["TagsToAdd"]}
    if any(key.lower().startswith("aws:") for key in request["TagsToAdd"]):
        raise invalid("Tag keys that start with aws: are reserved.")
    if len(tags) > call.quota("tags"):
        raise invalid("A resource can have at most 50 tags.")
    row.tags = tags
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away; those that are not there are no error."""
    row = _expect(call, request)
    gone = request["TagsToRemove"]
    row.tags = {key: value for key, value in row.tags.items() if key not in gone}
    return {}


def get_tags(call: Call, request: Input) -> Output:
    """A database's tags."""
    return {"Tags": _expect(call, request).tags}


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the databases of an account and Region that have tags."""
    rows: Any = cloud.store.rows(DATABASES, account, region)
    for name, row in rows.items():
        if row.tags:
            yield f"arn:aws:glue:{region}:{account}:database/{name}", row.tags


def _expect(call: Call, request: Input) -> Database:
    arn = find_arn(request["ResourceArn"])
    kind, _, name = (arn.resource if arn else "").partition("/")
    if arn is None or not name:
        raise invalid(f"Invalid ARN: {request['ResourceArn']}")
    if kind != "database":
        raise Refused("glue", call.operation_name, f"there is no {kind} here that has tags")
    row = call.rows(DATABASES).get(name)
    if row is None:
        raise AwsError("EntityNotFoundException", f"Database {name} not found.")
    return row
