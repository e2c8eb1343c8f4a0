"""Routes of requests by hand: what each sign of a service is worth, and what is refused how."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from cloudchamber.wire.http import Request
from cloudchamber.wire.model.loading import services
from cloudchamber.wire.routing import Route, RouteError, Router, route
from cloudchamber.wire.routing.index import load_index
from tests.unit.wire.botocore_requests import CREDENTIALS, Case, as_received, case
from tests.unit.wire.refusal import refusal

COPY = {"x_amz_copy_source": "/b/k"}
NOT_FOUND = "Could not find operation"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def scoped(service: str, region: str = "eu-west-1") -> str:
    scope = f"AKID/20261103/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=abc"


def request(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    *,
    service: str | None = None,
    body: bytes = b"",
    **headers: Any,
) -> Request:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    found.setdefault("host", "localhost:4566")
    if service is not None:
        found["authorization"] = scoped(service)
    return Request(method, path, query, found, body)


def form(body: str, *, service: str | None = None, path: str = "/", **headers: Any) -> Request:
    headers.setdefault("content_type", FORM)
    return request("POST", path, service=service, body=body.encode(), **headers)


def name(found: Route) -> str:
    return f"{found.service} {found.operation} {found.protocol}"


def refused(bad: Request) -> RouteError:
    with pytest.raises(RouteError) as caught:
        route(bad)
    return caught.value


# --- targets and rpc-v2 ------------------------------------------------------------------------


def test_a_target_says_it_all_and_costs_one_look_up() -> None:
    target = request("POST", x_amz_target="AmazonSQS.SendMessage")
    found = route(target)
    assert name(found) == "sqs SendMessage json"
    assert route(target) is found


def test_a_target_shared_by_two_services_needs_another_sign() -> None:
    shared = "Timestream_20181101.TagResource"
    hosted = request("POST", x_amz_target=shared, host="query.timestream.us-east-1.amazonaws.com")
    assert route(hosted).service == "timestream-query"
    agent = "aws-sdk-js/3.700 ua/2.1 api/timestream-query#3.700"
    assert route(request("POST", x_amz_target=shared, user_agent=agent)).service == (
        "timestream-query"
    )
    assert route(request("POST", x_amz_target=shared)).service == "timestream-write"
    assert route(request("POST", x_amz_target="Timestream_20181101.Query")).service == (
        "timestream-query"
    )


@pytest.mark.parametrize(
    ("target", "service"),
    [
        ("AmazonSQS.Nope", "sqs"),
        ("DynamoDB_20120810.", "dynamodb"),
        ("Nope.Nope", None),
        ("", None),
    ],
)
def test_an_unknown_target(target: str, service: str | None) -> None:
    error = refused(request("POST", x_amz_target=target))
    assert (error.code, error.status) == ("UnknownOperationException", 400)
    assert (error.service, error.protocol) == (service, "json")


def test_rpc_v2() -> None:
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    cbor: dict[str, Any] = {"smithy_protocol": "rpc-v2-cbor"}
    assert name(route(request("POST", path, **cbor))) == (
        "cloudwatch PutMetricData smithy-rpc-v2-cbor"
    )
    assert route(request("POST", "/base" + path, **cbor)).operation == "PutMetricData"
    for bad in (
        request("POST", path + "x", **cbor),
        request("GET", path, **cbor),
        request("POST", "/service/Nope/operation/Nope", **cbor),
        request("POST", "/service/AmazonSQS/operation/SendMessage", **cbor),
        request("POST", "/", **cbor),
        request("POST", path, smithy_protocol="rpc-v2-json"),
    ):
        error = refused(bad)
        assert (error.code, error.status, error.protocol) == (
            "UnknownOperationException",
            404,
            "smithy-rpc-v2-cbor",
        )


def test_the_cbor_of_old_java_clients_is_refused_by_name() -> None:
    old = request(
        "POST", x_amz_target="Kinesis_20131202.PutRecord", content_type="application/x-amz-cbor-1.1"
    )
    error = refused(old)
    assert error.status == 415
    assert "AWS_CBOR_DISABLE" in error.message


# --- actions -----------------------------------------------------------------------------------


def test_actions() -> None:
    assert name(route(form("Action=ListRoles&Version=2010-05-08", service="iam"))) == (
        "iam ListRoles query"
    )
    assert name(route(form("Action=DescribeVpcs&Version=2016-11-15", service="ec2"))) == (
        "ec2 DescribeVpcs ec2"
    )
    reordered = form("Foo=Action%3D&Version=2010-05-08&Action=List%52oles", service="iam")
    assert route(reordered).operation == "ListRoles"
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    assert route(request(query=query, service="sts")).operation == "GetCallerIdentity"
    presigned = query + "&X-Amz-Credential=AKID%2F20261103%2Fus-east-1%2Fsts%2Faws4_request"
    assert route(request(query=presigned)).operation == "GetCallerIdentity"
    cloudwatch = form("Action=PutMetricData&Version=2010-08-01", service="monitoring")
    assert name(route(cloudwatch)) == "cloudwatch PutMetricData query"


def test_the_version_tells_services_of_one_name_apart() -> None:
    action = "Action=DescribeLoadBalancers&Version="
    elb = form(action + "2012-06-01", service="elasticloadbalancing")
    elbv2 = form(action + "2015-12-01", service="elasticloadbalancing")
    assert (route(elb).service, route(elbv2).service) == ("elb", "elbv2")
    for agent in ("", "aws-sdk-js/3 api/neptune#3", "aws-sdk-go-v2/1.2 api/docdb#1.2"):
        rds = form("Action=DescribeDBClusters&Version=2014-10-31", service="rds", user_agent=agent)
        # One address and one form for all three at AWS: RDS answers.
        assert route(rds).service == "rds"


def test_without_a_signature_action_and_version_are_enough() -> None:
    saml = "Action=AssumeRoleWithWebIdentity&RoleArn=a&WebIdentityToken=b&Version=2011-06-15"
    assert name(route(form(saml))) == "sts AssumeRoleWithWebIdentity query"
    assert route(form("Action=SendEmail&Version=2010-12-01")).service == "ses"
    beanstalk = form("Action=DescribeApplications&Version=2010-12-01", host="chamber.internal")
    assert route(beanstalk).service == "elasticbeanstalk"
    assert route(request("POST", body=b"Action=AssumeRoleWithSAML")).service == "sts"


def test_a_request_to_a_queue_has_its_address() -> None:
    body = "Action=SendMessage&Version=2012-11-05&MessageBody=Action%3DDeleteQueue"
    for _ in range(2):
        for service in ("sqs", None):
            found = route(form(body, path="/123456789012/orders", service=service))
            assert name(found) == "sqs SendMessage query"
            assert found.labels == {"QueueUrl": "http://localhost:4566/123456789012/orders"}
    assert route(form(body, service="sqs")).labels == {}
    query = request("GET", "/123456789012/orders", "Action=GetQueueAttributes", service="sqs")
    assert route(query).labels["QueueUrl"].endswith("/123456789012/orders")
    old = form("Action=SendMessage&Version=2009-02-01", service="sqs")
    assert route(old).service == "sqs"


@pytest.mark.parametrize(
    ("service", "body", "message"),
    [
        ("iam", "Nope&Version=2010-05-08", f"{NOT_FOUND} Nope for version 2010-05-08"),
        ("iam", "ListRoles&Version=2000-01-01", f"{NOT_FOUND} ListRoles for version 2000-01-01"),
        ("iam", "ListRoles", f"{NOT_FOUND} ListRoles for version NO_VERSION_SPECIFIED"),
        ("ec2", "Nope&Version=2016-11-15", "The action Nope is not valid for this web service."),
        ("sqs", "Nope&Version=2012-11-05", "The action Nope is not valid for this endpoint."),
    ],
)
def test_an_unknown_action(service: str, body: str, message: str) -> None:
    for _ in range(2):
        error = refused(form("Action=" + body, service=service))
        assert (error.code, error.status, error.message) == ("InvalidAction", 400, message)
        assert error.service == service
        assert error.protocol == ("ec2" if service == "ec2" else "query")


def test_no_action_at_all() -> None:
    error = refused(form("Version=2010-05-08", service="iam"))
    assert (error.code, error.protocol) == ("MissingAction", "query")


def test_what_is_remembered_of_actions_does_not_grow_with_what_clients_make_up() -> None:
    router = Router()
    for number in range(50):
        made_up = [
            form(f"Action=ListQueues&Version=2015-11-{number}&Foo=bar", service="sqs"),
            form(f"Action=DescribeVpcs&Version=2015-11-{number}&Foo=bar", service="ec2"),
            form(
                f"Action=ListQueues&Version=2012-11-05&Foo={number}", service="sq%73", host="sqs.x"
            ),
            form(f"Action=ListQueues&{number}&Version=2012-11-05&Foo=bar"),
            request("POST", f"/{number}/service/AWSEventsV2/operation/PutEvents"),
        ]
        for each in made_up:
            refusal(partial(router.route, each))
        hosted = form("Action=ListQueues&Version=2012-11-05&a=b", host="sqs.localhost")
        hosted.headers["authorization"] = scoped(f"made-up-{number}")
        assert router.route(hosted).service == "sqs"
    assert router.remembered == 0
    router.route(form("Action=ListQueues&Version=2012-11-05&a=b", service="sqs"))
    router.route(form("Action=ListQueues&Version=2012-11-05&a=c", service="sqs"))
    assert router.remembered == 1


# --- paths -------------------------------------------------------------------------------------


def test_greedy_labels_and_trailing_slashes() -> None:
    arn = "arn:aws:workspaces-web:eu-west-1:1:portal/abc"
    greedy = request("GET", f"/portals/{arn}/identityProviders", service="workspaces-web")
    assert route(greedy) == Route(
        "workspaces-web", "ListIdentityProviders", "rest-json", {"portalArn": arn}
    )
    short = request("GET", f"/portals/{arn}", service="workspaces-web")
    assert (route(short).operation, route(short).labels) == ("GetPortal", {"portalArn": arn})
    for path in ("/2015-03-31/functions", "/2015-03-31/functions/"):
        assert route(request("GET", path, service="lambda")).operation == "ListFunctions"
    for path, query, operation in (
        ("/approval-teams", "", "CreateApprovalTeam"),
        ("/approval-teams/", "", "CreateApprovalTeam"),
        ("/approval-teams/", "List", "ListApprovalTeams"),
        ("/approval-teams", "List", "CreateApprovalTeam"),
    ):
        assert route(request("POST", path, query, service="mpa")).operation == operation


def test_a_missing_parameter_does_not_change_the_operation() -> None:
    path = "/2017-03-31/tags/arn%3Aaws"
    for query in ("tagKeys=a", ""):
        assert route(request("DELETE", path, query, service="lambda")).operation == "UntagResource"


def test_the_user_agent_decides_what_nothing_else_does() -> None:
    tags: dict[str, Any] = {"path": "/tags/arn", "service": "ivs"}
    assert route(request("GET", **tags)).service == "ivs"
    for agent in (
        "aws-sdk-js/3.7 ua/2.1 os/linux lang/js md/nodejs#22 api/ivs-realtime#3.7",
        "aws-sdk-go-v2/1.3 api/ivsrealtime#1.2",
        "aws-cli/2.9 md/command#ivs-realtime.list-tags-for-resource",
        "aws-sdk-rust/1 api/ivsrealtime/1.2",
    ):
        assert route(request("GET", user_agent=agent, **tags)).service == "ivs-realtime"
    assert route(request("GET", user_agent="Boto3/1.44 api/nope", **tags)).service == "ivs"
    # It only narrows: an operation that the named service lacks is still found.
    channel = request("POST", "/GetChannel", service="ivs", user_agent="x api/ivs-realtime#1")
    assert route(channel).service == "ivs"


def test_unsigned_paths() -> None:
    portal = request(
        "GET",
        "/federation/credentials",
        "role_name=a&account_id=b",
        x_amz_sso_bearer_token="t",
    )
    portal.headers["x-amz-sso_bearer_token"] = portal.headers.pop("x-amz-sso-bearer-token")
    assert name(route(portal)) == "sso GetRoleCredentials rest-json"
    assert name(route(request("POST", "/token"))) == "sso-oidc CreateToken rest-json"
    bearer = request("GET", "/v1/spaces/my-space", authorization="Bearer token")
    assert route(bearer) == Route("codecatalyst", "GetSpace", "rest-json", {"name": "my-space"})
    converse = request("POST", "/model/m/converse", authorization="Bearer key")
    assert route(converse).service == "bedrock-runtime"


def test_the_host_alone_is_enough() -> None:
    hosted = request("GET", "/2015-03-31/functions/", host="lambda.us-east-1.amazonaws.com")
    assert route(hosted).operation == "ListFunctions"
    assert Router().host_name("lambda.us-east-1.amazonaws.com").region == "us-east-1"


@pytest.mark.parametrize(
    ("bad", "code", "status", "service"),
    [
        (request("GET", "/nope", service="lambda"), "UnknownOperationException", 404, "lambda"),
        (request("PUT", "/", service="sqs"), "UnknownOperationException", 400, "sqs"),
        (request("GET", "/", service="nope"), "UnknownOperationException", 404, None),
        (request("OPTIONS", "/bucket", service="s3"), "MethodNotAllowed", 405, "s3"),
        (request("POST", "/bucket"), "MethodNotAllowed", 405, "s3"),
        (request("BREW", "/"), "MethodNotAllowed", 405, "s3"),
    ],
)
def test_what_has_no_route(bad: Request, code: str, status: int, service: str | None) -> None:
    error = refused(bad)
    assert (error.code, error.status, error.service) == (code, status, service)


# --- S3 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "operation"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("GET", "/bucket", "", {}, "ListObjects"),
        ("GET", "/bucket/", "", {}, "ListObjects"),
        ("GET", "/bucket/", "list-type=2&prefix=a", {}, "ListObjectsV2"),
        ("GET", "/bucket", "location", {}, "GetBucketLocation"),
        ("GET", "/bucket", "location=", {}, "GetBucketLocation"),
        ("GET", "/bucket", "inventory&id=1", {}, "GetBucketInventoryConfiguration"),
        ("GET", "/bucket", "inventory", {}, "ListBucketInventoryConfigurations"),
        ("GET", "/bucket", "lifecycle", {}, "GetBucketLifecycleConfiguration"),
        ("HEAD", "/bucket", "", {}, "HeadBucket"),
        ("GET", "/bucket/k", "", {}, "GetObject"),
        ("GET", "/bucket/k", "versionId=1&response-expires=x", {}, "GetObject"),
        ("GET", "/bucket/k", "uploadId=1", {}, "ListParts"),
        ("GET", "/bucket/k", "tagging&versionId=1", {}, "GetObjectTagging"),
        ("HEAD", "/bucket/k", "", {}, "HeadObject"),
        ("PUT", "/bucket/k", "", {}, "PutObject"),
        ("PUT", "/bucket/k", "x-id=PutObject", {}, "PutObject"),
        ("PUT", "/bucket/k", "partNumber=1&uploadId=2", {}, "UploadPart"),
        ("PUT", "/bucket/k", "", COPY, "CopyObject"),
        ("PUT", "/bucket/k", "uploadId=1&partNumber=2", COPY, "UploadPartCopy"),
        ("PUT", "/bucket/k", "partNumber=1", {}, "PutObject"),
        ("PUT", "/bucket/k", "acl", {}, "PutObjectAcl"),
        ("POST", "/bucket/k", "uploads", {}, "CreateMultipartUpload"),
        ("POST", "/bucket/k", "uploadId=1", {}, "CompleteMultipartUpload"),
        ("POST", "/bucket/k", "select&select-type=2", {}, "SelectObjectContent"),
        ("POST", "/bucket", "delete", {}, "DeleteObjects"),
        ("DELETE", "/bucket/k", "uploadId=1", {}, "AbortMultipartUpload"),
        ("DELETE", "/bucket/k", "", {}, "DeleteObject"),
        ("DELETE", "/bucket", "", {}, "DeleteBucket"),
    ],
)  # fmt: skip
def test_s3_in_both_styles_signed_or_not(
    method: str, path: str, query: str, headers: dict[str, Any], operation: str
) -> None:
    path_style = route(request(method, path, query, service="s3", **headers))
    assert path_style.operation == operation
    assert route(request(method, path, query, **headers)) == path_style
    hosts = ("bucket.localhost:4566", "bucket.s3.localhost", "bucket.s3.eu-west-1.amazonaws.com")
    for host in hosts if "Bucket" in path_style.labels else ():
        rest = path.removeprefix("/bucket") or "/"
        for service in ("s3", None):
            found = route(request(method, rest, query, host=host, service=service, **headers))
            assert found == path_style


def test_s3_keys_come_as_they_are() -> None:
    for path, key in (
        ("/bucket/a/b/", "a/b/"),
        ("/bucket//a", "/a"),
        ("/bucket/a//b/../c", "a//b/../c"),
        ("/bucket/%2Fa%20b+c%C3%A9", "/a b+cé"),
        ("/bucket/v20180820/x", "v20180820/x"),
        # UTF-8 that a client sent bare, as a front end reads it.
        ("/bucket/é".encode().decode("latin-1"), "é"),
    ):
        assert route(request("GET", path, service="s3")).labels == {"Bucket": "bucket", "Key": key}
    virtual = request("GET", "//", service="s3", host="my.bucket.s3.localhost")
    assert route(virtual).labels == {"Bucket": "my.bucket", "Key": "/"}


def test_a_key_that_is_not_utf_8_is_no_uri() -> None:
    for service in ("s3", None):
        error = refused(request("GET", "/bucket/%FF", service=service))
        assert (error.code, error.message) == (
            "InvalidURI",
            "Couldn't parse the specified URI.",
        )
        assert (error.service, error.protocol) == ("s3", "rest-xml")


def test_s3_and_its_neighbours() -> None:
    control = request("GET", "/v20180820/jobs/j", service="s3", x_amz_account_id="123456789012")
    assert name(route(control)) == "s3control DescribeJob rest-xml"
    assert route(request("GET", "/v20180820/jobs/j", service="s3")).operation == "GetObject"
    hosted = request("GET", "/v20180820/jobs/j", host="1.s3-control.us-east-1.amazonaws.com")
    assert route(hosted).service == "s3control"
    outposts = request("GET", "/S3Outposts/ListEndpoints", service="s3-outposts")
    assert name(route(outposts)) == "s3outposts ListEndpoints rest-json"
    express = request("GET", "/", service="s3express")
    assert route(express).operation == "ListDirectoryBuckets"
    session = request("GET", "/", "session", service="s3express", host="b--x-s3.localhost")
    assert (route(session).operation, route(session).labels) == (
        "CreateSession",
        {"Bucket": "b--x-s3"},
    )
    old = request("GET", "/bucket/key", authorization="AWS AKID:sig")
    assert route(old).operation == "GetObject"
    point = "p-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"
    assert route(request("GET", "/k", service="s3", host=point)).labels["Bucket"].endswith("/p")


def test_other_base_hosts() -> None:
    router = Router(("aws.test",))
    found = router.route(request("GET", "/k", service="s3", host="bucket.aws.test"))
    assert found.labels == {"Bucket": "bucket", "Key": "k"}


# --- at AWS's own addresses --------------------------------------------------------------------


class Caught(Exception):
    """Carries the request that a client was about to send."""

    def __init__(self, prepared: AWSPreparedRequest) -> None:
        super().__init__("caught")
        self.prepared = prepared


def catch(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    raise Caught(request)


def sent_by_boto3(service: str, operation: str, parameters: dict[str, Any]) -> Request:
    """The request that a client of boto3 makes for AWS itself."""
    make_client: Any = boto3.client
    client = make_client(
        service,
        region_name="eu-west-1",
        aws_access_key_id=CREDENTIALS.access_key,
        aws_secret_access_key=CREDENTIALS.secret_key,
    )
    client.meta.events.register("before-send", catch)
    with pytest.raises(Caught) as caught:
        getattr(client, operation)(**parameters)
    return as_received(caught.value.prepared)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "found"),
    [
        ("sqs", "list_queues", {}, "sqs ListQueues"),
        ("s3", "list_directory_buckets", {}, "s3 ListDirectoryBuckets"),
        ("s3", "get_object", {"Bucket": "bucket", "Key": "a/b"}, "s3 GetObject"),
        ("s3", "get_object", {"Bucket": "UPPER", "Key": "a/b"}, "s3 GetObject"),
        ("s3control", "list_jobs", {"AccountId": "123456789012"}, "s3control ListJobs"),
        ("ivs-realtime", "list_stages", {}, "ivs-realtime ListStages"),
        ("deadline", "list_farms", {}, "deadline ListFarms"),
        ("omics", "list_runs", {}, "omics ListRuns"),
        ("sso", "logout", {"accessToken": "a"}, "sso Logout"),
        ("cognito-idp", "sign_up", {"ClientId": "a", "Username": "b"}, "cognito-idp SignUp"),
        ("dynamodbstreams", "list_streams", {}, "dynamodbstreams ListStreams"),
        ("apigatewayv2", "get_apis", {}, "apigatewayv2 GetApis"),
        ("docdb", "describe_db_clusters", {}, "rds DescribeDBClusters"),
        ("sesv2", "list_contact_lists", {}, "sesv2 ListContactLists"),
    ],
)  # fmt: skip
def test_what_boto3_sends_to_aws(
    service: str, operation: str, parameters: dict[str, Any], found: str
) -> None:
    received = sent_by_boto3(service, operation, parameters)
    assert urlsplit("http://" + received.headers["host"]).hostname != "localhost"
    assert name(route(received)).rpartition(" ")[0] == found


# --- the index ---------------------------------------------------------------------------------


def test_every_service_is_in_the_index_and_named() -> None:
    index = load_index()
    assert tuple(sorted(index.services)) == services()
    for entry in index.services.values():
        assert entry.protocols
        assert entry.scopes
        assert entry.endpoints
        assert entry.yields_to in ("", *index.services)


def test_no_model_is_opened_to_route(tmp_path: Path) -> None:
    # A service of many operations whose model takes 40 ms to read: its names are in the index.
    index = load_index()
    assert len(index.operations("ec2")) > 700
    one: Case = case("ec2", "DescribeVpcs", "ec2")
    assert route(one.request).operation == "DescribeVpcs"
