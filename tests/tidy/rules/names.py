"""What files and folders may be called, and where things lie.

Rules of this file: a name says what is inside. Words that could stand for anything are banned, and
so are words that say that something was written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.tidy.house import PACKAGE_PATH, Finding, House
from tests.tidy.rules.layers import LAYERS

BANNED = frozenset("util utils helper helpers common manager managers misc v2 legacy".split())
SERVICE_FILES = frozenset(
    "README.md __init__.py service.py nouns.py lifecycle.py engine.py limits.py stack.py".split()
)
# Names of layers or of kinds of code, where a service names its nouns.
NO_NOUNS = frozenset(
    "api base constants core handler handlers impl main model models operation operations routes "
    "schema schemas".split()
)
NOUN_FILE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.(py|json|toml)")
MANDATORY = ("README.md", "__init__.py", "service.py")
README_SAYS = ("behaves", "recorded", "refused", "surprise")


def names_say_something(house: House) -> Iterator[Finding]:
    """No Python file and no folder that holds one has a banned word in its name."""
    for source in house.python:
        for part in PurePosixPath(source.path).with_suffix("").parts:
            if found := BANNED.intersection(re.split(r"[_\-.]", part.lower())):
                yield Finding(source.path, 1, f"the name holds '{sorted(found)[0]}'")


def service_folders_have_one_shape(house: House) -> Iterator[Finding]:
    """A service's folder holds the mandatory files, the known ones, and files named by nouns."""
    for service in house.service_folders:
        folder = f"{PACKAGE_PATH}services/{service}/"
        inside = [path.removeprefix(folder) for path in house.files if path.startswith(folder)]
        for name in MANDATORY:
            if name not in inside:
                yield Finding(folder, 1, f"{name} is missing")
        for relative in inside:
            name = PurePosixPath(relative).name
            if name not in SERVICE_FILES and not _is_noun_file(name):
                yield Finding(folder + relative, 1, "neither a known file nor one named by a noun")


def _is_noun_file(name: str) -> bool:
    return bool(NOUN_FILE.fullmatch(name)) and name.partition(".")[0] not in NO_NOUNS


def services_are_declared(house: House) -> Iterator[Finding]:
    """`service.py` holds `SERVICE = Service(...)` and defines nothing that runs."""
    for source in house.package:
        if not source.service or source.path.rpartition("/")[2] != "service.py":
            continue
        if not re.search(r"^SERVICE(: \w+)? = Service\(", source.text, re.MULTILINE):
            yield Finding(source.path, 1, "no SERVICE = Service(")
        for match in re.finditer(r"^\s*(async def|def|class) (\w+)", source.text, re.MULTILINE):
            line = source.text.count("\n", 0, match.start(2)) + 1
            yield Finding(source.path, line, f"defines {match[2]}; a declaration runs nothing")


def services_are_described(house: House) -> Iterator[Finding]:
    """A service's README tells what behaves, what is recorded, what is refused, and surprises."""
    for service in house.service_folders:
        path = f"{PACKAGE_PATH}services/{service}/README.md"
        text = house.files.get(path, "").lower()
        for word in README_SAYS:
            if word not in text:
                yield Finding(path, 1, f"does not say what {word}")


def tests_mirror_the_package(house: House) -> Iterator[Finding]:
    """Unit tests lie in the folder of the layer they test, and each service has its own."""
    for source in house.tests:
        parts = PurePosixPath(source.path).parts
        if parts[:2] != ("tests", "unit") or len(parts) < 4:
            continue
        if parts[2] not in LAYERS:
            yield Finding(source.path, 1, f"no such layer: {parts[2]}")
        elif parts[2] == "services" and len(parts) > 4 and parts[3] not in house.service_folders:
            yield Finding(source.path, 1, f"no such service: {parts[3]}")
    for service in house.service_folders:
        folder = f"tests/unit/services/{service}/"
        if not any(path.startswith(f"{folder}test_") for path in house.files):
            yield Finding(folder, 1, "the service has no unit tests")
