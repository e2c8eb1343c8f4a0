"""Which addresses of a subnet are taken, and which are given next.

Rules of this file: one row per subnet says what is taken, so that an address is found or refused
without looking at the interfaces. `choose_*` only look and draw; `take` and `free` change. The
first four addresses of a subnet and its last one are AWS's own:
https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html

An address that nobody named is drawn from a stream of the subnet, and the next free one at or
after it is given. AWS says nothing of its order; addresses that were given back may come again.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.vpcs.nouns import Subnet

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

RESERVED_FIRST: Final = 4
RESERVED_LAST: Final = 1
PREFIX_BITS: Final = 28
PREFIX_SIZE: Final = 1 << (32 - PREFIX_BITS)
PREFIX6_BITS: Final = 80
_PREFIX6_SIZE: Final = 1 << (128 - PREFIX6_BITS)
_WORD: Final = 1 << 64


class Taken(msgspec.Struct):
    """What is taken in a subnet, and by which interface.

    `offsets` are IPv4 addresses counted from the subnet's first, those inside of prefixes too.
    `addresses6` and `prefixes6` are texts. `held` are CIDRs of which nothing is given unasked.
    """

    offsets: dict[int, str] = {}
    addresses6: dict[str, str] = {}
    prefixes6: dict[str, str] = {}
    held: list[str] = []


TAKEN: Final = Table("ec2.taken-addresses", Taken, "world")


class Range(msgspec.Struct, frozen=True):
    """An IPv4 range: its first address as a number, and how many there are."""

    first: int
    size: int

    @property
    def usable(self) -> int:
        """How many addresses AWS leaves to interfaces."""
        return max(0, self.size - RESERVED_FIRST - RESERVED_LAST)

    def offset_of(self, address: str) -> int:
        """The place of an address in the range. Raises AwsError."""
        offset = _number(address) - self.first
        if not 0 <= offset < self.size:
            raise AwsError(
                "InvalidParameterValue",
                f"Address {address} does not fall within the subnet's address range",
            )
        if self.is_reserved(offset):
            raise AwsError(
                "InvalidParameterValue", f"Address {address} is in subnet's reserved address range"
            )
        return offset

    def is_reserved(self, offset: int) -> bool:
        """Whether an address is one of AWS's own."""
        return offset < RESERVED_FIRST or offset >= self.size - RESERVED_LAST

    def address(self, offset: int) -> str:
        """The address at a place."""
        return text_of(self.first + offset)


def text_of(number: int) -> str:
    """An IPv4 address as text."""
    return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@lru_cache(maxsize=4096)
def range_of(cidr: str) -> Range:
    """The range of an IPv4 CIDR."""
    network = ipaddress.IPv4Network(cidr)
    return Range(int(network.network_address), network.num_addresses)


def free_count(cloud: Cloud, subnet: Subnet) -> int:
    """How many IPv4 addresses of a subnet can still be given (AvailableIpAddressCount)."""
    if not subnet.cidr:
        return 0
    row = _rows(cloud).get(subnet.id)
    return range_of(subnet.cidr).usable - (len(row.offsets) if row else 0)


def find_holder(cloud: Cloud, subnet: Subnet, address: str) -> str | None:
    """The interface that has an address of a subnet (or the prefix around it)."""
    row = _rows(cloud).get(subnet.id)
    if row is None:
        return None
    if ":" in address:
        number = ipaddress.IPv6Address(address)
        return row.addresses6.get(str(number)) or row.prefixes6.get(_prefix6_around(int(number)))
    if not subnet.cidr:
        return None
    return row.offsets.get(_number(address) - range_of(subnet.cidr).first)


def hold_back(cloud: Cloud, subnet_id: str, cidrs: Iterable[str]) -> None:
    """Say which CIDRs of a subnet are reserved: nothing in them is given unasked."""
    rows = _rows(cloud)
    row = rows.get(subnet_id)
    if row is None:
        row = rows[subnet_id] = Taken()
    row.held = list(cidrs)


