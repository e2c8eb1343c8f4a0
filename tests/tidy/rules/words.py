"""What no file of the repository may say: places of one machine, notes to do it later, and more.

Rules of this file: each pattern has a letter in brackets, so that it does not find itself.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from tests.tidy.house import Finding, House

PLACES = (
    r"/[w]ork/",
    r"/[r]oot/",
    r"/[h]ome/\w+/",
    r"/[U]sers/\w+/",
    r"\b[p]ypi\.org\b",
    r"\b[p]ythonhosted\.org\b",
    r"\b[r]egistry\.(npmjs|yarnpkg|terraform)\b",
    r"\b[d]eb\.debian\.org\b",
)
WRITERS = (
    r"\b[A]nthropic\b",
    r"\b[C]laude\b",
    r"\b[O]penAI\b",
    r"\b[C]hatGPT\b",
    r"\b[i]ssue #?\d+\b",
)
LATER = (r"\b[T]ODO\b", r"\b[F]IXME\b", r"\b[X]XX\b", r"\b[H]ACK\b")
SHARED = r"\.\./[s]hared"
SHARED_READERS = ("tests/articles/",)
LICENSE = "LICENSE"


def no_machine_is_named(house: House) -> Iterator[Finding]:
    """No path of one machine and no package registry's address."""
    yield from _search(house, re.compile("|".join(PLACES), re.IGNORECASE))


def nobody_signs(house: House) -> Iterator[Finding]:
    """The repository speaks of the project alone."""
    yield from _search(house, re.compile("|".join(WRITERS), re.IGNORECASE))


def nothing_reaches_outside(house: House) -> Iterator[Finding]:
    """Only the articles' tests read what lies beside the repository."""
    for finding in _search(house, re.compile(SHARED)):
        if not finding.path.startswith(SHARED_READERS):
            yield finding


def _search(house: House, pattern: re.Pattern[str]) -> Iterator[Finding]:
    for path, text in house.files.items():
        if path != LICENSE:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                yield Finding(path, line, f"says '{match[0]}'")


def comments_promise_nothing(house: House) -> Iterator[Finding]:
    """No comment puts something off: what is not done is refused by name."""
    pattern = re.compile("|".join(LATER))
    for source in house.python:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT and (match := pattern.search(token.string)):
                yield Finding(source.path, token.start[0], f"says {match[0]}")
