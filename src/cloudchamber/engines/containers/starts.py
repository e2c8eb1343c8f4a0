"""The command that starts a container, and how much of it the machine can do.

Rules of this file: text in, text out, but for one probe. What keeps a container in its place is in
every command (no capabilities, no new privileges, a root that cannot be written, no pull); limits
and users, which not every machine can set, are given up one by one until a container begins.
"""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from cloudchamber.engines.containers.commands import Engine, NoEngine, Said, ask

USER: Final = "993:990"  # Lambda's own user, `sbx_user1051`, as functions find themselves there
PROCESSES_MAX: Final = 1024
ALL_PROCESSES_MAX: Final = 16384  # of the user in all containers; Podman itself keeps to 32768
FILES_MAX: Final = 1024
NOT_FOUND: Final = 127  # the container was all there, but for its program
PROBE: Final = "/cloudchamber-probe"
PROBE_MB: Final = 128
# What an env file can hold as it is, whichever engine reads it.
PLAIN: Final = re.compile(r"[A-Za-z0-9_./:+=@,%~ -]*[A-Za-z0-9_./:+=@,%~-]|")


class Means(NamedTuple):
    """What the machine can do for a container: a user of its own, limits, a control group."""

    user: bool = True
    memory: bool = True
    processes: bool = True
    cgroup: bool = True


LADDER: Final = tuple(
    Means(user, *rest)
    for user in (True, False)
    for rest in (
        (True, True, True), (False, True, True), (False, False, True), (False, False, False),
    )
)  # fmt: skip


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """A container to be. `argv` is its program with arguments, `folder` where it begins (empty: as
    the image says), `tmp` what lies at /tmp, `label` what all of one owner have."""

    name: str
    label: str
    image: str
    argv: tuple[str, ...]
    folder: str = ""
    tmp: Path
    variables: Path
    awkward: tuple[tuple[str, str], ...] = ()
    pid_file: Path
    memory_mb: int
    file_bytes_max: int


def run_command(engine: Engine, means: Means, start: Start) -> tuple[str, ...]:
    """The whole command. It ends with the container, and with its exit code."""
    own = (f"--pidfile={start.pid_file}", "--log-driver=passthrough")
    workdir = (f"--workdir={start.folder}",) if start.folder else ()
    more = tuple(f"--env={name}={value}" for name, value in start.awkward)
    return (
        *_run(engine, means, start.tmp, start.memory_mb),
        *(own if engine.name == "podman" else ()),
        f"--ulimit=fsize={start.file_bytes_max}:{start.file_bytes_max}",
        f"--name={start.name}",
        f"--label={start.label}",
        f"--env-file={start.variables}",
        *more,
        *workdir,
        f"--entrypoint={start.argv[0]}",
        start.image,
        *start.argv[1:],
    )


def _run(engine: Engine, means: Means, tmp: Path, memory_mb: int) -> tuple[str, ...]:
    """What every container begins with."""
    words = [engine.path]
    if engine.name == "podman":
        words += ["--log-level=error", "run", "--http-proxy=false", "--read-only-tmpfs=false",
                  "--unsetenv=TERM", "--unsetenv=container"]  # fmt: skip
    else:
        words.append("run")
    words += [
        "--rm",
        "--pull=never",
        "--network=host",
        "--hostname=localhost",
        "--ipc=none",
        "--read-only",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        f"--volume={tmp}:/tmp:rw,Z",
        "--ulimit=core=0:0",
        f"--ulimit=nofile={_at_most(resource.RLIMIT_NOFILE, FILES_MAX)}",
        f"--ulimit=nproc={_at_most(resource.RLIMIT_NPROC, ALL_PROCESSES_MAX)}",
    ]
    if means.user:
        words += _user(engine)
    if means.memory:
        words += [f"--memory={memory_mb}m", f"--memory-swap={memory_mb}m"]
    if means.processes:
        words.append(f"--pids-limit={PROCESSES_MAX}")
    if not means.cgroup and engine.name == "podman":
        words.append("--cgroups=disabled")
    return tuple(words)


def _at_most(which: int, wanted: int) -> str:
    """A limit of ours that this process may hand on: engines ask for more than that otherwise."""
    _, hard = resource.getrlimit(which)
    number = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return f"{number}:{number}"


def _user(engine: Engine) -> list[str]:
    """Somebody without rights, who owns nothing that we could not remove afterwards."""
    if os.getuid() == 0:
        return [f"--user={USER}"]
    if engine.name == "podman":
        uid, _, gid = USER.partition(":")
        return [f"--userns=keep-id:uid={uid},gid={gid}", f"--user={USER}"]
    return [f"--user={os.getuid()}:{os.getgid()}"]


def find_means(engine: Engine, image: str, tmp: Path) -> Means:
    """Begin containers of this image, for a program that it does not have, until one is whole but
    for that: what the machine can do. Raises NoEngine with what the first attempt complained of."""
    first: Said | None = None
    for means in LADDER:
        words = _run(engine, means, tmp, PROBE_MB)[1:]
        said = ask(engine, *words, f"--entrypoint={PROBE}", image)
        if said.code == NOT_FOUND:
            return means
        first = first or said
    assert first is not None
    raise NoEngine(f"{engine.name} begins no container: {first.reason}")


def write_variables(path: Path, variables: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Put variables into a file for `--env-file`, which no other user can read as they could an
    argument; those that such a file cannot hold come back. Raises OSError."""
    plain = {name: text for name, text in variables.items() if PLAIN.fullmatch(text)}
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w") as lines:
        lines.writelines(f"{name}={text}\n" for name, text in plain.items())
    return tuple((name, text) for name, text in variables.items() if name not in plain)
