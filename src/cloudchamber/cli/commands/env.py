"""`cloudchamber env`: the variables that point AWS clients at the chamber."""

from __future__ import annotations

import json
import shlex

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option

STYLES = ("sh", "fish", "powershell")


def variables(endpoint: str, account: str, region: str) -> dict[str, str]:
    """What an AWS client needs to find the chamber and to be root of an account."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "chamber",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }


@click.command("env")
@click.option("--account", default="000000000000", show_default=True, help="Whose root user to be.")
@click.option("--region", default="us-east-1", show_default=True, help="The default region.")
@click.option("--shell", type=click.Choice(STYLES), default="sh", show_default=True)
@endpoint_option
@json_option
def command(chamber: Chamber, account: str, region: str, shell: str, as_json: bool) -> None:
    """Print the variables that lead AWS clients here: eval "$(cloudchamber env)".

    Old settings that would get in the way (a profile, a session token) are unset.
    """
    wanted = variables(chamber.endpoint, account, region)
    if as_json:
        click.echo(json.dumps(wanted, indent=2))
        return
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        click.echo(_unset(name, shell))
    for name, value in wanted.items():
        click.echo(_set(name, value, shell))


def _set(name: str, value: str, shell: str) -> str:
    if shell == "fish":
        return f"set -gx {name} {shlex.quote(value)}"
    if shell == "powershell":
        quoted = value.replace("'", "''")
        return f"$env:{name} = '{quoted}'"
    return f"export {name}={shlex.quote(value)}"


def _unset(name: str, shell: str) -> str:
    if shell == "fish":
        return f"set -e {name}"
    if shell == "powershell":
        return f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"
    return f"unset {name}"
