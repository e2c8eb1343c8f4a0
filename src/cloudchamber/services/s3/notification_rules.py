"""What a bucket tells to whom: the notification configuration, checked and kept.

Rules of this file: a configuration replaces the one before, as a whole. Two rules of one event must
not both fit a key. A destination is asked first whether it takes anything (`s3:TestEvent`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors, event_delivery
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket

# member of the configuration -> (member that names the destination, its service)
KINDS: Final = MappingProxyType(
    {
        "TopicConfigurations": ("TopicArn", "sns"),
        "QueueConfigurations": ("QueueArn", "sqs"),
        "LambdaFunctionConfigurations": ("LambdaFunctionArn", "lambda"),
    }
)
FAMILIES: Final = MappingProxyType(
    {
        "s3:ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
        "s3:ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
        "s3:ObjectRestore": ("Post", "Completed", "Delete"),
        "s3:Replication": (
            "OperationFailedReplication",
            "OperationMissedThreshold",
            "OperationReplicatedAfterThreshold",
            "OperationNotTracked",
        ),
        "s3:LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
        "s3:ObjectTagging": ("Put", "Delete"),
    }
)
SINGLES: Final = (
    "s3:ReducedRedundancyLostObject",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
)
EVENTS: Final = frozenset(
    {
        *SINGLES,
        *(f"{family}:*" for family in FAMILIES),
        *(f"{family}:{kind}" for family, kinds in FAMILIES.items() for kind in kinds),
    }
)
RULES_MAX: Final = 100


def put_bucket_notification_configuration(call: Call, request: Input) -> Output:
    """Replace what the bucket tells. Raises InvalidArgument."""
    bucket = expect_bucket(call, request)
    wanted = request.get("NotificationConfiguration") or {}
    kept: dict[str, Any] = {}
    if "EventBridgeConfiguration" in wanted:
        kept["EventBridgeConfiguration"] = {}
    for kind, (member, service) in KINDS.items():
        rules = [
            _rule(call, bucket, at, rule, member, service)
            for at, rule in enumerate(wanted.get(kind) or [])
        ]
        if rules:
            kept[kind] = rules
    _check_overlaps([rule for kind in KINDS for rule in kept.get(kind, ())])
    if not request.get("SkipDestinationValidation"):
        for kind, (member, _) in KINDS.items():
            for rule in kept.get(kind, ()):
                _check_destination(call, bucket, rule[member])
    bucket.notification = kept or None
    return {}


def get_bucket_notification_configuration(call: Call, request: Input) -> Output:
    """What the bucket tells; nothing when that is nothing."""
    return dict(expect_bucket(call, request).notification or {})


def _rule(
    call: Call, bucket: Bucket, at: int, rule: dict[str, Any], member: str, service: str
) -> dict[str, Any]:
    arn = rule.get(member, "")
    parts = find_arn(arn)
    if parts is None or parts.service != service:
        raise errors.invalid_argument("The ARN could not be parsed", member, arn)
    if parts.region != bucket.region:
        raise errors.invalid_argument(
            "The notification destination service region is not valid for the bucket location "
            "constraint",
            member,
            arn,
        )
    events = rule.get("Events") or []
    if not events:
        raise errors.malformed_xml()
    for event in events:
        if event not in EVENTS:
            raise errors.invalid_argument(
                "A specified event is not supported for notifications", "Event", event
            )
    kept: dict[str, Any] = {
        "Id": rule.get("Id") or call.stream(bucket.arn, "notification-id").uuid(),
        member: arn,
        "Events": list(events),
    }
    filters = ((rule.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
    if filters:
        kept["Filter"] = {"Key": {"FilterRules": _filters(filters)}}
    return kept


def _filters(rules: list[dict[str, str]]) -> list[dict[str, str]]:
    seen: list[str] = []
    kept = []
    for rule in rules:
        name = rule.get("Name", "").lower()
        if name not in ("prefix", "suffix"):
            raise errors.invalid_argument(
                "filter rule name must be either prefix or suffix",
                "FilterRule.Name",
                rule.get("Name", ""),
            )
        if name in seen:
            raise errors.invalid_argument(
                f"Cannot specify more than one {name} rule in a filter.", "FilterRule.Name", name
            )
        seen.append(name)
        kept.append({"Name": name.capitalize(), "Value": rule.get("Value", "")})
    return kept


def affixes(rule: dict[str, Any]) -> tuple[str, str]:
    """The prefix and the suffix that a rule asks of a key."""
    found = {"prefix": "", "suffix": ""}
    for each in ((rule.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ():
        found[each["Name"].lower()] = each["Value"]
    return found["prefix"], found["suffix"]


def _check_overlaps(rules: list[dict[str, Any]]) -> None:
    if len(rules) > RULES_MAX:
        raise errors.invalid_argument(
            f"The number of notification configurations exceeds {RULES_MAX}", "Configurations", ""
        )
    names = [rule["Id"] for rule in rules]
    if len(frozenset(names)) != len(names):
        raise errors.invalid_argument("Same ID used for multiple configurations", "Id", "")
    for at, one in enumerate(rules):
        for other in rules[at + 1 :]:
            if not any(is_within(a, b) or is_within(b, a) for a in one["Events"]
                       for b in other["Events"]):  # fmt: skip
                continue
            (start, end), (other_start, other_end) = affixes(one), affixes(other)
            starts = start.startswith(other_start) or other_start.startswith(start)
            ends = end.endswith(other_end) or other_end.endswith(end)
            if starts and ends:
                raise errors.invalid_argument(
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in "
                    "two rules if the prefixes are overlapping for the same event type.",
                    "Event",
                    one["Events"][0],
                )


def is_within(event: str, kind: str) -> bool:
    """Whether an event is of a kind: the same, or of the family that it names with `*`."""
    return event == kind or (kind.endswith(":*") and event.startswith(kind[:-1]))


def _check_destination(call: Call, bucket: Bucket, arn: str) -> None:
    """Raise InvalidArgument unless the destination takes what S3 sends it."""
    try:
        event_delivery.test(call, bucket, arn)
    except Refused:
        raise
    except AwsError as error:
        raise AwsError(
            "InvalidArgument",
            "Unable to validate the following destination configurations",
            400,
            ArgumentName1=arn,
            ArgumentValue1=f"The destination answered {error.code}: {error.message}",
        ) from error


def fitting(bucket: Bucket, event: str, key: str) -> Iterator[tuple[str, str]]:
    """(id of the rule, ARN of the destination) of every rule that an event of a key fits."""
    configuration = bucket.notification or {}
    for kind, (member, _) in KINDS.items():
        for rule in configuration.get(kind, ()):
            prefix, suffix = affixes(rule)
            if not (key.startswith(prefix) and key.endswith(suffix)):
                continue
            if any(is_within(event, each) for each in rule["Events"]):
                yield rule["Id"], rule[member]
