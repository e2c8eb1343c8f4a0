"""RunInstances.

Rules of this file: the operation; `launching.py` does it, as the market wants it (Spot, a capacity
reservation, On-Demand).
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.instances.views import reservation_view
from cloudchamber.services.ec2.market import launching as market
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter


def run_instances(call: Call, request: Input) -> Output:
    """Launch instances; as many as fit, if that is at least MinCount."""
    least, most = counts(request)
    made = market.run(call, request, least, most)
    return reservation_view(call, made)


def counts(request: Input) -> tuple[int, int]:
    """MinCount and MaxCount. Raises AwsError."""
    least, most = request.get("MinCount"), request.get("MaxCount")
    if least is None or most is None:
        raise missing_parameter("MinCount" if least is None else "MaxCount")
    if least < 1:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ( {least} ) for parameter minCount is invalid. "
            "The minimum number of instances must be at least 1.",
        )
    if most < least:
        raise invalid_combination(
            f"MinCount ({least}) must be less than or equal to MaxCount ({most})."
        )
    return least, most
