"""Workgroups, saved queries, catalogs and tags: kept, listed, changed, forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.services.athena.desk import ONE, Desk, table


def refused(operation: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        operation(**given)
    return str(caught.value)


def test_workgroups(desk: Desk) -> None:
    athena = desk.athena
    primary = athena.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert primary["State"] == "ENABLED"
    assert primary["Configuration"]["EngineVersion"]["EffectiveEngineVersion"].endswith("3")
    athena.create_work_group(Name="g", Description="d", Tags=[{"Key": "k", "Value": "v"}])
    assert "already created" in refused(athena.create_work_group, Name="g")
    assert [each["Name"] for each in athena.list_work_groups()["WorkGroups"]] == ["g", "primary"]
    athena.update_work_group(WorkGroup="g", State="DISABLED")
    with pytest.raises(ClientError, match="is disabled"):
        desk.start("SELECT 1", WorkGroup="g")
    updates = {"ResultConfigurationUpdates": {"OutputLocation": "s3://data/"}}
    athena.update_work_group(WorkGroup="primary", ConfigurationUpdates=updates)
    kept = athena.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"]
    assert kept["ResultConfiguration"] == {"OutputLocation": "s3://data/"}
    remove = {"ResultConfigurationUpdates": {"RemoveOutputLocation": True}}
    athena.update_work_group(WorkGroup="primary", ConfigurationUpdates=remove)
    kept = athena.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"]
    assert kept["ResultConfiguration"] == {}
    athena.create_named_query(Name="n", Database="db", QueryString="SELECT 1", WorkGroup="g")
    assert "is not empty" in refused(athena.delete_work_group, WorkGroup="g")
    athena.delete_work_group(WorkGroup="g", RecursiveDeleteOption=True)
    assert "is not found" in refused(athena.list_named_queries, WorkGroup="g")
    assert "Cannot delete primary" in refused(athena.delete_work_group, WorkGroup="primary")
    managed = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    said = refused(athena.create_work_group, Name="m", Configuration=managed)
    assert "ManagedQueryResultsConfiguration" in said


def test_named_queries(desk: Desk) -> None:
    athena = desk.athena
    ids = [
        athena.create_named_query(Name=f"n{number}", Database="db", QueryString="SELECT 1")[
            "NamedQueryId"
        ]
        for number in range(3)
    ]
    assert athena.list_named_queries()["NamedQueryIds"] == ids[::-1]
    athena.update_named_query(NamedQueryId=ids[0], Name="m", QueryString="SELECT 2")
    kept = athena.get_named_query(NamedQueryId=ids[0])["NamedQuery"]
    assert (kept["Name"], kept["QueryString"], kept["WorkGroup"]) == ("m", "SELECT 2", "primary")
    athena.delete_named_query(NamedQueryId=ids[1])
    answer = athena.batch_get_named_query(NamedQueryIds=ids)
    assert [each["NamedQueryId"] for each in answer["UnprocessedNamedQueryIds"]] == [ids[1]]


def test_prepared_statements(desk: Desk) -> None:
    athena = desk.athena
    mine = {"StatementName": "mine", "WorkGroup": "primary"}
    athena.create_prepared_statement(QueryStatement="SELECT 1", **mine)
    assert "already exists" in refused(
        athena.create_prepared_statement, QueryStatement="SELECT 1", **mine
    )
    athena.update_prepared_statement(QueryStatement="SELECT 2", **mine)
    assert desk.rows("EXECUTE mine") == [["2"]]
    listed = athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert [each["StatementName"] for each in listed] == ["mine"]
    answer = athena.batch_get_prepared_statement(
        PreparedStatementNames=["mine", "other"], WorkGroup="primary"
    )
    assert [each["StatementName"] for each in answer["UnprocessedPreparedStatementNames"]] == [
        "other"
    ]
    athena.delete_prepared_statement(**mine)
    assert "ResourceNotFoundException" in refused(athena.get_prepared_statement, **mine)


def test_catalogs_and_what_glue_keeps(desk: Desk) -> None:
    athena = desk.athena
    desk.done(table("t", "a int"))
    parameters = {"catalog-id": ONE}
    athena.create_data_catalog(Name="mine", Type="GLUE", Parameters=parameters)
    athena.create_data_catalog(
        Name="theirs",
        Type="LAMBDA",
        Parameters={"function": "arn:aws:lambda:eu-west-1:1:function:f"},
    )
    listed = athena.list_data_catalogs()["DataCatalogsSummary"]
    assert [each["CatalogName"] for each in listed] == ["AwsDataCatalog", "mine", "theirs"]
    assert athena.get_data_catalog(Name="mine")["DataCatalog"]["Parameters"] == parameters
    databases = athena.list_databases(CatalogName="mine")["DatabaseList"]
    assert [each["Name"] for each in databases] == ["db"]
    found = athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="db")["Database"]
    assert found["Name"] == "db"
    tables = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="db")
    assert [each["Name"] for each in tables["TableMetadataList"]] == ["t"]
    assert "MetadataException" in refused(
        athena.get_table_metadata, CatalogName="mine", DatabaseName="db", TableName="nope"
    )
    assert "no connector is run" in refused(athena.list_databases, CatalogName="theirs")
    athena.update_data_catalog(Name="mine", Type="GLUE", Parameters={"catalog-id": "222222222222"})
    assert "another account's" in refused(athena.list_databases, CatalogName="mine")
    athena.delete_data_catalog(Name="mine")
    assert "was not found" in refused(athena.get_data_catalog, Name="mine")


def test_tags(desk: Desk) -> None:
    athena = desk.athena
    arn = f"arn:aws:athena:eu-west-1:{ONE}:workgroup/primary"
    athena.tag_resource(
        ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    )
    athena.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    tagged = desk.chamber.client("resourcegroupstaggingapi").get_resources()
    assert [each["ResourceARN"] for each in tagged["ResourceTagMappingList"]] == [arn]
    missing = f"arn:aws:athena:eu-west-1:{ONE}:workgroup/nope"
    assert "ResourceNotFoundException" in refused(
        athena.list_tags_for_resource, ResourceARN=missing
    )
    versions = athena.list_engine_versions()["EngineVersions"]
    assert {each["SelectedEngineVersion"] for each in versions} == {
        "AUTO",
        "Athena engine version 3",
    }
