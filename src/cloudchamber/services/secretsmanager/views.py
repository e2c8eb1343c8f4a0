"""Secrets as answers show them.

Rules of this file: members without a value are left out, as AWS does.
"""

from __future__ import annotations

from typing import Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.secretsmanager.nouns import Rotation, Rules, Secret


def summary(secret: Secret) -> dict[str, Any]:
    """A secret as ListSecrets shows it; members without a value are left out."""
    shown: dict[str, Any] = {
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.key_id,
        "LastChangedDate": secret.changed_ns / SECOND_NS,
        "LastAccessedDate": secret.accessed_ns / SECOND_NS,
        "DeletedDate": secret.purge_ns / SECOND_NS,
        "Tags": [{"Key": key, "Value": value} for key, value in secret.tags.items()],
        "SecretVersionsToStages": {
            each.id: list(each.stages) for each in secret.versions.values() if each.stages
        },
        "CreatedDate": secret.created_ns / SECOND_NS,
    }
    if secret.replicas or secret.is_replica:
        shown["PrimaryRegion"] = secret.primary_region
    shown = {name: value for name, value in shown.items() if value}
    if secret.rotation is not None:
        shown.update(_rotation_view(secret.rotation))
    return shown


def _rotation_view(rotation: Rotation) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "RotationEnabled": rotation.is_enabled,
        "RotationLambdaARN": rotation.function,
        "RotationRules": _rules_view(rotation.rules),
    }
    if rotation.rotated_ns:
        shown["LastRotatedDate"] = rotation.rotated_ns / SECOND_NS
    if rotation.is_enabled and rotation.next_ns:
        shown["NextRotationDate"] = rotation.next_ns / SECOND_NS
    return shown


def _rules_view(rules: Rules) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if rules.days:
        shown["AutomaticallyAfterDays"] = rules.days
    if rules.duration:
        shown["Duration"] = rules.duration
    if rules.schedule:
        shown["ScheduleExpression"] = rules.schedule
    return shown
