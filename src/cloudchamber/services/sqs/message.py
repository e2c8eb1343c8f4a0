"""One message, as a queue keeps it.

Rules of this file: plain data. What state a message is in is not kept but follows from the clock:
hidden while `visible_ns` lies ahead, in flight if it was received before that, delayed if not.
"""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, gc=False, array_like=True, omit_defaults=True):
    """One message. Attributes are kept encoded: a million messages are a million rows of text.

    `seq` is its place in the order of arrival, from 1. `sent_ns` is when it was sent; retention
    counts from there. `visible_ns` is until when a delayed or received message is hidden.
    `received_ns` is when it was last received. `receipt` is the number of the latest receipt handle
    given out for it. `receive_count` counts over all queues; `received_elsewhere` is the part of it
    that earlier queues had. `source_arn` is the queue whose dead letter it is.
    """

    seq: int
    id: str
    body: str
    sent_ns: int
    sender: str
    visible_ns: int = 0
    receive_count: int = 0
    receipt: int = 0
    received_ns: int = 0
    first_received_ns: int = 0
    group: str = ""
    deduplication: str = ""
    attributes: bytes = b""
    system: bytes = b""
    source_arn: str = ""
    received_elsewhere: int = 0
