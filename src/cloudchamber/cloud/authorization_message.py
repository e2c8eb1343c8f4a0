"""The encoded message of a denial, which DecodeAuthorizationMessage makes readable.

Rules of this file: pure. AWS encodes the details of a denial so that only who may decode them can
read them; here the message carries them compressed, with a checksum that tells ours from others.
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, Final

import msgspec

from cloudchamber.languages.policy import Decision

MARK: Final = b"CCA1"
DECODED_MAX: Final = 1_048_576


class MessageError(ValueError):
    """The text is no message of ours."""


def encode_message(decision: Decision) -> str:
    """The details of a denial as one word."""
    body = zlib.compress(msgspec.json.encode(_details(decision)), 9)
    raw = MARK + zlib.crc32(body).to_bytes(4, "big") + body
    return base64.urlsafe_b64encode(raw).decode()


def decode_message(text: str) -> str:
    """The details as JSON text. Raises MessageError."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise MessageError("The message is not valid.") from error
    check, body = raw[4:8], raw[8:]
    if raw[:4] != MARK or zlib.crc32(body).to_bytes(4, "big") != check:
        raise MessageError("The message is not valid.")
    unpacked = zlib.decompressobj().decompress(body, DECODED_MAX)
    return unpacked.decode()


def _details(decision: Decision) -> dict[str, Any]:
    """The shape that AWS's documentation of the decoded message names."""
    request = decision.request
    principal = request.principal
    conditions = [
        {"key": key, "values": {"items": [{"value": value} for value in values]}}
        for key, values in sorted(request.context.items())
    ]
    statements = [
        {"statementId": matched.statement.sid or "", "effect": matched.statement.effect.upper(),
         "policy": str(matched.source)}
        for matched in decision.matched
    ]  # fmt: skip
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.effect == "explicitDeny",
        "matchedStatements": {"items": statements},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal.user_id, "arn": principal.arn},
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": conditions},
        },
    }
