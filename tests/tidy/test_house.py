"""Every rule, held against the house as it lies on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tidy.house import House, read_house
from tests.tidy.rules import RULES, Rule

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def house() -> House:
    return read_house(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, house: House) -> None:
    findings = [str(finding) for finding in rule(house)]
    assert not findings, "\n".join([str(rule.__doc__), *findings])


def test_the_house_is_really_read(house: House) -> None:
    assert "pyproject.toml" in house.files
    assert "src/cloudchamber/wire/http.py" in house.files
    assert not any(path.startswith((".venv", ".git/", ".clients")) for path in house.files)
