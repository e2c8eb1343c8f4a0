"""CreateFlowLogs, DescribeFlowLogs, DeleteFlowLogs.

Rules of this file: everything is checked before anything is made. Destinations that do not exist
here are refused by name, never accepted and left empty.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.engines.sql.installed import HOW, missing
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.connections.nouns import TRANSIT_ATTACHMENT, TRANSIT_GATEWAY
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.flow_logs.delivering import PRINCIPAL, fields_of, start_ticking
from cloudchamber.services.ec2.flow_logs.fields import (
    DEFAULT_TRANSIT,
    DEFAULT_VPC,
    BadFormat,
    names_of,
)
from cloudchamber.services.ec2.flow_logs.nouns import (
    FLOW_LOG,
    FLOW_LOGS,
    WINDOWS,
    FlowLog,
)
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, VPC

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

RESOURCES: Final[Mapping[str, Kind[Any]]] = MappingProxyType(
    {
        "VPC": VPC,
        "Subnet": SUBNET,
        "NetworkInterface": INTERFACE,
        "TransitGateway": TRANSIT_GATEWAY,
        "TransitGatewayAttachment": TRANSIT_ATTACHMENT,
    }
)
_DEFAULT_INTERVAL_S: Final = 600
_TRANSIT_INTERVAL_S: Final = 60
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-flow-logs
_PER_RESOURCE: Final = 2
_IDS_MAX: Final = 300
_TRANSIT_IDS_MAX: Final = 25


def create_flow_logs(call: Call, request: Input) -> Output:
    """Watch VPCs, subnets, interfaces, transit gateways. Raises AwsError, Refused.

    What is wrong with one resource or its destination is told in Unsuccessful.
    """
    plan = _plan(call, request)
    given = tags.specified(request, "vpc-flow-log")
    for identifier in request["ResourceIds"]:
        kinds.expect_own(call, RESOURCES[plan.resource_kind], identifier)
        _check_room(call, plan, identifier)
    said = _unreachable(call, plan)
    if said:
        error = {"Code": "400", "Message": said}
        failed = [{"ResourceId": each, "Error": error} for each in request["ResourceIds"]]
        return {"FlowLogIds": [], "Unsuccessful": failed}
    _open_bucket(call, plan)
    made = []
    for identifier in request["ResourceIds"]:
        row = _copy(plan, kinds.new_id(call, FLOW_LOG.prefix), identifier)
        kinds.add(call, FLOW_LOG, row)
        tags.put(call, row.id, given)
        start_ticking(call, row)
        made.append(row.id)
    answer: Output = {"FlowLogIds": made, "Unsuccessful": []}
    if "ClientToken" in request:
        answer["ClientToken"] = request["ClientToken"]
    return answer


def describe_flow_logs(call: Call, request: Input) -> Output:
    """The account's flow logs, by id, filtered, in pages."""
    return describe(call, {**request, "Filters": request.get("Filter", ())}, _DESCRIPTION)


def delete_flow_logs(call: Call, request: Input) -> Output:
    """Stop watching. What was not delivered yet is lost. Raises InvalidFlowLogId.NotFound."""
    ids = list(dict.fromkeys(request["FlowLogIds"]))
    rows = call.rows(FLOW_LOGS)
    lacking = [each for each in ids if each not in rows]
    if lacking:
        raise AwsError(
            "InvalidFlowLogId.NotFound",
            "These flow log ids in the input list are not found: "
            f"[TotalCount: {len(lacking)}] {', '.join(lacking)}",
        )
    for each in ids:
        call.cancel(rows[each].tick)
        call.rows(WINDOWS).pop(each, None)
        kinds.remove(call, FLOW_LOG, rows[each])
    return {"Unsuccessful": []}


def view(call: Call, row: FlowLog) -> dict[str, Any]:
    """A flow log as EC2 describes it."""
    shown: dict[str, Any] = {
        "CreationTime": row.created_ns / SECOND_NS,
        "DeliverLogsStatus": row.status,
        "FlowLogId": row.id,
        "FlowLogStatus": "ACTIVE",
        "ResourceId": row.resource,
        "LogDestinationType": "s3",
        "LogDestination": row.destination,
        "LogFormat": row.format,
        "MaxAggregationInterval": row.interval_s,
        "DestinationOptions": {
            "FileFormat": row.file_format,
            "HiveCompatiblePartitions": row.is_hive,
            "PerHourPartition": row.is_hourly,
        },
        "Tags": tags.shown(call, row.id),
    }
    more = {
        "TrafficType": row.traffic,
        "DeliverLogsErrorMessage": row.error,
        "DeliverLogsPermissionArn": row.permission,
        "DeliverCrossAccountRole": row.cross_account_role,
    }
    return {**shown, **{name: value for name, value in more.items() if value}}


