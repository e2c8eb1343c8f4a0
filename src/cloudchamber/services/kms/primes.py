"""Primes from a stream: RSA keys that the same seed gives again.

Rules of this file: pure; all chance is `draw`. Candidates are sieved by small primes, then face
Fermat's test and last Miller and Rabin's with bases that are drawn too. Fermat's test is asked of
the RSA verifier, whose modular powers are eight times as fast as Python's: with modulus n and
exponent n - 2 the "signature" m^-1 opens to m exactly when m^(n-1) = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from math import gcd
from typing import Final

Draw = Callable[[int], bytes]

EXPONENT: Final = 65537
_SIEVE: Final = 1 << 15
_WINDOW: Final = 4096  # odd candidates that are sieved at once
_ROUNDS: Final = 4  # of Miller-Rabin, for random candidates of this size far more than enough
_MESSAGE: Final = b"kms"
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


@lru_cache(maxsize=1)
def _small_primes() -> tuple[int, ...]:
    sieve = bytearray([1]) * _SIEVE
    sieve[0:2] = b"\0\0"
    for n in range(2, int(_SIEVE**0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, _SIEVE, n)))
    return tuple(n for n in range(3, _SIEVE) if sieve[n])


def prime(bits: int, draw: Draw) -> int:
    """A prime of that many bits, its two highest set, one more than no multiple of the exponent."""
    while True:
        start = int.from_bytes(draw(bits // 8), "big")
        start |= (3 << (bits - 2)) | 1
        for candidate in _sieved(start, bits):
            if _may_be_prime(candidate) and is_prime(candidate, draw):
                return candidate


def _sieved(start: int, bits: int) -> list[int]:
    """Odd numbers from `start` on that no small prime divides."""
    window = bytearray([1]) * _WINDOW
    for small in _small_primes():
        # The first i with start + 2i divisible by small.
        first = (-start * (small + 1) // 2) % small
        window[first::small] = bytes(len(range(first, _WINDOW, small)))
    return [
        n
        for i, is_left in enumerate(window)
        if is_left and (n := start + 2 * i).bit_length() == bits and (n - 1) % EXPONENT
    ]


def _may_be_prime(n: int) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    size = (n.bit_length() + 7) // 8
    tail = b"\0" + _DIGEST_INFO + sha256(_MESSAGE).digest()
    number = int.from_bytes(b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail, "big")
    if gcd(number, n) != 1:
        return False
    signature = pow(number, -1, n).to_bytes(size, "big")
    verifier = rsa.RSAPublicNumbers(n - 2, n).public_key()
    try:
        verifier.verify(signature, _MESSAGE, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def is_prime(n: int, draw: Draw) -> bool:
    """Miller and Rabin's test of an odd number, with bases from `draw`."""
    odd, twos = n - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    for _ in range(_ROUNDS):
        base = 2 + int.from_bytes(draw((n.bit_length() + 7) // 8), "big") % (n - 3)
        power = pow(base, odd, n)
        if power in (1, n - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % n
            if power == n - 1:
                break
        else:
            return False
    return True
