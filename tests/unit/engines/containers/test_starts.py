"""The command that starts a container: what is in every one, and what only where it can be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cloudchamber.engines.containers.commands import Engine
from cloudchamber.engines.containers.starts import Means, Start, run_command, write_variables

PODMAN = Engine("podman", "/usr/bin/podman")
DOCKER = Engine("docker", "/usr/bin/docker")
START = Start(
    name="box-1",
    label="owner=box",
    image="cd" * 32,
    argv=("/entry", "--fast", "app.handler; rm -r /"),
    tmp=Path("/t/tmp"),
    variables=Path("/t/variables"),
    awkward=(("LINES", "one\ntwo"),),
    pid_file=Path("/t/pid"),
    memory_mb=256,
    file_bytes_max=512,
)
ALWAYS = {
    "--rm", "--pull=never", "--network=host", "--read-only", "--cap-drop=all", "--ipc=none",
    "--security-opt=no-new-privileges", "--volume=/t/tmp:/tmp:rw,Z", "--ulimit=core=0:0",
    "--ulimit=fsize=512:512", "--name=box-1", "--label=owner=box", "--env-file=/t/variables",
    "--env=LINES=one\ntwo", "--entrypoint=/entry", "--hostname=localhost",
}  # fmt: skip
LEAST = Means(user=False, memory=False, processes=False, cgroup=False)


@pytest.mark.parametrize("engine", [PODMAN, DOCKER])
@pytest.mark.parametrize("means", [Means(), LEAST])
def test_what_keeps_a_container_in_its_place_is_in_every_command(
    engine: Engine, means: Means
) -> None:
    words = run_command(engine, means, START)
    assert words[0] == engine.path
    assert set(words) >= ALWAYS
    # Its program is arguments after the image, each of them one word.
    assert words[words.index(START.image) :] == (START.image, *START.argv[1:])


def test_limits_are_set_where_they_can_be() -> None:
    limits = {"--memory=256m", "--memory-swap=256m", "--pids-limit=1024"}
    assert set(run_command(PODMAN, Means(), START)) >= limits
    least = run_command(PODMAN, LEAST, START)
    assert not limits & {*least}
    assert "--cgroups=disabled" in least
    assert "--cgroups=disabled" not in run_command(DOCKER, LEAST, START)


@pytest.mark.parametrize(
    ("uid", "engine", "user"),
    [
        (0, PODMAN, ["--user=993:990"]),
        (0, DOCKER, ["--user=993:990"]),
        (1000, PODMAN, ["--userns=keep-id:uid=993,gid=990", "--user=993:990"]),
        (1000, DOCKER, ["--user=1000:100"]),
    ],
)
def test_nobody_is_root_in_it(
    monkeypatch: pytest.MonkeyPatch, uid: int, engine: Engine, user: list[str]
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(os, "getgid", lambda: 100)
    words = run_command(engine, Means(), START)
    assert [word for word in words if word.startswith("--user")] == user
    assert not [word for word in run_command(engine, LEAST, START) if word.startswith("--user")]


def test_podman_hands_over_its_pipe_and_docker_is_asked_nothing_it_does_not_know() -> None:
    own = {"--log-driver=passthrough", "--pidfile=/t/pid", "--http-proxy=false"}
    assert set(run_command(PODMAN, Means(), START)) >= own
    assert not own & {*run_command(DOCKER, Means(), START)}


def test_a_folder_is_named_only_when_it_is_not_the_images() -> None:
    assert not [word for word in run_command(PODMAN, Means(), START) if "workdir" in word]
    other = Start(**{name: getattr(START, name) for name in START.__struct_fields__}
                  | {"folder": "/w"})  # fmt: skip
    assert "--workdir=/w" in run_command(PODMAN, Means(), other)


def test_variables_go_into_a_private_file_where_it_can_hold_them(tmp_path: Path) -> None:
    path = tmp_path / "variables"
    variables = {"PLAIN": "a/b+c=", "SPACED": "a b", "EMPTY": "", "QUOTED": "'a'", "LINES": "a\nb",
                 "HASH": "# a", "END": "a "}  # fmt: skip
    awkward = dict(write_variables(path, variables))
    assert path.read_text() == "PLAIN=a/b+c=\nSPACED=a b\nEMPTY=\n"
    assert {*awkward} == {"QUOTED", "LINES", "HASH", "END"}
    assert path.stat().st_mode & 0o777 == 0o600
