"""The engine: orders in, outcomes out, environments kept warm in between.

Rules of this file: one event loop, one thread. Which environment serves an order depends on the
orders and outcomes before it and on the chamber's clock, and on nothing that two runs do apart.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from cloudchamber.engines.containers.commands import NoEngine
from cloudchamber.engines.functions import faults
from cloudchamber.engines.functions.archives import ArchiveError, CodeFolders
from cloudchamber.engines.functions.boxes import Boxes
from cloudchamber.engines.functions.environment import Environment
from cloudchamber.engines.functions.interpreters import (
    NoRuntime,
    Program,
    find_program,
    link_python_packages,
    wrapped,
)
from cloudchamber.engines.functions.leftovers import OwnFolder, remove
from cloudchamber.engines.functions.orders import Code, Order, Outcome
from cloudchamber.engines.functions.streams import Sink
from cloudchamber.engines.functions.variables import Places

MINUTE_NS: Final = 60_000_000_000


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`patience` is how many times its timeout a function may take on the machine's clock.

    An environment ends after `idle_ns` without work or `life_ns` in all, on the chamber's clock;
    more than `warm_max` idle ones are not kept. `hot_folders` are the folders below which a
    function's code may be used as it lies there, without an archive; none by default.
    """

    patience: float = 2.0
    idle_ns: int = 10 * MINUTE_NS
    life_ns: int = 45 * MINUTE_NS
    warm_max: int = 32
    hot_folders: tuple[str, ...] = ()


class Home(Protocol):
    """The chamber, as processes reach it."""

    async def open(self, environment: int) -> str:
        """Open an address for the calls of one environment: its URL. Raises OSError."""
        ...

    def close(self, environment: int) -> None:
        """The environment has ended."""
        ...

    def finished(self, ticket: str, outcome: Outcome) -> None:
        """The outcome of an order."""
        ...

    def asleep(self, ticket: str, delay_ns: int, wake: Callable[[], None]) -> None:
        """A process sleeps on the chamber's clock; `wake` ends that."""
        ...

    def streaming(self, ticket: str, content_type: str, room: Callable[[], None]) -> Sink:
        """An answer is streamed: who takes it. `room` is for when a piece had to wait."""
        ...


