"""How a queue ends: its name stays taken for a while after it is gone.

Rules of this file: durations with their source; nothing runs here.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.lifecycle import Delay, Lifecycle
from cloudchamber.services.sqs.limits import DELETED_RECENTLY_NS

QUEUE: Final = Lifecycle(
    "sqs.queue",
    "active",
    {("active", "delete"): "deleting", ("deleting", "forget"): "gone"},
    {
        # "You must wait 60 seconds after deleting a queue before you can create another queue
        # with the same name", CreateQueue in the API reference.
        "deleting": Delay(DELETED_RECENTLY_NS, DELETED_RECENTLY_NS, "API_CreateQueue.html"),
    },
)
