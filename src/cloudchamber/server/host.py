"""The host of a served world: HTTP's app on one side, the world's owner on the other.

Rules of this file: one thread. Every input finds everything due before it done; every answer waits
for its record. What goes wrong inside is told to whoever runs the server, never to a client.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import partial
from time import time_ns
from typing import Any, Final

import msgspec

from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import mutates
from cloudchamber.cloud.settings import Settings, SettingsError
from cloudchamber.cloud.work import Workers
from cloudchamber.control.host import MemorySnapshots, Snapshots
from cloudchamber.kernel import KernelError
from cloudchamber.server.adapters import ADAPTERS
from cloudchamber.server.control_door import ControlDoor
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.hashing import ThreadedMd5
from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.exchange import Exchange, Spool
from cloudchamber.server.outbox import Outbox
from cloudchamber.server.pacer import Loop, Pacer
from cloudchamber.server.spelling import apology, spell
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response

FULL: Final = "the disk is full, so nothing can be changed until there is space"


class ServedHost:
    """Owns a Cloud, its clock and its data; answers exchanges."""

    def __init__(
        self,
        cloud: Cloud,
        admission: Admission,
        activity: Activity,
        loop: Loop,
        now: Callable[[], int],
        directory: DataDirectory | None = None,
        describe: Callable[[], dict[str, Any]] = dict,
        discarded: Callable[[], None] = lambda: None,
    ) -> None:
        """`now` is a monotonic clock in ns; `discarded` hears that a world was thrown away.

        Raises KernelError for a clock mode that is none.
        """
        self._cloud = cloud
        self._directory = directory
        self._describe = describe
        self._discarded = discarded
        self._parked: dict[int, Exchange] = {}
        self._recorded_ns = cloud.kernel.now  # the instant of the newest record
        self._told_ns = 0  # the latest instant at which a call that waited was answered
        self._outbox = Outbox(directory, loop.call_soon, self._before_write, self._disk_is_full)
        self._pacer = Pacer(cloud, cloud.settings.clock, activity, loop, now, self._stuck)
        self._door = ControlDoor(self, admission, self._pacer, self._outbox, directory)
        self._workers: Workers | None = None
        self._snapshots: Snapshots = (
            MemorySnapshots() if directory is None else DiskSnapshots(directory)
        )
        self._watch(cloud)

    # control.Host

    @property
    def cloud(self) -> Cloud:
        """The world."""
        return self._cloud

    @property
    def snapshots(self) -> Snapshots:
        """Named snapshots: on disk with a data directory, else in memory."""
        return self._snapshots

    @property
    def clock_mode(self) -> str:
        """Who moves time."""
        return self._pacer.mode

    def set_clock_mode(self, mode: str) -> None:
        """Change who moves time. Raises SettingsError."""
        try:
            self._pacer.set_mode(mode)
        except KernelError as error:
            raise SettingsError("mode", str(error)) from error

    def reset(self, settings: Settings) -> None:
        """Open an empty world with these settings; a live clock begins at the wall's again.

        Raises OSError, changing nothing, when the disk will not have it.
        """
        if self._follows_wall and self._pacer.is_live:
            settings = msgspec.structs.replace(settings, start_ns=time_ns())
        if self._directory is not None:
            self._directory.set_seed(settings.seed)
            self._directory.checkpoint(snapshots.save(Cloud(settings)))
        self._cloud.reset(settings)
        self._begin_anew(self._cloud)

    def restore(self, data: bytes) -> None:
        """Put a snapshot in the place of the world. Raises SnapshotError, OSError."""
        cloud = Cloud(self._cloud.settings, ADAPTERS, self._cloud.blobs.store)
        snapshots.load(cloud, data)
        if self._directory is not None:
            self._directory.set_seed(cloud.settings.seed)
            self._directory.checkpoint(data)
        self._cloud.journal = None
        self._cloud.work.workers = None
        self._cloud.release("another world was loaded")
        if self._workers is not None:
            self._workers.end_all()
        self._watch(cloud)
        self._begin_anew(cloud)

    def describe(self) -> dict[str, Any]:
        """Where the world is kept, and where it listens."""
        return self._describe()

    # http.App

    def begin(self, exchange: Exchange) -> None:
        """Answer an exchange, or let it wait."""
        path = exchange.request.path
        try:
            if path.startswith("/_") and self._door.is_ours(exchange.request):
                self._door.begin(exchange)
            else:
                self._begin_call(exchange)
        except Exception:
            self._report(exchange)

    def spool(self, head: Request) -> Spool | None:
        """Where the body after this head goes while it comes. Raises OSError."""
        return self._cloud.spool(head, ThreadedMd5)

    def gone(self, exchange: Exchange) -> bool:
        """The client of a waiting call left: the call is forgotten. False when it is answered."""
        if self._parked.pop(exchange.number, None) is None:
            return False
        try:
            self._pacer.before_input()
            self._cloud.drop(exchange.number)
        except Exception:
            self._report(exchange)
        return True

    # Functions

    def waiting(self, number: int) -> Exchange | None:
        """The exchange of a call that waits, once what it has changed is on the disk."""
        exchange = self._parked.get(number)
        if exchange is None or self._outbox.has_written(exchange):
            return exchange
        return None

    def employ(self, workers: Workers) -> None:
        """Who does this host's outside work, in this world and every later one."""
        self._workers = self._cloud.work.workers = workers

    @property
    def walks(self) -> bool:
        """Whether time goes at the wall's own pace."""
        return self._pacer.is_live and not self._pacer.is_scaled

    def enter(self, act: Callable[[Cloud], object]) -> None:
        """Something of a function's happens to the world."""
        try:
            self._pacer.before_input()
            act(self._cloud)
            self._door.go_on()
            self._pacer.after_input()
        except Exception:
            _complain(f"what a function did failed:\n{traceback.format_exc()}")

    # A request

    def _begin_call(self, exchange: Exchange) -> None:
        self._pacer.before_input()
        directory = self._directory
        appended = 0
        if directory is not None:
            appended = directory.appended
            if (
                directory.full
                and not directory.commit()
                and _may_change(self._cloud, exchange.request)
            ):
                exchange.answer(self._disk_is_full(exchange, directory.full))
                return
        number = self._cloud.begin(
            exchange.request,
            partial(self._finish, exchange),
            wall_ns=time_ns() if exchange.inside_name is None else None,
            source_ip=exchange.source_ip,
            scheme=exchange.scheme,
            host=exchange.inside_name,
            because=exchange.because,
        )
        if directory is not None and directory.appended != appended:
            exchange.position = directory.appended
        if not exchange.number:
            exchange.number = number
            self._parked[number] = exchange
        self._pacer.after_input()

    def _finish(self, exchange: Exchange, response: Response) -> None:
        """The world answered."""
        if self._parked.pop(exchange.number, None) is not None:
            # Its client has waited, so it knows how far time went: that must not be forgotten.
            self._told_ns = self._cloud.kernel.now
            if exchange.settled is not None:
                exchange.settled()
            if self._directory is not None:
                exchange.position = self._directory.appended
        exchange.number = -1
        if self._directory is None:
            exchange.answer(response)
        else:
            self._outbox.put(exchange, response)

    # Durability

    def _watch(self, cloud: Cloud) -> None:
        self._cloud = cloud
        cloud.work.workers = self._workers
        cloud.journal = None if self._directory is None else self._record

    def _record(self, record: bytes) -> None:
        assert self._directory is not None
        self._recorded_ns = self._cloud.kernel.now
        self._directory.append(record)
        self._outbox.schedule()

    def _before_write(self) -> None:
        """Record how far time went, if a client that waited is about to learn it."""
        if self._told_ns > self._recorded_ns:
            self._cloud.kernel.settle()
            self._cloud.moved()
        self._told_ns = 0

    def note_time(self) -> None:
        """Once a second: record how far a faster or slower clock went, and let go of bodies.

        A clock of the wall's own pace finds its place again by the wall, and every other moves only
        with an input; this one would begin again at the newest record.
        """
        if self._directory is None:
            if self._cloud.blobs.unused:
                self._collect()
            return
        if self._pacer.is_scaled and not self._directory.full:
            self._pacer.before_input()
            if self._cloud.kernel.now > self._recorded_ns:
                self._cloud.moved()

    def _disk_is_full(self, exchange: Exchange, reason: str) -> Response:
        error = AwsError("ServiceUnavailable", f"Cloudchamber: {FULL} ({reason})", 503)
        return spell(self._cloud, exchange.request, error)

    def checkpoint(self) -> None:
        """Write the world as it is. Raises OSError."""
        if self._directory is not None:
            self._cloud.kernel.settle()
            self._directory.checkpoint(snapshots.save(self._cloud))
            self._collect()

    def _collect(self) -> None:
        """Delete the large bodies that neither this world nor a kept one uses.

        With a data directory only once the world is written whole: until then a replay of the
        journal may read them.
        """
        spared: set[str] = set()
        for name in self._snapshots.names():
            spared |= snapshots.bodies_of(self._snapshots.get(name))
        self._cloud.blobs.collect(frozenset(spared))

    # Beginnings and ends

    @property
    def _follows_wall(self) -> bool:
        return self._directory is None or self._directory.follows_wall

    def catch_up(self, t_ns: int) -> None:
        """Let a live clock go on at `t_ns`, after a restart."""
        if self._pacer.is_live:
            self._pacer.catch_up(t_ns)

    def _begin_anew(self, cloud: Cloud) -> None:
        self._recorded_ns = cloud.kernel.now
        self._told_ns = 0
        self.drop_orphans()
        self._pacer.follow(cloud)
        self._discarded()

    def drop_orphans(self) -> None:
        """Forget the waiting calls of a world that was read back: their clients are gone, and a
        clock that moves on demand would move for nobody."""
        self._cloud.kernel.settle()
        for number in sorted(self._cloud.parked):
            self._cloud.drop(number)
        self._cloud.work.abandon("the chamber ended while it ran")

    def stop(self) -> None:
        """Answer every waiting call, and let time stand still."""
        self._pacer.close()
        self._cloud.release("the chamber is stopping")
        self._outbox.flush()

    # Trouble

    def _stuck(self, message: str) -> None:
        _complain(f"the clock cannot go on: {message}")
        self._cloud.release(f"the clock cannot go on: {message}")

    def _report(self, exchange: Exchange) -> None:
        """A mistake of ours: all of it to the log, none of it to the client."""
        request_id = self._cloud.request_id(self._cloud.number)
        request = exchange.request
        _complain(
            f"request {request_id} ({request.method} {request.path[:200]}) failed:\n"
            + traceback.format_exc()
        )
        self._parked.pop(exchange.number, None)
        exchange.number = -1
        self._outbox.put(exchange, apology(self._cloud, request, request_id))


class DiskSnapshots:
    """Named snapshots of a data directory. Keeping one also begins a new journal."""

    def __init__(self, directory: DataDirectory) -> None:
        self._directory = directory

    def put(self, name: str, data: bytes) -> None:
        """Keep a snapshot. Raises OSError."""
        self._directory.snapshots.put(name, data)
        self._directory.checkpoint(data)

    def get(self, name: str) -> bytes:
        """The snapshot of that name. Raises KeyError."""
        return self._directory.snapshots.get(name)

    def names(self) -> list[str]:
        """All names, sorted."""
        return self._directory.snapshots.names()


def _complain(message: str) -> None:
    sys.stderr.write(f"cloudchamber: {message}\n")
    sys.stderr.flush()


def _may_change(cloud: Cloud, request: Request) -> bool:
    try:
        route = cloud.router.route(request)
    except WireError:
        return False
    service = cloud.registry.expect(route.service)
    return mutates(route.operation, service.operation(route.operation))
