"""What every verb shares: where the chamber is, how to ask it, how to show the answer.

Rules of this file: what is only needed to ask or to show is imported then, because `start`, which
does neither, must answer within a fifth of a second. An answer that is an error becomes a Failure,
which carries its exit code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import click

ENVIRONMENT_PREFIX: Final = "CLOUDCHAMBER"
DEFAULT_ENDPOINT: Final = "http://127.0.0.1:4566"
OK: Final = 200
SAYS_NO: Final = 1
NOT_THERE: Final = 3
PATIENCE_S: Final = 600
# Variables of the project's own tests and tools, which are no settings of a verb.
OTHER_VARIABLES: Final = (
    "CLOUDCHAMBER_ENDPOINT",
    "CLOUDCHAMBER_KILL_ROUNDS",
    "CLOUDCHAMBER_TF_PLUGINS",
)


class Failure(Exception):
    """A verb could not do what was asked; the message is shown and the code is the exit code."""

    def __init__(self, message: str, exit_code: int = SAYS_NO) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Chamber:
    """A running chamber, reached through its control API."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Ask; parameters that are None are left out. Raises Failure."""
        asked = {name: value for name, value in query.items() if value is not None}
        suffix = f"?{urlencode(asked, doseq=True)}" if asked else ""
        return self._ask("GET", f"/_chamber/{path}{suffix}", None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tell. Raises Failure."""
        return self._ask("POST", f"/_chamber/{path}", json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        import http.client

        url = urlsplit(self.endpoint)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise click.UsageError(f"{self.endpoint!r} is not an http or https endpoint")
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname, url.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            response = connection.getresponse()
            data = response.read()
        except OSError as error:
            raise Failure(
                f"no chamber answers at {self.endpoint} ({error.strerror or error}); "
                "start one with `cloudchamber start`",
                NOT_THERE,
            ) from error
        except http.client.HTTPException as error:
            raise Failure(f"{self.endpoint} does not speak HTTP: {error!r}", NOT_THERE) from error
        finally:
            connection.close()
        return _read(self.endpoint, response.status, data)


def _read(endpoint: str, status: int, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Failure(f"{endpoint} is not a chamber (HTTP {status})", NOT_THERE)
    if status != OK:
        problem = answer.get("error", {})
        field = f" ({problem['field']})" if problem.get("field") else ""
        raise Failure(f"{problem.get('message', f'HTTP {status}')}{field}")
    return answer


def endpoint_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--endpoint URL`, passed on as a `chamber` argument."""

    def to_chamber(_: click.Context, __: click.Parameter, value: str) -> Chamber:
        return Chamber(value)

    return click.option(
        "--endpoint",
        "chamber",
        default=DEFAULT_ENDPOINT,
        envvar="CLOUDCHAMBER_ENDPOINT",
        show_default=True,
        callback=to_chamber,
        help="Where the chamber listens (also CLOUDCHAMBER_ENDPOINT).",
    )(function)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`, passed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(
        function
    )


def show(data: Any, as_json: bool, render: Callable[[Any], Any]) -> None:
    """Print an answer: JSON for programs, what `render` makes of it for people."""
    if as_json:
        click.echo(json.dumps(data, indent=2))
        return
    from rich.console import Console

    # Into a pipe nothing is cut: the width is a terminal's only when there is one.
    console = Console() if sys.stdout.isatty() else Console(width=200, soft_wrap=True)
    console.print(render(data), highlight=False)


def unknown_variables(environment: Iterable[str], group: click.Group) -> list[str]:
    """Names in the environment that look like settings of ours and are none, sorted."""
    strange = [
        name
        for name in environment
        if name.startswith(f"{ENVIRONMENT_PREFIX}_") and name not in OTHER_VARIABLES
    ]
    if not strange:
        return []
    context = click.Context(group)
    known: set[str] = set()
    for verb in group.list_commands(context):
        command = group.get_command(context, verb)
        for parameter in command.params if command else ():
            known.add(f"{ENVIRONMENT_PREFIX}_{verb}_{parameter.name}".upper())
    return sorted(name for name in strange if name not in known)
