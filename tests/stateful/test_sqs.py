"""Queues against small models: two consumers, a dead-letter queue, and a clock that moves at will.

The models are dictionaries and lists that read AWS's documentation plainly: no shelves, no lines,
no heaps. The standard model says which messages may come, the FIFO model says which do.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from cloudchamber import Chamber

ACCOUNT = "111111111111"
RECEIVES = 2  # maxReceiveCount
RETENTION_S = 120
SECONDS = st.integers(0, 40)
MOST = st.integers(1, 10)
WHO = st.integers(0, 1)


class Letter:
    """What a model knows of a message. Times in seconds of the model's own clock."""

    def __init__(self, number: int, sent: float, visible: float, group: str = "") -> None:
        self.body = str(number)
        self.sent = sent
        self.visible = visible
        self.group = group
        self.receives = 0
        self.receipt = ""


class Queues(RuleBasedStateMachine):
    """A queue and its dead-letter queue, and what both kinds have in common."""

    suffix = ""

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1, account=ACCOUNT)
        self.clients = [self.chamber.client("sqs") for _ in range(2)]
        self.now = 0
        self.sent = 0
        self.letters: list[Letter] = []
        self.dead: list[Letter] = []
        self.held: list[list[tuple[Letter, str]]] = [[], []]  # by consumer

    def teardown(self) -> None:
        self.chamber.close()

    @initialize()
    def make(self) -> None:
        kind = {"FifoQueue": "true"} if self.suffix else {}
        keep = {"MessageRetentionPeriod": str(RETENTION_S), **kind}
        self.graves = self.clients[0].create_queue(
            QueueName=f"graves{self.suffix}", Attributes=keep
        )["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:graves{self.suffix}"
        redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES}
        self.url = self.clients[0].create_queue(
            QueueName=f"jobs{self.suffix}",
            Attributes={**keep, "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]

    # What the clock does

    @rule(seconds=st.sampled_from((0, 1, 2, 5, 13, 40, 130)))
    def advance(self, seconds: int) -> None:
        self.chamber.advance(f"{seconds}s")
        self.now += seconds
        self.expire()

    def expire(self) -> None:
        self.letters = [each for each in self.letters if self.now < each.sent + RETENTION_S]
        self.dead = [each for each in self.dead if self.now < each.sent + RETENTION_S]

    # What consumers do

    def ask(self, who: int, url: str, most: int, seconds: int) -> list[dict[str, Any]]:
        answer = self.clients[who].receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def hand_out(self, who: int, letter: Letter, message: dict[str, Any], seconds: int) -> None:
        letter.receives += 1
        assert message["Body"] == letter.body
        assert message["Attributes"]["ApproximateReceiveCount"] == str(letter.receives)
        letter.visible = self.now + seconds
        letter.receipt = message["ReceiptHandle"]
        self.held[who].append((letter, letter.receipt))

    def pick(self, who: int, which: int) -> tuple[Letter, str]:
        return self.held[who][which % len(self.held[who])]

    def is_held(self, letter: Letter, receipt: str) -> bool:
        """Whether a receipt is the latest of a message that is in flight."""
        return letter in self.letters and letter.receipt == receipt and letter.visible > self.now

    @precondition(lambda self: any(self.held))
    @rule(who=WHO, which=st.integers(0, 30), seconds=SECONDS)
    def change(self, who: int, which: int, seconds: int) -> None:
        if not self.held[who]:
            return
        letter, receipt = self.pick(who, which)
        answer = self.clients[who].change_message_visibility_batch(
            QueueUrl=self.url,
            Entries=[{"Id": "a", "ReceiptHandle": receipt, "VisibilityTimeout": seconds}],
        )
        if self.is_held(letter, receipt):
            assert "Failed" not in answer
            letter.visible = self.now + seconds
        else:
            assert answer["Failed"][0]["Code"] in (
                "MessageNotInflight" if letter in self.letters else "InvalidParameterValue",
            )

    @rule()
    def purge(self) -> None:
        self.clients[0].purge_queue(QueueUrl=self.url)
        self.letters.clear()

    def counts(self, url: str) -> tuple[int, int]:
        """(visible, hidden) messages."""
        found = self.clients[0].get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        visible, in_flight, delayed = (
            int(found["Attributes"][f"ApproximateNumberOfMessages{which}"])
            for which in ("", "NotVisible", "Delayed")
        )
        return visible, in_flight + delayed


class StandardQueues(Queues):
    """Which message comes is the queue's choice; that it is there and visible is not.

    A message that was received twice may still stand in the queue or be in the other already: it
    moves when the queue comes upon it. `doomed` are those.
    """

    def __init__(self) -> None:
        super().__init__()
        self.doomed: list[Letter] = []

    @rule(count=st.integers(1, 4), delay=st.sampled_from((0, 0, 0, 3, 30)))
    def send(self, count: int, delay: int) -> None:
        letters = [
            Letter(self.sent + number, self.now, self.now + delay) for number in range(count)
        ]
        self.sent += count
        answer = self.clients[0].send_message_batch(
            QueueUrl=self.url,
            Entries=[
                {"Id": each.body, "MessageBody": each.body, "DelaySeconds": delay}
                for each in letters
            ],
        )
        assert len(answer["Successful"]) == count
        self.letters += letters

    @rule(who=WHO, most=MOST, seconds=SECONDS)
    def receive(self, who: int, most: int, seconds: int) -> None:
        self.doom()
        may_come = {each.body: each for each in self.letters if each.visible <= self.now}
        messages = self.ask(who, self.url, most, seconds)
        bodies = [message["Body"] for message in messages]
        assert len(set(bodies)) == len(bodies) == min(most, len(may_come))
        for message in messages:
            self.hand_out(who, may_come[message["Body"]], message, seconds)
        if len(messages) < most:  # it came upon every message that is visible
            self.dead += self.doomed
            self.doomed.clear()

    def doom(self) -> None:
        spent = [
            each for each in self.letters if each.receives >= RECEIVES and each.visible <= self.now
        ]
        self.doomed += spent
        self.letters = [each for each in self.letters if each not in spent]

    @precondition(lambda self: any(self.held))
    @rule(who=WHO, which=st.integers(0, 30))
    def delete(self, who: int, which: int) -> None:
        if not self.held[who]:
            return
        letter, receipt = self.pick(who, which)
        if letter in self.doomed:
            return  # whether it is still here is not known
        self.clients[who].delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
        if letter in self.letters and letter.receipt == receipt:
            self.letters.remove(letter)

    @precondition(lambda self: any(self.held))
    @rule(who=WHO, which=st.integers(0, 30), seconds=SECONDS)
    def change(self, who: int, which: int, seconds: int) -> None:
        self.doom()
        if self.held[who] and self.pick(who, which)[0] not in self.doomed:
            super().change(who, which, seconds)

    @rule()
    def purge(self) -> None:
        self.doom()
        if not self.doomed:
            super().purge()

    @rule(most=MOST)
    def read_graves(self, most: int) -> None:
        """Look at dead letters and leave them: every one of them was received twice."""
        self.doom()
        may_come = {each.body for each in (*self.dead, *self.doomed)}
        messages = self.ask(0, self.graves, most, 0)
        assert {message["Body"] for message in messages} <= may_come
        assert len(messages) >= min(most, len(self.dead))

    @rule()
    def move_back(self) -> None:
        self.doom()
        if self.doomed:
            return
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:graves"
        self.clients[0].start_message_move_task(SourceArn=arn)
        for letter in self.dead:
            self.letters.append(Letter(int(letter.body), self.now, self.now))
        self.dead.clear()

    def expire(self) -> None:
        super().expire()
        self.doomed = [each for each in self.doomed if self.now < each.sent + RETENTION_S]

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "url"):
            return
        self.doom()
        visible, hidden = self.counts(self.url)
        buried = sum(self.counts(self.graves))
        hidden_here = sum(each.visible > self.now for each in self.letters)
        assert hidden == hidden_here
        assert visible + buried == len(self.letters) - hidden_here + len(self.doomed) + len(
            self.dead
        )
        assert len(self.dead) <= buried <= len(self.dead) + len(self.doomed)


class FifoQueues(Queues):
    """Three groups, the queue's delay, deduplication for five minutes. Every answer is foretold."""

    suffix = ".fifo"

    def __init__(self) -> None:
        super().__init__()
        self.delay = 0
        self.known: dict[str, tuple[int, str]] = {}  # deduplication id -> until, message id

    def hidden_until(self, letter: Letter) -> float:
        return letter.visible if letter.receives else letter.sent + self.delay

    @rule(group=st.sampled_from("xyz"), name=st.integers(0, 5))
    def send(self, group: str, name: int) -> None:
        body = str(self.sent)
        self.sent += 1
        answer = self.clients[0].send_message(
            QueueUrl=self.url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=f"d{name}",
        )
        until, message_id = self.known.get(f"d{name}", (0, ""))
        if self.now < until:
            assert answer["MessageId"] == message_id
            return
        self.known[f"d{name}"] = (self.now + 300, answer["MessageId"])
        self.letters.append(Letter(int(body), self.now, self.now, group))

    @rule(delay=st.sampled_from((0, 2, 10)))
    def delay_by(self, delay: int) -> None:
        self.clients[0].set_queue_attributes(
            QueueUrl=self.url, Attributes={"DelaySeconds": str(delay)}
        )
        self.delay = delay

    def foretold(self, most: int) -> list[Letter]:
        """The messages of an answer, and those that die on the way."""
        chosen: list[Letter] = []
        done: set[str] = set()
        progress = True
        while progress and len(chosen) < most:
            progress = False
            for group in dict.fromkeys(each.group for each in self.letters):
                own = [each for each in self.letters if each.group == group]
                locked = any(each.receives and each.visible > self.now for each in own)
                if locked or group in done:
                    continue
                for letter in own[: most - len(chosen)]:
                    if self.hidden_until(letter) > self.now:
                        break
                    if letter.receives >= RECEIVES:
                        self.letters.remove(letter)
                        letter.sent = self.now
                        self.dead.append(letter)
                        progress = True
                        continue
                    chosen.append(letter)
                    done.add(group)
        return chosen

    @rule(who=WHO, most=MOST, seconds=SECONDS)
    def receive(self, who: int, most: int, seconds: int) -> None:
        expected = self.foretold(most)
        messages = self.ask(who, self.url, most, seconds)
        assert [message["Body"] for message in messages] == [each.body for each in expected]
        for letter, message in zip(expected, messages, strict=True):
            self.hand_out(who, letter, message, seconds)

    @precondition(lambda self: any(self.held))
    @rule(who=WHO, which=st.integers(0, 30))
    def delete(self, who: int, which: int) -> None:
        if not self.held[who]:
            return
        letter, receipt = self.pick(who, which)
        answer = self.clients[who].delete_message_batch(
            QueueUrl=self.url, Entries=[{"Id": "a", "ReceiptHandle": receipt}]
        )
        if self.is_held(letter, receipt):
            self.letters.remove(letter)
        elif letter in self.letters:
            assert "has expired" in answer["Failed"][0]["Message"]
            return
        assert "Failed" not in answer

    @rule()
    def move_back(self) -> None:
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:graves.fifo"
        self.clients[0].start_message_move_task(SourceArn=arn)
        # By group, in the order in which the groups' first letters died.
        for group in dict.fromkeys(each.group for each in self.dead):
            for letter in self.dead:
                if letter.group == group:
                    self.letters.append(Letter(int(letter.body), self.now, self.now, group))
        self.dead.clear()

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "url"):
            return
        hidden = sum(self.hidden_until(each) > self.now for each in self.letters)
        assert self.counts(self.url) == (len(self.letters) - hidden, hidden)
        assert self.counts(self.graves) == (len(self.dead), 0)


BRIEF = settings(max_examples=30, stateful_step_count=30)

TestStandardQueues = StandardQueues.TestCase
TestStandardQueues.settings = BRIEF
TestFifoQueues = FifoQueues.TestCase
TestFifoQueues.settings = BRIEF
