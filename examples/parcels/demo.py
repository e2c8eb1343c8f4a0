"""Parcels: objects, queues, functions, a table and its stream, and a crash in between.

Rules of this file: only public tools are used, as a user would: boto3 and the `cloudchamber`
command. What is expected is checked; a story that goes otherwise ends with an error.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

HERE = Path(__file__).resolve().parent
CHAMBER = Path(sys.executable).with_name("cloudchamber")
ACCOUNT, REGION = "111111111111", "eu-west-1"
BUCKET = "labels-of-parcels"


class Chamber:
    """A served chamber on a data directory."""

    def __init__(self, folder: str) -> None:
        command = [str(CHAMBER), "start", "--port", "0", "--clock", "demand", "--seed", "5",
                   "--data", folder, "--json"]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.endpoint: str = json.loads(self.process.stdout.readline())["endpoint"]

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""
        return boto3.client(
            service,
            REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="chamber",
        )

    def verb(self, *words: str) -> Any:
        """A verb of the command line, and what it says as JSON."""
        command = [str(CHAMBER), *words, "--endpoint", self.endpoint, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr or done.stdout)
        return json.loads(done.stdout)

    def end(self, number: int) -> None:
        """Send the process a signal and wait for its end."""
        self.process.send_signal(number)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Story:
    """Tells the story chapter by chapter."""

    def __init__(self, folder: str, console: Console) -> None:
        self.folder = folder
        self.console = console
        self.chamber = Chamber(folder)
        self.urls: dict[str, str] = {}

    def title(self, text: str) -> None:
        """A heading."""
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        """A line of the story."""
        self.console.print(text, highlight=False)

    # What is built first

    def build(self) -> None:
        """Queues, table, functions, bucket, and what wakes what."""
        self.title("What is built")
        sqs, table = self.chamber.client("sqs"), self.chamber.client("dynamodb")
        dead = self.queue("dead-labels")
        redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": "3"}
        labels = self.queue(
            "labels",
            VisibilityTimeout="60",
            RedrivePolicy=json.dumps(redrive),
            Policy=json.dumps(may_send("labels", f"arn:aws:s3:::{BUCKET}")),
        )
        self.queue("towns")
        made = table.create_table(
            TableName="parcels",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        self.function("labels", TABLE="parcels")
        self.function("towns", QUEUE=self.urls["towns"])
        functions = self.chamber.client("lambda")
        functions.create_event_source_mapping(
            EventSourceArn=labels,
            FunctionName="labels",
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        functions.create_event_source_mapping(
            EventSourceArn=made["LatestStreamArn"],
            FunctionName="towns",
            StartingPosition="TRIM_HORIZON",
        )
        s3 = self.chamber.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        told = [{"QueueArn": labels, "Events": ["s3:ObjectCreated:*"]}]
        s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": told}
        )
        sqs.purge_queue(QueueUrl=self.urls["labels"])  # S3's test message
        self.say("bucket -> queue -> function -> table -> stream -> function -> queue\n")

    def queue(self, name: str, **attributes: str) -> str:
        """Make a queue; its ARN."""
        sqs = self.chamber.client("sqs")
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.urls[name] = url
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = told["Attributes"]["QueueArn"]
        return arn

    def function(self, name: str, **variables: str) -> None:
        """Make a function from a file beside this one, with a role that may do what it needs."""
        iam = self.chamber.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=json.dumps(MAY_WORK))
        self.chamber.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=f"{name}.handle",
            Role=role["Arn"],
            Timeout=20,
            Code={"ZipFile": zipped(HERE / "functions" / f"{name}.py")},
            Environment={"Variables": variables},
        )

    # The chapters

    def upload(self) -> None:
        """A label wakes everything behind it."""
        self.title("One label")
        self.put_label("parcel-1", "Ghent")
        said = self.next_town()
        self.say(f"the queue of the towns says: [cyan]{said}[/]\n")
        assert said == {"parcel": "parcel-1", "town": "Ghent"}

    def batch(self) -> None:
        """Bad labels come back until the queue has had enough of them."""
        self.title("Two that are no labels, and one between them")
        s3 = self.chamber.client("s3")
        s3.put_object(Bucket=BUCKET, Key="bad-1.json", Body=b"not a label")
        self.put_label("parcel-2", "Bruges")
        s3.put_object(Bucket=BUCKET, Key="bad-2.json", Body=b"{")
        assert self.next_town() == {"parcel": "parcel-2", "town": "Bruges"}
        dead = self.receive("dead-labels", 2)
        keys = sorted(
            record["s3"]["object"]["key"] for body in dead for record in json.loads(body)["Records"]
        )
        self.say(f"written: parcel-2; in the dead-letter queue: [yellow]{', '.join(keys)}[/]\n")
        assert keys == ["bad-1.json", "bad-2.json"]

    def crash(self) -> None:
        """Kill the process in the middle of it all, and look."""
        self.title("A crash")
        self.put_label("parcel-3", "Ypres")
        self.chamber.end(signal.SIGKILL)
        self.say("the chamber was killed with SIGKILL right after the upload was acknowledged")
        self.chamber = Chamber(self.folder)
        # The address is another one now; the queues are the same.
        port = self.chamber.endpoint.rpartition(":")[2]
        self.urls = {name: f"http://localhost:{port}/{ACCOUNT}/{name}" for name in self.urls}
        self.chamber.client("lambda").update_function_configuration(
            FunctionName="towns", Environment={"Variables": {"QUEUE": self.urls["towns"]}}
        )
        said = self.next_town()
        self.say(f"the next chamber goes on where it was: [cyan]{said}[/]")
        assert said == {"parcel": "parcel-3", "town": "Ypres"}
        items = self.chamber.client("dynamodb").scan(TableName="parcels")["Items"]
        names = sorted(item["id"]["S"] for item in items)
        self.say(f"in the table: {', '.join(names)}\n")
        assert names == ["parcel-1", "parcel-2", "parcel-3"]

    def why(self) -> None:
        """From the message back to the upload."""
        self.title("Why is there a message for Ypres?")
        towns = f"arn:aws:sqs:{REGION}:{ACCOUNT}:towns"
        events = self.chamber.verb("events", "--about", towns)["events"]
        sent = [event["id"] for event in events if event["what"] == "sqs.SendMessage"]
        for event in self.chamber.verb("why", sent[-1])["chain"]:
            self.say(f"  {event['time']}  {event['sentence']}")

    # Doing

    def put_label(self, parcel: str, town: str) -> None:
        """Upload a label."""
        body = json.dumps({"id": parcel, "town": town}).encode()
        self.chamber.client("s3").put_object(Bucket=BUCKET, Key=f"{parcel}.json", Body=body)

    def next_town(self) -> dict[str, str]:
        """What the queue of the towns says next; waiting for it moves the clock."""
        said: dict[str, str] = json.loads(self.receive("towns", 1)[0])
        return said

    def receive(self, queue: str, count: int) -> list[str]:
        """So many messages of a queue, deleted as they come."""
        sqs, bodies = self.chamber.client("sqs"), []
        for _ in range(20 * count):
            got = sqs.receive_message(QueueUrl=self.urls[queue], WaitTimeSeconds=20)
            for message in got.get("Messages", []):
                bodies.append(message["Body"])
                sqs.delete_message(
                    QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"]
                )
            if len(bodies) >= count:
                return bodies
        raise SystemExit(f"{queue} has {len(bodies)} messages, not {count}")


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
MAY_WORK = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sqs:*", "dynamodb:*"], "Resource": "*"}],
}


def may_send(queue: str, source: str) -> dict[str, Any]:
    """A policy that lets S3 send to a queue, for one bucket."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                "Condition": {"ArnLike": {"aws:SourceArn": source}},
            }
        ],
    }


def zipped(path: Path) -> bytes:
    """A file as a function's package."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(path.name, path.read_text())
    return out.getvalue()


def main() -> None:
    """Tell the story."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        story = Story(folder, Console(width=110, soft_wrap=True))
        try:
            story.build()
            story.upload()
            story.batch()
            story.crash()
            story.why()
        finally:
            if story.chamber.process.poll() is None:
                story.chamber.end(signal.SIGTERM)


if __name__ == "__main__":
    main()
