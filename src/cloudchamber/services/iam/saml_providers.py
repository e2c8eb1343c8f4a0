"""SAML providers: metadata that is read, kept and given back.

Rules of this file: recorded. AssumeRoleWithSAML is refused, so that nobody signs in with one; a
trust policy may name it. Private keys for encrypted assertions are refused by name.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.kinds import handler_of
from cloudchamber.services.iam.proofs import SAML_PROVIDERS, SamlProvider
from cloudchamber.services.iam.views import seconds

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_METADATA: Final = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_DECLARATION: Final = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_UUID_LENGTH: Final = 26


def create_saml_provider(call: Call, request: Input) -> Output:
    """CreateSAMLProvider."""
    _refuse_keys(call, request)
    name = request["Name"]
    rows = call.rows(SAML_PROVIDERS)
    arn = call.arn(f"saml-provider/{name}", region="")
    if arn in rows:
        raise refusals.already_exists(f"Provider with name {name} already exists.")
    limit = call.quota("SAMLProvidersPerAccount")
    if len(rows) >= limit:
        raise refusals.over_quota("SAMLProvidersPerAccount", limit)
    valid_until_ns = _valid_until_ns(request["SAMLMetadataDocument"])
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    provider = SamlProvider(
        name=name,
        arn=arn,
        uuid=call.stream(arn, "saml-uuid").base32(_UUID_LENGTH),
        created_ns=call.now,
        metadata=request["SAMLMetadataDocument"],
        valid_until_ns=valid_until_ns,
        encryption=request.get("AssertionEncryptionMode", ""),
        tags=new_tags,
    )
    rows[arn] = provider
    return tags.with_tags({"SAMLProviderArn": arn}, provider)


def get_saml_provider(call: Call, request: Input) -> Output:
    """GetSAMLProvider."""
    found = _expect(call, request)
    shown: dict[str, Any] = {
        "SAMLProviderUUID": found.uuid,
        "SAMLMetadataDocument": found.metadata,
        **_dates(found),
    }
    if found.encryption:
        shown["AssertionEncryptionMode"] = found.encryption
    return tags.with_tags(shown, found)


def update_saml_provider(call: Call, request: Input) -> Output:
    """UpdateSAMLProvider: other metadata, another mode."""
    _refuse_keys(call, request)
    found = _expect(call, request)
    if "SAMLMetadataDocument" in request:
        found.valid_until_ns = _valid_until_ns(request["SAMLMetadataDocument"])
        found.metadata = request["SAMLMetadataDocument"]
    found.encryption = request.get("AssertionEncryptionMode", found.encryption)
    return {"SAMLProviderArn": found.arn}


def list_saml_providers(call: Call, request: Input) -> Output:
    """ListSAMLProviders."""
    rows = call.rows(SAML_PROVIDERS).values()
    return {"SAMLProviderList": [{"Arn": row.arn, **_dates(row)} for row in rows]}


def delete_saml_provider(call: Call, request: Input) -> Output:
    """DeleteSAMLProvider; roles that trust it keep naming it."""
    found = _expect(call, request)
    del call.rows(SAML_PROVIDERS)[found.arn]
    return {}


def resource(call: Call, request: Input) -> str:
    """What permission is asked on: the provider, also one that is about to be."""
    if "Name" in request:
        return call.arn(f"saml-provider/{request['Name']}", region="")
    arn: str = request["SAMLProviderArn"]
    return arn


def _dates(row: SamlProvider) -> dict[str, float]:
    shown = {"CreateDate": seconds(row.created_ns)}
    if row.valid_until_ns:
        shown["ValidUntil"] = seconds(row.valid_until_ns)
    return shown


def _refuse_keys(call: Call, request: Input) -> None:
    for member in ("AddPrivateKey", "RemovePrivateKey"):
        if member in request:
            raise Refused("iam", call.operation_name, f"{member} is not simulated")


def _expect(call: Call, request: Input) -> SamlProvider:
    arn = request["SAMLProviderArn"]
    if ":saml-provider/" not in arn:
        raise refusals.invalid_input(f"Invalid ARN: {arn}")
    found = call.rows(SAML_PROVIDERS).get(arn)
    if found is None:
        raise refusals.no_such_entity("Manifest not found for arn " + arn)
    return found


def _valid_until_ns(text: str) -> int:
    """Until when the metadata says it holds, or 0. Raises InvalidInput for what is no metadata."""
    if _DECLARATION.search(text):
        raise _unreadable()
    try:
        root = ElementTree.fromstring(text)
        until = root.get("validUntil")
        instant = datetime.fromisoformat(until) if until else None
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise _unreadable() from None
    if root.tag != f"{_METADATA}EntityDescriptor" or root.find(f"{_METADATA}IDPSSODescriptor") is (
        None
    ):
        raise _unreadable()
    if instant is None:
        return 0
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()) * (
        SECOND_NS
    )


def _unreadable() -> AwsError:
    return refusals.invalid_input("Could not parse metadata")


tag_provider = handler_of(tags.tag, _expect)
untag_provider = handler_of(tags.untag, _expect)
list_provider_tags = handler_of(tags.list_tags, _expect)
