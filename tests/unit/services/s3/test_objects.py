"""Objects: bytes and headers go in and come back; ranges and conditions as HTTP has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber import Chamber
from cloudchamber.services.s3.nouns import CURRENT
from cloudchamber.wire.http import Request
from tests.unit.services.s3.answers import code_of, refusal


def body_of(s3: Any, bucket: str, key: str, **more: Any) -> bytes:
    data: bytes = s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()
    return data


def test_what_is_put_comes_back_with_all_that_was_said(s3: Any, box: str) -> None:
    put = s3.put_object(
        Bucket=box, Key="k", Body=b"hello", ContentType="text/plain", CacheControl="no-cache",
        ContentDisposition="inline", ContentEncoding="gzip", ContentLanguage="en",
        Expires=datetime(2030, 1, 1, tzinfo=UTC), Metadata={"Colour": "blue"},
        StorageClass="STANDARD_IA", WebsiteRedirectLocation="/other", Tagging="a=1&b=2",
    )  # fmt: skip
    assert put["ETag"] == f'"{md5(b"hello").hexdigest()}"'
    assert put["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=box, Key="k")
    assert got["Body"].read() == b"hello"
    assert got["Metadata"] == {"colour": "blue"}
    assert (got["ContentType"], got["CacheControl"]) == ("text/plain", "no-cache")
    assert (got["ContentEncoding"], got["ContentLanguage"]) == ("gzip", "en")
    assert got["ContentDisposition"] == "inline"
    assert (got["StorageClass"], got["TagCount"]) == ("STANDARD_IA", 2)
    assert got["WebsiteRedirectLocation"] == "/other"
    assert got["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert "VersionId" not in got
    head = s3.head_object(Bucket=box, Key="k")
    assert (head["ContentLength"], head["ETag"]) == (5, put["ETag"])


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 300_000])
def test_bodies_of_every_size(s3: Any, box: str, size: int) -> None:
    data = bytes(i * 7 % 251 for i in range(size))
    put = s3.put_object(Bucket=box, Key="k", Body=data)
    assert put["ETag"] == f'"{md5(data).hexdigest()}"'
    assert body_of(s3, box, "k") == data
    if size > 3:
        assert body_of(s3, box, "k", Range=f"bytes={size // 3}-{size - 2}") == data[size // 3 : -1]


KEYS = ["..", "../../etc/passwd", "/", "//a//", "a/../b", "ünïcødé/日本", " lead", "trail ",
        "a+b c", "%2e%2e", "100%", "\x01ctl", "a\x00b", "💩", "?q#f&g=h", "a\\b",
        "x" * 1024]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_may_be_anything(s3: Any, box: str, key: str) -> None:
    s3.put_object(Bucket=box, Key=key, Body=key.encode())
    assert body_of(s3, box, key) == key.encode()
    assert s3.head_object(Bucket=box, Key=key)["ContentLength"] == len(key.encode())
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=box)["Contents"]]
    assert listed == [key]
    copied = s3.copy_object(Bucket=box, Key="copy", CopySource={"Bucket": box, "Key": key})
    assert copied["CopyObjectResult"]["ETag"] == f'"{md5(key.encode()).hexdigest()}"'
    s3.delete_object(Bucket=box, Key=key)
    assert code_of(s3.get_object, Bucket=box, Key=key) == "NoSuchKey"


def test_a_key_of_more_than_1024_bytes(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="é" * 512)
    assert code_of(s3.put_object, Bucket=box, Key="é" * 513) == "KeyTooLongError"


def test_what_is_not_there(s3: Any, box: str) -> None:
    assert refusal(s3.get_object, Bucket=box, Key="k") == (
        "NoSuchKey",
        "The specified key does not exist.",
    )
    assert code_of(s3.head_object, Bucket=box, Key="k") == "404"
    assert code_of(s3.get_object, Bucket="nowhere", Key="k") == "NoSuchBucket"
    assert code_of(s3.get_object, Bucket=box, Key="k", VersionId="x" * 32) == "NoSuchVersion"
    assert code_of(s3.get_object, Bucket=box, Key="k", VersionId="no way") == "InvalidArgument"


RANGES = {
    "bytes=0-3": (b"0123", "bytes 0-3/10"),
    "bytes=5-": (b"56789", "bytes 5-9/10"),
    "bytes=-3": (b"789", "bytes 7-9/10"),
    "bytes=-99": (b"0123456789", "bytes 0-9/10"),
    "bytes=8-99": (b"89", "bytes 8-9/10"),
}


@pytest.mark.parametrize("header", RANGES)
def test_a_range_of_bytes(s3: Any, box: str, header: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=box, Key="k", Range=header)
    assert (got["Body"].read(), got["ContentRange"]) == RANGES[header]
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentLength"] == len(RANGES[header][0])
    head = s3.head_object(Bucket=box, Key="k", Range=header)
    assert head["ContentLength"] == len(RANGES[header][0])


def test_ranges_that_are_not_there_or_are_none(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"0123456789")
    for header in ("bytes=10-", "bytes=10-12", "bytes=-0"):
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=box, Key="k", Range=header)
        assert caught.value.response["Error"]["Code"] == "InvalidRange"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416
    for header in ("bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-"):
        got = s3.get_object(Bucket=box, Key="k", Range=header)
        assert got["Body"].read() == b"0123456789"
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 200


def _holds(s3: Any, box: str, **conditions: Any) -> int:
    try:
        got = s3.get_object(Bucket=box, Key="k", **conditions)
    except ClientError as error:
        status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status
    got["Body"].read()
    status = got["ResponseMetadata"]["HTTPStatusCode"]
    return status


def test_conditions_of_reads_and_their_precedence(s3: Any, box: str) -> None:
    etag = s3.put_object(Bucket=box, Key="k", Body=b"x")["ETag"]
    now = s3.head_object(Bucket=box, Key="k")["LastModified"]
    before, after = now - timedelta(hours=1), now + timedelta(hours=1)
    assert _holds(s3, box, IfMatch=etag) == 200
    assert _holds(s3, box, IfMatch='"other"') == 412
    assert _holds(s3, box, IfMatch="*") == 200
    assert _holds(s3, box, IfNoneMatch=etag) == 304
    assert _holds(s3, box, IfNoneMatch='"other"') == 200
    assert _holds(s3, box, IfNoneMatch=f'"other", {etag}') == 304
    assert _holds(s3, box, IfModifiedSince=before) == 200
    assert _holds(s3, box, IfModifiedSince=now) == 304
    assert _holds(s3, box, IfUnmodifiedSince=before) == 412
    assert _holds(s3, box, IfUnmodifiedSince=now) == 200
    # An entity tag that matches goes before a date that does not, and the other way round.
    assert _holds(s3, box, IfMatch=etag, IfUnmodifiedSince=before) == 200
    assert _holds(s3, box, IfNoneMatch=etag, IfModifiedSince=before) == 304
    assert _holds(s3, box, IfNoneMatch='"other"', IfModifiedSince=after) == 200


def test_conditions_of_writes(s3: Any, box: str) -> None:
    assert code_of(s3.put_object, Bucket=box, Key="k", IfMatch='"x"') == "NoSuchKey"
    etag = s3.put_object(Bucket=box, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    taken = code_of(s3.put_object, Bucket=box, Key="k", Body=b"2", IfNoneMatch="*")
    assert taken == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=box, Key="k", IfMatch='"x"') == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=box, Key="k", IfNoneMatch=etag) == "NotImplemented"
    assert body_of(s3, box, "k") == b"1"
    newer = s3.put_object(Bucket=box, Key="k", Body=b"3", IfMatch=etag)["ETag"]
    assert code_of(s3.delete_object, Bucket=box, Key="k", IfMatch=etag) == "PreconditionFailed"
    assert body_of(s3, box, "k") == b"3"
    s3.delete_object(Bucket=box, Key="k", IfMatch=newer)
    assert code_of(s3.get_object, Bucket=box, Key="k") == "NoSuchKey"


def test_an_answer_in_the_words_of_a_signed_request(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x", ContentType="text/plain")
    got = s3.get_object(
        Bucket=box, Key="k", ResponseContentType="text/html", ResponseCacheControl="no-store",
        ResponseContentDisposition="attachment", ResponseExpires=datetime(2031, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    assert (got["ContentType"], got["CacheControl"]) == ("text/html", "no-store")
    assert got["ContentDisposition"] == "attachment"
    assert got["ExpiresString"] == "Wed, 01 Jan 2031 00:00:00 GMT"
    assert s3.head_object(Bucket=box, Key="k")["ContentType"] == "text/plain"


def test_metadata_has_two_kilobytes(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Metadata={"a": "x" * 2047})
    too_much = {"a": "x" * 2048}
    assert code_of(s3.put_object, Bucket=box, Key="k", Metadata=too_much) == "MetadataTooLarge"


def test_properties_that_s3_refuses(s3: Any, box: str) -> None:
    assert code_of(s3.put_object, Bucket=box, Key="k", StorageClass="GOLD") == "InvalidStorageClass"
    location = "elsewhere"
    found = code_of(s3.put_object, Bucket=box, Key="k", WebsiteRedirectLocation=location)
    assert found == "InvalidRedirectLocation"
    assert code_of(s3.put_object, Bucket=box, Key="k", Tagging="a=1&a=2") == "InvalidArgument"
    eleven = "&".join(f"k{i}=v" for i in range(11))
    assert code_of(s3.put_object, Bucket=box, Key="k", Tagging=eleven) == "BadRequest"
    assert code_of(s3.head_object, Bucket=box, Key="k") == "404"


def test_tags_of_objects(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Tagging="b=2&a=1")
    assert s3.get_object_tagging(Bucket=box, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"},
    ]  # fmt: skip
    s3.put_object_tagging(Bucket=box, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(Bucket=box, Key="k")["TagSet"] == [{"Key": "c", "Value": ""}]
    twice = {"TagSet": [{"Key": "c", "Value": "1"}, {"Key": "c", "Value": "2"}]}
    assert code_of(s3.put_object_tagging, Bucket=box, Key="k", Tagging=twice) == "InvalidTag"
    system = {"TagSet": [{"Key": "aws:x", "Value": "1"}]}
    assert code_of(s3.put_object_tagging, Bucket=box, Key="k", Tagging=system) == "InvalidTag"
    s3.delete_object_tagging(Bucket=box, Key="k")
    assert s3.get_object_tagging(Bucket=box, Key="k")["TagSet"] == []


def test_attributes_of_an_object(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"hello")
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    got = s3.get_object_attributes(Bucket=box, Key="k", ObjectAttributes=wanted)
    assert got["ETag"] == md5(b"hello").hexdigest()
    assert (got["ObjectSize"], got["StorageClass"]) == (5, "STANDARD")
    assert got["Checksum"] == {"ChecksumCRC32": "NhCmhg==", "ChecksumType": "FULL_OBJECT"}
    assert "ObjectParts" not in got
    found = code_of(s3.get_object_attributes, Bucket=box, Key="k", ObjectAttributes=["Colour"])
    assert found == "InvalidArgument"


def test_deleting_many(s3: Any, box: str) -> None:
    for key in "abc":
        s3.put_object(Bucket=box, Key=key)
    wanted = {"Objects": [{"Key": key} for key in "abz"]}
    done = s3.delete_objects(Bucket=box, Delete=wanted)
    assert [entry["Key"] for entry in done["Deleted"]] == ["a", "b", "z"]
    quiet = s3.delete_objects(Bucket=box, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert "Contents" not in s3.list_objects_v2(Bucket=box)
    many = {"Objects": [{"Key": str(i)} for i in range(1001)]}
    assert code_of(s3.delete_objects, Bucket=box, Delete=many) == "MalformedXML"


def test_a_wrong_key_in_a_batch_is_an_error_of_its_own(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="a")
    wanted = {"Objects": [{"Key": "a", "VersionId": "not one"}, {"Key": "a", "ETag": '"x"'}]}
    done = s3.delete_objects(Bucket=box, Delete=wanted)
    assert [entry["Code"] for entry in done["Errors"]] == ["InvalidArgument", "PreconditionFailed"]
    s3.head_object(Bucket=box, Key="a")


@given(data=st.binary(max_size=300), first=st.integers(0, 320), last=st.integers(0, 320))
def test_every_range_is_what_python_slices(data: bytes, first: int, last: int) -> None:
    from cloudchamber.cloud.errors import AwsError
    from cloudchamber.services.s3.ranges import find_range

    try:
        found = find_range(f"bytes={first}-{last}", len(data))
    except AwsError:
        assert first >= len(data)
        return
    if found is None:
        assert last < first
    else:
        assert data[slice(*found)] == data[first : last + 1]


def test_no_body_lies_in_the_clear(chamber: Chamber, s3: Any, box: str) -> None:
    secret = b"a very long and quite secret text " * 10
    s3.put_object(Bucket=box, Key="small", Body=secret)
    s3.put_object(Bucket=box, Key="large", Body=secret * 400)
    store = chamber.cloud.store
    assert b"quite secret" not in CURRENT.encode(store.rows(CURRENT, "", ""))
    blobs = chamber.cloud.blobs
    for name in blobs.store.names():
        size = blobs.store.find_length(name) or 0
        assert b"quite secret" not in b"".join(blobs.store.pieces(name, 0, size, 1 << 20))
    assert body_of(s3, box, "large") == secret * 400


def test_bodies_that_nobody_keeps_are_gone(chamber: Chamber, s3: Any, box: str) -> None:
    large = b"x" * 100_000
    s3.put_object(Bucket=box, Key="k", Body=large)
    s3.copy_object(Bucket=box, Key="l", CopySource=f"{box}/k")
    assert len(chamber.cloud.blobs.names()) == 1
    s3.put_object(Bucket=box, Key="k", Body=b"small")
    assert body_of(s3, box, "l") == large
    s3.delete_object(Bucket=box, Key="l")
    assert not chamber.cloud.blobs.names()


def test_an_answer_says_when_its_object_will_expire(s3: Any, box: str) -> None:
    rule = {"ID": "a rule", "Status": "Enabled", "Filter": {"Prefix": "log/"},
            "Expiration": {"Days": 3}}  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=box, LifecycleConfiguration={"Rules": [rule]})
    put = s3.put_object(Bucket=box, Key="log/1", Body=b"x")
    assert put["Expiration"].endswith('GMT", rule-id="a%20rule"')
    assert s3.head_object(Bucket=box, Key="log/1")["Expiration"] == put["Expiration"]
    assert "Expiration" not in s3.put_object(Bucket=box, Key="other", Body=b"x")


def send(chamber: Chamber, method: str, url: str, body: bytes = b"") -> Any:
    parts = urlsplit(url)
    request = Request(method, parts.path, parts.query, {"host": parts.netloc}, body)
    return chamber.cloud.handle(request)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_stands_for_headers(chamber: Chamber, box: str, version: str) -> None:
    s3 = chamber.client("s3", config=Config(signature_version=version))
    wanted = {"Bucket": box, "Key": "a b/ü"}
    url = s3.generate_presigned_url("put_object", Params=wanted)
    told = f"{url}&x-amz-storage-class=STANDARD_IA&x-amz-meta-colour=blue"
    assert send(chamber, "PUT", told, b"hello").status == 200
    head = s3.head_object(**wanted)
    assert (head["StorageClass"], head["Metadata"]) == ("STANDARD_IA", {"colour": "blue"})
    got = send(chamber, "GET", s3.generate_presigned_url("get_object", Params=wanted))
    assert (got.status, got.body) == (200, b"hello")


def test_who_pays_for_a_request(chamber: Chamber, s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    s3.put_bucket_request_payment(Bucket=box, RequestPaymentConfiguration={"Payer": "Requester"})
    other = chamber.client("s3", account="222222222222")
    assert code_of(other.get_object, Bucket=box, Key="k") == "AccessDenied"
    got = other.get_object(Bucket=box, Key="k", RequestPayer="requester")
    assert got["RequestCharged"] == "requester"
    listed = other.list_objects_v2(Bucket=box, RequestPayer="requester")
    assert listed["RequestCharged"] == "requester"
    assert "RequestCharged" not in s3.get_object(Bucket=box, Key="k")
