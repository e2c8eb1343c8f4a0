"""Container images: what an ImageUri names, as the machine's container engine answered.

Rules of this file: the engine's answer is an input of the world, asked for as work and journalled
as its outcome, so that a replay needs no engine. A version keeps what the image was when it was
given, by id and digest: a tag that moves on changes nothing until the code is updated, as at AWS.
https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Wait
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.nouns import LOOKED_UP, Image, Package

WORK: Final = "lambda.image"
URI: Final = re.compile(
    r"(?P<name>\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"[a-z0-9]+(?:[._/-][a-z0-9]+)*)(?::[\w][\w.-]{0,127})?(?P<digest>@sha256:[0-9a-f]{64})?"
)
INSTALL: Final = "install Podman (or Docker), then call UpdateFunctionCode with its ImageUri"

Looking = Generator[Wait, bool, Package]


def check_uri(call: Call, uri: str) -> None:
    """Raises InvalidParameterValueException for what names no image of this Region's registries."""
    found = URI.fullmatch(uri)
    tagged = ":" in uri.rpartition("/")[2]
    if found is None or not tagged or found["region"] != call.region:
        raise refusals.invalid(f"Source image {uri} is not valid. Provide a valid source image.")


def look_up(call: Call, uri: str) -> Looking:
    """For a waiting handler: the package that an ImageUri names. The engine is asked once.

    Raises InvalidParameterValueException when there is an engine and it has no such image.
    """
    ticket = _ticket(call, uri)
    rows = call.rows(LOOKED_UP)
    while ticket not in rows:
        call.begin_work(WORK, ticket, {"image_uri": uri})  # once: a ticket is begun once
        yield Wait(None, (("lambda", ticket),))
    image = rows.pop(ticket)
    if image.status == "absent":
        raise refusals.invalid(f"Source image {uri} does not exist. Provide a valid source image.")
    if image.status == "crash":
        raise AwsError("ServiceException", f"Cloudchamber: {image.reason}", 500, Type="Service")
    shown = image.digest.removeprefix("sha256:") or hashlib.sha256(uri.encode()).hexdigest()
    return Package(sha256=shown, size=0, image=uri, container=image)


def looked_up(call: Call, ticket: str, outcome: dict[str, Any]) -> None:
    """Work's outcome: what the container engine said of an image."""
    call.rows(LOOKED_UP)[ticket] = Image(
        status=outcome["status"],
        id=outcome.get("id", ""),
        digest=outcome.get("digest", ""),
        entrypoint=list(outcome.get("entrypoint", ())),
        command=list(outcome.get("command", ())),
        reason=outcome.get("reason") or outcome.get("exit", ""),
    )
    if not call.wake("lambda", ticket):
        call.rows(LOOKED_UP).pop(ticket)  # whoever waited has gone away


def _ticket(call: Call, uri: str) -> str:
    """A call's own name for its question."""
    told = f"{call.request_id} {call.operation_name} {uri}"
    return f"image-{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"


def check_runnable(arn: str, package: Package) -> None:
    """Raises Refused for an image that was given when no engine could say what it is."""
    image = package.container
    if package.image and (image is None or image.status != "found"):
        why = image.reason if image is not None else "it was never looked up"
        raise Refused(
            "lambda",
            "Invoke",
            f"{arn} is a container image, and no container engine was there when its code was set "
            f"({why}): {INSTALL}",
        )


def shown(package: Package) -> dict[str, str]:
    """The code of GetFunction."""
    found = URI.fullmatch(package.image)
    resolved = package.image
    if found is not None and package.container is not None and package.container.digest:
        resolved = f"{found['name']}@{package.container.digest}"
    return {
        "RepositoryType": "ECR",
        "ImageUri": package.image,
        "ResolvedImageUri": resolved,
    }


def for_engine(package: Package, members: Mapping[str, Any]) -> dict[str, Any]:
    """The code of an order: ENTRYPOINT and CMD of the image, each overridden on its own."""
    assert package.container is not None  # it can be run
    image, asked = package.container, members.get("ImageConfig") or {}
    entrypoint = asked.get("EntryPoint") or image.entrypoint
    command = asked.get("Command") or image.command
    return {
        "image": image.id,
        "argv": [*entrypoint, *command],
        "workdir": asked.get("WorkingDirectory") or "",
    }
