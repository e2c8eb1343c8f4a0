"""Queues: made, found, listed, emptied and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, TWO, Box, Waiter, bytes_of, refusal

Make = Callable[..., Box]
DIFFERENT = (
    "A queue already exists with the same name and a different value for attribute "
    "VisibilityTimeout"
)
DELETED = (
    "You must wait 60 seconds after deleting a queue before you can create another with the same "
    "name."
)
NAME_RULE = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
FIFO_RULE = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
    "must end with .fifo suffix and be 1 to 80 in length."
)


def test_a_queue_has_the_address_of_its_account_and_name(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url == f"http://localhost:4566/{ONE}/jobs"
    assert sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == url


def test_making_a_queue_again_finds_it_when_its_attributes_agree(sqs: Any, make: Make) -> None:
    first = make("jobs", VisibilityTimeout=5)
    first.send("kept")
    assert make("jobs", VisibilityTimeout=5).url == first.url
    assert make("jobs").url == first.url  # what is not said does not differ
    assert first.bodies() == ["kept"]
    assert refusal(sqs.create_queue, QueueName="jobs", Attributes={"VisibilityTimeout": "6"}) == (
        "QueueAlreadyExists",
        DIFFERENT,
        400,
    )


def test_defaults_count_when_attributes_are_compared(make: Make, sqs: Any) -> None:
    make("jobs")
    assert make("jobs", VisibilityTimeout=30).url
    code, _, _ = refusal(
        sqs.create_queue, QueueName="jobs", Attributes={"KmsMasterKeyId": "alias/mine"}
    )
    assert code == "QueueAlreadyExists"


def test_documents_are_compared_as_json(make: Make) -> None:
    graves = make("graves")
    policy = f'{{"deadLetterTargetArn": "{graves.arn}", "maxReceiveCount": 3}}'
    other = f'{{"maxReceiveCount":3,"deadLetterTargetArn":"{graves.arn}"}}'
    assert make("jobs", RedrivePolicy=policy).url == make("jobs", RedrivePolicy=other).url


@pytest.mark.parametrize("name", ["", "a b", "a" * 81, "jobs.fifo", "jobs.fif", "ünder"])
def test_a_standard_queue_s_name_is_checked(sqs: Any, name: str) -> None:
    code, message, status = refusal(sqs.create_queue, QueueName=name)
    if name:
        assert (code, message, status) == ("InvalidParameterValue", NAME_RULE, 400)
    else:
        assert (code, status) == ("MissingParameter", 400)
        assert message == "The request must contain the parameter QueueName."


@pytest.mark.parametrize("name", ["jobs", "jobs.fif", ".fifo", "a" * 76 + ".fifo"])
def test_a_fifo_queue_s_name_is_checked(sqs: Any, name: str) -> None:
    assert refusal(sqs.create_queue, QueueName=name, Attributes={"FifoQueue": "true"}) == (
        "InvalidParameterValue",
        FIFO_RULE,
        400,
    )


def test_the_longest_names_are_taken(make: Make) -> None:
    assert make("a" * 80).url.endswith("a" * 80)
    assert make("a" * 75 + ".fifo").attributes("FifoQueue") == {"FifoQueue": "true"}


def test_a_queue_that_is_not_there(sqs: Any) -> None:
    expected = (
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
        400,
    )
    assert refusal(sqs.get_queue_url, QueueName="nobody") == expected
    url = f"http://localhost:4566/{ONE}/nobody"
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x") == expected
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=url)


@pytest.mark.parametrize("url", ["jobs", "http://localhost/jobs", "http://h/12/jobs", "http://[/"])
def test_what_is_no_address_of_a_queue(sqs: Any, url: str) -> None:
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x") == (
        "InvalidAddress",
        f"The address {url} is not valid for this endpoint.",
        404,
    )


def test_an_address_at_aws_names_a_region(chamber: Chamber, box: Box) -> None:
    box.send("kept")
    for host in ("sqs.us-east-1.amazonaws.com", "queue.amazonaws.com", "any.host:1"):
        assert Box(box.sqs, f"https://{host}/{ONE}/jobs").counts() == (1, 0, 0)
    elsewhere = f"https://sqs.eu-west-1.amazonaws.com/{ONE}/jobs"
    assert refusal(box.sqs.receive_message, QueueUrl=elsewhere) == (
        "InvalidAddress",
        "The address https://sqs.eu-west-1.amazonaws.com/ is not valid for this endpoint.",
        404,
    )
    there = chamber.client("sqs", "eu-west-1")
    code, _, _ = refusal(there.receive_message, QueueUrl=elsewhere)
    assert code == "AWS.SimpleQueueService.NonExistentQueue"


def test_regions_and_accounts_do_not_share_queues(chamber: Chamber, box: Box) -> None:
    for other in (chamber.client("sqs", "eu-west-1"), chamber.client("sqs", account=TWO)):
        assert "QueueUrls" not in other.list_queues()
        assert Box.make(other, "jobs").counts() == (0, 0, 0)
    box.send("mine")
    assert box.bodies() == ["mine"]
    assert box.seen_by(chamber.client("sqs", "eu-west-1")).bodies() == []


def test_listing_by_prefix_and_by_pages(sqs: Any, make: Make) -> None:
    for number in range(7):
        make(f"jobs-{number}")
    make("other")
    every = sqs.list_queues()
    assert len(every["QueueUrls"]) == 8
    assert "NextToken" not in every
    named = sqs.list_queues(QueueNamePrefix="jobs-")["QueueUrls"]
    assert [url.rpartition("/")[2] for url in named] == [f"jobs-{n}" for n in range(7)]
    first = sqs.list_queues(QueueNamePrefix="jobs-", MaxResults=3)
    assert first["QueueUrls"] == named[:3]
    # A queue that comes or goes between two pages neither repeats nor hides another.
    sqs.delete_queue(QueueUrl=named[0])
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix="jobs-",
        PaginationConfig={"PageSize": 3, "StartingToken": first["NextToken"]},
    )
    assert [page["QueueUrls"] for page in pages] == [named[3:6], named[6:]]


def test_a_thousand_queues_are_listed_at_most(chamber: Chamber, sqs: Any) -> None:
    for number in range(1001):
        chamber.cloud.ask("sqs", "CreateQueue", {"QueueName": f"q{number:04}"}, account=ONE)
    every = sqs.list_queues()
    assert len(every["QueueUrls"]) == 1000
    assert "NextToken" not in every
    first = sqs.list_queues(MaxResults=1000)
    rest = sqs.list_queues(MaxResults=1000, NextToken=first["NextToken"])
    assert rest["QueueUrls"] == [f"http://localhost:4566/{ONE}/q1000"]


def test_pages_that_cannot_be(sqs: Any) -> None:
    for size in (0, 1001):
        assert refusal(sqs.list_queues, MaxResults=size)[0] == "InvalidParameterValue"
    assert refusal(sqs.list_queues, NextToken="guess")[0] == "InvalidParameterValue"


def test_sources_of_a_dead_letter_queue(sqs: Any, make: Make) -> None:
    graves = make("graves")
    sources = [make(f"jobs-{number}") for number in range(3)]
    for source in sources:
        source.redrive_to(graves, 3)
    make("other")
    found = sqs.list_dead_letter_source_queues(QueueUrl=graves.url)
    assert found["queueUrls"] == [source.url for source in sources]
    assert "NextToken" not in found
    page = sqs.list_dead_letter_source_queues(QueueUrl=graves.url, MaxResults=2)
    assert page["queueUrls"] == [source.url for source in sources[:2]]
    rest = sqs.list_dead_letter_source_queues(
        QueueUrl=graves.url, MaxResults=2, NextToken=page["NextToken"]
    )
    assert rest["queueUrls"] == [sources[2].url]
    assert sqs.list_dead_letter_source_queues(QueueUrl=sources[0].url)["queueUrls"] == []


def test_a_deleted_queue_is_gone_with_its_messages(sqs: Any, box: Box) -> None:
    box.send("lost")
    message = box.take()
    sqs.delete_queue(QueueUrl=box.url)
    for call in (sqs.delete_queue, sqs.receive_message, sqs.get_queue_attributes):
        assert refusal(call, QueueUrl=box.url)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    again = Box.make(sqs, "jobs")
    again.send("new")
    new = again.take()
    assert new["MessageId"] != message["MessageId"]
    # The receipt of the queue that is gone does nothing to the one that has its name.
    assert (
        refusal(sqs.delete_message, QueueUrl=box.url, ReceiptHandle=message["ReceiptHandle"])[0]
        == "ReceiptHandleIsInvalid"
    )
    assert again.counts() == (0, 1, 0)


def test_a_name_is_free_again_after_sixty_seconds() -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as chamber:
        sqs = chamber.client("sqs")
        box = Box.make(sqs, "jobs")
        sqs.delete_queue(QueueUrl=box.url)
        chamber.advance("59s")
        assert refusal(sqs.create_queue, QueueName="jobs") == (
            "AWS.SimpleQueueService.QueueDeletedRecently",
            DELETED,
            400,
        )
        chamber.advance("1s")
        assert Box.make(sqs, "jobs").counts() == (0, 0, 0)


def test_purging_empties_a_queue_in_every_state(chamber: Chamber, box: Box) -> None:
    for body in ("flying", "ready"):
        box.send(body)
    box.send("delayed", DelaySeconds=60)
    held = box.take()
    assert box.counts() == (1, 1, 1)
    box.sqs.purge_queue(QueueUrl=box.url)
    assert box.counts() == (0, 0, 0)
    chamber.advance("2m")
    assert box.bodies() == []
    box.delete(held)  # a valid receipt of a message that is gone
    box.send("after")
    assert box.bodies() == ["after"]
    assert [event["what"] for event in chamber.events(box.arn)].count("sqs.queue-purged") == 1


def test_one_purge_in_sixty_seconds() -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as chamber:
        sqs = chamber.client("sqs")
        box = Box.make(sqs, "jobs")
        sqs.purge_queue(QueueUrl=box.url)
        chamber.advance("59s")
        assert refusal(sqs.purge_queue, QueueUrl=box.url) == (
            "AWS.SimpleQueueService.PurgeQueueInProgress",
            "Only one PurgeQueue operation on jobs is allowed every 60 seconds.",
            403,
        )
        chamber.advance("1s")
        sqs.purge_queue(QueueUrl=box.url)


def test_a_consumer_that_waits_hears_of_the_deletion(chamber: Chamber, box: Box) -> None:
    waiter = Waiter(chamber, box.url)
    assert waiter.waits
    box.sqs.delete_queue(QueueUrl=box.url)
    (answer,) = waiter.answers
    assert answer.status == 400
    assert b"QueueDoesNotExist" in answer.body


def test_a_required_parameter_that_is_missing(chamber: Chamber) -> None:
    for operation, left_out, request in (
        ("send_message", "QueueUrl", {"QueueUrl": "", "MessageBody": "x"}),
        ("get_queue_url", "QueueName", {"QueueName": ""}),
        ("start_message_move_task", "SourceArn", {"SourceArn": ""}),
        ("cancel_message_move_task", "TaskHandle", {"TaskHandle": ""}),
    ):
        answer = chamber.host.handle(bytes_of(operation, **request))
        assert answer.status == 400
        assert b"MissingParameter" in answer.body
        assert f"The request must contain the parameter {left_out}.".encode() in answer.body
