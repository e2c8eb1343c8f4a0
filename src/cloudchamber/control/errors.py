"""What a control verb says to a question that does not fit."""

from __future__ import annotations


class ControlError(ValueError):
    """The question does not fit. `code` is for programs, `field` names the culprit if one is."""

    def __init__(self, code: str, message: str, field: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
