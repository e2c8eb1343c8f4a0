"""What the tests of Athena share: a desk at which queries are asked, and what lies in S3.

Rules of this file: thin. Everything goes through boto clients.
"""

from __future__ import annotations

from typing import Any

from cloudchamber import Chamber

ONE, TWO = "111111111111", "222222222222"
RESULTS = "s3://results/q/"


class Desk:
    """A chamber's Athena, Glue and S3, with a bucket of data and one of results."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.athena = chamber.client("athena")
        self.glue = chamber.client("glue")
        self.s3 = chamber.client("s3")
        for bucket in ("data", "results"):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        self.glue.create_database(DatabaseInput={"Name": "db"})

    def put(self, key: str, text: str | bytes) -> None:
        body = text if isinstance(text, bytes) else text.encode()
        self.s3.put_object(Bucket="data", Key=key, Body=body)

    def start(self, query: str, **more: Any) -> str:
        context = {"Database": "db"}
        given = {
            "QueryExecutionContext": context,
            "ResultConfiguration": {"OutputLocation": RESULTS},
        }
        identifier: str = self.athena.start_query_execution(QueryString=query, **{**given, **more})[
            "QueryExecutionId"
        ]
        return identifier

    def execution(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=identifier)[
            "QueryExecution"
        ]
        return found

    def done(self, query: str, **more: Any) -> dict[str, Any]:
        """The execution of a query that has to succeed."""
        found = self.execution(self.start(query, **more))
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        return found

    def failed(self, query: str, **more: Any) -> str:
        """Why a query fails."""
        found = self.execution(self.start(query, **more))
        assert found["Status"]["State"] == "FAILED", found["Status"]
        reason: str = found["Status"]["StateChangeReason"]
        assert found["Status"]["AthenaError"]["ErrorMessage"] == reason
        return reason

    def rows(self, query: str, **more: Any) -> list[list[str | None]]:
        """The rows of a query, without the header of a SELECT."""
        found = self.done(query, **more)
        answer = self.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
        rows = [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for row in answer["ResultSet"]["Rows"]
        ]
        return rows[1:] if found["SubstatementType"] == "SELECT" else rows

    def result(self, execution: dict[str, Any]) -> str:
        """The object that holds a result."""
        location = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://")
        bucket, _, key = location.partition("/")
        text: str = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return text

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [each["Key"] for each in answer.get("Contents", ())]


def table(name: str, columns: str, more: str = "", folder: str = "") -> str:
    """A CREATE EXTERNAL TABLE of CSV without quotes."""
    return (
        f"CREATE EXTERNAL TABLE {name} ({columns}) {more or COMMAS} "
        f"LOCATION 's3://data/{folder or name}/'"
    )


COMMAS = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"
