"""Which shapes need any work at all, found by looking at what they are made of.

Rules of this file: a question about a shape that is true of it when it is true of anything it
contains, answered once per shape and right for recursive ones too. Compilers ask it first, so that
a shape for which there is nothing to do costs nothing at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cloudchamber.wire.model import Ref, ServiceModel, Shape


class Reach:
    """Answers "does anything within this shape satisfy `wanted`?"."""

    def __init__(self, service: ServiceModel, wanted: Callable[[Shape], bool]) -> None:
        self._service = service
        self._wanted = wanted
        self._known: dict[str, bool] = {}

    def within(self, shape: Shape) -> bool:
        """True when `shape`, or anything it is made of, satisfies the question.

        Traits given at the place of use count; so the answer is kept per structure only, where a
        use has nothing to add.
        """
        if shape.type == "structure" and not shape.document:
            known = self._known.get(shape.name)
            if known is None:
                known = self._known[shape.name] = self._search(shape)
            return known
        return self._search(shape)

    def _search(self, root: Shape) -> bool:
        seen: set[str] = set()
        pending = [root]
        while pending:
            shape = pending.pop()
            if self._wanted(shape):
                return True
            for ref in parts(shape):
                if not self._needless(ref, seen):
                    pending.append(self._service.resolve(ref))
        return False

    def _needless(self, ref: Ref, seen: set[str]) -> bool:
        shape = self._service.shape(ref.shape)
        if shape.type != "structure":
            return False
        if ref.shape in seen or self._known.get(ref.shape) is False:
            return True
        seen.add(ref.shape)
        return False


def parts(shape: Shape) -> Iterator[Ref]:
    """The references that a shape is made of; a document type has none."""
    if not shape.document:
        yield from shape.members.values()
    for ref in (shape.member, shape.key, shape.value):
        if ref is not None:
            yield ref
