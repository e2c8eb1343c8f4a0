"""The one exception of the wire: a request that AWS would answer with an error.

Rules of this file: no knowledge of any protocol. An error carries what every protocol may need to
write it (code, message, status, modelled members, whose fault, extra headers); how it is spelled on
the wire is the codec's business. Nothing in `wire/` raises anything else at its caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLIENT_FAULT_BELOW = 500


class WireError(Exception):
    """An AWS error on its way to the wire.

    `code` is either the shape name or the wire code of a modelled error, or a code no model knows.
    `status` is the HTTP status. `fields` are extra modelled members beside the message, by member
    name, in codec values (timestamps epoch seconds, blobs bytes). `sender_fault` says whether the
    client is to blame (AWS's `Sender` against `Receiver`); by default the status decides. `headers`
    are sent with the response whatever the protocol.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        fields: Mapping[str, Any] | None = None,
        *,
        sender_fault: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status
        self.fields: dict[str, Any] = dict(fields) if fields else {}
        self.sender_fault = status < CLIENT_FAULT_BELOW if sender_fault is None else sender_fault
        self.headers: dict[str, str] = dict(headers) if headers else {}
