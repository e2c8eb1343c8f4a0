"""Multipart uploads: parts become an object, and what S3 refuses on the way."""

from __future__ import annotations

import io
from base64 import b64encode
from hashlib import md5, sha256
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from boto3.s3.transfer import TransferConfig

from cloudchamber import Chamber
from cloudchamber.cloud.checksums import checksum
from tests.unit.services.s3.answers import code_of, refusal

MIB = 1 << 20


def pattern(size: int, seed: int = 1) -> bytes:
    block = bytes((i * seed * 31 + seed) % 256 for i in range(4096))
    return (block * (size // 4096 + 1))[:size]


class Upload:
    """An upload under way, and what its parts answered."""

    def __init__(self, s3: Any, bucket: str, key: str = "k", **how: Any) -> None:
        self.s3 = s3
        begun = s3.create_multipart_upload(Bucket=bucket, Key=key, **how)
        self.known = {"Bucket": bucket, "Key": key, "UploadId": begun["UploadId"]}
        self.parts: list[dict[str, Any]] = []

    def part(self, number: int, data: bytes, **more: Any) -> dict[str, Any]:
        done = self.s3.upload_part(PartNumber=number, Body=data, **self.known, **more)
        named = {k: v for k, v in done.items() if k == "ETag" or k.startswith("ChecksumC")}
        entry = {"PartNumber": number, **named}
        self.parts.append(entry)
        return entry

    def complete(self, parts: list[dict[str, Any]] | None = None, **more: Any) -> Any:
        listed = {"Parts": self.parts if parts is None else parts}
        return self.s3.complete_multipart_upload(MultipartUpload=listed, **self.known, **more)


def test_parts_become_an_object(s3: Any, box: str) -> None:
    one, two, three = pattern(5 * MIB), pattern(5 * MIB, 2), pattern(100, 3)
    upload = Upload(s3, box, ContentType="text/plain", Metadata={"a": "b"})
    for number, data in ((1, one), (3, three), (2, two)):
        upload.part(number, data)
    assert "Contents" not in s3.list_objects_v2(Bucket=box)
    upload.parts.sort(key=lambda part: part["PartNumber"])
    done = upload.complete()
    tags = b"".join(md5(data).digest() for data in (one, two, three))
    assert done["ETag"] == f'"{md5(tags).hexdigest()}-3"'
    got = s3.get_object(Bucket=box, Key="k")
    assert got["Body"].read() == one + two + three
    assert (got["ContentType"], got["Metadata"]) == ("text/plain", {"a": "b"})
    second = s3.get_object(Bucket=box, Key="k", PartNumber=2)
    assert second["Body"].read() == two
    assert (second["PartsCount"], second["ContentLength"]) == (3, 5 * MIB)
    assert second["ContentRange"] == f"bytes {5 * MIB}-{10 * MIB - 1}/{10 * MIB + 100}"
    assert code_of(s3.get_object, Bucket=box, Key="k", PartNumber=4) == "InvalidPartNumber"
    across = s3.get_object(Bucket=box, Key="k", Range=f"bytes={5 * MIB - 3}-{5 * MIB + 2}")
    assert across["Body"].read() == one[-3:] + two[:3]


def test_completing_again_is_the_same_answer(s3: Any, box: str) -> None:
    upload = Upload(s3, box)
    upload.part(1, b"x")
    assert upload.complete()["ETag"] == upload.complete()["ETag"]
    s3.put_object(Bucket=box, Key="k", Body=b"other")
    assert code_of(upload.complete) == "NoSuchUpload"


def test_lists_of_parts_that_s3_refuses(s3: Any, box: str) -> None:
    upload = Upload(s3, box)
    first, second = upload.part(1, b"small"), upload.part(2, b"last")
    assert code_of(upload.complete) == "EntityTooSmall"
    assert code_of(upload.complete, parts=[second, first]) == "InvalidPartOrder"
    assert code_of(upload.complete, parts=[{**first, "ETag": '"0"'}]) == "InvalidPart"
    assert code_of(upload.complete, parts=[{**first, "PartNumber": 7}]) == "InvalidPart"
    assert code_of(upload.complete, parts=[]) == "MalformedXML"
    assert code_of(upload.complete, parts=[first], MpuObjectSize=4) == "InvalidRequest"
    upload.complete(parts=[first], MpuObjectSize=5)
    assert s3.get_object(Bucket=box, Key="k")["Body"].read() == b"small"


def test_part_numbers(s3: Any, box: str) -> None:
    upload = Upload(s3, box)
    for number in (0, 10_001):
        assert code_of(upload.part, number=number, data=b"x") == "InvalidArgument"
    upload.part(10_000, b"x")
    upload.complete()


def test_a_part_uploaded_again_replaces_the_first(chamber: Chamber, s3: Any, box: str) -> None:
    upload = Upload(s3, box)
    upload.part(1, pattern(MIB))
    upload.parts = []
    upload.part(1, pattern(MIB, 2))
    upload.complete()
    assert s3.get_object(Bucket=box, Key="k")["Body"].read() == pattern(MIB, 2)
    assert len(chamber.cloud.blobs.names()) == 1
    s3.delete_object(Bucket=box, Key="k")
    assert not chamber.cloud.blobs.names()


def test_an_upload_given_up_leaves_nothing(chamber: Chamber, s3: Any, box: str) -> None:
    upload = Upload(s3, box)
    upload.part(1, pattern(MIB))
    s3.abort_multipart_upload(**upload.known)
    assert not chamber.cloud.blobs.names()
    assert code_of(s3.list_parts, **upload.known) == "NoSuchUpload"
    assert code_of(s3.abort_multipart_upload, **upload.known) == "NoSuchUpload"
    assert code_of(upload.complete) == "NoSuchUpload"


def test_uploads_and_parts_are_listed_by_page(s3: Any, box: str) -> None:
    uploads = [Upload(s3, box, key) for key in ("a/1", "a/2", "b", "b", "c")]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=box, PaginationConfig={"PageSize": 2}
    )
    seen = [(e["Key"], e["UploadId"]) for page in pages for e in page["Uploads"]]
    assert seen == [(each.known["Key"], each.known["UploadId"]) for each in uploads]
    rolled = s3.list_multipart_uploads(Bucket=box, Delimiter="/", MaxUploads=2)
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["a/"]
    rest = s3.list_multipart_uploads(
        Bucket=box, Delimiter="/", KeyMarker=rolled["NextKeyMarker"],
        UploadIdMarker=rolled["NextUploadIdMarker"],
    )  # fmt: skip
    assert [each["Key"] for each in rest["Uploads"]] == ["b", "c"]
    for number in (1, 2, 3):
        uploads[0].part(number, b"x" * number)
    parts = s3.get_paginator("list_parts").paginate(
        PaginationConfig={"PageSize": 2}, **uploads[0].known
    )
    assert [[p["Size"] for p in page["Parts"]] for page in parts] == [[1, 2], [3]]


def test_a_composite_and_a_whole_checksum(s3: Any, box: str) -> None:
    one, two = pattern(5 * MIB), b"end"
    digests = [sha256(data).digest() for data in (one, two)]
    composite = Upload(s3, box, ChecksumAlgorithm="SHA256")
    for number, data in ((1, one), (2, two)):
        digest = b64encode(digests[number - 1]).decode()
        composite.part(number, data, ChecksumSHA256=digest)
    code, message = refusal(composite.complete)
    assert code == "InvalidRequest"
    assert "missing for part 1" in message
    parts = [
        {**part, "ChecksumSHA256": b64encode(digest).decode()}
        for part, digest in zip(composite.parts, digests, strict=True)
    ]
    done = composite.complete(parts)
    whole = b64encode(sha256(b"".join(digests)).digest()).decode()
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (f"{whole}-2", "COMPOSITE")
    got = s3.get_object_attributes(Bucket=box, Key="k", ObjectAttributes=["ObjectParts"])
    assert [part["Size"] for part in got["ObjectParts"]["Parts"]] == [5 * MIB, 3]
    full = Upload(s3, box, "full", ChecksumAlgorithm="CRC32C", ChecksumType="FULL_OBJECT")
    full.part(1, one, ChecksumAlgorithm="CRC32C")
    full.part(2, two, ChecksumAlgorithm="CRC32C")
    assert code_of(full.complete, ChecksumCRC32C="AAAAAA==") == "BadDigest"
    done = full.complete(ChecksumCRC32C=checksum("CRC32C", one + two), ChecksumType="FULL_OBJECT")
    assert done["ChecksumCRC32C"] == checksum("CRC32C", one + two)


def test_checksum_types_that_do_not_go_together(s3: Any, box: str) -> None:
    known = {"Bucket": box, "Key": "k"}
    for algorithm, kind in (("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")):
        found = code_of(
            s3.create_multipart_upload, ChecksumAlgorithm=algorithm, ChecksumType=kind, **known
        )
        assert found == "InvalidRequest"
    upload = Upload(s3, box, ChecksumAlgorithm="SHA256")
    code, message = refusal(upload.part, number=1, data=b"x", ChecksumAlgorithm="CRC32")
    assert (code, "expected checksum Type: sha256" in message) == ("InvalidRequest", True)


def test_a_part_copied_from_an_object(chamber: Chamber, s3: Any, box: str) -> None:
    data = pattern(6 * MIB)
    s3.put_object(Bucket=box, Key="source", Body=data)
    upload = Upload(s3, box)
    ranges = ("bytes=0-5242879", "bytes=5242880-6291455")
    parts = []
    for number, span in enumerate(ranges, start=1):
        done = s3.upload_part_copy(
            PartNumber=number, CopySource=f"{box}/source", CopySourceRange=span, **upload.known
        )
        parts.append({"PartNumber": number, "ETag": done["CopyPartResult"]["ETag"]})
    upload.complete(parts)
    assert s3.get_object(Bucket=box, Key="k")["Body"].read() == data
    assert len(chamber.cloud.blobs.names()) == 1
    s3.delete_object(Bucket=box, Key="source")
    assert s3.get_object(Bucket=box, Key="k")["Body"].read() == data
    found = code_of(
        s3.upload_part_copy, PartNumber=1, CopySource=f"{box}/k", CopySourceRange="bytes=0-9999999",
        **Upload(s3, box).known,
    )  # fmt: skip
    assert found == "InvalidArgument"


def test_conditions_of_a_complete(s3: Any, box: str) -> None:
    upload = Upload(s3, box)
    upload.part(1, b"x")
    s3.put_object(Bucket=box, Key="k", Body=b"first")
    assert code_of(upload.complete, IfNoneMatch="*") == "PreconditionFailed"
    assert s3.get_object(Bucket=box, Key="k")["Body"].read() == b"first"
    s3.delete_object(Bucket=box, Key="k")
    upload.complete(IfNoneMatch="*")


def test_the_transfer_manager(chamber: Chamber, box: str, tmp_path: Any) -> None:
    s3 = chamber.session().resource("s3")
    data = pattern(12 * MIB + 5)
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(data)
    how = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    bucket = s3.Bucket(box)
    bucket.upload_file(str(there), "k", Config=how)
    assert bucket.Object("k").e_tag.endswith('-3"')
    bucket.download_file("k", str(back), Config=how)
    assert back.read_bytes() == data
    bucket.copy({"Bucket": box, "Key": "k"}, "copy", Config=how)
    buffer = io.BytesIO()
    bucket.download_fileobj("copy", buffer)
    assert buffer.getvalue() == data
    assert sorted(each.key for each in bucket.objects.all()) == ["copy", "k"]
    bucket.objects.all().delete()
    assert not list(bucket.objects.all())


@pytest.mark.parametrize("key", ["a/../b", "ü"])
def test_where_an_object_is_told_to_be(s3: Any, box: str, key: str) -> None:
    upload = Upload(s3, box, key)
    upload.part(1, b"x")
    where = urlsplit(upload.complete()["Location"])
    assert unquote(where.path) == f"/{box}/{key}"


def test_an_upload_says_when_it_will_be_given_up(s3: Any, box: str) -> None:
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}}  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=box, LifecycleConfiguration={"Rules": [rule]})
    begun = s3.create_multipart_upload(Bucket=box, Key="k")
    assert begun["AbortRuleId"] == "tidy"
    listed = s3.list_parts(Bucket=box, Key="k", UploadId=begun["UploadId"])
    assert listed["AbortDate"] == begun["AbortDate"]
