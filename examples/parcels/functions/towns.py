"""Reads the stream of the table, and tells the queue of the towns what is new."""

import json
import os

import boto3

sqs = boto3.client("sqs")


def handle(event, context):
    """Tell of every parcel that is new."""
    for record in event["Records"]:
        if record["eventName"] == "INSERT":
            parcel = record["dynamodb"]["NewImage"]
            said = {"parcel": parcel["id"]["S"], "town": parcel["town"]["S"]}
            sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(said))
