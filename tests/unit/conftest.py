"""What unit tests of several layers share: a store of container images, made once for them all.

Rules of this file: only what costs too much to be made beside each of them.
"""

from __future__ import annotations

from tests.unit.engines.containers.store import container_store

__all__ = ("container_store",)
