"""Function URLs: made, and asked over HTTP at host names of their own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cloudchamber import Chamber
from cloudchamber.wire.http import Request, Response
from tests.unit.services.lambda_.crew import ONE, Crew, archive, failure, outcome

Make = Callable[..., Any]
Visit = Callable[..., Response]


@pytest.fixture
def url(client: Any, make: Make) -> str:
    make("jobs")
    made = client.create_function_url_config(FunctionName="jobs", AuthType="NONE")
    found: str = made["FunctionUrl"]
    return found


@pytest.fixture
def visit(chamber: Chamber, url: str) -> Visit:
    """Ask the URL: `visit("POST", "/a", "b=1", body=b"...", accept="*/*")`."""
    host = url.split("/")[2]

    def ask(
        method: str = "GET", path: str = "/", query: str = "", body: bytes = b"", **headers: str
    ) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return chamber.host.handle(Request(method, path, query, {"host": host, **named}, body))

    return ask


def test_the_address_leads_to_the_host_that_was_asked(url: str) -> None:
    id_, *rest = url.removeprefix("http://").rstrip("/").split(".")
    assert rest == ["lambda-url", "us-east-1", "localhost:4566"]
    assert len(id_) == 32


def test_the_address_that_aws_would_give_is_known_too(
    chamber: Chamber, url: str, crew: Crew
) -> None:
    id_ = url.removeprefix("http://").partition(".")[0]
    host = f"{id_}.lambda-url.us-east-1.on.aws"
    assert chamber.host.handle(Request("GET", "/", "", {"host": host})).status == 200
    assert crew.payloads()[0]["requestContext"]["domainName"] == host


def test_a_request_becomes_an_event(visit: Visit, crew: Crew) -> None:
    visit(
        "POST",
        "/a%20b/c",
        "x=1&x=2&y=",
        b'{"n": 1}',
        content_type="application/json",
        cookie="a=1; b=2",
        user_agent="test",
    )
    (event,) = crew.payloads()
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/a b/c"
    assert event["rawQueryString"] == "x=1&x=2&y="
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["body"] == '{"n": 1}'
    assert event["isBase64Encoded"] is False
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"], http["userAgent"]) == ("POST", "/a b/c", "test")
    assert event["requestContext"]["accountId"] == "anonymous"


def test_a_body_that_is_no_text_is_in_base64(visit: Visit, crew: Crew) -> None:
    visit("POST", body=b"\xff\x00", content_type="image/png")
    (event,) = crew.payloads()
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\xff\x00"


def test_an_answer_with_a_status(visit: Visit, crew: Crew) -> None:
    told = {
        "statusCode": 201,
        "headers": {"X-Colour": "red", "content-type": "text/plain"},
        "body": base64.b64encode(b"made").decode(),
        "isBase64Encoded": True,
        "cookies": ["a=1; Path=/", "b=2"],
    }
    crew.answers["jobs"] = lambda order: outcome(told)
    answer = visit()
    assert (answer.status, answer.body) == (201, b"made")
    assert answer.headers["x-colour"] == "red"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["set-cookie"].split("\n") == ["a=1; Path=/", "b=2"]


@pytest.mark.parametrize(
    ("payload", "body"), [('"text"', b"text"), ('{"a": 1}', b'{"a": 1}'), ("[1]", b"[1]")]
)
def test_an_answer_without_a_status(visit: Visit, crew: Crew, payload: str, body: bytes) -> None:
    crew.answers["jobs"] = lambda order: outcome(payload.encode())
    answer = visit()
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == "application/json"


def test_an_error_is_a_bad_gateway(visit: Visit, crew: Crew) -> None:
    crew.answers["jobs"] = lambda order: failure()
    answer = visit()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_a_streamed_answer_with_its_prelude(visit: Visit, crew: Crew, client: Any) -> None:
    client.update_function_url_config(FunctionName="jobs", InvokeMode="RESPONSE_STREAM")
    head = json.dumps({"statusCode": 418, "headers": {"x-a": "b"}}).encode()
    crew.answers["jobs"] = lambda order: outcome(
        head + b"\0" * 8 + b"short and stout",
        is_streamed=True,
        content_type="application/vnd.awslambda.http-integration-response",
    )
    answer = visit()
    assert (answer.status, answer.body) == (418, b"short and stout")
    assert answer.headers["x-a"] == "b"


@pytest.mark.parametrize("mode", ["BUFFERED", "RESPONSE_STREAM"])
@pytest.mark.parametrize("head", [b"no json", b"[]", b'{"statusCode": 99}', b"{}" * 20_000])
@pytest.mark.parametrize("end", [b"", bytes(8), bytes(8) + b"body"])
def test_a_prelude_that_is_none(
    visit: Visit, crew: Crew, client: Any, mode: str, head: bytes, end: bytes
) -> None:
    client.update_function_url_config(FunctionName="jobs", InvokeMode=mode)
    kind = "application/vnd.awslambda.http-integration-response"
    told = outcome(head + end, is_streamed=True, content_type=kind)
    crew.answers["jobs"] = lambda order: told
    answer = visit()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_who_takes_streams_is_told_to_the_function_s_workers(
    visit: Visit, crew: Crew, client: Any
) -> None:
    visit()
    client.update_function_url_config(FunctionName="jobs", InvokeMode="RESPONSE_STREAM")
    visit()
    client.invoke(FunctionName="jobs")
    client.invoke_with_response_stream(FunctionName="jobs")
    assert [order["takes_stream"] for order in crew.orders] == [False, True, False, True]


def test_a_streamed_answer_for_who_takes_none_is_as_short_as_others(
    visit: Visit, crew: Crew, client: Any
) -> None:
    crew.answers["jobs"] = lambda order: outcome(b"x" * 6_291_557, is_streamed=True)
    assert visit().status == 502
    client.update_function_url_config(FunctionName="jobs", InvokeMode="RESPONSE_STREAM")
    assert len(visit().body) == 6_291_557


def test_another_origin_is_allowed_by_cors(visit: Visit, client: Any, crew: Crew) -> None:
    cors = {"AllowOrigins": ["https://a.test"], "AllowMethods": ["GET"], "MaxAge": 60}
    client.update_function_url_config(FunctionName="jobs", Cors=cors)
    answer = visit("OPTIONS", origin="https://a.test")
    assert crew.orders == []
    assert answer.headers["access-control-allow-origin"] == "https://a.test"
    assert answer.headers["access-control-allow-methods"] == "GET"
    assert answer.headers["access-control-max-age"] == "60"
    assert "access-control-allow-origin" not in visit("GET", origin="https://b.test").headers


def test_nobody_is_there_any_more(visit: Visit, client: Any) -> None:
    client.delete_function_url_config(FunctionName="jobs")
    assert visit().status == 403
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_url_config(FunctionName="jobs")


def test_an_alias_has_a_url_of_its_own(chamber: Chamber, client: Any, crew: Crew, url: str) -> None:
    client.publish_version(FunctionName="jobs")
    client.create_alias(FunctionName="jobs", Name="live", FunctionVersion="1")
    made = client.create_function_url_config(FunctionName="jobs", Qualifier="live", AuthType="NONE")
    assert made["FunctionUrl"] != url
    host = made["FunctionUrl"].split("/")[2]
    chamber.host.handle(Request("GET", "/", "", {"host": host}))
    assert crew.orders[0]["version"] == "1"
    found = client.list_function_url_configs(FunctionName="jobs")["FunctionUrlConfigs"]
    assert [each["FunctionUrl"] for each in found] == [url, made["FunctionUrl"]]


def signed(chamber: Chamber, url: str, credentials: Any) -> Response:
    """A GET that somebody signed."""
    request = AWSRequest("GET", url)
    held = Credentials(
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials.get("SessionToken"),
    )
    SigV4Auth(held, "lambda", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    host = url.split("/")[2]
    return chamber.host.handle(Request("GET", "/", "", {"host": host, **headers}))


def test_who_may_is_asked_where_permissions_are_enforced(role: str) -> None:
    with Chamber(seed=1, account=ONE, iam="off") as opened:
        crew = Crew(opened)
        client = opened.client("lambda")
        client.create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role,
            Code={"ZipFile": archive()},
        )  # fmt: skip
        user = opened.client("iam")
        user.create_user(UserName="ann")
        key = user.create_access_key(UserName="ann")["AccessKey"]
        url = client.create_function_url_config(FunctionName="jobs", AuthType="AWS_IAM")
        address = url["FunctionUrl"]
        assert signed(opened, address, key).status == 200
        event = crew.payloads()[0]
        assert event["requestContext"]["authorizer"]["iam"]["userArn"].endswith(":user/ann")
        crew.close()


def test_in_force_the_policy_decides(client: Any, chamber: Chamber, visit: Visit) -> None:
    visit()
    kinds = [each["what"] for each in chamber.events()]
    assert "iam.would-deny" in kinds
    client.add_permission(
        FunctionName="jobs",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    client.add_permission(
        FunctionName="jobs",
        StatementId="invoke",
        Action="lambda:InvokeFunction",
        Principal="*",
        InvokedViaFunctionUrl=True,
    )
    before = kinds.count("iam.would-deny")
    visit()
    assert [each["what"] for each in chamber.events()].count("iam.would-deny") == before


def test_the_archive_can_be_loaded_for_ten_minutes(
    chamber: Chamber, client: Any, make: Make
) -> None:
    make("jobs")
    location = client.get_function(FunctionName="jobs")["Code"]["Location"]
    host, _, path = location.removeprefix("http://").partition("/")

    def load(path: str) -> Response:
        return chamber.host.handle(Request("GET", "/" + path, "", {"host": host}))

    answer = load(path)
    body = answer.streamed.joined() if answer.streamed is not None else b""
    assert (answer.status, body) == (200, archive())
    assert load(path[:-1] + "x").status == 403
    chamber.advance("11m")
    assert load(path).status == 403


@pytest.fixture
def strict() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        workers = Crew(opened)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = opened.client("iam").create_role(
            RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust)
        )
        opened.client("lambda").create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role["Role"]["Arn"],
            Code={"ZipFile": archive()},
        )  # fmt: skip
        yield opened
        workers.close()


def test_enforced_nobody_may_until_the_policy_says_so(strict: Chamber) -> None:
    client = strict.client("lambda")
    address = client.create_function_url_config(FunctionName="jobs", AuthType="NONE")
    host = address["FunctionUrl"].split("/")[2]
    request = Request("GET", "/", "", {"host": host})
    assert strict.host.handle(request).status == 403
    client.add_permission(
        FunctionName="jobs",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    assert strict.host.handle(request).status == 403
    client.add_permission(
        FunctionName="jobs",
        StatementId="invoke",
        Action="lambda:InvokeFunction",
        Principal="*",
        InvokedViaFunctionUrl=True,
    )
    assert strict.host.handle(request).status == 200


def test_enforced_a_user_may_by_his_own_policy(strict: Chamber) -> None:
    client, iam = strict.client("lambda"), strict.client("iam")
    made = client.create_function_url_config(FunctionName="jobs", AuthType="AWS_IAM")
    address = made["FunctionUrl"]
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    assert signed(strict, address, key).status == 403
    allow = {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": "*"}
    iam.put_user_policy(
        UserName="ann",
        PolicyName="urls",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    assert signed(strict, address, key).status == 200
    wrong = {**key, "SecretAccessKey": "x" * 40}
    assert signed(strict, address, wrong).status == 403
