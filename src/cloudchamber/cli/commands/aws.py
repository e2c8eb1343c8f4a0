"""`cloudchamber aws ...`: the real AWS CLI, led into the chamber."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from cloudchamber.cli.commands.env import variables
from cloudchamber.cli.session import NOT_THERE, Chamber, Failure, endpoint_option


@click.command("aws", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.option("--account", default="000000000000", help="Whose root user to be.")
@endpoint_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(chamber: Chamber, account: str, arguments: tuple[str, ...]) -> None:
    """Run the AWS CLI against the chamber: cloudchamber aws sqs list-queues.

    Options of ours (--account, --endpoint) stand before the CLI's own words. Credentials and the
    region of the environment are kept when they are set.
    """
    program = shutil.which("aws")
    if program is None:
        raise Failure("the AWS CLI is not on PATH; `pip install awscli` brings it", NOT_THERE)
    context = click.get_current_context()
    chosen = context.get_parameter_source("account")
    environment = dict(os.environ)
    explicit = chosen is not None and chosen.name == "COMMANDLINE"
    for name, value in variables(chamber.endpoint, account, "us-east-1").items():
        if name == "AWS_ENDPOINT_URL" or explicit:
            environment[name] = value
        else:
            environment.setdefault(name, value)
    if "AWS_DEFAULT_REGION" in os.environ and "AWS_REGION" not in os.environ:
        environment["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"]
    environment.pop("AWS_PROFILE", None)
    # Version 1 of the CLI ignores AWS_ENDPOINT_URL for some services (sqs, health); the flag works
    # in every version.
    words = [Path(program).name, "--endpoint-url", chamber.endpoint, *arguments]
    os.execve(program, words, environment)
