"""AWS managed keys: `alias/aws/s3` and its like, made when they are first needed.

Rules of this file: made for a service that asks, in its own name or a caller's, and by DescribeKey
of the alias. Their policies are AWS's: whoever may use the service, through the service.
https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cloudchamber.services.kms import making
from cloudchamber.services.kms.limits import AWS_ALIAS, ROTATION_DAYS
from cloudchamber.services.kms.nouns import ALIASES, KEYS, Alias, Key

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

# Alias without its prefix -> the service's endpoint, and what its description calls it.
_SERVICES: Final = tuple(
    tuple(line.split(" | "))
    for line in """
acm | acm | ACM private keys
backup | backup | AWS Backup data
codecommit | codecommit | AWS CodeCommit repositories
cloud9 | cloud9 | AWS Cloud9 data
connect | connect | Amazon Connect data
dms | dms | AWS Database Migration Service data
dynamodb | dynamodb | DynamoDB tables
ebs | ec2 | EBS volumes
elasticfilesystem | elasticfilesystem | EFS filesystems
es | es | Elasticsearch data
fsx | fsx | FSx resources
glue | glue | AWS Glue Data Catalog
kafka | kafka | MSK data
kinesis | kinesis | Kinesis streams
kinesisvideo | kinesisvideo | Kinesis video streams
lambda | lambda | Lambda functions
logs | logs | CloudWatch Logs data
mq | mq | Amazon MQ data
rds | rds | RDS database volumes
redshift | redshift | Redshift clusters
s3 | s3 | S3 objects
secretsmanager | secretsmanager | Secrets Manager data
sns | sns | SNS data
sqs | sqs | SQS messages
ssm | ssm | SSM data
workspaces | workspaces | WorkSpaces data
xray | xray | X-Ray data
""".strip().splitlines()
)


def find_or_make(call: Call, alias: str) -> Key | None:
    """The AWS managed key of an alias, made if the call may make one, or None."""
    is_needed = call.origin.is_nested or call.operation_name == "DescribeKey"
    name = alias.removeprefix(AWS_ALIAS)
    for short, endpoint, what in _SERVICES:
        if short == name and is_needed:
            return _make(call, alias, short, endpoint, what)
    return None


def _make(call: Call, alias: str, short: str, endpoint: str, what: str) -> Key:
    alias_arn = call.arn(alias)
    policy = _policy(call, short, f"{endpoint}.{call.region}.amazonaws.com")
    key = making.make(
        call,
        call.stream(alias_arn, "key").uuid(),
        spec="SYMMETRIC_DEFAULT",
        usage="ENCRYPT_DECRYPT",
        policy=policy,
        description=f"Default key that protects my {what} when no other key is defined",
        manager="AWS",
    )
    call.rows(KEYS)[key.id] = key
    call.rows(ALIASES)[alias] = Alias(alias, alias_arn, key.id, call.now, call.now)
    call.event(key.arn, "kms.managed-key", f"AWS made the key {alias} for account {call.account}")
    making.plan_rotation(call, key, ROTATION_DAYS)
    return key


def _policy(call: Call, short: str, host: str) -> str:
    document = {
        "Version": "2012-10-17",
        "Id": f"auto-{short}-2",
        "Statement": [
            {
                "Sid": f"Allow access through {short} for all principals in the account that are "
                f"authorized to use {short}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:CreateGrant",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:CallerAccount": call.account, "kms:ViaService": host}
                },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{call.partition}:iam::{call.account}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    }
    return json.dumps(document)
