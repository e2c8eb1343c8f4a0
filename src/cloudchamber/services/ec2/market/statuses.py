"""What a Spot request is told: status codes and their sentences.

Rules of this file: a table. The codes are AWS's, and so is the sense of the sentences.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2.market.nouns import SpotRequest

STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pending-evaluation": "Your Spot request has been submitted for review, and is pending "
        "evaluation.",
        "not-scheduled-yet": "The Spot request will not be evaluated until the scheduled date.",
        "schedule-expired": "The Spot request has expired because it was not fulfilled before the "
        "specified date.",
        "fulfilled": "Your spot request is fulfilled.",
        "price-too-low": "Your Spot request price is lower than the minimum required Spot request "
        "fulfillment price.",
        "capacity-not-available": "There is no Spot capacity available that matches your request.",
        "bad-parameters": "Your Spot request has bad parameters.",
        "marked-for-termination": "Your Spot Instance is marked for termination.",
        "marked-for-stop": "Your Spot Instance is marked for stopping.",
        "instance-terminated-no-capacity": "Your Spot Instance was terminated because there is no "
        "Spot capacity available.",
        "instance-stopped-no-capacity": "Your Spot Instance was stopped because there is no Spot "
        "capacity available.",
        "instance-terminated-by-price": "Your Spot Instance was terminated because your Spot "
        "request price was lower than the required Spot request fulfillment price.",
        "instance-terminated-by-user": "Your Spot Instance was terminated by you.",
        "instance-stopped-by-user": "Your Spot Instance was stopped by you.",
        "canceled-before-fulfillment": "Your Spot request is canceled before it was fulfilled.",
        "request-canceled-and-instance-running": "Your Spot request is canceled, but your "
        "instance is still running.",
    }
)


def settle(call: Call, row: SpotRequest, state: str, status: str, text: str = "") -> None:
    """Bring a request into a state, with its status from now on."""
    row.state, row.status = state, status
    row.status_text = text or STATUSES[status]
    row.status_ns = call.now
