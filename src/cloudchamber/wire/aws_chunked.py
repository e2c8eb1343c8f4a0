"""Bodies sent in aws-chunked form: sizes, signatures and trailers between the bytes.

Rules of this file: bytes in, bytes out, no socket and no time; a `ChunkDecoder` is fed whatever
pieces arrive and gives back what they complete. Every chunk's signature is checked as soon as the
chunk is whole, before its bytes are given out.

    size-in-hex[;chunk-signature=SIGNATURE] CR LF  data  CR LF
    ...
    0[;chunk-signature=SIGNATURE] CR LF
    [x-amz-checksum-crc32:VALUE CR LF]
    [x-amz-trailer-signature:SIGNATURE CR LF]
    CR LF

See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec

from cloudchamber.wire.canonical import EMPTY_SHA256
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.scopes import Credential, cut

SIGNED: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
ASYMMETRIC_PREFIX: Final = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
# A chunk before the last may not be smaller than this.
SMALLEST_CHUNK: Final = 8192
LARGEST_CHUNK: Final = 5 * 1024**3
LINE_LIMIT: Final = 1024
TRAILERS_LIMIT: Final = 16

_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;chunk-signature=([^;\s]{1,256}))?")
_TRAILER_LINE: Final = re.compile(rb"([A-Za-z0-9-]{1,128}):[ \t]*([!-~ ]{0,512}?)[ \t]*")
_COUNT: Final = re.compile(r"\d{1,15}", re.ASCII)
_TRAILER_SIGNATURE: Final = "x-amz-trailer-signature"


class ChunkSigner:
    """The chain of signatures over the chunks of one request, each resting on the one before."""

    __slots__ = ("_key", "_last", "_prefix")

    def __init__(self, key: bytes, amz_date: str, scope: str, seed: str) -> None:
        """`key` is the signing key, `seed` the signature of the request's headers."""
        self._key = key
        self._prefix = f"{amz_date}\n{scope}\n"
        self._last = seed

    @classmethod
    def of(cls, credential: Credential, key: bytes) -> ChunkSigner:
        """The chain that starts at this credential's signature."""
        return cls(key, credential.amz_date, credential.scope, credential.signature)

    def next_chunk(self, data_sha256: str) -> str:
        """The signature of the next chunk, which the one after it will rest on."""
        return self._next("AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY_SHA256}\n{data_sha256}")

    def trailer(self, canonical: bytes) -> str:
        """The signature of the trailer, which closes the chain."""
        return self._next("AWS4-HMAC-SHA256-TRAILER", sha256(canonical).hexdigest())

    def _next(self, kind: str, rest: str) -> str:
        text = f"{kind}\n{self._prefix}{self._last}\n{rest}"
        self._last = hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256").hex()
        return self._last


class Chunked(msgspec.Struct, frozen=True):
    """A body that was taken out of its chunks. Trailer names are lower case."""

    body: bytes
    trailers: dict[str, str]


class ChunkDecoder:
    """Takes one body out of its chunks, in whatever pieces it arrives.

    With a `signer` every chunk must carry its right signature; without one signatures are not
    looked at. `length` is the decoded length the client announced, `trailer_names` the trailers.
    """

    __slots__ = (
        "_announced",
        "_buffer",
        "_decoded",
        "_has_trailers",
        "_last_size",
        "_length",
        "_signature",
        "_signer",
        "_state",
        "_wanted",
        "trailers",
    )

    def __init__(
        self,
        length: int | None = None,
        *,
        signer: ChunkSigner | None = None,
        trailer_names: tuple[str, ...] = (),
    ) -> None:
        self.trailers: dict[str, str] = {}
        self._announced = trailer_names
        self._length = length
        self._signer = signer
        self._buffer = bytearray()
        self._state = self._size
        self._wanted = 0
        self._last_size: int | None = None
        self._signature = ""
        self._decoded = 0
        self._has_trailers = bool(trailer_names)

    @property
    def is_done(self) -> bool:
        """Whether the last chunk and the trailers have been read."""
        return self._state == self._end

    def feed(self, data: bytes) -> bytes:
        """What these bytes complete of the body. Raises WireError for what AWS would refuse."""
        self._buffer += data
        out: list[bytes] = []
        while self._state(out):
            pass
        return b"".join(out)

    def finish(self) -> None:
        """Says that no more will come. Raises WireError if something is missing."""
        if not self.is_done:
            raise incomplete_body()

    # Each state takes what it can from the buffer and returns whether another may go on.

    def _size(self, out: list[bytes]) -> bool:
        line = self._line()
        if line is None:
            return False
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise malformed_chunk()
        size = int(found[1], 16)
        if self._last_size is not None and size and self._last_size < SMALLEST_CHUNK:
            raise WireError(
                "InvalidChunkSizeError",
                "Only the last chunk is allowed to have a size less than 8192 bytes",
                403,
                {"BadChunkSize": str(self._last_size)},
            )
        self._decoded += size
        if size > LARGEST_CHUNK or (self._length is not None and self._decoded > self._length):
            raise wrong_length()
        if self._signer is not None and found[2] is None:
            raise malformed_chunk()
        self._signature = (found[2] or b"").decode("utf-8", "replace")
        self._wanted, self._last_size = size, size
        if size == 0:
            self._check_signature(b"")
            self._state = self._trailer
        else:
            self._state = self._data
        return True

    def _data(self, out: list[bytes]) -> bool:
        buffer, wanted = self._buffer, self._wanted
        if self._signer is None:
            # Nothing to check, so nothing to wait for.
            if wanted:
                taken = bytes(buffer[:wanted])
                del buffer[: len(taken)]
                self._wanted = wanted = wanted - len(taken)
                out.append(taken)
        if len(buffer) < wanted + 2:
            return False
        if buffer[wanted : wanted + 2] != b"\r\n":
            raise malformed_chunk()
        if self._signer is not None:
            data = bytes(buffer[:wanted])
            self._check_signature(data)
            out.append(data)
        del buffer[: wanted + 2]
        self._state = self._size
        return True

    def _trailer(self, out: list[bytes]) -> bool:
        line = self._line()
        if line is None:
            return False
        if line:
            found = _TRAILER_LINE.fullmatch(line)
            if found is None or len(self.trailers) >= TRAILERS_LIMIT:
                raise malformed_trailer()
            self.trailers[found[1].decode().lower()] = found[2].decode()
            return True
        self._check_trailers()
        if self._length is not None and self._decoded != self._length:
            raise wrong_length()
        self._state = self._end
        return True

    def _end(self, out: list[bytes]) -> bool:
        if self._buffer:
            raise malformed_trailer()
        return False

    def _line(self) -> bytes | None:
        """The next line without its end, None if it has not all arrived."""
        stop = self._buffer.find(b"\r\n", 0, LINE_LIMIT)
        if stop < 0:
            if len(self._buffer) >= LINE_LIMIT:
                raise malformed_chunk()
            return None
        line = bytes(self._buffer[:stop])
        del self._buffer[: stop + 2]
        return line

    def _check_signature(self, data: bytes) -> None:
        if self._signer is None:
            return
        wanted = self._signer.next_chunk(sha256(data).hexdigest())
        if not hmac.compare_digest(wanted.encode(), self._signature.encode()):
            raise wrong_chunk_signature(self._signature)

    def _check_trailers(self) -> None:
        signature = self.trailers.pop(_TRAILER_SIGNATURE, None)
        if self._has_trailers and any(name not in self.trailers for name in self._announced):
            raise malformed_trailer()
        if self._signer is None or not self._has_trailers:
            return
        lines = [f"{name}:{value}\n" for name, value in sorted(self.trailers.items())]
        wanted = self._signer.trailer("".join(lines).encode())
        if signature is None or not hmac.compare_digest(wanted.encode(), signature.encode()):
            raise wrong_chunk_signature(signature or "")


