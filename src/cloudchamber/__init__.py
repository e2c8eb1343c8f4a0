"""Cloudchamber: an AWS that fits in one Python process and behaves.

Importing this package is cheap; `Chamber` is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudchamber.testing.chamber import Chamber

__version__ = "0.1.0"
__all__ = ("Chamber", "__version__")


def __getattr__(name: str) -> Any:
    if name == "Chamber":
        from cloudchamber.testing.chamber import Chamber

        return Chamber
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
