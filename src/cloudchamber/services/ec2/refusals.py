"""Sentences of EC2 that many operations say.

Rules of this file: one function for each, named by what is wrong; the caller raises. Codes are
AWS's: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError


def missing_parameter(name: str) -> AwsError:
    """A parameter has to be there; `name` as the query protocol spells it (`vpcId`)."""
    return AwsError("MissingParameter", f"The request must contain the parameter {name}")


def invalid_value(value: object, parameter: str, why: str) -> AwsError:
    """A value that cannot be."""
    return AwsError(
        "InvalidParameterValue", f"Value ({value}) for parameter {parameter} is invalid. {why}"
    )


def invalid_combination(why: str) -> AwsError:
    """Parameters that do not go together."""
    return AwsError("InvalidParameterCombination", why)


def still_used(what: str, identifier: str) -> AwsError:
    """Something else needs what was to be deleted; `what` as AWS says it ("vpc", "subnet")."""
    return AwsError(
        "DependencyViolation",
        f"The {what} '{identifier}' has dependencies and cannot be deleted.",
    )


def limit_exceeded(code: str, why: str) -> AwsError:
    """A quota is used up; `code` such as VpcLimitExceeded."""
    return AwsError(code, why)
