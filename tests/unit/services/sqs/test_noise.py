"""Any input that fits the model is answered or refused in AWS's way, and never breaks anything."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber import Chamber
from cloudchamber.testing.transport import shared_session
from cloudchamber.wire.errors import WireError
from tests.unit.services.sqs.mail import ONE, Box

MODEL = shared_session().get_service_model("sqs")
ARN = f"arn:aws:sqs:us-east-1:{ONE}:"
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        (
            "true", "false", "All", "String", "Number", "Binary", "0", "5", "-1", "99999999999",
            "{}", "[]", '{"deadLetterTargetArn": 5}', '{"redrivePermission": []}', "*", ONE,
            '{"Statement": {}}', "VisibilityTimeout", "Policy", "RedrivePolicy", "SendMessage",
            "RedriveAllowPolicy", "SenderId", ".*", "FifoQueue", "DelaySeconds", "AWSTraceHeader",
        )
    ),
)  # fmt: skip
NUMBERS = st.one_of(st.integers(-2, 12), st.integers(-(2**31), 2**31 - 1))
KNOWN = {
    "QueueUrl": (f"http://h/{ONE}/jobs", f"http://h/{ONE}/jobs.fifo", "jobs", "http://[", ""),
    "QueueName": ("jobs", "new", "new.fifo", "jobs.fifo"),
    "SourceArn": (f"{ARN}graves", f"{ARN}jobs", "arn:aws:sqs:::", "arn:aws:s3:::x", ":::::"),
    "DestinationArn": (f"{ARN}jobs", f"{ARN}jobs.fifo", "arn"),
    "MessageGroupId": ("g", "h"),
    "MessageDeduplicationId": ("d", "e"),
}


def values(shape: Any, name: str, handles: list[str]) -> st.SearchStrategy[Any]:
    """Anything that fits a shape."""
    kind = shape.type_name
    if kind == "structure":
        members = {member: values(s, member, handles) for member, s in shape.members.items()}
        required = {key: each for key, each in members.items() if key in ("QueueUrl", "Id")}
        rest = {key: each for key, each in members.items() if key not in required}
        return st.fixed_dictionaries(required, optional=rest)
    if kind == "list":
        return st.lists(values(shape.member, name, handles), max_size=3)
    if kind == "map":
        return st.dictionaries(WORDS, values(shape.value, name, handles), max_size=3)
    if kind in ("integer", "long"):
        return NUMBERS
    if kind == "boolean":
        return st.booleans()
    if kind == "blob":
        return st.binary(max_size=5)
    if name == "ReceiptHandle" and handles:
        return st.one_of(st.sampled_from(handles), WORDS)
    return st.one_of(st.sampled_from(KNOWN[name]), WORDS) if name in KNOWN else WORDS


@settings(max_examples=25)
@given(st.data())
def test_noise_that_fits_the_model(data: st.DataObject) -> None:
    with Chamber(seed=1, account=ONE) as chamber:
        sqs = chamber.client("sqs")
        boxes = [Box.make(sqs, name) for name in ("jobs", "jobs.fifo", "graves")]
        boxes[0].redrive_to(boxes[2])
        for box in boxes:
            for body in "ab":
                box.send(body)
        statuses: list[int] = []
        handles = [each["ReceiptHandle"] for box in boxes for each in box.receive(1)]
        for _ in range(12):
            name = data.draw(st.sampled_from(MODEL.operation_names))
            shape = MODEL.operation_model(name).input_shape
            request = data.draw(values(shape, "", handles))
            try:
                chamber.cloud.ask("sqs", name, request, account=ONE)
            except WireError as error:
                statuses.append(error.status)
            chamber.advance(data.draw(st.sampled_from(("0s", "1s", "40s"))))
        assert not [status for status in statuses if status >= 500]
        for url in sqs.list_queues().get("QueueUrls", []):
            Box(sqs, url).attributes()
        assert len(chamber.fork().digest) == len(chamber.digest)
