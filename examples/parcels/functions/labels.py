"""Reads the labels that a bucket told a queue of, and writes each parcel into a table."""

import json
import os
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")
table = boto3.client("dynamodb")


def handle(event, context):
    """Answer which messages could not be read, so that only those come back."""
    failed = []
    for message in event["Records"]:
        try:
            for record in json.loads(message["body"]).get("Records", []):
                keep(record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
        except ValueError as error:
            print(f"no label: {error}")
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def keep(bucket, key):
    """One label, one item."""
    label = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    table.put_item(
        TableName=os.environ["TABLE"],
        Item={"id": {"S": label["id"]}, "town": {"S": label["town"]}, "label": {"S": key}},
    )
