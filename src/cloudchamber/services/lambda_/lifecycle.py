"""The states of functions, provisioned concurrency and mappings, and how long each lasts.

Rules of this file: tables with their sources; nothing runs here.
https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_STATES: Final = "lambda/latest/dg/functions-states.html"
FUNCTION: Final = Lifecycle(
    "lambda.function",
    "Pending",
    {("Pending", "ready"): "Active", ("Active", "change"): "Active"},
    {
        # Not published for functions outside of a VPC; a function in one was long said to take
        # up to 90 seconds for its network interfaces.
        "Pending": Delay(2 * SECOND_NS, 90 * SECOND_NS, _STATES),
        "InProgress": Delay(1 * SECOND_NS, MINUTE_NS, _STATES),
    },
)
PROVISIONED: Final = Lifecycle(
    "lambda.provisioned-concurrency",
    "IN_PROGRESS",
    {("IN_PROGRESS", "allocate"): "READY", ("READY", "change"): "IN_PROGRESS"},
    {
        # "takes a minute or two to start", lambda/latest/dg/provisioned-concurrency.html
        "IN_PROGRESS": Delay(
            MINUTE_NS, 2 * MINUTE_NS, "lambda/latest/dg/provisioned-concurrency.html"
        ),
    },
)
MAPPING: Final = Lifecycle(
    "lambda.event-source-mapping",
    "Creating",
    {
        ("Creating", "ready"): "Enabled",
        ("Creating", "stop"): "Disabled",
        ("Enabling", "ready"): "Enabled",
        ("Disabling", "ready"): "Disabled",
        ("Updating", "ready"): "Enabled",
        ("Updating", "stop"): "Disabled",
        ("Enabled", "disable"): "Disabling",
        ("Disabled", "enable"): "Enabling",
        ("Enabled", "update"): "Updating",
        ("Disabled", "update"): "Updating",
        ("Deleting", "ready"): "gone",
    },
    {
        # "Creating or updating may take several minutes", lambda/latest/dg/with-ddb-create.html
        "Creating": Delay(20 * SECOND_NS, 3 * MINUTE_NS, "lambda/latest/dg/invocation-eventsource"),
        "Enabling": Delay(20 * SECOND_NS, 3 * MINUTE_NS, "lambda/latest/dg/invocation-eventsource"),
        "Disabling": Delay(10 * SECOND_NS, MINUTE_NS, "lambda/latest/dg/invocation-eventsource"),
        "Updating": Delay(20 * SECOND_NS, 3 * MINUTE_NS, "lambda/latest/dg/invocation-eventsource"),
        "Deleting": Delay(10 * SECOND_NS, MINUTE_NS, "lambda/latest/dg/invocation-eventsource"),
    },
)
