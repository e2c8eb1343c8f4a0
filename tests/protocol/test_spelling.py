"""How each protocol spells things, byte by byte where clients depend on it.

Rules of this file: what the sweep cannot see, because botocore reads more than AWS writes: element
order, content types, namespaces, empty lists, headers, and what other SDKs send.
"""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.event_stream import Decoder
from cloudchamber.wire.protocols import codec_for
from tests.protocol.wire_case import REQUEST_ID, decode, encode, refusal

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'


# --- json --------------------------------------------------------------------------------------


def test_json_answers() -> None:
    response = encode("dynamodb", "json", "GetItem", {"Item": {"a": {"B": b"\x00\xff"}}})
    assert response.body == b'{"Item":{"a":{"B":"AP8="}}}'
    assert response.headers == {
        "x-amzn-requestid": REQUEST_ID,
        "content-type": "application/x-amz-json-1.0",
    }
    response = encode("kms", "json", "ListKeys", {})
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.body == b"{}"


def test_json_spells_special_floats_and_leaves_the_output_alone() -> None:
    output = {"MetricDataResults": [{"Id": "a", "Values": [1.0, float("nan"), float("inf")]}]}
    response = encode("cloudwatch", "json", "GetMetricData", output)
    assert orjson.loads(response.body)["MetricDataResults"][0]["Values"] == [1.0, "NaN", "Infinity"]
    assert output["MetricDataResults"][0]["Values"][0] == 1.0


def test_json_timestamps_are_numbers_unless_the_model_says_otherwise() -> None:
    codec = codec_for("autoscaling-plans", "json")
    assert codec.encode("DescribeScalingPlans", {"ScalingPlans": []}, "i").body
    output = {"Account": {"Id": "1", "JoinedTimestamp": 1_700_000_000.25}}
    body = encode("organizations", "json", "DescribeAccount", output).body
    assert body == b'{"Account":{"Id":"1","JoinedTimestamp":1700000000.25}}'


def test_json_errors() -> None:
    codec = codec_for("dynamodb", "json")
    reasons = [{"Code": "ConditionalCheckFailed", "Item": {"a": {"B": b"x"}}}, {"Code": "None"}]
    error = WireError(
        "TransactionCanceledException", "cancelled", fields={"CancellationReasons": reasons}
    )
    response = codec.encode_error("TransactWriteItems", error, REQUEST_ID)
    assert response.status == 400
    assert orjson.loads(response.body) == {
        "__type": "TransactionCanceledException",
        "Message": "cancelled",
        "CancellationReasons": [
            {"Code": "ConditionalCheckFailed", "Item": {"a": {"B": "eA=="}}},
            {"Code": "None"},
        ],
    }
    unknown = WireError("InternalFailure", "sorry", 500, headers={"retry-after": "1"})
    response = codec.encode_error(None, unknown, REQUEST_ID)
    assert response.status == 500
    assert response.headers["retry-after"] == "1"
    assert orjson.loads(response.body) == {"__type": "InternalFailure", "message": "sorry"}


def test_json_event_streams_begin_with_the_initial_response() -> None:
    events = [{"SubscribeToShardEvent": {"Records": [], "ContinuationSequenceNumber": "1"}}]
    response = encode("kinesis", "json", "SubscribeToShard", {"EventStream": events})
    assert response.headers["content-type"] == "application/vnd.amazon.eventstream"
    first, second = Decoder().feed(response.body)
    assert first.headers[":event-type"] == "initial-response"
    assert second.headers[":message-type"] == "event"
    assert second.headers[":event-type"] == "SubscribeToShardEvent"
    assert orjson.loads(second.payload)["ContinuationSequenceNumber"] == "1"


# --- query and ec2 -----------------------------------------------------------------------------


def test_query_answers() -> None:
    user = {"Path": "/", "UserName": "a<&>\r", "CreateDate": 1_700_000_000.0, "Tags": []}
    response = encode("iam", "query", "GetUser", {"User": user})
    assert response.headers["content-type"] == "text/xml"
    assert response.body == (
        b'<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult>'
        b"<User><Path>/</Path><UserName>a&lt;&amp;&gt;&#13;</UserName>"
        b"<CreateDate>2023-11-14T22:13:20Z</CreateDate><Tags></Tags></User></GetUserResult>"
        b"<ResponseMetadata><RequestId>" + REQUEST_ID.encode() + b"</RequestId></ResponseMetadata>"
        b"</GetUserResponse>"
    )


