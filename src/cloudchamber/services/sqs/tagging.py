"""Tags of queues. The file is not called tags, because that is what the calls take."""

from __future__ import annotations

from collections.abc import Mapping

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs.lookup import expect_queue, missing

KEY_MAX = 128
VALUE_MAX = 256


def tag_queue(call: Call, request: Input) -> Output:
    """Add tags; a key that is there gets the new value."""
    queue = expect_queue(call, request)
    if not request.get("Tags"):
        raise missing("Tags")
    queue.tags = check_tags(call, queue.name, queue.tags, request["Tags"])
    return {}


def untag_queue(call: Call, request: Input) -> Output:
    """Take tags away by key; a key that is not there is no error."""
    queue = expect_queue(call, request)
    gone = request.get("TagKeys")
    if not gone:
        raise missing("TagKeys")
    queue.tags = {key: value for key, value in queue.tags.items() if key not in gone}
    return {}


def list_queue_tags(call: Call, request: Input) -> Output:
    """All tags of a queue."""
    queue = expect_queue(call, request)
    return {"Tags": dict(queue.tags)} if queue.tags else {}


def check_tags(
    call: Call, queue: str, have: Mapping[str, str], more: Mapping[str, str]
) -> dict[str, str]:
    """The tags after adding `more`. Raises InvalidParameterValue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
    """
    for key, value in more.items():
        if not 1 <= len(key) <= KEY_MAX or key.lower().startswith("aws:"):
            raise AwsError("InvalidParameterValue", f"Tag keys must be between 1 and {KEY_MAX} "
                           "characters in length and must not start with aws:.")  # fmt: skip
        if len(value) > VALUE_MAX:
            raise AwsError("InvalidParameterValue", f"Tag values must be at most {VALUE_MAX} "
                           "characters in length.")  # fmt: skip
    merged = {**have, **more}
    if len(merged) > call.quota("tags"):
        raise AwsError("InvalidParameterValue", f"Too many tags added for queue {queue}.")
    return merged
