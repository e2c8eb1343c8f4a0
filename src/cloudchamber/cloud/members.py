"""What another service's operations take: for a service that calls whatever it is pointed at.

Rules of this file: read off the model, nothing else. The tagging API needs it, and services that
call any operation by name do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from cloudchamber.cloud.registry import service_names
from cloudchamber.wire.model import load_model

_NOTHING: Final[Mapping[str, Member]] = MappingProxyType({})


class Member(NamedTuple):
    """A member of an input: the type of its shape, and of a list of structures their members."""

    type: str
    parts: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def members_of(service: str, operation: str) -> Mapping[str, Member]:
    """The members of an operation's input by name; none where there is no such operation here."""
    if service not in service_names():
        return _NOTHING
    model = load_model(service)
    shape = model.operations[operation].input_shape if operation in model.operations else None
    if shape is None:
        return _NOTHING
    members: dict[str, Member] = {}
    for name, ref in shape.members.items():
        found = model.shape(ref.shape)
        element = model.shape(found.member.shape) if found.member is not None else None
        members[name] = Member(found.type, tuple(element.members) if element is not None else ())
    return MappingProxyType(members)
