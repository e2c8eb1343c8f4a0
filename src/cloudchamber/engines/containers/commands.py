"""Which container engine the machine has, and what one of its commands said.

Rules of this file: nothing is asked before somebody needs it; arguments are lists, no shell; of our
own environment an engine's program gets what it needs to find its store and nothing else. Why
there is none is said precisely enough to do something about it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from typing import Final, NamedTuple

NAMES: Final = ("podman", "docker")
ANSWER_S: Final = 60  # a first command may have to make the engine's store
KEPT: Final = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_REGISTRIES_CONF", "STORAGE_DRIVER", "STORAGE_OPTS", "DOCKER_CONFIG",
    "DOCKER_CONTEXT", "DOCKER_HOST",
)  # fmt: skip


class NoEngine(Exception):
    """There is no container engine that works; the text says why."""


class Engine(NamedTuple):
    """A container engine: `podman` or `docker`, and where its program is."""

    name: str
    path: str


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    error: str

    @property
    def reason(self) -> str:
        """The last line of its complaint."""
        lines = [line.strip() for line in self.error.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.code}"


def find_engine() -> Engine:
    """The first engine of the machine that answers. Raises NoEngine."""
    if not sys.platform.startswith("linux"):
        raise NoEngine("containers share the network of this machine, which needs Linux")
    reasons = []
    for name in NAMES:
        path = shutil.which(name)
        if path is None:
            reasons.append(f"there is no {name} on the PATH")
            continue
        engine = Engine(name, path)
        try:
            _check(engine)
        except NoEngine as error:
            reasons.append(f"{name} does not work: {error}")
        else:
            return engine
    raise NoEngine("; ".join(reasons))


@lru_cache(maxsize=8)
def _check(engine: Engine) -> None:
    """See that it answers. Raises NoEngine, which is not remembered."""
    shown = "{{.Version.Version}}" if engine.name == "podman" else "{{json .SecurityOptions}}"
    said = ask(engine, "info", "--format", shown)
    if said.code or (engine.name == "docker" and not said.out.strip()):
        raise NoEngine(said.reason)
    if engine.name == "docker" and "name=rootless" in said.out:
        raise NoEngine("without root it has a network of its own, which cannot reach the chamber")


def ask(engine: Engine, *arguments: str, timeout_s: float = ANSWER_S) -> Said:
    """Run one command of the engine to its end. Raises NoEngine when it does not come."""
    try:
        done = subprocess.run(
            (engine.path, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=engine_environment(),
            timeout=timeout_s,
            check=False,
        )
    except OSError as error:
        raise NoEngine(str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise NoEngine(f"`{arguments[0]}` did not end within {timeout_s:.0f} s") from error
    out, complaint = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Said(done.returncode, out, complaint)


def engine_environment() -> dict[str, str]:
    """What an engine's program gets of our own environment; a container gets none of it."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}
