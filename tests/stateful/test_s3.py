"""Buckets against a small model: versions, deletes, copies and multipart uploads in any order.

The model is lists that read AWS's documentation plainly: a key has a list of versions, newest
first, and an upload has a dictionary of parts. It knows nothing of tables, extents or seals.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cloudchamber import Chamber

BUCKET = "box"
KEYS = st.sampled_from(("a", "a/b", "b", "../c"))
NUMBERS = st.integers(1, 3)
# On both sides of what is kept in a row, and at the edge of what a part must have.
SIZES = st.sampled_from((0, 5, 70_000))
PART_SIZES = st.sampled_from((5, 70_000, 5 << 20))
PART_LEAST = 5 << 20


def attempt(call: Callable[..., Any], **request: Any) -> tuple[dict[str, Any], str]:
    """What a call answers, and the code of its error ("" when there is none)."""
    try:
        return call(**request), ""
    except ClientError as error:
        return {}, error.response["Error"]["Code"]


def bytes_of(size: int, seed: int) -> bytes:
    return bytes((seed % 256, seed // 256 % 256)) * (size // 2) + b"x" * (size % 2)


class Version:
    """What the model knows of a version; a delete marker has no body."""

    def __init__(self, version_id: str, body: bytes | None, etag: str = "") -> None:
        self.id = version_id
        self.body = body
        self.etag = etag


class Upload:
    """A multipart upload, and its parts by number: bytes and entity tag."""

    def __init__(self, key: str, upload_id: str) -> None:
        self.key = key
        self.id = upload_id
        self.parts: dict[int, tuple[bytes, str]] = {}


class Bucket(RuleBasedStateMachine):
    """One bucket, whose versioning may be turned on and suspended."""

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1)
        self.s3 = self.chamber.client("s3")
        self.versioning = ""
        self.keys: dict[str, list[Version]] = {}
        self.uploads: list[Upload] = []
        self.made = 0

    def teardown(self) -> None:
        self.chamber.close()

    @initialize()
    def make(self) -> None:
        self.s3.create_bucket(Bucket=BUCKET)

    # The model

    def put(self, key: str, version: Version) -> None:
        versions = self.keys.setdefault(key, [])
        if version.id == "null":
            versions[:] = [each for each in versions if each.id != "null"]
        versions.insert(0, version)

    def live(self, key: str) -> Version | None:
        versions = self.keys.get(key)
        return versions[0] if versions and versions[0].body is not None else None

    def told(self, answer: dict[str, Any]) -> str:
        """The version id of an answer: there is one only where the bucket was ever versioned."""
        assert ("VersionId" in answer) == bool(self.versioning)
        version_id: str = answer.get("VersionId", "null")
        assert (version_id == "null") == (self.versioning != "Enabled")
        return version_id

    def body(self, size: int) -> bytes:
        self.made += 1
        return bytes_of(size, self.made)

    # What clients do

    @rule(on=st.booleans())
    def set_versioning(self, on: bool) -> None:
        self.versioning = "Enabled" if on else "Suspended"
        self.s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": self.versioning}
        )

    @rule(key=KEYS, size=SIZES)
    def put_object(self, key: str, size: int) -> None:
        body = self.body(size)
        done = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        assert done["ETag"] == f'"{md5(body).hexdigest()}"'
        self.put(key, Version(self.told(done), body, done["ETag"]))

    @rule(key=KEYS, size=SIZES)
    def put_new_object(self, key: str, size: int) -> None:
        body = self.body(size)
        known = {"Bucket": BUCKET, "Key": key}
        done, code = attempt(self.s3.put_object, Body=body, IfNoneMatch="*", **known)
        if code:
            assert (code, self.live(key) is None) == ("PreconditionFailed", False)
            return
        assert self.live(key) is None
        self.put(key, Version(self.told(done), body, done["ETag"]))

    @rule(key=KEYS)
    def delete_object(self, key: str) -> None:
        done = self.s3.delete_object(Bucket=BUCKET, Key=key)
        if self.versioning:
            assert done["DeleteMarker"] is True
            self.put(key, Version(self.told(done), None))
        else:
            self.keys.pop(key, None)

    @precondition(lambda self: any(self.keys.values()))
    @rule(data=st.data())
    def delete_version(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(k for k, v in self.keys.items() if v)))
        version = data.draw(st.sampled_from(self.keys[key]))
        done = self.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version.id)
        assert done.get("DeleteMarker", False) == (version.body is None)
        self.keys[key].remove(version)

    @rule(source=KEYS, key=KEYS)
    def copy_object(self, source: str, key: str) -> None:
        origin = self.live(source)
        where = {"Bucket": BUCKET, "Key": source}
        done, code = attempt(
            self.s3.copy_object, Bucket=BUCKET, Key=key, CopySource=where,
            MetadataDirective="REPLACE",
        )  # fmt: skip
        if code:
            assert (code, origin) == ("NoSuchKey", None)
            return
        assert origin is not None
        assert origin.body is not None
        etag = done["CopyObjectResult"]["ETag"]
        assert etag == f'"{md5(origin.body).hexdigest()}"'
        self.put(key, Version(self.told(done), origin.body, etag))

    @rule(key=KEYS)
    def begin_upload(self, key: str) -> None:
        begun = self.s3.create_multipart_upload(Bucket=BUCKET, Key=key)
        self.uploads.append(Upload(key, begun["UploadId"]))

    @precondition(lambda self: self.uploads)
    @rule(data=st.data(), number=NUMBERS, size=PART_SIZES)
    def upload_part(self, data: st.DataObject, number: int, size: int) -> None:
        upload = data.draw(st.sampled_from(self.uploads))
        body = self.body(size)
        done = self.s3.upload_part(
            Bucket=BUCKET, Key=upload.key, UploadId=upload.id, PartNumber=number, Body=body
        )
        upload.parts[number] = (body, done["ETag"])

    @precondition(lambda self: self.uploads)
    @rule(data=st.data())
    def complete_upload(self, data: st.DataObject) -> None:
        upload = data.draw(st.sampled_from(self.uploads))
        numbers = sorted(data.draw(st.sets(NUMBERS, min_size=1)))
        listed = [
            {"PartNumber": number, "ETag": upload.parts.get(number, (b"", '"none"'))[1]}
            for number in numbers
        ]
        known = {"Bucket": BUCKET, "Key": upload.key, "UploadId": upload.id}
        done, code = attempt(
            self.s3.complete_multipart_upload, MultipartUpload={"Parts": listed}, **known
        )
        if code:
            is_missing = any(number not in upload.parts for number in numbers)
            assert code == ("InvalidPart" if is_missing else "EntityTooSmall")
            sizes = [len(upload.parts.get(each, (b"", ""))[0]) for each in numbers[:-1]]
            assert is_missing or any(size < PART_LEAST for size in sizes)
            return
        assert all(len(upload.parts[each][0]) >= PART_LEAST for each in numbers[:-1])
        bodies = [upload.parts[number][0] for number in numbers]
        tags = b"".join(md5(body).digest() for body in bodies)
        assert done["ETag"] == f'"{md5(tags).hexdigest()}-{len(bodies)}"'
        self.put(upload.key, Version(self.told(done), b"".join(bodies), done["ETag"]))
        self.uploads.remove(upload)

    @precondition(lambda self: self.uploads)
    @rule(data=st.data())
    def abort_upload(self, data: st.DataObject) -> None:
        upload = data.draw(st.sampled_from(self.uploads))
        self.s3.abort_multipart_upload(Bucket=BUCKET, Key=upload.key, UploadId=upload.id)
        self.uploads.remove(upload)

    # What holds at all times

    @rule(key=KEYS, first=st.integers(0, 80_000), count=st.integers(1, 80_000))
    def read_a_range(self, key: str, first: int, count: int) -> None:
        version = self.live(key)
        if version is None or version.body is None or first >= len(version.body):
            return
        span = f"bytes={first}-{first + count - 1}"
        got = self.s3.get_object(Bucket=BUCKET, Key=key, Range=span)
        assert got["Body"].read() == version.body[first : first + count]

    @rule()
    def read_every_version(self) -> None:
        for key, versions in self.keys.items():
            for version in versions:
                if version.body is not None:
                    got = self.s3.get_object(Bucket=BUCKET, Key=key, VersionId=version.id)
                    assert got["Body"].read() == version.body

    @invariant()
    def the_current_objects_are_listed(self) -> None:
        if not self.chamber.cloud.number:
            return
        page = self.s3.list_objects_v2(Bucket=BUCKET)
        seen = [(entry["Key"], entry["ETag"]) for entry in page.get("Contents", [])]
        live = [(key, self.live(key)) for key in sorted(self.keys)]
        assert seen == [(key, version.etag) for key, version in live if version is not None]

    @invariant()
    def every_version_is_listed(self) -> None:
        if not self.chamber.cloud.number:
            return
        page = self.s3.list_object_versions(Bucket=BUCKET)
        markers = [(e["Key"], e["VersionId"], e["IsLatest"]) for e in page.get("DeleteMarkers", [])]
        objects = [(e["Key"], e["VersionId"], e["IsLatest"]) for e in page.get("Versions", [])]
        told = [
            (key, version.id, at == 0, version.body is None)
            for key in sorted(self.keys)
            for at, version in enumerate(self.keys[key])
        ]
        assert objects == [each[:3] for each in told if not each[3]]
        assert markers == [each[:3] for each in told if each[3]]

    @invariant()
    def no_body_is_kept_for_nobody(self) -> None:
        if not any(self.keys.values()) and not self.uploads:
            assert not self.chamber.cloud.blobs.names()


TestBucket = Bucket.TestCase
TestBucket.settings = settings(max_examples=25, stateful_step_count=30)
