"""Chance: keyed random streams, one per resource and purpose.

Rules of this file:
- A draw is `H(seed, arn, purpose, counter)`, keyed blake2b. Streams know nothing of each other, so
  adding a resource never shifts another's draws, and two worlds of one seed share every draw that
  both of them make.
- The counter is the whole state of a stream and part of a saved world.
- Integers and exact ratios only. No float, no logarithm of the machine's mathematics library: those
  differ in the last bit between processors, and a last bit is enough to part two runs.

The idea of `exponential_ns`: for u uniform in (0, 1], write u = m / 2^k with m in [1, 2). Then
-ln u = k ln 2 - ln m. The first part is a count of leading zeros, so the tail is as long as it
should be; ln m comes from a table of 257 points, made with integers alone and interpolated with
one multiplication (error below 2e-6 of the mean).
"""

from __future__ import annotations

import builtins
from hashlib import blake2b
from struct import Struct
from typing import Any, Final

from cloudchamber.kernel.errors import KernelError

_WORDS: Final = 8  # 64-bit words in one block of blake2b
_BLOCK: Final = Struct("<8Q")
_COUNTER: Final = Struct("<Q")
_UUID: Final = Struct(">2Q")
_U64: Final = 1 << 64
_ALNUM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648; AWS's unique ids (AROA...) use it
_ALNUM_RUN: Final = 10  # digits that one word can choose: 62^10 < 2^64, and 32^12 < 2^64
_BASE32_RUN: Final = 12
_FRACTION_BITS: Final = 56  # fixed point of the logarithm table
_TABLE_BITS: Final = 8


def _logarithms() -> tuple[int, ...]:
    """ln(1 + i / 256) for i in 0..256, times 2^56, from ln((n+1)/n) = 2 atanh(1/(2n+1))."""
    guard = 16
    one = 1 << (_FRACTION_BITS + guard)
    total = 0
    table = [0]
    size = 1 << _TABLE_BITS
    for n in range(size, 2 * size):
        odd = 2 * n + 1
        power = one // odd
        divisor = 1
        while power:
            total += 2 * (power // divisor)
            power //= odd * odd
            divisor += 2
        table.append(total >> guard)
    return tuple(table)


_LN: Final = _logarithms()
_LN2: Final = _LN[-1]


class Stream:
    """One stream of draws. Every method advances it; equal counters give equal draws."""

    __slots__ = ("_at", "_block", "_key", "counter")

    def __init__(self, key: builtins.bytes) -> None:
        self._block: tuple[int, ...] = ()
        self.restart(key)

    def restart(self, key: builtins.bytes) -> None:
        """Begin again at counter 0 under another key (a world was loaded over this one)."""
        self._key = key
        self._at = -1  # number of the block in _block
        self.counter = 0  # words drawn so far

    def u64(self) -> int:
        """A uniform integer in [0, 2^64)."""
        counter = self.counter
        self.counter = counter + 1
        block = counter >> 3
        if block != self._at:
            self._block = _BLOCK.unpack(blake2b(_COUNTER.pack(block), key=self._key).digest())
            self._at = block
        return self._block[counter & 7]

    def below(self, n: int) -> int:
        """A uniform integer in [0, n), without bias, for n from 1 to 2^64."""
        if not 0 < n <= _U64:
            raise KernelError(f"cannot draw below {n}")
        fair = _U64 - _U64 % n  # draws from here on would favour the small remainders
        while (draw := self.u64()) >= fair:
            pass
        return draw % n

    def chance(self, num: int, den: int) -> bool:
        """True with probability exactly num/den."""
        if den <= 0 or not 0 <= num <= den:
            raise KernelError(f"{num}/{den} is not a probability")
        return self.below(den) < num

    def bytes(self, n: int) -> builtins.bytes:
        """n uniform bytes."""
        return b"".join(_COUNTER.pack(self.u64()) for _ in range((n + 7) // 8))[:n]

    def hex(self, n: int) -> str:
        """n hexadecimal digits, lower case."""
        return self.bytes((n + 1) // 2).hex()[:n]

    def uuid(self) -> str:
        """A version 4 UUID (RFC 4122), lower case with hyphens."""
        high = self.u64() & 0xFFFFFFFFFFFF0FFF | 0x4000
        low = self.u64() & 0x3FFFFFFFFFFFFFFF | 0x8000000000000000
        text = _UUID.pack(high, low).hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def alnum(self, n: int) -> str:
        """n letters and digits, both cases."""
        return self._digits(n, _ALNUM, _ALNUM_RUN)

    def base32(self, n: int) -> str:
        """n characters of the base32 alphabet, A-Z and 2-7."""
        return self._digits(n, _BASE32, _BASE32_RUN)

    def shuffle(self, items: list[Any]) -> None:
        """Put the list in a uniformly random order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]

    def exponential_ns(self, mean_ns: int) -> int:
        """An exponentially distributed span of that mean, at most 45 means, in whole ns."""
        if mean_ns < 0:
            raise KernelError(f"a mean of {mean_ns} ns is not a span")
        draw = self.u64() + 1
        zeros = 65 - draw.bit_length()  # draw / 2^64 = m / 2^zeros with m in [1, 2)
        mantissa = (draw << zeros) & (_U64 - 1)  # m - 1, times 2^64
        index = mantissa >> (64 - _TABLE_BITS)
        between = mantissa & ((1 << (64 - _TABLE_BITS)) - 1)
        low = _LN[index]
        ln_m = low + ((_LN[index + 1] - low) * between >> (64 - _TABLE_BITS))
        return (mean_ns * (zeros * _LN2 - ln_m) + (1 << (_FRACTION_BITS - 1))) >> _FRACTION_BITS

    def _digits(self, n: int, alphabet: str, run: int) -> str:
        base = len(alphabet)
        out: list[str] = []
        while len(out) < n:
            draw = self.below(base**run)
            for _ in range(min(run, n - len(out))):
                draw, digit = divmod(draw, base)
                out.append(alphabet[digit])
        return "".join(out)


class Streams:
    """Every stream of one world, by `(arn, purpose)`."""

    __slots__ = ("_seed_key", "_streams")

    def __init__(self, seed: int) -> None:
        self._seed_key = _seed_key(seed)
        self._streams: dict[tuple[str, str], Stream] = {}

    def stream(self, arn: str, purpose: str) -> Stream:
        """The stream of that resource and purpose; the same object every time."""
        name = (arn, purpose)
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Stream(self._key(arn, purpose))
        return stream

    def save(self) -> list[tuple[str, str, int]]:
        """The counters of every stream that has been drawn from, sorted by name."""
        return sorted(
            (arn, purpose, stream.counter)
            for (arn, purpose), stream in self._streams.items()
            if stream.counter
        )

    def load(self, seed: int, counters: list[tuple[str, str, int]]) -> None:
        """Set every stream to a saved state, in place: a stream handed out before stays good."""
        self._seed_key = _seed_key(seed)
        for (arn, purpose), stream in self._streams.items():
            stream.restart(self._key(arn, purpose))
        for arn, purpose, counter in counters:
            self.stream(arn, purpose).counter = counter

    def _key(self, arn: str, purpose: str) -> bytes:
        name = arn.encode()
        return blake2b(
            len(name).to_bytes(8, "little") + name + purpose.encode(), key=self._seed_key
        ).digest()


def _seed_key(seed: int) -> bytes:
    return blake2b(b"%d" % seed, person=b"chamber seed").digest()
