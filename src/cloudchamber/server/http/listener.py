"""The listening sockets and the second hand of a front end.

Rules of this file: the only place that opens a socket. Everything runs on one event loop.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from time import monotonic_ns, time

from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.connection import Connection
from cloudchamber.server.http.exchange import App
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.limits import Limits

BACKLOG = 1024  # connections the kernel may hold before we greet them
SWEEP_S = 1.0


class Listener:
    """An open front end. `front` is what its connections share."""

    def __init__(
        self,
        app: App,
        admission: Admission,
        limits: Limits,
        activity: Activity | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._servers: list[asyncio.Server] = []
        self._timer: asyncio.TimerHandle | None = None
        self.front = Front(
            app,
            admission,
            limits,
            activity or Activity(),
            now=monotonic_ns,
            wall_s=time,
            soon=self._soon,
        )
        self._sweep()

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen; port 0 takes a free one. Returns the port. Raises OSError."""
        server = await self._loop.create_server(
            lambda: Connection(self.front),
            host,
            port,
            ssl=tls,
            backlog=BACKLOG,
            reuse_address=True,
        )
        self._servers.append(server)
        bound: int = server.sockets[0].getsockname()[1]
        return bound

    async def close(self, grace_ns: int) -> None:
        """Take no new connection, let answers under way leave, then close what is left."""
        for server in self._servers:
            server.close()
        self.front.stop()
        end_ns = monotonic_ns() + grace_ns
        while self.front.guests and monotonic_ns() < end_ns:
            await asyncio.sleep(0.005)
        self.front.abort()
        await asyncio.sleep(0)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _soon(self, function: Callable[[], None]) -> object:
        return self._loop.call_soon(function)

    def _sweep(self) -> None:
        self.front.sweep()
        self._timer = self._loop.call_later(SWEEP_S, self._sweep)
