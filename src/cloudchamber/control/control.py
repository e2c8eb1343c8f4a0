"""Everything that can be asked of a chamber besides AWS's own API, as plain functions.

Rules of this file: one method per verb, plain data in and out, no HTTP. Bad input raises
ControlError, which names the field. The HTTP door is `control/http.py`; the in-process one is
`testing/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cloudchamber import __version__
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.events import Event
from cloudchamber.cloud.records import Trace
from cloudchamber.cloud.registry import load_service, service_names
from cloudchamber.cloud.settings import Settings, SettingsError
from cloudchamber.control import network
from cloudchamber.control.errors import ControlError
from cloudchamber.control.fields import known_fields
from cloudchamber.control.host import SNAPSHOT_NAME, Host
from cloudchamber.control.instants import BadTime, format_instant, parse_duration, parse_instant
from cloudchamber.kernel import KernelError
from cloudchamber.wire.model import load_model

LIMIT_MAX = 100_000
RESETTABLE = ("seed", "lifecycle", "iam", "throttling", "account")


class ClockHeld(Exception):
    """A function is at work, so the clock cannot reach `until_ns` (None: rest) yet; `go_on` with it
    once there is an outcome."""

    def __init__(self, until_ns: int | None) -> None:
        super().__init__("a function is at work")
        self.until_ns = until_ns


class Control:
    """The verbs of one hosted chamber."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def _cloud(self) -> Cloud:
        return self._host.cloud

    def health(self) -> dict[str, Any]:
        """Whether requests are served, and what mode everything is in."""
        settings = self._cloud.settings
        return {
            "status": "running",
            "version": __version__,
            "mode": {
                "clock": self._host.clock_mode,
                "lifecycle": settings.lifecycle,
                "iam": settings.iam,
                "throttling": settings.throttling,
                "seed": settings.seed,
                "account": settings.account,
            },
            "dns_port": None,
            "now": format_instant(self._cloud.kernel.now),
            "digest": f"{self._cloud.kernel.digest}",
            **self._host.describe(),
        }

    def reset(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Empty the world; `body` may change seed, lifecycle, iam, throttling and account."""
        known_fields(body, RESETTABLE)
        self._host.reset(chamber_settings(body, self._cloud.settings))
        return {"reset": True, **self.clock()}

    def clock(self) -> dict[str, Any]:
        """The instant and who moves time."""
        return {
            "now": format_instant(self._cloud.kernel.now),
            "mode": self._host.clock_mode,
        }

    def move_clock(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Advance, run until an instant, run until idle, or change the mode; then the clock."""
        verbs: dict[str, Callable[[Any], None]] = {
            "advance": self._advance,
            "run_until": self._run_until,
            "run_until_idle": self._run_until_idle,
            "mode": self._set_mode,
        }
        known_fields(body, tuple(verbs))
        if len(body) != 1:
            raise ControlError("InvalidClock", f"give one of {', '.join(verbs)}", "")
        field, value = next(iter(body.items()))
        try:
            verbs[field](value)
        except BadTime as error:
            raise ControlError("InvalidTime", str(error), field) from error
        except SettingsError as error:
            raise ControlError("InvalidMode", str(error), field) from error
        except KernelError as error:
            raise ControlError("ClockStuck", str(error), field, 409) from error
        return self.clock()

    def _advance(self, value: Any) -> None:
        self._move(self._cloud.kernel.now + parse_duration(value))

    def _run_until(self, value: Any) -> None:
        until_ns = parse_instant(value)
        if until_ns < self._cloud.kernel.now:
            raise BadTime(f"{value} is in the past: the clock never runs backwards")
        self._move(until_ns)

    def _run_until_idle(self, value: Any) -> None:
        if value is not True:
            raise BadTime("run_until_idle takes true")
        self._move(None)

    def _move(self, until_ns: int | None) -> None:
        """Raises ClockHeld where work is done meanwhile that will have an outcome."""
        cloud = self._cloud
        kernel = cloud.kernel
        if until_ns is None:
            arrived = kernel.run_until_idle() and not cloud.work.is_busy
        else:
            arrived = kernel.run_until(max(until_ns, kernel.now))
        if not arrived and cloud.work.is_busy:
            raise ClockHeld(until_ns)
        cloud.moved()

    def go_on(self, until_ns: int | None) -> dict[str, Any]:
        """Move the clock on after ClockHeld; then the clock. Raises ClockHeld, ControlError."""
        try:
            self._move(until_ns)
        except KernelError as error:
            raise ControlError("ClockStuck", str(error), "", 409) from error
        return self.clock()

    def _set_mode(self, value: Any) -> None:
        if not isinstance(value, str):
            raise SettingsError("mode", "mode must be live, demand, manual, auto or a rate (x60)")
        self._host.set_clock_mode(value)

    def save_snapshot(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the world as it is under a name."""
        name = _snapshot_name(body)
        data = snapshots.save(self._cloud)
        self._host.snapshots.put(name, data)
        return {"name": name, "bytes": len(data), **self.clock()}

    def load_snapshot(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Go back to a kept world."""
        name = _snapshot_name(body)
        try:
            data = self._host.snapshots.get(name)
        except KeyError:
            known = ", ".join(self._host.snapshots.names()) or "there are none"
            message = f"no snapshot is named {name!r} ({known})"
            raise ControlError("NoSuchSnapshot", message, "name", 404) from None
        try:
            self._host.restore(data)
        except snapshots.SnapshotError as error:
            raise ControlError("InvalidSnapshot", str(error), "name", 409) from error
        return {"name": name, **self.clock()}

    def list_snapshots(self) -> dict[str, Any]:
        """The names of all kept worlds."""
        return {"snapshots": self._host.snapshots.names()}

    def events(
        self, since: str | None = None, about: str | None = None, limit: str | int | None = None
    ) -> dict[str, Any]:
        """The newest events, oldest first."""
        try:
            since_ns = parse_instant(since) if since else 0
        except BadTime as error:
            raise ControlError("InvalidTime", str(error), "since") from error
        found = self._cloud.events.select(since_ns, about, _limit(limit))
        return {"events": [_event_data(event) for event in found]}

    def why(self, about: str | None) -> dict[str, Any]:
        """The chain of causes of the newest event about an ARN, an id or a request."""
        if not about:
            raise ControlError(
                "MissingAbout", "say about what: an ARN, an id, a request id", "about"
            )
        trace = next((t for t in reversed(self._cloud.requests) if t.request_id == about), None)
        chain = [_link(event) for event in self._cloud.events.why(about)]
        if trace is not None:
            chain.append(_verdict(trace))
        if not chain:
            message = f"nothing is known about {about!r}"
            raise ControlError("NothingKnown", message, "about", 404)
        return {"chain": chain}

    def services(self) -> dict[str, Any]:
        """Every operation of every service that has a folder, with its fidelity."""
        listed: dict[str, Any] = {}
        for name in service_names():
            service = load_service(name)
            if service is None:
                continue
            operations: dict[str, Any] = {}
            for operation in sorted(load_model(name).operations):
                declared = service.operation(operation)
                operations[operation] = {"fidelity": declared.fidelity, "note": declared.note}
            listed[name] = {"operations": operations}
        return {"services": listed}

    def zones(self, accounts: list[str], region: str | None = None) -> dict[str, Any]:
        """Zone ids and the name that each account sees for them."""
        where = region or self._cloud.settings.region
        seen: dict[str, dict[str, str]] = {}
        for account in accounts or [self._cloud.settings.account]:
            try:
                output = self._cloud.ask(
                    "ec2", "DescribeAvailabilityZones", {"AllAvailabilityZones": False},
                    account=account, region=where,
                )  # fmt: skip
            except SettingsError as error:
                raise ControlError("InvalidAccount", str(error), "account") from error
            for zone in output["AvailabilityZones"]:
                seen.setdefault(zone["ZoneId"], {})[account] = zone["ZoneName"]
        return {"region": where, "zones": {key: seen[key] for key in sorted(seen)}}

    def probe(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send one flow through the network and say what became of it; flow logs see it."""
        return network.probe(self._cloud, body)

    def reach(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Say what would become of a flow, without sending it."""
        return network.reach(self._cloud, query)

    def exposed(self, account: str | None = None, region: str | None = None) -> dict[str, Any]:
        """What the internet can reach, in all accounts and Regions or in one."""
        return network.exposed(self._cloud, account, region)


def chamber_settings(values: Mapping[str, Any], base: Settings | None = None) -> Settings:
    """Settings with these values, the others as in `base`. Raises ControlError."""
    start = base or Settings()
    for field, value in values.items():
        wanted = type(getattr(start, field))
        if type(value) is not wanted:
            kind = "a whole number" if wanted is int else "text"
            raise ControlError("InvalidSetting", f"{field} must be {kind}, not {value!r}", field)
    try:
        return msgspec.structs.replace(start, **values)
    except SettingsError as error:
        raise ControlError("InvalidSetting", str(error), error.field) from error


def _snapshot_name(body: Mapping[str, Any]) -> str:
    known_fields(body, ("name",))
    name = body.get("name")
    if not isinstance(name, str) or SNAPSHOT_NAME.fullmatch(name) is None:
        message = "a snapshot's name has 1 to 100 letters, digits, dots, dashes and underscores"
        raise ControlError("InvalidName", message, "name")
    return name


def _limit(limit: str | int | None) -> int:
    if limit is None or limit == "":
        return 1000
    try:
        number = int(limit)
    except ValueError:
        number = 0
    if not 1 <= number <= LIMIT_MAX:
        raise ControlError("InvalidLimit", f"limit is a number from 1 to {LIMIT_MAX}", "limit")
    return number


def _event_data(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "time": format_instant(event.time_ns),
        "cause": f"ev-{event.cause}" if event.cause else None,
        "about": event.about,
        "what": event.what,
        "sentence": event.sentence,
        "details": event.shown_details(),
    }


def _link(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "time": format_instant(event.time_ns),
        "about": event.about,
        "sentence": event.sentence,
        "details": event.shown_details(),
    }


def _verdict(trace: Trace) -> dict[str, Any]:
    """What the policies said of one request, as the last link of its chain."""
    decision = trace.decision
    if decision is None:
        reason = "no policy had a say: the account's own root user" if not trace.error else ""
        about, details = trace.resource, {}
    else:
        reason = decision.sentence()
        about = " and ".join(str(hit) for hit in decision.deciding) or trace.resource
        details = {"evaluation": [str(step) for step in decision.trace()]}
    outcome = f"answered {trace.error}" if trace.error else "succeeded"
    sentence = f"{trace.caller} called {trace.action} on {trace.resource}: it {outcome}"
    return {
        "id": trace.request_id,
        "time": format_instant(trace.time_ns),
        "about": about,
        "sentence": f"{sentence}; {reason}" if reason else sentence,
        "details": details,
    }
