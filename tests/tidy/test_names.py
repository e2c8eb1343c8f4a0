"""The rules about names and places catch what they must and let pass what they should."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import names

FOLDER = "src/cloudchamber/services/sqs"
DECLARATION = "SERVICE = Service(\n    name='sqs',\n)\n"
README = "# SQS\nWhat behaves, what is recorded, what is refused, surprises."
SERVICE = {
    f"{FOLDER}/README.md": README,
    f"{FOLDER}/__init__.py": "",
    f"{FOLDER}/service.py": DECLARATION,
}
TEST = {"tests/unit/services/sqs/test_queues.py": ""}
SHAPE = names.service_folders_have_one_shape
DECLARED = names.services_are_declared
SAYS = names.names_say_something
MIRROR = names.tests_mirror_the_package

CASES = (
    Case(SAYS, {"src/cloudchamber/cloud/utils.py": ""}, "holds 'utils'"),
    Case(SAYS, {"src/cloudchamber/cloud/path_helpers.py": ""}, "holds 'helpers'"),
    Case(SAYS, {"src/cloudchamber/common/x.py": ""}, "holds 'common'"),
    Case(SAYS, {"tests/unit/test_policy_v2.py": ""}, "holds 'v2'"),
    Case(SAYS, {"src/cloudchamber/cloud/session-manager.py": ""}, "holds 'manager'"),
    Case(SAYS, {"src/cloudchamber/services/secretsmanager/nouns.py": ""}),
    Case(SAYS, {"src/cloudchamber/services/wafv2/nouns.py": ""}),
    Case(SHAPE, {f"{FOLDER}/service.py": ""}, "README.md is missing"),
    Case(SHAPE, {f"{FOLDER}/README.md": ""}, "service.py is missing"),
    Case(SHAPE, {**SERVICE, f"{FOLDER}/handlers.py": ""}, "handlers.py:1: neither"),
    Case(SHAPE, {**SERVICE, f"{FOLDER}/Queues.py": ""}, "neither a known file"),
    Case(SHAPE, {**SERVICE, f"{FOLDER}/notes.txt": ""}, "neither a known file"),
    Case(SHAPE, {**SERVICE, f"{FOLDER}/queues.py": "", f"{FOLDER}/managed_policies.json": ""}),
    Case(SHAPE, {**SERVICE, f"{FOLDER}/engine.py": "", f"{FOLDER}/vpc/subnets.py": ""}),
    Case(DECLARED, {f"{FOLDER}/service.py": "X = 1"}, "no SERVICE = Service("),
    Case(DECLARED, {f"{FOLDER}/service.py": DECLARATION + "def f(): ..."}, "defines f"),
    Case(DECLARED, {f"{FOLDER}/service.py": DECLARATION + "class A: ..."}, "defines A"),
    Case(DECLARED, {f"{FOLDER}/service.py": DECLARATION, f"{FOLDER}/queues.py": "def f(): ..."}),
    Case(names.services_are_described, {f"{FOLDER}/README.md": "# SQS"}, "what refused"),
    Case(names.services_are_described, {f"{FOLDER}/service.py": ""}, "does not say"),
    Case(names.services_are_described, SERVICE),
    Case(MIRROR, {"tests/unit/cores/test_x.py": ""}, "no such layer: cores"),
    Case(MIRROR, {**SERVICE, **TEST, "tests/unit/services/sns/test_x.py": ""}, "service: sns"),
    Case(MIRROR, SERVICE, "the service has no unit tests"),
    Case(MIRROR, {**SERVICE, **TEST, "tests/unit/kernel/test_heap.py": ""}),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_names(case: Case) -> None:
    check(case)
