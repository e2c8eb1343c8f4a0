"""Executions: their life on the clock, tokens, reuse, limits, results in pages."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.athena.desk import ONE, RESULTS, Desk, table


def refusal(operation: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def state(desk: Desk, identifier: str) -> str:
    found: str = desk.execution(identifier)["Status"]["State"]
    return found


def test_an_execution_takes_its_time_and_can_be_stopped() -> None:
    with Chamber(account=ONE, region="eu-west-1", lifecycle="realistic", clock="manual") as chamber:
        desk = Desk(chamber)
        first, second = desk.start("SELECT 1"), desk.start("SELECT 2")
        assert state(desk, first) == "QUEUED"
        chamber.advance("200ms")
        assert state(desk, first) == "RUNNING"
        code, text = refusal(desk.athena.get_query_results, QueryExecutionId=first)
        assert (code, text) == (
            "InvalidRequestException",
            "Query has not yet finished. Current state: RUNNING",
        )
        desk.athena.stop_query_execution(QueryExecutionId=second)
        chamber.advance("2s")
        assert [state(desk, each) for each in (first, second)] == ["SUCCEEDED", "CANCELLED"]
        assert desk.keys("results") == [f"q/{first}.csv"]
        told = desk.execution(first)["Statistics"]
        assert (told["QueryQueueTimeInMillis"], told["EngineExecutionTimeInMillis"]) == (150, 1200)
        assert told["TotalExecutionTimeInMillis"] == 1350
        desk.athena.stop_query_execution(QueryExecutionId=first)
        assert state(desk, first) == "SUCCEEDED"


def test_what_is_no_statement_is_refused_at_once(desk: Desk) -> None:
    for query, said in (
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'"),
        ("SELECT a FROM t u v", "line 1:19: mismatched input 'v'"),
        ("SELECT 1; SELECT 2", "line 1:1: Only one sql statement is allowed"),
        ("TRUNCATE TABLE t", "line 1:1: mismatched input 'TRUNCATE'"),
        ("CREATE EXTERNAL TABLE t (a int", "line 1:31: mismatched input '<EOF>'"),
    ):
        with pytest.raises(ClientError) as caught:
            desk.start(query)
        response: Any = caught.value.response
        assert response["AthenaErrorCode"] == "MALFORMED_QUERY"
        assert response["Error"]["Message"] == said
    assert desk.athena.list_query_executions()["QueryExecutionIds"] == []


def test_a_token_starts_one_query(desk: Desk) -> None:
    token = "t" * 40
    first = desk.start("SELECT 1", ClientRequestToken=token)
    assert desk.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        desk.start("SELECT 2", ClientRequestToken=token)
    assert desk.athena.list_query_executions()["QueryExecutionIds"] == [first]


def test_an_equal_query_may_have_the_result_again(desk: Desk) -> None:
    desk.put("t/a.csv", "1\n")
    desk.done(table("t", "a int"))
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 10}}
    query: dict[str, Any] = {"query": "SELECT a FROM t", "ResultReuseConfiguration": reuse}
    first = desk.done(**query)
    desk.put("t/b.csv", "2\n")
    second = desk.done(**query)
    assert second["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] is True
    assert second["Statistics"]["DataScannedInBytes"] == 0
    assert desk.result(second) == desk.result(first)
    assert desk.rows(**query) == [["1"]]
    desk.chamber.advance("11m")
    assert desk.rows(**query) == [["1"], ["2"]]


def test_results_come_in_pages_from_s3(desk: Desk) -> None:
    found = desk.done("SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x)")
    pages = desk.athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=found["QueryExecutionId"]
    )
    sizes, values = [], []
    for page in pages:
        rows = page["ResultSet"]["Rows"]
        sizes.append(len(rows))
        values += [row["Data"][0]["VarCharValue"] for row in rows]
    assert sizes == [1000, 1000, 501]
    assert values == ["x", *(str(number) for number in range(1, 2501))]
    key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://results/")
    desk.s3.delete_object(Bucket="results", Key=key)
    code, text = refusal(desk.athena.get_query_results, QueryExecutionId=found["QueryExecutionId"])
    assert code == "InvalidRequestException"
    assert "Could not find results" in text


def test_where_results_go(desk: Desk) -> None:
    code, text = refusal(desk.athena.start_query_execution, QueryString="SELECT 1")
    assert code == "InvalidRequestException"
    assert text.startswith("No output location provided.")
    said = desk.failed(
        "CREATE DATABASE other", ResultConfiguration={"OutputLocation": "s3://nowhere/"}
    )
    assert said == "Unable to verify/create output bucket nowhere"
    assert desk.rows("SHOW DATABASES") == [["db"]]
    configuration = {"ResultConfiguration": {"OutputLocation": "s3://data/out"}}
    desk.athena.create_work_group(Name="g", Configuration=configuration)
    found = desk.done("SELECT 1", WorkGroup="g")
    location = found["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://data/out/{found['QueryExecutionId']}.csv"
    encryption = {"EncryptionOption": "SSE_S3"}
    result = {"OutputLocation": RESULTS, "EncryptionConfiguration": encryption}
    found = desk.done("SELECT 1", ResultConfiguration=result)
    key = f"q/{found['QueryExecutionId']}.csv"
    assert desk.s3.head_object(Bucket="results", Key=key)["ServerSideEncryption"] == "AES256"


def test_a_workgroup_bounds_what_is_read(desk: Desk) -> None:
    desk.put("big/a.csv", "x" * 10_000_001)
    desk.done(table("big", "a string"))
    desk.athena.create_work_group(
        Name="thrifty", Configuration={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    desk.athena.update_work_group(
        WorkGroup="thrifty",
        ConfigurationUpdates={"ResultConfigurationUpdates": {"OutputLocation": RESULTS}},
    )
    found = desk.execution(desk.start("SELECT count(*) FROM big", WorkGroup="thrifty"))
    assert found["Status"]["State"] == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in found["Status"]["StateChangeReason"]


def test_prepared_statements_are_executed(desk: Desk) -> None:
    desk.put("t/a.csv", "1,x\n2,y\n")
    desk.done(table("t", "a int, b string"))
    desk.done("PREPARE mine FROM SELECT b FROM t WHERE a = ? AND b <> ?")
    assert desk.rows("EXECUTE mine USING 2, 'z, (w'") == [["y"]]
    assert desk.rows("EXECUTE mine", ExecutionParameters=["1", "'z'"]) == [["x"]]
    shown = desk.athena.get_prepared_statement(StatementName="mine", WorkGroup="primary")
    assert shown["PreparedStatement"]["QueryStatement"].startswith("SELECT b")
    desk.done("DEALLOCATE PREPARE mine")
    with pytest.raises(ClientError, match="was not found"):
        desk.start("EXECUTE mine")


def test_executions_are_told_in_batches(desk: Desk) -> None:
    ids = [desk.start(f"SELECT {number}") for number in range(3)]
    other = "00000000-0000-0000-0000-000000000000"
    answer = desk.athena.batch_get_query_execution(QueryExecutionIds=[ids[0], other])
    assert [each["Query"] for each in answer["QueryExecutions"]] == ["SELECT 0"]
    assert [each["QueryExecutionId"] for each in answer["UnprocessedQueryExecutionIds"]] == [other]
    pages = desk.athena.get_paginator("list_query_executions").paginate(
        PaginationConfig={"PageSize": 2}
    )
    assert [page["QueryExecutionIds"] for page in pages] == [[ids[2], ids[1]], [ids[0]]]
    assert "was not found" in refusal(desk.athena.get_query_execution, QueryExecutionId=other)[1]


def test_the_caller_needs_the_permissions() -> None:
    with Chamber(account=ONE, region="eu-west-1", iam="enforce") as chamber:
        desk = Desk(chamber)
        desk.put("t/a.csv", "1\n")
        desk.done(table("t", "a int"))
        iam = chamber.client("iam")
        iam.create_user(UserName="ann")
        keys = iam.create_access_key(UserName="ann")["AccessKey"]
        policy = (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["athena:*","glue:*",'
            '"s3:PutObject","s3:GetBucketLocation"],"Resource":"*"}]}'
        )
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy)
        desk.athena = chamber.client("athena", credentials=keys)
        assert "Permission denied on S3 path: s3://data/t/" in desk.failed("SELECT a FROM t")


def test_a_world_read_back_goes_on(desk: Desk) -> None:
    identifier = desk.start("SELECT 1")
    with desk.chamber.fork() as copy:
        answer = copy.client("athena").get_query_results(QueryExecutionId=identifier)
        assert answer["ResultSet"]["Rows"][1]["Data"] == [{"VarCharValue": "1"}]


def test_equal_inputs_give_an_equal_world() -> None:
    def live() -> tuple[str, str]:
        with Chamber(seed=7, account=ONE, region="eu-west-1") as chamber:
            desk = Desk(chamber)
            desk.put("t/a.csv", "1,x\n2,y\n")
            # A client draws its tokens by itself, unless it is given them.
            made, copied, asked = (
                desk.done(query, ClientRequestToken=f"{number:032d}")
                for number, query in enumerate(
                    (
                        table("t", "a int, b string"),
                        "CREATE TABLE c WITH (partitioned_by = ARRAY['b']) AS SELECT * FROM t",
                        "SELECT a, rand(), now() FROM c ORDER BY rand()",
                    )
                )
            )
            assert made["QueryExecutionId"] != copied["QueryExecutionId"]
            return desk.result(asked), chamber.digest

    assert live() == live()
