"""The AWS SDK for JavaScript: HTTP/1.1 for most services, HTTP/2 without TLS for Kinesis."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.clients.conftest import ACCOUNT, Find

SCRIPT = Path(__file__).with_name("drive_sqs.mjs")


def test_the_javascript_sdk_works_and_does_not_retry_what_is_refused(
    find: Find, environment: dict[str, str]
) -> None:
    node = find("js")
    done = subprocess.run(
        [node["path"], str(SCRIPT)],
        env={**environment, "MODULES": str(Path(node["modules"]).parent)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["body"] == "héllo ☁"
    assert seen["raw"] == [0, 255, 7]
    assert seen["again"] == []
    assert seen["identity"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert seen["missing"] == "QueueDoesNotExist"
    assert seen["twice"].startswith("EntityAlreadyExists")
    assert seen["refused"]["name"] == "NotImplemented"
    assert seen["refused"]["status"] == 501
    assert "kinesis.ListStreams" in seen["refused"]["message"]
    assert seen["attempts"] == 1
