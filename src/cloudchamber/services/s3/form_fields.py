"""A browser's form as it comes: fields, then one file.

Rules of this file: bytes in, fields out (RFC 7578); what follows the file is not looked at, as S3
does. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import errors

_PARAMETER: Final = re.compile(r';\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
FIELDS_BYTES_MAX: Final = 20_000
FILE: Final = "file"


class Form(msgspec.Struct, frozen=True):
    """The fields by lower-case name, in their order, and the file."""

    fields: dict[str, str]
    file: bytes
    filename: str = ""
    content_type: str = ""


def malformed() -> AwsError:
    """400: this is no form."""
    message = "The body of your POST request is not well-formed multipart/form-data."
    return AwsError("MalformedPOSTRequest", message, 400)


def read_form(content_type: str, body: bytes) -> Form:
    """The form of a request. Raises MalformedPOSTRequest, MaxPostPreDataLengthExceeded,
    InvalidArgument (no file)."""
    boundary = _parameters(content_type).get("boundary")
    if not boundary:
        raise malformed()
    mark = b"--" + boundary.encode()
    if not body.startswith(mark):
        raise malformed()
    fields: dict[str, str] = {}
    read = 0
    for part in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        if part.startswith(b"--"):
            break
        head, gap, content = part.partition(b"\r\n\r\n")
        if not gap:
            raise malformed()
        headers = _headers(head)
        name = _parameters(headers.get("content-disposition", "")).get("name", "")
        if name.lower() == FILE:
            filename = _parameters(headers["content-disposition"]).get("filename", "")
            plain = filename.replace("\\", "/").rpartition("/")[2]
            return Form(fields, content, plain, headers.get("content-type", ""))
        read += len(content)
        if read > FIELDS_BYTES_MAX:
            raise AwsError(
                "MaxPostPreDataLengthExceededError",
                "Your POST request fields preceding the upload file were too large.",
                400,
            )
        try:
            fields[name.lower()] = content.decode()
        except UnicodeDecodeError:
            raise malformed() from None
    raise errors.invalid_argument("POST requires exactly one file upload per request.", FILE, "0")


def _headers(head: bytes) -> dict[str, str]:
    found = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def _parameters(value: str) -> dict[str, str]:
    return {
        name.lower(): (quoted or plain).replace('\\"', '"')
        for name, quoted, plain in _PARAMETER.findall(value)
    }
