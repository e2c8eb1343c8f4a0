"""Lambda's errors, in its own codes and words.

Rules of this file: text only. Lambda tells the kind of fault in a member of its own, `Type`.
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError


def invalid(message: str) -> AwsError:
    """InvalidParameterValueException."""
    return AwsError("InvalidParameterValueException", message, Type="User")


def validation(value: object, member: str, rule: str) -> AwsError:
    """ValidationException, as the wire spells a constraint that the model does not state."""
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: {rule}",
    )


def not_found(message: str) -> AwsError:
    """ResourceNotFoundException."""
    return AwsError("ResourceNotFoundException", message, 404, Type="User")


def no_function(arn: str) -> AwsError:
    """The function, version or alias of an ARN is not there."""
    return not_found(f"Function not found: {arn}")


def conflict(message: str) -> AwsError:
    """ResourceConflictException."""
    return AwsError("ResourceConflictException", message, 409, Type="User")


def in_use(message: str) -> AwsError:
    """ResourceInUseException."""
    return AwsError("ResourceInUseException", message, 400, Type="User")


def stale(message: str = "") -> AwsError:
    """PreconditionFailedException: the revision is another."""
    text = message or (
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id"
    )
    return AwsError("PreconditionFailedException", text, 412, Type="User")


def too_large(size: int, limit: int) -> AwsError:
    """RequestTooLargeException for a payload."""
    return AwsError(
        "RequestTooLargeException",
        f"{size} byte payload is too large for the RequestResponse invocation type "
        f"(limit {limit} bytes)",
        413,
        Type="User",
    )


def throttled(reason: str) -> AwsError:
    """TooManyRequestsException: no room for one more."""
    return AwsError("TooManyRequestsException", "Rate Exceeded.", 429, Type="User", Reason=reason)
