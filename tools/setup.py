"""Make `.venv` and install the project into it: `python3 -m tools.setup [run|demo|test|dev]`.

Rules of this file: standard library only, since it runs before anything is installed; a second run
that has nothing to do ends in well under a second; a failure says what to do next.

The idea: a stamp inside the environment holds a hash of everything that decides what belongs in
it (pyproject.toml, the interpreter, where the repository lies) and the profile installed so far.
While the stamp fits there is nothing to do. Profiles grow: `run` is enough for a chamber, `demo`
adds what the stories need, `test` what the tests import, `dev` the linter and the type checker.
"""

from __future__ import annotations

import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
PROFILES = ("run", "demo", "test", "dev")  # each holds the ones before it
OLDEST = (3, 11)


class SetupError(Exception):
    """Something the machine lacks; the text says what to do about it."""


def say(text: str) -> None:
    """One line for the person watching, shown at once."""
    sys.stdout.write(text + "\n")  # in one piece: threads may speak at the same time
    sys.stdout.flush()


def run_quietly(
    command: list[str], purpose: str, timeout_s: int = 900, *, folder: Path = ROOT
) -> str:
    """Run `command` and return its output; raise SetupError with its last lines if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{purpose}: {command[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"{purpose}: still not done after {timeout_s} s") from error
    if done.returncode != 0:
        said = f"{done.stdout}\n{done.stderr}".strip().splitlines()
        tail = "\n".join("    " + line for line in said[-15:])
        raise SetupError(f"{purpose} failed (exit code {done.returncode}):\n{tail}")
    return done.stdout


def python_of(venv: Path) -> Path:
    """The interpreter inside an environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip_install(venv: Path, what: list[str], purpose: str) -> None:
    """Install `what` into `venv`, silently unless it fails."""
    pip = [str(python_of(venv)), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run_quietly([*pip, "install", "-qq", *what], purpose)


def make_venv(venv: Path) -> None:
    """Make an environment with pip in it, unless there is a working one.

    Debian splits `ensurepip` off into python3-venv. Where it is missing we install that package if
    we may, else let a pip that is already on the machine put itself into the environment.
    """
    if python_of(venv).exists() and _has_module(str(python_of(venv)), "pip"):
        return
    if venv.exists():
        shutil.rmtree(venv)
    if not _has_module(sys.executable, "ensurepip"):
        _install_debian_package("python3-venv")
    if _has_module(sys.executable, "ensurepip"):
        run_quietly([sys.executable, "-m", "venv", str(venv)], f"making {venv.name}")
    elif _has_module(sys.executable, "pip"):
        run_quietly([sys.executable, "-m", "venv", "--without-pip", str(venv)], "making .venv")
        outside = [sys.executable, "-m", "pip", "--python", str(python_of(venv))]
        run_quietly([*outside, "install", "-qq", "pip"], "putting pip into .venv")
    else:
        raise SetupError(
            "this Python can make no environment: neither ensurepip nor pip is installed.\n"
            "    On Debian and Ubuntu: sudo apt-get install python3-venv\n"
            "    Then run the same command again."
        )


def _has_module(python: str, module: str) -> bool:
    probe = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec('{module}'))"
    done = subprocess.run(
        [python, "-P", "-c", probe],  # -P: the folders here are no modules of the machine's
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def _install_debian_package(name: str) -> None:
    """Try `apt-get install NAME` as root or through a sudo that asks nothing; never raise."""
    if shutil.which("apt-get") is None:
        return
    prefix: list[str] = []
    if os.geteuid() != 0:
        prefix = ["sudo", "-n"]
        if shutil.which("sudo") is None:
            return
    say(f"setup: installing Debian's {name}, which this Python needs to make an environment")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    try:
        run_quietly([*apt, "update"], "apt-get update")
        run_quietly([*apt, "install", "--no-install-recommends", name], f"installing {name}")
    except SetupError as error:
        say(f"setup: that did not work: {error}")


def wanted_hash() -> str:
    """What decides the contents of the environment, as one short text."""
    parts = (
        (ROOT / "pyproject.toml").read_bytes(),
        sys.version.encode(),
        str(ROOT).encode(),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def read_stamp() -> tuple[str, int]:
    """The hash that `.venv` was made for and how far into PROFILES it went; ("", -1) if never."""
    try:
        stamp = json.loads(STAMP.read_text())
        found = str(stamp["hash"]), PROFILES.index(stamp["profile"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", -1
    return found if python_of(VENV).exists() else ("", -1)


def compile_sources() -> None:
    """Keep Python's compiled form of our code, which takes longer to make than a chamber to start.

    Python does so itself when it may; where PYTHONDONTWRITEBYTECODE is set it never would.
    """
    compileall.compile_dir(ROOT / "src", quiet=2)


def install(profile: str) -> None:
    """Bring `.venv` to `profile`. Raises SetupError."""
    compile_sources()
    stamped_hash, stamped = read_stamp()
    if stamped_hash == wanted_hash() and stamped >= PROFILES.index(profile):
        return
    profile = PROFILES[max(stamped, PROFILES.index(profile))]  # never less than was there
    started = time.monotonic()
    say(f"setup: making .venv and installing the project for '{profile}' (about a minute) ...")
    make_venv(VENV)
    extras = "" if profile == "run" else f"[{profile}]"
    pip_install(VENV, ["--editable", f"{ROOT}{extras}"], "installing the project with pip")
    STAMP.write_text(json.dumps({"hash": wanted_hash(), "profile": profile}) + "\n")
    say(f"setup: ready after {time.monotonic() - started:.0f} s")


def main(arguments: list[str]) -> int:
    """Exit code 0 when the environment is ready, 1 when it cannot be, 2 for a wrong argument."""
    profile = arguments[0] if arguments else "dev"
    if len(arguments) > 1 or profile not in PROFILES:
        print(f"usage: python3 -m tools.setup [{'|'.join(PROFILES)}]", file=sys.stderr)
        return 2
    if sys.version_info < OLDEST:
        has = ".".join(map(str, sys.version_info[:3]))
        print(f"setup: Python 3.11 or newer is needed, this is {has}.", file=sys.stderr)
        print("    Name another one: make PYTHON=python3.11 ...", file=sys.stderr)
        return 1
    try:
        install(profile)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
