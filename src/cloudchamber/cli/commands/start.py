"""`cloudchamber start`: open a chamber and serve it until it is told to stop."""

from __future__ import annotations

import sys
from typing import Any

import click

from cloudchamber import __version__
from cloudchamber.cli.session import SAYS_NO, Failure

CLOCK_HELP = "live (the wall clock), demand, manual, auto, or a rate such as x60."


@click.command("start")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4566,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False),
    default=None,
    help="Keep the world in this directory; without it, it ends with the process.",
)
@click.option("--fsync", is_flag=True, help="With --data: survive loss of power, at a price.")
@click.option(
    "--repair",
    is_flag=True,
    help="With --data: cut a damaged journal at the damage (a copy is kept).",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    default=None,
    help="The seed of all chance.  [default: 1]",
)
@click.option("--clock", default=None, help=f"Who moves time: {CLOCK_HELP}  [default: live]")
@click.option(
    "--start",
    "start_at",
    default=None,
    metavar="INSTANT",
    help="The first instant of the clock (RFC 3339).  [default: now]",
)
@click.option(
    "--account", default=None, help="Whose root user an unknown key is.  [default: 000000000000]"
)
@click.option(
    "--region", default=None, help="The region of unsigned requests.  [default: us-east-1]"
)
@click.option(
    "--lifecycle",
    type=click.Choice(("instant", "realistic", "adversarial")),
    default=None,
    help="How long AWS's delays last.  [default: instant]",
)
@click.option(
    "--iam",
    type=click.Choice(("off", "warn", "enforce")),
    default=None,
    help="What permissions do.  [default: warn]",
)
@click.option(
    "--throttling",
    type=click.Choice(("off", "enforce")),
    default=None,
    help="Keep AWS's request rates.  [default: off]",
)
@click.option(
    "--functions",
    type=click.Choice(("lock-step", "serial", "free")),
    default=None,
    help="In which order functions that run at once are heard.  [default: lock-step]",
)
@click.option(
    "--function-folder",
    "function_folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    help="Below it the code of functions may lie unpacked; a change of it counts at once.",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A further name that requests may call this chamber by.",
)
@click.option("--tls", is_flag=True, help="Speak TLS with a certificate made for localhost.")
@click.option("--tls-certificate", type=click.Path(exists=True, dir_okay=False), default=None)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), default=None)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one line of JSON.")
def command(**options: Any) -> None:  # fmt: skip
    """Open a chamber and serve it: point AWS_ENDPOINT_URL at it.

    Every option can be set in the environment too, as CLOUDCHAMBER_START_PORT and so on.
    """
    from cloudchamber.server.app import serve
    from cloudchamber.server.settings import StartError

    settings = _settings(options)
    chamber = settings.chamber
    modes = {"lifecycle": chamber.lifecycle, "iam": chamber.iam, "throttling": chamber.throttling,
             "seed": str(chamber.seed), "account": chamber.account}  # fmt: skip
    try:
        serve(
            settings,
            ready=lambda started: _say(started, modes, options["as_json"]),
            say=lambda text: click.echo(f"cloudchamber: {text}", err=True),
            progress=Progress(sys.stderr.isatty()),
        )
    except StartError as error:
        raise Failure(str(error), SAYS_NO) from error


class Progress:
    """A bar on the terminal while a kept world is read back; nothing where nobody looks."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if not self._shown:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("Reading the world back", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)
        if done >= total:
            self._bar.stop()
            self._bar = None


def _settings(options: dict[str, Any]) -> Any:
    from cloudchamber.control.control import chamber_settings
    from cloudchamber.control.errors import ControlError
    from cloudchamber.control.instants import BadTime, parse_instant
    from cloudchamber.server.settings import ServerSettings, TlsSettings

    names = ("seed", "clock", "account", "region", "lifecycle", "iam", "throttling", "functions")
    chosen = {name: options[name] for name in names if options[name] is not None}
    if options["start_at"]:
        try:
            chosen["start_ns"] = parse_instant(options["start_at"])
        except BadTime as error:
            raise click.BadParameter(str(error), param_hint="--start") from error
    files = (options["tls_certificate"], options["tls_key"])
    if any(files) and not all(files):
        raise click.UsageError("--tls-certificate and --tls-key go together")
    for name in ("fsync", "repair"):
        if options[name] and not options["data"]:
            raise click.UsageError(f"--{name} goes with --data")
    tls = None
    if options["tls"] or all(files):
        tls = TlsSettings(certificate=files[0] or "", key=files[1] or "")
    try:
        chamber = chamber_settings({"clock": "live", **chosen})
    except ControlError as error:
        raise click.BadParameter(error.message, param_hint=f"--{error.field}") from error
    base = ServerSettings()
    return ServerSettings(
        host=options["host"],
        port=options["port"],
        data=options["data"] or "",
        fsync=options["fsync"],
        repair=options["repair"],
        tls=tls,
        chamber=chamber,
        given=frozenset(chosen),
        allowed_hosts=(*base.allowed_hosts, *options["allow_host"]),
        function_folders=options["function_folders"],
    )


def _say(started: Any, modes: dict[str, str], as_json: bool) -> None:
    """Tell where it listens and what mode everything is in."""
    facts = {
        "endpoint": started.endpoint,
        "port": started.port,
        "clock": started.mode,
        **modes,
        "data": started.data or "in memory, gone when the chamber ends",
        "restored": started.restored,
        "ca_bundle": started.ca_bundle,
    }
    if as_json:
        import json

        click.echo(json.dumps(facts))
        return
    # Plain text, because rich would take longer to import than the chamber takes to start.
    shown = {name: value for name, value in facts.items() if value not in ("", 0)}
    click.echo(f"Cloudchamber {__version__} answers at {started.endpoint}")
    for name, value in shown.items():
        if name not in ("endpoint", "port"):
            click.echo(f"  {name.ljust(11)}{value}")
    click.echo(f"  to use it  export AWS_ENDPOINT_URL={started.endpoint}")
