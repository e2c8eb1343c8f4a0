"""Copies, checksums, encryption, archives and annotations: what comes with bytes."""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import md5, sha1, sha256
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.checksums import checksum
from tests.unit.services.s3.answers import code_of, refusal

KEY = bytes(range(32))
CUSTOMER: dict[str, Any] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
SOURCE: dict[str, Any] = {
    "CopySourceSSECustomerAlgorithm": "AES256",
    "CopySourceSSECustomerKey": KEY,
}


def text(s3: Any, bucket: str, key: str = "k", **more: Any) -> bytes:
    data: bytes = s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()
    return data


def test_a_copy_keeps_or_replaces_what_was_said(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x", Metadata={"a": "1"}, Tagging="t=1",
                  ContentType="text/plain", StorageClass="STANDARD_IA")  # fmt: skip
    source = {"Bucket": box, "Key": "k"}
    s3.copy_object(Bucket=box, Key="kept", CopySource=source)
    kept = s3.head_object(Bucket=box, Key="kept")
    assert (kept["Metadata"], kept["ContentType"]) == ({"a": "1"}, "text/plain")
    assert "StorageClass" not in kept
    assert s3.get_object_tagging(Bucket=box, Key="kept")["TagSet"][0]["Value"] == "1"
    s3.copy_object(Bucket=box, Key="new", CopySource=source, MetadataDirective="REPLACE",
                   Metadata={"b": "2"}, TaggingDirective="REPLACE", Tagging="u=2")  # fmt: skip
    new = s3.head_object(Bucket=box, Key="new")
    assert (new["Metadata"], new["ContentType"]) == ({"b": "2"}, "binary/octet-stream")
    assert s3.get_object_tagging(Bucket=box, Key="new")["TagSet"][0]["Key"] == "u"
    assert text(s3, box, "new") == b"x"


