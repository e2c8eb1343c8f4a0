"""Images in the engine's local store: found by an ImageUri, never pulled.

Rules of this file: what an image is called at AWS is looked for as it is, then without its
registry: what was built as `app:1` is `ACCOUNT.dkr.ecr.REGION.amazonaws.com/app:1` as well.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from cloudchamber.engines.containers.commands import Engine, NoEngine, ask

REGISTRY: Final = re.compile(r"\d{12}\.dkr\.ecr[-.a-z0-9]*\.amazonaws\.com(?:\.cn)?/")
ABSENT: Final = ("image not known", "no such image", "no such object")


class Image(msgspec.Struct, frozen=True):
    """An image of the store. `id` names it there for ever, `digest` is its manifest's where the
    engine knows one; `entrypoint` and `command` are its own."""

    id: str
    digest: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


def candidates(uri: str) -> tuple[str, ...]:
    """The names by which the store may have it, in the order they are tried."""
    short = REGISTRY.sub("", uri, count=1)
    return (uri,) if short == uri else (uri, short)


def look_up(engine: Engine, uri: str) -> Image | None:
    """The image, or None when the store has none of its names. Raises NoEngine."""
    for name in candidates(uri):
        said = ask(engine, "image", "inspect", name)
        if said.code == 0:
            return read_image(said.out)
        if not any(text in said.error.lower() for text in ABSENT):
            raise NoEngine(f"{engine.name} does not work: {said.reason}")
    return None


def read_image(text: str) -> Image:
    """What `image inspect` printed. Raises NoEngine when that is something else."""
    try:
        found: dict[str, Any] = msgspec.json.decode(text)[0]
        config = found.get("Config") or {}
        digests = found.get("RepoDigests") or ()
        named = next((each.partition("@")[2] for each in digests), "")
        identity = str(found["Id"])
        return Image(
            id=identity,
            digest=found.get("Digest") or named or _digest(identity),
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
        )
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError) as error:
        raise NoEngine(f"`image inspect` printed what is not known here: {error!r}") from error


def _digest(identity: str) -> str:
    return identity if identity.startswith("sha256:") else f"sha256:{identity}"
