"""Routing: which operation of which service a request asks for.

`route` is all that most callers need. `index.txt` is made from botocore's models by `from_models`;
`index` reads it, `patterns` matches paths, `router` puts the signs of a request in order.
"""

from __future__ import annotations

from cloudchamber.wire.routing.refusals import RouteError
from cloudchamber.wire.routing.router import Route, Router, default_router, route

__all__ = ("Route", "RouteError", "Router", "default_router", "route")
