"""OpenID Connect providers: what IAM accepts, shows and counts. Their tokens are STS's tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.iam.documents import arn, refusal

URL = "https://token.actions.githubusercontent.com"
PROVIDER = arn("oidc-provider/token.actions.githubusercontent.com")
THUMBPRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


def created(iam: Any, **more: Any) -> str:
    request = {"Url": URL, "ClientIDList": ["sts.amazonaws.com"], **more}
    found: str = iam.create_open_id_connect_provider(**request)["OpenIDConnectProviderArn"]
    return found


def test_a_provider_is_shown_without_its_scheme(iam: Any) -> None:
    assert created(iam, ThumbprintList=[THUMBPRINT], Tags=[{"Key": "a", "Value": "b"}]) == PROVIDER
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert shown["Url"] == "token.actions.githubusercontent.com"
    assert shown["ClientIDList"] == ["sts.amazonaws.com"]
    assert shown["ThumbprintList"] == [THUMBPRINT]
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert listed == [{"Arn": PROVIDER}]
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 1


def test_a_url_is_registered_once(iam: Any) -> None:
    created(iam)
    assert refusal(iam.create_open_id_connect_provider, Url=URL) == (
        "EntityAlreadyExists",
        409,
        f"Provider with url {URL} already exists.",
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "example.com",
        "https://example.com:8443",
        "https://example.com/?a=b",
        "https://me@example.com",
        "https://[",
        "ftp://localhost",
    ],
)
def test_what_is_no_issuer_is_refused(iam: Any, url: str) -> None:
    assert refusal(iam.create_open_id_connect_provider, Url=url)[:2] == ("ValidationError", 400)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_deleting_is_no_error_for_what_is_not_there(iam: Any) -> None:
    created(iam)
    for _ in range(2):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    answer = refusal(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=PROVIDER)
    assert answer == ("NoSuchEntity", 404, f"OpenIDConnect Provider not found for arn {PROVIDER}")
    bad = arn("role/not-a-provider")
    assert refusal(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=bad)[0] == (
        "InvalidInput"
    )


def test_client_ids_are_a_set_of_a_hundred(iam: Any) -> None:
    created(iam, ClientIDList=[f"c{number}" for number in range(99)])
    add = iam.add_client_id_to_open_id_connect_provider
    add(OpenIDConnectProviderArn=PROVIDER, ClientID="last")
    add(OpenIDConnectProviderArn=PROVIDER, ClientID="last")
    assert refusal(add, OpenIDConnectProviderArn=PROVIDER, ClientID="more") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
    )
    remove = iam.remove_client_id_from_open_id_connect_provider
    for _ in range(2):
        remove(OpenIDConnectProviderArn=PROVIDER, ClientID="c7")
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)["ClientIDList"]
    assert len(shown) == 99
    assert "c7" not in shown


def test_thumbprints_are_replaced(iam: Any) -> None:
    created(iam, ThumbprintList=[THUMBPRINT])
    update = iam.update_open_id_connect_provider_thumbprint
    update(OpenIDConnectProviderArn=PROVIDER, ThumbprintList=["0" * 40, "1" * 40])
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert shown["ThumbprintList"] == ["0" * 40, "1" * 40]
    six = [str(number) * 40 for number in range(6)]
    answer = refusal(update, OpenIDConnectProviderArn=PROVIDER, ThumbprintList=six)
    assert answer[0] == "InvalidInput"


def test_tags_of_a_provider(iam: Any) -> None:
    created(iam)
    iam.tag_open_id_connect_provider(
        OpenIDConnectProviderArn=PROVIDER,
        Tags=[{"Key": key, "Value": "v"} for key in ("a", "b", "c")],
    )
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, TagKeys=["b"])
    tags = iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=PROVIDER)["Tags"]
    assert [tag["Key"] for tag in tags] == ["a", "c"]