def forget(cloud: Cloud, subnet_id: str) -> None:
    """The subnet is gone."""
    _rows(cloud).pop(subnet_id, None)


def choose_addresses(call: Call, subnet: Subnet, named: Sequence[str], count: int) -> list[str]:
    """The named IPv4 addresses, checked, and `count` others. Nothing is taken yet.

    Raises InvalidIPAddress.InUse, InvalidParameterValue, InsufficientFreeAddressesInSubnet.
    """
    if not named and not count:
        return []
    space = _expect_range(subnet)
    taken = _taken(call.cloud, subnet.id).offsets
    chosen: dict[int, str] = {}
    for each in named:
        offset = space.offset_of(each)
        if offset in taken:
            raise in_use(each)
        if offset in chosen:
            raise AwsError("InvalidParameterValue", f"Address {each} is specified more than once.")
        chosen[offset] = space.address(offset)
    if count:
        if len(taken) + len(chosen) + count > space.usable:
            raise no_room()
        held = _held(call.cloud, subnet, space)
        stream = _stream(call, subnet, "address")
        for _ in range(count):
            start = stream.below(space.usable)
            offset = _next_free(space, taken, chosen, held, start)
            chosen[offset] = space.address(offset)
    return list(chosen.values())


def choose_prefixes(
    call: Call, subnet: Subnet, named: Sequence[str], count: int, also: Sequence[str] = ()
) -> list[str]:
    """The named IPv4 prefixes (/28), checked, and `count` others; `also` are addresses on their
    way. Raises InvalidParameterValue, InsufficientCidrBlocks."""
    if not named and not count:
        return []
    space = _expect_range(subnet)
    taken = _taken(call.cloud, subnet.id).offsets
    used = {_number(each) - space.first for each in also}
    chosen: list[int] = []
    for each in named:
        start = _offset_of_prefix(space, each)
        if not _is_block_free(space, taken, used, start):
            raise AwsError("InvalidParameterValue", f"The prefix {each} is in use.")
        chosen.append(start)
        used.update(range(start, start + PREFIX_SIZE))
    if count:
        blocks = space.size // PREFIX_SIZE
        if not blocks:
            raise no_blocks()
        stream = _stream(call, subnet, "prefix")
        for _ in range(count):
            first = stream.below(blocks)
            for step in range(blocks):
                start = (first + step) % blocks * PREFIX_SIZE
                if _is_block_free(space, taken, used, start):
                    break
            else:
                raise no_blocks()
            chosen.append(start)
            used.update(range(start, start + PREFIX_SIZE))
    return [f"{space.address(start)}/{PREFIX_BITS}" for start in chosen]


def choose_addresses6(call: Call, subnet: Subnet, named: Sequence[str], count: int) -> list[str]:
    """The named IPv6 addresses, checked, and `count` others.

    Raises InvalidParameterValue, InvalidIPAddress.InUse, InsufficientFreeAddressesInSubnet.
    """
    if not named and not count:
        return []
    blocks = _expect_blocks6(subnet)
    row = _taken(call.cloud, subnet.id)
    chosen: dict[str, None] = {}
    for each in named:
        address = _expect_inside6(blocks, each)
        if address in row.addresses6 or _prefix6_around(_number6(address)) in row.prefixes6:
            raise in_use(each)
        if address in chosen:
            raise AwsError("InvalidParameterValue", f"Address {each} is specified more than once.")
        chosen[address] = None
    stream = _stream(call, subnet, "address6") if count else None
    block = blocks[0]
    while stream is not None and count:
        number = int(block.network_address) + RESERVED_FIRST + _below6(stream, block)
        address = str(ipaddress.IPv6Address(number))
        if (
            address not in row.addresses6
            and address not in chosen
            and _prefix6_around(number) not in row.prefixes6
        ):
            chosen[address] = None
            count -= 1
    return list(chosen)


