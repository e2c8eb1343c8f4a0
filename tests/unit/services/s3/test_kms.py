"""Objects under keys of KMS: who may use the key decides, and what it was told is told again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

KMS = {"ServerSideEncryption": "aws:kms"}


class Scene:
    """A bucket, a key, and a user who may do everything in S3 and nothing in KMS."""

    def __init__(self, chamber: Chamber) -> None:
        self.s3, self.kms = chamber.client("s3"), chamber.client("kms")
        self.s3.create_bucket(Bucket="box")
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.under_key = {**KMS, "SSEKMSKeyId": self.key}
        iam = chamber.client("iam")
        iam.create_user(UserName="ann")
        made = iam.create_access_key(UserName="ann")["AccessKey"]
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
        self.ann = chamber.client("s3", credentials=made)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, iam="enforce") as chamber:
        yield Scene(chamber)


def text(s3: Any, key: str, **more: Any) -> bytes:
    data: bytes = s3.get_object(Bucket="box", Key=key, **more)["Body"].read()
    return data


def test_who_may_not_use_the_key_may_not_have_the_object(scene: Scene) -> None:
    scene.s3.put_object(Bucket="box", Key="k", Body=b"x", **scene.under_key)
    code, message = refusal(scene.ann.get_object, Bucket="box", Key="k")
    assert (code, "kms:Decrypt" in message) == ("AccessDenied", True)
    code, message = refusal(scene.ann.put_object, Bucket="box", Key="l", **scene.under_key)
    assert (code, "kms:GenerateDataKey" in message) == ("AccessDenied", True)
    assert scene.ann.head_object(Bucket="box", Key="k")["ContentLength"] == 1


def test_the_key_that_aws_manages_lets_everybody_in_who_may_use_s3(scene: Scene) -> None:
    put = scene.ann.put_object(Bucket="box", Key="k", Body=b"x", **KMS)
    assert put["SSEKMSKeyId"].startswith("arn:aws:kms:")
    assert text(scene.ann, "k") == b"x"


def test_a_context_goes_to_kms_and_back(scene: Scene) -> None:
    context = base64.b64encode(b'{"a":"b"}').decode()
    put = scene.s3.put_object(
        Bucket="box", Key="k", Body=b"x", SSEKMSEncryptionContext=context,
        **{**scene.under_key, "ServerSideEncryption": "aws:kms:dsse"},
    )  # fmt: skip
    assert put["ServerSideEncryption"] == "aws:kms:dsse"
    assert put["SSEKMSEncryptionContext"] == context
    assert text(scene.s3, "k") == b"x"
    wrong = {"Bucket": "box", "Key": "l", "SSEKMSEncryptionContext": "bm8=", **scene.under_key}
    assert code_of(scene.s3.put_object, **wrong) == "InvalidArgument"


def test_a_key_that_is_not_there(scene: Scene) -> None:
    known = {"Bucket": "box", "Key": "k", **KMS, "SSEKMSKeyId": "alias/none"}
    assert code_of(scene.s3.put_object, **known) == "KMS.NotFoundException"


def test_the_default_of_a_bucket_holds_for_uploads_too(scene: Scene) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": scene.key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    scene.s3.put_bucket_encryption(
        Bucket="box", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    put = scene.s3.put_object(Bucket="box", Key="k", Body=b"x")
    assert (put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (scene.key, True)
    known = {"Bucket": "box", "Key": "m"}
    begun = scene.s3.create_multipart_upload(**known)
    assert begun["ServerSideEncryption"] == "aws:kms"
    known["UploadId"] = begun["UploadId"]
    part = scene.s3.upload_part(PartNumber=1, Body=b"0123456789" * 9_000, **known)
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    scene.s3.complete_multipart_upload(MultipartUpload=listed, **known)
    assert text(scene.s3, "m", Range="bytes=80005-80009") == b"56789"
    plain = scene.s3.put_object(Bucket="box", Key="p", Body=b"x", ServerSideEncryption="AES256")
    assert plain["ServerSideEncryption"] == "AES256"
