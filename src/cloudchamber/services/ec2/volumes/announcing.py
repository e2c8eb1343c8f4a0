"""What EBS tells EventBridge: EBS Volume Notification, EBS Snapshot Notification.

Rules of this file: shapes of AWS's, published as the fact `ec2.event`; whoever delivers events
listens. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.volumes.nouns import SNAPSHOT, VOLUME, Snapshot, Volume

EC2_EVENT: Final = "ec2.event"


def announce(call: Call, what: str, result: str, volume: Volume, cause: str = "") -> None:
    """Something has become of a volume: `createVolume`, `attachVolume`, `deleteVolume` ..."""
    call.publish(
        EC2_EVENT,
        {
            "source": "aws.ec2",
            "detail-type": "EBS Volume Notification",
            "resources": [kinds.arn_of(VOLUME, volume.owner, call.region, volume.id)],
            "detail": {
                "event": what,
                "result": result,
                "cause": cause,
                "request-id": call.request_id,
            },
        },
    )


def announce_snapshot(call: Call, what: str, result: str, snapshot: Snapshot) -> None:
    """Something has become of a snapshot: `createSnapshot`, `copySnapshot`."""
    arn = kinds.arn_of(SNAPSHOT, snapshot.owner, call.region, snapshot.id)
    source = kinds.arn_of(
        SNAPSHOT if snapshot.source else VOLUME,
        snapshot.owner,
        call.region,
        snapshot.source or snapshot.volume,
    )
    call.publish(
        EC2_EVENT,
        {
            "source": "aws.ec2",
            "detail-type": "EBS Snapshot Notification",
            "resources": [arn],
            "detail": {
                "event": what,
                "result": result,
                "cause": "",
                "request-id": call.request_id,
                "snapshot_id": arn,
                "source": source,
                "startTime": snapshot.started_ns // 1_000_000,
                "endTime": snapshot.completed_ns // 1_000_000,
            },
        },
    )
