"""The command line: `cloudchamber VERB`. One file per verb in `commands/`, loaded when it is used.

Rules of this file: nothing is imported here that a verb does not need, because `start` must answer
its first request within a fifth of a second of being typed.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

import click

from cloudchamber import __version__
from cloudchamber.cli.session import ENVIRONMENT_PREFIX, Failure, unknown_variables

COMMANDS = "cloudchamber.cli.commands"


class Verbs(click.Group):
    """A group whose commands are the files of `commands/`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, sorted; imports none of them."""
        package = importlib.import_module(COMMANDS)
        return sorted(module.name for module in pkgutil.iter_modules(package.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name, loaded now, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{COMMANDS}.{cmd_name}").command
        return command


@click.group(
    cls=Verbs,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": ENVIRONMENT_PREFIX,
        "max_content_width": 100,
    },
    epilog="Exit codes: 0 done; 1 the chamber says no; 2 wrong usage; 3 no chamber answers.",
)
@click.version_option(__version__, prog_name="cloudchamber")
def cli() -> None:
    """An AWS that fits in one process and behaves: start it, wind its clock, ask it why."""


def main() -> None:
    """The console script."""
    strange = unknown_variables(os.environ, cli)
    if strange:
        click.echo(
            f"cloudchamber: unknown setting in the environment: {', '.join(strange)}", err=True
        )
        sys.exit(2)
    try:
        cli.main(prog_name="cloudchamber", standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("cloudchamber: interrupted", err=True)
        sys.exit(130)
    except Failure as error:
        click.echo(f"cloudchamber: {error}", err=True)
        sys.exit(error.exit_code)
