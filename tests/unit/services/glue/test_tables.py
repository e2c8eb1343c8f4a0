"""Databases and tables: what is made is there, under names in lower case, with its history."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.glue.conftest import ONE, table


def refusal(operation: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def names(glue: Any, **more: Any) -> list[str]:
    return [each["Name"] for each in glue.get_tables(DatabaseName="logs", **more)["TableList"]]


def test_a_database_is_kept_in_lower_case_and_changes(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "Logs", "Description": "a"}, Tags={"k": "v"})
    found = glue.get_database(Name="LOGS")["Database"]
    assert (found["Name"], found["Description"], found["CatalogId"]) == ("logs", "a", ONE)
    glue.update_database(Name="logs", DatabaseInput={"Name": "logs", "LocationUri": "s3://b/"})
    found = glue.get_database(Name="logs")["Database"]
    assert "Description" not in found
    assert found["LocationUri"] == "s3://b/"
    arn = f"arn:aws:glue:eu-west-1:{ONE}:database/logs"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"k": "w", "l": "x"})
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["l"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"k": "w"}


def test_errors_are_glues(filled: Any) -> None:
    again = {"Name": "LOGS"}
    assert refusal(filled.create_database, DatabaseInput=again) == (
        "AlreadyExistsException",
        "Database already exists.",
    )
    assert refusal(filled.get_database, Name="nope") == (
        "EntityNotFoundException",
        "Database nope not found.",
    )
    assert refusal(filled.get_table, DatabaseName="logs", Name="nope") == (
        "EntityNotFoundException",
        "Entity Not Found",
    )
    assert refusal(filled.create_table, DatabaseName="logs", TableInput=table("Flows")) == (
        "AlreadyExistsException",
        "Table already exists.",
    )
    code, text = refusal(filled.get_databases, CatalogId="222222222222")
    assert code == "NotImplemented"
    assert "222222222222" in text


def test_each_update_is_a_version(filled: Any) -> None:
    filled.update_table(DatabaseName="logs", TableInput=table("flows", Description="b"))
    filled.update_table(
        DatabaseName="logs", TableInput=table("flows", Description="c"), SkipArchive=True
    )
    versions = filled.get_table_versions(DatabaseName="logs", TableName="flows")["TableVersions"]
    told = [(each["VersionId"], each["Table"].get("Description")) for each in versions]
    assert told == [("2", "c"), ("0", None)]
    code, _ = refusal(
        filled.update_table, DatabaseName="logs", TableInput=table("flows"), VersionId="0"
    )
    assert code == "ConcurrentModificationException"
    code, _ = refusal(
        filled.delete_table_version, DatabaseName="logs", TableName="flows", VersionId="2"
    )
    assert code == "InvalidInputException"
    filled.delete_table_version(DatabaseName="logs", TableName="flows", VersionId="0")
    errors = filled.batch_delete_table_version(
        DatabaseName="logs", TableName="flows", VersionIds=["0"]
    )["Errors"]
    assert errors[0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    newest = filled.get_table_version(DatabaseName="logs", TableName="flows")["TableVersion"]
    assert newest["VersionId"] == "2"


def test_tables_are_listed_in_pages_and_found(filled: Any) -> None:
    for name in ("b", "a", "ab"):
        filled.create_table(DatabaseName="logs", TableInput=table(name, Description=f"say {name}"))
    assert names(filled) == ["a", "ab", "b", "flows"]
    assert names(filled, Expression="a.*") == ["a", "ab"]
    pages = filled.get_paginator("get_tables").paginate(
        DatabaseName="logs", PaginationConfig={"PageSize": 3}
    )
    assert [[each["Name"] for each in page["TableList"]] for page in pages] == [
        ["a", "ab", "b"],
        ["flows"],
    ]
    sought = filled.search_tables(
        SearchText="say", SortCriteria=[{"FieldName": "Name", "Sort": "DESC"}]
    )
    assert [each["Name"] for each in sought["TableList"]] == ["b", "ab", "a"]
    sought = filled.search_tables(Filters=[{"Key": "Name", "Value": "b"}])
    assert [each["Name"] for each in sought["TableList"]] == ["b"]
    assert filled.search_tables(SearchText='"action"')["TableList"]
    assert not filled.search_tables(SearchText='"actio"')["TableList"]


def test_a_renamed_table_keeps_its_partitions(filled: Any) -> None:
    filled.create_partition(
        DatabaseName="logs", TableName="flows", PartitionInput={"Values": ["2024", "01"]}
    )
    filled.update_table(DatabaseName="logs", Name="flows", TableInput=table("flows2"))
    assert names(filled) == ["flows2"]
    moved = filled.get_partitions(DatabaseName="logs", TableName="flows2")["Partitions"]
    assert [each["Values"] for each in moved] == [["2024", "01"]]


def test_what_is_deleted_takes_what_is_in_it_along(filled: Any) -> None:
    filled.create_partition(
        DatabaseName="logs", TableName="flows", PartitionInput={"Values": ["2024", "01"]}
    )
    errors = filled.batch_delete_table(DatabaseName="logs", TablesToDelete=["flows", "nope"])
    assert [each["TableName"] for each in errors["Errors"]] == ["nope"]
    filled.create_table(DatabaseName="logs", TableInput=table("flows"))
    assert filled.get_partitions(DatabaseName="logs", TableName="flows")["Partitions"] == []
    filled.delete_table(DatabaseName="logs", Name="flows")
    filled.create_table(DatabaseName="logs", TableInput=table("flows"))
    filled.delete_database(Name="logs")
    filled.create_database(DatabaseInput={"Name": "logs"})
    assert names(filled) == []


def test_links_to_other_catalogs_are_refused(filled: Any) -> None:
    link = {"CatalogId": ONE, "DatabaseName": "logs", "Name": "flows"}
    code, text = refusal(
        filled.create_table, DatabaseName="logs", TableInput={"Name": "l", "TargetTable": link}
    )
    assert code == "NotImplemented"
    assert "TargetTable" in text
    link = {"CatalogId": ONE, "DatabaseName": "logs"}
    code, _ = refusal(filled.create_database, DatabaseInput={"Name": "m", "TargetDatabase": link})
    assert code == "NotImplemented"


def test_a_catalog_is_each_accounts_own(chamber: Chamber, filled: Any) -> None:
    other = chamber.client("glue", account="222222222222")
    assert other.get_databases()["DatabaseList"] == []
    assert filled.get_databases(AttributesToGet=["NAME"])["DatabaseList"] == [{"Name": "logs"}]
    assert filled.get_catalog_import_status()["ImportStatus"]["ImportCompleted"] is True


def test_a_world_read_back_has_the_catalog(chamber: Chamber, filled: Any) -> None:
    filled.create_partition(
        DatabaseName="logs", TableName="flows", PartitionInput={"Values": ["2024", "01"]}
    )
    with chamber.fork() as copy:
        glue = copy.client("glue")
        assert names(glue) == ["flows"]
        assert glue.get_partition(
            DatabaseName="logs", TableName="flows", PartitionValues=["2024", "01"]
        )
