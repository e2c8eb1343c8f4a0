"""From a blocked packet to the row that tells of it: flow log, S3, Athena."""

from __future__ import annotations

from tests.unit.services.ec2.flow_logs.estate import BUCKET, ONE, REGION, Estate

# The table that AWS documents for flow logs of the default format, with one partition by date.
TABLE = f"""
CREATE EXTERNAL TABLE IF NOT EXISTS vpc_flow_logs (
  version int, account_id string, interface_id string, srcaddr string, dstaddr string,
  srcport int, dstport int, protocol bigint, packets bigint, bytes bigint,
  start bigint, `end` bigint, action string, log_status string
)
PARTITIONED BY (date_partition string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '
LOCATION 's3://logs/AWSLogs/{ONE}/vpcflowlogs/{REGION}/'
TBLPROPERTIES ("skip.header.line.count"="1")
"""
PARTITION = f"""
ALTER TABLE vpc_flow_logs ADD PARTITION (date_partition = '2027-01-01')
LOCATION 's3://logs/AWSLogs/{ONE}/vpcflowlogs/{REGION}/2027/01/01/'
"""
QUERY = """SELECT *
FROM vpc_flow_logs
WHERE (action = 'REJECT' AND dstport = 443)
AND date_partition >= '2024-01-01';"""


def ask(estate: Estate, query: str) -> list[list[str | None]]:
    athena = estate.chamber.client("athena")
    identifier = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": "network"},
        ResultConfiguration={"OutputLocation": "s3://logs/results/"},
    )["QueryExecutionId"]
    status = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]
    assert status["State"] == "SUCCEEDED", status
    answer = athena.get_query_results(QueryExecutionId=identifier)
    return [
        [cell.get("VarCharValue") for cell in row["Data"]] for row in answer["ResultSet"]["Rows"]
    ]


def test_the_rejected_packet_is_found(estate: Estate) -> None:
    estate.watch()
    estate.happen(
        estate.sighting(action="REJECT"),
        estate.sighting(1, destination_port=22, action="REJECT"),
        estate.sighting(1),
    )
    estate.chamber.advance("60s")
    for statement in ("CREATE DATABASE network", TABLE, PARTITION):
        ask(estate, statement)
    header, *rows = ask(estate, QUERY)
    assert header[:4] == ["version", "account_id", "interface_id", "srcaddr"]
    assert rows == [
        ["2", ONE, estate.interfaces[0], "10.9.9.9", "10.0.0.10", "50000", "443", "6", "1", "40",
         "1798761600", "1798761600", "REJECT", "OK", "2027-01-01"]
    ]  # fmt: skip


def test_parquet_files_are_read_as_well(estate: Estate) -> None:
    estate.watch(
        LogDestination=f"{BUCKET}/columns",
        LogFormat="${interface-id} ${dstport} ${action} ${log-status}",
        DestinationOptions={
            "FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": False,
        },
    )  # fmt: skip
    estate.happen(estate.sighting(action="REJECT"))
    estate.chamber.advance("60s")
    ask(estate, "CREATE DATABASE network")
    root = f"s3://logs/columns/AWSLogs/aws-account-id={ONE}/aws-service=vpcflowlogs/"
    ask(
        estate,
        "CREATE EXTERNAL TABLE c (interface_id string, dstport int, action string, log_status "
        "string) PARTITIONED BY (`year` string, `month` string, `day` string) STORED AS PARQUET "
        f"LOCATION '{root}aws-region={REGION}/'",
    )
    ask(estate, "MSCK REPAIR TABLE c")
    _, *rows = ask(estate, "SELECT interface_id, dstport, year FROM c ORDER BY log_status DESC")
    assert rows == [
        [estate.interfaces[0], "443", "2027"],
        [estate.interfaces[1], None, "2027"],
    ]
