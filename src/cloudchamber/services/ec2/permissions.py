"""Which ARNs and condition keys a permission of EC2 is asked on.

Rules of this file: made from the request, before it is checked: an id that names nothing still
gives an ARN.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.kinds import Kind

ResourceOf = Callable[[Call, Input], Sequence[str]]
ContextOf = Callable[[Call, Input], Mapping[str, Sequence[str]]]


def named(kind: Kind[Any], *members: str) -> ResourceOf:
    """The things that a request names in some members (`VpcId`, `VpcIds`); `*` if it names none."""

    def resource(call: Call, request: Input) -> Sequence[str]:
        ids = _ids(request, members)
        return [_arn(call, kind, each) for each in ids] or [_arn(call, kind, "*")]

    return resource


def created(kind: Kind[Any], *beside: ResourceOf) -> ResourceOf:
    """Something new of a kind, and what else the request names."""

    def resource(call: Call, request: Input) -> Sequence[str]:
        return [
            _arn(call, kind, "*"),
            *(arn for each in beside for arn in each(call, request)),
        ]

    return resource


def together(*each: ResourceOf) -> ResourceOf:
    """All that several say."""

    def resource(call: Call, request: Input) -> Sequence[str]:
        return [arn for one in each for arn in one(call, request)]

    return resource


def tagged(kind: Kind[Any], *members: str) -> ContextOf:
    """`aws:ResourceTag` and `ec2:ResourceTag` of what is named; the request's own tags."""

    def context(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
        keys: dict[str, Sequence[str]] = dict(requested(call, request))
        for identifier in _ids(request, members):
            for key, value in tags.tags_of(call, identifier).items():
                keys[f"aws:ResourceTag/{key}"] = (value,)
                keys[f"ec2:ResourceTag/{key}"] = (value,)
        return keys

    return context


def requested(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
    """`aws:RequestTag` and `aws:TagKeys` of the tags in a request's TagSpecifications."""
    given = [
        tag
        for each in request.get("TagSpecifications", ())
        for tag in each.get("Tags", ())
        if tag.get("Key")
    ]
    if not given:
        return {}
    keys: dict[str, Sequence[str]] = {
        f"aws:RequestTag/{tag['Key']}": (tag.get("Value", ""),) for tag in given
    }
    keys["aws:TagKeys"] = tuple(tag["Key"] for tag in given)
    return keys


def _ids(request: Input, members: Sequence[str]) -> list[str]:
    ids: list[str] = []
    for member in members:
        value = request.get(member, ())
        ids.extend((value,) if isinstance(value, str) else value)
    return ids


def _arn(call: Call, kind: Kind[Any], identifier: str) -> str:
    place = kinds.place_of(call.cloud, identifier)
    owner = place.account if place else call.account
    return kinds.arn_of(kind, owner, call.region, identifier)
