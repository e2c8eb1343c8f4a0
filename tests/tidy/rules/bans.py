"""What only `server/` and `engines/` may touch: clock, sleep, threads, processes, entropy.

Rules of this file: a world is a function of its seed and its inputs, so whatever could differ
between two runs is banned where the world is made. Names are followed through the imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.tidy.house import Finding, House, Source

FREE = frozenset({"server", "engines"})

MODULES = frozenset(
    "_thread asyncio concurrent multiprocessing random sched secrets select selectors signal "
    "socket socketserver subprocess threading time".split()
)
CALLS = frozenset(
    "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today "
    "os.urandom os.getrandom os.fork os.forkpty os.system os.popen os.posix_spawn os.kill "
    "uuid.uuid1 uuid.uuid4 uuid.getnode".split()
)
ENVIRONMENT = frozenset("os.environ os.environb os.getenv".split())
SLEEPS = frozenset("time.sleep asyncio.sleep".split())

# Where the order and content of everything must be the same in every run.
REPEATABLE = frozenset("kernel wire languages world cloud services control drills".split())


def outside_world_stays_outside(house: House) -> Iterator[Finding]:
    """No module or call that reads the machine's clock, threads, processes or entropy."""
    for source in house.package:
        if source.layer in FREE:
            continue
        for line, target, _ in source.imports:
            if target.partition(".")[0] in MODULES:
                yield Finding(source.path, line, f"imports {target}")
        for line, name in _uses(source, CALLS):
            yield Finding(source.path, line, f"uses {name}")


def environment_is_read_at_the_edge(house: House) -> Iterator[Finding]:
    """The process environment is read by the faces and the server, never by the world."""
    for source in house.package:
        if source.layer in REPEATABLE:
            for line, name in _uses(source, ENVIRONMENT):
                yield Finding(source.path, line, f"uses {name}")


def _uses(source: Source, banned: frozenset[str]) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            name = source.dotted(node)
            if name in banned:
                yield node.lineno, name


def nothing_depends_on_addresses(house: House) -> Iterator[Finding]:
    """No `hash()` and no `id()` in the world: both differ from one process to the next."""
    for source in house.package:
        if source.layer not in REPEATABLE:
            continue
        own = _bound_names(source)
        for node in source.nodes:
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("hash", "id")
                and node.func.id not in own
            ):
                yield Finding(source.path, node.lineno, f"calls {node.func.id}()")


def _bound_names(source: Source) -> frozenset[str]:
    names: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return frozenset(names)


def sets_are_not_iterated(house: House) -> Iterator[Finding]:
    """No loop runs over a set: its order is not the same in every process."""
    for source in house.package:
        if source.layer not in REPEATABLE:
            continue
        for node in source.nodes:
            looped = _looped_over(node)
            if looped is not None and _is_set(looped):
                yield Finding(source.path, looped.lineno, "runs over a set; sort it first")


def _looped_over(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.For | ast.comprehension):
        return node.iter
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        return node.args[0] if node.func.id in ("list", "tuple", "enumerate", "iter") else None
    return None


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


def tests_do_not_sleep(house: House) -> Iterator[Finding]:
    """A test waits for a fact, never for a time; `asyncio.sleep(0)` only lets others run."""
    for source in house.tests:
        polite = {line for node in source.nodes for line in _lets_others_run(source, node)}
        for line, name in _uses(source, SLEEPS):
            if line not in polite:
                yield Finding(source.path, line, f"uses {name}")


def _lets_others_run(source: Source, node: ast.AST) -> Iterator[int]:
    """The line of a call `asyncio.sleep(0)`."""
    if isinstance(node, ast.Call) and source.dotted(node.func) == "asyncio.sleep":
        if [ast.unparse(argument) for argument in node.args] == ["0"]:
            yield node.lineno


def catches_are_narrow(house: House) -> Iterator[Finding]:
    """No `except Exception` or wider outside `server/`: what is not understood must surface."""
    for source in house.python:
        if source.layer == "server":
            continue
        for node in source.nodes:
            if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
                yield Finding(source.path, node.lineno, "catches everything")
            elif (
                isinstance(node, ast.Call)
                and source.dotted(node.func) == "contextlib.suppress"
                and any(_is_broad(argument) for argument in node.args)
            ):
                yield Finding(source.path, node.lineno, "suppresses everything")


def _is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(each) for each in caught.elts)
    return isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException")
