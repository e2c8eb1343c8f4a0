"""How many interfaces an instance may have, and how many addresses an interface.

Rules of this file: limits of instance types, from the catalogue. A type that the catalogue does not
have is not limited.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.interfaces.nouns import Interface
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.world.capacity.catalogue import InstanceType, find_type

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def expect_interfaces_fit(instance: Instance, count: int) -> None:
    """An instance is to have `count` interfaces. Raises AttachmentLimitExceeded."""
    limits = find_type(instance.type)
    if limits is not None and count > limits.enis_max:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"Interface count {count} exceeds the limit for {instance.type}",
        )


def expect_card(instance: Instance, card: int) -> None:
    """The network card that an interface is to be attached to. Raises InvalidParameterValue."""
    limits = find_type(instance.type)
    cards = limits.network_cards if limits else 1
    if not 0 <= card < cards:
        raise invalid_value(
            card, "networkCardIndex", f"Type {instance.type} has {cards} network card(s)."
        )


def expect_addresses_fit(
    type_name: str, interface: Interface, more: int = 0, more6: int = 0
) -> None:
    """An interface with `more` addresses or prefixes than it has, at an instance of a type.

    Raises PrivateIpAddressLimitExceeded.
    """
    limits = find_type(type_name)
    if limits is None:
        return
    if len(interface.addresses) + len(interface.prefixes) + more > limits.ipv4_per_eni:
        raise _too_many(limits, "private", limits.ipv4_per_eni)
    if len(interface.addresses6) + len(interface.prefixes6) + more6 > limits.ipv6_per_eni:
        raise _too_many(limits, "IPv6", limits.ipv6_per_eni)


def expect_more_fit(cloud: Cloud, interface: Interface, more: int = 0, more6: int = 0) -> None:
    """Like `expect_addresses_fit`, at the instance that an interface is attached to, if any."""
    attachment = interface.attachment
    if attachment is None or not attachment.instance:
        return
    instance = kinds.find_anywhere(cloud, INSTANCE, attachment.instance)
    if instance is not None:
        expect_addresses_fit(instance.type, interface, more, more6)


def _too_many(limits: InstanceType, which: str, most: int) -> AwsError:
    return AwsError(
        "PrivateIpAddressLimitExceeded",
        f"Number of {which} addresses will exceed limit. A network interface of {limits.name} can "
        f"have {most}.",
    )
