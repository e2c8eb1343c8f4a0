"""What VPC Lattice says when it refuses.

Rules of this file: one function for each code. The codes and their members are the model's; AWS
publishes few of the sentences, so most are ours.
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError


def not_found(type_: str, identifier: str) -> AwsError:
    """Something that is not there, or is nobody's the caller may see."""
    return AwsError(
        "ResourceNotFoundException",
        f"{type_} {identifier} not found",
        404,
        resourceId=identifier,
        resourceType=type_,
    )


def conflict(type_: str, identifier: str, why: str) -> AwsError:
    """Something that is used, or there already."""
    return AwsError("ConflictException", why, 409, resourceId=identifier, resourceType=type_)


def invalid(why: str, field: str = "") -> AwsError:
    """A parameter that cannot be."""
    fields = {"fieldList": [{"name": field, "message": why}]} if field else {}
    return AwsError(
        "ValidationException", why, 400,
        reason="fieldValidationFailed" if field else "other", **fields,
    )  # fmt: skip


def denied(why: str) -> AwsError:
    """What is not the caller's to do."""
    return AwsError("AccessDeniedException", why, 403)


def quota_exceeded(type_: str, code: str, most: int) -> AwsError:
    """A quota is used up."""
    return AwsError(
        "ServiceQuotaExceededException",
        f"There are {most} already, which is the most.",
        402,
        resourceType=type_,
        serviceCode="vpc-lattice",
        quotaCode=code,
    )
