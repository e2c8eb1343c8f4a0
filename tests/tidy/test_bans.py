"""The rules about clocks, chance and caught errors catch what they must, and nothing else."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import bans

CLOUD = "src/cloudchamber/cloud/call.py"
SERVER = "src/cloudchamber/server/front.py"
ENGINE = "src/cloudchamber/engines/processes.py"
CLI = "src/cloudchamber/cli/start.py"
TEST = "tests/unit/kernel/test_heap.py"

MODULES = (
    *("import time", "from time import monotonic", "import socket", "import threading as t"),
    *("import asyncio", "import subprocess", "from random import Random", "import secrets"),
    *("import multiprocessing.pool", "from concurrent.futures import ThreadPoolExecutor"),
    *("def f():\n    import time", "import selectors", "import signal"),
)
CALLS = (
    *("import uuid\nuuid.uuid4()", "from uuid import uuid4 as make\nmake()"),
    *("import os\nos.urandom(8)", "from os import urandom\nurandom(8)", "import os\nos.fork()"),
    *("from datetime import datetime\ndatetime.now()", "import datetime as d\nd.date.today()"),
    *("import datetime\ndatetime.datetime.utcnow()", "from datetime import datetime as t\nt.today"),
)
HARMLESS = (
    "from datetime import datetime, UTC\ndatetime.fromtimestamp(1, UTC)",
    "import uuid\nuuid.UUID(int=1)",
    "import os.path\nos.path.join('a')",
    "def f(clock):\n    return clock.now() + clock.time()",
    "from cloudchamber.kernel import streams\nstreams.random()",
)
OUTSIDE = bans.outside_world_stays_outside
ENVIRONMENT = bans.environment_is_read_at_the_edge
ADDRESSES = bans.nothing_depends_on_addresses
SETS = bans.sets_are_not_iterated
SLEEP = bans.tests_do_not_sleep
CATCH = bans.catches_are_narrow

CASES = (
    *(Case(OUTSIDE, {CLOUD: text}, "imports") for text in MODULES),
    *(Case(OUTSIDE, {CLOUD: text}, "uses") for text in CALLS),
    *(Case(OUTSIDE, {CLOUD: text}) for text in HARMLESS),
    Case(OUTSIDE, {SERVER: "import time, socket", ENGINE: "import subprocess"}),
    Case(OUTSIDE, {TEST: "import subprocess"}),
    Case(OUTSIDE, {CLI: "import subprocess"}, "imports subprocess"),
    Case(OUTSIDE, {"src/_cloudchamber_pytest.py": "import socket"}, "imports socket"),
    Case(ENVIRONMENT, {CLOUD: "import os\nos.environ['HOME']"}, "uses os.environ"),
    Case(ENVIRONMENT, {CLOUD: "from os import getenv\ngetenv('HOME')"}, "uses os.getenv"),
    Case(ENVIRONMENT, {CLI: "import os\nos.environ['HOME']"}),
    Case(ADDRESSES, {CLOUD: "x = hash('a')"}, "calls hash()"),
    Case(ADDRESSES, {CLOUD: "x = id(call)"}, "calls id()"),
    Case(ADDRESSES, {CLOUD: "def f(id):\n    return id(1)"}),
    Case(ADDRESSES, {CLOUD: "x = call.id()"}),
    Case(SETS, {CLOUD: "for x in {1, 2}:\n    pass"}, "runs over a set"),
    Case(SETS, {CLOUD: "y = [x for x in set(z)]"}, "runs over a set"),
    Case(SETS, {CLOUD: "y = list({x for x in z})"}, "runs over a set"),
    Case(SETS, {CLOUD: "y = sorted({x for x in z})"}),
    Case(SLEEP, {TEST: "import time\ntime.sleep(1)"}, "uses time.sleep"),
    Case(SLEEP, {TEST: "from time import sleep as nap\nnap(1)"}, "uses time.sleep"),
    Case(SLEEP, {TEST: "import asyncio\nasync def f():\n    await asyncio.sleep(1)"}, "uses"),
    Case(SLEEP, {TEST: "import asyncio\nasync def f():\n    await asyncio.sleep(0)"}),
    Case(SLEEP, {TEST: "import time\ntime.monotonic()"}),
    Case(CATCH, {CLOUD: "try:\n    f()\nexcept Exception:\n    pass"}, "catches everything"),
    Case(CATCH, {CLOUD: "try:\n    f()\nexcept:\n    pass"}, "catches everything"),
    Case(CATCH, {CLOUD: "try:\n    f()\nexcept (OSError, BaseException):\n    pass"}, "catches"),
    Case(CATCH, {CLOUD: "import contextlib\nwith contextlib.suppress(Exception): f()"}, "suppr"),
    Case(CATCH, {TEST: "try:\n    f()\nexcept Exception:\n    pass"}, "catches everything"),
    Case(CATCH, {CLOUD: "try:\n    f()\nexcept (OSError, KeyError):\n    pass"}),
    Case(CATCH, {SERVER: "try:\n    f()\nexcept Exception:\n    pass"}),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_bans(case: Case) -> None:
    check(case)
