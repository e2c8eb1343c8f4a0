"""Which engine is used, and what is said when there is none: told by programs that only pretend."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudchamber.engines.containers import images
from cloudchamber.engines.containers.commands import Engine, NoEngine, ask, find_engine
from cloudchamber.engines.containers.container import labelled, remove
from cloudchamber.engines.containers.starts import LADDER, Means, find_means

Pretend = Callable[..., Engine]


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Put a program of this name on the PATH, as the only one there; `body` sees `words`."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(name: str, body: str) -> Engine:
        path = tmp_path / name
        path.write_text(f"#!{sys.executable}\nimport os, sys\nwords = sys.argv[1:]\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return Engine(name, str(path))

    return make


NO_DAEMON = "sys.exit('Cannot connect to the Docker daemon. Is the docker daemon running?')"


def test_podman_comes_first(pretend: Pretend) -> None:
    docker = pretend("docker", "print('[]')")
    assert find_engine() == docker
    podman = pretend("podman", "print('5.0.0')")
    assert find_engine() == podman


def test_the_reason_names_each_engine(pretend: Pretend) -> None:
    pretend("docker", NO_DAEMON)
    reason = (
        "there is no podman on the PATH; docker does not work: Cannot connect to the Docker daemon"
    )
    with pytest.raises(NoEngine, match=reason):
        find_engine()


def test_what_did_not_work_is_tried_again(pretend: Pretend) -> None:
    pretend("docker", NO_DAEMON)
    with pytest.raises(NoEngine):
        find_engine()
    docker = pretend("docker", "print('[]')")
    assert find_engine() == docker


def test_docker_without_root_cannot_reach_the_chamber(pretend: Pretend) -> None:
    pretend("docker", """print('["name=seccomp,profile=builtin","name=rootless"]')""")
    with pytest.raises(NoEngine, match="a network of its own"):
        find_engine()


def test_other_systems_have_none(pretend: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend("podman", "print('5.0.0')")
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(NoEngine, match="needs Linux"):
        find_engine()


def test_an_engine_gets_its_own_settings_and_nothing_else(
    pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_OWN_SECRET", "sesame")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", "/some/where")
    said = ask(pretend("podman", "print(sorted(os.environ))"))
    assert "CONTAINERS_STORAGE_CONF" in said.out
    assert "SECRET" not in said.out
    assert "AWS_PROFILE" not in said.out


def test_a_command_that_does_not_end_is_given_up(pretend: Pretend) -> None:
    engine = pretend("podman", "import select; select.select([], [], [], 60)")
    with pytest.raises(NoEngine, match="did not end within 0 s"):
        ask(engine, "info", timeout_s=0.2)


URI = "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/app:1"
KNOWN = (
    "if words[-1] == 'team/app:1':\n"
    """    print('[{"Id": "cd", "Digest": "sha256:ab", "Config": {"Cmd": ["a.b"]}}]')\n"""
    "else:\n    sys.exit('Error: %s: image not known' % words[-1])"
)


def test_an_image_is_found_by_its_name_and_without_its_registry(pretend: Pretend) -> None:
    assert images.candidates(URI) == (URI, "team/app:1")
    assert images.candidates("localhost/app:1") == ("localhost/app:1",)
    engine = pretend("podman", KNOWN)
    assert images.look_up(engine, URI) == images.Image("cd", "sha256:ab", (), ("a.b",))
    assert images.look_up(engine, URI.replace("app", "other")) is None


def test_an_engine_that_breaks_is_not_an_image_that_is_absent(pretend: Pretend) -> None:
    engine = pretend("podman", "sys.exit('Error: database is locked')")
    with pytest.raises(NoEngine, match="podman does not work: Error: database is locked"):
        images.look_up(engine, URI)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ('[{"Id": "cd", "Digest": "sha256:ab", "RepoDigests": ["x@sha256:00"]}]', "sha256:ab"),
        ('[{"Id": "sha256:cd", "RepoDigests": ["x@sha256:00"], "Config": null}]', "sha256:00"),
        ('[{"Id": "sha256:cd", "RepoDigests": []}]', "sha256:cd"),
        ('[{"Id": "cd"}]', "sha256:cd"),
    ],
)
def test_a_digest_is_the_manifests_where_it_is_known(text: str, digest: str) -> None:
    assert images.read_image(text).digest == digest


@pytest.mark.parametrize("text", ["", "[]", "{}", "[3]", '[{"Digest": "sha256:ab"}]'])
def test_what_is_not_known_is_said(text: str) -> None:
    with pytest.raises(NoEngine, match="not known here"):
        images.read_image(text)


@pytest.mark.parametrize(
    ("trouble", "means"),
    [
        ("'never'", Means()),
        ("'--memory'", Means(memory=False)),
        ("'--pids-limit'", Means(memory=False, processes=False)),
        ("'--user'", Means(user=False)),
    ],
)
def test_what_the_machine_cannot_do_is_given_up_step_by_step(
    pretend: Pretend, tmp_path: Path, trouble: str, means: Means
) -> None:
    body = (
        f"if any(word.startswith({trouble}) for word in words):\n"
        "    print('Error: no such controller', file=sys.stderr)\n"
        "    sys.exit(126)\n"
        "sys.exit(127)"
    )
    assert find_means(pretend("podman", body), "cd", tmp_path) == means
    assert means in LADDER


def test_where_no_container_begins_the_first_complaint_is_told(
    pretend: Pretend, tmp_path: Path
) -> None:
    engine = pretend("podman", "sys.exit('Error: %d words' % len(words))")
    with pytest.raises(NoEngine, match=r"podman begins no container: Error: \d+ words"):
        find_means(engine, "cd", tmp_path)


def test_containers_are_found_by_their_label_and_removed_at_once(
    pretend: Pretend, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    engine = pretend("podman", f"open({str(told)!r}, 'a').write(repr(words)); print('a b')")
    assert labelled(engine, "owner=me") == ("a", "b")
    remove(engine, ("a", "b"))
    remove(engine, ())
    assert told.read_text() == (
        "['ps', '--all', '--quiet', '--filter=label=owner=me']"
        "['rm', '--force', '--time=0', '--ignore', 'a', 'b']"
    )
