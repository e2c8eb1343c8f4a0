"""What browsers do with buckets: preflights, shared answers, web sites, forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import time_ns
from typing import Any

import pytest
from botocore.config import Config

from cloudchamber import Chamber
from cloudchamber.wire.http import Request, Response
from tests.unit.services.s3.answers import code_of, refusal

BOX = "box"
PAGE = "https://app.example.com"
SITE = f"{BOX}.s3-website-us-east-1.amazonaws.com"


class Scene:
    """A bucket, and a browser."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.s3 = chamber.client("s3")
        self.s3.create_bucket(Bucket=BOX)

    def browse(
        self, path: str, method: str = "GET", host: str = "localhost:4566", body: bytes = b"",
        **headers: Any,
    ) -> Response:  # fmt: skip
        plain, _, query = path.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, plain, query, {"host": host, **named}, body)
        return self.chamber.host.handle(request)

    def open_to_all(self) -> None:
        self.s3.delete_public_access_block(Bucket=BOX)
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                     "Resource": f"arn:aws:s3:::{BOX}/*"}  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.s3.put_bucket_policy(Bucket=BOX, Policy=policy)

    def put(self, key: str, body: bytes, **more: Any) -> None:
        self.s3.put_object(Bucket=BOX, Key=key, Body=body, **more)

    def site(self, **configuration: Any) -> None:
        made = {"IndexDocument": {"Suffix": "index.html"}, **configuration}
        self.s3.put_bucket_website(Bucket=BOX, WebsiteConfiguration=made)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, iam="enforce") as chamber:
        yield Scene(chamber)


def share(scene: Scene, **rule: Any) -> None:
    made = {"AllowedMethods": ["GET"], "AllowedOrigins": [PAGE], **rule}
    scene.s3.put_bucket_cors(Bucket=BOX, CORSConfiguration={"CORSRules": [made]})


def test_a_preflight_is_answered_by_the_first_rule_that_fits(scene: Scene) -> None:
    share(
        scene,
        AllowedMethods=["GET", "PUT"],
        AllowedOrigins=["https://*.example.com"],
        AllowedHeaders=["x-amz-*"],
        ExposeHeaders=["ETag"],
        MaxAgeSeconds=60,
    )
    asked: dict[str, Any] = {"origin": PAGE, "access_control_request_method": "PUT",
             "access_control_request_headers": "X-Amz-Date"}  # fmt: skip
    answer = scene.browse(f"/{BOX}/k", "OPTIONS", **asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "GET, PUT"
    assert answer.headers["access-control-allow-headers"] == "x-amz-date"
    assert answer.headers["access-control-expose-headers"] == "ETag"
    assert answer.headers["access-control-max-age"] == "60"
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"origin": "https://evil.test", "access_control_request_method": "GET"}, 403,
         b"This CORS request is not allowed"),
        ({"origin": PAGE, "access_control_request_method": "DELETE"}, 403,
         b"<Code>AccessForbidden</Code>"),
        ({"origin": PAGE, "access_control_request_method": "GET",
          "access_control_request_headers": "x-other"}, 403, b"evalution of Origin"),
        ({"access_control_request_method": "GET"}, 400, b"Origin request header needed"),
        ({"origin": PAGE}, 400, b"Invalid Access-Control-Request-Method: null"),
    ],
)  # fmt: skip
def test_other_preflights_are_refused(
    scene: Scene, headers: dict[str, Any], status: int, said: bytes
) -> None:
    share(scene)
    answer = scene.browse(f"/{BOX}/k", "OPTIONS", **headers)
    assert answer.status == status
    assert said in answer.body


def test_without_rules_nothing_is_shared(scene: Scene) -> None:
    asked: dict[str, Any] = {"origin": PAGE, "access_control_request_method": "GET"}
    answer = scene.browse(f"/{BOX}/k", "OPTIONS", **asked)
    assert (answer.status, b"CORS is not enabled for this bucket" in answer.body) == (403, True)
    assert code_of(scene.s3.get_bucket_cors, Bucket=BOX) == "NoSuchCORSConfiguration"


