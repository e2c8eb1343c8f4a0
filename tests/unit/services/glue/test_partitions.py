"""Partitions: added, found by values and by expression, changed and taken away."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

WHERE = {"DatabaseName": "logs", "TableName": "flows"}


def add(glue: Any, *values: tuple[str, str]) -> list[Any]:
    given = [{"Values": list(each), "Parameters": {"n": each[1]}} for each in values]
    answer = glue.batch_create_partition(PartitionInputList=given, **WHERE)
    errors: list[Any] = answer["Errors"]
    return errors


def found(glue: Any, **more: Any) -> list[tuple[str, ...]]:
    return [tuple(each["Values"]) for each in glue.get_partitions(**WHERE, **more)["Partitions"]]


def test_partitions_come_alone_and_in_batches(filled: Any) -> None:
    filled.create_partition(PartitionInput={"Values": ["2024", "02"]}, **WHERE)
    errors = add(filled, ("2024", "01"), ("2024", "02"), ("2023", "31"))
    assert [each["PartitionValues"] for each in errors] == [["2024", "02"]]
    assert errors[0]["ErrorDetail"] == {
        "ErrorCode": "AlreadyExistsException",
        "ErrorMessage": "Partition already exists.",
    }
    assert found(filled) == [("2023", "31"), ("2024", "01"), ("2024", "02")]
    got = filled.batch_get_partition(
        PartitionsToGet=[{"Values": ["2023", "31"]}, {"Values": ["1", "1"]}], **WHERE
    )
    assert [each["Values"] for each in got["Partitions"]] == [["2023", "31"]]


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("year = 900", ["900"]),
        ("year > 900", ["1000", "2024"]),
        ("year >= '900' AND day <> '01'", ["1000", "900"]),
        ("day BETWEEN '01' AND '02' AND NOT (year = 2024)", ["1000"]),
        ("year IN (900, 2024)", ["2024", "900"]),
        ("day LIKE '0%' OR year = 900", ["1000", "2024", "900"]),
        ("'02' = day", ["1000"]),
        ("day IS NULL", []),
    ],
)
def test_an_expression_chooses(filled: Any, expression: str, chosen: list[str]) -> None:
    add(filled, ("900", "31"), ("1000", "02"), ("2024", "01"))
    assert [year for year, _ in found(filled, Expression=expression)] == chosen


@pytest.mark.parametrize("expression", ["year", "nope = 1", "year = 'x'", "year = 1 day", "(", "~"])
def test_a_bad_expression_is_refused(filled: Any, expression: str) -> None:
    with pytest.raises(ClientError) as caught:
        found(filled, Expression=expression)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"


def test_pages_and_segments_show_each_partition_once(filled: Any) -> None:
    everything = [("2024", f"{number:02d}") for number in range(30)]
    add(filled, *everything)
    pages = filled.get_paginator("get_partitions").paginate(
        **WHERE, PaginationConfig={"PageSize": 7}
    )
    listed = [tuple(each["Values"]) for page in pages for each in page["Partitions"]]
    assert listed == everything
    parts = [
        found(filled, Segment={"SegmentNumber": number, "TotalSegments": 3}) for number in range(3)
    ]
    assert sorted(each for part in parts for each in part) == everything
    assert all(parts)


def test_partitions_change_and_go(filled: Any) -> None:
    add(filled, ("2024", "01"), ("2024", "02"), ("2024", "03"))
    filled.update_partition(
        PartitionValueList=["2024", "01"], PartitionInput={"Values": ["2025", "01"]}, **WHERE
    )
    errors = filled.batch_update_partition(
        Entries=[
            {
                "PartitionValueList": ["2024", "02"],
                "PartitionInput": {"Values": ["2024", "02"], "Parameters": {"n": "x"}},
            },
            {"PartitionValueList": ["9", "9"], "PartitionInput": {"Values": ["9", "9"]}},
        ],
        **WHERE,
    )["Errors"]
    assert [each["PartitionValueList"] for each in errors] == [["9", "9"]]
    one = filled.get_partition(PartitionValues=["2024", "02"], **WHERE)["Partition"]
    assert one["Parameters"] == {"n": "x"}
    filled.delete_partition(PartitionValues=["2024", "02"], **WHERE)
    errors = filled.batch_delete_partition(
        PartitionsToDelete=[{"Values": ["2024", "03"]}, {"Values": ["2024", "02"]}], **WHERE
    )["Errors"]
    assert [each["PartitionValues"] for each in errors] == [["2024", "02"]]
    assert found(filled) == [("2025", "01")]
    with pytest.raises(ClientError, match="do not match"):
        filled.get_partition(PartitionValues=["2025"], **WHERE)


def test_statistics_indexes_and_functions_are_recorded(filled: Any) -> None:
    numbers = {"MaximumLength": 6, "AverageLength": 6.0, "NumberOfNulls": 0}
    data = {
        "Type": "STRING",
        "StringColumnStatisticsData": {**numbers, "NumberOfDistinctValues": 2},
    }
    one = {
        "ColumnName": "action",
        "ColumnType": "string",
        "AnalyzedTime": 1,
        "StatisticsData": data,
    }
    filled.update_column_statistics_for_table(ColumnStatisticsList=[one], **WHERE)
    got = filled.get_column_statistics_for_table(ColumnNames=["action", "x"], **WHERE)
    assert got["ColumnStatisticsList"][0]["StatisticsData"] == data
    assert [each["ColumnName"] for each in got["Errors"]] == ["x"]
    add(filled, ("2024", "01"))
    part = {"PartitionValues": ["2024", "01"], **WHERE}
    filled.update_column_statistics_for_partition(ColumnStatisticsList=[one], **part)
    filled.delete_column_statistics_for_partition(ColumnName="action", **part)
    got = filled.get_column_statistics_for_partition(ColumnNames=["action"], **part)
    assert got["ColumnStatisticsList"] == []
    filled.delete_column_statistics_for_table(ColumnName="action", **WHERE)

    filled.create_partition_index(PartitionIndex={"Keys": ["year"], "IndexName": "i"}, **WHERE)
    shown = filled.get_partition_indexes(**WHERE)["PartitionIndexDescriptorList"]
    assert shown == [
        {"IndexName": "i", "Keys": [{"Name": "year", "Type": "int"}], "IndexStatus": "ACTIVE"}
    ]
    filled.delete_partition_index(IndexName="i", **WHERE)

    function = {"FunctionName": "F", "ClassName": "a.B"}
    filled.create_user_defined_function(DatabaseName="logs", FunctionInput=function)
    filled.update_user_defined_function(
        DatabaseName="logs", FunctionName="f", FunctionInput={"ClassName": "a.C"}
    )
    kept = filled.get_user_defined_functions(Pattern="*")["UserDefinedFunctions"]
    assert [(each["FunctionName"], each["ClassName"]) for each in kept] == [("f", "a.C")]
    filled.delete_user_defined_function(DatabaseName="logs", FunctionName="f")
    filled.put_data_catalog_encryption_settings(
        DataCatalogEncryptionSettings={"EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS"}}
    )
    settings = filled.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    assert settings["EncryptionAtRest"]["CatalogEncryptionMode"] == "SSE-KMS"
