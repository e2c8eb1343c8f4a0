"""What tests of instances ask again and again."""

from __future__ import annotations

from typing import Any


def run(ec2: Any, ami: str, count: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Instances, as they are once they run."""
    request = {"ImageId": ami, "InstanceType": "t3.micro", **more}
    made = ec2.run_instances(MinCount=count, MaxCount=count, **request)["Instances"]
    return [one(ec2, each["InstanceId"]) for each in made]


def one(ec2: Any, identifier: str) -> dict[str, Any]:
    """An instance as it is now."""
    answer = ec2.describe_instances(InstanceIds=[identifier])
    found: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return found


def every(ec2: Any, **request: Any) -> list[dict[str, Any]]:
    """All instances, by id."""
    pages = ec2.get_paginator("describe_instances").paginate(**request)
    return [each for page in pages for group in page["Reservations"] for each in group["Instances"]]
