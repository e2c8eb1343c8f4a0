"""Which service's client a User-Agent says it is.

Rules of this file: text in, names out. AWS's SDKs for JavaScript, Go, Rust, Kotlin and Swift write
`api/SERVICE#VERSION` (or `/VERSION`), the AWS CLI writes `md/command#SERVICE.OPERATION`; boto3 says
nothing. Names are reduced to letters and digits, since each spells them its own way.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cloudchamber.wire.routing.from_models import alias_of

AGENT_CACHE: Final = 512
AGENT_LIMIT: Final = 1024

_NAMED: Final = re.compile(r"(?:^|\s)(?:api/|md/command#)([A-Za-z0-9_ -]+)")


@lru_cache(AGENT_CACHE)
def named_services(agent: str) -> tuple[str, ...]:
    """The service names in a User-Agent, in order, reduced to letters and digits."""
    return tuple(alias_of(name) for name in _NAMED.findall(agent[:AGENT_LIMIT]))
