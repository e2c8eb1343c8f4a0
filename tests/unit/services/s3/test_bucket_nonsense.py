"""Nonsense at a bucket's edges and in its configurations is answered, never a crash.

Rules of this file: everything is drawn from a seed, so a failure comes again.
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from traceback import extract_tb
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from cloudchamber import Chamber
from cloudchamber.wire.http import Request

BOX = "box"
OPERATIONS = (
    "PutBucketAccelerateConfiguration", "PutBucketAcl", "PutBucketAnalyticsConfiguration",
    "PutBucketCors", "PutBucketEncryption", "PutBucketIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration", "PutBucketLifecycleConfiguration", "PutBucketLogging",
    "PutBucketMetricsConfiguration", "PutBucketNotificationConfiguration",
    "PutBucketOwnershipControls", "PutBucketReplication", "PutBucketRequestPayment",
    "PutBucketTagging", "PutBucketWebsite", "PutPublicAccessBlock", "PutObjectAcl",
    "SelectObjectContent",
)  # fmt: skip
TEXTS = (
    "", "a", BOX, "Enabled", "Disabled", "*", "arn:aws:s3:::other", "GLACIER", "GET", "Daily",
    "arn:aws:sqs:us-east-1:000000000000:q", "s3:ObjectCreated:*", "private", "Current",
    "arn:aws:iam::000000000000:role/r", "prefix", "301", "CSV", "SELECT * FROM S3Object", "SQL",
)  # fmt: skip
HOSTS = (
    f"{BOX}.s3-website-us-east-1.amazonaws.com", "localhost", f"{BOX}.s3.localhost",
    ".s3-website.localhost", "x..s3-website.localhost", "s3-website.localhost",
)  # fmt: skip
POLICIES = (
    b"", b"[]", b"{}", b'{"expiration": "x"}', b'{"expiration": "2099-01-01T00:00:00Z"}',
    b'{"expiration": "2099-01-01T00:00:00Z", "conditions": [1, [], {}, ["eq", 1, 2]]}',
    b'{"expiration": "2099-01-01T00:00:00Z", "conditions": [["content-length-range", "a", []]]}',
    b'{"expiration": "2099-01-01T00:00:00Z", "conditions": [["starts-with", "$key", null]]}',
)  # fmt: skip


@pytest.fixture(scope="module")
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        s3 = opened.client("s3")
        for name in (BOX, "other"):
            s3.create_bucket(Bucket=name)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=BOX, Key="k", Body=b"a,b\n1,2\n")
        opened.client("sqs").create_queue(QueueName="q")
        yield opened


def drawn(shape: Any, chance: random.Random, depth: int = 0) -> Any:
    """A value of a shape, with members left out."""
    if shape.type_name == "structure":
        return {
            name: drawn(member, chance, depth + 1)
            for name, member in shape.members.items()
            if chance.random() < (0.9 if depth == 0 else 0.6)
        }
    if shape.type_name == "list":
        return [drawn(shape.member, chance, depth + 1) for _ in range(chance.randint(0, 2))]
    if shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        return chance.choice(enum if enum and chance.random() < 0.8 else TEXTS)
    if shape.type_name == "boolean":
        return chance.random() < 0.5
    if shape.type_name == "timestamp":
        return chance.choice((0, 1_800_000_000, 1_799_971_200))
    if shape.type_name == "blob":
        return b"x"
    return chance.choice((-1, 0, 1, 30, 90, 365, 2**31 - 1))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_configuration_is_taken_or_refused(chamber: Chamber, operation: str) -> None:
    s3 = chamber.client("s3", config=Config(parameter_validation=False))
    shape = s3.meta.service_model.operation_model(operation).input_shape
    chance = random.Random(operation)
    answers = set()
    for _ in range(60):
        request = drawn(shape, chance)
        request |= {"Bucket": BOX, **({"Key": "k"} if "Key" in shape.members else {})}
        request.pop("ExpectedBucketOwner", None)
        request.pop("ContentMD5", None)
        request.pop("ChecksumAlgorithm", None)
        try:
            s3._make_api_call(operation, request)
            answers.add("ok")
        except ClientError as error:
            answers.add(error.response["Error"]["Code"])
        except (ParamValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
            if _was_sent(error):
                raise  # what the client itself cannot write is no matter of ours
    assert "InternalError" not in answers
    chamber.advance("2d")  # what was taken is carried out


def _was_sent(error: Exception) -> bool:
    files = [frame.filename for frame in extract_tb(error.__traceback__)]
    return any("/services/" in name for name in files)


def _field(name: str, value: bytes) -> bytes:
    return b'--a\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (
        name.encode(),
        value,
    )


def _body(chance: random.Random) -> bytes:
    fields = [_field("key", b"k")]
    if chance.random() < 0.7:
        credential = b"000000000000/20260101/us-east-1/s3/aws4_request"
        fields += [
            _field("policy", b64encode(chance.choice(POLICIES))),
            _field("x-amz-algorithm", chance.choice((b"AWS4-HMAC-SHA256", b"x"))),
            _field("x-amz-credential", chance.choice((credential, b"x"))),
            _field("x-amz-date", b"x"),
            _field("x-amz-signature", b"x"),
        ]
    whole = b"".join(fields) + _field("file", b"x") + b"--a--"
    return chance.choice((b"", b"--a", b"--a\r\n\r\n", whole, whole, whole, whole[:-20]))


def test_any_request_of_a_browser_is_answered(chamber: Chamber) -> None:
    s3 = chamber.client("s3")
    s3.put_bucket_website(Bucket=BOX, WebsiteConfiguration={"IndexDocument": {"Suffix": "i"}})
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket=BOX, CORSConfiguration={"CORSRules": [rule]})
    chance = random.Random(1)
    kinds = ("multipart/form-data; boundary=a", "multipart/form-data", "text/xml")
    statuses = set()
    for _ in range(600):
        headers = {"host": chance.choice(HOSTS), "content-type": chance.choice(kinds)}
        if chance.random() < 0.5:
            headers["origin"] = chance.choice(("null", "http://a", "", "x y"))
        if chance.random() < 0.5:
            headers["access-control-request-method"] = chance.choice(("GET", "", "X"))
        if chance.random() < 0.3:
            headers["range"] = chance.choice(("bytes=0-", "x", "bytes=-0"))
        method = chance.choice(("GET", "HEAD", "POST", "POST", "OPTIONS", "PUT"))
        path = chance.choice(("/", f"/{BOX}", f"/{BOX}/k", "//", "/%zz", f"/{BOX}/%00", "/../x"))
        query = chance.choice(("", "cors", "acl", "website"))
        request = Request(method, path, query, headers, _body(chance))
        statuses.add(chamber.host.handle(request).status)
    assert statuses >= {200, 204, 400, 403, 404}
    assert not [status for status in statuses if status >= 500]
