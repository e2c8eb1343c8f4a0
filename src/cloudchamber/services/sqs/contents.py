"""What a message may hold, and the digests that clients check.

Rules of this file: pure checks and sums on one message.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import md5
from typing import Any, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.sqs.limits import NOT_ALLOWED

Attributes = Mapping[str, Mapping[str, Any]]
ATTRIBUTE_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,256}")
NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
DATA_TYPES: Final = ("String", "Number", "Binary")
STRING_MARK: Final = b"\x01"
BINARY_MARK: Final = b"\x02"


def md5_of(text: str) -> str:
    """MD5OfMessageBody."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Attributes) -> str:
    """MD5OfMessageAttributes: names sorted; each name, type and value with its length before it."""
    digest = md5(usedforsecurity=False)

    def add(data: bytes) -> None:
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)

    for name in sorted(attributes):
        attribute = attributes[name]
        add(name.encode())
        add(attribute["DataType"].encode())
        if "BinaryValue" in attribute:
            digest.update(BINARY_MARK)
            add(attribute["BinaryValue"])
        else:
            digest.update(STRING_MARK)
            add(attribute["StringValue"].encode())
    return digest.hexdigest()


def size_of(body: str, attributes: Attributes) -> int:
    """Bytes that count against the limit: body, attribute names, types and values."""
    total = len(body.encode())
    for name, attribute in attributes.items():
        value = attribute.get("BinaryValue")
        total += len(name.encode()) + len(attribute["DataType"].encode())
        total += len(value) if value is not None else len(attribute["StringValue"].encode())
    return total


def check_body(body: str | None) -> str:
    """The body, when it is one. Raises MissingParameter, InvalidMessageContents."""
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if NOT_ALLOWED.search(body):
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
        raise _invalid(f"The message attribute '{name}' must contain message attribute type.")
    if base not in DATA_TYPES or len(kind) > 256:
        raise _invalid(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        raise AwsError("UnsupportedOperation",
                       "Message attribute list values in SendMessage operation are not supported.",
                       )  # fmt: skip
    field = "BinaryValue" if base == "Binary" else "StringValue"
    value = attribute.get(field)
    other = attribute.get("StringValue" if base == "Binary" else "BinaryValue")
    if other:
        raise _invalid(f"The message attribute '{name}' with type '{base}' must use field "
                       f"'{'Binary' if base == 'Binary' else 'String'}'.")  # fmt: skip
    if not value:
        raise _invalid(f"The message attribute '{name}' must contain non-empty message attribute "
                       f"value for message attribute type '{base}'.")  # fmt: skip
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
