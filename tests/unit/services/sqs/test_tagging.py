"""Tags of queues."""

from __future__ import annotations

from typing import Any

from tests.unit.services.sqs.mail import Box, refusal


def tags(box: Box) -> dict[str, str]:
    found: dict[str, str] = box.sqs.list_queue_tags(QueueUrl=box.url).get("Tags", {})
    return found


def tag_refusal(box: Box, more: dict[str, str]) -> tuple[str, str, int]:
    return refusal(box.sqs.tag_queue, QueueUrl=box.url, Tags=more)


def test_tags_come_and_go(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="jobs", tags={"a": "1", "b": "2"})["QueueUrl"]
    box = Box(sqs, url)
    assert tags(box) == {"a": "1", "b": "2"}
    sqs.tag_queue(QueueUrl=url, Tags={"b": "3", "A": "", "ü k:/=+-@": "v"})
    assert tags(box) == {"a": "1", "b": "3", "A": "", "ü k:/=+-@": "v"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "nobody", "A"])
    assert tags(box) == {"b": "3", "ü k:/=+-@": "v"}


def test_a_queue_without_tags(box: Box) -> None:
    assert "Tags" not in box.sqs.list_queue_tags(QueueUrl=box.url)


def test_tags_that_cannot_be(box: Box) -> None:
    for more in ({"": "x"}, {"k" * 129: "x"}, {"aws:mine": "x"}, {"k": "v" * 257}):
        assert tag_refusal(box, more)[0] == "InvalidParameterValue"
    fifty = {str(number): "x" for number in range(50)}
    box.sqs.tag_queue(QueueUrl=box.url, Tags={"k" * 128: "v" * 256})
    box.sqs.untag_queue(QueueUrl=box.url, TagKeys=["k" * 128])
    box.sqs.tag_queue(QueueUrl=box.url, Tags=fifty)
    assert tag_refusal(box, {"one more": "x"}) == (
        "InvalidParameterValue",
        "Too many tags added for queue jobs.",
        400,
    )
    assert tags(box) == fifty
    assert tag_refusal(box, {})[0] == "MissingParameter"
    assert refusal(box.sqs.untag_queue, QueueUrl=box.url, TagKeys=[])[0] == "MissingParameter"


def test_a_queue_that_is_not_made_has_no_tags(sqs: Any) -> None:
    found = refusal(sqs.create_queue, QueueName="jobs", tags={"aws:x": "y"})
    assert found[0] == "InvalidParameterValue"
    assert "QueueUrls" not in sqs.list_queues()
