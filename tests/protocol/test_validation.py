"""What a client is told when its input breaks the model: AWS's sentences, codes and limits.

Rules of this file: whole messages are compared, since users and SDK retries read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cbor2
import orjson
import pytest

from cloudchamber.wire.model import Overlay, Validation, load_model
from cloudchamber.wire.model.loading import OperationOverlay
from cloudchamber.wire.protocols import Codec, codec_class
from tests.protocol.wire_case import decode, refusal, strict

KINESIS: Final = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"


def test_one_failure_and_several() -> None:
    codec = strict("kinesis", "json")
    error = refusal(codec, "CreateStream", b"{}")
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: "
        "Member must not be null"
    )
    error = refusal(codec, "CreateStream", b'{"StreamName":"","ShardCount":0}')
    assert error.message == (
        "3 validation errors detected: "
        "Value '' at 'streamName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        f"Value '' at 'streamName' failed to satisfy constraint: {KINESIS}; "
        "Value '0' at 'shardCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_paths_into_lists_and_maps() -> None:
    codec = strict("dynamodb", "json")
    keys = [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "SORT"}]
    body = {"TableName": "abc", "KeySchema": keys}
    assert refusal(codec, "CreateTable", orjson.dumps(body)).message == (
        "1 validation error detected: Value 'SORT' at 'keySchema.2.member.keyType' failed to "
        "satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"
    )
    empty = b'{"RequestItems":{"abc":[]}}'
    assert refusal(codec, "BatchWriteItem", empty).message == (
        "1 validation error detected: Value '[]' at 'requestItems.abc.member' failed to satisfy "
        "constraint: Member must have length greater than or equal to 1"
    )
    requests: list[object] = [{"PutRequest": {"Item": {}}}] * 26
    many = orjson.dumps({"RequestItems": {"abc": requests}})
    message = refusal(codec, "BatchWriteItem", many).message
    shown = "WriteRequest(putRequest=PutRequest(item={}))"
    assert message.startswith(f"1 validation error detected: Value '[{shown}, {shown}, ")
    assert message.endswith("Member must have length less than or equal to 25")


def test_a_secret_is_not_repeated() -> None:
    body = {"Username": "u", "Password": "sec ret", "ClientId": "c"}
    message = refusal(strict("cognito-idp", "json"), "SignUp", orjson.dumps(body)).message
    assert "sec ret" not in message
    assert "Value at 'password' failed to satisfy constraint: " in message


def test_a_long_value_is_cut() -> None:
    body = {"StreamName": "x" * 100_000, "ShardCount": 1}
    message = refusal(strict("kinesis", "json"), "CreateStream", orjson.dumps(body)).message
    assert len(message) < 3000
    assert message.endswith("Member must have length less than or equal to 128")


def test_many_failures_are_cut_too() -> None:
    keys = [{"AttributeName": "", "KeyType": "X"}] * 1000
    body = {"TableName": "abc", "KeySchema": keys}
    message = refusal(strict("dynamodb", "json"), "CreateTable", orjson.dumps(body)).message
    assert len(message) < 200_000


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1, "NUMBER_VALUE can not be converted to a String"),
        (1.5, "NUMBER_VALUE can not be converted to a String"),
        (True, "TRUE_VALUE can not be converted to a String"),
        (False, "FALSE_VALUE can not be converted to a String"),
        ([], "Start of list found where not expected."),
        ({}, "Start of structure or map found where not expected."),
    ],
)
def test_the_wrong_type_for_a_string(value: object, message: str) -> None:
    body = orjson.dumps({"QueueUrl": value, "MessageBody": "x"})
    error = refusal(strict("sqs", "json"), "SendMessage", body)
    assert (error.code, error.message, error.status) == ("SerializationException", message, 400)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'"5"', "STRING_VALUE can not be converted to an Integer"),
        (b"5.5", "NUMBER_VALUE can not be converted to an Integer"),
        (
            b"3000000000",
            "Numeric value (3000000000) out of range of int (-2147483648 - 2147483647)",
        ),
        (b"[5]", "Start of list found where not expected."),
    ],
)
def test_the_wrong_type_for_an_integer(raw: bytes, message: str) -> None:
    body = b'{"QueueUrl":"u","MessageBody":"x","DelaySeconds":' + raw + b"}"
    error = refusal(strict("sqs", "json"), "SendMessage", body)
    assert (error.code, error.message) == ("SerializationException", message)


def test_the_wrong_container() -> None:
    codec = strict("sqs", "json")
    for wrong, kind in (("MessageAttributes", "map"),):
        body = orjson.dumps({"QueueUrl": "u", "MessageBody": "x", wrong: "x"})
        assert refusal(codec, "SendMessage", body).message == f"Expected {kind} or null"
    body = orjson.dumps({"QueueUrl": "u", "AttributeNames": "All"})
    assert refusal(codec, "ReceiveMessage", body).message == "Expected list or null"
    body = orjson.dumps({"QueueUrl": "u", "MessageBody": "x", "MessageAttributes": {"a": 1}})
    assert refusal(codec, "SendMessage", body).message == "Expected structure or null"


def test_timestamps_blobs_and_floats_that_are_none() -> None:
    codec = strict("cloudwatch", "json")

    def metric(**members: object) -> str:
        datum = {"MetricName": "m", **members}
        body = orjson.dumps({"Namespace": "n", "MetricData": [datum]})
        return refusal(codec, "PutMetricData", body).message

    words = "STRING_VALUE can not be converted to"
    assert metric(Timestamp="2020-01-01") == f"{words} milliseconds since epoch"
    assert metric(Timestamp=1e30) == "The timestamp is not one, or out of range"
    assert metric(Value="big") == f"{words} a Double"
    body = orjson.dumps({"KeyId": "k", "Plaintext": "not base64!"})
    assert refusal(strict("kms", "json"), "Encrypt", body).message == "The blob is not valid base64"


def test_nulls_are_absent_members() -> None:
    codec = strict("sqs", "json")
    body = b'{"QueueUrl":"u","MessageBody":"x","DelaySeconds":null,"Nobody":{"a":[1]}}'
    assert decode(codec, "SendMessage", body) == {"QueueUrl": "u", "MessageBody": "x"}
    body = b'{"QueueUrl":null,"MessageBody":"x"}'
    assert "Value null at 'queueUrl'" in refusal(codec, "SendMessage", body).message
    body = b'{"QueueUrl":"u","AttributeNames":["All",null]}'
    message = refusal(codec, "ReceiveMessage", body).message
    assert "Value null at 'attributeNames.2.member'" in message


def test_special_floats_are_words_in_json_and_numbers_in_cbor() -> None:
    datum = {"MetricName": "m", "Value": "-Infinity"}
    body = orjson.dumps({"Namespace": "n", "MetricData": [datum]})
    found = decode(strict("cloudwatch", "json"), "PutMetricData", body)
    assert found["MetricData"][0]["Value"] == float("-inf")
    cbor = cbor2.dumps({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1e400}]})
    found = decode(strict("cloudwatch", "smithy-rpc-v2-cbor"), "PutMetricData", cbor)
    assert found["MetricData"][0]["Value"] == float("inf")
    cbor = cbor2.dumps({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": "NaN"}]})
    error = refusal(strict("cloudwatch", "smithy-rpc-v2-cbor"), "PutMetricData", cbor)
    assert error.message == "STRING_VALUE can not be converted to a Double"


def test_a_union_has_exactly_one_member() -> None:
    codec = strict("bedrock-runtime", "rest-json")
    labels = {"modelId": "amazon.test"}

    def ask(content: Mapping[str, object]) -> bytes:
        return orjson.dumps({"messages": [{"role": "user", "content": [content]}]})

    assert decode(codec, "Converse", ask({"text": "hi"}), labels=labels)["messages"]
    for wrong in ({}, {"text": "hi", "guardContent": {"text": {"text": "x"}}}):
        error = refusal(codec, "Converse", ask(wrong), labels=labels)
        assert error.code == "ValidationException"
        assert "at 'messages.1.member.content.1.member' failed" in error.message
        assert "Member must have exactly one of [text, image, " in error.message


def test_patterns_with_unicode_classes() -> None:
    codec = strict("iam", "query")
    form = "RoleName=r&Tags.member.1.Key={}&Tags.member.1.Value=v"
    for good in ("caf%C3%A9", "%E4%BD%A0%E5%A5%BD", "a:b/c"):
        assert decode(codec, "TagRole", form.format(good))["Tags"]
    for bad in ("a%00b", "%F0%9F%98%80", "a!b"):
        error = refusal(codec, "TagRole", form.format(bad))
        assert error.code == "ValidationError"
        assert "Member must satisfy regular expression pattern: [\\p{L}" in error.message


def test_query_and_cbor_use_the_same_sentences() -> None:
    error = refusal(strict("iam", "query"), "CreateRole", "RoleName=a%20b&MaxSessionDuration=1")
    assert error.code == "ValidationError"
    assert error.message == (
        "3 validation errors detected: "
        "Value 'a b' at 'roleName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w+=,.@-]+; "
        "Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: "
        "Member must not be null; "
        "Value '1' at 'maxSessionDuration' failed to satisfy constraint: "
        "Member must have value greater than or equal to 3600"
    )
    error = refusal(strict("cloudwatch", "smithy-rpc-v2-cbor"), "PutMetricData", cbor2.dumps({}))
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value null at 'namespace' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_wrong_types_in_forms() -> None:
    error = refusal(strict("iam", "query"), "ListRoles", "MaxItems=many")
    assert (error.code, error.message) == (
        "MalformedInput",
        "Value (many) for parameter MaxItems is not a valid Integer",
    )
    error = refusal(strict("ec2", "ec2"), "DescribeVpcs", "DryRun=perhaps")
    assert (error.code, error.message) == (
        "InvalidParameterValue",
        "Value (perhaps) for parameter DryRun is invalid. Expecting type Boolean.",
    )


def test_ec2_names_one_missing_parameter() -> None:
    codec = strict("ec2", "ec2")
    error = refusal(codec, "CreateSubnet", "CidrBlock=10.0.0.0/24")
    assert error.code == "MissingParameter"
    assert error.message == "The request must contain the parameter VpcId"
    form = "MinCount=1&MaxCount=1&NetworkInterface.1.Ipv6Prefix.1.X=1&LicenseSpecification.1.X=1"
    assert decode(codec, "RunInstances", form)["MinCount"] == 1
    error = refusal(codec, "DescribeVpcs", "VpcId.1=vpc-1&MaxResults=1")
    assert error.code == "InvalidParameterValue"
    assert error.message == (
        "Value (1) for parameter MaxResults is invalid. "
        "Member must have value greater than or equal to 5."
    )


def test_tokens_that_clients_fill_in_are_not_demanded() -> None:
    created = load_model("amp").operations["CreateWorkspace"].input_shape
    assert created is not None
    assert created.members["clientToken"].idempotency_token
    assert decode(strict("amp", "rest-json"), "CreateWorkspace", b"{}") == {}


def test_validation_can_be_switched_by_service_operation_and_code() -> None:
    bad = orjson.dumps({"StreamName": "a b", "ShardCount": 0})

    def codec(overlay: Overlay) -> Codec:
        return codec_class("json")(load_model("kinesis", overlay))

    types_only = Overlay(validation=Validation(mode="types-only"))
    assert decode(codec(types_only), "CreateStream", bad)["ShardCount"] == 0
    own_code = Overlay(validation=Validation(mode="no-patterns", code="InvalidArgumentException"))
    error = refusal(codec(own_code), "CreateStream", bad)
    assert error.code == "InvalidArgumentException"
    assert error.message.startswith("1 validation error detected: Value '0' at 'shardCount'")
    by_operation = Overlay(
        operations={"CreateStream": OperationOverlay(validation=Validation(mode="types-only"))}
    )
    assert decode(codec(by_operation), "CreateStream", bad)
    error = refusal(codec(by_operation), "DeleteStream", b'{"StreamName":""}')
    assert error.code == "ValidationException"
