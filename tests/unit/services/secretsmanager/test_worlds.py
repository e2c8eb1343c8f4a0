"""Worlds with secrets in them: forked and replayed, they go on alike."""

from __future__ import annotations

import json
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from tests.unit.services.secretsmanager.vault import ONE, token


def story(chamber: Chamber) -> None:
    """Leaves a copy under way, a secret about to end, readings of today, and drawn passwords."""
    secrets = chamber.client("secretsmanager")
    west = [{"Region": "us-west-2"}]
    secrets.create_secret(Name="a", SecretString="1", AddReplicaRegions=west)
    secrets.create_secret(Name="b", SecretBinary=b"\x00\xff")
    secrets.create_secret(Name="c", SecretString=secrets.get_random_password()["RandomPassword"])
    chamber.advance("1d")
    secrets.put_secret_value(SecretId="a", SecretString="2", ClientRequestToken=token(2))
    secrets.delete_secret(SecretId="b", RecoveryWindowInDays=7)
    secrets.get_secret_value(SecretId="c")
    chamber.advance("1s")


def facts(chamber: Chamber) -> str:
    seen: list[Any] = []
    for days in (0, 5, 5):
        chamber.advance(f"{days}d")
        for region in ("us-east-1", "us-west-2"):
            client = chamber.client("secretsmanager", region)
            for entry in client.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
                seen.append(client.describe_secret(SecretId=entry["ARN"]))
                if "DeletedDate" not in entry:
                    found = client.get_secret_value(SecretId=entry["ARN"])
                    seen.append({**found, "ResponseMetadata": None})
    client = chamber.client("secretsmanager")
    made = client.create_secret(Name="last", SecretString="x", ClientRequestToken=token(9))
    seen += [made["ARN"], client.get_random_password()["RandomPassword"]]
    return json.dumps(seen, default=str)


def opened() -> Chamber:
    return Chamber(seed=1, account=ONE, lifecycle="realistic", start="2026-01-01T12:30:00Z")


def test_a_fork_goes_on_as_the_original() -> None:
    with opened() as chamber:
        story(chamber)
        other = chamber.fork()
        assert chamber.digest == other.digest
        expected = facts(chamber)
        assert '"2"' in expected
        assert facts(other) == expected
        assert chamber.digest == other.digest


def test_a_replay_is_the_run_that_was_journalled() -> None:
    journal: list[bytes] = []
    with opened() as chamber, opened() as other:
        chamber.cloud.journal = journal.append
        story(chamber)
        cloud = Cloud(chamber.cloud.settings)
        for record in journal:
            cloud.replay(record)
        other.host.restore(snapshots.save(cloud))
        assert other.digest == chamber.digest
        assert facts(other) == facts(chamber)
        assert other.digest == chamber.digest
