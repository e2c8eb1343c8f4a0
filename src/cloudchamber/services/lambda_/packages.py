"""Deployment packages: taken from the request or from S3, checked, and kept among the blobs.

Rules of this file: an archive is looked at, never unpacked (the functions engine does that, and
refuses what leads out of its folder by the same rule). Equal archives are kept once.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.blobs import Streamed
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.engines.functions.archives import ArchiveError, checked_name
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.nouns import FUNCTIONS, LAYERS, Package

# A bucket of this name means: the key is a folder of this machine, used as it lies there, anew
# whenever a file in it changes. The host allows folders; see the guide of functions.
FOLDER_BUCKET: Final = "cloudchamber-folder"
_UNZIP: Final = "Could not unzip uploaded file. Please check your file, then try to upload again."
_REQUEST_MAX: Final = 70_167_211  # what CreateFunction takes, base64 and all


class Taken:
    """A package that has been checked and is not kept yet; `keep` keeps it."""

    __slots__ = ("data", "package")

    def __init__(self, package: Package, data: bytes = b"") -> None:
        self.package = package
        self.data = data

    def keep(self, call: Call) -> Package:
        """Put the archive among the blobs, one use more."""
        if self.package.name:
            call.blobs.put(self.data, self.package.key)
            call.blobs.keep(self.package.name)
        return self.package


def take(
    call: Call, code: Mapping[str, Any], operation: str, image: Package | None = None
) -> Taken:
    """The code of a request; `image` is what its ImageUri was found to be.

    Raises InvalidParameterValueException and its like.
    """
    sources = sum(("ZipFile" in code, "S3Bucket" in code or "S3Key" in code, "ImageUri" in code))
    if sources != 1:
        raise refusals.invalid(
            "Please provide a source for function code."
            if not sources
            else "Please do not provide other FunctionCode parameters when providing a ZipFile."
        )
    kms_key = code.get("SourceKMSKeyArn", "")
    if image is not None:
        return Taken(image)
    if "ZipFile" in code:
        data = code["ZipFile"]
        if len(data) > call.quota("zipped-bytes"):
            raise AwsError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {_REQUEST_MAX} bytes for the {operation} operation",
                413,
            )
        return _archive(call, data, kms_key)
    if "S3Bucket" not in code or "S3Key" not in code:
        raise refusals.invalid("S3Bucket and S3Key are both required.")
    if code["S3Bucket"] == FOLDER_BUCKET:
        folder = "/" + code["S3Key"].lstrip("/")
        told = hashlib.sha256(folder.encode()).digest()
        return Taken(Package(sha256=base64.b64encode(told).decode(), size=0, folder=folder))
    return _archive(call, _fetch(call, code), kms_key)


def _fetch(call: Call, code: Mapping[str, Any]) -> bytes:
    """An archive out of S3, with the caller's own permissions, as AWS does."""
    request = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    if code.get("S3ObjectVersion"):
        request["VersionId"] = code["S3ObjectVersion"]
    try:
        output = call.invoke("s3", "GetObject", request)
    except Refused:
        raise
    except AwsError as error:
        raise refusals.invalid(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. "
            f"S3 Error Message: {error.message}"
        ) from error
    body = output.get("Body", b"")
    limit = call.quota("unzipped-bytes")
    if isinstance(body, Streamed):
        if body.length > limit:
            raise _unzipped(limit)
        return body.joined()
    data: bytes = body
    return data


def _archive(call: Call, data: bytes, kms_key: str) -> Taken:
    unzipped = measured(data, call.quota("unzipped-bytes"))
    _check_storage(call, len(data))
    digest = hashlib.sha256(data).digest()
    key = hashlib.blake2b(digest, digest_size=32, person=b"lambda-code").digest()
    name = "h" + hashlib.blake2b(data, digest_size=20, key=key).hexdigest()
    return Taken(
        Package(
            sha256=base64.b64encode(digest).decode(),
            size=len(data),
            unzipped=unzipped,
            name=name,
            key=key,
            kms_key=kms_key,
        ),
        data,
    )


def measured(data: bytes, limit: int) -> int:
    """The unzipped size of an archive, in bytes. Raises InvalidParameterValueException."""
    if not data:
        raise refusals.invalid("Uploaded file must be a non-empty zip")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            for member in members:
                checked_name(member)
    except (zipfile.BadZipFile, ArchiveError, NotImplementedError, ValueError, EOFError) as error:
        raise refusals.invalid(_UNZIP) from error
    if not members:
        raise refusals.invalid("Uploaded file must be a non-empty zip")
    total = sum(member.file_size for member in members)
    if total > limit:
        raise _unzipped(limit)
    return total


def _unzipped(limit: int) -> AwsError:
    return refusals.invalid(f"Unzipped size must be smaller than {limit} bytes")


def stored_bytes(call: Call) -> int:
    """What all versions of all functions and layers of a Region take together."""
    total = 0
    for function in call.rows(FUNCTIONS).values():
        total += function.latest.code.size
        total += sum(version.code.size for version in function.versions.values())
    for layer in call.rows(LAYERS).values():
        total += sum(version.code.size for version in layer.versions.values())
    return total


def _check_storage(call: Call, more: int) -> None:
    if stored_bytes(call) + more > call.quota("code-storage-bytes"):
        raise AwsError(
            "CodeStorageExceededException",
            "Code storage limit exceeded.",
            400,
            Type="User",
        )


def let_go(call: Call, package: Package) -> None:
    """One use less of an archive."""
    if package.name:
        call.blobs.drop(package.name)


def again(call: Call, package: Package) -> Package:
    """One use more, by another version."""
    if package.name:
        call.blobs.keep(package.name)
    return package


def for_engine(call: Call, package: Package) -> dict[str, Any]:
    """The code of an order: a folder, or an archive that is read when it is needed."""
    if package.folder:
        return {"folder": package.folder}
    blobs, name, key = call.blobs, package.name, package.key
    return {"key": package.sha256, "read": lambda: blobs.read(name, key)}
