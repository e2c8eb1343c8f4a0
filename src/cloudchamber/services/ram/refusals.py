"""What AWS RAM says when it refuses.

Rules of this file: one function for each code. The codes are the model's; AWS publishes few of the
sentences, so most are ours.
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError


def malformed(arn: str) -> AwsError:
    """A text that should be an ARN."""
    return AwsError("MalformedArnException", f"The specified ARN {arn} is not valid.")


def invalid(why: str) -> AwsError:
    """A parameter that cannot be."""
    return AwsError("InvalidParameterException", why)


def unknown(arn: str) -> AwsError:
    """A share, resource or permission that is not there."""
    return AwsError("UnknownResourceException", f"{arn} could not be found.")


def not_permitted(why: str) -> AwsError:
    """What the caller, or the state of its organization, does not allow."""
    return AwsError("OperationNotPermittedException", why)


def wrong_state(why: str) -> AwsError:
    """What the share's state does not allow."""
    return AwsError("InvalidStateTransitionException", why)


def bad_token() -> AwsError:
    """A page token of nobody's."""
    return AwsError("InvalidNextTokenException", "The specified value for NextToken is not valid.")


def bad_type(name: str) -> AwsError:
    """No resource type that can be shared here."""
    return AwsError(
        "InvalidResourceTypeException", f"The specified resource type {name} is not valid."
    )
