"""What a table and its indexes may be: names, keys, projections, throughput, in AWS's words.

Rules of this file: pure checks on requests; each raises and changes nothing. The texts are those
that DynamoDB answers.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Quota

Request = Mapping[str, Any]

NAME: Final = re.compile(r"[a-zA-Z0-9_.-]+")
NAME_MIN: Final = 3
NAME_MAX: Final = 255
LSI_MAX: Final = 5
GSI_MAX: Final = 20
# "The total of user-specified non-key attributes projected into all of a table's indexes"
PROJECTED_MAX: Final = 100
GSI_KEYS_MAX: Final = 4  # of each kind: multi-attribute keys
KEYS_MAX: Final = 2
TAGS_MAX: Final = 50
_DOCS: Final = "amazondynamodb/latest/developerguide/ServiceQuotas.html"
_INVALID: Final = "One or more parameter values were invalid: "

TABLE_QUOTAS: Final = MappingProxyType(
    {
        "tables": Quota(2500, _DOCS, adjustable=True),
        "table-read-units": Quota(40_000, _DOCS, adjustable=True),
        "table-write-units": Quota(40_000, _DOCS, adjustable=True),
        "account-read-units": Quota(80_000, _DOCS, adjustable=True),
        "account-write-units": Quota(80_000, _DOCS, adjustable=True),
        "concurrent-changes": Quota(500, _DOCS),
        "concurrent-imports": Quota(50, _DOCS),
        "concurrent-exports": Quota(300, _DOCS),
        "tags": Quota(TAGS_MAX, _DOCS),
        "resource-policy-bytes": Quota(20_480, _DOCS),
    }
)


def invalid(text: str) -> AwsError:
    """A ValidationException with the words that most of DynamoDB's begin with."""
    return AwsError("ValidationException", _INVALID + text)


def validation(text: str) -> AwsError:
    """A ValidationException."""
    return AwsError("ValidationException", text)


def not_simulated(operation: str, what: str) -> AwsError:
    """What a request asks for and is not simulated, by name."""
    return Refused("dynamodb", operation, f"{what} is missing")


def check_name(name: str, member: str = "tableName") -> None:
    """Raises ValidationException for what is no name of a table."""
    if not NAME_MIN <= len(name) <= NAME_MAX:
        what = member[0].upper() + member[1:]
        raise validation(
            f"{what} must be at least {NAME_MIN} characters long and at most {NAME_MAX} "
            "characters long"
        )
    if not NAME.fullmatch(name):
        raise validation(
            f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )


def check_definitions(request: Request) -> dict[str, str]:
    """The attribute definitions of a new table, by name, after every check of keys and indexes."""
    kinds = read_attributes(request.get("AttributeDefinitions", ()))
    key_schema = request.get("KeySchema")
    if not key_schema:
        raise invalid("Missing the key schema of the table")
    check_keys(key_schema, kinds, KEYS_MAX)
    hash_key = key_schema[0]["AttributeName"]
    locals_, globals_ = _indexes(request)
    used = [each["AttributeName"] for each in key_schema]
    if locals_ and len(key_schema) < KEYS_MAX:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    for index in locals_:
        check_keys(index["KeySchema"], kinds, KEYS_MAX)
        _check_local(index, hash_key)
    for index in globals_:
        check_keys(index["KeySchema"], kinds, GSI_KEYS_MAX)
    names = [index["IndexName"] for index in (*locals_, *globals_)]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise invalid(f"Duplicate index name: {name}")
    for index in (*locals_, *globals_):
        check_projection(index["Projection"])
        used += [each["AttributeName"] for each in index["KeySchema"]]
    check_projected((*locals_, *globals_))
    check_all_used(kinds, used, has_indexes=bool(names))
    return kinds


def _indexes(request: Request) -> tuple[Sequence[Request], Sequence[Request]]:
    found: list[Sequence[Request]] = []
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        indexes = request.get(member)
        if indexes is not None and not indexes:
            raise invalid(f"List of {member} is empty")
        found.append(indexes or ())
    if len(found[0]) > LSI_MAX:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {LSI_MAX}")
    if len(found[1]) > GSI_MAX:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {GSI_MAX}")
    return found[0], found[1]


def read_attributes(definitions: Iterable[Request]) -> dict[str, str]:
    """Attribute definitions by name. Raises ValidationException when one comes twice."""
    kinds: dict[str, str] = {}
    for each in definitions:
        name = each["AttributeName"]
        if name in kinds:
            raise invalid(f"Duplicate AttributeName in AttributeDefinitions: {name}")
        kinds[name] = each["AttributeType"]
    return kinds


