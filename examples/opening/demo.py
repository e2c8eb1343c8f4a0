"""The opening story: one chamber, the real AWS CLI and boto3, and what no real account can do.

Rules of this file: only public tools are used, as a user would: the `cloudchamber` command, the AWS
CLI, boto3. The story is told twice with one seed, and must end in the same world.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
CHAMBER = Path(sys.executable).with_name("cloudchamber")
CLIENTS = ROOT / ".clients" / "found.json"
SHOP, BANK = "111111111111", "222222222222"

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{SHOP}:user/alice"},
            "Action": "sts:AssumeRole",
        }
    ],
}
MAY_WORK = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "WorkWithQueues", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Sid": "NeverDeleteOne", "Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"},
    ],
}
MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
}


class Story:
    """Tells the story against one endpoint; `quiet` tells it without words."""

    def __init__(self, endpoint: str, aws: str | None, console: Console) -> None:
        self.endpoint = endpoint
        self.aws = aws
        self.console = console

    def tell(self) -> None:
        """The whole story, in order."""
        self.zones()
        self.permissions()
        self.time()

    def title(self, text: str) -> None:
        """A heading."""
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        """A line of the story."""
        self.console.print(text, highlight=False)

    # The tools

    def cli(self, account: str, *words: str) -> Any:
        """Run the AWS CLI as an account's root user and read its JSON."""
        self.say(f"[dim]$ aws {escape(' '.join(words))}[/]  [dim]# account {account}[/]")
        if self.aws is None:
            return self._without_cli(account, words)
        keys = {"AccessKeyId": account, "SecretAccessKey": "chamber"}
        command = [self.aws, "--endpoint-url", self.endpoint, "--output", "json", *words]
        return _read(_run(command, {**_environment(keys), "AWS_PAGER": ""}))

    def _without_cli(self, account: str, words: tuple[str, ...]) -> Any:
        """The same call through boto3, where the CLI could not be installed."""
        service, operation, *rest = words
        options = dict(zip(rest[::2], rest[1::2], strict=True))
        region = options.pop("--region", "us-east-1")
        arguments = {
            "".join(part.capitalize() for part in name.strip("-").split("-")): value
            for name, value in options.items()
        }
        client = self.boto(account, service, region)
        return getattr(client, operation.replace("-", "_"))(**arguments)

    def boto(
        self,
        account: str,
        service: str,
        region: str = "us-east-1",
        credentials: dict[str, Any] | None = None,
    ) -> Any:
        """A boto3 client for an account's root user, or for some credentials."""
        given = credentials or {"AccessKeyId": account, "SecretAccessKey": "chamber"}
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
        )

    def chamber(self, *words: str) -> Any:
        """Run a `cloudchamber` verb and read its JSON."""
        command = [str(CHAMBER), *words, "--endpoint", self.endpoint, "--json"]
        return _read(_run(command, dict(os.environ)))

    def advance(self, duration: str) -> None:
        """Move the clock through the control API, which is what the command does too."""
        body = json.dumps({"advance": duration}).encode()
        request = Request(f"{self.endpoint}/_chamber/clock", body, method="POST")
        with urlopen(request) as response:
            response.read()

    # The chapters

    def zones(self) -> None:
        """One zone, two names."""
        self.title("One zone, two names")
        names: dict[str, dict[str, str]] = {}
        for account in (SHOP, BANK):
            answer = self.cli(
                account, "ec2", "describe-availability-zones", "--region", "us-east-1"
            )
            for zone in answer["AvailabilityZones"]:
                names.setdefault(zone["ZoneId"], {})[account] = zone["ZoneName"]
        table = Table("zone id", SHOP, BANK)
        for zone_id in sorted(names):
            table.add_row(zone_id, names[zone_id][SHOP], names[zone_id][BANK])
        self.console.print(table)
        differ = sum(each[SHOP] != each[BANK] for each in names.values())
        self.say(f"{differ} of {len(names)} zones have another name in the other account; the ids "
                 "are the same for everyone.\n")  # fmt: skip

    def permissions(self) -> None:
        """A role is assumed, and a denied call says which statement denied it."""
        self.title("Permissions that give their reason")
        iam = self.boto(SHOP, "iam")
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        iam.put_user_policy(
            UserName="alice", PolicyName="may-assume", PolicyDocument=json.dumps(MAY_ASSUME)
        )
        role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(
            RoleName="worker", PolicyName="may-work", PolicyDocument=json.dumps(MAY_WORK)
        )
        session = self.boto(SHOP, "sts", credentials=key).assume_role(
            RoleArn=role["Role"]["Arn"], RoleSessionName="monday"
        )
        self.say(f"alice is now [cyan]{session['AssumedRoleUser']['Arn']}[/]")
        sqs = self.boto(SHOP, "sqs", credentials=session["Credentials"])
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        self.say(f"she may create a queue: [cyan]{url}[/]")
        try:
            sqs.delete_queue(QueueUrl=url)
        except ClientError as error:
            self.say(f"she may not delete it: [red]{escape(error.response['Error']['Message'])}[/]")
            request_id = error.response["ResponseMetadata"]["RequestId"]
        else:
            raise SystemExit("the demo expected a denial and got none")
        self.say(f"[dim]$ cloudchamber why {request_id}[/]")
        last = self.chamber("why", request_id)["chain"][-1]
        self.say(f"the deciding object: [yellow]{escape(last['about'])}[/]\n")

    def time(self) -> None:
        """Half a minute, twenty seconds and four days, in milliseconds."""
        self.title("Time that moves when somebody waits for it")
        sqs = self.boto(SHOP, "sqs")
        url = self.cli(SHOP, "sqs", "create-queue", "--queue-name", "parcels")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="a parcel")
        sqs.receive_message(QueueUrl=url)
        self.say("A parcel is received and hidden for its visibility timeout of 30 seconds.")
        with self.timed("a long poll of 20 s, empty"):
            assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        with self.timed("the next one, until the parcel is visible again"):
            assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        with self.timed("four days, after which the queue forgets it"):
            self.advance("4d")
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        left = sum(int(counts[name]) for name in counts if name.startswith("Approximate"))
        self.say(f"messages left in the queue: {left}\n")
        assert left == 0

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Print how far the chamber's clock went, and how long that took here."""
        before, began = self.chamber("clock")["now"], time.perf_counter()
        yield
        wall_ms = (time.perf_counter() - began) * 1000
        after = self.chamber("clock")["now"]
        self.say(f"  {what}: [green]{before} -> {after}[/], {wall_ms:.0f} ms here")