def choose_prefixes6(
    call: Call, subnet: Subnet, named: Sequence[str], count: int, also: Sequence[str] = ()
) -> list[str]:
    """The named IPv6 prefixes (/80), checked, and `count` others. Raises InvalidParameterValue."""
    if not named and not count:
        return []
    blocks = _expect_blocks6(subnet)
    row = _taken(call.cloud, subnet.id)
    around = {_prefix6_around(_number6(each)) for each in (*row.addresses6, *also)}
    chosen: dict[str, None] = {}
    for each in named:
        prefix = _expect_prefix6(blocks, each)
        if prefix in row.prefixes6 or prefix in around or prefix in chosen:
            raise AwsError("InvalidParameterValue", f"The prefix {each} is in use.")
        chosen[prefix] = None
    stream = _stream(call, subnet, "prefix6") if count else None
    block = blocks[0]
    room = 1 << (PREFIX6_BITS - block.prefixlen)
    # The first and the last hold addresses of AWS's own.
    if len(row.prefixes6) + len(around) + len(chosen) + count > room - 2:
        raise no_blocks()
    while stream is not None and count:
        nth = 1 + stream.below(room - 2)
        prefix = _prefix6_around(int(block.network_address) + nth * _PREFIX6_SIZE)
        if prefix not in row.prefixes6 and prefix not in around and prefix not in chosen:
            chosen[prefix] = None
            count -= 1
    return list(chosen)


def take(cloud: Cloud, subnet: Subnet, holder: str, addresses: Iterable[str]) -> None:
    """Mark addresses and prefixes, which were chosen before, as an interface's."""
    row = _rows(cloud).get(subnet.id)
    if row is None:
        row = _rows(cloud)[subnet.id] = Taken()
    for each in addresses:
        if ":" in each:
            into = row.prefixes6 if "/" in each else row.addresses6
            into[each] = holder
        else:
            for offset in _offsets(subnet, each):
                row.offsets[offset] = holder


def free(cloud: Cloud, subnet: Subnet, addresses: Iterable[str]) -> None:
    """Give addresses and prefixes back."""
    row = _taken(cloud, subnet.id)
    for each in addresses:
        if ":" in each:
            del (row.prefixes6 if "/" in each else row.addresses6)[each]
        else:
            for offset in _offsets(subnet, each):
                del row.offsets[offset]


def in_use(address: str) -> AwsError:
    """Somebody has the address."""
    return AwsError("InvalidIPAddress.InUse", f"Address {address} is in use.")


def no_room() -> AwsError:
    """The subnet is full."""
    return AwsError(
        "InsufficientFreeAddressesInSubnet",
        "The specified subnet does not have enough free addresses to satisfy the request.",
    )


def no_blocks() -> AwsError:
    """The subnet has no whole prefix left."""
    return AwsError(
        "InsufficientCidrBlocks",
        "The specified subnet does not have enough free cidr blocks to satisfy the request.",
    )


def _rows(cloud: Cloud) -> dict[Any, Taken]:
    return cloud.store.rows(TAKEN, "", "")


def _taken(cloud: Cloud, subnet_id: str) -> Taken:
    """What is taken; nothing is kept for a subnet of which only questions are asked."""
    return _rows(cloud).get(subnet_id) or Taken()


def _stream(call: Call, subnet: Subnet, purpose: str) -> Any:
    arn = f"arn:{partition_of(call.region)}:ec2:{call.region}:{subnet.owner}:subnet/{subnet.id}"
    return call.stream(arn, purpose)


def _number(address: str) -> int:
    try:
        return int(ipaddress.IPv4Address(address))
    except ValueError:
        raise AwsError(
            "InvalidParameterValue", f"invalid value for IP address: {address}"
        ) from None


def _number6(address: str) -> int:
    try:
        return int(ipaddress.IPv6Address(address))
    except ValueError:
        raise AwsError(
            "InvalidParameterValue", f"invalid value for IPv6 address: {address}"
        ) from None


def _expect_range(subnet: Subnet) -> Range:
    if not subnet.cidr:
        raise AwsError(
            "InvalidParameterValue",
            f"Subnet {subnet.id} is IPv6 only and has no IPv4 addresses to assign.",
        )
    return range_of(subnet.cidr)


