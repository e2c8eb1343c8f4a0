"""The rules about layers catch what they must and let pass what they should."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import layers

KERNEL = "src/cloudchamber/kernel/heap.py"
WORLD = "src/cloudchamber/world/zones.py"
CLOUD = "src/cloudchamber/cloud/call.py"
SERVER = "src/cloudchamber/server/front.py"
QUEUES = "src/cloudchamber/services/sqs/queues.py"
DOOR = "src/cloudchamber/__init__.py"
PLUGIN = "src/_cloudchamber_pytest.py"

CASES = (
    # the table of layers
    Case(layers.layers_hold, {KERNEL: "import cloudchamber.cloud.call"}, "kernel imports"),
    Case(
        layers.layers_hold, {KERNEL: "from cloudchamber import wire"}, "imports cloudchamber.wire"
    ),
    Case(layers.layers_hold, {KERNEL: "import cloudchamber"}, "kernel imports cloudchamber"),
    Case(layers.layers_hold, {WORLD: "from cloudchamber.kernel import Kernel"}),
    Case(layers.layers_hold, {WORLD: "def f():\n    import cloudchamber.cloud"}, "world imports"),
    Case(
        layers.layers_hold,
        {WORLD: "if TYPE_CHECKING:\n    from cloudchamber.cloud.call import Call"},
        "world imports cloudchamber.cloud.call.Call",
    ),
    Case(layers.layers_hold, {CLOUD: "from .. import services"}, "cloud imports"),
    Case(layers.layers_hold, {CLOUD: "from . import store"}),
    Case(layers.layers_hold, {SERVER: "import cloudchamber.services.sqs"}, "server imports"),
    Case(layers.layers_hold, {SERVER: "import cloudchamber.control.clock"}),
    Case(layers.layers_hold, {SERVER: "from cloudchamber import __version__"}),
    Case(layers.layers_hold, {SERVER: "from cloudchamber import Chamber"}, "server imports"),
    Case(layers.layers_hold, {QUEUES: "from cloudchamber.kernel import x"}, "services imports"),
    Case(layers.layers_hold, {QUEUES: "from cloudchamber.services.sqs import nouns"}),
    Case(layers.layers_hold, {"src/cloudchamber/cores/x.py": ""}, "no such layer: cores"),
    Case(layers.layers_hold, {DOOR: "from cloudchamber.testing import Chamber"}),
    Case(layers.layers_hold, {DOOR: "from cloudchamber.cloud import store"}, "the door imports"),
    Case(layers.layers_hold, {PLUGIN: "from cloudchamber import Chamber"}),
    Case(layers.layers_hold, {PLUGIN: "import cloudchamber.kernel"}, "the door imports"),
    # services
    Case(
        layers.services_are_strangers,
        {QUEUES: "from cloudchamber.services.iam.nouns import Role"},
        "sqs imports cloudchamber.services.iam",
    ),
    Case(
        layers.services_are_strangers,
        {QUEUES: "from cloudchamber.services import iam"},
        "sqs imports cloudchamber.services.iam",
    ),
    Case(layers.services_are_strangers, {QUEUES: "from ..iam import nouns"}, "sqs imports"),
    Case(layers.services_are_strangers, {QUEUES: "from cloudchamber.services.sqs import nouns"}),
    # other people's libraries
    Case(layers.libraries_fit_the_layer, {KERNEL: "import msgspec"}, "kernel imports msgspec"),
    Case(layers.libraries_fit_the_layer, {KERNEL: "import heapq, cloudchamber.kernel.ids"}),
    Case(layers.libraries_fit_the_layer, {CLOUD: "from rich.table import Table"}, "imports rich"),
    Case(layers.libraries_fit_the_layer, {QUEUES: "import boto3"}, "services imports boto3"),
    Case(layers.libraries_fit_the_layer, {SERVER: "import httptools"}),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_layers(case: Case) -> None:
    check(case)


def test_each_layer_that_may_be_imported_is_a_layer() -> None:
    for allowed in layers.LAYERS.values():
        assert set(allowed) <= set(layers.LAYERS)


def test_the_table_of_layers_has_no_circle() -> None:
    settled: set[str] = set()
    while len(settled) < len(layers.LAYERS):
        ready = {k for k, v in layers.LAYERS.items() if k not in settled and settled.issuperset(v)}
        assert ready, f"a circle among {sorted(set(layers.LAYERS) - settled)}"
        settled |= ready