def test_answers_say_who_may_see_them(scene: Scene) -> None:
    share(scene, AllowedOrigins=["*"])
    scene.open_to_all()
    scene.put("k", b"x")
    answer = scene.browse("/k", host=f"{BOX}.s3.amazonaws.com", origin=PAGE)
    assert (answer.status, answer.body) == (200, b"x")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    missing = scene.browse(f"/{BOX}/none", origin=PAGE)
    assert missing.headers["access-control-allow-origin"] == "*"
    share(scene)
    other = scene.browse(f"/{BOX}/k", origin="https://evil.test")
    assert "access-control-allow-origin" not in other.headers


def test_rules_that_are_wrong_are_refused(scene: Scene) -> None:
    put = scene.s3.put_bucket_cors
    rule = {"AllowedMethods": ["OPTIONS"], "AllowedOrigins": ["*"]}
    assert refusal(put, Bucket=BOX, CORSConfiguration={"CORSRules": [rule]}) == (
        "InvalidRequest",
        "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS",
    )
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*.*"]}
    assert refusal(put, Bucket=BOX, CORSConfiguration={"CORSRules": [rule]}) == (
        "InvalidRequest",
        'AllowedOrigin "*.*" can not have more than one wildcard.',
    )


def test_a_site_gives_its_index_its_folders_and_its_pages(scene: Scene) -> None:
    scene.open_to_all()
    scene.site()
    scene.put("index.html", b"<h1>home</h1>", ContentType="text/html")
    scene.put("docs/index.html", b"docs")
    for host in (
        SITE,
        f"{BOX}.s3-website.us-east-1.amazonaws.com",
        f"{BOX}.s3-website.localhost:4566",
    ):
        answer = scene.browse("/", host=host)
        assert (answer.status, answer.body) == (200, b"<h1>home</h1>")
        assert answer.headers["content-type"] == "text/html"
    assert scene.browse("/docs/", host=SITE).body == b"docs"
    folder = scene.browse("/docs", host=SITE)
    assert (folder.status, folder.headers["location"]) == (302, "/docs/")
    head = scene.browse("/", "HEAD", host=SITE)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "13")
    etag = head.headers["etag"]
    assert scene.browse("/", host=SITE, if_none_match=etag).status == 304


def test_errors_of_a_site_are_pages(scene: Scene) -> None:
    answer = scene.browse("/", host=SITE)
    assert (answer.status, b"Code: NoSuchWebsiteConfiguration" in answer.body) == (404, True)
    scene.site(ErrorDocument={"Key": "oops.html"})
    scene.put("oops.html", b"oops")
    private = scene.browse("/k", host=SITE)
    assert private.status == 403
    assert b"Attempting to Retrieve a Custom Error Document" in private.body
    scene.open_to_all()
    answer = scene.browse("/k", host=SITE)
    assert (answer.status, answer.body) == (403, b"oops")
    assert scene.browse("/k", "POST", host=SITE).status == 405
    nothing = scene.browse("/", host="absent.s3-website-us-east-1.amazonaws.com")
    assert b"Code: NoSuchBucket" in nothing.body


