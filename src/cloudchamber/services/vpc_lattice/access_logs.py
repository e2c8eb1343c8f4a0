"""Access logs: which requests came, where they went, and who was turned away.

Rules of this file: a line for each request that really came through `requests.py`. Lines wait a
minute and go to a bucket as one object; groups of CloudWatch Logs and Firehose streams wait for
those services and are refused by name.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/monitoring-access-logs.html
"""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice.auth_policies import guarded
from cloudchamber.services.vpc_lattice.lookup import (
    by_id,
    new_id,
    new_parts,
    own,
    paged,
    seconds,
)
from cloudchamber.services.vpc_lattice.nouns import LOG_SUBSCRIPTIONS, LogSubscription
from cloudchamber.services.vpc_lattice.refusals import conflict, invalid, not_found

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DUE: Final = "vpc-lattice.access-log-due"
WAIT_NS: Final = MINUTE_NS
_PRINCIPAL: Final = "delivery.logs.amazonaws.com"


def create_access_log_subscription(call: Call, request: Input) -> Output:
    """Send the access log of a service or service network to a bucket."""
    row = guarded(call, request["resourceIdentifier"])
    destination = _expect_bucket(call, request["destinationArn"])
    rows = call.rows(LOG_SUBSCRIPTIONS)
    for each in rows.values():
        if each.resource == row.arn and each.destination == destination:
            raise conflict("ACCESS_LOG_SUBSCRIPTION", each.id, f"{each.id} does so already")
    identifier = new_id(call, "als")
    arn = call.arn(f"accesslogsubscription/{identifier}")
    made = rows[identifier] = LogSubscription(
        **new_parts(call, identifier, arn, request), resource=row.arn, destination=destination,
        kind=request.get("serviceNetworkLogType", "SERVICE"),
    )  # fmt: skip
    return _shown(made)


def get_access_log_subscription(call: Call, request: Input) -> Output:
    """A subscription."""
    row = _expect(call, request)
    return {**_shown(row), **_times(row)}


def list_access_log_subscriptions(call: Call, request: Input) -> Output:
    """The subscriptions of a service or service network."""
    arn = guarded(call, request["resourceIdentifier"]).arn
    rows = [each for each in call.rows(LOG_SUBSCRIPTIONS).values() if each.resource == arn]
    return paged(request, rows, lambda row: {**_shown(row), **_times(row)}, by_id)


def update_access_log_subscription(call: Call, request: Input) -> Output:
    """Send it to another bucket."""
    row = _expect(call, request)
    row.destination = _expect_bucket(call, request["destinationArn"])
    row.updated_ns = call.now
    shown = _shown(row)
    del shown["serviceNetworkLogType"]
    return shown


def delete_access_log_subscription(call: Call, request: Input) -> Output:
    """Send it nowhere."""
    row = _expect(call, request)
    del call.rows(LOG_SUBSCRIPTIONS)[row.id]
    return {}


def note(call: Call, resources: tuple[str, ...], line: dict[str, Any]) -> None:
    """A request came to a service, through a service network (their ARNs)."""
    for row in call.rows(LOG_SUBSCRIPTIONS).values():
        if row.resource in resources:
            if not row.pending:
                call.after(WAIT_NS, DUE, row.id)
            row.pending.append(msgspec.json.encode(line))


def deliver(call: Call, identifier: str) -> None:
    """Write what waits to the bucket."""
    row = call.rows(LOG_SUBSCRIPTIONS).get(identifier)
    if row is None or not row.pending:
        return
    lines, row.pending = row.pending, []
    at = datetime.fromtimestamp(call.now // SECOND_NS, UTC)
    resource = row.resource.rpartition(":")[2].rpartition("/")
    kind = "service-network" if resource[0] == "servicenetwork" else "service"
    day = at.strftime("%Y/%m/%d")
    key = (
        f"AWSLogs/{row.owner}/VpcLattice/AccessLogs/{row.region}/{day}/{resource[2]}/"
        f"{row.owner}_VpcLatticeAccessLogs_{row.region}_{kind}_{at.strftime('%Y%m%dT%H%MZ')}_"
        f"{call.stream(row.arn, 'file').hex(8)}.json.gz"
    )
    body = gzip.compress(b"\n".join(lines) + b"\n", mtime=0)
    bucket = row.destination.rpartition(":")[2]
    try:
        call.invoke("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body},
                    principal=_PRINCIPAL, account=row.owner, region=row.region)  # fmt: skip
    except AwsError as error:
        call.event(
            row.arn, "vpc-lattice.access-log-lost",
            f"{len(lines)} lines were not written to {bucket}: {error.code}",
        )  # fmt: skip


def _expect(call: Call, request: Input) -> LogSubscription:
    name = request["accessLogSubscriptionIdentifier"]
    return own(call, LOG_SUBSCRIPTIONS, "ACCESS_LOG_SUBSCRIPTION", name)


def _expect_bucket(call: Call, arn: str) -> str:
    parts = find_arn(arn)
    if parts is None or parts.service not in ("s3", "logs", "firehose"):
        raise invalid(
            "A destination is a bucket, a log group or a delivery stream.", "destinationArn"
        )
    if parts.service != "s3":
        raise invalid(
            f"{parts.service} is not in this chamber yet: use a bucket.", "destinationArn"
        )
    bucket = parts.resource.partition("/")[0]
    try:
        call.invoke("s3", "HeadBucket", {"Bucket": bucket})
    except AwsError:
        raise not_found("BUCKET", arn) from None
    return f"arn:{parts.partition}:s3:::{bucket}"


def _shown(row: LogSubscription) -> dict[str, Any]:
    return {
        "id": row.id, "arn": row.arn, "resourceId": row.resource.rpartition("/")[2],
        "resourceArn": row.resource, "destinationArn": row.destination,
        "serviceNetworkLogType": row.kind,
    }  # fmt: skip


def _times(row: LogSubscription) -> dict[str, float]:
    return {"createdAt": seconds(row.created_ns), "lastUpdatedAt": seconds(row.updated_ns)}