def test_query_errors_use_the_wire_code() -> None:
    error = WireError("NoSuchEntityException", "no & no")
    response = codec_for("iam", "query").encode_error("GetUser", error, REQUEST_ID)
    assert response.status == 404
    assert response.body == (
        b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>'
        b"<Type>Sender</Type><Code>NoSuchEntity</Code><Message>no &amp; no</Message></Error>"
        b"<RequestId>" + REQUEST_ID.encode() + b"</RequestId></ErrorResponse>"
    )
    fault = WireError("ServiceFailure", "down", 500)
    response = codec_for("iam", "query").encode_error("GetUser", fault, REQUEST_ID)
    assert b"<Type>Receiver</Type>" in response.body


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("Filters.member.2.Name=b&Filters.member.10.Name=c&Filters.member.1.Name=a", "abc"),
        ("Filters.member.5.Name=a&Filters.member.9.Name=b", "ab"),
        ("Filters=&Filters.member.1.Name=a", "a"),
        ("Filters=", ""),
    ],
)
def test_list_numbers_order_the_elements(form: str, expected: str) -> None:
    found = decode(codec_for("autoscaling", "query"), "DescribeTags", form)
    assert "".join(item["Name"] for item in found["Filters"]) == expected


def test_a_plus_is_a_space_and_percent_is_a_byte() -> None:
    form = "RoleName=a&Description=1+2%2B3%20%C3%A9%3D%26"
    found = decode(codec_for("iam", "query"), "UpdateRole", form)
    assert found["Description"] == "1 2+3 é=&"


def test_ec2_answers() -> None:
    vpc = {"VpcId": "vpc-1", "IsDefault": False, "Tags": [], "CidrBlock": "10.0.0.0/16"}
    response = encode("ec2", "ec2", "DescribeVpcs", {"Vpcs": [vpc]})
    assert response.headers["content-type"] == "text/xml;charset=UTF-8"
    assert response.body == (
        XML + b'<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        b"<requestId>" + REQUEST_ID.encode() + b"</requestId><vpcSet><item>"
        b"<isDefault>false</isDefault><tagSet></tagSet><vpcId>vpc-1</vpcId>"
        b"<cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet></DescribeVpcsResponse>"
    )
    volume = {"Volumes": [{"CreateTime": 1_700_000_000.0}]}
    body = encode("ec2", "ec2", "DescribeVolumes", volume).body
    assert b"<createTime>2023-11-14T22:13:20.000Z</createTime>" in body


def test_ec2_errors() -> None:
    error = WireError("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist")
    response = codec_for("ec2", "ec2").encode_error("DescribeVpcs", error, REQUEST_ID)
    assert response.body == (
        XML + b"<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>"
        b"<Message>The vpc ID 'vpc-1' does not exist</Message></Error></Errors>"
        b"<RequestID>" + REQUEST_ID.encode() + b"</RequestID></Response>"
    )


def test_ec2_names() -> None:
    form = (
        "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.1.Value.2=vpc-2"
        "&VpcId.1=vpc-1&DryRun=true&NextToken=t"
    )
    assert decode(codec_for("ec2", "ec2"), "DescribeVpcs", form) == {
        "Filters": [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}],
        "VpcIds": ["vpc-1"],
        "DryRun": True,
        "NextToken": "t",
    }


# --- REST ---------------------------------------------------------------------------------------


def test_rest_json_requests() -> None:
    found = decode(
        codec_for("lambda", "rest-json"),
        "Invoke",
        b'{"x": 1}',
        query="Qualifier=%24LATEST",
        headers={"x-amz-invocation-type": "Event", "x-amz-log-type": "Tail"},
        labels={"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f"},
    )
    assert found == {
        "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "InvocationType": "Event",
        "LogType": "Tail",
        "Payload": b'{"x": 1}',
        "Qualifier": "$LATEST",
    }


def test_rest_json_lists_in_the_query() -> None:
    codec = codec_for("eks", "rest-json")
    found = decode(
        codec, "UntagResource", query="tagKeys=a&tagKeys=b%20c", labels={"resourceArn": "arn"}
    )
    assert found == {"resourceArn": "arn", "tagKeys": ["a", "b c"]}
    error = refusal(codec, "ListClusters", query="maxResults=abc")
    assert error.code == "SerializationException"


