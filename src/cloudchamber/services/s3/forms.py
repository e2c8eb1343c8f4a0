"""Uploads by a browser's form: POST to a bucket, under a signed policy.

Rules of this file: a form becomes an upload by whoever signed its policy; what is wrong is answered
in S3's XML. The file is held in memory whole.
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors, form_policy, objects
from cloudchamber.services.s3.event_delivery import host_id
from cloudchamber.services.s3.form_fields import Form, read_form
from cloudchamber.services.s3.lookup import find_bucket

POST_EVENT: Final = "s3:ObjectCreated:Post"
UPLOAD: Final = "PostObject"  # the operation that a form becomes; no model has it
OK, CREATED, NO_CONTENT, SEE_OTHER = 200, 201, 204, 303
META: Final = "x-amz-meta-"
# field of the form -> member of PutObject
MEMBERS: Final = MappingProxyType(
    {
        "acl": "ACL",
        "cache-control": "CacheControl",
        "content-disposition": "ContentDisposition",
        "content-encoding": "ContentEncoding",
        "content-type": "ContentType",
        "expires": "Expires",
        "x-amz-checksum-crc32": "ChecksumCRC32",
        "x-amz-checksum-crc32c": "ChecksumCRC32C",
        "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
        "x-amz-checksum-sha1": "ChecksumSHA1",
        "x-amz-checksum-sha256": "ChecksumSHA256",
        "x-amz-server-side-encryption": "ServerSideEncryption",
        "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
        "x-amz-storage-class": "StorageClass",
        "x-amz-website-redirect-location": "WebsiteRedirectLocation",
    }
)


def post_form(call: Call, request: Input) -> Output:
    """Take a form; `Prefix` is the bucket it was sent to."""
    try:
        return _posted(call, request)
    except AwsError as error:
        fields = "".join(
            f"<{name}>{escape(str(value))}</{name}>" for name, value in (error.fields or {}).items()
        )
        text = (
            f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>{fields}"
            f"<RequestId>{call.request_id}</RequestId><HostId>{host_id(call.request_id)}</HostId>"
            "</Error>"
        )
        return _answer(call, error.status, text)


def _posted(call: Call, request: Input) -> Output:
    headers = request["Headers"]
    form = read_form(headers.get("content-type", ""), request["Body"])
    name = request["Prefix"]
    bucket = find_bucket(call, name)
    if bucket is None:
        raise errors.no_such_bucket(name)
    fields = form.fields
    key = fields.get("key")
    if not key:
        raise form_policy.missing("key")
    fields = {**fields, "key": key.replace("${filename}", form.filename)}
    caller = form_policy.caller_of(call, fields)
    form_policy.check(fields, name, len(form.file), request.get("WallNs"))
    account = call.account if caller.kind == "anonymous" else caller.account
    made = call.invoke(
        "s3",
        UPLOAD,
        _put(name, fields, form),
        caller=caller,
        account=account,
        region=bucket.region,
    )
    return _done(call, name, fields, made)


def upload(call: Call, request: Input) -> Output:
    """What a form asks for: like PutObject, and told as a Post."""
    return objects.store(call, request, POST_EVENT)


def _put(bucket: str, fields: Mapping[str, str], form: Form) -> dict[str, Any]:
    put: dict[str, Any] = {"Bucket": bucket, "Key": fields["key"], "Body": form.file}
    put |= {member: fields[name] for name, member in MEMBERS.items() if name in fields}
    metadata = {
        name.removeprefix(META): value for name, value in fields.items() if name.startswith(META)
    }
    if metadata:
        put["Metadata"] = metadata
    if "tagging" in fields:
        put["Tagging"] = _tags(fields["tagging"])
    return put


def _tags(text: str) -> str:
    """The tags of a form, which are XML, as the header has them."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise errors.malformed_xml() from None
    pairs = []
    for tag in root.iter():
        if tag.tag.rpartition("}")[2] == "Tag":
            found = {child.tag.rpartition("}")[2]: child.text or "" for child in tag}
            pairs.append((found.get("Key", ""), found.get("Value", "")))
    return urlencode(pairs, quote_via=quote)


def _done(call: Call, bucket: str, fields: Mapping[str, str], made: Output) -> Output:
    key, etag = fields["key"], made["ETag"]
    location = f"{call.origin.scheme}://{call.origin.host}/{bucket}/{quote(key)}"
    if call.origin.host.startswith(f"{bucket}."):
        location = f"{call.origin.scheme}://{call.origin.host}/{quote(key)}"
    more = {"etag": etag, "location": location}
    if "VersionId" in made:
        more["x-amz-version-id"] = made["VersionId"]
    target = fields.get("success_action_redirect") or fields.get("redirect")
    if target and target.startswith(("http://", "https://")):
        mark = "&" if "?" in target else "?"
        query = urlencode({"bucket": bucket, "key": key, "etag": etag})
        more["location"] = f"{target}{mark}{query}"
        return _answer(call, SEE_OTHER, "", more)
    status = fields.get("success_action_status")
    if status == str(CREATED):
        text = (
            f"<PostResponse><Location>{escape(location)}</Location><Bucket>{bucket}</Bucket>"
            f"<Key>{escape(key)}</Key><ETag>{escape(etag)}</ETag></PostResponse>"
        )
        return _answer(call, CREATED, text, more)
    return _answer(call, OK if status == str(OK) else NO_CONTENT, "", more)


def _answer(call: Call, status: int, text: str, more: Mapping[str, str] | None = None) -> Output:
    headers = {
        "x-amz-request-id": call.request_id,
        "x-amz-id-2": host_id(call.request_id),
        **(more or {}),
    }
    if text:
        headers["content-type"] = "application/xml"
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'
    return {"Status": status, "Headers": headers, "Body": text.encode()}
