"""No state at module level: what lives longer than a call lives in a world's store.

Rules of this file: a table that never changes is a tuple, a frozenset or a MappingProxyType, down
to its leaves. `__all__` is a tuple. What a constructor is given is the constructor's business.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.tidy.house import Finding, House

MUTABLE_LITERALS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CALLS = frozenset(
    "list dict set bytearray defaultdict deque OrderedDict Counter ChainMap count cycle ContextVar "
    "SortedDict SortedList SortedKeyList SortedSet WeakKeyDictionary WeakValueDictionary WeakSet "
    "StringIO BytesIO local SimpleNamespace split rsplit splitlines sorted".split()
)
FREEZERS = frozenset("MappingProxyType frozenset tuple".split())


def modules_hold_no_state(house: House) -> Iterator[Finding]:
    """No module of the package binds a mutable container to a name."""
    for source in house.package:
        for statement in _module_statements(source.tree.body):
            value = statement.value
            if value is not None and _is_mutable(value):
                yield Finding(source.path, statement.lineno, "a mutable container at module level")


def _module_statements(
    body: list[ast.stmt],
) -> Iterator[ast.Assign | ast.AnnAssign | ast.AugAssign]:
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            yield statement
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _module_statements(statement.body)
            yield from _module_statements(getattr(statement, "orelse", []))


def _is_mutable(node: ast.expr) -> bool:
    """Whether the value can change, at its top or in a part of it that the literal shows."""
    if isinstance(node, MUTABLE_LITERALS):
        return True
    if isinstance(node, ast.Call):
        name = _last_name(node.func)
        if name in MUTABLE_CALLS:
            return True
        if name in FREEZERS:
            return any(_holds_mutable(argument) for argument in node.args)
        return False
    if isinstance(node, ast.BinOp):
        return _is_mutable(node.left) or _is_mutable(node.right)
    return _holds_mutable(node)


def _holds_mutable(node: ast.expr) -> bool:
    """Whether a part is mutable, where the container around it is known to be frozen."""
    if isinstance(node, ast.BinOp):
        return _holds_mutable(node.left) or _holds_mutable(node.right)
    parts: list[ast.expr] = []
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = node.elts
    elif isinstance(node, ast.Dict):
        parts = node.values
    elif isinstance(node, ast.DictComp):
        parts = [node.value]
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        parts = [node.elt]
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    return any(_is_mutable(part) for part in parts)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
