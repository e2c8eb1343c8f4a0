"""Which services have a linked role, what it is called, and which policy it carries.

Rules of this file: data only, after each service's own guide; see "Yes" in the column of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html.
The list is partial. Names are `<service> <role without its common beginning> <policy>`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

_BEGINNING: Final = "AWSServiceRoleFor"

# Services that take a CustomSuffix.
SUFFIXED: Final = frozenset({"autoscaling.amazonaws.com", "lex.amazonaws.com"})


class LinkedService(NamedTuple):
    """A service's role and the AWS managed policy on it (below aws-service-role/)."""

    role: str
    policy: str


_TABLE: Final = """
access-analyzer AccessAnalyzer AccessAnalyzerServiceRolePolicy
apidestinations.events AmazonEventBridgeApiDestinations \
AmazonEventBridgeApiDestinationsServiceRolePolicy
autoscaling AutoScaling AutoScalingServiceRolePolicy
backup Backup AWSBackupServiceLinkedRolePolicyForBackup
batch Batch BatchServiceRolePolicy
cks.kms KeyManagementServiceCustomKeyStores AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy
cloudtrail CloudTrail CloudTrailServiceRolePolicy
config Config AWSConfigServiceRolePolicy
dax DAX AWSServiceRoleForDAX
dynamodb.application-autoscaling ApplicationAutoScaling_DynamoDBTable \
AWSApplicationAutoscalingDynamoDBTablePolicy
ecs ECS AmazonECSServiceRolePolicy
ecs.application-autoscaling ApplicationAutoScaling_ECSService \
AWSApplicationAutoscalingECSServicePolicy
eks AmazonEKS AmazonEKSServiceRolePolicy
eks-fargate AmazonEKSForFargate AmazonEKSForFargateServiceRolePolicy
eks-nodegroup AmazonEKSNodegroup AWSServiceRoleForAmazonEKSNodegroup
elasticache ElastiCache ElastiCacheServiceRolePolicy
elasticbeanstalk ElasticBeanstalk AWSElasticBeanstalkServiceRolePolicy
elasticfilesystem AmazonElasticFileSystem AmazonElasticFileSystemServiceRolePolicy
elasticloadbalancing ElasticLoadBalancing AWSElasticLoadBalancingServiceRolePolicy
elasticmapreduce EMRCleanup AmazonEMRCleanupPolicy
es AmazonElasticsearchService AmazonElasticsearchServiceRolePolicy
fis FIS AmazonFISServiceRolePolicy
globalaccelerator GlobalAccelerator AWSGlobalAcceleratorSLRPolicy
guardduty AmazonGuardDuty AmazonGuardDutyServiceRolePolicy
inspector2 AmazonInspector2 AmazonInspector2ServiceRolePolicy
kafka Kafka KafkaServiceRolePolicy
lambda.application-autoscaling ApplicationAutoScaling_LambdaConcurrency \
AWSApplicationAutoscalingLambdaConcurrencyPolicy
lex LexBots AmazonLexBotPolicy
macie AmazonMacie AmazonMacieServiceRolePolicy
memorydb MemoryDB MemoryDBServiceRolePolicy
mrk.kms KeyManagementServiceMultiRegionKeys AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy
opensearchservice AmazonOpenSearchService AmazonOpenSearchServiceRolePolicy
ops.apigateway APIGateway APIGatewayServiceRolePolicy
organizations Organizations AWSOrganizationsServiceTrustPolicy
ram ResourceAccessManager AWSResourceAccessManagerServiceRolePolicy
rds RDS AmazonRDSServiceRolePolicy
rds.application-autoscaling ApplicationAutoScaling_RDSCluster \
AWSApplicationAutoscalingRDSClusterPolicy
redshift Redshift AmazonRedshiftServiceLinkedRolePolicy
replicator.lambda LambdaReplicator AWSLambdaReplicator
securityhub SecurityHub AWSSecurityHubServiceRolePolicy
servicequotas ServiceQuotas ServiceQuotasServiceRolePolicy
spot EC2Spot AWSEC2SpotServiceRolePolicy
spotfleet EC2SpotFleet AWSEC2SpotFleetServiceRolePolicy
ssm AmazonSSM AmazonSSMServiceRolePolicy
sso SSO AWSSSOServiceRolePolicy
support Support AWSSupportServiceRolePolicy
transitgateway VPCTransitGateway AWSVPCTransitGatewayServiceRolePolicy
trustedadvisor TrustedAdvisor AWSTrustedAdvisorServiceRolePolicy
wafv2 WAFV2Logging WAFV2LoggingServiceRolePolicy
"""


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, LinkedService], ...]:
    rows = [line.split() for line in _TABLE.strip().splitlines()]
    return tuple((row[0], LinkedService(_BEGINNING + row[1], row[2])) for row in rows)


def find_linked_service(principal: str) -> LinkedService | None:
    """The linked role of a service (`ecs.amazonaws.com`), or None where none is known here."""
    for name, linked in _table():
        if principal == f"{name}.amazonaws.com":
            return linked
    return None
