"""What EC2 tells EventBridge and the event log of an instance: EC2 Instance State-change
Notification.

Rules of this file: shapes of AWS's, published as the fact `ec2.event`; whoever delivers events
listens. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance

EC2_EVENT: Final = "ec2.event"
STATE_CHANGED: Final = "ec2.instance-state-changed"


def announce(call: Call, instance: Instance, why: str = "") -> None:
    """An instance has come into its state; `why` ends the sentence of the event log."""
    arn = kinds.arn_of(INSTANCE, instance.owner, call.region, instance.id)
    call.event(
        arn,
        STATE_CHANGED,
        f"{instance.id} ({instance.type} in {instance.zone_id}) is {instance.state}{why}",
        {"state": instance.state},
    )
    call.publish(
        EC2_EVENT,
        {
            "source": "aws.ec2",
            "detail-type": "EC2 Instance State-change Notification",
            "resources": [arn],
            "detail": {"instance-id": instance.id, "state": instance.state},
        },
    )
