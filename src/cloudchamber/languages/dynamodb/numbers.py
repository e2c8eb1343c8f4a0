"""DynamoDB's numbers: exact decimals of at most 38 digits, between 1E-130 and 9.9E+125.

Rules of this file: a number is text on the wire and stays text here, in canonical form: no
exponent, no leading or trailing zeros. Arithmetic is exact; what does not fit in 38 digits raises.
`order_bytes` gives bytes that sort as the numbers do.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from cloudchamber.languages.dynamodb.errors import DynamoError

DIGITS_MAX: Final = 38
LARGEST: Final = 125  # the exponent of the first digit
SMALLEST: Final = -130
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)
_PLAIN: Final = re.compile(r"-?[1-9]\d{0,37}|0", re.ASCII)
_SHORT: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_EXACT: Final = Context(prec=600, Emax=10**12, Emin=-(10**12), traps=[InvalidOperation])
_BIAS: Final = 0x4000
_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")


def canonical(text: str) -> str:
    """The text that DynamoDB gives back for a number. Raises DynamoError."""
    if _PLAIN.fullmatch(text):
        return text
    return _canonical(text)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    if not text:
        raise DynamoError("The parameter cannot be converted to a numeric value")
    if not _NUMBER.fullmatch(text):
        raise DynamoError(f"The parameter cannot be converted to a numeric value: {text}")
    sign, mantissa, exponent = _parts(text)
    return _written(sign, mantissa, exponent)


def _parts(text: str) -> tuple[bool, str, int]:
    """Sign, digits, and the power of ten of the last digit."""
    is_negative = text[0] == "-"
    body = text.lstrip("+-").lower()
    mantissa, _, power = body.partition("e")
    whole, _, fraction = mantissa.partition(".")
    return is_negative, whole + fraction, int(power or 0) - len(fraction)


def _written(is_negative: bool, digits: str, exponent: int) -> str:
    kept = digits.lstrip("0").rstrip("0")
    if not kept:
        return "0"
    exponent += len(digits) - len(digits.rstrip("0"))
    first = exponent + len(kept) - 1
    if len(kept) > DIGITS_MAX:
        raise DynamoError("Attempting to store more than 38 significant digits in a Number")
    if first > LARGEST:
        raise DynamoError(
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range"
        )
    if first < SMALLEST:
        raise DynamoError(
            "Number underflow. Attempting to store a number with magnitude smaller than supported "
            "range"
        )
    if exponent >= 0:
        plain = kept + "0" * exponent
    elif first >= 0:
        plain = f"{kept[: first + 1]}.{kept[first + 1 :]}"
    else:
        plain = f"0.{'0' * (-first - 1)}{kept}"
    return f"-{plain}" if is_negative else plain


def add(one: str, other: str) -> str:
    """`one + other`, exactly. Raises DynamoError."""
    if _SHORT.fullmatch(one) and _SHORT.fullmatch(other):
        return str(int(one) + int(other))
    return _of_decimal(_EXACT.add(Decimal(one), Decimal(other)))


def subtract(one: str, other: str) -> str:
    """`one - other`, exactly. Raises DynamoError."""
    return _of_decimal(_EXACT.subtract(Decimal(one), Decimal(other)))


def _of_decimal(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return _written(bool(sign), "".join(map(str, digits)), exponent)


def compare(one: str, other: str) -> int:
    """-1, 0 or 1. Both are canonical."""
    if one == other:
        return 0
    return -1 if Decimal(one) < Decimal(other) else 1


def size_of(text: str) -> int:
    """Bytes that a canonical number takes: about one for two digits, and one.

    Leading and trailing zeros are not counted; a negative number takes one more.
    """
    digits = text.replace(".", "").strip("-0")
    return (len(digits) + 1) // 2 + 1 + (text[0] == "-")


def order_bytes(text: str) -> bytes:
    """Bytes that compare as canonical numbers do."""
    if text == "0":
        return b"\x80"
    is_negative = text[0] == "-"
    whole, _, fraction = text.lstrip("-").partition(".")
    if whole == "0":
        digits = fraction.lstrip("0")
        exponent = len(digits) - len(fraction)
    else:
        digits = (whole + fraction).rstrip("0")
        exponent = len(whole)
    if not is_negative:
        return b"\x82" + (_BIAS + exponent).to_bytes(2, "big") + digits.encode("ascii")
    mirrored = digits.translate(_COMPLEMENT).encode("ascii")
    return b"\x7e" + (_BIAS - exponent).to_bytes(2, "big") + mirrored + b"\xff"
