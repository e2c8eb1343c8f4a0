"""Files through real clients of S3: the AWS CLI, the SDK for JavaScript, rclone, plain HTTP.

What is told to be done is looked at through another client than the one that did it.
"""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.conftest import ACCOUNT, REGION, Find

MIB = 1 << 20
SCRIPT = Path(__file__).with_name("drive_s3.mjs")


@pytest.fixture(params=("aws-v1", "aws-v2"))
def aws(request: pytest.FixtureRequest, find: Find, environment: dict[str, str]) -> Any:
    """Run the CLI and return what it prints."""
    program = find(request.param)["path"]

    def run(*words: str) -> str:
        flags = ["--endpoint-url", environment["AWS_ENDPOINT_URL"]]
        done = subprocess.run(
            [program, *flags, *words],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def s3(endpoint: str) -> Any:
    """A client that is not the one under test."""
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name=REGION,
        aws_access_key_id=ACCOUNT, aws_secret_access_key="chamber",
    )  # fmt: skip


@pytest.fixture
def bucket(request: pytest.FixtureRequest, s3: Any) -> str:
    """A bucket of this test's own."""
    words = "".join(each if each.isalnum() else "-" for each in request.node.name)
    name = words.strip("-").lower()[-60:].strip("-")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of files: small, empty, nested, oddly named, and one that goes up in parts."""
    root = tmp_path / "tree"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "small.txt").write_text("hello")
    (root / "empty").write_bytes(b"")
    (root / "deep" / "with space & more.txt").write_text("odd")
    (root / "deep" / "er" / "ünïcode ☁.txt").write_text("☁")
    (root / "large.bin").write_bytes(os.urandom(9 * MIB))
    for path in root.rglob("*"):
        os.utime(path, (0, 0))  # older than all that a chamber makes, whatever its clock says
    return root


def same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte."""
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    found = {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    pairs = (filecmp.cmp(one / name, other / name, shallow=False) for name in names)
    return names == found and all(pairs)


def test_the_cli_copies_a_file_in_parts(aws: Any, s3: Any, bucket: str, tree: Path) -> None:
    aws("s3", "cp", str(tree / "large.bin"), f"s3://{bucket}/large.bin")
    assert s3.head_object(Bucket=bucket, Key="large.bin")["ETag"].endswith('-2"')
    back = tree.parent / "back.bin"
    aws("s3", "cp", f"s3://{bucket}/large.bin", str(back))
    assert filecmp.cmp(tree / "large.bin", back, shallow=False)
    aws("s3", "mv", f"s3://{bucket}/large.bin", f"s3://{bucket}/moved/large.bin")
    listed = aws("s3", "ls", f"s3://{bucket}", "--recursive")
    assert listed.split()[2:] == [str(9 * MIB), "moved/large.bin"]


def test_the_cli_syncs_a_folder_and_finds_it_done(
    aws: Any, s3: Any, bucket: str, tree: Path
) -> None:
    where = f"s3://{bucket}/tree"
    aws("s3", "sync", str(tree), where)
    assert aws("s3", "sync", str(tree), where) == ""
    back = tree.parent / "back"
    aws("s3", "sync", where, str(back))
    assert same(tree, back)
    (tree / "small.txt").unlink()
    aws("s3", "sync", str(tree), where, "--delete")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert "tree/small.txt" not in keys
    assert "tree/deep/er/ünïcode ☁.txt" in keys
    aws("s3", "rb", f"s3://{bucket}", "--force")


def test_the_cli_signs_a_url_for_plain_http(aws: Any, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a b/ü.txt", Body=b"hello", ContentType="text/plain")
    url = aws("s3", "presign", f"s3://{bucket}/a b/ü.txt").strip()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"
        assert answer.headers["Content-Type"] == "text/plain"
    request = urllib.request.Request(url, headers={"Range": "bytes=1-3"})
    with urllib.request.urlopen(request) as answer:
        assert (answer.status, answer.read()) == (206, b"ell")
        assert answer.headers["Content-Range"] == "bytes 1-3/5"
        etag = answer.headers["ETag"]
    request = urllib.request.Request(url, headers={"If-None-Match": etag})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as refused:  # it holds the connection
        assert refused.code == 304
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put"})
    with urllib.request.urlopen(urllib.request.Request(put, b"by hand", method="PUT")) as answer:
        assert answer.status == 200
    assert s3.get_object(Bucket=bucket, Key="put")["Body"].read() == b"by hand"


def test_the_javascript_sdk(find: Find, environment: dict[str, str], s3: Any, bucket: str) -> None:
    node = find("js")
    if not (Path(node["modules"]) / "@aws-sdk" / "client-s3").is_dir():
        pytest.skip("js: its S3 client is not installed, run `python -m tools.clients js`")
    done = subprocess.run(
        [node["path"], str(SCRIPT), bucket],
        env={**environment, "MODULES": str(Path(node["modules"]).parent)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["body"] == "héllo ☁"
    assert seen["metadata"] == {"colour": "blue"}
    assert seen["missing"] == "NoSuchKey"
    assert seen["taken"] == 412
    assert seen["range"] == "llo"
    assert seen["keys"] == ["a/1", "a/2", "large"]
    assert seen["prefixes"] == ["a/"]
    assert seen["length"] == 11 * MIB
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
    body = s3.get_object(Bucket=bucket, Key="large")["Body"].read()
    assert body == b"\x07" * (11 * MIB)


@pytest.fixture
def rclone(find: Find, environment: dict[str, str]) -> Any:
    """Run rclone with a remote `chamber:` and return what it prints."""
    program = find("rclone")["path"]
    remote = {
        "RCLONE_CONFIG_CHAMBER_TYPE": "s3",
        "RCLONE_CONFIG_CHAMBER_PROVIDER": "Other",
        "RCLONE_CONFIG_CHAMBER_ENV_AUTH": "true",
        "RCLONE_CONFIG_CHAMBER_REGION": REGION,
        "RCLONE_CONFIG_CHAMBER_ENDPOINT": environment["AWS_ENDPOINT_URL"],
        "RCLONE_CONFIG_CHAMBER_FORCE_PATH_STYLE": "true",
        "RCLONE_CONFIG_CHAMBER_LOCATION_CONSTRAINT": REGION,
        # Buckets have no lists of rights by default, and this is the one that they take.
        "RCLONE_CONFIG_CHAMBER_ACL": "bucket-owner-full-control",
        "RCLONE_S3_UPLOAD_CUTOFF": "5M",
        "RCLONE_S3_CHUNK_SIZE": "5M",
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            [program, *words],
            env={**environment, **remote}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_rclone_syncs_checks_and_purges(rclone: Any, s3: Any, bucket: str, tree: Path) -> None:
    where = f"chamber:{bucket}/tree"
    rclone("sync", str(tree), where)
    assert s3.head_object(Bucket=bucket, Key="tree/large.bin")["ETag"].endswith('-2"')
    rclone("check", str(tree), where)
    back = tree.parent / "back"
    rclone("copy", where, str(back))
    assert same(tree, back)
    (tree / "small.txt").write_text("changed")
    rclone("sync", str(tree), where)
    assert s3.get_object(Bucket=bucket, Key="tree/small.txt")["Body"].read() == b"changed"
    assert rclone("lsf", f"chamber:{bucket}/tree/deep").splitlines() == [
        "er/",
        "with space & more.txt",
    ]
    rclone("purge", f"chamber:{bucket}")
    assert bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
