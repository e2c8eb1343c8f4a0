"""A bucket over real HTTP: its web site, and pages of other origins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.unit.server.served import Server

PAGE = "https://app.example.com"
SITE = "box.s3-website-us-east-1.amazonaws.com"


class Served:
    """A served chamber with a bucket that is a web site."""

    def __init__(self, server: Server) -> None:
        self.port = server.port
        self.s3: Any = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            aws_access_key_id="111111111111",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.s3.create_bucket(Bucket="box")
        self.s3.delete_public_access_block(Bucket="box")
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                     "Resource": "arn:aws:s3:::box/*"}  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.s3.put_bucket_policy(Bucket="box", Policy=policy)
        self.s3.put_object(
            Bucket="box", Key="index.html", Body=b"<p>home</p>", ContentType="text/html"
        )
        self.s3.put_bucket_website(
            Bucket="box", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}
        )

    def ask(
        self, method: str, path: str, host: str, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        client = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            client.request(method, path, headers={"Host": host, **(headers or {})})
            answer = client.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, named, answer.read()
        finally:
            client.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    notes: Path = tmp_path_factory.mktemp("served")
    with Server(notes, chamber={"iam": "enforce"}) as server:
        yield Served(server)


def test_a_site_is_browsed(served: Served) -> None:
    for host in (SITE, f"box.s3-website.localhost:{served.port}"):
        status, headers, body = served.ask("GET", "/", host)
        assert (status, headers["content-type"], body) == (200, "text/html", b"<p>home</p>")
    status, headers, body = served.ask("HEAD", "/", SITE)
    assert (status, headers["content-length"], body) == (200, "11", b"")
    status, headers, body = served.ask("GET", "/absent", SITE)
    assert (status, headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert b"<li>Code: AccessDenied</li>" in body


def test_a_large_page_is_streamed(served: Served) -> None:
    served.s3.put_object(Bucket="box", Key="large", Body=b"x" * 300_000)
    status, _, body = served.ask("GET", "/large", SITE)
    assert (status, len(body)) == (200, 300_000)


def test_foreign_pages_reach_only_what_a_bucket_shares(served: Served) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    status, _, body = served.ask("OPTIONS", "/box/index.html", "localhost", asked)
    assert (status, b"ForeignOrigin" in body) == (403, True)
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": [PAGE]}
    served.s3.put_bucket_cors(Bucket="box", CORSConfiguration={"CORSRules": [rule]})
    status, headers, _ = served.ask("OPTIONS", "/box/index.html", "localhost", asked)
    assert (status, headers["access-control-allow-origin"]) == (200, PAGE)
    status, headers, body = served.ask("GET", "/box/index.html", "localhost", {"Origin": PAGE})
    assert (status, headers["access-control-allow-origin"], body) == (200, PAGE, b"<p>home</p>")
    other = {"Origin": "https://evil.test"}
    for path in ("/box/index.html", "/", "/111111111111/queue"):
        status, _, body = served.ask("GET", path, "localhost", other)
        assert (status, b"ForeignOrigin" in body) == (403, True)
    status, _, _ = served.ask("DELETE", "/box/index.html", "localhost", {"Origin": PAGE})
    assert status == 403
    assert served.ask("GET", "/", SITE)[0] == 200
