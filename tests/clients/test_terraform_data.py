"""Terraform over data and code: a bucket, a table, a function fed by a queue, a key, a secret."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.conftest import ACCOUNT, REGION, Find

ESTATE = Path(__file__).with_name("terraform_data") / "main.tf"
NOTHING_TO_DO, CHANGES = 0, 2
Terraform = Callable[..., subprocess.CompletedProcess[str]]
WORKER = """
import os
import boto3

table = boto3.client("dynamodb")

def handle(event, context):
    for record in event["Records"]:
        item = {"id": {"S": record["body"]}, "seen": {"N": "1"}, "town": {"S": "Ghent"}}
        table.put_item(TableName=os.environ["TABLE"], Item=item)
"""


@pytest.fixture
def terraform(find: Find, endpoint: str, environment: dict[str, str], tmp_path: Path) -> Terraform:
    """Run Terraform in a folder of its own that has been initialised."""
    client = find("terraform")
    shutil.copy(ESTATE, tmp_path)
    package = tmp_path / "worker.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("worker.py", WORKER)
    settings = {"TF_VAR_endpoint": endpoint, "TF_VAR_package": str(package)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [client["path"], *words], cwd=tmp_path, capture_output=True, text=True, timeout=300,
            check=False, env={**environment, **settings, "TF_IN_AUTOMATION": "1"},
        )  # fmt: skip

    done = run("init", "-input=false", "-no-color", f"-plugin-dir={client['plugins']}")
    assert done.returncode == 0, done.stdout + done.stderr
    return run


def client_of(endpoint: str, service: str) -> Any:
    make: Any = boto3.client  # its types want the service's name spelt out
    return make(service, REGION, endpoint_url=endpoint, aws_access_key_id=ACCOUNT,
                aws_secret_access_key="chamber")  # fmt: skip


@pytest.mark.slow
def test_data_and_code_are_applied_planned_updated_and_destroyed(
    terraform: Terraform, endpoint: str
) -> None:
    flags = ("-input=false", "-no-color", "-auto-approve")
    plan = ("plan", "-input=false", "-no-color", "-detailed-exitcode")

    applied = terraform("apply", *flags)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    second = terraform(*plan)
    assert second.returncode == NOTHING_TO_DO, second.stdout + second.stderr

    updated = terraform("apply", *flags, "-var=memory=256")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    again = terraform(*plan, "-var=memory=256")
    assert again.returncode == NOTHING_TO_DO, again.stdout + again.stderr

    s3, table = client_of(endpoint, "s3"), client_of(endpoint, "dynamodb")
    function = client_of(endpoint, "lambda").get_function(FunctionName="tf-parcel-worker")
    assert function["Configuration"]["MemorySize"] == 256
    label = s3.get_object(Bucket="tf-labels-of-parcels", Key="welcome.txt")
    assert label["Body"].read() == b"hello, 256"
    assert label["ServerSideEncryption"] == "aws:kms"
    versions = s3.list_object_versions(Bucket="tf-labels-of-parcels")["Versions"]
    assert len(versions) == 2

    url = json.loads(terraform("output", "-json", "queue").stdout)
    sqs = client_of(endpoint, "sqs")
    sqs.send_message(QueueUrl=url, MessageBody="parcel-7")
    # A long poll at another queue lets the demand clock run until the function has had its say.
    idle = sqs.create_queue(QueueName="idle")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=idle, WaitTimeSeconds=20)
    found = table.query(
        TableName="tf-parcels",
        IndexName="by-town",
        KeyConditionExpression="town = :t",
        ExpressionAttributeValues={":t": {"S": "Ghent"}},
    )
    assert [item["id"]["S"] for item in found["Items"]] == ["parcel-7"]

    destroyed = terraform("destroy", *flags, "-var=memory=256")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert table.list_tables()["TableNames"] == []
    assert s3.list_buckets()["Buckets"] == []
