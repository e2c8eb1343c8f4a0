r"""Regular expressions of AWS's models, in the words of Python's `re`.

Rules of this file: a pattern is translated, never guessed at. What cannot be said in Python, or
could take exponential time on a hostile value, is listed in `unchecked_patterns.txt` beside this
file, and is not enforced.

AWS writes Java: `\d`, `\w` and `\s` are ASCII, `\p{L}` names a Unicode class, `\z` is the end. A
pattern without anchors must match the whole value (that is what AWS's own services do with
`[\w+=,.@-]+`); an anchored one is searched for, so that `^arn:aws` means a prefix.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Final

UNCHECKED_FILE: Final = "unchecked_patterns.txt"
BEYOND_ASCII: Final = re.compile(r"\\[pP]\{")

# Java's POSIX classes are ASCII and nothing else.
_POSIX: Final = MappingProxyType(
    {
        "ASCII": r"\x00-\x7f",
        "Alpha": "A-Za-z",
        "Alnum": "A-Za-z0-9",
        "Digit": "0-9",
        "Upper": "A-Z",
        "Lower": "a-z",
        "Punct": r"!-/:-@\[-`{-~",
        "Graph": "!-~",
        "Print": r"\ -~",
        "Blank": r"\ \t",
        "Cntrl": r"\x00-\x1f\x7f",
        "Space": r"\ \t-\r",
        "XDigit": "0-9A-Fa-f",
        "InBasicLatin": r"\x00-\x7f",
        "IsWhitespace": r"\ \t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    }
)
# The general categories of Unicode, and their first letters.
CATEGORIES: Final = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc "
    "Cf Cs Co Cn".split()
)
ASCII_END: Final = 0x80
_ALIASES: Final = MappingProxyType({"IsAlphabetic": "L", "IsLetter": "L", "IsDigit": "Nd"})

_TOKEN: Final = re.compile(
    r"\\p\{(?P<in>\w+)\}|\\P\{(?P<out>\w+)\}|\\x\{(?P<hex>[0-9A-Fa-f]+)\}"
    r"|(?P<end>\\z)|(?P<union>\|\|)(?=\\p)|(?P<astral>\\uD800\\uDC00-\\uDBFF\\uDFFF)"
    r"|(?P<named>\\[dws])-(?![\]])|(?P<plain>\\.|.)",
    re.DOTALL,
)


class UntranslatableError(ValueError):
    """A pattern that Python's `re` has no words for; the text says which part."""


@lru_cache(maxsize=4096)
def find_pattern(source: str, *, ascii_only: bool = False) -> str | None:
    """The Python spelling of a model's pattern; None when it is not enforced or has none.

    Search with it (`re.search`): whole-value patterns carry their own anchors. With `ascii_only`
    the Unicode classes cover ASCII alone, which compiles fast and is right for ASCII values.
    """
    if source in unchecked():
        return None
    try:
        return translate(source, ascii_only=ascii_only)
    except UntranslatableError:
        return None


def translate(source: str, *, ascii_only: bool = False) -> str:
    """`source` in Python's spelling. Raises `UntranslatableError`."""
    if source.startswith("/^") and source.endswith("$/"):
        source = source[1:-1]  # a JavaScript literal, slashes and all
    flags = "a"
    if source.startswith("(?i)"):
        source, flags = source[4:], "ai"
    elif source.startswith("(?s)"):
        source, flags = source[4:], "as"
    if "&&[" in source:
        raise UntranslatableError("class intersection")
    anchored_end = source.endswith("$") and not source.endswith(r"\$")
    body = _body(source[:-1] if anchored_end else source, ascii_only)
    if anchored_end:
        text = rf"(?{flags}){body}\Z"
    elif source.startswith("^"):
        text = f"(?{flags}){body}"
    else:
        text = rf"(?{flags})\A(?:{body})\Z"
    try:
        _compiled(text)
    except (re.error, OverflowError, FutureWarning) as problem:
        raise UntranslatableError(str(problem)) from None
    return text


@lru_cache(maxsize=4096)
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(text)


def matches(source: str, value: str) -> bool:
    """Whether `value` satisfies the model's pattern `source`; True for one not enforced."""
    ascii_only = value.isascii() or BEYOND_ASCII.search(source) is None
    text = find_pattern(source, ascii_only=ascii_only)
    return text is None or _compiled(text).search(value) is not None


@cache
def unchecked() -> frozenset[str]:
    """The patterns that are not enforced: the lines of `unchecked_patterns.txt`."""
    text = Path(__file__).with_name(UNCHECKED_FILE).read_text(encoding="utf-8")
    lines = (line for line in text.split("\n") if line and not line.startswith("## "))
    return frozenset(lines)


def _body(source: str, ascii_only: bool) -> str:
    out: list[str] = []
    in_class = False
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind == "plain":
            piece = found["plain"]
            if piece == "[" and in_class:
                piece = r"\["
            elif piece == "[":
                in_class = True
            elif piece == "]":
                in_class = False
            out.append(piece)
        elif kind in ("in", "out"):
            out.append(_named_class(found[kind], kind == "out", in_class, ascii_only))
        elif kind == "hex":
            out.append(re.escape(chr(int(found["hex"], 16))))
        elif kind == "named":
            out.append(found["named"] + (r"\-" if in_class else "-"))
        elif kind == "union":
            out.append("" if in_class else "||")
        else:
            out.append(r"\Z" if kind == "end" else "\U00010000-\U0010ffff")
    return "".join(out)


def _named_class(name: str, negated: bool, in_class: bool, ascii_only: bool) -> str:
    inside = _members(name, ascii_only)
    if negated and in_class:
        return _complement(name, ascii_only)
    if in_class:
        return inside
    return f"[^{inside}]" if negated else f"[{inside}]"


def _members(name: str, ascii_only: bool) -> str:
    name = _ALIASES.get(name, name)
    return _POSIX[name] if name in _POSIX else _written(_ranges(name, False, ascii_only))


def _complement(name: str, ascii_only: bool) -> str:
    return _written(_ranges(_ALIASES.get(name, name), True, ascii_only))


@lru_cache(maxsize=64)
def _ranges(name: str, negated: bool, ascii_only: bool) -> tuple[tuple[int, int], ...]:
    """The code points whose general category starts with `name`, or does not, as ranges.

    A class may not be empty: one that has nothing in ASCII holds a character that is not ASCII.
    """
    if name not in CATEGORIES:
        raise UntranslatableError(rf"\p{{{name}}}")
    runs = _runs_of(range(ASCII_END)) if ascii_only else _runs()
    return _chosen(runs, name, negated) or ((ASCII_END, ASCII_END),)


def _chosen(
    runs: tuple[tuple[int, int, str], ...], name: str, negated: bool
) -> tuple[tuple[int, int], ...]:
    return tuple(
        (start, end) for start, end, category in runs if category.startswith(name) != negated
    )


@cache
def _runs() -> tuple[tuple[int, int, str], ...]:
    """Every run of code points of one general category; planes 4 to 13 hold no characters."""
    return (
        *_runs_of(range(0x40000)),
        (0x40000, 0xDFFFF, "Cn"),
        *_runs_of(range(0xE0000, 0xE1000)),
        (0xE1000, 0xEFFFF, "Cn"),
        (0xF0000, sys.maxunicode, "Co"),
    )


def _runs_of(points: range) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    start = points.start
    for category, run in groupby(map(unicodedata.category, map(chr, points))):
        size = sum(1 for _ in run)
        found.append((start, start + size - 1, category))
        start += size
    return tuple(found)


def _written(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in ranges)
