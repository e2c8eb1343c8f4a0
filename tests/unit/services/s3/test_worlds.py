"""Objects in a world that is played again from its journal: the same rows, the same bytes."""

from __future__ import annotations

import os
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud.blobs import MemoryBlobs
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.services.s3.nouns import BUCKETS, CURRENT, NONCURRENT, UPLOADS

KEY = bytes(range(32))
LARGE = os.urandom(150_000)


def story(chamber: Chamber) -> None:
    """Everything that makes, moves, seals and lets go of bytes."""
    s3, kms = chamber.client("s3"), chamber.client("kms")
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="before", Body=b"unversioned")
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="box", Key="k", Body=LARGE, Metadata={"a": "b"})["VersionId"]
    s3.put_object(Bucket="box", Key="k", Body=b"small")
    s3.copy_object(
        Bucket="box", Key="copy", CopySource={"Bucket": "box", "Key": "k", "VersionId": first}
    )
    s3.delete_object(Bucket="box", Key="k", VersionId=first)
    s3.delete_object(Bucket="box", Key="k")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    s3.put_object(Bucket="box", Key="kms", Body=LARGE, **how)
    s3.put_object(
        Bucket="box", Key="own", Body=b"x", SSECustomerAlgorithm="AES256", SSECustomerKey=KEY
    )
    upload = s3.create_multipart_upload(Bucket="box", Key="m")["UploadId"]
    known = {"Bucket": "box", "Key": "m", "UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=LARGE, **known)
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(MultipartUpload=listed, **known)
    s3.create_multipart_upload(Bucket="box", Key="unfinished")
    s3.put_object_annotation(
        Bucket="box", Key="m", AnnotationName="a", AnnotationPayload=b"about it"
    )


def rows_of(cloud: Cloud) -> list[bytes]:
    tables: list[Any] = [BUCKETS, CURRENT, NONCURRENT, UPLOADS]
    return [table.encode(cloud.store.rows(table, "", "")) for table in tables]


def test_a_journal_makes_the_same_objects_again() -> None:
    with Chamber(seed=7) as chamber:
        cloud = chamber.cloud
        journal: list[bytes] = []
        cloud.journal = journal.append
        story(chamber)
        blobs = cloud.blobs.store
        assert isinstance(blobs, MemoryBlobs)
        again = Cloud(cloud.settings, blobs=blobs)
        for record in journal:
            again.replay(record)
        assert rows_of(again) == rows_of(cloud)
        assert again.blobs.names() == cloud.blobs.names()
        assert again.kernel.digest == cloud.kernel.digest
        for key in ("copy", "kms", "m"):
            answer = again.ask("s3", "GetObject", {"Bucket": "box", "Key": key})
            assert answer["Body"].joined() == LARGE


def test_two_runs_of_one_seed_tell_the_same_digest() -> None:
    digests = []
    for _ in range(2):
        with Chamber(seed=7) as chamber:
            story(chamber)
            digests.append((chamber.cloud.kernel.digest, rows_of(chamber.cloud)[0]))
    assert digests[0] == digests[1]
