"""A large body put aside while it comes: out of its chunks, summed, sealed and written.

Rules of this file: bytes are looked at once, as they pass. What is wrong with them is kept for when
it is known who asks; only a store that fails raises (OSError).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud import checksums
from cloudchamber.cloud.blobs import BlobStore, sealer
from cloudchamber.cloud.checksums import Hasher
from cloudchamber.wire.aws_chunked import (
    ChunkDecoder,
    ChunkSigner,
    decoder_for,
    is_chunked,
    unchunked_headers,
)
from cloudchamber.wire.bodies import Spooled
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request

CLAIMED: Final = re.compile("[0-9a-fA-F]{64}")
HEADER: Final = "x-amz-checksum-"


def plain_md5() -> Hasher:
    """An MD5 that is done at once."""
    return hashlib.md5(usedforsecurity=False)


class Spool:
    """One body on its way into a store. `length` is what was written so far."""

    __slots__ = ("_cipher", "_decoder", "_head", "_key", "_md5", "_name", "_problem", "_sha256",
                 "_sums", "_writer", "length")  # fmt: skip

    def __init__(
        self,
        store: BlobStore,
        head: Request,
        signer: ChunkSigner | None = None,
        md5: Callable[[], Hasher] = plain_md5,
    ) -> None:
        """Begin the body of the request `head`; `signer` verifies its chunks, `md5` makes the sum
        that takes longest. Raises OSError."""
        headers = head.headers
        self._head = head
        self._problem: WireError | None = None
        self._decoder: ChunkDecoder | None = None
        self.length = 0
        if is_chunked(headers):
            try:
                self._decoder = decoder_for(head, signer)
            except WireError as error:
                self._problem = error
        self._md5 = md5()
        claimed = headers.get("x-amz-content-sha256")
        is_needed = claimed is None or CLAIMED.fullmatch(claimed)
        self._sha256 = hashlib.sha256() if is_needed else None
        self._sums = {name: checksums.hasher(name) for name in named_checksums(headers)}
        self._name, self._key = store.invent()
        self._cipher: Any = sealer(self._key)
        self._writer = store.create(self._name)

    def write(self, data: bytes) -> None:
        """A piece of the body as it came. Raises OSError."""
        if self._problem is not None:
            return
        if self._decoder is not None:
            try:
                data = self._decoder.feed(data)
            except WireError as error:
                self._problem = error
                return
        if data:
            self.length += len(data)
            self._md5.update(data)
            if self._sha256 is not None:
                self._sha256.update(data)
            for summing in self._sums.values():
                summing.update(data)
            self._writer.write(self._cipher.update(data))

    def finish(self) -> Request:
        """The whole request. Raises OSError."""
        head = self._head
        if self._decoder is not None and self._problem is None:
            try:
                self._decoder.finish()
                headers = unchunked_headers(head.headers, self._decoder.trailers, self.length)
                head = msgspec.structs.replace(head, headers=headers)
            except WireError as error:
                self._problem = error
        if self._problem is not None:
            self.abandon()
            return msgspec.structs.replace(head, problem=self._problem)
        self._writer.close()
        spooled = Spooled(
            self._name,
            self._key,
            self.length,
            self._md5.digest(),
            None if self._sha256 is None else self._sha256.digest(),
            {name: b64encode(summing.digest()).decode() for name, summing in self._sums.items()},
        )
        return msgspec.structs.replace(head, spooled=spooled)

    def abandon(self) -> None:
        """The body will not become whole."""
        self._md5.digest()  # whoever sums beside us ends
        self._writer.abandon()


def named_checksums(headers: Mapping[str, str]) -> list[str]:
    """The algorithms a request names in its headers or trailers; S3's own choice if it names none.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """
    told = [name for name in headers if name.startswith(HEADER)]
    told += [part.strip().lower() for part in headers.get("x-amz-trailer", "").split(",")]
    names = {name[len(HEADER) :].upper() for name in told if name.startswith(HEADER)}
    names.add(headers.get("x-amz-sdk-checksum-algorithm", "").upper())
    known: list[str] = [name for name in checksums.ALGORITHMS if name in names]
    return known or [checksums.DEFAULT]
