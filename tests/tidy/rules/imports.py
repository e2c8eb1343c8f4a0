"""Where imports stand, what they may need, and which modules nobody imports.

Rules of this file: an import inside a function is for the faces, and for libraries that are slow to
load and seldom needed. Everything imported is declared, and everything declared is imported.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from tests.tidy.house import PACKAGE, Finding, House, Source
from tests.tidy.rules.layers import outside_imports

# Slow to load and not needed by every run, so a function may import them.
LAZY = frozenset(
    "awscrt boto3 botocore cbor2 cryptography dask duckdb h2 http httptools jwt numpy rich "
    "sqlglot ssl uvloop".split()
)
# Our own that are: the codecs of protocols that a chamber may never be spoken to in, and what runs
# functions, in a chamber that may never have one.
LAZY_MODULES = frozenset(
    f"{PACKAGE}.wire.protocols.{name}" for name in ("ec2", "query", "rest_json", "rest_xml")
) | {f"{PACKAGE}.server.functions.crew"}
# The faces: each verb loads what it needs, and the doors load nothing until they are used.
LAZY_LAYERS = frozenset({"cli"})
DOORS = (f"src/{PACKAGE}/__init__.py", "src/_cloudchamber_pytest.py")

# distribution -> the name it is imported by, where they differ
MODULE_OF = MappingProxyType({"pyjwt": "jwt", "pytest-xdist": "xdist"})
TEST_LIBRARIES = frozenset({"pytest", "hypothesis"})  # the pytest plugin may meet them

# Found by listing a folder, so no import names them.
LISTED = (
    f"{PACKAGE}.services.*.service",
    f"{PACKAGE}.services.*.stack",
    f"{PACKAGE}.cli.commands.*",
)
# The two that list those folders; nobody else imports by a name made at run time.
FINDERS = (f"src/{PACKAGE}/cloud/registry.py", f"src/{PACKAGE}/cli/__init__.py")
ENTRIES = (PACKAGE, f"{PACKAGE}.__main__", f"{PACKAGE}.cli", "_cloudchamber_pytest")


def imports_stand_on_top(house: House) -> Iterator[Finding]:
    """No import inside a function, except in the faces and of what is slow to load."""
    slow = {source.module for source in house.package if _loads_slowly(source)} | LAZY_MODULES
    for source in house.package:
        if source.layer in LAZY_LAYERS or source.path in DOORS:
            continue
        for line, target, inside in source.imports:
            if (
                inside
                and target.partition(".")[0] not in LAZY
                and slow.isdisjoint(_with_parents(target))
            ):
                yield Finding(source.path, line, f"a function imports {target}")


def _loads_slowly(source: Source) -> bool:
    """Whether importing this module of ours loads one of the slow libraries."""
    return any(
        target.partition(".")[0] in LAZY and not inside for _, target, inside in source.imports
    )


def imports_are_written_out(house: House) -> Iterator[Finding]:
    """Nothing is imported by a name made at run time, which no rule about layers would see."""
    for source in house.package:
        if source.path in FINDERS:
            continue
        for node in source.nodes:
            by_name = isinstance(node, ast.Name) and node.id == "__import__"
            if by_name or source.dotted(node) == "importlib.import_module":
                yield Finding(source.path, getattr(node, "lineno", 1), "imports by a made-up name")


def imports_are_declared(house: House) -> Iterator[Finding]:
    """Every library that the package imports is a dependency in pyproject.toml."""
    needed, optional = _declared(house)
    for source in house.package:
        extra = TEST_LIBRARIES if source.layer in ("testing", "") else frozenset()
        for line, library in outside_imports(source):
            if library not in needed and library not in optional | extra:
                yield Finding(source.path, line, f"{library} is not declared in pyproject.toml")


def dependencies_are_used(house: House) -> Iterator[Finding]:
    """Every dependency is imported somewhere, and a decision record tells why it is there."""
    needed, _ = _declared(house)
    imported = {library for source in house.package for _, library in outside_imports(source)}
    records = "\n".join(t for p, t in house.files.items() if p.startswith("docs/decisions/"))
    for module, distribution in needed.items():
        if module not in imported:
            yield Finding("pyproject.toml", 1, f"nothing imports {distribution}")
        if not re.search(rf"\b{re.escape(distribution)}\b", records, re.IGNORECASE):
            yield Finding("docs/decisions/", 1, f"no record says why {distribution} is needed")


def _declared(house: House) -> tuple[Mapping[str, str], frozenset[str]]:
    """The modules of the dependencies with their distributions, and those of the extras."""
    settings = tomllib.loads(house.files.get("pyproject.toml", ""))
    project: dict[str, Any] = settings.get("project", {})
    needed = {_module_of(line): _name_of(line) for line in project.get("dependencies", ())}
    extras: dict[str, list[str]] = project.get("optional-dependencies", {})
    testing = frozenset({"test", "dev"})
    lines = (line for extra, some in extras.items() if extra not in testing for line in some)
    return needed, frozenset(map(_module_of, lines))


def _name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def _module_of(requirement: str) -> str:
    name = _name_of(requirement)
    return MODULE_OF.get(name, name.replace("-", "_"))


def every_module_is_reached(house: House) -> Iterator[Finding]:
    """No module lies dead: each is reached from an entry, by import, by name or by listing."""
    modules = {source.module: source for source in house.package}
    waiting = [name for name in modules if name in ENTRIES or _is_listed(name)]
    reached = set(waiting)
    while waiting:
        source = modules[waiting.pop()]
        for name in _mentions(source):
            for module in _with_parents(name):
                if module in modules and module not in reached:
                    reached.add(module)
                    waiting.append(module)
    for name, source in modules.items():
        if name not in reached and source.text.strip() and not _is_package(source):
            yield Finding(source.path, 1, "no entry reaches this module")


def _is_listed(module: str) -> bool:
    return any(fnmatchcase(module, pattern) for pattern in LISTED)


def _is_package(source: Source) -> bool:
    return source.path.endswith("/__init__.py")


def _with_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _mentions(source: Source) -> Iterator[str]:
    """What it imports, and the modules it names in strings: in full, or a neighbour by its stem."""
    for _, target, _ in source.imports:
        yield target
    package = source.module if _is_package(source) else source.module.rpartition(".")[0]
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.partition(":")[0]
            if text.startswith(f"{PACKAGE}."):
                yield text
            elif text.isidentifier():
                yield f"{package}.{text}"
