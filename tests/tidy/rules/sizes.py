"""How large things may be: files, functions, classes and lines.

Rules of this file: the numbers only ever become smaller. Blank lines, comments and docstrings
count: they are read too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.tidy.house import Finding, House

FILE_LINES = 600
FUNCTION_LINES = 70
CLASS_LINES = 300
COLUMNS = 100


def files_are_short(house: House) -> Iterator[Finding]:
    """No Python file has more than 600 lines."""
    for source in house.python:
        lines = len(source.text.splitlines())
        if lines > FILE_LINES:
            yield Finding(source.path, 1, f"{lines} lines, at most {FILE_LINES}")


def definitions_are_short(house: House) -> Iterator[Finding]:
    """No function has more than 70 lines and no class more than 300."""
    for source in house.python:
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                limit = FUNCTION_LINES
            elif isinstance(node, ast.ClassDef):
                limit = CLASS_LINES
            else:
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > limit:
                yield Finding(source.path, node.lineno, f"{node.name}: {lines} lines, not {limit}")


def lines_are_narrow(house: House) -> Iterator[Finding]:
    """No line is wider than 100 columns, except by an address at its end: it cannot be broken."""
    for source in house.python:
        for number, line in enumerate(source.text.splitlines(), 1):
            if len(line) > COLUMNS and not _ends_in_address(line):
                yield Finding(source.path, number, f"{len(line)} columns, at most {COLUMNS}")


def _ends_in_address(line: str) -> bool:
    before, _, last = line.rstrip().rpartition(" ")
    return "://" in last and len(before) < COLUMNS
