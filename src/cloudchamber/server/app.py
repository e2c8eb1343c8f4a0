"""What `cloudchamber start` runs: a chamber served on the network until it is told to stop.

Rules of this file: order of beginnings and ends, nothing else. To begin: data, then the world, then
the sockets. To end: no new connections, waiting calls told, answers sent, the world written.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit
from time import monotonic_ns, time_ns
from typing import Any

import msgspec

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.sharing import admits
from cloudchamber.kernel.errors import KernelError
from cloudchamber.server.adapters import ADAPTERS
from cloudchamber.server.collecting import Collector
from cloudchamber.server.data.blobs import FileBlobs
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.data.errors import DataError
from cloudchamber.server.data.opening import open_world
from cloudchamber.server.functions.served import ServedCrew
from cloudchamber.server.functions.threaded import NAME
from cloudchamber.server.host import ServedHost
from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.listener import Listener
from cloudchamber.server.instances import Instance, Note, folder
from cloudchamber.server.settings import ServerSettings, StartError
from cloudchamber.server.tls import make_context

OTHER_FILES = 128  # what a chamber opens besides its clients


class Started(msgspec.Struct, frozen=True):
    """A server that answers. `ca_bundle` is the certificate to trust, or empty without TLS."""

    host: str
    port: int
    scheme: str
    data: str
    mode: str
    ca_bundle: str
    restored: int

    @property
    def endpoint(self) -> str:
        """The URL for AWS_ENDPOINT_URL."""
        name = "localhost" if self.host in ("127.0.0.1", "::1", "0.0.0.0", "::") else self.host
        return f"{self.scheme}://{name}:{self.port}"


def serve(
    settings: ServerSettings,
    ready: Callable[[Started], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends at once.

    `ready` is called when requests are answered, `say` with what a person should know, `progress`
    with bytes done and in all while a world is read back. Raises StartError.
    """
    try:
        server = Server(settings, say, progress)
    except (DataError, KernelError) as error:
        raise StartError(str(error)) from error
    _allow_files(settings.limits.connections_max + OTHER_FILES)
    runner = asyncio.Runner(loop_factory=_loop_factory())
    try:
        with runner:
            runner.run(server.run(ready))
    finally:
        server.close()


class Server:
    """One served chamber."""

    def __init__(
        self,
        settings: ServerSettings,
        say: Callable[[str], None],
        progress: Callable[[int, int], None],
    ) -> None:
        """Open the data and the world. Raises DataError, KernelError."""
        self._settings = settings
        self._say = say
        self._directory: DataDirectory | None = None
        self._started: Started | None = None
        self._blobs: FileBlobs | None = None  # of a world that lives in memory
        chamber = settings.chamber
        if "start_ns" not in settings.given:
            # Clients compare expiries with their own clocks, so this world begins at the wall's.
            chamber = msgspec.structs.replace(chamber, start_ns=time_ns())
        self._is_old = False
        self._restored = 0
        if settings.data:
            self._directory = DataDirectory(
                Path(settings.data), fsync=settings.fsync, repair=settings.repair, say=say
            )
            try:
                opened = open_world(self._directory, chamber, settings.given, say, progress)
            except BaseException:
                self._directory.close()
                raise
            self._cloud, self._is_old, self._restored = opened
        else:
            self._blobs = FileBlobs()
            self._cloud = Cloud(chamber, ADAPTERS, self._blobs)

    async def run(self, ready: Callable[[Started], None]) -> None:
        """Serve until a signal. Raises StartError."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        admission = Admission(
            settings.host, settings.allowed_hosts, shares=partial(admits, self._cloud)
        )
        activity = Activity()
        collector = Collector(lambda: activity.arrivals)
        host = ServedHost(
            self._cloud,
            admission,
            activity,
            loop,
            monotonic_ns,
            self._directory,
            self._describe,
            collector.discarded,
        )
        crew = ServedCrew(host, loop, settings.function_folders, self._name)
        host.employ(crew)
        if self._is_old:
            host.drop_orphans()
            if self._directory is not None and self._directory.follows_wall:
                host.catch_up(time_ns())
        listener = Listener(host, admission, settings.limits, activity)
        started = await self._listen(listener, host)
        self._started = started
        stopped = self._on_signals(loop)
        note = _write_note(started, self._say)
        collector.start()

        def each_second() -> None:
            host.note_time()
            collector.tick()

        timer = _EverySecond(loop, each_second)
        try:
            ready(started)
            await stopped.wait()
        finally:
            timer.cancel()
            host.stop()
            await crew.close()
            await listener.close(settings.grace_ns)
            self._save(host)
            if note is not None:
                note.remove()

    def close(self) -> None:
        """Leave the data directory to others, and no file behind."""
        if self._blobs is not None:
            self._blobs.close()
        if self._directory is not None:
            self._directory.close()

    async def _listen(self, listener: Listener, host: ServedHost) -> Started:
        settings = self._settings
        tls, bundle = None, ""
        if settings.tls is not None:
            place = self._directory.folder if self._directory is not None else folder()
            tls, certificate = make_context(settings.tls, place / "tls", settings.host)
            bundle = str(certificate)
        try:
            port = await listener.open(settings.host, settings.port, tls)
        except OSError as error:
            raise StartError(
                f"cannot listen on {settings.host}:{settings.port}: {os.strerror(error.errno or 0)}"
                " (is another chamber running? `cloudchamber status`, or choose another --port)"
            ) from error
        return Started(
            settings.host,
            port,
            "https" if tls else "http",
            settings.data,
            host.clock_mode,
            bundle,
            self._restored,
        )

    def _describe(self) -> dict[str, Any]:
        started = self._started
        told: dict[str, Any] = {"data": self._settings.data or "in memory"}
        if started is not None:
            told["listens"] = f"{started.host}:{started.port}"
            told["tls"] = started.scheme == "https"
            told["pid"] = os.getpid()
        return told

    def _name(self) -> str:
        """What the chamber is called in URLs that functions are answered."""
        return NAME if self._started is None else self._started.endpoint.partition("://")[2]

    def _on_signals(self, loop: asyncio.AbstractEventLoop) -> asyncio.Event:
        stopped = asyncio.Event()

        def stop() -> None:
            if stopped.is_set():
                os._exit(130)
            stopped.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        return stopped

    def _save(self, host: ServedHost) -> None:
        try:
            host.checkpoint()
        except OSError as error:
            self._say(
                f"the world could not be written whole ({error.strerror}); the journal holds "
                "everything acknowledged, and will be replayed at the next start"
            )


def _write_note(started: Started, say: Callable[[str], None]) -> Note | None:
    try:
        return Note(Instance(started.port, os.getpid(), started.host, started.data, started.scheme))
    except OSError as error:
        say(f"`cloudchamber stop` will not find this chamber: {error}")
        return None


class _EverySecond:
    """Calls a function every second until cancelled."""

    def __init__(self, loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
        self._loop = loop
        self._act = act
        self._handle = loop.call_later(1.0, self._run)

    def _run(self) -> None:
        self._handle = self._loop.call_later(1.0, self._run)
        self._act()

    def cancel(self) -> None:
        self._handle.cancel()


def _allow_files(count: int) -> None:
    """Ask for as many open files as connections may need; systems begin with 1024 at times."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    if soft != RLIM_INFINITY and soft < count:
        setrlimit(RLIMIT_NOFILE, (count if hard == RLIM_INFINITY else min(count, hard), hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
