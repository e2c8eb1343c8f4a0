"""GenerateMac, VerifyMac: HMAC under a key that never leaves.

Rules of this file: RFC 2104 by Python's own library.
"""

from __future__ import annotations

import hmac

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms.encrypting import current_of
from cloudchamber.services.kms.lookup import check_dry_run, check_tokens, expect_key, note_use
from cloudchamber.services.kms.nouns import Key
from cloudchamber.services.kms.signing import check_algorithm
from cloudchamber.services.kms.specs import MAC


def generate_mac(call: Call, request: Input) -> Output:
    """The HMAC of a message."""
    key, algorithm = _asked(call, request)
    mac = _mac(key, algorithm, request["Message"])
    note_use(call, key)
    return {"KeyId": key.arn, "Mac": mac, "MacAlgorithm": algorithm}


def verify_mac(call: Call, request: Input) -> Output:
    """Whether an HMAC is the key's. Raises KMSInvalidMacException when it is not."""
    key, algorithm = _asked(call, request)
    if not hmac.compare_digest(_mac(key, algorithm, request["Message"]), request["Mac"]):
        raise AwsError("KMSInvalidMacException", "")
    note_use(call, key)
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": algorithm}


def _asked(call: Call, request: Input) -> tuple[Key, str]:
    key = expect_key(call, request["KeyId"])
    algorithm: str = request["MacAlgorithm"]
    check_algorithm(call, key, MAC, algorithm)
    check_tokens(call, request)
    check_dry_run(request)
    return key, algorithm


def _mac(key: Key, algorithm: str, message: bytes) -> bytes:
    return hmac.digest(current_of(key).data, message, f"sha{algorithm.rpartition('_')[2]}")
