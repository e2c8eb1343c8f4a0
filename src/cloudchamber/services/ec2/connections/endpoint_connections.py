"""Who is connected to a customer's endpoint service: listed, let in, kept out; who is told of it.

Rules of this file: asked by the service's owner. An endpoint lies with its own owner; the
connection is what the service's owner sees of it.
https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html#accept-reject-connection-requests
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import endpoint_states as states
from cloudchamber.services.ec2.connections.nouns import (
    ENDPOINT,
    ENDPOINT_NOTIFICATIONS,
    ENDPOINT_SERVICE,
    Endpoint,
    EndpointNotification,
    EndpointService,
)
from cloudchamber.services.ec2.describing import listed
from cloudchamber.services.ec2.refusals import missing_parameter

_EVENTS: Final = ("Accept", "Connect", "Delete", "Reject")
_ENDED: Final = ("deleting", "deleted", "rejected", "failed")


def describe_vpc_endpoint_connections(call: Call, request: Input) -> Output:
    """The endpoints that lead to services of the account's own, whosever they are."""
    found = [
        endpoint
        for _, _, endpoint in kinds.everywhere(call.cloud, ENDPOINT)
        if endpoint.service_id and endpoint.service_id in call.rows(ENDPOINT_SERVICE.table)
    ]
    return listed(
        request, "VpcEndpointConnections", found, _id, _properties(call),
        lambda endpoint: shown(call, endpoint),
    )  # fmt: skip


def accept_vpc_endpoint_connections(call: Call, request: Input) -> Output:
    """Let endpoints in; what cannot be is listed."""
    return _each(call, request, states.agree)


def reject_vpc_endpoint_connections(call: Call, request: Input) -> Output:
    """Keep endpoints out, those that are in included; what cannot be is listed."""
    return _each(call, request, states.turn_down)


def create_vpc_endpoint_connection_notification(call: Call, request: Input) -> Output:
    """Have a topic told of a service's or an endpoint's connections."""
    service, endpoint = request.get("ServiceId", ""), request.get("VpcEndpointId", "")
    if bool(service) == bool(endpoint):
        raise missing_parameter("serviceId")
    if service:
        kinds.expect_own(call, ENDPOINT_SERVICE, service)
    else:
        kinds.expect_own(call, ENDPOINT, endpoint)
    notification = EndpointNotification(
        id=kinds.new_id(call, "vpce-nfn"),
        owner=call.account,
        topic=_expect_topic(request["ConnectionNotificationArn"]),
        events=_expect_events(request["ConnectionEvents"]),
        service_id=service,
        endpoint=endpoint,
    )
    call.rows(ENDPOINT_NOTIFICATIONS)[notification.id] = notification
    return {"ConnectionNotification": _notification(call, notification)}


def modify_vpc_endpoint_connection_notification(call: Call, request: Input) -> Output:
    """Change a notification's topic and events."""
    notification = _expect_notification(call, request["ConnectionNotificationId"])
    topic = _expect_topic(request.get("ConnectionNotificationArn", notification.topic))
    events = _expect_events(request.get("ConnectionEvents", notification.events))
    notification.topic, notification.events = topic, events
    return {"ReturnValue": True}


def delete_vpc_endpoint_connection_notifications(call: Call, request: Input) -> Output:
    """Delete notifications; those that do not exist are listed."""
    failures = []
    for each in dict.fromkeys(request["ConnectionNotificationIds"]):
        try:
            _expect_notification(call, each)
        except AwsError as error:
            failures.append(_failure(each, error))
            continue
        del call.rows(ENDPOINT_NOTIFICATIONS)[each]
    return {"Unsuccessful": failures}


def describe_vpc_endpoint_connection_notifications(call: Call, request: Input) -> Output:
    """The account's notifications in the Region."""
    wanted = request.get("ConnectionNotificationId")
    rows = (
        [_expect_notification(call, wanted)]
        if wanted
        else list(call.rows(ENDPOINT_NOTIFICATIONS).values())
    )
    return listed(
        request, "ConnectionNotificationSet", rows, _id, _NOTIFICATION_FILTERS,
        lambda row: _notification(call, row),
    )  # fmt: skip


def connected_to(call: Call, service: EndpointService) -> list[Endpoint]:
    """The endpoints that hold a service: those in use and those that wait."""
    return [
        endpoint
        for _, _, endpoint in kinds.everywhere(call.cloud, ENDPOINT)
        if endpoint.service_id == service.id and endpoint.state not in _ENDED
    ]