def main() -> None:
    """Start a chamber, tell the story twice, compare the worlds, stop."""
    console = Console(width=110, soft_wrap=True)
    aws = _find_cli()
    command = [str(CHAMBER), "start", "--port", "0", "--clock", "demand", "--iam", "enforce",
               "--seed", "7", "--start", "2027-01-01T00:00:00Z", "--json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            console.print(f"[bold]A chamber answers at {said['endpoint']}[/], seed {said['seed']}, "
                          f"clock {said['clock']}, permissions {said['iam']}\n")  # fmt: skip
            story = Story(said["endpoint"], aws, console)
            story.tell()
            first = story.chamber("status")["digest"]
            story.title("The same seed, the same world")
            story.chamber("reset")
            began = time.perf_counter()
            Story(said["endpoint"], aws, Console(quiet=True)).tell()
            second = story.chamber("status")["digest"]
            story.say(f"first telling   {first}\nsecond telling  {second}   "
                      f"({time.perf_counter() - began:.1f} s)")  # fmt: skip
            if first != second:
                raise SystemExit("the two tellings ended in different worlds")
            story.say("[green]equal[/]: seed and inputs make the world, nothing else.")
        finally:
            process.terminate()


def _find_cli() -> str | None:
    if not CLIENTS.exists():
        return None
    entry = json.loads(CLIENTS.read_text()).get("aws-v1", {})
    path: str | None = entry.get("path")
    return path


def _environment(credentials: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr or done.stdout}")
    return done.stdout


def _read(text: str) -> Any:
    return json.loads(text)


if __name__ == "__main__":
    main()
