"""Settings: an unknown or impossible value is an error that names its field."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.cloud.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account", "12345"),
        ("account", "12345678901x"),
        ("account", "１２３４５６７８９０１２"),  # noqa: RUF001  digits, but not ASCII's
        ("seed", -1),
        ("seed", 2**64),
        ("lifecycle", "slow"),
        ("clock", "fast"),
        ("clock", "x0"),
        ("iam", "on"),
        ("throttling", "maybe"),
        ("events_max", 0),
    ],
)
def test_an_impossible_setting_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**{field: value})
    assert caught.value.field == field
