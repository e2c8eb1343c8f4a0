"""botocore's service models and endpoint rules as plain JSON, and which botocore it is.

Rules of this file: files and JSON, no meaning; where they are is `wire.model`'s knowledge. botocore
itself is never imported: reading its version line costs a fraction of a millisecond.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from cloudchamber.wire.model.loading import data_folder, find_model_file

ENDPOINT_RULES_FILE: Final = "endpoint-rule-set-1.json.gz"
_VERSION_LINE: Final = re.compile(r"^__version__ = ['\"]([^'\"]+)['\"]", re.MULTILINE)


@cache
def installed_version() -> str:
    """The version of the installed botocore, such as `1.44.5`."""
    found = _VERSION_LINE.search((data_folder().parent / "__init__.py").read_text("utf-8"))
    return found[1] if found else ""


def read_model(service: str) -> dict[str, Any]:
    """The service's newest model as botocore ships it. Raises FileNotFoundError if it has none."""
    return _read(_expect_model_file(service))


def read_endpoint_rules(service: str) -> dict[str, Any]:
    """The service's endpoint rules; empty when botocore has none beside the model."""
    path = _expect_model_file(service).with_name(ENDPOINT_RULES_FILE)
    return _read(path) if path.is_file() else {}


def _expect_model_file(service: str) -> Path:
    path = find_model_file(service)
    if path is None:
        raise FileNotFoundError(f"botocore has no model of {service!r}")
    return path


def _read(path: Path) -> dict[str, Any]:
    return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=dict[str, Any])
