"""What the rules look at: every text file of the repository, and its Python files as trees.

Rules of this file: a `House` is plain text by path, so a rule's own tests build one from a snippet.
Nothing is imported or run to inspect it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

SKIPPED = frozenset({"__pycache__", "node_modules", "build", "dist", "htmlcov"})
HIDDEN_KEPT = frozenset({".ci", ".gitignore"})
BINARY = frozenset({".gz", ".zip", ".png", ".jpg", ".ico", ".woff2", ".pyc", ".whl", ".bin"})

OLDEST_PYTHON = (3, 11)
PACKAGE = "cloudchamber"
PACKAGE_PATH = f"src/{PACKAGE}/"


class Finding(NamedTuple):
    """Where the house breaks a rule, and how."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Import(NamedTuple):
    """One imported thing: its full dotted name, and whether a function does the importing."""

    line: int
    target: str
    inside_function: bool


class Source:
    """One Python file."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def tree(self) -> ast.Module:
        """The file's tree; an empty one when it is no Python (`error` says so)."""
        try:
            return ast.parse(self.text, self.path, feature_version=OLDEST_PYTHON)
        except SyntaxError:
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def error(self) -> SyntaxError | None:
        """Why the oldest Python that we run on could not read it, if so."""
        try:
            ast.parse(self.text, self.path, feature_version=OLDEST_PYTHON)
        except SyntaxError as error:
            return error
        return None

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, in no promised order."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def module(self) -> str:
        """The dotted name by which it is imported."""
        path = self.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
        return path.replace("/", ".")

    @cached_property
    def layer(self) -> str:
        """The folder of the package that it lives in; "" for the package's own front door."""
        if not self.path.startswith(PACKAGE_PATH):
            return ""
        first, slash, _ = self.path.removeprefix(PACKAGE_PATH).partition("/")
        return first if slash else ""

    @cached_property
    def service(self) -> str:
        """The service's folder name when the file belongs to one, else ""."""
        if self.layer != "services":
            return ""
        first, slash, _ = self.path.removeprefix(f"{PACKAGE_PATH}services/").partition("/")
        return first if slash else ""

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything it imports, relative names made absolute, one entry for each name."""
        return tuple(_imports(self, self.tree, False))

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """What the names bound by imports stand for: `dt` -> `datetime.datetime`."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    found[name.asname or name.name.partition(".")[0]] = (
                        name.name if name.asname else name.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for name in node.names:
                    found[name.asname or name.name] = f"{_from(self, node)}.{name.name}"
        return MappingProxyType(found)

    def dotted(self, node: ast.AST) -> str:
        """`dt.now` as `datetime.datetime.now`, by the file's imports; "" for anything else."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, "")
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""


def _from(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")
    if not source.path.endswith("/__init__.py"):
        package.pop()
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _imports(source: Source, node: ast.AST, inside: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for name in child.names:
                yield Import(child.lineno, name.name, inside)
        elif isinstance(child, ast.ImportFrom):
            for name in child.names:
                yield Import(child.lineno, f"{_from(source, child)}.{name.name}", inside)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(source, child, inside or function)


class House:
    """Every text file by its path from the root, with forward slashes."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = MappingProxyType(dict(sorted(files.items())))

    @cached_property
    def python(self) -> tuple[Source, ...]:
        """Every Python file."""
        return tuple(Source(p, text) for p, text in self.files.items() if p.endswith(".py"))

    @cached_property
    def package(self) -> tuple[Source, ...]:
        """The Python files that are shipped."""
        return tuple(source for source in self.python if source.path.startswith("src/"))

    @cached_property
    def tests(self) -> tuple[Source, ...]:
        """The Python files under tests/."""
        return tuple(source for source in self.python if source.path.startswith("tests/"))

    @cached_property
    def markdown(self) -> Mapping[str, str]:
        """The Markdown files."""
        return MappingProxyType({p: t for p, t in self.files.items() if p.endswith(".md")})

    @cached_property
    def service_folders(self) -> tuple[str, ...]:
        """The names of the folders under services/."""
        root = f"{PACKAGE_PATH}services/"
        inside = (p.removeprefix(root) for p in self.files if p.startswith(root))
        return tuple(sorted({p.partition("/")[0] for p in inside if "/" in p}))


def read_house(root: Path) -> House:
    """The repository as it lies on disk, without what tools made."""
    return House({path.relative_to(root).as_posix(): _text(path) for path in _walk(root)})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in HIDDEN_KEPT
        if hidden or path.name in SKIPPED or path.name.endswith(".egg-info"):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file() and path.suffix not in BINARY:
            yield path
