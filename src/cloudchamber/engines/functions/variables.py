"""The environment variables of a function: what Lambda documents, the function's own, no others.

Rules of this file: nothing of this process's environment gets through. Reserved names win over the
function's own, as at AWS.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from cloudchamber.engines.functions.interpreters import Program
from cloudchamber.engines.functions.orders import Order

SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
IN_A_CONTAINER: Final = (("LAMBDA_TASK_ROOT", "/var/task"), ("LAMBDA_RUNTIME_DIR", "/var/runtime"))


class Places(NamedTuple):
    """Where an environment's things are: code, merged layers, its own /tmp, shared packages."""

    task: Path
    opt: Path
    tmp: Path
    packages: Path
    clock: Path


def variables(
    order: Order, places: Places, api: str, home: str, program: Program
) -> dict[str, str]:
    """Everything the process finds in its environment.

    `api` is host and port of the Runtime API, `home` the URL of the chamber.
    """
    language = program.language
    own = "" if language == "provided" else f"{program.folder}:"
    opt, task = str(places.opt), str(places.task)
    found = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"{own}{SYSTEM_PATH}:{opt}/bin",
        "LD_LIBRARY_PATH": f"{task}:{task}/lib:{opt}/lib",
        "TMPDIR": str(places.tmp),
        "HOME": str(places.tmp),
    }
    if language == "python":
        found["PYTHONPATH"] = str(places.packages)
        found["PYTHONHASHSEED"] = "0"  # the order of sets is the same in every run
        found["PYTHONUTF8"] = "1"
    elif language == "nodejs":
        found["NODE_PATH"] = f"{opt}/nodejs/node_modules:{task}/node_modules"
    found.update(order.environment)
    found.update(_reserved(order, api))
    found["_HANDLER"] = order.handler
    found["LAMBDA_TASK_ROOT"] = str(places.task)
    found["LAMBDA_RUNTIME_DIR"] = str(places.packages)
    if language in ("python", "nodejs"):
        found["CLOUDCHAMBER_CLOCK"] = str(places.clock)
        found["CLOUDCHAMBER_OPT"] = opt
        found["CLOUDCHAMBER_PACKAGES"] = str(places.packages)
    return _with_home(found, home)


def container_variables(order: Order, api: str, home: str) -> dict[str, str]:
    """What a container finds in its environment besides what its image says, and over it."""
    found = {"TZ": ":UTC", **order.environment, **_reserved(order, api), **dict(IN_A_CONTAINER)}
    return _with_home(found, home)


def _with_home(found: dict[str, str], home: str) -> dict[str, str]:
    found.setdefault("AWS_ENDPOINT_URL", home)
    # Nobody answers at the address of instance metadata; without this an SDK waits for it.
    found.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    return {name: value.replace("\0", "") for name, value in found.items()}


def _reserved(order: Order, api: str) -> dict[str, str]:
    credentials = order.credentials
    found = {
        "AWS_REGION": order.region,
        "AWS_DEFAULT_REGION": order.region,
        "AWS_LAMBDA_FUNCTION_NAME": order.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(order.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": order.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": order.log_group or f"/aws/lambda/{order.function_name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": order.log_stream or f"[{order.version}]",
        "AWS_LAMBDA_LOG_FORMAT": order.log_format,
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    }
    if order.log_level:
        found["AWS_LAMBDA_LOG_LEVEL"] = order.log_level
    if order.runtime:
        found["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{order.runtime}"
    for name, key in (
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ):
        if credentials.get(key):
            found[name] = credentials[key]
    return found
