"""What the wire costs: µs per decode and encode, and ms to load a model and compile an operation.

Run: python benchmarks/wire.py. Each figure is the best of several rounds of one thread, by its CPU
time, as machines are shared. `orjson` is plain parsing of the same body without a model, for scale.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cbor2
import orjson

from cloudchamber.wire.http import Request
from cloudchamber.wire.model import load_model, loading
from cloudchamber.wire.model.loading import Overlay
from cloudchamber.wire.protocols import codec_class, codec_for

ROUNDS = 25
CALLS = 400
ID = "7d1f0c5e-3333-4444-8888-000000000001"

MESSAGE = {
    "QueueUrl": "http://localhost:4566/123456789012/orders",
    "MessageBody": '{"order": 17, "lines": 3}',
    "MessageAttributes": {"City": {"StringValue": "Oslo", "DataType": "String"}},
}
ITEM = {
    "TableName": "orders",
    "Item": {f"line{n}": {"M": {"sku": {"S": f"s{n}"}, "n": {"N": "1"}}} for n in range(40)},
}
VPC = {
    "CidrBlock": "10.0.0.0/16",
    "DhcpOptionsId": "dopt-0123456789abcdef0",
    "State": "available",
    "VpcId": "vpc-0123456789abcdef0",
    "OwnerId": "123456789012",
    "InstanceTenancy": "default",
    "CidrBlockAssociationSet": [
        {
            "AssociationId": "vpc-cidr-assoc-0123456789abcdef0",
            "CidrBlock": "10.0.0.0/16",
            "CidrBlockState": {"State": "associated"},
        }
    ],
    "IsDefault": True,
    "Tags": [{"Key": "Name", "Value": "blue"}, {"Key": "team", "Value": "shop"}],
}
METRICS = {
    "Namespace": "Shop",
    "MetricData": [
        {
            "MetricName": f"m{n}",
            "Dimensions": [{"Name": "Zone", "Value": "use1-az1"}],
            "Timestamp": cbor2.CBORTag(1, 1_700_000_000 + n),
            "Value": 1.5,
            "Unit": "Count",
        }
        for n in range(20)
    ],
}
ROLE_FORM = b"Action=CreateRole&Version=2010-05-08&RoleName=worker&AssumeRolePolicyDocument=%7B%7D"
ROLE = {
    "Role": {
        "Path": "/",
        "RoleName": "worker",
        "RoleId": "AROAIOSFODNN7EXAMPLE",
        "Arn": "arn:aws:iam::123456789012:role/worker",
        "CreateDate": 1_700_000_000.0,
        "AssumeRolePolicyDocument": "%7B%7D",
    }
}


def cost(act: Callable[[], object], calls: int = CALLS) -> float:
    """CPU seconds of one call, the best of several rounds."""
    act()
    shortest = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _ in range(calls):
            act()
        shortest = min(shortest, (time.process_time() - begin) / calls)
    return shortest


def show(name: str, act: Callable[[], object]) -> None:
    """Prints µs per call."""
    print(f"{name:48}{cost(act) * 1e6:9.2f} µs")


def decode(service: str, protocol: str, operation: str, body: bytes) -> Callable[[], Any]:
    """What decodes one request."""
    codec, request = codec_for(service, protocol), Request("POST", "/", "", {}, body)
    return lambda: codec.decode(operation, request, {})


def encode(
    service: str, protocol: str, operation: str, output: dict[str, Any]
) -> Callable[[], Any]:
    """What encodes one response."""
    codec = codec_for(service, protocol)
    return lambda: codec.encode(operation, output, ID)


def first_call(service: str, protocol: str, operation: str) -> None:
    """Prints ms to load a model from its file, and to compile an operation both ways."""
    file = loading.find_model_file(service)
    assert file is not None
    loaded = cost(lambda: load_model(service, Overlay()), 1)
    model = load_model(service)

    def compile_both() -> None:
        codec = codec_class(protocol)(model)
        codec._build_decoder(operation)
        codec._build_encoder(operation)

    compiled = cost(compile_both, 1)
    print(f"{service + ' ' + operation:48}{loaded * 1e3:9.2f} ms {compiled * 1e3:9.2f} ms")


def main() -> None:
    """Prints every figure."""
    message, item = orjson.dumps(MESSAGE), orjson.dumps(ITEM)
    show("SQS SendMessage, json, decode", decode("sqs", "json", "SendMessage", message))
    show("  orjson", lambda: orjson.loads(message))
    sent = {"MessageId": ID, "MD5OfMessageBody": "0" * 32}
    show("SQS SendMessage, json, encode", encode("sqs", "json", "SendMessage", sent))
    form = b"Action=SendMessage&QueueUrl=http%3A%2F%2Flocalhost%2F1%2Fq&MessageBody=hello+world"
    show("SQS SendMessage, query, decode", decode("sqs", "query", "SendMessage", form))
    show("DynamoDB PutItem, 40 maps, decode", decode("dynamodb", "json", "PutItem", item))
    show("  orjson", lambda: orjson.loads(item))
    show("DynamoDB GetItem, 40 maps, encode", encode("dynamodb", "json", "GetItem", ITEM))
    show(
        "EC2 DescribeVpcs, 5 VPCs, encode",
        encode("ec2", "ec2", "DescribeVpcs", {"Vpcs": [VPC] * 5}),
    )
    show("IAM CreateRole, decode", decode("iam", "query", "CreateRole", ROLE_FORM))
    show("IAM CreateRole, encode", encode("iam", "query", "CreateRole", ROLE))
    cbor = cbor2.dumps(METRICS)
    rpc = "smithy-rpc-v2-cbor"
    show(
        "CloudWatch PutMetricData, 20, cbor, decode",
        decode("cloudwatch", rpc, "PutMetricData", cbor),
    )
    objects = [{"Key": f"k{n}", "Size": n, "LastModified": 1.7e9} for n in range(100)]
    listed = {"Name": "b", "Contents": objects}
    show("S3 ListObjectsV2, 100 keys, encode", encode("s3", "rest-xml", "ListObjectsV2", listed))
    print(f"\n{'first call':48}{'load':>9}    {'compile':>9}")
    first_call("sqs", "json", "SendMessage")
    first_call("iam", "query", "CreateRole")
    first_call("dynamodb", "json", "PutItem")
    first_call("s3", "rest-xml", "PutObject")
    first_call("ec2", "ec2", "DescribeVpcs")
    first_call("ec2", "ec2", "RunInstances")


if __name__ == "__main__":
    main()
