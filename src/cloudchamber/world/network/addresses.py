"""Addresses and blocks as numbers on one line: IPv4 first, IPv6 far behind it.

Rules of this file: an address is an int. IPv4 takes 0 to 2^32-1; an IPv6 address is its value plus
2^128, so that both families live in the same tables and no look-up asks which is which.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

V6_BASE: Final = 1 << 128
V4_LAST: Final = (1 << 32) - 1

_REMEMBERED: Final = 1 << 17


def is_v6(address: int) -> bool:
    """Whether a number is an IPv6 address."""
    return address >= V6_BASE


@lru_cache(maxsize=_REMEMBERED)
def parse_address(text: str) -> int:
    """The number of an address. ValueError for what is none."""
    if ":" in text:
        return V6_BASE + int(IPv6Address(text))
    return int(IPv4Address(text))


def find_address(text: str) -> int | None:
    """The number of an address, None for any other text."""
    if "." not in text and ":" not in text:
        return None
    try:
        return parse_address(text)
    except ValueError:
        return None


def format_address(address: int) -> str:
    """The address as AWS writes it."""
    if address >= V6_BASE:
        return str(IPv6Address(address - V6_BASE))
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


@lru_cache(maxsize=_REMEMBERED)
def parse_block(text: str) -> tuple[int, int, int]:
    """(first address, last address, prefix length) of a block; host bits are cut off."""
    if ":" in text:
        block = IPv6Network(text, strict=False)
        low, high = int(block.network_address), int(block.broadcast_address)
        return V6_BASE + low, V6_BASE + high, block.prefixlen
    base, _, length = text.partition("/")
    bits = int(length) if length else 32
    if not 0 <= bits <= 32:
        raise ValueError(f"{text} is no block")
    size = 1 << (32 - bits)
    low = int(IPv4Address(base)) & ~(size - 1)
    return low, low + size - 1, bits


# RFC 1918 (private), RFC 6598 (shared) and RFC 4193 (unique local).
RFC1918: Final = (
    parse_block("10.0.0.0/8"),
    parse_block("172.16.0.0/12"),
    parse_block("192.168.0.0/16"),
)
RFC6598: Final = parse_block("100.64.0.0/10")
RFC4193: Final = parse_block("fc00::/7")


def is_rfc1918(address: int) -> bool:
    """Whether an IPv4 address is private."""
    return any(low <= address <= high for low, high, _ in RFC1918)


def is_rfc6598(address: int) -> bool:
    """Whether an IPv4 address is of the range that carriers share."""
    return RFC6598[0] <= address <= RFC6598[1]


def is_rfc4193(address: int) -> bool:
    """Whether an IPv6 address is unique local: never seen on the internet."""
    return RFC4193[0] <= address <= RFC4193[1]


def is_public(address: int) -> bool:
    """Whether a packet on the internet may carry the address."""
    if address >= V6_BASE:
        return not is_rfc4193(address)
    return not (is_rfc1918(address) or is_rfc6598(address))