class Functions:
    """Every environment of one chamber."""

    def __init__(self, home: Home, settings: EngineSettings, parent: Path | None = None) -> None:
        """Everything lies in a new folder in `parent` (the machine's temporary folder by default),
        which is made for the first order and removed at `close`."""
        self._home = home
        self._settings = settings
        self._parent = parent
        self._own: OwnFolder | None = None
        self._codes: CodeFolders | None = None
        self._boxes: Boxes | None = None
        self._count = 0
        self._idle: dict[Environment, None] = {}  # longest idle first
        self._busy: dict[str, Environment] = {}
        self._tickets: dict[int, str] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def begin(self, ticket: str, order: Order, walking: bool) -> None:
        """Carry out an order; its outcome goes to `Home.finished`, later.

        Once the engine is closed nothing is begun: orders may come until the world has stopped.
        """
        if self._is_closed:
            return
        self._retire(order)
        environment = self._find_idle(order)
        if environment is not None:
            del self._idle[environment]
            self._busy[ticket] = environment
            self._tickets[environment.number] = ticket
            environment.invoke(order, walking)
            return
        self._count += 1
        try:
            environment = self._make(self._count, order)
        except NoRuntime as error:
            self._refuse(ticket, order, "Runtime.InvalidEntrypoint", str(error))
        except (ArchiveError, OSError) as error:
            self._refuse(ticket, order, "Runtime.InvalidPackage", str(error))
        else:
            self._busy[ticket] = environment
            self._tickets[environment.number] = ticket
            task = asyncio.get_running_loop().create_task(
                self._start(ticket, environment, order, walking)
            )
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start(
        self, ticket: str, environment: Environment, order: Order, walking: bool
    ) -> None:
        try:
            home = await self._home.open(environment.number)
            await environment.start(order, home, walking)
        except (OSError, NoEngine) as error:
            environment.end()
            self._forget(environment)
            if self._busy.pop(ticket, None) is environment:
                self._refuse(ticket, order, "Runtime.InvalidEntrypoint", str(error))

    def _refuse(self, ticket: str, order: Order, error_type: str, reason: str) -> None:
        outcome = faults.no_start(order, error_type, reason)
        asyncio.get_running_loop().call_soon(self._home.finished, ticket, outcome)

    async def look_up(self, uri: str) -> dict[str, Any]:
        """What the machine's container engine has by an ImageUri: an outcome for a service."""
        return await self._open_boxes().look_up(uri)

    def _open_boxes(self) -> Boxes:
        if self._boxes is None:
            self._boxes = Boxes(self._open_folder().name)
        return self._boxes

    def has(self, code: Code) -> bool:
        """Whether this archive is unpacked already. From any thread."""
        return self._codes is not None and self._codes.has(code.key)

    def overdue(self, ticket: str) -> None:
        """The function's time is over on the chamber's clock."""
        environment = self._busy.get(ticket)
        if environment is not None:
            environment.overdue()

    def set_clock(self, ticket: str, now_ns: int, walking: bool) -> None:
        """The chamber's clock shows this now."""
        environment = self._busy.get(ticket)
        if environment is not None:
            environment.set_clock(now_ns, walking)

    def wait(self, ticket: str) -> None:
        """The process waits for an answer of the chamber."""
        environment = self._busy.get(ticket)
        if environment is not None:
            environment.wait()

    def go_on(self, ticket: str) -> None:
        """It has the answer."""
        environment = self._busy.get(ticket)
        if environment is not None:
            environment.go_on()

    def ticket_of(self, environment: int) -> str:
        """What an environment works at, or nothing."""
        return self._tickets.get(environment, "")

    def end_all(self) -> None:
        """End everything, without outcomes."""
        for environment in (*self._idle, *self._busy.values()):
            self._end(environment)
        self._idle.clear()
        self._busy.clear()
        self._tickets.clear()

    async def close(self) -> None:
        """End everything and leave nothing behind."""
        self._is_closed = True
        self.end_all()
        for task in tuple(self._starting):
            task.cancel()
        if self._starting:
            await asyncio.wait(self._starting, timeout=5)
        if self._boxes is not None:
            await self._boxes.close()
        if self._own is not None:
            self._own.remove()

    @property
    def warm(self) -> int:
        """How many environments are idle."""
        return len(self._idle)

    # environment.Keeper

    def done(self, environment: Environment, outcome: Outcome) -> None:
        """An invocation is over."""
        ticket = self._tickets.pop(environment.number, "")
        if self._busy.pop(ticket, None) is None:
            return
        if environment.ended:
            self._forget(environment)
        else:
            self._idle[environment] = None
            while len(self._idle) > self._settings.warm_max:
                oldest = next(iter(self._idle))
                del self._idle[oldest]
                self._end(oldest)
        self._home.finished(ticket, outcome)

    def asleep(self, environment: Environment, delay_ns: int, wake: Callable[[], None]) -> None:
        """A process sleeps on the chamber's clock."""
        self._home.asleep(self._tickets[environment.number], delay_ns, wake)

    def streaming(
        self, environment: Environment, content_type: str, room: Callable[[], None]
    ) -> Sink:
        """An answer is streamed."""
        return self._home.streaming(self._tickets[environment.number], content_type, room)

    # Environments

    def _find_idle(self, order: Order) -> Environment | None:
        """The one that was used last: so that the others may end."""
        fingerprint = order.fingerprint
        return next((one for one in reversed(self._idle) if one.fingerprint == fingerprint), None)

    def _retire(self, order: Order) -> None:
        """End what has been idle too long, lived too long, or died in its sleep."""
        settings, now_ns = self._settings, order.now_ns
        for one in tuple(self._idle):
            is_old = one.function == order.function and one.fingerprint != order.fingerprint
            if (
                one.ended
                or is_old
                or now_ns - one.last_ns > settings.idle_ns
                or now_ns - one.born_ns > settings.life_ns
                or now_ns < one.last_ns
            ):
                del self._idle[one]
                self._end(one)

    def _end(self, environment: Environment) -> None:
        environment.end()
        self._forget(environment)

    def _forget(self, environment: Environment) -> None:
        self._tickets.pop(environment.number, None)
        self._home.close(environment.number)
        remove(environment.places.tmp.parent)

    def _make(self, number: int, order: Order) -> Environment:
        """Raises NoRuntime, ArchiveError, OSError."""
        patience = self._settings.patience
        folder = self._open_folder()
        own = folder / "environments" / str(number)
        if order.code.image:
            if not order.code.argv:
                raise NoRuntime("the image has neither an entrypoint nor a command")
            tmp = _own_tmp(own)
            tmp.chmod(0o1777)  # what runs in a container is another user to this machine
            places = Places(own / "none", own / "none", tmp, own / "none", own / "clock")
            program = Program(order.code.argv, "image")
            return Environment(number, order, program, places, self, patience, self._open_boxes())
        task = self._place_code(order.code)
        opt = self._place_layers(folder / "opt", order.layers)
        program = find_program(order.runtime, task, opt)
        wrapper = order.environment.get("AWS_LAMBDA_EXEC_WRAPPER", "")
        program = wrapped(program, wrapper, task, opt)
        if program.language == "python":
            link_python_packages(folder / "packages")
        places = Places(task, opt, _own_tmp(own), folder / "packages", own / "clock")
        return Environment(number, order, program, places, self, patience)

    def _open_folder(self) -> Path:
        """Raises OSError."""
        if self._own is None:
            self._own = OwnFolder(self._parent)
            self._codes = CodeFolders(self._own.path / "code", self._uses)
        return self._own.path

    def _place_code(self, code: Code) -> Path:
        if code.read is not None:
            assert self._codes is not None  # made with the folder
            return self._codes.put(code.key, code.read)
        folder = Path(code.folder).resolve()
        allowed = [Path(one).resolve() for one in self._settings.hot_folders]
        if not any(folder == one or one in folder.parents for one in allowed):
            raise ArchiveError(f"{folder} is not below a folder that functions may be run from")
        if not folder.is_dir():
            raise ArchiveError(f"there is no folder {folder}")
        return folder

    def _uses(self, folder: Path) -> bool:
        """Whether an environment runs code that lies there; layers are copies of their own."""
        everyone = (*self._idle, *self._busy.values())
        return any(environment.places.task == folder for environment in everyone)

    def _place_layers(self, folder: Path, layers: tuple[Code, ...]) -> Path:
        """What /opt would be: the layers one over the other."""
        name = hashlib.blake2b("\0".join(one.key for one in layers).encode(), digest_size=12)
        opt = folder / name.hexdigest()
        if not opt.is_dir():
            half = opt.with_suffix(".part")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(parents=True)
            for layer in layers:
                source = self._place_code(layer)
                shutil.copytree(source, half, dirs_exist_ok=True, copy_function=_link_over)
            half.rename(opt)
        return opt


def _own_tmp(own: Path) -> Path:
    """An environment's /tmp, new. Raises OSError."""
    tmp = own / "tmp"
    tmp.mkdir(parents=True, mode=0o700)
    return tmp


def _link_over(source: str, target: str) -> str:
    """A file of a layer in its place, over one of a layer before."""
    try:
        os.unlink(target)
    except FileNotFoundError:
        pass
    os.link(source, target)
    return target
