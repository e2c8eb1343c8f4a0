"""What a message may hold, and the digests that clients check.

Rules of this file: pure checks and sums on one message.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

try:
    # The interpreter's own: for a short text a third of what OpenSSL's costs to set up.
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:
    from hashlib import md5

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.sqs.limits import NOT_ALLOWED

Attributes = Mapping[str, Mapping[str, Any]]
NONE: Final[Attributes] = MappingProxyType({})
ATTRIBUTE_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,256}")
NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
DATA_TYPES: Final = ("String", "Number", "Binary")
TYPE_MAX: Final = 256
STRING_MARK: Final = b"\x01"
BINARY_MARK: Final = b"\x02"


def md5_of(text: str) -> str:
    """MD5OfMessageBody."""
    digest: str = md5(text.encode(), usedforsecurity=False).hexdigest()
    return digest


def md5_of_attributes(attributes: Attributes) -> str:
    """MD5OfMessageAttributes: names sorted; each name, type and value with its length before it."""
    digest = md5(usedforsecurity=False)

    def add(data: bytes) -> None:
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)

    for name in sorted(attributes):
        attribute = attributes[name]
        kind: str = attribute["DataType"]
        add(name.encode())
        add(kind.encode())
        digest.update(BINARY_MARK if kind.startswith("Binary") else STRING_MARK)
        add(_value_of(attribute))
    total: str = digest.hexdigest()
    return total


def size_of(body: str, attributes: Attributes) -> int:
    """Bytes that count against the limit: body, attribute names, types and values."""
    total = len(body) if body.isascii() else len(body.encode())
    for name, attribute in attributes.items():
        total += len(name.encode()) + len(attribute.get("DataType", "").encode())
        total += len(_value_of(attribute))
    return total


def _value_of(attribute: Mapping[str, Any]) -> bytes:
    value: bytes = attribute.get("BinaryValue") or attribute.get("StringValue", "").encode()
    return value


def check_body(body: str | None) -> str:
    """The body, when it is one. Raises MissingParameter, InvalidMessageContents."""
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    # Printable ASCII, which most bodies are, holds nothing that is not allowed.
    if not (body.isascii() and body.isprintable()) and NOT_ALLOWED.search(body):
        raise AwsError(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to "
            "#xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    return body


def check_attributes(attributes: Attributes, count_max: int) -> None:
    """Raises InvalidParameterValue for what is not a message attribute."""
    if len(attributes) > count_max:
        raise _invalid(f"Number of message attributes [{len(attributes)}] exceeds the allowed "
                       f"maximum [{count_max}].")  # fmt: skip
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute)


def check_system_attributes(attributes: Attributes) -> None:
    """Raises for a message system attribute other than AWSTraceHeader."""
    for name, attribute in attributes.items():
        if name != "AWSTraceHeader":
            raise _invalid(f"Message system attribute name '{name}' is invalid.")
        if attribute.get("DataType") != "String" or not attribute.get("StringValue"):
            raise _invalid(f"The message system attribute '{name}' must be of type String.")


def _check_name(name: str) -> None:
    if not name:
        raise _invalid("The request must contain non-empty message attribute name.")
    reserved = name.lower().startswith(("aws.", "amazon."))
    dots = name.startswith(".") or name.endswith(".") or ".." in name
    if reserved or dots or not ATTRIBUTE_NAME.fullmatch(name):
        raise _invalid(
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, "
            "a-z, 0-9, underscore (_), hyphen (-), and period (.) characters, must not start with "
            "AWS. or Amazon., must not start or end with a period and must not have successive "
            "periods."
        )


def _check_value(name: str, attribute: Mapping[str, Any]) -> None:
    kind = attribute.get("DataType", "")
    base = kind.split(".", 1)[0]
    if not kind:
        raise _invalid(f"The message attribute '{name}' must contain non-empty message attribute "
                       "type.")  # fmt: skip
    if base not in DATA_TYPES or len(kind) > TYPE_MAX:
        raise _invalid(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the "
            "following supported type prefixes: Binary, Number, String."
        )
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        raise AwsError("UnsupportedOperation",
                       "Message attribute list values in SendMessage operation are not supported.",
                       )  # fmt: skip
    mine, other = ("BinaryValue", "StringValue") if base == "Binary" else (
        "StringValue", "BinaryValue",
    )  # fmt: skip
    value = attribute.get(mine)
    if not value or attribute.get(other):
        raise _invalid(f"Message (user) attribute '{name}' must contain a non-empty value of type "
                       f"'{'Binary' if base == 'Binary' else 'String'}'.")  # fmt: skip
    if base == "Number" and not NUMBER.fullmatch(value):
        raise _invalid(f"Can't cast the value of message (user) attribute '{name}' to a number.")
    if base != "Binary" and NOT_ALLOWED.search(value):
        raise AwsError("InvalidMessageContents",
                       f"Invalid characters found in the message attribute '{name}'.")  # fmt: skip


def chosen_attributes(attributes: Attributes, asked: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The attributes that ReceiveMessage was asked for: names, `All`, `.*`, and `prefix.*`."""
    wanted = list(asked)
    if not wanted or not attributes:
        return {}
    if "All" in wanted or ".*" in wanted:
        return dict(attributes)
    prefixes = tuple(name[:-1] for name in wanted if name.endswith(".*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in wanted or (prefixes and name.startswith(prefixes))
    }


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