def test_routing_rules_redirect_before_and_after(scene: Scene) -> None:
    scene.open_to_all()
    scene.site(
        RoutingRules=[
            {"Condition": {"KeyPrefixEquals": "old/"},
             "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
            {"Condition": {"HttpErrorCodeReturnedEquals": "403"},
             "Redirect": {"HostName": "elsewhere.example", "Protocol": "https",
                          "ReplaceKeyWith": "lost", "HttpRedirectCode": "307"}},
        ]
    )  # fmt: skip
    answer = scene.browse("/old/page", host=SITE)
    assert (answer.status, answer.headers["location"]) == (301, f"http://{SITE}/new/page")
    answer = scene.browse("/none", host=SITE)
    assert (answer.status, answer.headers["location"]) == (307, "https://elsewhere.example/lost")
    scene.put("moved", b"", WebsiteRedirectLocation="/there")
    answer = scene.browse("/moved", host=SITE)
    assert (answer.status, answer.headers["location"]) == (301, "/there")
    everything = {"RedirectAllRequestsTo": {"HostName": "example.com"}}
    scene.s3.put_bucket_website(Bucket=BOX, WebsiteConfiguration=everything)
    answer = scene.browse("/a", host=SITE)
    assert (answer.status, answer.headers["location"]) == (301, "http://example.com/a")


def test_a_site_that_makes_no_sense_is_refused(scene: Scene) -> None:
    put = scene.s3.put_bucket_website
    both = {"RedirectAllRequestsTo": {"HostName": "a"}, "IndexDocument": {"Suffix": "b"}}
    assert code_of(put, Bucket=BOX, WebsiteConfiguration=both) == "InvalidArgument"
    slash = {"IndexDocument": {"Suffix": "a/b"}}
    assert refusal(put, Bucket=BOX, WebsiteConfiguration=slash) == (
        "InvalidArgument",
        "The IndexDocument Suffix is not well formed",
    )
    assert code_of(scene.s3.get_bucket_website, Bucket=BOX) == "NoSuchWebsiteConfiguration"


def form(post: dict[str, Any], file: bytes = b"hello", **more: Any) -> Request:
    fields = {**post["fields"], **more}
    parts = [
        f'--edge\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = '--edge\r\ncontent-disposition: form-data; name="file"; filename="C:\\a.txt"\r\n\r\n'
    body = ("".join(parts) + head).encode() + file + b"\r\n--edge--\r\n"
    headers = {"host": "localhost", "content-type": "multipart/form-data; boundary=edge"}
    return Request("POST", f"/{BOX}", "", headers, body)


def send(scene: Scene, post: dict[str, Any], file: bytes = b"hello", **more: Any) -> Response:
    return scene.chamber.host.handle(form(post, file, **more))


def test_a_form_uploads_by_its_signed_policy(scene: Scene) -> None:
    meta: dict[str, Any] = {"x-amz-meta-a": "b"}
    conditions = [["content-length-range", 1, 10], ["starts-with", "$x-amz-meta-a", ""]]
    post = scene.s3.generate_presigned_post(
        BOX, "up/${filename}", Conditions=conditions, ExpiresIn=3600
    )
    answer = send(scene, post, **meta)
    assert answer.status == 204
    got = scene.s3.get_object(Bucket=BOX, Key="up/a.txt")
    assert (got["Body"].read(), got["Metadata"]) == (b"hello", {"a": "b"})
    assert b"EntityTooLarge" in send(scene, post, b"x" * 11, **meta).body
    assert b"EntityTooSmall" in send(scene, post, b"", **meta).body
    extra = send(scene, post, **{**meta, "x-amz-meta-c": "d"})
    assert (extra.status, b"Extra input fields: x-amz-meta-c" in extra.body) == (403, True)


def test_a_form_says_what_success_looks_like(scene: Scene) -> None:
    fields: dict[str, Any] = {"success_action_status": "201"}
    post = scene.s3.generate_presigned_post(BOX, "k", Fields=fields, Conditions=[fields])
    answer = send(scene, post)
    assert answer.status == 201
    assert b"<PostResponse><Location>" in answer.body
    fields = {"success_action_redirect": "http://example.com/done?a=1"}
    post = scene.s3.generate_presigned_post(BOX, "k", Fields=fields, Conditions=[fields])
    answer = send(scene, post)
    assert answer.status == 303
    assert answer.headers["location"].startswith("http://example.com/done?a=1&bucket=box&key=k")


@pytest.mark.parametrize(("version", "field"), [("s3", "signature"), ("s3v4", "x-amz-signature")])
def test_who_signs_a_form_must_be_allowed_to_put(scene: Scene, version: str, field: str) -> None:
    iam = scene.chamber.client("iam")
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    config = Config(signature_version=version)
    theirs = scene.chamber.client("s3", credentials=key, config=config)
    post = theirs.generate_presigned_post(BOX, "k")
    assert b"<Code>AccessDenied</Code>" in send(scene, post).body
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BOX}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
    assert send(scene, post).status == 204
    assert field in post["fields"]
    post["fields"][field] = "0" * 64
    assert b"SignatureDoesNotMatch" in send(scene, post).body


def test_a_policy_expires_by_the_real_time(scene: Scene) -> None:
    post = scene.s3.generate_presigned_post(BOX, "k", ExpiresIn=60)
    answers: list[Response] = []
    for wall_ns in (time_ns(), time_ns() + 61 * 10**9):
        scene.chamber.cloud.begin(form(post), answers.append, wall_ns=wall_ns)
    assert [answer.status for answer in answers] == [204, 403]
    assert b"Invalid according to Policy: Policy expired." in answers[1].body


def test_a_form_without_a_policy_is_from_nobody(scene: Scene) -> None:
    answer = send(scene, {"fields": {"key": "k"}})
    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True)
    assert b"a field named 'key'" in send(scene, {"fields": {}}).body