def test_rest_json_answers_with_headers_and_status() -> None:
    output = {
        "StatusCode": 202,
        "FunctionError": "Unhandled",
        "LogResult": "bG9n\r\nset-cookie: x",
        "Payload": b"raw \xff",
    }
    response = encode("lambda", "rest-json", "Invoke", output)
    assert response.status == 202
    assert response.body == b"raw \xff"
    assert response.headers["x-amz-function-error"] == "Unhandled"
    assert response.headers["x-amz-log-result"] == "bG9n  set-cookie: x"


def test_rest_json_renames_members_and_writes_text_timestamps() -> None:
    output = {"id": "i", "createdDate": 1_700_000_000.0, "tags": {"a": "b"}}
    response = encode("apigateway", "rest-json", "CreateRestApi", output)
    assert response.status == 201
    assert orjson.loads(response.body) == {
        "id": "i",
        "createdDate": 1_700_000_000.0,
        "tags": {"a": "b"},
    }
    job = {"Job": {"Id": "1", "CreatedAt": 1_700_000_000.0}}
    body = orjson.loads(encode("mediaconvert", "rest-json", "GetJob", job).body)
    assert body == {"job": {"id": "1", "createdAt": 1_700_000_000.0}}
    schedule = {"Name": "n", "CreationDate": 1_700_000_000.5}
    body = orjson.loads(encode("scheduler", "rest-json", "GetSchedule", schedule).body)
    assert body == schedule


def test_rest_json_errors() -> None:
    error = WireError("TooManyRequestsException", "slow", fields={"retryAfterSeconds": "3"})
    response = codec_for("lambda", "rest-json").encode_error("Invoke", error, REQUEST_ID)
    assert response.status == 429
    assert response.headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert response.headers["retry-after"] == "3"
    assert orjson.loads(response.body) == {"message": "slow"}
    unknown = WireError("AccessDeniedException", "no", 403)
    response = codec_for("eks", "rest-json").encode_error("ListClusters", unknown, REQUEST_ID)
    assert orjson.loads(response.body) == {"message": "no"}


def test_header_json_is_base64() -> None:
    value = {"a": [1, None]}
    coded = base64.b64encode(orjson.dumps(value)).decode()
    found = decode(
        codec_for("lex-runtime", "rest-json"),
        "PostContent",
        b"audio",
        headers={"x-amz-lex-session-attributes": coded, "content-type": "audio/l16"},
        labels={"botName": "b", "botAlias": "prod", "userId": "user"},
    )
    assert found["sessionAttributes"] == value
    response = encode("lex-runtime", "rest-json", "PostContent", {"sessionAttributes": value})
    assert response.headers["x-amz-lex-session-attributes"] == coded


# --- S3 -----------------------------------------------------------------------------------------


def test_s3_objects_in_and_out() -> None:
    found = decode(
        codec_for("s3", "rest-xml"),
        "PutObject",
        b"body",
        headers={
            "x-amz-meta-Color".lower(): "blue",
            "content-type": "text/plain",
            "expires": "Tue, 14 Nov 2023 22:13:20 GMT",
            "content-length": "4",
        },
        labels={"Bucket": "b", "Key": "a/b c"},
    )
    assert found == {
        "Bucket": "b",
        "Key": "a/b c",
        "Body": b"body",
        "ContentType": "text/plain",
        "ContentLength": 4,
        "Expires": "Tue, 14 Nov 2023 22:13:20 GMT",
        "Metadata": {"color": "blue"},
    }
    output = {
        "Body": b"body",
        "ContentLength": 4,
        "ETag": '"abc"',
        "LastModified": 1_700_000_000.75,
        "Metadata": {"Color": "blue"},
        "ContentType": "text/plain",
    }
    response = encode("s3", "rest-xml", "GetObject", output)
    assert response.body == b"body"
    assert response.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert response.headers["x-amz-meta-color"] == "blue"
    assert response.headers["x-amz-request-id"] == REQUEST_ID
    assert response.headers["content-type"] == "text/plain"
    assert "content-length" not in response.headers  # the HTTP layer measures the body
    output.pop("Body")
    response = encode("s3", "rest-xml", "HeadObject", output)
    assert response.headers["content-length"] == "4"
    assert response.body == b""


def test_s3_lists() -> None:
    output = {
        "Name": "b",
        "IsTruncated": False,
        "Contents": [{"Key": "a&b", "Size": 1, "LastModified": 1_700_000_000.0}],
        "CommonPrefixes": [{"Prefix": "p/"}, {"Prefix": "q/"}],
    }
    response = encode("s3", "rest-xml", "ListObjectsV2", output)
    assert response.headers["content-type"] == "application/xml"
    assert response.body == (
        XML + b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<IsTruncated>false</IsTruncated><Contents><Key>a&amp;b</Key>"
        b"<LastModified>2023-11-14T22:13:20Z</LastModified><Size>1</Size></Contents>"
        b"<Name>b</Name><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
        b"<CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes></ListBucketResult>"
    )


