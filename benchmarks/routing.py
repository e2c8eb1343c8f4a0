"""What it costs to find out what a request asks for: routing, credentials and signatures, in µs.

Run: python benchmarks/routing.py. Times are the best of several rounds of one thread, for
requests as SDKs send them; "first" is a fresh process that has routed nothing yet.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from cloudchamber.wire.credentials import parse_credential
from cloudchamber.wire.http import Request
from cloudchamber.wire.routing import route
from cloudchamber.wire.sigv4 import Verifier, authorization_for

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AMZ_DATE = "20261103T101112Z"
ROUNDS = 7
FIRST = """
import time
from cloudchamber.wire.http import Request
from cloudchamber.wire.routing import route
start = time.perf_counter()
route(Request("POST", "/", "", {"x-amz-target": "AmazonSQS.SendMessage"}, b"{}"))
print((time.perf_counter() - start) * 1e6)
"""


def signed(service: str, request: Request) -> Request:
    """The request with a real signature on it."""
    request.headers.setdefault("host", "localhost:4566")
    request.headers["x-amz-date"] = AMZ_DATE
    if service == "s3":
        request.headers["x-amz-content-sha256"] = sha256(request.body).hexdigest()
    request.headers["authorization"] = authorization_for(
        request, access_key="AKIDEXAMPLE", secret=SECRET, region="eu-west-1", service=service
    )
    return request


def form(text: str) -> Request:
    """A query-protocol request."""
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Request("POST", "/", "", headers, text.encode())


def requests() -> dict[str, Request]:
    """One request of each kind, signed."""
    target = {"x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0"}
    rpc = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    rpc_path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    send = form("Action=SendMessage&Version=2012-11-05&MessageBody=hello")
    send.path = "/123456789012/orders"
    bucket = {"host": "bucket.s3.localhost:4566"}
    invoke = "/2015-03-31/functions/name/invocations"
    return {
        "SQS SendMessage (json)": signed("sqs", Request("POST", "/", "", target, b"{}" * 60)),
        "SQS SendMessage (query)": signed("sqs", send),
        "EC2 DescribeVpcs": signed("ec2", form("Action=DescribeVpcs&Version=2016-11-15")),
        "IAM ListRoles": signed("iam", form("Action=ListRoles&Version=2010-05-08")),
        "CloudWatch PutMetricData (cbor)": signed(
            "monitoring", Request("POST", rpc_path, "", rpc, b"")
        ),
        "S3 GetObject, path style": signed("s3", Request("GET", "/bucket/a/key.txt", "", {}, b"")),
        "S3 PutObject, virtual host": signed("s3", Request("PUT", "/a/key", "", bucket, b"x" * 99)),
        "S3 UploadPart": signed(
            "s3", Request("PUT", "/bucket/a/key", "partNumber=3&uploadId=abc", {}, b"x" * 99)
        ),
        "Lambda Invoke": signed("lambda", Request("POST", invoke, "", {}, b"{}")),
    }


def microseconds(call: Callable[[], object], times: int = 3000) -> float:
    """The best round's time per call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, time.perf_counter() - start)
    return best / times * 1e6


def main() -> None:
    """Prints one line per kind of request."""
    first = subprocess.run(
        [sys.executable, "-c", FIRST], check=True, capture_output=True, text=True
    ).stdout
    print(f"{'first route of a fresh process':34s} {float(first):9.0f} µs")
    verifier = Verifier()
    print(f"{'':34s} {'route':>9s} {'credential':>11s} {'verify':>9s}   (µs)")
    for name, request in requests().items():
        credential = parse_credential(request)
        assert credential is not None
        routed = microseconds(partial(route, request))
        parsed = microseconds(partial(parse_credential, request))
        checked = microseconds(partial(verifier.verify, request, credential, SECRET))
        print(f"{name:34s} {routed:9.2f} {parsed:11.2f} {checked:9.2f}")


if __name__ == "__main__":
    main()
