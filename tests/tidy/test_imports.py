"""The rules about imports catch what they must and let pass what they should."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import imports

CLOUD = "src/cloudchamber/cloud/call.py"
CLI = "src/cloudchamber/cli/start.py"
PLUGIN = "src/_cloudchamber_pytest.py"
DOOR = "src/cloudchamber/__init__.py"
QUEUES = "src/cloudchamber/services/sqs/queues.py"
SERVICE = "src/cloudchamber/services/sqs/service.py"
PROJECT = """
[project]
dependencies = ["msgspec>=0.19", "pyjwt>=2", "uvloop>=0.19; sys_platform != 'win32'"]
[project.optional-dependencies]
test = ["hypothesis>=6"]
warehouse = ["duckdb>=1"]
"""
RECORDS = "# Why\nmsgspec, PyJWT and uvloop"
ALL_USED = {CLOUD: "import msgspec, jwt, uvloop", "pyproject.toml": PROJECT}
FRAMES = "def f():\n    from cloudchamber.cloud.frames import Frames"
TOP = imports.imports_stand_on_top
WRITTEN = imports.imports_are_written_out
DECLARED = imports.imports_are_declared
USED = imports.dependencies_are_used
REACHED = imports.every_module_is_reached

CASES = (
    Case(TOP, {CLOUD: "def f():\n    import json"}, "a function imports json"),
    Case(TOP, {CLOUD: "class A:\n    def f(self):\n        from os import path"}, "os.path"),
    Case(TOP, {CLOUD: "async def f():\n    import json"}, "a function imports json"),
    Case(TOP, {CLOUD: "def f():\n    from cryptography import x509"}),
    Case(TOP, {CLOUD: FRAMES, "src/cloudchamber/cloud/frames.py": "import h2.connection"}),
    Case(TOP, {CLOUD: FRAMES, "src/cloudchamber/cloud/frames.py": "x = 1"}, "imports cloudchamber"),
    Case(TOP, {CLOUD: "if TYPE_CHECKING:\n    import json"}),
    Case(TOP, {CLI: "def f():\n    import json", PLUGIN: "def f():\n    import json"}),
    Case(WRITTEN, {CLOUD: "import importlib\nimportlib.import_module('a')"}, "made-up name"),
    Case(WRITTEN, {CLOUD: "from importlib import import_module as load\nload('a')"}, "made-up"),
    Case(WRITTEN, {CLOUD: "__import__('a')"}, "imports by a made-up name"),
    Case(WRITTEN, {imports.FINDERS[0]: "import importlib\nimportlib.import_module('a')"}),
    Case(DECLARED, {CLOUD: "import requests", "pyproject.toml": PROJECT}, "requests is not"),
    Case(DECLARED, {CLOUD: "import pytest", "pyproject.toml": PROJECT}, "pytest is not"),
    Case(DECLARED, {CLOUD: "def f():\n    import duckdb", "pyproject.toml": PROJECT}),
    Case(DECLARED, {PLUGIN: "import pytest", "pyproject.toml": PROJECT}),
    Case(DECLARED, ALL_USED),
    Case(USED, {CLOUD: "import msgspec", "pyproject.toml": PROJECT}, "nothing imports pyjwt"),
    Case(USED, {**ALL_USED, "docs/decisions/0002-x.md": "# Why\nmsgspec"}, "why pyjwt is needed"),
    Case(USED, {**ALL_USED, "docs/decisions/0002-x.md": RECORDS}),
    Case(REACHED, {CLOUD: "x = 1"}, "no entry reaches this module"),
    Case(
        REACHED, {CLOUD: "x = 1", "tests/test_x.py": "import cloudchamber.cloud.call"}, "no entry"
    ),
    Case(REACHED, {CLOUD: "import cloudchamber.cloud.call"}, "no entry reaches this module"),
    Case(REACHED, {CLOUD: "x = 1", DOOR: "from cloudchamber.cloud import call"}),
    Case(REACHED, {CLOUD: "x = 1", DOOR: "from cloudchamber.cloud.call import Call"}),
    Case(REACHED, {CLOUD: "x = 1", DOOR: "load('cloudchamber.cloud.call:Call')"}),
    Case(REACHED, {SERVICE: "from cloudchamber.services.sqs import queues", QUEUES: "x = 1"}),
    Case(REACHED, {"src/cloudchamber/cli/commands/start.py": "x = 1"}),
    Case(REACHED, {CLI: "x = 1", "src/cloudchamber/cli/__init__.py": "VERBS = ('start',)"}),
    Case(REACHED, {"src/cloudchamber/cli/commands/start.py": "x = 1"}),
    Case(REACHED, {CLI: "x = 1", "src/cloudchamber/cli/__init__.py": "VERBS = ()"}, "no entry"),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_imports(case: Case) -> None:
    check(case)
