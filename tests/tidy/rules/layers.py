"""Who may import whom, among our own folders and of other people's libraries.

Rules of this file: the tables are the law, and have no exceptions. An import for the type checker
counts as well: it is knowledge all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import MappingProxyType

from tests.tidy.house import PACKAGE, Finding, House, Source

# layer -> the layers it may import, besides itself
LAYERS = MappingProxyType(
    {
        "kernel": (),
        "wire": (),
        "languages": (),
        "world": ("kernel",),
        "engines": (),
        "cloud": ("kernel", "wire", "languages", "world"),
        "services": ("cloud", "languages", "world", "engines"),
        "control": ("cloud", "kernel", "wire", "__version__"),
        "drills": ("control", "world"),
        "server": ("control", "cloud", "kernel", "wire", "engines", "__version__"),
        "cli": ("control", "server", "__version__"),
        "console": ("control", "server", "__version__"),
        "testing": ("control", "server", "cloud", "wire", "__version__"),
        "__version__": (),  # no folder, but the one constant of the front door that all may tell
        "": ("cli", "testing"),  # the front door: `import cloudchamber`, and the pytest plugin
    }
)

# layer -> the libraries it may import; a layer that is not listed may import any declared one
LIBRARIES = MappingProxyType(
    {
        "kernel": (),
        "wire": ("msgspec", "orjson", "cbor2", "botocore", "cryptography"),
        "languages": ("msgspec", "orjson"),
        "world": ("msgspec", "orjson", "sortedcontainers", "numpy"),
        "cloud": (
            "msgspec",
            "orjson",
            "sortedcontainers",
            "botocore",
            "cryptography",
            "jwt",
            "awscrt",
        ),
        "services": ("msgspec", "orjson", "sortedcontainers", "botocore", "cryptography", "jwt"),
        "control": ("msgspec", "orjson"),
        "drills": ("msgspec", "orjson", "numpy"),
    }
)


def layers_hold(house: House) -> Iterator[Finding]:
    """Each import between our own folders is in the table."""
    for source in house.package:
        if source.layer not in LAYERS:
            yield Finding(source.path, 1, f"no such layer: {source.layer}")
            continue
        allowed = (*LAYERS[source.layer], source.layer)
        for line, target, _ in source.imports:
            parts = target.split(".")
            if parts[0] != PACKAGE or source.layer == "" == _layer_of(parts):
                continue
            if _layer_of(parts) not in allowed:
                yield Finding(source.path, line, f"{source.layer or 'the door'} imports {target}")


def _layer_of(parts: list[str]) -> str:
    """The layer that `cloudchamber.x.y` names; the door's own names belong to no layer."""
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else ""


def services_are_strangers(house: House) -> Iterator[Finding]:
    """No service imports another: it calls the other's public operations, as AWS does."""
    for source in house.package:
        if source.layer != "services":
            continue
        for line, target, _ in source.imports:
            parts = target.split(".")
            if parts[:2] == [PACKAGE, "services"] and parts[2:3] != [source.service]:
                yield Finding(source.path, line, f"{source.service} imports {target}")


def libraries_fit_the_layer(house: House) -> Iterator[Finding]:
    """The lower layers import only the libraries that the table gives them."""
    for source in house.package:
        allowed = LIBRARIES.get(source.layer)
        if allowed is None:
            continue
        for line, library in outside_imports(source):
            if library not in allowed:
                yield Finding(source.path, line, f"{source.layer} imports {library}")


def outside_imports(source: Source) -> Iterator[tuple[int, str]]:
    """The top-level names of everything imported that is neither ours nor Python's."""
    ours = (PACKAGE, "_cloudchamber_pytest", "tests", "tools", "benchmarks", "__future__")
    for line, target, _ in source.imports:
        library = target.partition(".")[0]
        if library not in ours and library not in sys.stdlib_module_names:
            yield line, library
