"""Data types: what a value must look like to be one.

Rules of this file: pure text to yes or no. An `aws:ec2:image` is looked at after the answer.
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-data-types.html
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import msgspec

from cloudchamber.cloud.settings import is_account
from cloudchamber.services.ssm.names import invalid
from cloudchamber.services.ssm.nouns import SECURE, TEXT
from cloudchamber.world.geography.regions import find_region

IMAGE: Final = "aws:ec2:image"
INTEGRATION: Final = "aws:ssm:integration"
INTEGRATION_PATH: Final = "/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/"
_IMAGE_ID: Final = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_HOST_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


def _is_json(value: str) -> bool:
    try:
        msgspec.json.decode(value)
    except msgspec.DecodeError:
        return False
    return True


def _is_json_with_comments(value: str) -> bool:
    return _is_json(_COMMENT.sub(lambda found: found.group(1) or " ", value))


def _is_binary(value: str) -> bool:
    try:
        b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_hostname(value: str) -> bool:
    return len(value) <= 253 and all(_HOST_LABEL.fullmatch(each) for each in value.split("."))


def _is_email(value: str) -> bool:
    return bool(_EMAIL.fullmatch(value)) and _is_hostname(value.rpartition("@")[2])


def _is_ipv4(value: str) -> bool:
    try:
        IPv4Address(value)
    except AddressValueError:
        return False
    return True


def _is_ipv6(value: str) -> bool:
    try:
        IPv6Address(value)
    except AddressValueError:
        return False
    return True


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        TEXT: lambda _: True,
        IMAGE: lambda _: True,
        INTEGRATION: _is_json,
        "aws:account:id": is_account,
        "aws:region": lambda value: find_region(value) is not None,
        "binary": _is_binary,
        "boolean": lambda value: value.lower() in ("true", "false"),
        "email": _is_email,
        "float": lambda value: bool(_FLOAT.fullmatch(value)),
        "hostname": _is_hostname,
        "integer": lambda value: bool(_INTEGER.fullmatch(value)),
        "ipv4-address": _is_ipv4,
        "ipv6-address": _is_ipv6,
        "json": _is_json,
        "jsonc": _is_json_with_comments,
        "url": _is_url,
    }
)


def check(name: str, kind: str, data_type: str, value: str) -> None:
    """Raises ValidationException for a data type that is none, or a value that is not of it."""
    fits = _CHECKS.get(data_type)
    if fits is None:
        raise invalid(
            f"The following data type is not supported: {data_type} (Data type names are all "
            "lowercase.)"
        )
    if data_type == INTEGRATION and (kind != SECURE or not name.startswith(INTEGRATION_PATH)):
        raise invalid(
            f"A parameter of the data type {INTEGRATION} must be a SecureString with a name that "
            f"begins with {INTEGRATION_PATH}."
        )
    if not fits(value):
        raise invalid(f"The parameter value is not valid for the data type {data_type}.")


def is_image_id(value: str) -> bool:
    """Whether this has the form of an AMI's id."""
    return bool(_IMAGE_ID.fullmatch(value))