_DESCRIPTION: Final[Description[FlowLog]] = Description(
    kind=FLOW_LOG,
    ids="FlowLogIds",
    answer="FlowLogs",
    view=view,
    filters=MappingProxyType(
        {
            "deliver-log-status": lambda call, row: (row.status,),
            "log-destination-type": lambda call, row: ("s3",),
            "flow-log-id": lambda call, row: (row.id,),
            "log-group-name": lambda call, row: (),
            "resource-id": lambda call, row: (row.resource,),
            "traffic-type": lambda call, row: (row.traffic,),
        }
    ),
)


def invalid(message: str, code: str = "InvalidParameter") -> AwsError:
    """What EC2 says of a parameter."""
    return AwsError(code, message)


def _plan(call: Call, request: Input) -> FlowLog:
    """A flow log as it would be for each resource, checked. Raises AwsError, Refused."""
    kind = request["ResourceType"]
    transit = kind.startswith("Transit")
    if kind not in RESOURCES:
        raise Refused("ec2", call.operation_name, f"there is no {kind} here to watch")
    most = _TRANSIT_IDS_MAX if transit else _IDS_MAX
    if len(request["ResourceIds"]) > most:
        raise invalid(f"The maximum number of resources is {most}.", "InvalidParameterValue")
    traffic = request.get("TrafficType", "")
    if transit and traffic:
        raise invalid("TrafficType is not supported for Transit Gateway resource types.")
    if not transit and traffic not in ("ACCEPT", "REJECT", "ALL"):
        raise invalid("The request must contain the parameter TrafficType", "MissingParameter")
    _check_elsewhere(call, request)
    interval = request.get(
        "MaxAggregationInterval", _TRANSIT_INTERVAL_S if transit else _DEFAULT_INTERVAL_S
    )
    if interval not in ((60,) if transit else (60, 600)):
        raise invalid("Invalid Flow Log Max Aggregation Interval", "InvalidParameterValue")
    options = request.get("DestinationOptions", {})
    row = FlowLog(
        id="",
        owner=call.account,
        resource="",
        resource_kind=kind,
        traffic=traffic,
        destination=_destination(request),
        format=request.get("LogFormat") or (DEFAULT_TRANSIT if transit else DEFAULT_VPC),
        interval_s=interval,
        created_ns=call.now,
        is_hive=options.get("HiveCompatiblePartitions", False),
        is_hourly=options.get("PerHourPartition", False),
        file_format=options.get("FileFormat", "plain-text"),
        permission=request.get("DeliverLogsPermissionArn", ""),
        cross_account_role=request.get("DeliverCrossAccountRole", ""),
    )
    if row.file_format not in ("plain-text", "parquet"):
        raise invalid("Invalid FileFormat.", "InvalidParameterValue")
    if row.file_format == "parquet" and "duckdb" in missing():
        raise Refused("ec2", call.operation_name, f"Parquet files need duckdb: {HOW}")
    try:
        names_of(row.format, fields_of(row))
    except BadFormat as error:
        raise invalid(f"{error}") from error
    return row


def _check_elsewhere(call: Call, request: Input) -> None:
    """Stop at destinations that are not there. Raises Refused."""
    kind = request.get("LogDestinationType", "cloud-watch-logs")
    if kind != "s3":
        what = {"cloud-watch-logs": "CloudWatch Logs", "kinesis-data-firehose": "Firehose"}
        reason = f"flow logs go to S3; there is no {what.get(kind, kind)} here"
        raise Refused("ec2", call.operation_name, reason)
    if "LogGroupName" in request:
        raise invalid("LogGroupName is not applicable for S3 Delivery")
    if "TagFieldSpecifications" in request:
        raise Refused("ec2", call.operation_name, "tags are no fields of flow logs here")


