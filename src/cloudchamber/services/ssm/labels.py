"""Labels: names that a version of a parameter goes by.

Rules of this file: a label is on one version of a parameter at a time.
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm.limits import LABEL
from cloudchamber.services.ssm.names import expect, expect_number

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def label_parameter_version(call: Call, request: Input) -> Output:
    """Put labels on a version, or move them to it.

    Raises ParameterNotFound, ParameterVersionNotFound, ParameterVersionLabelLimitExceeded.
    """
    parameter = expect(call, request["Name"])
    version = expect_number(parameter, request.get("ParameterVersion"))
    good = [label for label in request["Labels"] if LABEL.fullmatch(label)]
    labels = list(dict.fromkeys([*version.labels, *good]))
    if len(labels) > call.quota("labels"):
        raise AwsError(
            "ParameterVersionLabelLimitExceeded",
            "A parameter version can have maximum 10 labels."
            "Move one or more labels to another version and try again.",
        )
    for other in parameter.versions:
        other.labels = [label for label in other.labels if label not in good]
    version.labels = labels
    return {
        "InvalidLabels": [label for label in request["Labels"] if label not in good],
        "ParameterVersion": version.number,
    }


def unlabel_parameter_version(call: Call, request: Input) -> Output:
    """Take labels from a version. Raises ParameterNotFound, ParameterVersionNotFound."""
    parameter = expect(call, request["Name"])
    version = expect_number(parameter, request["ParameterVersion"])
    asked = request["Labels"]
    removed = [label for label in asked if label in version.labels]
    version.labels = [label for label in version.labels if label not in removed]
    return {
        "RemovedLabels": removed,
        "InvalidLabels": [label for label in asked if label not in removed],
    }
