"""Worlds with parameters in them: forked and replayed, they go on alike."""

from __future__ import annotations

import json
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from tests.unit.services.ssm.store import ONE, again, put


def story(chamber: Chamber) -> None:
    """Leaves policies that are about to have their effect, labels, tags and a sealed value."""
    ssm = chamber.client("ssm")
    policies = [
        {
            "Type": "Expiration",
            "Version": "1.0",
            "Attributes": {"Timestamp": "2026-01-10T00:00:00Z"},
        },
        {
            "Type": "NoChangeNotification",
            "Version": "1.0",
            "Attributes": {"After": "3", "Unit": "Days"},
        },
    ]
    put(ssm, "/x", "1", Tier="Advanced", Policies=json.dumps(policies))
    again(ssm, "/x", "2")
    ssm.label_parameter_version(Name="/x", ParameterVersion=1, Labels=["old"])
    put(ssm, "/y", "hush", Type="SecureString", Tags=[{"Key": "a", "Value": "b"}])
    arn = f"arn:aws:ssm:us-east-1:{ONE}:parameter/x"
    statement = {
        "Effect": "Allow",
        "Action": "ssm:GetParameter",
        "Resource": arn,
        "Principal": {"AWS": ONE},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ssm.put_resource_policy(ResourceArn=arn, Policy=document)
    setting = "/ssm/parameter-store/default-parameter-tier"
    ssm.update_service_setting(SettingId=setting, SettingValue="Intelligent-Tiering")
    chamber.advance("2d")


def facts(chamber: Chamber) -> str:
    ssm = chamber.client("ssm")
    seen: list[Any] = []
    for days in (0, 2, 10):
        chamber.advance(f"{days}d")
        for entry in ssm.describe_parameters()["Parameters"]:
            seen.append(entry)
            name = entry["Name"]
            seen += ssm.get_parameter_history(Name=name, WithDecryption=True)["Parameters"]
    seen.append([(each["what"], each["time"]) for each in chamber.events()][-3:])
    return json.dumps(seen, default=str)


def opened() -> Chamber:
    return Chamber(seed=1, account=ONE, start="2026-01-01T00:00:00Z")


def test_a_fork_goes_on_as_the_original() -> None:
    with opened() as chamber:
        story(chamber)
        other = chamber.fork()
        expected = facts(chamber)
        assert "hush" in expected
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
