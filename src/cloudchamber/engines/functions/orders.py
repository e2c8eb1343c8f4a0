"""What is asked of the engine and what it answers: an order, an outcome.

Rules of this file: plain data. Sizes are MB as AWS counts them (2^20 bytes), durations ns.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

MB: Final = 1 << 20
STAMPED_MAX: Final = 20_000  # files of a folder that are looked at for changes
STATUSES: Final = ("ok", "error", "timeout", "crash", "init-error", "out-of-memory")


class Code(msgspec.Struct, frozen=True):
    """An archive by its name (`key`: equal names, equal bytes), read when it is needed; or a folder
    that is used as it is; or an image of the container engine's store, by its id, and what runs in
    it (`argv`) in which folder of its own (empty: as it says itself)."""

    key: str
    read: Callable[[], bytes] | None = None
    folder: str = ""
    image: str = ""
    argv: tuple[str, ...] = ()
    workdir: str = ""


class Order(msgspec.Struct, kw_only=True):
    """One invocation. `deadline_ns` and `now_ns` are instants of the chamber's clock. Whoever asked
    `takes_stream` if an answer that is streamed may be as long as streams are."""

    function_arn: str
    version: str
    request_id: str
    payload: bytes
    code: Code
    layers: tuple[Code, ...] = ()
    handler: str = ""
    runtime: str = ""
    memory_mb: int = 128
    timeout_s: int = 3
    environment: Mapping[str, str] = {}
    ephemeral_mb: int = 512
    credentials: Mapping[str, str] = {}
    region: str = "us-east-1"
    account: str = ""
    client_context: str = ""
    cognito_identity: str = ""
    deadline_ns: int = 0
    now_ns: int = 0
    trace: str = ""
    log_format: str = "Text"
    log_level: str = ""
    log_group: str = ""
    log_stream: str = ""
    tenant_id: str = ""
    takes_stream: bool = False

    @property
    def function_name(self) -> str:
        """The name in the ARN."""
        parts = self.function_arn.split(":")
        return parts[6] if len(parts) > 6 else self.function_arn

    @property
    def function(self) -> str:
        """The function's version: one environment of it is as good as another while it has not
        been changed."""
        return f"{self.function_arn}:{self.version}:{self.tenant_id}"

    @property
    def fingerprint(self) -> str:
        """Equal for orders that the same environment may serve."""
        parts = (
            self.function_arn,
            self.version,
            self.code.key,
            *(layer.key for layer in self.layers),
            self.handler,
            self.runtime,
            str(self.memory_mb),
            str(self.timeout_s),
            str(self.ephemeral_mb),
            self.log_format,
            self.log_level,
            self.tenant_id,
            *(f"{name}={value}" for name, value in sorted(self.environment.items())),
        )
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


class OrderError(ValueError):
    """The order cannot be carried out; the text says why."""


def read_order(order: Mapping[str, Any]) -> Order:
    """An order as services write it. Raises OrderError."""
    credentials = order.get("role_credentials") or {}
    try:
        return Order(
            function_arn=order["function_arn"],
            version=str(order.get("version") or "$LATEST"),
            request_id=order["request_id"],
            payload=bytes(order.get("payload") or b""),
            code=read_code(order["code"]),
            layers=tuple(read_code(layer) for layer in order.get("layers") or ()),
            handler=order.get("handler") or "",
            runtime=order.get("runtime") or "",
            memory_mb=int(order.get("memory_mb") or 128),
            timeout_s=int(order.get("timeout_s") or 3),
            environment=dict(order.get("environment") or {}),
            ephemeral_mb=int(order.get("ephemeral_mb") or 512),
            credentials={name: str(value) for name, value in credentials.items()},
            region=order.get("region") or "us-east-1",
            account=order.get("account") or "",
            client_context=order.get("client_context") or "",
            cognito_identity=order.get("cognito_identity") or "",
            deadline_ns=int(order.get("deadline_ns") or 0),
            trace=order.get("trace") or "",
            log_format=order.get("log_format") or "Text",
            log_level=order.get("log_level") or "",
            log_group=order.get("log_group") or "",
            log_stream=order.get("log_stream") or "",
            tenant_id=order.get("tenant_id") or "",
            takes_stream=bool(order.get("takes_stream")),
        )
    except KeyError as error:
        raise OrderError(f"an order needs {error}") from error


def read_code(code: Any) -> Code:
    """`bytes`, `{"key": ..., "read": callable}`, `{"zip": bytes}`, `{"folder": path}` or
    `{"image": id, "argv": [...], "workdir": path}`. Raises OrderError.
    """
    if isinstance(code, bytes):
        return _of_bytes(code)
    if isinstance(code, Mapping):
        if "read" in code:
            return Code(str(code["key"]), code["read"])
        if "zip" in code:
            return _of_bytes(bytes(code["zip"]))
        if "folder" in code:
            folder = str(code["folder"])
            return Code(f"folder:{folder}:{_stamp(folder)}", folder=folder)
        if "image" in code:
            return _of_image(code)
    raise OrderError("code is an archive, a folder or an image")


def _of_image(code: Mapping[str, Any]) -> Code:
    image, argv = str(code["image"]), tuple(map(str, code.get("argv") or ()))
    workdir = str(code.get("workdir") or "")
    key = "\0".join(("image", image, workdir, *argv))
    return Code(key, image=image, argv=argv, workdir=workdir)


def _of_bytes(data: bytes) -> Code:
    return Code(hashlib.sha256(data).hexdigest(), lambda: data)


def _stamp(folder: str) -> str:
    """Differs once a file in the folder has been changed, so that functions begin anew."""
    newest, count = 0, 0
    waiting = [folder]
    while waiting and count < STAMPED_MAX:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != "__pycache__":
                            waiting.append(entry.path)
                    else:
                        newest = max(newest, entry.stat().st_mtime_ns)
                        count += 1
        except OSError:
            continue
    return f"{newest}-{count}"


class Outcome(msgspec.Struct, kw_only=True):
    """What came of an order. `exit` says how a process that ended did (`exit status 1`).

    `is_streamed` is true when the function streamed its answer, of `content_type`. The beginning of
    it is `payload`, or `begun` if the function failed after that, and `rest` says where what does
    not fit in memory was put aside: the engine hands streams on and keeps nothing of them.
    """

    status: str
    payload: bytes = b""
    error_type: str = ""
    log: bytes = b""
    duration_ns: int = 0
    init_ns: int = 0
    max_memory_mb: int = 0
    exit: str = ""
    is_streamed: bool = False
    content_type: str = ""
    begun: bytes = b""
    rest: Any = None

    def as_data(self) -> dict[str, Any]:
        """The outcome as services read it."""
        data = msgspec.structs.asdict(self)
        for name in ("begun", "rest"):
            if not data[name]:
                del data[name]
        return data


def error_payload(error_type: str, message: str) -> bytes:
    """An error that the function did not state itself, as AWS spells it."""
    return msgspec.json.encode({"errorType": error_type, "errorMessage": message})