def is_chunked(headers: Mapping[str, str]) -> bool:
    """Whether a request's body is in aws-chunked form."""
    if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return True
    return "aws-chunked" in headers.get("content-encoding", "")


def decoder_for(request: Request, signer: ChunkSigner | None = None) -> ChunkDecoder:
    """The decoder of a request's body, from what its headers announce.

    Without a `signer`, signatures in the body are passed over unread. Raises WireError when the
    headers do not say what they must.
    """
    headers = request.headers
    kind = headers.get("x-amz-content-sha256", "")
    if kind.startswith(ASYMMETRIC_PREFIX) and signer is not None:
        raise WireError(
            "NotImplemented",
            "Chunks signed with AWS4-ECDSA-P256-SHA256 are not verified here.",
            501,
        )
    text = headers.get("x-amz-decoded-content-length")
    if text is None:
        raise WireError(
            "MissingContentLength", "You must provide the Content-Length HTTP header.", 411
        )
    if not _COUNT.fullmatch(text):
        raise WireError(
            "InvalidArgument",
            "x-amz-decoded-content-length must be a number of bytes.",
            400,
            {"ArgumentName": "x-amz-decoded-content-length", "ArgumentValue": cut(text)},
        )
    names = tuple(
        name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip()
    )
    has_signatures = kind in (SIGNED, SIGNED_TRAILER)
    return ChunkDecoder(int(text), signer=signer if has_signatures else None, trailer_names=names)


def decode_chunked(request: Request, signer: ChunkSigner | None = None) -> Chunked:
    """A whole body taken out of its chunks. Raises WireError for what AWS would refuse."""
    decoder = decoder_for(request, signer)
    body = decoder.feed(request.body)
    decoder.finish()
    return Chunked(body, decoder.trailers)


def without_chunks(request: Request, signer: ChunkSigner | None = None) -> Request:
    """The request as it would be had its body not been sent in chunks.

    Trailers become headers, which is what a modelled checksum is; `content-encoding` loses its
    `aws-chunked`, and `content-length` is the length of what is left.
    """
    chunked = decode_chunked(request, signer)
    headers = unchunked_headers(request.headers, chunked.trailers, len(chunked.body))
    return msgspec.structs.replace(request, headers=headers, body=chunked.body)


def unchunked_headers(
    told: Mapping[str, str], trailers: Mapping[str, str], length: int
) -> dict[str, str]:
    """The headers of a request whose body, `length` bytes, was taken out of its chunks."""
    headers = dict(told)
    encodings = [each.strip() for each in headers.pop("content-encoding", "").split(",")]
    kept = ",".join(each for each in encodings if each and each != "aws-chunked")
    if kept:
        headers["content-encoding"] = kept
    headers["content-length"] = str(length)
    return {**headers, **trailers}


def incomplete_body() -> WireError:
    """S3's error of a body that ends too early."""
    return WireError("IncompleteBody", "The request body terminated unexpectedly", 400)


def wrong_length() -> WireError:
    """S3's error of a body that is not as long as was announced."""
    return WireError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        400,
    )


def malformed_chunk() -> WireError:
    """S3's error of a chunk whose head or end is not one."""
    return WireError(
        "InvalidRequest", "The chunk is not well-formed: check its size, signature and end.", 400
    )


def malformed_trailer() -> WireError:
    """S3's error of a trailer that is not one, or not the one announced."""
    return WireError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our "
        "published schema.",
        400,
    )


def wrong_chunk_signature(signature: str) -> WireError:
    """S3's error of a chunk that was changed on its way."""
    return WireError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        403,
        {"SignatureProvided": cut(signature)},
    )
