"""Who asks the world outside on a chamber's behalf, by the name that services use.

Rules of this file: names and functions; each is imported when it is first asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final


def _web_keys(issuer: str) -> bytes:
    from cloudchamber.engines.web_keys import fetch_keys

    return fetch_keys(issuer)


ADAPTERS: Final[Mapping[str, Callable[[str], bytes]]] = MappingProxyType({"web-keys": _web_keys})
