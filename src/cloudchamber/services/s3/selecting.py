"""S3 Select: an SQL query over one object, answered as a stream of events.

Rules of this file: the object is got as GetObject gets it, and read whole; the language is
`languages/select_sql`. Parquet is refused.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/selecting-content-from-objects.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from cloudchamber.cloud.blobs import Streamed
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.select_sql import BadQuery, parse_query, run
from cloudchamber.services.s3 import objects, select_records
from cloudchamber.services.s3.nouns import Settings

PIECE_BYTES: Final = 128 << 10
COMPRESSIONS: Final = ("NONE", "GZIP", "BZIP2")
GOT: Final = (
    "Bucket", "Key", "ExpectedBucketOwner", "SSECustomerAlgorithm", "SSECustomerKey",
    "SSECustomerKeyMD5",
)  # fmt: skip


def select_object_content(call: Call, request: Input) -> Output:
    """Run a query over an object. Raises what S3 answers to queries and data that are wrong."""
    source = request.get("InputSerialization") or {}
    wanted = request.get("OutputSerialization") or {}
    _check(request, source, wanted)
    moment = datetime.fromtimestamp(call.now / SECOND_NS, UTC)
    try:
        query = parse_query(request.get("Expression", ""), moment)
    except BadQuery as error:
        raise AwsError(error.code, error.message, 400) from error
    got = objects.get_object(call, {name: request[name] for name in GOT if name in request})
    body = got["Body"]
    data = body.joined() if isinstance(body, Streamed) else body
    size = len(data)
    data = select_records.unpacked(data, source.get("CompressionType", "NONE"))
    span = request.get("ScanRange")
    if span is not None:
        start, stop = _span(span, len(data))
        data = select_records.scanned(data, source, start, stop)
        size = len(data)
    writer = select_records.Writer(wanted)
    pieces: list[bytes] = []
    piece = bytearray()
    try:
        for row in run(query, select_records.documents(data, source)):
            piece += writer.row(row)
            if len(piece) >= PIECE_BYTES:
                pieces.append(bytes(piece))
                piece.clear()
    except BadQuery as error:
        raise AwsError(error.code, error.message, 400) from error
    if piece:
        pieces.append(bytes(piece))
    details = {
        "BytesScanned": size,
        "BytesProcessed": len(data),
        "BytesReturned": sum(map(len, pieces)),
    }
    events: list[dict[str, Any]] = [{"Records": {"Payload": each}} for each in pieces]
    if (request.get("RequestProgress") or {}).get("Enabled"):
        events.append({"Progress": {"Details": details}})
    return {"Payload": [*events, {"Stats": {"Details": details}}, {"End": {}}]}


def _check(request: Input, source: Settings, wanted: Settings) -> None:
    if request.get("ExpressionType") != "SQL":
        raise _bad("InvalidExpressionType", "The ExpressionType is invalid. Only SQL expressions "
                   "are supported.")  # fmt: skip
    if "Parquet" in source:
        raise Refused("s3", "SelectObjectContent", "Parquet is not read here")
    if ("CSV" in source) == ("JSON" in source):
        raise _bad("InvalidDataSource", "Invalid data source type. Only CSV, JSON, and Parquet are "
                   "supported.")  # fmt: skip
    if ("CSV" in wanted) == ("JSON" in wanted):
        raise _bad("InvalidRequestParameter", "The value of a parameter in Output Serialization is "
                   "invalid.")  # fmt: skip
    if source.get("CompressionType", "NONE") not in COMPRESSIONS:
        raise _bad("InvalidCompressionFormat", "The file is not in a supported compression format. "
                   "Only GZIP and BZIP2 are supported.")  # fmt: skip
    kind = (source.get("JSON") or {}).get("Type", "LINES")
    if kind not in ("LINES", "DOCUMENT"):
        raise _bad("InvalidJsonType", "The JsonType is invalid. Only DOCUMENT and LINES are "
                   "supported.")  # fmt: skip
    if "ScanRange" in request:
        if source.get("CompressionType", "NONE") != "NONE" or kind == "DOCUMENT":
            raise _bad("UnsupportedScanRangeInput", "Scan range queries are not supported on this "
                       "type of input.")  # fmt: skip


def _span(span: Settings, size: int) -> tuple[int, int]:
    start, stop = span.get("Start"), span.get("End")
    if start is None and stop is not None:
        return max(size - stop, 0), size  # the last bytes
    start, stop = start or 0, size if stop is None else stop + 1
    if start >= stop or start > size:
        raise _bad("InvalidScanRange", "The scan range is invalid.")
    return start, min(stop, size)


def _bad(code: str, message: str) -> AwsError:
    return AwsError(code, message, 400)
