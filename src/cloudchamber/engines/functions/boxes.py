"""Environments that are containers: images looked up, containers begun, their faults told.

Rules of this file: whatever asks the container engine does so on a thread, so that the loop never
waits; which engine there is, and what it can do here, is found out when the first image needs it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from cloudchamber.engines.containers.commands import Engine, NoEngine, find_engine
from cloudchamber.engines.containers.container import Container, Removals, labelled, remove
from cloudchamber.engines.containers.images import look_up
from cloudchamber.engines.containers.starts import Means, Start, find_means, write_variables
from cloudchamber.engines.functions import faults
from cloudchamber.engines.functions.family import Family
from cloudchamber.engines.functions.leftovers import NOTE
from cloudchamber.engines.functions.orders import MB, Order, Outcome
from cloudchamber.engines.functions.variables import container_variables

T = TypeVar("T")
THREADS: Final = 4
CLOSING_S: Final = 20
LABEL: Final = "cloudchamber.functions"
REFUSED: Final = re.compile(r"exec: .*?(?=: OCI |\n|$)")
CONTAINER_ID: Final = re.compile(r"[0-9a-f]{64}")


class Boxes:
    """What an engine of functions has to do with containers. Made for the first image."""

    def __init__(self, owner: str) -> None:
        """`owner` is the name of the folder that all of them belong to."""
        self._label = f"{LABEL}={owner}"
        self._owner = owner
        self._threads = ThreadPoolExecutor(THREADS, "cloudchamber-containers")
        self._pending: set[asyncio.Future[Any]] = set()
        self._loop = asyncio.get_running_loop()
        self._removals = Removals(self._submit)
        self._means: dict[Engine, Means] = {}
        self._used: dict[Engine, None] = {}

    def _submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        future = self._loop.run_in_executor(self._threads, work)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    async def look_up(self, uri: str) -> dict[str, Any]:
        """What the local store has by this ImageUri, as services read it."""

        def look() -> dict[str, Any]:
            try:
                image = look_up(find_engine(), uri)
            except NoEngine as error:
                return {"status": "no-engine", "reason": str(error)}
            if image is None:
                return {"status": "absent"}
            return {
                "status": "found",
                "id": image.id,
                "digest": image.digest,
                "entrypoint": list(image.entrypoint),
                "command": list(image.command),
            }

        return await self._submit(look)

    async def box(self, order: Order, number: int, own: Path) -> Box:
        """Make ready for a container that lives in this folder. Raises NoEngine."""

        def find() -> tuple[Engine, Means]:
            engine = find_engine()
            means = self._means.get(engine)
            if means is None:
                means = self._means[engine] = find_means(engine, order.code.image, own / "tmp")
            return engine, means

        engine, means = await self._submit(find)
        self._used[engine] = None
        return Box(engine, means, self._removals, self._label, f"{self._owner}-{number}", own)

    async def close(self) -> None:
        """See every container gone, and every thread."""
        last = [self._submit(partial(self._remove_all, engine)) for engine in self._used]
        waited = {*last, *self._pending}
        if waited:
            await asyncio.wait(waited, timeout=CLOSING_S)
        self._threads.shutdown(wait=not self._pending, cancel_futures=True)

    def _remove_all(self, engine: Engine) -> None:
        """What was being made while it was ended is known by its label alone."""
        remove(engine, labelled(engine, self._label))


class Box(NamedTuple):
    """The place of one container, which is begun once."""

    engine: Engine
    means: Means
    removals: Removals
    label: str
    name: str
    own: Path

    def begin(self, order: Order, api: str, home: str, argv: tuple[str, ...]) -> Container:
        """Begin it with this program. Raises OSError."""
        tmp = self.own / "tmp"
        variables = self.own / "variables"
        awkward = write_variables(variables, container_variables(order, api, home))
        (self.own / NOTE).write_text(f"{self.engine.name} {self.name}\n")
        start = Start(
            name=self.name,
            label=self.label,
            image=order.code.image,
            argv=argv,
            folder=order.code.workdir,
            tmp=tmp,
            variables=variables,
            awkward=awkward,
            pid_file=self.own / "pid",
            memory_mb=order.memory_mb,
            file_bytes_max=order.ephemeral_mb * MB,
        )
        return Container(self.engine, self.means, start, self.removals)


def fault(order: Order, family: Family, code: int, in_init: bool) -> Outcome:
    """The outcome of a runtime that ended before it answered."""
    runtime = family.runtime
    if runtime is None or runtime.began or not in_init:
        if runtime is not None and runtime.is_held and code == faults.KILLED:
            return faults.out_of_memory(order)  # nobody else can kill a container's first process
        return faults.ended(order, code, in_init)
    family.drain()
    said = family.output.take().decode("utf-8", "replace").strip()
    workdir = order.code.workdir
    if "workdir" in said or "chdir" in said:
        kind, reason = "InvalidWorkingDir", f"chdir {workdir}: no such file or directory"
    else:
        found = REFUSED.search(said)
        kind = "InvalidEntrypoint"
        reason = found[0] if found else said.rpartition("\n")[2] or f"exit code {code}"
        reason = CONTAINER_ID.sub("(its id)", reason)  # which no two runs have in common
    outcome = faults.no_start(order, f"Runtime.{kind}", reason)
    argv = " ".join(order.code.argv)
    outcome.log = (
        f"IMAGE\tLaunch error: {reason}\tEntrypoint: [{argv}]\tWorkingDir: [{workdir}]\n".encode()
    )
    return outcome
