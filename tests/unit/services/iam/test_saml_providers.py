"""SAML providers: metadata that is read before it is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.services.iam.documents import arn, refusal, trust

PROVIDER = arn("saml-provider/idp")
NAMESPACE = "urn:oasis:names:tc:SAML:2.0:metadata"


def metadata(more: str = "", inside: str = "<IDPSSODescriptor/>") -> str:
    filler = f"<!-- {'x' * 1000} -->"
    return (
        f'<EntityDescriptor xmlns="{NAMESPACE}" entityID="https://idp.example.com" {more}>'
        f"{inside}{filler}</EntityDescriptor>"
    )


def test_metadata_is_kept(iam: Any) -> None:
    text = metadata('validUntil="2031-05-06T07:08:09Z"')
    made = iam.create_saml_provider(
        Name="idp", SAMLMetadataDocument=text, Tags=[{"Key": "a", "Value": "b"}]
    )
    assert made["SAMLProviderArn"] == PROVIDER
    shown = iam.get_saml_provider(SAMLProviderArn=PROVIDER)
    assert shown["SAMLMetadataDocument"] == text
    assert shown["ValidUntil"] == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]
    (listed,) = iam.list_saml_providers()["SAMLProviderList"]
    assert (listed["Arn"], listed["CreateDate"]) == (PROVIDER, shown["CreateDate"])
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 1
    again = refusal(iam.create_saml_provider, Name="idp", SAMLMetadataDocument=text)
    assert again[:2] == ("EntityAlreadyExists", 409)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1000,
        metadata(inside=""),
        metadata('validUntil="soon"'),
        metadata().replace(NAMESPACE, "urn:other"),
        '<!DOCTYPE a [<!ENTITY b "c">]>'
        + metadata(inside="<IDPSSODescriptor>&b;</IDPSSODescriptor>"),
    ],
)
def test_what_is_no_metadata_is_refused(iam: Any, text: str) -> None:
    answer = refusal(iam.create_saml_provider, Name="idp", SAMLMetadataDocument=text)
    assert answer == ("InvalidInput", 400, "Could not parse metadata")
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_metadata_is_replaced_and_deleted(iam: Any) -> None:
    iam.create_saml_provider(Name="idp", SAMLMetadataDocument=metadata())
    other = metadata('ID="other"')
    iam.update_saml_provider(
        SAMLProviderArn=PROVIDER, SAMLMetadataDocument=other, AssertionEncryptionMode="Allowed"
    )
    shown = iam.get_saml_provider(SAMLProviderArn=PROVIDER)
    assert shown["SAMLMetadataDocument"] == other
    assert shown["AssertionEncryptionMode"] == "Allowed"
    answer = refusal(iam.update_saml_provider, SAMLProviderArn=PROVIDER, AddPrivateKey="-----BEGIN")
    assert answer[:2] == ("NotImplemented", 501)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Federated=PROVIDER))
    iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert refusal(iam.get_saml_provider, SAMLProviderArn=PROVIDER)[0] == "NoSuchEntity"


def test_tags_of_a_provider(iam: Any) -> None:
    iam.create_saml_provider(Name="idp", SAMLMetadataDocument=metadata())
    iam.tag_saml_provider(SAMLProviderArn=PROVIDER, Tags=[{"Key": "a", "Value": "1"}])
    tags = iam.list_saml_provider_tags(SAMLProviderArn=PROVIDER)["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]
    iam.untag_saml_provider(SAMLProviderArn=PROVIDER, TagKeys=["a"])
    assert iam.list_saml_provider_tags(SAMLProviderArn=PROVIDER)["Tags"] == []
