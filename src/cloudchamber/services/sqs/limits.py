"""What SQS allows: quotas, rates, ranges and the characters of names and bodies.

Rules of this file: numbers with their source, and pure checks on text.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.service import Quota

_DOCS: Final = "AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-"

QUOTAS: Final = MappingProxyType(
    {
        "in-flight-standard": Quota(120_000, _DOCS + "queues.html", adjustable=True),
        "in-flight-fifo": Quota(120_000, _DOCS + "fifo.html", adjustable=True),
        "message-attributes": Quota(10, _DOCS + "messages.html"),
        "batch-entries": Quota(10, _DOCS + "messages.html"),
        "batch-bytes": Quota(1_048_576, _DOCS + "messages.html"),
        "policy-bytes": Quota(8_192, _DOCS + "policies.html"),
        "policy-statements": Quota(20, _DOCS + "policies.html"),
        "policy-principals": Quota(50, _DOCS + "policies.html"),
        "policy-conditions": Quota(10, _DOCS + "policies.html"),
        "policy-actions": Quota(7, _DOCS + "policies.html"),
        "tags": Quota(50, _DOCS + "queues.html"),
        "move-tasks": Quota(100, "API_StartMessageMoveTask.html"),
    }
)

# Transactions per second of a FIFO queue, for each of SendMessage, ReceiveMessage, DeleteMessage;
# a batch is one transaction. Standard queues have "nearly unlimited" rates: nothing to keep.
# quotas-messages.html: without high throughput, for each partition (and a group has one) ...
FIFO_PER_SECOND: Final = 300
# ... and with high throughput, for the queue, by Region.
HIGH_PER_SECOND: Final = MappingProxyType(
    {
        "us-east-1": 70_000,
        "us-west-2": 70_000,
        "eu-west-1": 70_000,
        "us-east-2": 19_000,
        "eu-central-1": 19_000,
        "ap-south-1": 9_000,
        "ap-southeast-1": 9_000,
        "ap-southeast-2": 9_000,
        "ap-northeast-1": 9_000,
        "eu-west-2": 4_500,
        "sa-east-1": 4_500,
    }
)
HIGH_ELSEWHERE_PER_SECOND: Final = 2_400

DEDUPLICATION_NS: Final = 300 * SECOND_NS
DELETED_RECENTLY_NS: Final = MINUTE_NS
PURGE_NS: Final = MINUTE_NS
VISIBILITY_MAX_S: Final = 43_200
DELAY_MAX_S: Final = 900
WAIT_MAX_S: Final = 20
RECEIVE_MAX: Final = 10

QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
FIFO_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")
BATCH_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
LABEL: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
# 1 to 128 alphanumeric and punctuation characters: groups, deduplication and attempt ids.
TOKEN: Final = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
# A surrogate cannot reach here (it is no UTF-8); everything else outside of XML 1.0 can.
NOT_ALLOWED: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
