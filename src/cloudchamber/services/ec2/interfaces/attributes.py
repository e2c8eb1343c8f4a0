"""Attributes of network interfaces: modify, reset, describe, one at a time.

Rules of this file: an attribute is checked before it is set.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces import public
from cloudchamber.services.ec2.interfaces.groups import expect_groups, names_of
from cloudchamber.services.ec2.interfaces.interface_views import attachment_view
from cloudchamber.services.ec2.interfaces.interfaces import DESCRIPTION_MAX, expect_touchable
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, Interface
from cloudchamber.services.ec2.interfaces.tracking import checked_tracking
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)

_ONE_OF: Final = (
    "AssociatePublicIpAddress",
    "AssociatedSubnetIds",
    "Attachment",
    "ConnectionTrackingSpecification",
    "Description",
    "EnaSrdSpecification",
    "EnablePrimaryIpv6",
    "Groups",
    "SourceDestCheck",
)
HOSTNAME_TYPES: Final = (
    "public-dual-stack-dns-name",
    "public-ipv4-dns-name",
    "public-ipv6-dns-name",
)


def modify_network_interface_attribute(call: Call, request: Input) -> Output:
    """Set one attribute."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    named = [each for each in _ONE_OF if request.get(each) is not None]
    if not named:
        raise missing_parameter("attribute")
    if len(named) > 1:
        raise invalid_combination("Fields for multiple attribute types specified.")
    _SETTERS[named[0]](call, interface, request[named[0]])
    return {}


def _set_description(call: Call, interface: Interface, given: dict[str, Any]) -> None:
    text = given.get("Value") or ""
    if len(text) > DESCRIPTION_MAX:
        raise invalid_value(text, "description", "It is longer than 255 characters.")
    interface.description = text


def _set_check(call: Call, interface: Interface, given: dict[str, Any]) -> None:
    value = given.get("Value")
    if value is None:
        raise missing_parameter("sourceDestCheck.value")
    interface.source_dest_check = value


def _set_groups(call: Call, interface: Interface, ids: list[str]) -> None:
    if not ids:
        raise AwsError("InvalidParameterValue", "An interface has at least one security group.")
    found = expect_groups(call, ids, interface.vpc, interface.subnet)
    interface.groups = [each.id for each in found]


def _set_attachment(call: Call, interface: Interface, given: dict[str, Any]) -> None:
    attachment = interface.attachment
    identifier = given.get("AttachmentId")
    if identifier is None:
        raise missing_parameter("attachment.attachmentId")
    if attachment is None or attachment.id != identifier:
        raise AwsError(
            "InvalidAttachmentID.NotFound",
            f"The networkInterface ID '{interface.id}' is not attached by '{identifier}'",
        )
    if given.get("DeleteOnTermination") is not None:
        attachment.delete_on_termination = given["DeleteOnTermination"]


def _set_tracking(call: Call, interface: Interface, given: dict[str, Any]) -> None:
    interface.tracking = {**interface.tracking, **checked_tracking(given)}


def _set_primary6(call: Call, interface: Interface, value: bool) -> None:
    if not value:
        if interface.is_primary6:
            raise AwsError(
                "OperationNotPermitted",
                "A primary IPv6 address cannot be taken back once it is enabled.",
            )
        return
    if not interface.addresses6:
        raise AwsError(
            "InvalidParameterCombination",
            f"{interface.id} has no IPv6 address that could be its primary one.",
        )
    interface.is_primary6 = True


def _set_public(call: Call, interface: Interface, value: bool) -> None:
    """A lent public address comes at once while the interface is attached, or goes."""
    if interface.attachment is None or not interface.attachment.instance:
        raise AwsError(
            "OperationNotPermitted",
            f"{interface.id} is not attached to an instance, which could be given an address.",
        )
    if value:
        public.lend_public_address(call, interface)
    else:
        interface.has_lent_public = False
        public.give_back(call, interface)


def _refuse_srd(call: Call, interface: Interface, given: Any) -> None:
    raise invalid_value(given, "enaSrdSpecification", "ENA Express is not simulated.")


def _refuse_subnets(call: Call, interface: Interface, given: Any) -> None:
    raise invalid_value(
        given, "associatedSubnetIds", "Interfaces of several subnets are not simulated."
    )


_SETTERS: Final = MappingProxyType[str, Callable[[Call, Interface, Any], None]](
    {
        "AssociatePublicIpAddress": _set_public,
        "AssociatedSubnetIds": _refuse_subnets,
        "Attachment": _set_attachment,
        "ConnectionTrackingSpecification": _set_tracking,
        "Description": _set_description,
        "EnaSrdSpecification": _refuse_srd,
        "EnablePrimaryIpv6": _set_primary6,
        "Groups": _set_groups,
        "SourceDestCheck": _set_check,
    }
)


def reset_network_interface_attribute(call: Call, request: Input) -> Output:
    """Check source and destination again, the one attribute that can be reset."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    if not request.get("SourceDestCheck"):
        raise missing_parameter("sourceDestCheck")
    interface.source_dest_check = True
    return {}


def describe_network_interface_attribute(call: Call, request: Input) -> Output:
    """One attribute."""
    interface = kinds.expect(call, INTERFACE, request["NetworkInterfaceId"])
    attribute = request.get("Attribute")
    output: Output = {"NetworkInterfaceId": interface.id}
    if attribute == "description":
        output["Description"] = {"Value": interface.description}
    elif attribute == "groupSet":
        output["Groups"] = names_of(call.cloud, interface.groups)
    elif attribute == "sourceDestCheck":
        output["SourceDestCheck"] = {"Value": interface.source_dest_check}
    elif attribute == "attachment":
        if interface.attachment is not None:
            output["Attachment"] = attachment_view(interface.attachment)
    elif attribute == "associatePublicIpAddress":
        output["AssociatePublicIpAddress"] = interface.has_lent_public
    elif attribute is None:
        raise missing_parameter("attribute")
    else:
        raise invalid_value(attribute, "attribute", "Unknown network interface attribute")
    return output


def modify_public_ip_dns_name_options(call: Call, request: Input) -> Output:
    """Which addresses an interface's public name stands for."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    kind = request["HostnameType"]
    if kind not in HOSTNAME_TYPES:
        raise invalid_value(kind, "hostnameType", "Unknown hostname type.")
    interface.hostname_type = kind
    return {"Successful": True}
