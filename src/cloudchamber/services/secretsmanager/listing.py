"""ListSecrets: filters, order and pages.

Rules of this file: filters of a request must all hold, values of one are alternatives, and a `!`
before a value turns it around. A word that a value begins with is enough, as AWS says.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, key_of, token_of
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager.nouns import SECRETS, Secret
from cloudchamber.services.secretsmanager.views import summary

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

PAGE_MAX: Final = 100
_NO_CASE: Final = frozenset({"description", "all"})


def bad_token() -> AwsError:
    """A NextToken that is none of ours."""
    return AwsError("InvalidNextTokenException", "The NextToken value is invalid.")


def list_secrets(call: Call, request: Input) -> Output:
    """The secrets of the account and Region. Raises InvalidNextTokenException."""
    deleted = request.get("IncludePlannedDeletion", False)
    found = matching(call, request.get("Filters", ()), deleted)
    by = request.get("SortBy", "created-date")
    backwards = request.get("SortOrder", "asc") == "desc"
    keyed = sorted(((_sort_key(secret, by), secret) for secret in found), key=_first)
    if backwards:
        keyed.reverse()
    token = request.get("NextToken")
    if token:
        try:
            last = key_of(token)
        except BadToken:
            raise bad_token() from None
        keyed = [each for each in keyed if (each[0] < last if backwards else each[0] > last)]
    size = request.get("MaxResults", PAGE_MAX)
    output: Output = {"SecretList": [summary(secret) for _, secret in keyed[:size]]}
    if len(keyed) > size:
        output["NextToken"] = token_of(keyed[size - 1][0])
    return output


def _first(keyed: tuple[str, Secret]) -> str:
    return keyed[0]


def _sort_key(secret: Secret, by: str) -> str:
    if by == "name":
        return secret.name
    at_ns = {
        "last-accessed-date": secret.accessed_ns,
        "last-changed-date": secret.changed_ns,
    }.get(by, secret.created_ns)
    return f"{at_ns:020} {secret.name}"


def matching(
    call: Call, filters: Sequence[Mapping[str, Any]], deleted: bool = False
) -> list[Secret]:
    """The secrets that pass all filters, by name."""
    return [
        secret
        for secret in call.rows(SECRETS).values()
        if (deleted or not secret.purge_ns) and all(_passes(secret, each) for each in filters)
    ]


def _passes(secret: Secret, each: Mapping[str, Any]) -> bool:
    key = each.get("Key", "all")
    return any(_fits(secret, key, value) for value in each.get("Values", ()))


def _fits(secret: Secret, key: str, value: str) -> bool:
    if value.startswith("!"):
        return not _fits(secret, key, value[1:])
    texts = _texts(secret, key)
    if key in _NO_CASE:
        texts, value = [text.lower() for text in texts], value.lower()
    if key == "all":
        words = value.replace("-", " ").replace("_", " ").replace("/", " ").split()
        return bool(words) and all(any(word in text for text in texts) for word in words)
    return any(text.startswith(value) for text in texts)


def _texts(secret: Secret, key: str) -> list[str]:
    found = {
        "description": [secret.description],
        "name": [secret.name],
        "tag-key": list(secret.tags),
        "tag-value": list(secret.tags.values()),
        "primary-region": [secret.primary_region],
        "owning-service": [],
    }
    if key != "all":
        return found[key]
    return [text for texts in found.values() for text in texts]
