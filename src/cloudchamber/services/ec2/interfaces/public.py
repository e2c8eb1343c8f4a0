"""Public addresses of interfaces: lent by Amazon while an instance runs, or elastic.

Rules of this file: the checks are the callers'. An interface's private address is seen as one
public address at most. An instance that is given an elastic address loses the lent one, and gets
another (not the same) when the elastic one is taken away:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    INTERFACE,
    Address,
    Interface,
    PrivateAddress,
)
from cloudchamber.services.ec2.interfaces.pools import give_back_public, take_public


def primary_of(interface: Interface) -> PrivateAddress | None:
    """The primary private IPv4 address; None for an interface that has IPv6 only."""
    return next((each for each in interface.addresses if each.is_primary), None)


def lend_public_address(call: Call, interface: Interface) -> str:
    """Give the primary address a public one for as long as the instance runs; "" if it has none.

    The public address that it has already (an elastic one) is kept and answered.
    """
    primary = primary_of(interface)
    if primary is None:
        return ""
    interface.has_lent_public = True
    if not primary.public:
        primary.public = take_public(call, interface.id)
    return primary.public


def give_back(call: Call, interface: Interface) -> None:
    """The instance stops or goes: the lent address is Amazon's again. Elastic ones stay."""
    for each in interface.addresses:
        if each.public and not each.allocation:
            give_back_public(call, each.public)
            each.public = ""


def bind(call: Call, address: Address, interface: Interface, private: PrivateAddress) -> str:
    """Associate an elastic address with a private one. Returns the association's id."""
    if private.public and not private.allocation:
        give_back_public(call, private.public)
    association = kinds.new_id(call, "eipassoc")
    private.public = address.public
    private.allocation = address.id
    private.association = association
    address.association = association
    address.interface = interface.id
    address.private = private.address
    address.instance = interface.attachment.instance if interface.attachment else ""
    return association


def unbind(call: Call, address: Address) -> None:
    """End an elastic address's association, if it has one."""
    interface = kinds.find_anywhere(call.cloud, INTERFACE, address.interface)
    for each in interface.addresses if interface else ():
        if each.allocation == address.id:
            each.public = each.allocation = each.association = ""
            if interface is not None and each.is_primary and interface.has_lent_public:
                lend_public_address(call, interface)
    address.association = address.interface = address.private = address.instance = ""


def release_all(call: Call, interface: Interface) -> None:
    """The interface is going: what was lent goes back, elastic addresses are free."""
    interface.has_lent_public = False
    for each in list(interface.addresses):
        if each.allocation:
            address = find_address(call, each.allocation)
            if address is not None:
                unbind(call, address)
    give_back(call, interface)


def find_address(call: Call, allocation: str) -> Address | None:
    """An elastic address by its allocation's id, whosever it is."""
    return kinds.find_anywhere(call.cloud, ADDRESS, allocation)