def shown(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    """An element of `VpcEndpointConnections`."""
    service = call.rows(ENDPOINT_SERVICE.table)[endpoint.service_id]
    place = kinds.place_of(call.cloud, endpoint.id)
    return {
        "ServiceId": endpoint.service_id,
        "VpcEndpointId": endpoint.id,
        "VpcEndpointOwner": endpoint.owner,
        "VpcEndpointState": endpoint.state,
        "CreationTimestamp": endpoint.created_ns / SECOND_NS,
        "DnsEntries": [
            {"DnsName": name, "HostedZoneId": zone} for name, zone in endpoint.dns_names
        ],
        "NetworkLoadBalancerArns": list(service.network_balancers),
        "GatewayLoadBalancerArns": list(service.gateway_balancers),
        "IpAddressType": endpoint.address_type,
        "VpcEndpointConnectionId": endpoint.connection,
        "VpcEndpointRegion": place.region if place else call.region,
    }


def _each(call: Call, request: Input, act: Callable[[Call, Endpoint], None]) -> Output:
    service = kinds.expect_own(call, ENDPOINT_SERVICE, request["ServiceId"])
    if request.get("TransitGatewayAttachmentIds"):
        raise AwsError("InvalidParameter", "No Transit Gateway is attached to an endpoint service.")
    failures = []
    for each in dict.fromkeys(request["VpcEndpointIds"]):
        endpoint = kinds.find_anywhere(call.cloud, ENDPOINT, each)
        try:
            if endpoint is None or endpoint.service_id != service.id:
                raise kinds.missing(ENDPOINT, each)
            act(call, endpoint)
        except AwsError as error:
            failures.append(_failure(each, error))
    return {"Unsuccessful": failures}


def _failure(identifier: str, error: AwsError) -> dict[str, Any]:
    return {"ResourceId": identifier, "Error": {"Code": error.code, "Message": error.message}}


def _expect_topic(text: str) -> str:
    arn = find_arn(text)
    if arn is None or arn.service != "sns":
        raise AwsError("InvalidParameter", f"{text} is not the ARN of an SNS topic.")
    return text


def _expect_events(given: list[str]) -> list[str]:
    for each in given:
        if each not in _EVENTS:
            raise AwsError("InvalidParameter", f"{each} is not one of {', '.join(_EVENTS)}.")
    if not given:
        raise missing_parameter("connectionEvents")
    return list(dict.fromkeys(given))


def _expect_notification(call: Call, identifier: str) -> EndpointNotification:
    row = call.rows(ENDPOINT_NOTIFICATIONS).get(identifier)
    if row is None:
        raise AwsError(
            "InvalidConnectionNotification",
            f"The Connection Notification Id '{identifier}' does not exist",
        )
    return row


def _notification(call: Call, row: EndpointNotification) -> dict[str, Any]:
    view: dict[str, Any] = {
        "ConnectionNotificationId": row.id,
        "ConnectionNotificationType": "Topic",
        "ConnectionNotificationArn": row.topic,
        "ConnectionEvents": list(row.events),
        "ConnectionNotificationState": row.state,
        "ServiceRegion": call.region,
    }
    if row.service_id:
        view["ServiceId"] = row.service_id
    if row.endpoint:
        view["VpcEndpointId"] = row.endpoint
    return view


def _id(row: Any) -> str:
    identifier: str = row.id
    return identifier


def _properties(call: Call) -> dict[str, Callable[[Endpoint], tuple[str, ...]]]:
    def region(endpoint: Endpoint) -> tuple[str, ...]:
        place = kinds.place_of(call.cloud, endpoint.id)
        where = place.region if place else call.region
        return (where,) if where == call.region else (where, "cross-region")

    return {
        "ip-address-type": lambda row: (row.address_type,),
        "service-id": lambda row: (row.service_id,),
        "transit-gateway-attachment-id": lambda row: (),
        "vpc-endpoint-owner": lambda row: (row.owner,),
        "vpc-endpoint-region": region,
        "vpc-endpoint-state": lambda row: (row.state,),
        "vpc-endpoint-id": lambda row: (row.id,),
    }


_NOTIFICATION_FILTERS: Final = MappingProxyType(
    {
        "connection-notification-arn": lambda row: (row.topic,),
        "connection-notification-id": lambda row: (row.id,),
        "connection-notification-state": lambda row: (row.state,),
        "connection-notification-type": lambda row: ("Topic",),
        "service-id": lambda row: (row.service_id,) if row.service_id else (),
        "vpc-endpoint-id": lambda row: (row.endpoint,) if row.endpoint else (),
    }
)