def _held(cloud: Cloud, subnet: Subnet, space: Range) -> list[range]:
    """The offsets of which nothing is given unasked, as ranges."""
    held = []
    for cidr in _taken(cloud, subnet.id).held:
        if ":" not in cidr:
            each = range_of(cidr)
            held.append(range(each.first - space.first, each.first - space.first + each.size))
    return held


def _next_free(
    space: Range, taken: dict[int, str], chosen: dict[int, str], held: list[range], start: int
) -> int:
    """The next free place at or after the nth usable one, going around."""
    for step in range(space.usable):
        offset = RESERVED_FIRST + (start + step) % space.usable
        if offset not in taken and offset not in chosen:
            if not any(offset in each for each in held):
                return offset
    raise no_room()


def _offset_of_prefix(space: Range, prefix: str) -> int:
    try:
        network = ipaddress.IPv4Network(prefix)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"invalid value for IP prefix: {prefix}") from None
    start = int(network.network_address) - space.first
    if network.prefixlen != PREFIX_BITS or not 0 <= start < space.size:
        raise AwsError(
            "InvalidParameterValue",
            f"The prefix {prefix} is not a /{PREFIX_BITS} within the subnet's address range.",
        )
    return start


def _is_block_free(space: Range, taken: dict[int, str], used: set[int], start: int) -> bool:
    return not any(
        space.is_reserved(offset) or offset in taken or offset in used
        for offset in range(start, start + PREFIX_SIZE)
    )


def _offsets(subnet: Subnet, address: str) -> range:
    """The places of an address or a prefix in its subnet."""
    first = range_of(subnet.cidr).first
    text, _, bits = address.partition("/")
    start = _number(text) - first
    return range(start, start + (1 << (32 - int(bits)) if bits else 1))


def _expect_blocks6(subnet: Subnet) -> list[ipaddress.IPv6Network]:
    blocks = [
        ipaddress.IPv6Network(each.cidr) for each in subnet.blocks6 if each.state == "associated"
    ]
    if not blocks:
        raise AwsError(
            "InvalidParameterValue",
            f"Subnet {subnet.id} does not have an IPv6 CIDR block associated with it.",
        )
    return blocks


def _expect_inside6(blocks: list[ipaddress.IPv6Network], address: str) -> str:
    number = _number6(address)
    for block in blocks:
        offset = number - int(block.network_address)
        if 0 <= offset < block.num_addresses:
            if offset < RESERVED_FIRST or offset >= block.num_addresses - RESERVED_LAST:
                raise AwsError(
                    "InvalidParameterValue",
                    f"Address {address} is in subnet's reserved address range",
                )
            return str(ipaddress.IPv6Address(number))
    raise AwsError(
        "InvalidParameterValue",
        f"Address {address} does not fall within the subnet's address range",
    )


def _expect_prefix6(blocks: list[ipaddress.IPv6Network], prefix: str) -> str:
    try:
        network = ipaddress.IPv6Network(prefix)
    except ValueError:
        raise AwsError(
            "InvalidParameterValue", f"invalid value for IPv6 prefix: {prefix}"
        ) from None
    if network.prefixlen != PREFIX6_BITS or not any(map(network.subnet_of, blocks)):
        raise AwsError(
            "InvalidParameterValue",
            f"The prefix {prefix} is not a /{PREFIX6_BITS} within the subnet's address range.",
        )
    return str(network)


def _prefix6_around(number: int) -> str:
    first = number & -_PREFIX6_SIZE
    return f"{ipaddress.IPv6Address(first)}/{PREFIX6_BITS}"


def _below6(stream: Any, block: ipaddress.IPv6Network) -> int:
    """A number below how many addresses of a block are not AWS's own."""
    room = block.num_addresses - RESERVED_FIRST - RESERVED_LAST
    high = room // _WORD
    number: int = stream.below(high) * _WORD + stream.u64() if high else stream.below(room)
    return number
