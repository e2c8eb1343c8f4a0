"""The control API of a served world, as exchanges.

Rules of this file: who may ask, and what happens before and after; the verbs are control's. A clock
that functions at work hold is moved on when they let go, and its mover is answered then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from cloudchamber.control.control import ClockHeld
from cloudchamber.control.host import Host
from cloudchamber.control.http import PREFIX, ControlApi
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.exchange import Exchange
from cloudchamber.server.outbox import Outbox
from cloudchamber.server.pacer import Pacer
from cloudchamber.wire.http import Request, Response

# Where tools made for other emulators look whether one is up.
ELSEWHERE_HEALTH: Final = frozenset({"/_localstack/health"})


class ControlDoor:
    """Answers exchanges of the control API."""

    def __init__(
        self,
        host: Host,
        admission: Admission,
        pacer: Pacer,
        outbox: Outbox,
        directory: DataDirectory | None,
    ) -> None:
        self._api = ControlApi(host)
        self._admission = admission
        self._pacer = pacer
        self._outbox = outbox
        self._directory = directory
        self._held: list[tuple[Exchange, int | None]] = []

    def is_ours(self, request: Request) -> bool:
        """Whether a path beginning with `/_` is the control API's: not at a resource's name."""
        is_control = request.path.startswith(PREFIX) or request.path in ELSEWHERE_HEALTH
        return is_control and self._admission.is_own_name(request.headers.get("host", ""))

    def begin(self, exchange: Exchange) -> None:
        """Answer an exchange, or let it wait for the functions that hold the clock."""
        request = exchange.request
        if request.path in ELSEWHERE_HEALTH:
            request = Request("GET", PREFIX + "health", "", request.headers)
        self._pacer.before_input()
        self._act(exchange, partial(self._api.handle, request))
        self._pacer.after_input()

    def go_on(self) -> None:
        """A function let go of the clock: move it on for whoever asked."""
        held, self._held = self._held, []
        for exchange, until_ns in held:
            self._act(exchange, partial(self._api.go_on, until_ns))

    def _act(self, exchange: Exchange, act: Callable[[], Response]) -> None:
        directory = self._directory
        appended = 0 if directory is None else directory.appended
        try:
            response = act()
        except ClockHeld as held:
            self._held.append((exchange, held.until_ns))
            return
        except OSError as error:
            message = f"the disk will not have it: {error.strerror or error}"
            problem = {"code": "DiskFull", "message": message, "field": ""}
            response = Response(
                507,
                {"content-type": "application/json"},
                msgspec.json.encode({"error": problem}),
            )
        if directory is not None and directory.appended != appended:
            exchange.position = directory.appended
        exchange.number = -1
        self._outbox.put(exchange, response)
