"""AssumeRoleWithWebIdentity: a token of an identity provider becomes a role session.

Rules of this file: the token's signature is verified against the provider's published keys, its
times against the chamber's clock, its audience against the provider's client ids, and the rest is
the trust policy's. The keys are an answer of the outside: asked for once, journalled, kept.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AccessDenied, AwsError, OutsideError
from cloudchamber.cloud.ports import OidcFacts, RoleFacts
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sts import limits
from cloudchamber.services.sts.nouns import KEY_SETS, KeySet
from cloudchamber.services.sts.roles import (
    Assumed,
    find_role,
    issue,
    provider_principal,
    trust_policy,
)

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
TOKEN_MAX = 20_000
TEXT_MAX = 255
TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
ADAPTER = "web-keys"
Claims = dict[str, Any]


def assume_role_with_web_identity(call: Call, request: Input) -> Output:
    """Credentials of a role for whoever holds a valid token of a provider it trusts."""
    name = limits.check_name(request["RoleSessionName"], "roleSessionName", limits.SESSION_NAME)
    arn = request["RoleArn"]
    role = find_role(call, arn)
    parsed = find_arn(arn)
    assert parsed is not None  # find_role has read it
    token = request["WebIdentityToken"]
    header, claims = _read(token)
    issuer, subject = claims["iss"], claims["sub"]
    provider = _expect_provider(call, parsed.account, issuer)
    _check_times(call, claims)
    audience = _audience(claims, provider)
    _verify(call, token, header, issuer)
    if role is None:
        raise AwsError("AccessDenied", _refusal("AssumeRoleWithWebIdentity"), 403)
    extra = _conditions(provider, claims, audience)
    tags = _session_tags(claims)
    asked = {**extra, "sts:RoleSessionName": (name,), **_tag_conditions(tags)}
    for action in ("AssumeRoleWithWebIdentity", *(("TagSession",) if tags else ())):
        _require(call, action, role, provider, asked)
    seconds = limits.duration_s(
        request.get("DurationSeconds"), limits.CHAINED_MAX_S, role.max_session_s
    )
    assumed = Assumed(role, name, tags, _transitive(claims, tags), context=extra)
    return {
        **issue(call, request, assumed, seconds),
        "SubjectFromWebIdentityToken": subject,
        "Provider": provider.arn,
        "Audience": audience,
    }


def _require(
    call: Call,
    action: str,
    role: RoleFacts,
    provider: OidcFacts,
    asked: dict[str, tuple[str, ...]],
) -> None:
    """Ask the trust policy. A denial names no caller, for there is none yet."""
    try:
        require(
            call,
            f"sts:{action}",
            role.arn,
            extra=asked,
            resource_policy=trust_policy(role),
            principal=provider_principal(provider.arn),
        )
    except AccessDenied as error:
        raise AccessDenied(error.code, _refusal(action), error.decision) from error


def _refusal(action: str) -> str:
    return f"Not authorized to perform sts:{action}"


def _read(token: str) -> tuple[dict[str, Any], Claims]:
    """Header and claims, not yet verified. Raises InvalidIdentityToken."""
    import jwt

    if len(token) > TOKEN_MAX:
        raise _invalid_token("The ID Token provided is not a valid JWT.")
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, RecursionError, ValueError) as error:
        raise _invalid_token("The ID Token provided is not a valid JWT.") from error
    for claim in ("iss", "sub", "exp", "aud"):
        if claim not in claims:
            raise _invalid_token(f"Missing a required claim: {claim}")
    for claim in ("iss", "sub"):
        if not _is_word(claims[claim]):
            raise _invalid_token(f"The {claim} claim is no text of at most {TEXT_MAX} characters.")
    return header, claims


def _is_word(value: Any) -> bool:
    """Whether a claim can stand in answers, conditions and sessions."""
    return isinstance(value, str) and 0 < len(value) <= TEXT_MAX and value.isprintable()


def _expect_provider(call: Call, account: str, issuer: str) -> OidcFacts:
    answer = call.port(ports.OIDC_PROVIDER)
    found: OidcFacts | None = answer(call.cloud, account, issuer) if answer else None
    if found is None:
        raise _invalid_token(f"No OpenIDConnect provider found in your account for {issuer}")
    return found


def _check_times(call: Call, claims: Claims) -> None:
    now_s = call.now // SECOND_NS
    expires = claims["exp"]
    if not _is_instant(expires):
        raise _invalid_token("The exp claim is not a number.")
    if now_s >= expires:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now_s} must be before the expiration date/time "
            f"{int(expires)}",
        )
    for claim in ("nbf", "iat"):
        value = claims.get(claim, 0)
        if not _is_instant(value):
            raise _invalid_token(f"The {claim} claim is not a number.")
        if value > now_s + 300:
            raise _invalid_token(f"Token is not valid yet: its {claim} is {int(value)}")


def _is_instant(value: Any) -> bool:
    # JSON in Python knows NaN and infinity; a token with one would never expire, or never begin.
    return isinstance(value, (int, float)) and math.isfinite(value)


def _audience(claims: Claims, provider: OidcFacts) -> str:
    given = claims["aud"]
    audiences = given if isinstance(given, list) else [given]
    # With several audiences the authorised party says for whom the token was made.
    named = claims.get("azp")
    candidates = [str(named)] if named and len(audiences) > 1 else [str(each) for each in audiences]
    for candidate in candidates:
        if candidate in provider.client_ids:
            return candidate
    raise _invalid_token("Incorrect token audience")


def _verify(call: Call, token: str, header: dict[str, Any], issuer: str) -> None:
    """Check the signature with the issuer's keys; a key not known yet is asked for once more."""
    import jwt

    if header.get("alg") not in ALGORITHMS:
        raise _invalid_token(f"The token is not signed with one of {', '.join(ALGORITHMS)}")
    known = call.rows(KEY_SETS).get(issuer)
    key = _find_key(known.text, header) if known is not None else None
    if key is None:
        text = _ask_for_keys(call, issuer)
        key = _find_key(text, header)
        if key is None:
            raise _invalid_token("Couldn't retrieve verification key from your identity provider")
        call.rows(KEY_SETS)[issuer] = KeySet(text, call.now)
    # Times and audience were checked, against the chamber's clock and the provider's clients.
    unchecked: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud")}
    try:
        jwt.decode(token, key, algorithms=[header["alg"]], options=unchecked)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _invalid_token("The ID Token provided has an invalid signature.") from error