@pytest.mark.parametrize(
    ("constraint", "tail"),
    [
        ("eu-west-1", b">eu-west-1</LocationConstraint>"),
        (None, b"/>"),
        ("", b"/>"),
    ],
)
def test_s3_location_is_not_wrapped(constraint: str | None, tail: bytes) -> None:
    output: dict[str, Any] = {} if constraint is None else {"LocationConstraint": constraint}
    body = encode("s3", "rest-xml", "GetBucketLocation", output).body
    opening = b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    assert body == XML + opening + tail


def test_s3_errors_are_bare() -> None:
    error = WireError("NoSuchKey", "gone", 404, {"Key": "a<b", "Resource": "/b/a"})
    codec = codec_for("s3", "rest-xml")
    response = codec.encode_error("GetObject", error, REQUEST_ID)
    assert response.status == 404
    host = response.headers["x-amz-id-2"]
    assert response.body == (
        XML + b"<Error><Code>NoSuchKey</Code><Message>gone</Message><Key>a&lt;b</Key>"
        b"<Resource>/b/a</Resource><RequestId>" + REQUEST_ID.encode() + b"</RequestId>"
        b"<HostId>" + host.encode() + b"</HostId></Error>"
    )
    response = codec.encode_error("HeadObject", error, REQUEST_ID)
    assert (response.status, response.body) == (404, b"")


def test_s3_bodies_with_namespaces_attributes_and_white_space() -> None:
    body = """<?xml version="1.0" encoding="UTF-8"?>
    <AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Owner><ID>o</ID></Owner>
      <AccessControlList><Grant>
        <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">
          <ID>g</ID></Grantee>
        <Permission>READ</Permission></Grant></AccessControlList>
    </AccessControlPolicy>""".strip()
    found = decode(codec_for("s3", "rest-xml"), "PutBucketAcl", body, labels={"Bucket": "b"})
    assert found["AccessControlPolicy"] == {
        "Owner": {"ID": "o"},
        "Grants": [{"Grantee": {"ID": "g", "Type": "CanonicalUser"}, "Permission": "READ"}],
    }
    error = refusal(codec_for("s3", "rest-xml"), "PutBucketAcl", b"<Acl", labels={"Bucket": "b"})
    assert error.code == "MalformedXML"
    error = refusal(codec_for("s3", "rest-xml"), "ListObjectsV2", query="max-keys=x")
    assert (error.code, error.fields["ArgumentName"]) == ("InvalidArgument", "MaxKeys")


def test_other_rest_xml_services() -> None:
    output = {
        "HostedZone": {"Id": "/hostedzone/Z", "Name": "a.", "CallerReference": "c"},
        "ChangeInfo": {"Id": "/change/C", "Status": "PENDING", "SubmittedAt": 1_700_000_000.0},
        "DelegationSet": {"NameServers": ["ns-1"]},
        "Location": "https://route53.amazonaws.com/2013-04-01/hostedzone/Z",
    }
    response = encode("route53", "rest-xml", "CreateHostedZone", output)
    assert response.status == 201
    assert response.headers["location"] == output["Location"]
    space = b'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
    assert response.body.startswith(XML + b"<CreateHostedZoneResponse " + space + b"><HostedZone>")
    assert b"<NameServers><NameServer>ns-1</NameServer></NameServers>" in response.body
    error = WireError("NoSuchHostedZone", "none")
    response = codec_for("route53", "rest-xml").encode_error("GetHostedZone", error, REQUEST_ID)
    assert response.status == 404
    assert b"<Error><Type>Sender</Type><Code>NoSuchHostedZone</Code>" in response.body


def test_gzip_is_taken_only_where_the_model_allows_it() -> None:
    import gzip

    body = orjson.dumps({"Namespace": "n", "MetricData": []})
    headers = {"content-encoding": "gzip"}
    codec = codec_for("cloudwatch", "json")
    packed = gzip.compress(body)
    assert decode(codec, "PutMetricData", packed, headers=headers)["Namespace"] == "n"
    found = decode(
        codec_for("s3", "rest-xml"),
        "PutObject",
        packed,
        headers=headers,
        labels={"Bucket": "b", "Key": "k"},
    )
    assert found["Body"] == packed
    assert found["ContentEncoding"] == "gzip"
