"""Fair queues: a tenant that keeps consumers busy does not keep the others waiting."""

from __future__ import annotations

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import Box, invalid, refusal


def fill(box: Box, tenant: str | None, count: int) -> None:
    for start in range(0, count, 10):
        entries = [
            {"Id": str(number), "MessageBody": f"{tenant}-{start + number}"}
            | ({"MessageGroupId": tenant} if tenant else {})
            for number in range(min(10, count - start))
        ]
        box.sqs.send_message_batch(QueueUrl=box.url, Entries=entries)


def tenants(bodies: list[str]) -> list[str]:
    return [body.partition("-")[0] for body in bodies]


def test_a_group_is_kept_and_locks_nobody(box: Box) -> None:
    for body in "ab":
        box.send(body, group="g")
    first, second = box.take(), box.take()
    assert (first["Body"], second["Body"]) == ("a", "b")
    assert first["Attributes"]["MessageGroupId"] == "g"
    assert "SequenceNumber" not in first["Attributes"]
    found = refusal(box.sqs.send_message, QueueUrl=box.url, MessageBody="m", MessageGroupId="a b")
    rules = "can only include alphanumeric and punctuation characters. 1 to 128 in length."
    assert found == invalid("a b", "MessageGroupId", f"MessageGroupId {rules}")


def test_the_first_to_come_is_the_first_to_go(box: Box) -> None:
    for body, group in (("a", "x"), ("b", None), ("c", "y"), ("d", "x"), ("e", None)):
        box.send(body, group)
    assert box.bodies() == list("abcde")


def test_quiet_tenants_go_before_a_noisy_one(box: Box) -> None:
    fill(box, "noisy", 60)
    fill(box, "quiet", 3)
    fill(box, None, 2)
    received = [tenant for _ in range(6) for tenant in tenants(box.bodies(10))]
    # Thirty in flight make it noisy; the others are next, though they came last.
    assert received[:30] == ["noisy"] * 30
    assert received[30:35] == ["quiet"] * 3 + ["None"] * 2
    assert received[35:] == ["noisy"] * 25


def test_a_tenant_among_many_is_not_noisy(box: Box) -> None:
    for number in range(12):
        fill(box, f"t{number}", 30)
    everybody = [tenant for _ in range(36) for tenant in tenants(box.bodies(10))]
    assert everybody[:30] == ["t0"] * 30
    # Each has 30 in flight at its end, but the tenth of 360 is more than that.
    fill(box, "t0", 1)
    fill(box, "late", 1)
    assert tenants(box.bodies(10)) == ["t0", "late"]


def test_the_less_noisy_goes_before_the_noisier(box: Box) -> None:
    fill(box, "loud", 45)
    fill(box, "louder", 40)
    received = [tenant for _ in range(6) for tenant in tenants(box.bodies(10))]
    assert received == ["loud"] * 30 + ["louder"] * 30
    assert set(tenants(box.bodies(10))) == {"loud", "louder"}


def test_a_tenant_is_quiet_again_when_its_messages_are_done(chamber: Chamber, box: Box) -> None:
    fill(box, "noisy", 40)
    held = [message for _ in range(3) for message in box.receive(10)]
    fill(box, "quiet", 1)
    for message in held:
        box.delete(message)
    assert tenants(box.bodies(2)) == ["noisy", "noisy"]
    chamber.advance("30s")
    assert len(box.bodies(10)) == 10


def test_a_tenant_is_quiet_again_when_its_timeouts_end(chamber: Chamber, box: Box) -> None:
    fill(box, "noisy", 30)
    for _ in range(3):
        box.receive(10)
    chamber.advance("30s")
    fill(box, "quiet", 2)
    assert tenants(box.bodies(10)) == ["noisy"] * 10


def test_tenants_share_a_queue_across_a_purge(box: Box) -> None:
    fill(box, "noisy", 40)
    for _ in range(4):
        box.receive(10)
    box.sqs.purge_queue(QueueUrl=box.url)
    fill(box, "noisy", 1)
    fill(box, "quiet", 1)
    assert tenants(box.bodies(10)) == ["noisy", "quiet"]
