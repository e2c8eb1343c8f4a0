"""The rules about docstrings and Markdown catch what they must and let pass what they should."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import prose

OPENS = prose.files_open_with_their_rules
TITLE = prose.markdown_has_one_title
LISTED = prose.decisions_are_listed
PARTS = "# 0002: x\n**Question.**\n**Measured.**\n**Choice.**\n**Rejected.**\n"
RECORD = {"docs/decisions/0002-x.md": PARTS, "docs/decisions/README.md": "[0002](0002-x.md)"}
LINKS = prose.links_lead_somewhere

CASES = (
    Case(prose.files_can_be_read, {"src/x.py": "x = = 1"}, "src/x.py:1: invalid syntax"),
    Case(prose.files_can_be_read, {"src/x.py": "class A[T]: ..."}, "src/x.py:1:"),
    Case(prose.files_can_be_read, {"src/x.py": "x = 1"}),
    Case(OPENS, {"src/x.py": "x = 1"}, "does not open with a docstring"),
    Case(OPENS, {"src/x.py": '"""The rules."""\nx = 1', "src/__init__.py": ""}),
    Case(TITLE, {"docs/x.md": "text"}, "does not open with a title"),
    Case(TITLE, {"docs/x.md": "## Part\n"}, "does not open with a title"),
    Case(TITLE, {"docs/x.md": ""}, "does not open with a title"),
    Case(TITLE, {"docs/x.md": "# One\n\n# Two\n"}, "docs/x.md:3: a second title"),
    Case(TITLE, {"docs/x.md": "# One\n```sh\n# a comment\n```\n## Part\n"}),
    Case(LISTED, {"docs/decisions/0002-x.md": PARTS}, "not in the index"),
    Case(LISTED, {**RECORD, "docs/decisions/0002-x.md": "# 0002: x"}, "has no **Measured.**"),
    Case(LISTED, RECORD),
    Case(LINKS, {"docs/x.md": "# One\n[a](y.md)"}, "leads nowhere: y.md"),
    Case(LINKS, {"docs/x.md": "# One\n[a](../y.md#part)"}, "leads nowhere"),
    Case(LINKS, {"docs/x.md": "# One\n[a](y.md#part) [b](#one) [c](../docs)", "docs/y.md": "# Y"}),
    Case(LINKS, {"docs/x.md": "# One\n[a](https://aws.amazon.com) `[b](c)`\n```\n[d](e)\n```"}),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_prose(case: Case) -> None:
    check(case)
