"""The pytest plugin costs nothing until a fixture is asked for.

Every test run of every user that has the package installed imports it, so what it may load is a
list, not a time: lists do not depend on how busy the machine is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
ALLOWED = frozenset({"_cloudchamber_pytest", "__future__"})
PROBE = """
import json, sys
import pytest, typing, collections.abc
before = set(sys.modules)
{imported}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def modules_loaded_by(imported: str) -> set[str]:
    command = [sys.executable, "-c", PROBE.format(imported=imported)]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_plugin_loads_nothing_else() -> None:
    assert modules_loaded_by("import _cloudchamber_pytest") <= ALLOWED


@pytest.mark.parametrize("heavy", ["boto3", "cloudchamber.kernel"])
def test_the_probe_sees_what_an_import_loads(heavy: str) -> None:
    assert heavy in modules_loaded_by(f"import {heavy}")


def test_importing_the_package_loads_no_layer() -> None:
    loaded = modules_loaded_by("import cloudchamber")
    assert not [name for name in loaded if name.startswith("cloudchamber.")]
    assert "botocore" not in loaded
