"""A chamber in your process: `with Chamber(seed=1) as chamber: sqs = chamber.client("sqs")`.

Rules of this file: the friendly face over the in-process host and the control verbs; no AWS
behaviour here. Everything is discarded with the object; two chambers never share a thing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.config import Config

from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import (
    DEFAULT_ACCOUNT,
    DEFAULT_REGION,
    DEFAULT_START_NS,
    Functions,
    Lifecycle,
    Permissions,
    Settings,
    Throttling,
)
from cloudchamber.control.instants import format_instant, parse_instant
from cloudchamber.server.forking import Forked, fork
from cloudchamber.server.inprocess import InProcessHost
from cloudchamber.testing.transport import SECRET, make_client, make_session

if TYPE_CHECKING:
    import boto3

T = TypeVar("T")


class Chamber:
    """One world with its own accounts, clock and seed.

    `start` is the first instant of its clock (RFC 3339); `clock` is `demand` (time moves only
    while a call waits), `manual` or `auto`.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        clock: str = "demand",
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
        lifecycle: Lifecycle = "instant",
        iam: Permissions = "warn",
        throttling: Throttling = "off",
        start: str | None = None,
        functions: Functions = "lock-step",
        function_folders: tuple[str, ...] = (),
    ) -> None:
        self._open(
            InProcessHost(
                Settings(
                    seed=seed,
                    clock=clock,
                    account=account,
                    region=region,
                    lifecycle=lifecycle,
                    iam=iam,
                    throttling=throttling,
                    functions=functions,
                    start_ns=parse_instant(start) if start else DEFAULT_START_NS,
                ),
                function_folders=function_folders,
            )
        )

    def _open(self, host: InProcessHost) -> None:
        self.host = host
        self.control = host.control

    def __enter__(self) -> Chamber:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the world: calls that wait are answered with an error."""
        self.host.close()

    @property
    def cloud(self) -> Cloud:
        """The world itself, for tests of the house."""
        return self.host.cloud

    def client(
        self,
        service: str,
        region_name: str | None = None,
        *,
        account: str | None = None,
        credentials: dict[str, Any] | None = None,
        config: Config | None = None,
    ) -> Any:
        """A boto client of one service.

        Its caller is the root user of `account` (default: the chamber's), or whoever
        `credentials` belong to: the `Credentials` of an STS answer or the `AccessKey` of IAM's.
        """
        given = credentials or {}
        return make_client(
            self.host.handle,
            service,
            region=region_name or self.cloud.settings.region,
            access_key=given.get("AccessKeyId") or account or self.cloud.settings.account,
            secret=given.get("SecretAccessKey", SECRET),
            token=given.get("SessionToken"),
            config=config,
        )

    def session(
        self,
        region_name: str | None = None,
        *,
        account: str | None = None,
        credentials: dict[str, Any] | None = None,
    ) -> boto3.Session:
        """A boto3 session whose clients and resources all lead here.

        For code that takes a session: `chamber.session().resource("sqs")`. Who calls is chosen as
        in `client`.
        """
        given = credentials or {}
        return make_session(
            self.host.handle,
            region=region_name or self.cloud.settings.region,
            access_key=given.get("AccessKeyId") or account or self.cloud.settings.account,
            secret=given.get("SecretAccessKey", SECRET),
            token=given.get("SessionToken"),
        )

    def branch(self, function: Callable[[Chamber], T]) -> Forked[T]:
        """Run a function on a copy of this world, in a forked process of its own.

        A fork costs milliseconds whatever the size of the world, so a thousand variations cost
        little; `result()` waits for one. What the function returns must be picklable; this world
        does not change.
        """
        self.host.rest()
        return fork(partial(_live, function, self))

    @property
    def now(self) -> str:
        """The clock, RFC 3339."""
        return format_instant(self.cloud.kernel.now)

    def advance(self, duration: str | float) -> str:
        """Move the clock (`90s`, `4d`, seconds); everything due happens. Returns the instant."""
        moved: str = self.control.move_clock({"advance": duration})["now"]
        return moved

    def run_until(self, instant: str) -> str:
        """Move the clock to an instant."""
        moved: str = self.control.move_clock({"run_until": instant})["now"]
        return moved

    def run_until_idle(self) -> str:
        """Move the clock until nothing is left to happen."""
        moved: str = self.control.move_clock({"run_until_idle": True})["now"]
        return moved

    def reset(self, **settings: Any) -> None:
        """Empty every account and region, clock back to start; may change seed, lifecycle, iam."""
        self.control.reset(settings)

    def events(self, about: str | None = None, limit: int = 1000) -> list[dict[str, Any]]:
        """What happened, oldest first."""
        found: list[dict[str, Any]] = self.control.events(about=about, limit=limit)["events"]
        return found

    def why(self, about: str) -> list[dict[str, Any]]:
        """The chain of causes of the newest event about something, newest last."""
        chain: list[dict[str, Any]] = self.control.why(about)["chain"]
        return chain

    @property
    def digest(self) -> str:
        """The digest of everything that happened: equal for equal seeds and inputs."""
        return self.cloud.kernel.digest

    def fork(self) -> Chamber:
        """A second chamber, equal to this one and from now on its own."""
        other = object.__new__(Chamber)
        host = InProcessHost(self.cloud.settings, self.cloud.blobs.store)
        host.restore(snapshots.save(self.cloud))
        other._open(host)
        return other


def _live(function: Callable[[Chamber], T], chamber: Chamber) -> T:
    """The life of a copy: its functions end with it."""
    try:
        return function(chamber)
    finally:
        chamber.close()
