"""Finding, reading and correcting botocore's service models.

Rules of this file: files are read straight from botocore's data folder (no session, no loader, no
`ServiceModel`), the newest version of each service, and only when asked for. The result is never
changed after it is built.

Corrections come in two kinds and both have botocore's own `merge` form: botocore's
`service-2.sdk-extras.json`, and the project's `overlay.json` beside the service that needs it
(`services/<name>/overlay.json`; see `Overlay` for what it may say).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

import msgspec

from cloudchamber.wire.model.shapes import Document, Metadata, Operation, Shape

MODEL_FILE: Final = "service-2.json.gz"
EXTRAS_FILE: Final = "service-2.sdk-extras.json"
OVERLAY_FILE: Final = "overlay.json"
GZIP: Final = 31

T = TypeVar("T")
ValidationMode = Literal["model", "no-patterns", "types-only"]


class Validation(msgspec.Struct, frozen=True):
    """How much of a model's constraints the wire enforces, and under which error code.

    `model` enforces all of them, `no-patterns` all but regular expressions, `types-only` none: the
    service answers its own messages. Without a `code` the protocol's usual one is used.
    """

    mode: ValidationMode = "model"
    code: str | None = None


class Corrections(msgspec.Struct, frozen=True):
    """What to merge into a model: the same form botocore's extras have."""

    metadata: dict[str, Any] = {}
    operations: dict[str, dict[str, Any]] = {}
    shapes: dict[str, dict[str, Any]] = {}


class OperationOverlay(msgspec.Struct, frozen=True):
    """What an overlay says of one operation."""

    validation: Validation | None = None


class ProtocolOverlay(msgspec.Struct, frozen=True):
    """What an overlay says of a service as seen through one of its protocols."""

    merge: Corrections = Corrections()
    validation: Validation | None = None


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service's `overlay.json`: corrections to its model and how strictly it is enforced.

    `merge` holds for every protocol; `protocols.<name>.merge` on top of it for one (the query names
    of a service whose model has moved on to JSON). `operations.<Name>.validation` beats
    `protocols.<name>.validation`, which beats `validation`. `comment` says why it is there.
    """

    comment: str = ""
    merge: Corrections = Corrections()
    validation: Validation | None = None
    operations: dict[str, OperationOverlay] = {}
    protocols: dict[str, ProtocolOverlay] = {}


class Extras(msgspec.Struct):
    """A `service-2.sdk-extras.json`."""

    merge: Corrections = Corrections()


NO_OVERLAY: Final = Overlay()


@cache
def data_folder() -> Path:
    """Where botocore keeps its models, found without importing botocore."""
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("botocore is not installed")
    return Path(spec.origin).parent / "data"


@cache
def services() -> tuple[str, ...]:
    """The name of every service that botocore has a model of, sorted."""
    return tuple(sorted(folder.parent.parent.name for folder in _newest().values()))


@cache
def _newest() -> Mapping[str, Path]:
    """Service name -> its newest model file."""
    found: dict[str, Path] = {}
    for file in sorted(data_folder().glob(f"*/*/{MODEL_FILE}")):
        found[file.parent.parent.name] = file
    return MappingProxyType(found)


def find_model_file(service: str) -> Path | None:
    """The newest model file of `service`; None when botocore has no such service.

    Looks into that service's folder alone: listing every service costs more than loading one.
    """
    folder = data_folder() / service
    if not service or not service.replace("-", "").isalnum() or not folder.is_dir():
        return None
    versions = sorted(path for path in folder.iterdir() if (path / MODEL_FILE).is_file())
    return versions[-1] / MODEL_FILE if versions else None


def read_document(file: Path) -> Document:
    """The model in `file` with botocore's own extras merged in."""
    document = _DOCUMENT.decode(zlib.decompress(file.read_bytes(), GZIP))
    extras = file.with_name(EXTRAS_FILE)
    if extras.is_file():
        corrections = msgspec.json.decode(extras.read_bytes(), type=Extras).merge
        document = corrected(document, corrections)
    return document


def read_overlay(service: str) -> Overlay:
    """The project's overlay of `service`, an empty one when it has none.

    Raises `msgspec.ValidationError` when the file says something an overlay cannot say.
    """
    folder = service.replace("-", "_")
    root = Path(__file__).parents[2] / "services"
    for name in (folder, folder + "_"):
        file = root / name / OVERLAY_FILE
        if file.is_file():
            return msgspec.json.decode(file.read_bytes(), type=Overlay)
    return NO_OVERLAY


def corrected(document: Document, corrections: Corrections) -> Document:
    """`document` with `corrections` merged deeply into it; the argument is left alone."""
    if corrections == Corrections():
        return document
    shapes = dict(document.shapes)
    for name, change in corrections.shapes.items():
        shapes[name] = _merged(shapes.get(name), change, Shape)
    operations = dict(document.operations)
    for name, change in corrections.operations.items():
        operations[name] = _merged(operations.get(name), change, Operation)
    metadata = _merged(document.metadata, corrections.metadata, Metadata)
    return Document(metadata=metadata, operations=operations, shapes=shapes)


def _merged(original: object, change: Mapping[str, Any], kind: type[T]) -> T:
    base = {} if original is None else msgspec.to_builtins(original)
    return msgspec.convert(_deep_merge(base, change), type=kind)


def _deep_merge(base: Any, change: Mapping[str, Any]) -> Any:
    merged = dict(base) if isinstance(base, dict) else {}
    for key, value in change.items():
        merged[key] = _deep_merge(merged.get(key), value) if isinstance(value, dict) else value
    return merged


_DOCUMENT: Final = msgspec.json.Decoder(Document)
