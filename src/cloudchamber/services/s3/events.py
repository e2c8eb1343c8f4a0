"""Events of a bucket: what changed becomes the records that S3 sends, and goes on its way.

Rules of this file: hears OBJECT_CHANGED, finds who is to be told, writes the record as AWS does. An
event that cannot be delivered is lost, as at S3 after its retries; the event log says so.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote_plus

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import event_delivery
from cloudchamber.services.s3.event_delivery import host_id, iso_ms
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.notification_rules import fitting
from cloudchamber.services.s3.nouns import Bucket
from cloudchamber.services.s3.owners import canonical_id

NOTIFY: Final = "s3.notify"
# "typically in seconds", where time is to pass as it does at AWS
DELAY_NS: Final = SECOND_NS
LATER_VERSIONS: Final = (
    ("s3:Replication", "2.2"),
    ("s3:Lifecycle", "2.3"),
    ("s3:IntelligentTiering", "2.3"),
    ("s3:ObjectAcl", "2.3"),
    ("s3:ObjectTagging", "2.3"),
    ("s3:ObjectRestore:Delete", "2.3"),
)
# event -> (EventBridge's detail-type, reason)
DETAILS: Final = MappingProxyType(
    {
        "s3:ObjectCreated:Put": ("Object Created", "PutObject"),
        "s3:ObjectCreated:Post": ("Object Created", "POST Object"),
        "s3:ObjectCreated:Copy": ("Object Created", "CopyObject"),
        "s3:ObjectCreated:CompleteMultipartUpload": ("Object Created", "CompleteMultipartUpload"),
        "s3:ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
        "s3:ObjectRemoved:DeleteMarkerCreated": ("Object Deleted", "DeleteObject"),
        "s3:LifecycleExpiration:Delete": ("Object Deleted", "Lifecycle Expiration"),
        "s3:LifecycleExpiration:DeleteMarkerCreated": ("Object Deleted", "Lifecycle Expiration"),
        "s3:LifecycleTransition": ("Object Storage Class Changed", ""),
        "s3:ObjectRestore:Post": ("Object Restore Initiated", ""),
        "s3:ObjectRestore:Completed": ("Object Restore Completed", ""),
        "s3:ObjectRestore:Delete": ("Object Restore Expired", ""),
        "s3:ObjectTagging:Put": ("Object Tags Added", ""),
        "s3:ObjectTagging:Delete": ("Object Tags Deleted", ""),
        "s3:ObjectAcl:Put": ("Object ACL Updated", ""),
    }
)


def on_change(call: Call, data: Mapping[str, Any]) -> None:
    """Find who is to be told of a change, and send it on its way."""
    bucket = find_bucket(call, data["bucket"])
    if bucket is None or bucket.notification is None:
        return
    delay_ns = 0 if call.cloud.settings.lifecycle == "instant" else DELAY_NS
    origin = {"time_ns": call.now, "trace": call.origin.trace}
    text = msgspec.json.encode({**data, **origin}).decode()
    for rule, arn in fitting(bucket, data["event"], data["key"]):
        call.after(delay_ns, NOTIFY, arn, rule, text)
    if "EventBridgeConfiguration" in bucket.notification and data["event"] in DETAILS:
        call.after(delay_ns, NOTIFY, "", "", text)


def notify(call: Call, arn: str, rule: str, text: str) -> None:
    """Deliver one event; an empty ARN is the bus."""
    data = msgspec.json.decode(text)
    bucket = find_bucket(call, data["bucket"])
    if bucket is None:
        return
    call.origin = msgspec.structs.replace(call.origin, trace=data["trace"])
    try:
        if arn:
            event_delivery.deliver(call, bucket, arn, {"Records": [_record(bucket, rule, data)]})
        else:
            event_delivery.put_on_bus(call, bucket, _entry(bucket, data))
    except AwsError as error:
        call.event(
            bucket.arn,
            "s3.notification-failed",
            f"{data['event']} of {bucket.name}/{data['key']} did not reach "
            f"{arn or 'EventBridge'}: {error.message}",
            {"destination": arn, "event": data["event"], "code": error.code},
        )


def _record(bucket: Bucket, rule: str, data: dict[str, Any]) -> dict[str, Any]:
    event = data["event"]
    version = next((number for head, number in LATER_VERSIONS if event.startswith(head)), "2.1")
    about: dict[str, Any] = {"key": quote_plus(data["key"], safe="/")}
    if "Removed:Delete" not in event or event.endswith("DeleteMarkerCreated"):
        about["size"] = data["size"]
        about["eTag"] = data["etag"]
    if data["version_id"]:
        about["versionId"] = data["version_id"]
    about["sequencer"] = data["sequencer"]
    record: dict[str, Any] = {
        "eventVersion": version,
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso_ms(data["time_ns"]),
        "eventName": event.removeprefix("s3:"),
        "userIdentity": {"principalId": _principal(data["principal"])},
        "requestParameters": {"sourceIPAddress": data["source_ip"]},
        "responseElements": {
            "x-amz-request-id": data["request_id"],
            "x-amz-id-2": host_id(data["request_id"]),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": rule,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": canonical_id(bucket.account)},
                "arn": bucket.arn,
            },
            "object": about,
        },
    }
    return record


def _principal(user_id: str) -> str:
    return user_id if "." in user_id or user_id == "anonymous" else f"AWS:{user_id}"


def _entry(bucket: Bucket, data: dict[str, Any]) -> dict[str, Any]:
    kind, reason = DETAILS[data["event"]]
    about: dict[str, Any] = {"key": data["key"], "sequencer": data["sequencer"]}
    if kind != "Object Deleted":
        about |= {"size": data["size"], "etag": data["etag"]}
    if data["version_id"]:
        about["version-id"] = data["version_id"]
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": about,
        "request-id": data["request_id"],
        "requester": bucket.account,
        "source-ip-address": data["source_ip"],
    }
    if reason:
        detail["reason"] = reason
    if kind == "Object Deleted":
        is_marker = data["event"].endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if is_marker else "Permanently Deleted"
    return {
        "Time": data["time_ns"] / SECOND_NS,
        "Source": "aws.s3",
        "Resources": [bucket.arn],
        "DetailType": kind,
        "Detail": msgspec.json.encode(detail).decode(),
    }
