"""Pools of hosts: every instance of a type in a zone stands on one of finitely many.

Rules of this file: a pool is plain data that its keeper hands in; what is taken has to be given
back. How many hosts a pool has is drawn once from a stream of the type and zone. AWS publishes no
such numbers: ours are large for what most accounts live on, small for what is scarce.

Hosts stand in racks of eight. A spread group wants a rack (or a host) for each instance, a
partition group racks that no other partition uses; both say so with `allowed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from cloudchamber.kernel.streams import Streams
from cloudchamber.world.capacity.catalogue import InstanceType

HOSTS_IN_RACK: Final = 8
# A host's vCPUs, shared by the small types that stand on it.
_HOST_VCPUS: Final = 96
_COMMON: Final = 300
_SCARCE: Final = 8
_SCARCE_LETTERS: Final = frozenset({"p", "trn", "dl", "hpc", "mac", "u", "f"})
_FEWER_LETTERS: Final = frozenset({"g", "inf", "x", "h", "z"})


class Pool(msgspec.Struct, kw_only=True):
    """The hosts of a type in a zone: `slots` instances on each; `used` says how many stand where.

    `hint` is the lowest host that may have room. A drained pool takes nobody in.
    """

    hosts: int
    slots: int
    used: dict[int, int] = {}
    taken: int = 0
    hint: int = 0
    is_drained: bool = False


def new_pool(seed: int, zone_id: str, kind: InstanceType) -> Pool:
    """The pool of a type in a zone, empty. A pure function of the seed."""
    if kind.letters in _SCARCE_LETTERS:
        most = _SCARCE
    elif kind.letters in _FEWER_LETTERS or kind.is_bare_metal or not kind.is_current:
        most = 4 * _SCARCE
    else:
        most = _COMMON
    stream = Streams(seed).stream(f"capacity/{zone_id}/{kind.name}", "hosts")
    slots = 1 if kind.is_bare_metal else max(1, _HOST_VCPUS // kind.vcpus)
    return Pool(hosts=most + stream.below(most), slots=slots)


def room(pool: Pool) -> int:
    """How many more instances fit."""
    return 0 if pool.is_drained else pool.hosts * pool.slots - pool.taken


def place(pool: Pool, allowed: Callable[[int], bool] | None = None) -> int | None:
    """Take a slot on the lowest host that has one (and is allowed); None if there is none."""
    if pool.is_drained:
        return None
    while pool.hint < pool.hosts and pool.used.get(pool.hint, 0) >= pool.slots:
        pool.hint += 1
    for host in range(pool.hint, pool.hosts):
        if pool.used.get(host, 0) < pool.slots and (allowed is None or allowed(host)):
            pool.used[host] = pool.used.get(host, 0) + 1
            pool.taken += 1
            return host
    return None


def give_back(pool: Pool, host: int) -> None:
    """Free a slot of a host. Raises ValueError when nobody stands there."""
    standing = pool.used.get(host, 0)
    if not standing:
        raise ValueError(f"nobody stands on host {host}")
    if standing == 1:
        del pool.used[host]
    else:
        pool.used[host] = standing - 1
    pool.taken -= 1
    pool.hint = min(pool.hint, host)


def drain(pool: Pool) -> None:
    """Take nobody in any more; who is there stays."""
    pool.is_drained = True


def refill(pool: Pool) -> None:
    """Take instances in again."""
    pool.is_drained = False


def rack_of(host: int) -> int:
    """The rack that a host stands in."""
    return host // HOSTS_IN_RACK
