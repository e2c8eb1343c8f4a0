"""IAM's error answers, each in AWS's own words.

Rules of this file: one function per kind of answer; statuses as in IAM's model. The texts are
those that IAM answers with; where a text depends on the kind of thing, it is a parameter.
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError

CONFLICT = 409
NOT_FOUND = 404


def no_such_entity(message: str) -> AwsError:
    """NoSuchEntity with its text."""
    return AwsError("NoSuchEntity", message, NOT_FOUND)


def not_found(noun: str, name: str) -> AwsError:
    """`The user with name x cannot be found.`"""
    return no_such_entity(f"The {noun} with name {name} cannot be found.")


def already_exists(message: str) -> AwsError:
    """EntityAlreadyExists with its text."""
    return AwsError("EntityAlreadyExists", message, CONFLICT)


def over_quota(name: str, value: int) -> AwsError:
    """`Cannot exceed quota for PoliciesPerRole: 10`"""
    return AwsError("LimitExceeded", f"Cannot exceed quota for {name}: {value}", CONFLICT)


def limit_exceeded(message: str) -> AwsError:
    """LimitExceeded with a text of its own."""
    return AwsError("LimitExceeded", message, CONFLICT)


def delete_conflict(message: str) -> AwsError:
    """DeleteConflict with its text."""
    return AwsError("DeleteConflict", message, CONFLICT)


def must_go_first(what: str) -> AwsError:
    """`Cannot delete entity, must detach all policies first.`"""
    return delete_conflict(f"Cannot delete entity, must {what} first.")


def invalid_input(message: str) -> AwsError:
    """InvalidInput with its text."""
    return AwsError("InvalidInput", message)


def validation(message: str) -> AwsError:
    """ValidationError with its text, for what no model can state."""
    return AwsError("ValidationError", message)


def malformed(message: str) -> AwsError:
    """MalformedPolicyDocument with its text."""
    return AwsError("MalformedPolicyDocument", message)


def must_name_user() -> AwsError:
    """The caller is no IAM user, so that none is implied."""
    return validation("Must specify userName when calling with non-User credentials")
