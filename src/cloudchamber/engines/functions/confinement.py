"""A /tmp of its own for each environment, and an end with the chamber, where the machine allows it.

Rules of this file: util-linux's own programs, tried once before they are relied on. Code writes to
`/tmp` by name, and two environments that share it would find each other's files there. So a process
gets a mount namespace in which its private folder lies over /tmp; without one (no Linux, no rights,
something that it needs lies in /tmp itself) it has TMPDIR only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

from cloudchamber.engines.functions.variables import Places

TMP: Final = Path("/tmp")
PROBE_S: Final = 5
# $1 is the folder to be /tmp, $2 the engine's own folder, which must stay where it is.
SCRIPT: Final = (
    'case "$2" in /tmp/*) mkdir -p "$1${2#/tmp}" && mount --bind "$2" "$1${2#/tmp}" || exit 126;; '
    'esac; mount --rbind "$1" /tmp || exit 126; shift 2; exec "$@"'
)


def confined(argv: tuple[str, ...], places: Places, engine: Path) -> tuple[str, ...]:
    """The command that runs this one with a /tmp of its own, to be killed should this process die;
    of both what can be had."""
    needed = (places.task, places.packages, Path(sys.prefix), *map(Path, argv))
    hidden = any(_is_below(path, TMP) and not _is_below(path, engine) for path in needed)
    prefix = None if hidden else namespace()
    if prefix is None:
        return (*ending_with_us(), *argv)
    own = (*prefix, "/bin/sh", "-c", SCRIPT, "sh", str(places.tmp), str(engine))
    return (*own, *ending_with_us(), *argv)


def ending_with_us() -> tuple[str, ...]:
    """What a command begins with so that its process is killed should this one die, where the
    machine has the program for it; elsewhere the next chamber puts away what is left."""
    program = shutil.which("setpriv")
    if program is None:
        return ()
    drop = ("--ambient-caps", "-all", "--inh-caps", "-all") if os.getuid() else ()
    return (program, *drop, "--pdeathsig", "KILL", "--")


@lru_cache(maxsize=1)
def namespace() -> tuple[str, ...] | None:
    """What a command begins with to have mounts of its own; None where that cannot be had."""
    program = shutil.which("unshare")
    if program is None or shutil.which("setpriv") is None:
        return None
    own_user = ("--user", "--map-current-user", "--keep-caps") if os.getuid() else ()
    prefix = (program, *own_user, "--mount", "--propagation", "private", "--")
    try:
        run = subprocess.run(
            (*prefix, "/bin/sh", "-c", 'mount --rbind "$1" "$1"', "sh", str(TMP)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return prefix if run.returncode == 0 else None


def _is_below(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
