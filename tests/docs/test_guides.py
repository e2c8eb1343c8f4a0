"""Every Python snippet of the guides and the README runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = sorted((ROOT / "docs" / "guide").glob("*.md"))
SNIPPETS = [
    pytest.param(code, id=f"{page.name}-{number}")
    for page in [*PAGES, ROOT / "README.md"]
    for number, code in enumerate(FENCE.findall(page.read_text()), 1)
]


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_runs(code: str) -> None:
    if "def test_" in code:
        # A snippet of tests: it must at least be Python that names fixtures that exist.
        compile(code, "snippet", "exec")
        return
    exec(compile(code, "snippet", "exec"), {})


def test_the_guides_have_snippets() -> None:
    assert len(SNIPPETS) >= 6
