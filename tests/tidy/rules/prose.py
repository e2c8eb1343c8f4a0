"""What is written for people: how Python files open, and how Markdown is built.

Rules of this file: only shape is judged here; whether the words are true, other tests see to.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from tests.tidy.house import Finding, House

DECISIONS = "docs/decisions/"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`]*`")


def files_can_be_read(house: House) -> Iterator[Finding]:
    """Every Python file is Python, as the oldest version that we run on knows it."""
    for source in house.python:
        if source.error:
            yield Finding(source.path, source.error.lineno or 1, str(source.error.msg))


def files_open_with_their_rules(house: House) -> Iterator[Finding]:
    """Every Python file that holds anything opens with a docstring."""
    for source in house.python:
        if source.text.strip() and not source.error and not ast.get_docstring(source.tree):
            yield Finding(source.path, 1, "does not open with a docstring")


def markdown_has_one_title(house: House) -> Iterator[Finding]:
    """A Markdown file opens with its title and has no second one."""
    for path, text in house.markdown.items():
        lines = list(_prose_lines(text))
        titles = [number for number, line in lines if line.startswith("# ")]
        if not lines or not lines[0][1].startswith("# "):
            yield Finding(path, 1, "does not open with a title")
        for number in titles[1:]:
            yield Finding(path, number, "a second title")


def links_lead_somewhere(house: House) -> Iterator[Finding]:
    """A link to a file of the repository leads to one that is there."""
    folders = {posixpath.dirname(path) for path in house.files}
    for path, text in house.markdown.items():
        for number, line in _prose_lines(text):
            for match in LINK.finditer(CODE.sub("", line)):
                target = match[1].partition("#")[0]
                if not target or re.match(r"[a-z]+:", target):
                    continue
                found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if found not in house.files and found not in folders:
                    yield Finding(path, number, f"leads nowhere: {match[1]}")


def decisions_are_listed(house: House) -> Iterator[Finding]:
    """Every decision record is in the index, and has the four parts of a record."""
    index = house.files.get(f"{DECISIONS}README.md", "")
    for path, text in house.markdown.items():
        name = path.removeprefix(DECISIONS)
        if not path.startswith(DECISIONS) or name == "README.md":
            continue
        if f"({name})" not in index:
            yield Finding(path, 1, "not in the index of decisions")
        for part in ("**Question.**", "**Measured.**", "**Choice.**", "**Rejected.**"):
            if part not in text:
                yield Finding(path, 1, f"has no {part}")


def _prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are neither blank nor inside a fence, with their numbers."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and line.strip():
            yield number, line
