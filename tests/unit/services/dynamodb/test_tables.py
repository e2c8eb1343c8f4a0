"""Tables: made, found, listed and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.services.dynamodb.nouns import SHELVES
from tests.unit.services.dynamodb.tables import (
    ONE,
    UNITS,
    attributes_of,
    index_of,
    keys_of,
    provisioned,
    refusal,
    simple,
)

INVALID = "One or more parameter values were invalid: "


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    return chamber.client("dynamodb")


def test_a_table_is_described_as_it_was_asked_for(db: Any) -> None:
    request = provisioned(
        KeySchema=keys_of("pk", "sk"),
        AttributeDefinitions=attributes_of(pk="S", sk="N", other="B"),
        LocalSecondaryIndexes=[index_of("by-other", "pk", "other", "KEYS_ONLY")],
        GlobalSecondaryIndexes=[{**index_of("all", "other"), "ProvisionedThroughput": UNITS}],
        Tags=[{"Key": "team", "Value": "a"}],
    )
    made = db.create_table(**request)["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    table = db.describe_table(TableName="jobs")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    arn = f"arn:aws:dynamodb:us-east-1:{ONE}:table/jobs"
    assert table["TableArn"] == arn
    assert len(table["TableId"]) == 36
    assert table["KeySchema"] == request["KeySchema"]
    assert table["AttributeDefinitions"] == request["AttributeDefinitions"]
    assert table["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0}
    assert (table["ItemCount"], table["TableSizeBytes"]) == (0, 0)
    assert table["DeletionProtectionEnabled"] is False
    local, other = table["LocalSecondaryIndexes"][0], table["GlobalSecondaryIndexes"][0]
    assert local["IndexArn"] == f"{arn}/index/by-other"
    assert local["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert other["IndexStatus"] == "ACTIVE"
    assert other["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert "BillingModeSummary" not in table
    assert db.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    assert db.describe_table(TableName=arn)["Table"]["TableName"] == "jobs"


def test_an_on_demand_table_says_so(db: Any) -> None:
    db.create_table(**simple(TableClass="STANDARD_INFREQUENT_ACCESS",
                             OnDemandThroughput={"MaxReadRequestUnits": 7}))  # fmt: skip
    table = db.describe_table(TableName="jobs")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert table["OnDemandThroughput"]["MaxReadRequestUnits"] == 7
    assert table["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE",
    }  # fmt: skip


def test_states_take_their_time() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        assert db.describe_table(TableName="jobs")["Table"]["TableStatus"] == "CREATING"
        assert refusal(db.delete_table, TableName="jobs") == (
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being created: jobs",
        )
        chamber.advance(8)
        assert db.describe_table(TableName="jobs")["Table"]["TableStatus"] == "ACTIVE"
        gone = db.delete_table(TableName="jobs")["TableDescription"]
        assert gone["TableStatus"] == "DELETING"
        assert "KeySchema" not in gone
        assert db.delete_table(TableName="jobs")["TableDescription"]["TableStatus"] == "DELETING"
        assert refusal(db.create_table, **simple())[0] == "ResourceInUseException"
        chamber.advance(5)
        assert refusal(db.describe_table, TableName="jobs")[0] == "ResourceNotFoundException"


def test_the_waiters_of_boto_end(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple())
    db.get_waiter("table_exists").wait(TableName="jobs")
    db.delete_table(TableName="jobs")
    chamber.advance(1)
    db.get_waiter("table_not_exists").wait(TableName="jobs")


def test_what_is_there_and_what_is_not(db: Any) -> None:
    db.create_table(**simple())
    assert refusal(db.create_table, **simple()) == (
        "ResourceInUseException", "Table already exists: jobs",
    )  # fmt: skip
    for call in (db.describe_table, db.delete_table):
        assert refusal(call, TableName="nobody") == (
            "ResourceNotFoundException", "Requested resource not found: Table: nobody not found",
        )  # fmt: skip


def test_a_protected_table_stays(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple(DeletionProtectionEnabled=True))
    assert refusal(db.delete_table, TableName="jobs") == (
        "ValidationException",
        (
            "Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion protection first."
        ),
    )
    db.update_table(TableName="jobs", DeletionProtectionEnabled=False)
    chamber.advance(1)
    db.delete_table(TableName="jobs")
    chamber.advance(1)
    assert db.list_tables()["TableNames"] == []


def test_names_are_listed_in_pages(db: Any) -> None:
    names = [f"table-{number}" for number in range(5)]
    for name in reversed(names):
        db.create_table(**simple(name))
    first = db.list_tables(Limit=2)
    assert first == {**first, "TableNames": names[:2], "LastEvaluatedTableName": names[1]}
    pages = db.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    assert [name for page in pages for name in page["TableNames"]] == names
    assert "LastEvaluatedTableName" not in db.list_tables(Limit=5)
    # A name that is no longer there is still a place to begin.
    assert db.list_tables(ExclusiveStartTableName="table-2x")["TableNames"] == names[3:]


def test_accounts_and_regions_are_apart(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple())
    assert chamber.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == []
    assert chamber.client("dynamodb", account="222222222222").list_tables()["TableNames"] == []


GSI = [index_of("a-b", "a")]
WRONG = [
    (simple("ab"), "TableName must be at least 3 characters long and at most 255 characters long"),
    (
        simple("a b c"),
        ("1 validation error detected: Value 'a b c' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
    ),
    (
        simple(KeySchema=keys_of("other")),
        INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: "
        "[other], AttributeDefinitions: [pk]",
    ),
    (
        simple(AttributeDefinitions=attributes_of(pk="S", more="S")),
        INVALID + "Number of attributes in KeySchema does not exactly match number of attributes "
        "defined in AttributeDefinitions",
    ),
    (
        simple(AttributeDefinitions=attributes_of(pk="S", a="S", b="S"),
               GlobalSecondaryIndexes=GSI),
        INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: [pk, a, b], "
        "keys used: [pk, a]",
    ),
    (
        simple(KeySchema=[{"AttributeName": "pk", "KeyType": "RANGE"}]),
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ),
    (
        simple(KeySchema=keys_of("pk", "pk")),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    ),
    (
        simple(ProvisionedThroughput=UNITS),
        INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
        "BillingMode is PAY_PER_REQUEST",
    ),
    (
        simple(BillingMode="PROVISIONED"),
        INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
        "BillingMode is PROVISIONED",
    ),
    (
        provisioned(AttributeDefinitions=attributes_of(pk="S", a="S"), GlobalSecondaryIndexes=GSI),
        INVALID + "ProvisionedThroughput must be specified for index: a-b",
    ),
    (simple(GlobalSecondaryIndexes=[]), INVALID + "List of GlobalSecondaryIndexes is empty"),
    (
        simple(LocalSecondaryIndexes=[index_of("local", "pk", "pk")]),
        INVALID + "Table KeySchema does not have a range key, which is required when specifying a "
        "LocalSecondaryIndex",
    ),
    (
        simple(AttributeDefinitions=attributes_of(pk="S", a="S"),
               GlobalSecondaryIndexes=[*GSI, *GSI]),
        INVALID + "Duplicate index name: a-b",
    ),
    (
        simple(AttributeDefinitions=attributes_of(pk="S", a="S"),
               GlobalSecondaryIndexes=[index_of("a-b", "a", kind="INCLUDE")]),
        INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
    (
        simple(AttributeDefinitions=attributes_of(pk="S", a="S"),
               GlobalSecondaryIndexes=[index_of(f"i-{n}", "a") for n in range(21)]),
        INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
    (
        simple(StreamSpecification={"StreamEnabled": True}),
        INVALID + "StreamViewType is required when StreamEnabled is true",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "message"), WRONG, ids=lambda each: str(each)[:60])
def test_a_table_that_may_not_be(db: Any, request_: dict[str, Any], message: str) -> None:
    assert refusal(db.create_table, **request_) == ("ValidationException", message)
    assert db.list_tables()["TableNames"] == []


def test_limits_and_endpoints(db: Any) -> None:
    limits = db.describe_limits()
    assert limits["AccountMaxReadCapacityUnits"] == 80_000
    assert limits["TableMaxWriteCapacityUnits"] == 40_000
    endpoint = db.describe_endpoints()["Endpoints"][0]
    assert endpoint["CachePeriodInMinutes"] == 1440
    too_much = {"ReadCapacityUnits": 40_001, "WriteCapacityUnits": 1}
    code, _ = refusal(db.create_table, **provisioned(ProvisionedThroughput=too_much))
    assert code == "LimitExceededException"


def test_tags_come_and_go(db: Any, chamber: Chamber) -> None:
    arn = db.create_table(**simple())["TableDescription"]["TableArn"]
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "3"}])
    db.untag_resource(ResourceArn=arn, TagKeys=["a", "never"])
    assert db.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    (tagged,) = chamber.cloud.registry.ports("tagged-resources")
    assert list(tagged(chamber.cloud, ONE, "us-east-1")) == [(arn, {"b": "3"})]


def test_tags_are_checked(db: Any) -> None:
    arn = db.create_table(**simple())["TableDescription"]["TableArn"]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert refusal(db.tag_resource, ResourceArn=arn, Tags=many)[0] == "ValidationException"
    twice = [{"Key": "k", "Value": ""}, {"Key": "k", "Value": "x"}]
    assert refusal(db.tag_resource, ResourceArn=arn, Tags=twice)[0] == "ValidationException"
    own = [{"Key": "aws:mine", "Value": ""}]
    assert refusal(db.tag_resource, ResourceArn=arn, Tags=own)[0] == "ValidationException"
    assert refusal(db.list_tags_of_resource, ResourceArn=f"{arn}x")[0] == (
        "ResourceNotFoundException"
    )
    assert refusal(db.list_tags_of_resource, ResourceArn="jobs")[0] == "ValidationException"


def test_many_items_are_let_go_in_slices(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple())
    shelves = chamber.cloud.store.rows(SHELVES, ONE, "us-east-1")
    for number in range(40_000):
        shelves["jobs"].rows.put(number.to_bytes(4, "big"), b"")
    db.delete_table(TableName="jobs")
    assert "jobs" not in shelves
    (left,) = shelves.values()
    assert 0 < len(left.rows.leaves) < 40_000 / 400
    db.create_table(**simple())  # its successor is not touched
    db.put_item(TableName="jobs", Item={"pk": {"S": "a"}})
    chamber.advance(1)
    assert list(shelves) == ["jobs"]
    assert db.scan(TableName="jobs", Select="COUNT")["Count"] == 1
