"""What SQS allows: quotas, ranges and the characters of names and bodies.

Rules of this file: numbers with their source, and pure checks on text.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota, Rate

_DOCS: Final = "AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-"

QUOTAS: Final = MappingProxyType(
    {
        "in-flight-standard": Quota(120_000, _DOCS + "messages.html"),
        "in-flight-fifo": Quota(120_000, _DOCS + "messages.html"),
        "message-attributes": Quota(10, _DOCS + "messages.html"),
        "batch-entries": Quota(10, _DOCS + "messages.html"),
        "batch-bytes": Quota(1_048_576, _DOCS + "messages.html"),
        "policy-bytes": Quota(8_192, _DOCS + "policies.html"),
        "policy-statements": Quota(20, _DOCS + "policies.html"),
        "tags": Quota(50, _DOCS + "queues.html"),
        "move-tasks": Quota(100, _DOCS + "messages.html"),
    }
)

# FIFO queues without high throughput: 300 calls a second for each API action. Standard queues have
# "a very high, nearly unlimited number of API calls per second", so there is no rate to keep.
FIFO_RATE: Final = Rate(300, 300, _DOCS + "messages.html")

DEDUPLICATION_NS: Final = 300 * 1_000_000_000
DELETED_RECENTLY_NS: Final = 60 * 1_000_000_000
PURGE_NS: Final = 60 * 1_000_000_000
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
