"""From a SecretId to the secret, and what is said when it is not there or cannot be used.

Rules of this file: look-ups and their errors. A SecretId is a name, an ARN, or an ARN without the
six characters at its end. https://docs.aws.amazon.com/secretsmanager/latest/userguide/
troubleshoot.html#ARN_secretnamehyphen
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.secretsmanager.limits import SUFFIX_LENGTH
from cloudchamber.services.secretsmanager.nouns import SECRETS, Secret, Version

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def invalid_parameter(message: str) -> AwsError:
    """A parameter that is wrong whatever the state of the secret."""
    return AwsError("InvalidParameterException", message)


def invalid_request(message: str) -> AwsError:
    """A request that the state of the secret does not allow."""
    return AwsError("InvalidRequestException", message)


def not_found(what: str = "secret.") -> AwsError:
    """Something that is not there; `what` ends AWS's sentence."""
    return AwsError("ResourceNotFoundException", f"Secrets Manager can't find the specified {what}")


def find(call: Call, secret_id: str) -> Secret | None:
    """The secret, or None."""
    if not secret_id.startswith("arn:"):
        return call.rows(SECRETS).get(secret_id)
    arn = find_arn(secret_id)
    if arn is None or arn.service != "secretsmanager" or arn.region != call.region:
        return None
    name = arn.resource.removeprefix("secret:")
    rows = call.rows(SECRETS, arn.account)
    found = rows.get(name[: -SUFFIX_LENGTH - 1])
    if found is not None and found.arn == secret_id:
        return found
    return rows.get(name)


def find_by_arn(call: Call, text: str) -> Secret | None:
    """The secret of exactly this ARN, whoever asks; None when it is gone or was made anew."""
    arn = find_arn(text)
    if arn is None:
        return None
    name = arn.resource.removeprefix("secret:")[: -SUFFIX_LENGTH - 1]
    found = call.rows(SECRETS, arn.account, arn.region).get(name)
    return found if found is not None and found.arn == text else None


def expect(call: Call, secret_id: str) -> Secret:
    """The secret, deleted or not. Raises ResourceNotFoundException."""
    found = find(call, secret_id)
    if found is None:
        raise not_found()
    return found


def expect_live(call: Call, secret_id: str) -> Secret:
    """The secret, for what cannot be done to a deleted one. Raises InvalidRequestException."""
    found = expect(call, secret_id)
    if found.purge_ns:
        raise invalid_request(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return found


def expect_primary(call: Call, secret_id: str) -> Secret:
    """The secret, for a change, which replicas do not take. Raises InvalidRequestException."""
    found = expect_live(call, secret_id)
    if found.is_replica:
        refuse_replica()
    return found


def refuse_replica() -> NoReturn:
    """Raises what a replica answers to a change."""
    raise invalid_request(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    )


def find_staged(secret: Secret, stage: str) -> Version | None:
    """The version that carries a staging label, or None."""
    return next((each for each in secret.versions.values() if stage in each.stages), None)