def test_a_copy_onto_itself_has_to_change_something(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    same = {"Bucket": box, "Key": "k", "CopySource": f"{box}/k"}
    code, message = refusal(s3.copy_object, **same)
    assert (code, "copy an object to itself" in message) == ("InvalidRequest", True)
    s3.copy_object(StorageClass="GLACIER_IR", **same)
    assert s3.head_object(Bucket=box, Key="k")["StorageClass"] == "GLACIER_IR"
    s3.copy_object(MetadataDirective="REPLACE", Metadata={"a": "1"}, **same)
    assert s3.head_object(Bucket=box, Key="k")["Metadata"] == {"a": "1"}


def test_conditions_on_the_source_of_a_copy(s3: Any, box: str) -> None:
    etag = s3.put_object(Bucket=box, Key="k", Body=b"x")["ETag"]
    known = {"Bucket": box, "Key": "l", "CopySource": f"{box}/k"}
    assert code_of(s3.copy_object, CopySourceIfMatch='"no"', **known) == "PreconditionFailed"
    assert code_of(s3.copy_object, CopySourceIfNoneMatch=etag, **known) == "PreconditionFailed"
    assert code_of(s3.copy_object, IfMatch='"no"', **known) == "NoSuchKey"
    s3.copy_object(CopySourceIfMatch=etag, **known)
    assert code_of(s3.copy_object, IfNoneMatch="*", **known) == "PreconditionFailed"


def test_sources_that_are_not_there(s3: Any, box: str) -> None:
    known = {"Bucket": box, "Key": "k"}
    assert code_of(s3.copy_object, CopySource=f"{box}/none", **known) == "NoSuchKey"
    assert code_of(s3.copy_object, CopySource="nowhere/k", **known) == "NoSuchBucket"
    assert code_of(s3.copy_object, CopySource="nokey", **known) == "InvalidArgument"


def test_a_copy_of_an_uploaded_object_has_an_md5(s3: Any, box: str) -> None:
    upload = s3.create_multipart_upload(Bucket=box, Key="k")["UploadId"]
    known = {"Bucket": box, "Key": "k", "UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=b"hello", **known)
    s3.complete_multipart_upload(
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **known
    )
    done = s3.copy_object(Bucket=box, Key="copy", CopySource=f"{box}/k")["CopyObjectResult"]
    assert done["ETag"] == f'"{md5(b"hello").hexdigest()}"'


# Checksums


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_is_held_against_the_bytes(s3: Any, box: str, algorithm: str, size: int) -> None:
    data = os.urandom(size)
    right = checksum(algorithm, data)
    member = {f"Checksum{algorithm}": right}
    put = s3.put_object(Bucket=box, Key="k", Body=data, **member)
    assert put[f"Checksum{algorithm}"] == right
    head = s3.head_object(Bucket=box, Key="k", ChecksumMode="ENABLED")
    assert (head[f"Checksum{algorithm}"], head["ChecksumType"]) == (right, "FULL_OBJECT")
    wrong = {f"Checksum{algorithm}": checksum(algorithm, b"other")}
    assert code_of(s3.put_object, Bucket=box, Key="k", Body=data, **wrong) == "BadDigest"
    broken = {f"Checksum{algorithm}": "AAA"}
    assert code_of(s3.put_object, Bucket=box, Key="k", Body=data, **broken) == "InvalidRequest"


def test_known_checksums() -> None:
    assert checksum("CRC64NVME", b"123456789") == b64encode(
        (0xAE8B14860A799888).to_bytes(8, "big")
    ).decode()  # fmt: skip
    assert checksum("CRC32C", b"123456789") == b64encode(bytes.fromhex("e3069283")).decode()
    assert checksum("SHA1", b"x") == b64encode(sha1(b"x").digest()).decode()
    assert checksum("SHA256", b"x") == b64encode(sha256(b"x").digest()).decode()


def test_a_content_md5(s3: Any, box: str) -> None:
    right = b64encode(md5(b"x").digest()).decode()
    s3.put_object(Bucket=box, Key="k", Body=b"x", ContentMD5=right)
    assert code_of(s3.put_object, Bucket=box, Key="k", Body=b"y", ContentMD5=right) == "BadDigest"
    assert code_of(s3.put_object, Bucket=box, Key="k", ContentMD5="short") == "InvalidDigest"
    assert text(s3, box) == b"x"


def test_a_document_is_held_against_its_md5(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    wrong = b64encode(md5(b"other").digest()).decode()
    tags = {"TagSet": [{"Key": "a", "Value": "1"}]}
    known = {"Bucket": box, "Key": "k", "Tagging": tags}
    assert code_of(s3.put_object_tagging, ContentMD5=wrong, **known) == "BadDigest"
    assert code_of(s3.put_object_tagging, ContentMD5="short", **known) == "InvalidDigest"
    assert s3.get_object_tagging(Bucket=box, Key="k")["TagSet"] == []


def test_a_copy_gets_another_checksum_when_asked(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    done = s3.copy_object(Bucket=box, Key="l", CopySource=f"{box}/k", ChecksumAlgorithm="SHA256")
    assert done["CopyObjectResult"]["ChecksumSHA256"] == checksum("SHA256", b"x")


# Encryption


@pytest.mark.parametrize("size", [5, 100_000])
def test_a_customers_key_opens_what_it_sealed(s3: Any, box: str, size: int) -> None:
    data = os.urandom(size)
    put = s3.put_object(Bucket=box, Key="k", Body=data, **CUSTOMER)
    assert put["SSECustomerKeyMD5"] == b64encode(md5(KEY).digest()).decode()
    assert put["ETag"] != f'"{md5(data).hexdigest()}"'
    assert text(s3, box, **CUSTOMER) == data
    assert text(s3, box, Range="bytes=2-4", **CUSTOMER) == data[2:5]
    assert code_of(s3.get_object, Bucket=box, Key="k") == "InvalidRequest"
    assert code_of(s3.head_object, Bucket=box, Key="k") == "400"
    other = {**CUSTOMER, "SSECustomerKey": bytes(32)}
    assert code_of(s3.get_object, Bucket=box, Key="k", **other) == "AccessDenied"
    short = {**CUSTOMER, "SSECustomerKey": bytes(16)}
    assert code_of(s3.put_object, Bucket=box, Key="k", Body=b"", **short) == "InvalidArgument"
    s3.copy_object(Bucket=box, Key="plain", CopySource=f"{box}/k", **SOURCE)
    assert text(s3, box, "plain") == data
    assert code_of(s3.get_object, Bucket=box, Key="plain", **CUSTOMER) == "InvalidRequest"


def test_a_customers_key_over_parts(s3: Any, box: str) -> None:
    upload = s3.create_multipart_upload(Bucket=box, Key="k", **CUSTOMER)["UploadId"]
    known = {"Bucket": box, "Key": "k", "UploadId": upload}
    assert code_of(s3.upload_part, PartNumber=1, Body=b"x", **known) == "InvalidRequest"
    data = os.urandom(200_000)
    part = s3.upload_part(PartNumber=1, Body=data, **known, **CUSTOMER)
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(MultipartUpload=listed, **known)
    assert text(s3, box, **CUSTOMER) == data


def test_encryption_that_s3_does_not_know(s3: Any, box: str) -> None:
    known = {"Bucket": box, "Key": "k"}
    assert code_of(s3.put_object, ServerSideEncryption="rot13", **known) == "InvalidArgument"
    assert code_of(s3.put_object, SSEKMSKeyId="x", **known) == "InvalidArgument"


@pytest.mark.parametrize("size", [5, 100_000])
def test_a_kms_key_seals_and_a_disabled_one_does_not(chamber: Chamber, size: int) -> None:
    s3, kms = chamber.client("s3"), chamber.client("kms")
    s3.create_bucket(Bucket="box")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    data = os.urandom(size)
    put = s3.put_object(Bucket="box", Key="k", Body=data, **how)
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)
    assert put["ETag"] != f'"{md5(data).hexdigest()}"'
    assert text(s3, "box") == data
    s3.put_object(Bucket="box", Key="default", Body=data, ServerSideEncryption="aws:kms")
    s3.copy_object(Bucket="box", Key="plain", CopySource="box/k")
    kms.disable_key(KeyId=key)
    assert code_of(s3.get_object, Bucket="box", Key="k") == "KMS.DisabledException"
    assert code_of(s3.put_object, Bucket="box", Key="l", **how) == "KMS.DisabledException"
    assert s3.head_object(Bucket="box", Key="k")["ContentLength"] == size
    assert text(s3, "box", "plain") == text(s3, "box", "default") == data
    other = kms.create_key()["KeyMetadata"]["Arn"]
    s3.update_object_encryption(
        Bucket="box", Key="plain", ObjectEncryption={"SSEKMS": {"KMSKeyArn": other}}
    )
    assert s3.head_object(Bucket="box", Key="plain")["SSEKMSKeyId"] == other
    assert text(s3, "box", "plain") == data


# Archives


def test_an_archived_object_is_restored_on_the_clock() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        s3 = chamber.client("s3")
        s3.create_bucket(Bucket="box")
        s3.put_object(Bucket="box", Key="k", Body=b"x", StorageClass="GLACIER")
        assert code_of(s3.get_object, Bucket="box", Key="k") == "InvalidObjectState"
        copied = code_of(s3.copy_object, Bucket="box", Key="l", CopySource="box/k")
        assert copied == "ObjectNotInActiveTierError"
        wanted = {"Days": 2, "GlacierJobParameters": {"Tier": "Standard"}}
        begun = s3.restore_object(Bucket="box", Key="k", RestoreRequest=wanted)
        assert begun["ResponseMetadata"]["HTTPStatusCode"] == 202
        again = code_of(s3.restore_object, Bucket="box", Key="k", RestoreRequest=wanted)
        assert again == "RestoreAlreadyInProgress"
        assert s3.head_object(Bucket="box", Key="k")["Restore"] == 'ongoing-request="true"'
        chamber.control.move_clock({"advance": "6h"})
        assert text(s3, "box") == b"x"
        assert 'ongoing-request="false"' in s3.head_object(Bucket="box", Key="k")["Restore"]
        longer = s3.restore_object(Bucket="box", Key="k", RestoreRequest={"Days": 9})
        assert longer["ResponseMetadata"]["HTTPStatusCode"] == 200
        chamber.control.move_clock({"advance": "72h"})
        assert text(s3, "box") == b"x"
        chamber.control.move_clock({"advance": "240h"})
        assert code_of(s3.get_object, Bucket="box", Key="k") == "InvalidObjectState"
        assert "Restore" not in s3.head_object(Bucket="box", Key="k")
        s3.put_object(Bucket="box", Key="warm", Body=b"x")
        warm = code_of(s3.restore_object, Bucket="box", Key="warm", RestoreRequest=wanted)
        assert warm == "InvalidObjectState"


# Annotations


def test_annotations_come_and_go(chamber: Chamber, s3: Any, shelf: str) -> None:
    version = s3.put_object(Bucket=shelf, Key="k", Body=b"x")["VersionId"]
    known = {"Bucket": shelf, "Key": "k"}
    large = "é" * 50_000
    s3.put_object_annotation(AnnotationName="b", AnnotationPayload=large.encode(), **known)
    s3.put_object_annotation(AnnotationName="a", AnnotationPayload=b"small", **known)
    listed = s3.list_object_annotations(**known)
    assert [each["AnnotationName"] for each in listed["Annotations"]] == ["a", "b"]
    assert listed["ObjectVersionId"] == version
    got = s3.get_object_annotation(AnnotationName="b", **known)
    assert got["AnnotationPayload"].read().decode() == large
    s3.copy_object(Bucket=shelf, Key="l", CopySource=f"{shelf}/k")
    s3.delete_object(Bucket=shelf, Key="k", VersionId=version)
    copied = s3.get_object_annotation(Bucket=shelf, Key="l", AnnotationName="b")
    assert copied["AnnotationPayload"].read().decode() == large
    s3.delete_object_annotation(Bucket=shelf, Key="l", AnnotationName="b")
    gone = code_of(s3.get_object_annotation, Bucket=shelf, Key="l", AnnotationName="b")
    assert gone == "NoSuchAnnotation"
    assert not chamber.cloud.blobs.names()


def test_annotations_that_s3_refuses(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    known = {"Bucket": box, "Key": "k"}
    binary = code_of(
        s3.put_object_annotation, AnnotationName="a", AnnotationPayload=b"\xff", **known
    )
    assert binary == "UnsupportedMediaType"
    long = code_of(
        s3.put_object_annotation, AnnotationName="a" * 513, AnnotationPayload=b"x", **known
    )
    assert long == "AnnotationNameTooLong"
    empty = code_of(s3.put_object_annotation, AnnotationName="a", AnnotationPayload=b"", **known)
    assert empty == "InvalidRequest"


# Worlds


def test_a_world_keeps_its_objects(chamber: Chamber, s3: Any, shelf: str) -> None:
    large = os.urandom(100_000)
    first = s3.put_object(Bucket=shelf, Key="k", Body=large)["VersionId"]
    s3.put_object(Bucket=shelf, Key="k", Body=b"small", Metadata={"a": "1"})
    s3.delete_object(Bucket=shelf, Key="k")
    upload = s3.create_multipart_upload(Bucket=shelf, Key="m")["UploadId"]
    s3.upload_part(Bucket=shelf, Key="m", UploadId=upload, PartNumber=1, Body=b"part")
    before = s3.list_object_versions(Bucket=shelf)
    data = snapshots.save(chamber.cloud)
    s3.delete_object(Bucket=shelf, Key="k", VersionId=first)
    snapshots.load(chamber.cloud, data)
    after = s3.list_object_versions(Bucket=shelf)
    for member in ("Versions", "DeleteMarkers"):
        assert after[member] == before[member]
    assert s3.get_object(Bucket=shelf, Key="k", VersionId=first)["Body"].read() == large
    (part,) = s3.list_parts(Bucket=shelf, Key="m", UploadId=upload)["Parts"]
    assert part["Size"] == 4


def test_a_missing_key_is_hidden_from_who_may_not_list() -> None:
    with Chamber(seed=1, iam="enforce") as chamber:
        s3, iam = chamber.client("s3"), chamber.client("iam")
        s3.create_bucket(Bucket="box")
        s3.put_object(Bucket="box", Key="k", Body=b"x")
        iam.create_user(UserName="ann")
        keys = iam.create_access_key(UserName="ann")["AccessKey"]
        statement = (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",'
            '"Resource":"arn:aws:s3:::box/*"}%s]}'
        )
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=statement % "")
        given = {"AccessKeyId": keys["AccessKeyId"], "SecretAccessKey": keys["SecretAccessKey"]}
        ann = chamber.client("s3", credentials=given)
        assert ann.get_object(Bucket="box", Key="k")["Body"].read() == b"x"
        assert code_of(ann.get_object, Bucket="box", Key="none") == "AccessDenied"
        assert code_of(ann.put_object, Bucket="box", Key="k") == "AccessDenied"
        assert code_of(ann.get_object, Bucket="box", Key="k", VersionId="null") == "AccessDenied"
        batch = {"Objects": [{"Key": "k"}]}
        done = ann.delete_objects(Bucket="box", Delete=batch)
        assert done["Errors"][0]["Code"] == "AccessDenied"
        listing = (
            ',{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::box",'
            '"Condition":{"StringLike":{"s3:prefix":["mine/*"]}}}'
        )
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=statement % listing)
        ann.list_objects_v2(Bucket="box", Prefix="mine/")
        assert code_of(ann.list_objects_v2, Bucket="box") == "AccessDenied"
        whole = ',{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::box"}'
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=statement % whole)
        assert code_of(ann.get_object, Bucket="box", Key="none") == "NoSuchKey"
