"""Host names of services' own: which are, and which only look like one."""

from __future__ import annotations

import pytest

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.cloud.sites import find_site, site_of
from cloudchamber.wire.http import Request


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("id.lambda-url.eu-west-1.on.aws", ("lambda", "lambda-url", "id", "eu-west-1")),
        ("ID.lambda-url.eu-west-1.on.aws:443", ("lambda", "lambda-url", "id", "eu-west-1")),
        ("id.lambda-url.us-east-1.localhost:4566", ("lambda", "lambda-url", "id", "us-east-1")),
        ("a.b.lambda-code.us-east-1.localhost", ("lambda", "lambda-code", "a.b", "us-east-1")),
    ],
)
def test_a_host_names_a_site(host: str, found: tuple[str, ...]) -> None:
    site = find_site(host)
    assert site is not None
    assert (site.service, site.name, site.prefix, site.region) == found


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost:4566",
        "127.0.0.1:4566",
        "lambda.us-east-1.amazonaws.com",
        "lambda-url.us-east-1.on.aws",
        "x.lambda-url.s3.us-east-1.amazonaws.com",
        "bucket.s3.us-east-1.amazonaws.com",
        "id.nothing-url.us-east-1.on.aws",
        "id.lambda-url.us-east-1.example.com",
    ],
)
def test_other_hosts_name_none(host: str) -> None:
    assert find_site(host) is None


def test_a_site_that_a_service_does_not_declare_is_none() -> None:
    host = "id.lambda-other.us-east-1.on.aws"
    assert site_of(Cloud(Settings(seed=1)), Request("GET", "/", "", {"host": host})) is None


def test_an_error_is_said_in_json() -> None:
    host = "id.lambda-url.us-east-1.on.aws"
    answer = Cloud(Settings(seed=1)).handle(Request("GET", "/", "", {"host": host}))
    assert answer is not None
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert b'"Message":"Forbidden' in answer.body
