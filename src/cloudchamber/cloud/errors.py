"""The error tree: everything a service may answer instead of a result.

    WireError                    what the wire can spell (code, message, status, modelled fields)
      AwsError                   a service's answer, the base of all below
        Refused                  501: the operation is not simulated, and says so by name
        AccessDenied             403: the policies say no; carries the decision
        Throttled                400/429/503 as the service's protocol has it; SDKs retry these

Rules of this file: an error carries fields, so that no caller ever parses its text. Services raise
`AwsError` with AWS's own code and message; they never invent a success.
"""

from __future__ import annotations

from typing import Any

from cloudchamber.wire.errors import WireError


class AwsError(WireError):
    """An AWS error answer: `AwsError("NoSuchEntity", "The role ...", status=404)`.

    Extra keyword arguments become modelled members of the error (by member name).
    """

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(code, message, status, fields or None)


class Refused(AwsError):
    """The operation exists at AWS and is not simulated here.

    HTTP 501 is a status that no AWS SDK retries, and every client prints its message.
    """

    def __init__(self, service: str, operation: str, reason: str) -> None:
        super().__init__(
            "NotImplemented",
            f"Cloudchamber does not simulate {service}.{operation}: {reason}",
            501,
        )
        self.sender_fault = True


class AccessDenied(AwsError):
    """The policies deny the call. `decision` is the policy engine's verdict with its reasons."""

    def __init__(self, code: str, message: str, decision: object, status: int = 403) -> None:
        super().__init__(code, message, status)
        self.decision = decision


class Throttled(AwsError):
    """The caller is over a documented request rate. SDKs back off and try again."""

    def __init__(self, code: str, message: str = "Rate exceeded", status: int = 400) -> None:
        super().__init__(code, message, status)


class OutsideError(Exception):
    """The world outside (a key server, a program) did not answer; the text says why."""
