"""A store of Podman's own for a session of tests, with an image made of this machine's Python.

Rules of this file: nothing is fetched. The image holds the interpreter with its libraries, the AWS
SDK, and an application that speaks the Runtime API by itself, as an image of a user's does. It is
made once for each process of tests, and goes with it.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest

FOUND = Path(__file__).resolve().parents[4] / ".clients" / "found.json"
ACCOUNT = "111111111111"
URI = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/parrot:1"
NAME = "localhost/parrot:1"
LEFT_OUT = ("site-packages", "test", "idlelib", "tkinter", "ensurepip", "lib2to3", "turtledemo")
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
SERVICES = ("sqs",)  # a model is large; the application needs only these
PATIENCE_S = 300

BOOTSTRAP = """
import http.client, importlib, json, os, sys, traceback

module, _, name = sys.argv[1].partition(".")
handler = getattr(importlib.import_module(module), name)
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
while True:
    api.request("GET", base + "next")
    asked = api.getresponse()
    event = json.loads(asked.read())
    own = base + asked.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        body, verb = json.dumps(handler(event, asked.headers)), "/response"
    except Exception as error:
        traceback.print_exc()
        told = {"errorType": type(error).__name__, "errorMessage": str(error)}
        body, verb = json.dumps(told), "/error"
    api.request("POST", own + verb, body)
    api.getresponse().read()
"""

APPLICATION = """
import os, select, sys, time

count = 0

def handler(event, told):
    global count
    count += 1
    print("working on", event)
    return globals()[event.get("do", "parrot")](event, told)

def second(event, told):
    return ["second", *sys.argv[1:], os.getcwd()]

def written(path):
    try:
        with open(path, "w") as file:
            file.write("x")
        return True
    except OSError as error:
        return str(error)

def parrot(event, told):
    left = int(told["Lambda-Runtime-Deadline-Ms"]) - time.time() * 1000
    return {
        "event": event, "count": count, "environment": dict(os.environ), "user": os.getuid(),
        "left": left, "now": time.time(), "in_tmp": written("/tmp/own"),
        "in_root": written("/own"), "in_shm": os.path.exists("/dev/shm"),
        "files": sorted(os.listdir("/tmp")), "folder": os.getcwd(), "arguments": sys.argv[1:],
        "request": told["Lambda-Runtime-Aws-Request-Id"],
    }

def hang(event, told):
    select.select([], [], [], 600)

def leave(event, told):
    os._exit(event["code"])

def fail(event, told):
    raise ValueError("too small")

def eat(event, told):
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1 << 20)) * 8)

def send(event, told):
    import boto3
    queue = boto3.client("sqs").get_queue_url(QueueName=event["queue"])["QueueUrl"]
    return boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="from inside")["MessageId"]
"""


@pytest.fixture(scope="session")
def container_store() -> Iterator[Path]:
    """A store with the image, which every Podman that this process begins uses from now on."""
    found: dict[str, Any] = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    if "podman" not in found:
        reason = found.get("missing", {}).get("podman", "run `python -m tools.clients` first")
        pytest.skip(f"podman: {reason}")
    # Podman wants its places short: with more than 50 letters its own clean-up refuses them, and
    # the end of a container is noticed much later.
    folder = Path(tempfile.mkdtemp(prefix="containers-"))
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\n'
        f'graphroot = "{folder / "root"}"\nrunroot = "{folder / "run"}"\n'
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        try:
            _import(folder)
            yield folder
            podman("rm", "--all", "--force", "--time=0")
            podman("rmi", "--all", "--force")
        finally:
            shutil.rmtree(folder)


def podman(*arguments: str) -> str:
    """What a command of Podman printed."""
    done = subprocess.run(
        ["podman", *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def containers() -> list[str]:
    """The names of all containers of the store, running or not."""
    return podman("ps", "--all", "--format", "{{.Names}}").split()


def inside() -> list[str]:
    """The states of all processes that run in containers of the image: `S`, `T` for stopped ..."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"OF_THE_IMAGE=yes\0" in (folder / "environ").read_bytes():
                found.append((folder / "stat").read_text().rpartition(")")[2].split()[0])
        except OSError:
            continue  # it has just ended
    return [state for state in found if state not in "ZX"]


def _import(folder: Path) -> None:
    tar = folder / "image.tar"
    with tarfile.open(tar, "w") as archive:
        _add_python(archive)
        _add_sdk(archive)
        _add_text(archive, "var/runtime/bootstrap.py", BOOTSTRAP)
        _add_text(archive, "var/task/app.py", APPLICATION)
        _add_text(archive, "tmp/.keep", "")
    entrypoint = json.dumps([interpreter(), "-B", "-u", "/var/runtime/bootstrap.py"])
    changes = (
        f"ENTRYPOINT {entrypoint}",
        'CMD ["app.handler"]',
        "WORKDIR /var/task",
        "ENV PYTHONPATH=/var/task:/opt/python",
        "ENV OF_THE_IMAGE=yes",
    )
    podman("import", *(f"--change={change}" for change in changes), str(tar), NAME)
    tar.unlink()


def interpreter() -> str:
    """Where the image's Python is: at the same place as on this machine."""
    return str(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]


def _add_python(archive: tarfile.TarFile) -> None:
    """The interpreter, its library, and the shared libraries of both, at their own places."""
    program = interpreter()
    library = Path(sysconfig.get_path("stdlib"))

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        name = Path(member.name).name
        if name in LEFT_OUT or name.startswith("config-") or name.endswith((".exe", ".a")):
            return None
        return _readable(member)

    archive.add(program, program, filter=_readable)
    archive.add(library, str(library), filter=wanted)
    needed = {Path(program), *(library / "lib-dynload").glob("*.so")}
    for path in sorted(_libraries(needed)):
        archive.add(os.path.realpath(path), path, filter=_readable)


def _libraries(programs: set[Path]) -> set[str]:
    done = subprocess.run(
        ["ldd", *map(str, sorted(programs))], capture_output=True, text=True, check=False
    )
    return set(re.findall(r"(?:=> |^\s+)(/\S+)", done.stdout, re.MULTILINE))


def _add_sdk(archive: tarfile.TarFile) -> None:
    site = Path(botocore.__file__).parent.parent
    data = f"{site}/botocore/data/".lstrip("/")

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        inside = member.name.removeprefix("opt/python/botocore/data/")
        if inside != member.name and "/" not in inside and member.isdir():
            return _readable(member) if inside in SERVICES else None
        return _readable(member) if not member.name.startswith(data) else None

    for name in SDK:
        archive.add(site / name, f"opt/python/{name}", filter=wanted)


def _readable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Everybody may read it, as an image's files must be for Lambda."""
    member.uid = member.gid = 0
    member.mode |= 0o555 if member.isdir() or member.mode & 0o100 else 0o444
    return member


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text)
    member.mode = 0o644
    archive.addfile(member, io.BytesIO(text.encode()))
