"""Who signed this request? From the Authorization header or presigned query to a Caller.

Rules of this file: no policies here, only identity. Codes and texts differ by protocol as AWS's
do: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html.
A 12-digit access key id is the root user of that account; nobody issued it a secret, so there is
no signature to verify. Any other unknown key belongs to the default account unless permissions
are enforced, when it is refused as AWS refuses it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cloudchamber.cloud import ports
from cloudchamber.cloud.caller import ANONYMOUS, Caller, Credentials, root
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.settings import ACCOUNT_DIGITS, DEFAULT_REGION, is_account
from cloudchamber.wire.credentials import Credential, parse_credential

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud
    from cloudchamber.cloud.sites import Site
    from cloudchamber.wire.http import Request
    from cloudchamber.wire.routing import Route

JSON_PROTOCOLS = frozenset({"json", "rest-json", "smithy-rpc-v2-cbor"})
GLOBAL_REGIONS = frozenset({"", "aws-global", "*"})


def authenticate(
    cloud: Cloud, request: Request, route: Route | Site, wall_ns: int | None
) -> tuple[Caller, str]:
    """The caller and the region of a request.

    `wall_ns` is the real time the request arrived, for the check of a signature's age; None skips
    that check. The region is empty where nothing names one (an unsigned request, an old signature).
    Raises AwsError as AWS answers bad keys, tokens and signatures.
    """
    credential = parse_credential(request)
    if credential is None:
        return _unsigned(cloud), ""
    region = credential.region
    if region in GLOBAL_REGIONS and region:
        region = DEFAULT_REGION
    known = find_credentials(cloud, credential.access_key)
    if known is None:
        if cloud.settings.iam == "enforce":
            raise _unknown_key(route.protocol)
        return root(cloud.settings.account, access_key=credential.access_key), region
    if known.secret is not None or known.token is not None or not known.is_active:
        _check_state(cloud, known, credential, route.protocol)
    if known.secret is not None and cloud.settings.iam != "off":
        body = request.spooled
        summed = body.sha256.hex() if body is not None and body.sha256 is not None else None
        cloud.verifier.verify(
            request, credential, known.secret, _wall_s(wall_ns), payload_sha256=summed
        )
    return known.caller, region


def find_credentials(cloud: Cloud, access_key: str) -> Credentials | None:
    """What the world knows of an access key id, or None."""
    if len(access_key) == ACCOUNT_DIGITS:
        own = _find_root(access_key)
        if own is not None:
            return own
    for answer in cloud.registry.ports(ports.CREDENTIALS):
        found: Credentials | None = answer(cloud, access_key)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _find_root(account: str) -> Credentials | None:
    if not is_account(account):
        return None
    return Credentials(caller=root(account, access_key=account))


def _unsigned(cloud: Cloud) -> Caller:
    # With permissions off or only watched, an unsigned request (a browser, curl) is let in as the
    # default account; when they are enforced it is what it is at AWS: nobody.
    return ANONYMOUS if cloud.settings.iam == "enforce" else root(cloud.settings.account)


def _check_state(cloud: Cloud, known: Credentials, credential: Credential, protocol: str) -> None:
    if not known.is_active or (known.token is not None and credential.token != known.token):
        raise _unknown_key(protocol)
    if known.expires_ns is not None and cloud.kernel.now >= known.expires_ns:
        code = "ExpiredTokenException" if protocol in JSON_PROTOCOLS else "ExpiredToken"
        raise AwsError(code, "The security token included in the request is expired", 403)


def _unknown_key(protocol: str) -> AwsError:
    message = "The security token included in the request is invalid."
    if protocol in JSON_PROTOCOLS:
        status = 400 if protocol == "json" else 403
        return AwsError("UnrecognizedClientException", message, status)
    if protocol == "ec2":
        return AwsError(
            "AuthFailure", "AWS was not able to validate the provided access credentials", 401
        )
    if protocol == "rest-xml":
        return AwsError(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
        )
    return AwsError("InvalidClientTokenId", message, 403)


def _wall_s(wall_ns: int | None) -> float | None:
    return None if wall_ns is None else wall_ns / SECOND_NS