def _ask_for_keys(call: Call, issuer: str) -> str:
    try:
        return call.cloud.outside(ADAPTER, issuer).decode()
    except (OutsideError, UnicodeDecodeError) as error:
        raise AwsError(
            "IDPCommunicationError",
            "Couldn't retrieve verification key from your identity provider, please reference "
            f"AssumeRoleWithWebIdentity documentation for requirements ({error})",
        ) from error


def _find_key(text: str, header: dict[str, Any]) -> Any:
    import jwt

    try:
        keys = msgspec.json.decode(text)["keys"]
        for entry in keys:
            if header.get("kid") in (None, entry.get("kid")):
                return jwt.PyJWK(entry, algorithm=header["alg"]).key
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, jwt.PyJWTError, ValueError):
        return None
    return None


def _conditions(provider: OidcFacts, claims: Claims, audience: str) -> dict[str, tuple[str, ...]]:
    """The provider's condition keys: `<url>:aud`, `:sub`, `:amr` and so on."""
    keys: dict[str, tuple[str, ...]] = {f"{provider.url}:aud": (audience,)}
    for claim in ("sub", "amr", "azp", "email", "oaud", "id", "google"):
        value = claims.get(claim)
        words = tuple(each for each in _listed(value) if _is_word(each))
        if words:
            keys[f"{provider.url}:{claim}"] = words
    keys["aws:FederatedProvider"] = (provider.arn,)
    return keys


def _session_tags(claims: Claims) -> dict[str, str]:
    """Session tags from the claim that AWS reads them from."""
    found = claims.get("https://aws.amazon.com/tags")
    tags = found.get("principal_tags") if isinstance(found, dict) else None
    if not isinstance(tags, dict):
        return {}
    read: dict[str, str] = {}
    for key, given in tags.items():
        value = _listed(given)[0] if _listed(given) else ""
        if (
            not TAG_KEY.fullmatch(key)
            or not isinstance(value, str)
            or not TAG_VALUE.fullmatch(value)
        ):
            raise _invalid_token("The token holds a session tag that is none.")
        read[key] = value
    return read


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _tag_conditions(tags: dict[str, str]) -> dict[str, tuple[str, ...]]:
    if not tags:
        return {}
    keys: dict[str, tuple[str, ...]] = {"aws:TagKeys": tuple(tags)}
    keys.update({f"aws:RequestTag/{key}": (value,) for key, value in tags.items()})
    return keys


def _transitive(claims: Claims, tags: dict[str, str]) -> list[str]:
    found = claims.get("https://aws.amazon.com/tags")
    keys = found.get("transitive_tag_keys") if isinstance(found, dict) else None
    return [key for key in tags if key in keys] if isinstance(keys, list) else []


def _invalid_token(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message)
