"""Permissions of network interfaces: another account may attach one to its instance.

Rules of this file: a permission lies in the interface's account. AWS gives INSTANCE-ATTACH only to
accounts it has authorized; every account of a chamber is. EIP-ASSOCIATE lets the account associate
its elastic address.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterfacePermission.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces.nouns import (
    INTERFACE,
    PERMIT,
    PERMITS,
    Interface,
    Permit,
)
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter

ATTACH: Final = "INSTANCE-ATTACH"
ASSOCIATE: Final = "EIP-ASSOCIATE"
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)


def create_network_interface_permission(call: Call, request: Input) -> Output:
    """Let an account do something with an interface of one's own."""
    interface = kinds.expect_own(call, INTERFACE, request["NetworkInterfaceId"])
    if request.get("AwsService"):
        raise invalid_value(
            request["AwsService"], "awsService", "Permissions for services are not supported."
        )
    account = request.get("AwsAccountId")
    if not account:
        raise missing_parameter("awsAccountId")
    if not _ACCOUNT.fullmatch(account):
        raise invalid_value(account, "awsAccountId", "It is not an account ID.")
    permission = request["Permission"]
    if permission not in (ATTACH, ASSOCIATE):
        raise invalid_value(permission, "permission", f"It is neither {ATTACH} nor {ASSOCIATE}.")
    if any(
        each.interface == interface.id and each.permission == permission
        for each in call.rows(PERMITS).values()
    ):
        raise AwsError(
            "InvalidPermission.Duplicate",
            f"{interface.id} has a permission {permission} already; one account can have it.",
        )
    permit = Permit(
        id=kinds.new_id(call, PERMIT.prefix),
        owner=call.account,
        interface=interface.id,
        account=account,
        permission=permission,
    )
    kinds.add(call, PERMIT, permit)
    return {"InterfacePermission": _view(call, permit)}


def delete_network_interface_permission(call: Call, request: Input) -> Output:
    """Take a permission back; `Force` while the account has the interface attached."""
    permit = kinds.expect_own(call, PERMIT, request["NetworkInterfacePermissionId"])
    interface = kinds.find_anywhere(call.cloud, INTERFACE, permit.interface)
    attachment = interface.attachment if interface else None
    is_used = attachment is not None and attachment.instance_owner == permit.account
    if is_used and permit.permission == ATTACH and not request.get("Force"):
        raise AwsError(
            "OperationNotPermitted",
            f"The permission '{permit.id}' is in use: {permit.account} has attached "
            f"{permit.interface}.",
        )
    kinds.remove(call, PERMIT, permit)
    return {"Return": True}


def describe_network_interface_permissions(call: Call, request: Input) -> Output:
    """The permissions of the account's interfaces."""
    return describe(call, request, PERMITS_DESCRIBED)


def may_attach(call: Call, interface: Interface) -> bool:
    """Whether the call's account was permitted to attach somebody else's interface."""
    return _has(call, interface, ATTACH)


def may_associate(call: Call, interface: Interface) -> bool:
    """Whether the call's account was permitted to give somebody else's interface an address."""
    return _has(call, interface, ASSOCIATE)


def forget(call: Call, interface_id: str) -> None:
    """The interface is going, and the permissions for it."""
    for permit in [*call.rows(PERMITS).values()]:
        if permit.interface == interface_id:
            kinds.remove(call, PERMIT, permit)


def _has(call: Call, interface: Interface, permission: str) -> bool:
    return any(
        each.interface == interface.id
        and each.account == call.account
        and each.permission == permission
        for each in call.rows(PERMITS, interface.owner).values()
    )


def _view(call: Call, permit: Permit) -> dict[str, Any]:
    return {
        "NetworkInterfacePermissionId": permit.id,
        "NetworkInterfaceId": permit.interface,
        "AwsAccountId": permit.account,
        "Permission": permit.permission,
        "PermissionState": {"State": "granted"},
    }


PERMITS_DESCRIBED: Final[Description[Permit]] = Description(
    kind=PERMIT,
    ids="NetworkInterfacePermissionIds",
    answer="NetworkInterfacePermissions",
    view=_view,
    filters=MappingProxyType(
        {
            "network-interface-permission.network-interface-permission-id": (
                lambda call, each: (each.id,)
            ),
            "network-interface-permission.network-interface-id": (
                lambda call, each: (each.interface,)
            ),
            "network-interface-permission.aws-account-id": lambda call, each: (each.account,),
            "network-interface-permission.aws-service": lambda call, each: (),
            "network-interface-permission.permission": lambda call, each: (each.permission,),
        }
    ),
)
