"""Which program runs a runtime: the machine's own Python or Node, or the package's `bootstrap`.

Rules of this file: what the machine has is found, never installed. Where it has another version of
the same language, that one stands in and the outcome's log says so; where it has none, the order is
refused by name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

BOOTSTRAPS: Final = Path(__file__).resolve().parent / "bootstraps"
PYTHON_BOOTSTRAP: Final = BOOTSTRAPS / "python.boot"
NODE_BOOTSTRAP: Final = BOOTSTRAPS / "node.mjs"
# What AWS's Python runtimes carry besides the standard library.
PYTHON_PACKAGES: Final = (
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py",
)  # fmt: skip
VERSION = re.compile(r"(?:python|nodejs)(\d+(?:\.\d+)?)(?:\.x)?")
PROBE_S: Final = 10


class NoRuntime(Exception):
    """The machine cannot run this; the text says what is missing."""


class Program(NamedTuple):
    """What to run. `stand_in` tells of a version that is not the one asked for, or is empty."""

    argv: tuple[str, ...]
    language: str
    stand_in: str = ""
    folder: str = ""  # the interpreter's own, which a function finds on its PATH


def find_program(runtime: str, task_root: Path, layers: Path) -> Program:
    """The program of a runtime. Raises NoRuntime."""
    if runtime.startswith("python"):
        return _python(runtime)
    if runtime.startswith("nodejs"):
        return _node(runtime)
    if runtime.startswith("provided") or runtime == "go1.x":
        for folder in (task_root, layers):
            bootstrap = folder / "bootstrap"
            if bootstrap.is_file():
                if not os.access(bootstrap, os.X_OK):
                    raise NoRuntime(f"fork/exec {bootstrap.name}: permission denied")
                return Program((str(bootstrap),), "provided")
        raise NoRuntime(f"Couldn't find valid bootstrap(s): [{layers / 'bootstrap'}]")
    raise NoRuntime(f"this machine runs no {runtime or 'function without a runtime'} functions")


def wrapped(program: Program, wrapper: str, task_root: Path, layers: Path) -> Program:
    """The program begun by a script of the function's own (AWS_LAMBDA_EXEC_WRAPPER).

    Raises NoRuntime. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
    """
    if not wrapper or program.language == "provided":
        return program
    for name, place in (("/var/task/", task_root), ("/opt/", layers)):
        if wrapper.startswith(name):
            found = place / wrapper.removeprefix(name)
            if found.is_file() and os.access(found, os.X_OK):
                return program._replace(argv=(str(found), *program.argv))
    raise NoRuntime(f"{wrapper}: does not exist, or is not executable")


def _python(runtime: str) -> Program:
    path, version = python_of(_version(runtime))
    argv = (path, "-S", "-s", "-B", str(PYTHON_BOOTSTRAP))
    note = _stand_in("python", runtime, version)
    return Program(argv, "python", note, str(Path(path).parent))


def _node(runtime: str) -> Program:
    path = shutil.which("node")
    if path is None:
        raise NoRuntime(f"{runtime} needs Node, and there is no `node` on the PATH")
    version = _node_version(path)
    wanted = _version(runtime)
    note = "" if version.partition(".")[0] == wanted else _note("node", runtime, version)
    return Program((path, str(NODE_BOOTSTRAP)), "nodejs", note, str(Path(path).parent))


@lru_cache(maxsize=32)
def python_of(version: str) -> tuple[str, str]:
    """An interpreter of this version (`3.12`) if there is one, else ours; with its version."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = getattr(sys, "_base_executable", None) or sys.executable
    if version and version != own:
        # On the PATH, or beside ours as version managers lay them out.
        beside = Path(base).resolve().parent.parent.parent.glob(f"{version}.*/bin/python{version}")
        for found in (shutil.which(f"python{version}"), *map(str, sorted(beside))):
            if found is not None and _answers(found, version):
                return found, version
    return base, own


def _answers(path: str, version: str) -> bool:
    """Whether it is an interpreter and not a shim that leads nowhere."""
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        run = subprocess.run(
            [path, "-S", "-c", probe], capture_output=True, timeout=PROBE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.stdout.decode("ascii", "replace").strip() == version


@lru_cache(maxsize=4)
def _node_version(path: str) -> str:
    try:
        run = subprocess.run([path, "--version"], capture_output=True, timeout=PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRuntime(f"{path} does not answer: {error}") from error
    return run.stdout.decode("ascii", "replace").strip().lstrip("v")


def _version(runtime: str) -> str:
    match = VERSION.fullmatch(runtime)
    return match.group(1) if match else ""


def _stand_in(language: str, runtime: str, version: str) -> str:
    return "" if runtime == f"{language}{version}" else _note(language, runtime, version)


def _note(language: str, runtime: str, version: str) -> str:
    return f"{language} {version} stands in for {runtime}, which this machine does not have"


def link_python_packages(folder: Path) -> None:
    """Lay out boto3 and what it needs, and nothing else of ours, for functions to import."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = find_spec("boto3")
    if spec is None or spec.origin is None:
        return
    site = Path(spec.origin).resolve().parent.parent
    for name in PYTHON_PACKAGES:
        source, target = site / name, folder / name
        if source.exists() and not target.exists():
            target.symlink_to(source)