def _destination(request: Input) -> str:
    """The bucket's ARN with its folder. Raises AwsError."""
    text = request.get("LogDestination")
    if not text:
        raise invalid("LogDestination can't be empty if LogGroupName is not provided.")
    arn = find_arn(text)
    if arn is None or arn.service != "s3" or arn.region or arn.account:
        raise invalid(f"LogDestination {text} is not a valid ARN of an S3 bucket.")
    folder = arn.resource.partition("/")[2]
    if folder.split("/")[0] == "AWSLogs":
        raise invalid("AWSLogs is a reserved term and cannot be used as a subfolder name.")
    return str(text)


def _bucket(row: FlowLog) -> str:
    return row.destination.split(":::", 1)[1].partition("/")[0]


def _check_room(call: Call, plan: FlowLog, identifier: str) -> None:
    """Whether one more flow log may watch a resource. Raises AwsError."""
    others = [row for row in call.rows(FLOW_LOGS).values() if row.resource == identifier]
    same = ("traffic", "destination", "format", "interval_s", "file_format", "is_hive", "is_hourly")
    for row in others:
        if all(getattr(row, name) == getattr(plan, name) for name in same):
            raise AwsError(
                "FlowLogAlreadyExists",
                "Error. There is an existing Flow Log with the same configuration and log "
                "destination.",
            )
    if len(others) >= _PER_RESOURCE:
        raise AwsError(
            "FlowLogsLimitExceeded",
            f"The maximum number of flow logs for {identifier} ({_PER_RESOURCE}) is reached.",
        )


def _unreachable(call: Call, plan: FlowLog) -> str:
    """What is wrong with the bucket; "" if it is there."""
    where = call.port(ports.BUCKET)
    bucket = _bucket(plan)
    if where is None or where(call.cloud, bucket) is None:
        return f"LogDestination: {bucket} does not exist"
    return ""


def _open_bucket(call: Call, plan: FlowLog) -> None:
    """Let the delivery into the caller's own bucket, as AWS does for who may change its policy."""
    bucket = _bucket(plan)
    owner, region = call.port(ports.BUCKET)(call.cloud, bucket)
    if owner != call.account:
        return
    try:
        text = call.invoke("s3", "GetBucketPolicy", {"Bucket": bucket}, region=region)["Policy"]
        policy: dict[str, Any] = json.loads(text)
    except AwsError as error:
        if error.code != "NoSuchBucketPolicy":
            return
        policy = {"Version": "2012-10-17", "Id": "AWSLogDeliveryWrite20150319", "Statement": []}
    statements = policy.get("Statement", [])
    old: Sequence[Any] = [statements] if isinstance(statements, dict) else statements
    fresh = [each for each in _statements(call, plan) if each not in old]
    if not fresh:
        return
    policy["Statement"] = [*old, *fresh]
    try:
        request = {"Bucket": bucket, "Policy": json.dumps(policy)}
        call.invoke("s3", "PutBucketPolicy", request, region=region)
    except AwsError as error:
        call.event(
            f"arn:aws:s3:::{bucket}",
            "ec2.flow-log-policy-refused",
            f"{call.caller.arn} may not let flow logs into {bucket}: {error.message}",
        )


def _statements(call: Call, plan: FlowLog) -> list[dict[str, Any]]:
    bucket = f"arn:{call.partition}:s3:::{_bucket(plan)}"
    folder = plan.destination.split(":::", 1)[1].partition("/")[2].strip("/")
    below = f"{folder}/AWSLogs" if folder else "AWSLogs"
    account = f"aws-account-id={call.account}" if plan.is_hive else call.account
    source = {
        "StringEquals": {"aws:SourceAccount": call.account},
        "ArnLike": {"aws:SourceArn": f"arn:{call.partition}:logs:{call.region}:{call.account}:*"},
    }
    write = {
        "Sid": "AWSLogDeliveryWrite",
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": "s3:PutObject",
        "Resource": f"{bucket}/{below}/{account}/*",
        "Condition": {
            **source,
            "StringEquals": {
                "aws:SourceAccount": call.account,
                "s3:x-amz-acl": "bucket-owner-full-control",
            },
        },
    }
    check = {
        "Sid": "AWSLogDeliveryAclCheck",
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
        "Resource": bucket,
        "Condition": source,
    }
    return [write, check]


def _copy(plan: FlowLog, identifier: str, resource: str) -> FlowLog:
    row = FlowLog(**{name: getattr(plan, name) for name in plan.__struct_fields__})
    row.id, row.resource = identifier, resource
    return row
