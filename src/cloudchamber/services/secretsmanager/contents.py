"""A value in a request, and a version that holds it.

Rules of this file: what CreateSecret, PutSecretValue and UpdateSecret have in common. A token is
the id of the version it makes; the same token with the same value makes nothing twice.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.secretsmanager import encryption, engine, replication
from cloudchamber.services.secretsmanager.encryption import Value
from cloudchamber.services.secretsmanager.limits import YOUNG_NS
from cloudchamber.services.secretsmanager.lookup import invalid_parameter
from cloudchamber.services.secretsmanager.nouns import CURRENT, PENDING, PREVIOUS, Secret, Version

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

REENCRYPTED = (CURRENT, PENDING, PREVIOUS)


def value_in(call: Call, request: Input) -> Value | None:
    """The value of a request, or None. Raises InvalidParameterException."""
    text, data = request.get("SecretString"), request.get("SecretBinary")
    if text is not None and data is not None:
        raise invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same "
            "secret."
        )
    value: Value | None = text if text is not None else data
    if value is not None:
        size = len(value.encode() if isinstance(value, str) else value)
        if size > call.quota("value-bytes"):
            raise invalid_parameter("The secret value can't be larger than 65536 bytes.")
    return value


def token_of(request: Input) -> str:
    """The token of a request that carries a value. Raises InvalidParameterException."""
    token: str | None = request.get("ClientRequestToken")
    if not token:
        raise invalid_parameter(
            "You must provide a ClientRequestToken value. We recommend a UUID-type value."
        )
    return token


def find_repeated(secret: Secret, token: str, value: Value) -> Version | None:
    """The version that an earlier, equal call made; None when there is none of that token.

    Raises ResourceExistsException when that version holds something else. A version that a
    rotation began, and that holds nothing yet, is none.
    """
    version = secret.versions.get(token)
    if version is None or version.sealed is None:
        return None
    if version.sealed.print != encryption.fingerprint(token, value):
        raise AwsError(
            "ResourceExistsException", "A resource with the ID you requested already exists."
        )
    return version


def add_version(
    call: Call, secret: Secret, token: str, value: Value, stages: Sequence[str]
) -> Version:
    """Seal a value into a version (a new one, or one that a rotation began) and label it.

    Raises what KMS answers, LimitExceededException.
    """
    limit = call.quota("versions")
    gone = engine.outdated(secret, call.now, YOUNG_NS, limit - (token not in secret.versions))
    if token not in secret.versions and len(secret.versions) - len(gone) >= limit:
        raise AwsError(
            "LimitExceededException",
            f"The secret has reached the limit of {limit} versions. Versions without staging "
            "labels are removed when they are older than 24 hours.",
        )
    sealed = encryption.seal(call, secret, token, value)
    for version_id in gone:
        del secret.versions[version_id]
    version = secret.versions.setdefault(token, Version(id=token, created_ns=call.now))
    version.sealed = sealed
    engine.move_stages(secret, token, stages)
    return version


def reencrypt(call: Call, secret: Secret, key_id: str) -> None:
    """Give a secret another key: what has one of the three labels is sealed anew under it."""
    old = secret.key_id
    opened = {
        version.id: encryption.unseal(call, secret, version.id, version.sealed)
        for version in secret.versions.values()
        if version.sealed is not None and any(each in version.stages for each in REENCRYPTED)
    }
    secret.key_id = key_id
    try:
        sealed = {
            version_id: encryption.seal(call, secret, version_id, value)
            for version_id, value in opened.items()
        }
    except AwsError:
        secret.key_id = old
        raise
    for version_id, each in sealed.items():
        secret.versions[version_id].sealed = each


def changed(call: Call, secret: Secret) -> None:
    """A primary was changed: its date, and its replicas."""
    secret.changed_ns = call.now
    replication.spread(call, secret)


def day_of(now_ns: int) -> int:
    """The midnight before an instant, which is how exactly AWS dates readings."""
    return now_ns // DAY_NS * DAY_NS
