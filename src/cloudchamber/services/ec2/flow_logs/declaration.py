"""What this area of EC2 answers: flow logs."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import refused, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.flow_logs import delivering, flow_logs, records
from cloudchamber.services.ec2.flow_logs.happened import FLOW
from cloudchamber.services.ec2.flow_logs.nouns import BATCHES, FLOW_LOG, WINDOWS
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.permissions import created, named, requested, tagged

AREA: Final = Area(
    operations={
        "CreateFlowLogs": simulated(
            once(flow_logs.create_flow_logs),
            resource=created(FLOW_LOG),
            context=requested,
            note="To S3; CloudWatch Logs, Firehose, tag fields and Cloud WAN are refused.",
        ),
        "DeleteFlowLogs": simulated(
            flow_logs.delete_flow_logs,
            resource=named(FLOW_LOG, "FlowLogIds"),
            context=tagged(FLOW_LOG, "FlowLogIds"),
        ),
        "DescribeFlowLogs": simulated(flow_logs.describe_flow_logs),
        "GetFlowLogsIntegrationTemplate": refused(
            "its template is CloudFormation's, with a function that loads partitions; in Athena, "
            "partition projection finds the files without it"
        ),
    },
    tables=(WINDOWS, BATCHES),
    kinds=(FLOW_LOG,),
    kernel_events={
        records.CLOSE: delivering.close,
        records.TICK: delivering.tick,
        delivering.DELIVER: delivering.deliver,
    },
    subscribes={FLOW: records.flow_happened},
)