def check_keys(key_schema: Sequence[Request], kinds: Mapping[str, str], most: int) -> None:
    """One or more HASH elements, then RANGE elements, each defined, none twice."""
    names = [each["AttributeName"] for each in key_schema]
    roles = [each["KeyType"] for each in key_schema]
    hashes = roles.count("HASH")
    if roles[0] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if most == KEYS_MAX and len(roles) > KEYS_MAX:
        raise validation(
            f"1 validation error detected: Value '{list(names)}' at 'keySchema' failed to satisfy "
            "constraint: Member must have length less than or equal to 2"
        )
    if most == KEYS_MAX and hashes > 1:
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if roles != ["HASH"] * hashes + ["RANGE"] * (len(roles) - hashes):
        raise validation("Invalid KeySchema: HASH key types must come before RANGE key types")
    if hashes > most or len(roles) - hashes > most:
        raise validation(f"Invalid KeySchema: an index has at most {most} HASH and RANGE keys")
    if len(frozenset(names)) != len(names):
        raise validation(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )
    unknown = [name for name in names if name not in kinds]
    if unknown:
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: {_listed(unknown)}, AttributeDefinitions: {_listed(kinds)}"
        )


def _check_local(index: Request, hash_key: str) -> None:
    name, keys = index["IndexName"], index["KeySchema"]
    if len(keys) < KEYS_MAX:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    if keys[0]["AttributeName"] != hash_key:
        raise invalid(
            "Index KeySchema does not have the same leading hash key as table KeySchema for "
            f"index: {name}. index hash key: {keys[0]['AttributeName']}, table hash key: {hash_key}"
        )


def check_projection(projection: Request) -> None:
    """A projection's type and names belong together."""
    kind = projection.get("ProjectionType")
    names = projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and not names:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and names:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")


def check_projected(indexes: Iterable[Request]) -> None:
    """All indexes together project at most a hundred named attributes."""
    count = sum(len(index["Projection"].get("NonKeyAttributes", ())) for index in indexes)
    if count > PROJECTED_MAX:
        raise invalid(
            f"Number of NonKeyAttributes for all secondary indexes exceeds the limit of "
            f"{PROJECTED_MAX}"
        )


def check_all_used(kinds: Mapping[str, str], used: Sequence[str], *, has_indexes: bool) -> None:
    """No attribute is defined that is no key."""
    if all(name in used for name in kinds):
        return
    if not has_indexes:
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes "
            "defined in AttributeDefinitions"
        )
    keys = list(dict.fromkeys(used))
    raise invalid(
        f"Some AttributeDefinitions are not used. AttributeDefinitions: {_listed(kinds)}, "
        f"keys used: {_listed(keys)}"
    )


def check_billing(request: Request) -> None:
    """Throughput goes with PROVISIONED, and only with it, for the table and each index."""
    on_demand = request.get("BillingMode", "PROVISIONED") == "PAY_PER_REQUEST"
    check_table_billing(on_demand, request.get("ProvisionedThroughput"))
    if not on_demand and "OnDemandThroughput" in request:
        raise invalid(
            "OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST"
        )
    for index in request.get("GlobalSecondaryIndexes", ()):
        check_index_billing(on_demand, index)


def check_table_billing(on_demand: bool, throughput: Request | None) -> None:
    """The table's own throughput against its billing mode."""
    if on_demand and throughput is not None:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
            "is PAY_PER_REQUEST"
        )
    if not on_demand and throughput is None:
        raise invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED"
        )


def check_index_billing(on_demand: bool, index: Request) -> None:
    """An index's throughput against the table's billing mode."""
    name = index["IndexName"]
    if on_demand and "ProvisionedThroughput" in index:
        raise invalid(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is "
            "PAY_PER_REQUEST"
        )
    if not on_demand and "ProvisionedThroughput" not in index:
        raise invalid(f"ProvisionedThroughput must be specified for index: {name}")
    if not on_demand and "OnDemandThroughput" in index:
        raise invalid(
            f"OnDemandThroughput should not be specified for index: {name} when BillingMode is "
            "PROVISIONED"
        )


def check_stream(specification: Request | None) -> str | None:
    """The view type of a stream that is to be, or None for no stream."""
    if specification is None:
        return None
    view = specification.get("StreamViewType")
    if not specification["StreamEnabled"]:
        if view is not None:
            raise invalid("StreamViewType cannot be specified when StreamEnabled is false")
        return None
    if view is None:
        raise invalid("StreamViewType is required when StreamEnabled is true")
    return str(view)


def check_warm(warm: Request | None) -> None:
    """Warm throughput names at least one positive figure."""
    if warm is None:
        return
    figures = [warm[key] for key in ("ReadUnitsPerSecond", "WriteUnitsPerSecond") if key in warm]
    if not figures:
        raise invalid("WarmThroughput must specify ReadUnitsPerSecond, WriteUnitsPerSecond or both")
    if min(figures) < 1:
        raise invalid("WarmThroughput values must be at least 1")


def check_on_demand(limits: Request | None) -> None:
    """On-demand limits: at least one figure, each positive or -1 for none."""
    if limits is None:
        return
    figures = [limits[key] for key in ("MaxReadRequestUnits", "MaxWriteRequestUnits")
               if key in limits]  # fmt: skip
    if not figures:
        raise invalid(
            "OnDemandThroughput must specify MaxReadRequestUnits, MaxWriteRequestUnits or both"
        )
    if any(figure != -1 and figure < 1 for figure in figures):
        raise invalid("MaxReadRequestUnits and MaxWriteRequestUnits must be -1 or at least 1")


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"
