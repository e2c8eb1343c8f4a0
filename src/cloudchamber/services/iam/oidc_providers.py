"""OpenID Connect providers: whose tokens AssumeRoleWithWebIdentity accepts, and for whom.

Rules of this file: the noun alone; tokens are STS's, which asks through the `oidc-provider` port.
A provider is known by its URL without the scheme. AWS allows https only; here http is allowed too
on this machine's own addresses, with a port, so that a test can serve its own keys.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cloudchamber.cloud.ports import OidcFacts
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.kinds import handler_of
from cloudchamber.services.iam.proofs import OIDC_PROVIDERS, OidcProvider
from cloudchamber.services.iam.views import seconds

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

_THUMBPRINT: Final = re.compile(r"[0-9A-Fa-f]{40}")
_THUMBPRINTS_MAX: Final = 5
_LOCAL: Final = re.compile(r"localhost|[\w.-]+\.localhost|127(\.[0-9]{1,3}){3}|::1")


def create_open_id_connect_provider(call: Call, request: Input) -> Output:
    """CreateOpenIDConnectProvider."""
    url = _checked_url(request["Url"])
    rows = call.rows(OIDC_PROVIDERS)
    if url in rows:
        raise refusals.already_exists(f"Provider with url {request['Url']} already exists.")
    limit = call.quota("OpenIdConnectProvidersPerAccount")
    if len(rows) >= limit:
        raise refusals.over_quota("OpenIdConnectProvidersPerAccount", limit)
    client_ids = list(dict.fromkeys(request.get("ClientIDList", ())))
    _check_clients(call, client_ids)
    thumbprints = _checked_thumbprints(request.get("ThumbprintList", []))
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    provider = OidcProvider(
        url=url,
        arn=call.arn(f"oidc-provider/{url}", region=""),
        created_ns=call.now,
        client_ids=client_ids,
        thumbprints=thumbprints,
        tags=new_tags,
    )
    rows[url] = provider
    return tags.with_tags({"OpenIDConnectProviderArn": provider.arn}, provider)


def get_open_id_connect_provider(call: Call, request: Input) -> Output:
    """GetOpenIDConnectProvider; the URL is shown without its scheme, as IAM does."""
    found = _expect(call, request)
    shown: dict[str, Any] = {
        "Url": found.url,
        "ClientIDList": list(found.client_ids),
        "ThumbprintList": list(found.thumbprints),
        "CreateDate": seconds(found.created_ns),
    }
    return tags.with_tags(shown, found)


def list_open_id_connect_providers(call: Call, request: Input) -> Output:
    """ListOpenIDConnectProviders: their ARNs."""
    rows = call.rows(OIDC_PROVIDERS).values()
    return {"OpenIDConnectProviderList": [{"Arn": row.arn} for row in rows]}


def delete_open_id_connect_provider(call: Call, request: Input) -> Output:
    """DeleteOpenIDConnectProvider: "it does not fail" for one that is not there."""
    found = _find(call, request["OpenIDConnectProviderArn"])
    if found is not None:
        del call.rows(OIDC_PROVIDERS)[found.url]
    return {}


def add_client_id(call: Call, request: Input) -> Output:
    """AddClientIDToOpenIDConnectProvider; one that is there already is no error."""
    found = _expect(call, request)
    if request["ClientID"] not in found.client_ids:
        client_ids = [*found.client_ids, request["ClientID"]]
        _check_clients(call, client_ids)
        found.client_ids = client_ids
    return {}


def remove_client_id(call: Call, request: Input) -> Output:
    """RemoveClientIDFromOpenIDConnectProvider; one that is not there is no error."""
    found = _expect(call, request)
    found.client_ids = [each for each in found.client_ids if each != request["ClientID"]]
    return {}


def update_thumbprint(call: Call, request: Input) -> Output:
    """UpdateOpenIDConnectProviderThumbprint: in place of the list it had."""
    found = _expect(call, request)
    found.thumbprints = _checked_thumbprints(request["ThumbprintList"])
    return {}


def resource(call: Call, request: Input) -> str:
    """What permission is asked on: the provider, also one that is about to be."""
    if "Url" in request:
        return call.arn(f"oidc-provider/{request['Url'].partition('://')[2]}", region="")
    arn: str = request["OpenIDConnectProviderArn"]
    return arn


def facts(cloud: Cloud, account: str, issuer: str) -> OidcFacts | None:
    """Port `oidc-provider`: an account's provider for the issuer of a token."""
    scheme, separator, url = issuer.partition("://")
    found = cloud.store.rows(OIDC_PROVIDERS, account, "").get(url if separator else scheme)
    if found is None:
        return None
    return OidcFacts(arn=found.arn, url=found.url, client_ids=tuple(found.client_ids))


def _find(call: Call, arn: str) -> OidcProvider | None:
    if ":oidc-provider/" not in arn:
        raise refusals.invalid_input(f"Invalid ARN: {arn}")
    found = call.rows(OIDC_PROVIDERS).get(arn.partition(":oidc-provider/")[2])
    return found if found is not None and found.arn == arn else None


def _expect(call: Call, request: Input) -> OidcProvider:
    arn = request["OpenIDConnectProviderArn"]
    found = _find(call, arn)
    if found is None:
        raise refusals.no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return found


def _checked_url(text: str) -> str:
    try:
        url = urlsplit(text)
        is_local = _LOCAL.fullmatch(url.hostname or "") is not None
        has_port = url.port is not None
    except ValueError:
        raise refusals.validation("Invalid Open ID Connect Provider URL") from None
    is_fit = url.hostname and (url.scheme == "https" or (is_local and url.scheme == "http"))
    if not is_fit or url.query or url.fragment or url.username or (has_port and not is_local):
        raise refusals.validation("Invalid Open ID Connect Provider URL")
    return text.partition("://")[2]


def _check_clients(call: Call, client_ids: list[str]) -> None:
    limit = call.quota("ClientIdsPerOpenIdConnectProvider")
    if len(client_ids) > limit:
        raise refusals.over_quota("ClientIdsPerOpenIdConnectProvider", limit)


def _checked_thumbprints(given: list[str]) -> list[str]:
    if len(given) > _THUMBPRINTS_MAX:
        raise refusals.invalid_input("Thumbprint list must contain fewer than 5 entries.")
    for thumbprint in given:
        if not _THUMBPRINT.fullmatch(thumbprint):
            raise refusals.validation(f"Invalid thumbprint: {thumbprint}")
    return list(given)


tag_provider = handler_of(tags.tag, _expect)
untag_provider = handler_of(tags.untag, _expect)
list_provider_tags = handler_of(tags.list_tags, _expect)
