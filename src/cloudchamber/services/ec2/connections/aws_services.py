"""The services of AWS's own that an endpoint can lead to: names, types, private DNS names.

Rules of this file: data, and what follows from a name. The names are those of
https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
without `com.amazonaws.REGION.`; every Region is taken to have them all. FIPS endpoints are left
out. Which of them take no endpoint policy, and which speak IPv6, is known of those that AWS
names; the others are taken to have a policy and IPv4.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

INTERFACE: Final = "Interface"
GATEWAY: Final = "Gateway"
GATEWAY_LOAD_BALANCER: Final = "GatewayLoadBalancer"

_INTERFACES: Final = tuple(
    """
    access-analyzer account acm-pca airflow.api airflow.env airflow.ops analytics-omics apigateway
    app-integrations appconfig appconfigdata application-autoscaling appmesh
    appmesh-envoy-management apprunner apprunner.requests appstream.api appstream.streaming appsync
    appsync-api aps aps-workspaces arc-zonal-shift athena auditmanager autoscaling autoscaling-plans
    awsconnector b2bi backup backup-gateway batch bedrock bedrock-agent bedrock-agent-runtime
    bedrock-runtime billingconductor braket cases cassandra cleanrooms cleanrooms-ml cloudcontrolapi
    clouddirectory cloudformation cloudhsmv2 cloudtrail codeartifact.api codeartifact.repositories
    codebuild codecommit codeconnections.api codedeploy codedeploy-commands-secure codeguru-profiler
    codeguru-reviewer codepipeline codestar-connections.api comprehend comprehendmedical
    compute-optimizer config connect-campaigns console control-storage-omics data-servicediscovery
    databrew dataexchange datasync datazone deadline.management deadline.scheduling
    deviceadvisor.iot devops-guru discovery dms drs ds dynamodb dynamodb-streams ebs ec2 ec2messages
    ecr.api ecr.dkr ecs ecs-agent ecs-telemetry eks eks-auth elastic-inference.runtime elasticache
    elasticbeanstalk elasticbeanstalk-health elasticfilesystem elasticloadbalancing elasticmapreduce
    email-smtp emr-containers emr-serverless emrwal.prod entityresolution events evidently
    evidently-dataplane execute-api finspace finspace-api fis forecast forecastquery frauddetector
    fsx git-codecommit glue glue.dashboard grafana grafana-workspace greengrass groundstation
    guardduty guardduty-data healthlake identitystore imagebuilder inspector-scan inspector2
    internetmonitor invoicing iot.credentials iot.data iot.fleethub.api
    iotfleetwise iotsitewise.api iotsitewise.data iottwinmaker.api iottwinmaker.data
    iotwireless.api kendra kinesis-firehose kinesis-streams kinesisanalytics kms lakeformation
    lambda launchwizard license-manager license-manager-linux-subscriptions logs lookoutequipment
    lookoutmetrics lookoutvision m2 macie2 managedblockchain.bitcoin.mainnet
    managedblockchain-query mediaconnect medical-imaging memory-db mgn migrationhub-orchestrator
    models-v2-lex monitoring neptune-graph networkflowmonitor networkmonitor notebook nimble
    organizations outposts panorama payment-cryptography.controlplane
    payment-cryptography.dataplane pca-connector-ad pca-connector-scep personalize
    personalize-events personalize-runtime pinpoint pinpoint-sms-voice-v2 pipes pipes-data polly
    private-networks profile proton qldb.session ram rbin rds rds-data redshift redshift-data
    redshift-serverless refactor-spaces rekognition resource-explorer-2 resource-groups
    robomaker rolesanywhere rum rum-dataplane runtime-medical-imaging runtime-v2-lex s3
    s3-global.accesspoint s3-outposts s3tables sagemaker.api sagemaker.featurestore-runtime
    sagemaker.metrics sagemaker.runtime scheduler schemas secretsmanager securityhub securitylake
    serverlessrepo servicecatalog servicecatalog-appregistry servicediscovery servicequotas signin
    simspaceweaver sms-voice snow-device-management sns sqs ssm ssm-contacts ssm-incidents
    ssm-quicksetup ssmmessages sso states storage-omics storagegateway streaming-rekognition sts
    supplychain swf sync-states synthetics tagging tags-omics textract thinclient.api
    timestream-influxdb timestream.ingest-cell1 timestream.query-cell1 tnb transcribe
    transcribestreaming transfer transfer.server translate trustedadvisor verifiedpermissions
    voiceid vpc-lattice wafv2 wellarchitected wisdom workflows-omics workspaces xray
    """.split()
)
_GATEWAYS: Final = ("dynamodb", "s3", "s3express")
# Whose private name is not the name's parts turned around, and what it is. None: it has none.
_PRIVATE: Final = MappingProxyType(
    {
        "aps-workspaces": "aps-workspaces",
        "ecr.dkr": "*.dkr.ecr",
        "execute-api": "*.execute-api",
        "apprunner.requests": "*.awsapprunner",
        "appsync-api": "*.appsync-api",
        "codeartifact.repositories": "*.d.codeartifact",
        "elasticbeanstalk-health": "elasticbeanstalk-health",
        "grafana-workspace": "*.grafana-workspace",
        "guardduty-data": "guardduty-data",
        "iot.data": None,
        "iot.credentials": None,
        "kinesis-firehose": "firehose",
        "kinesis-streams": "*.kinesis",
        "s3": "*.s3",
        "s3-global.accesspoint": "*.accesspoint.s3-global",
        "airflow.env": None,
        "airflow.ops": None,
        "emrwal.prod": "*.prod.emrwal",
        "transfer.server": None,
    }
)
# Names beside the first one: API_ServiceDetail.html, PrivateDnsNames.
_MORE_PRIVATE: Final = MappingProxyType(
    {
        "s3": ("s3",),
        "kinesis-streams": ("kinesis",),
        "ecr.dkr": ("dkr.ecr",),
    }
)
_NO_POLICY: Final = frozenset(
    """
    appmesh-envoy-management appstream.api appstream.streaming clouddirectory codebuild
    cloudhsmv2 ds ecs-agent ecs-telemetry email-smtp git-codecommit iot.credentials iot.data
    transfer.server storagegateway
    """.split()
)
_DUAL_STACK: Final = frozenset(
    "ec2 ecr.api kms lambda logs monitoring s3 secretsmanager sns sqs ssm sts".split()
)
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-cross-region-privatelink-support.html
_CROSS_REGION: Final = frozenset(
    "s3 ecr.api ecr.dkr kms ecs lambda kinesis-firehose kinesisanalytics".split()
)


class AwsService(msgspec.Struct, frozen=True, kw_only=True):
    """A service of AWS's in a Region, by one type of endpoint.

    `short` is what `name` (`com.amazonaws.eu-west-1.s3`) ends in. `private_names` are the DNS names
    that lead to the endpoint in a VPC with private DNS; empty if there are none.
    """

    id: str
    name: str
    short: str
    region: str
    type: str
    private_names: tuple[str, ...]
    base_name: str
    has_policy: bool
    is_dual_stack: bool
    is_cross_region: bool


@lru_cache(maxsize=128)
def services_of(region: str) -> tuple[AwsService, ...]:
    """Everything that AWS offers in a Region, by name, then type."""
    found = [
        *(_made(region, short, GATEWAY) for short in _GATEWAYS),
        *(_made(region, short, INTERFACE) for short in _INTERFACES),
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.type)))


@lru_cache(maxsize=4096)
def types_of(name: str, region: str) -> MappingProxyType[str, AwsService]:
    """The types of endpoint by which a service can be reached; none if it is not AWS's."""
    return MappingProxyType({each.type: each for each in services_of(region) if each.name == name})


def _made(region: str, short: str, type_: str) -> AwsService:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    turned = ".".join(reversed(short.split(".")))
    private = _PRIVATE.get(short, turned) if type_ == INTERFACE else None
    more = _MORE_PRIVATE.get(short, ()) if type_ == INTERFACE else ()
    start = (
        "cn.com.amazonaws" if region.startswith("cn-") and type_ == INTERFACE else ("com.amazonaws")
    )
    name = f"{start}.{region}.{short}"
    digest = hashlib.sha256(f"{name} {type_}".encode()).hexdigest()
    return AwsService(
        id=f"vpce-svc-0{digest[:16]}",
        name=name,
        short=short,
        region=region,
        type=type_,
        private_names=tuple(
            f"{each}.{region}.{suffix}" for each in ((private, *more) if private else ())
        ),
        base_name=(
            f"{turned}.{region}.{suffix}"
            if type_ == GATEWAY
            else f"{turned}.{region}.vpce.{suffix}"
        ),
        has_policy=short not in _NO_POLICY,
        is_dual_stack=short in _DUAL_STACK,
        is_cross_region=short in _CROSS_REGION,
    )
