"""What Lambda allows: quotas, sizes, runtimes and how long things take.

Rules of this file: numbers with their source; nothing runs here.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.service import Quota

MS: Final = 1_000_000
MB: Final = 1 << 20

_LIMITS: Final = "lambda/latest/dg/gettingstarted-limits.html"

QUOTAS: Final = MappingProxyType(
    {
        "concurrent-executions": Quota(1000, _LIMITS, "L-B99A9384", adjustable=True),
        "unreserved-minimum": Quota(100, "lambda/latest/dg/configuration-concurrency.html"),
        "code-storage-bytes": Quota(75 << 30, _LIMITS, "L-2ACBD22F", adjustable=True),
        "zipped-bytes": Quota(50 * MB, _LIMITS),
        "unzipped-bytes": Quota(250 * MB, _LIMITS),
        "layers": Quota(5, _LIMITS),
        "environment-bytes": Quota(4096, _LIMITS),
        "policy-bytes": Quota(20 * 1024, _LIMITS),
        "sync-payload-bytes": Quota(6 * MB, _LIMITS),
        "async-payload-bytes": Quota(1 * MB, _LIMITS),
        "streamed-payload-bytes": Quota(200 * MB, _LIMITS),
        "client-context-bytes": Quota(3583, "lambda/latest/api/API_Invoke.html"),
        "tags": Quota(50, "lambda/latest/dg/configuration-tags.html"),
        "url-payload-bytes": Quota(6 * MB, "lambda/latest/dg/urls-invocation.html"),
        "recursive-loops": Quota(16, "lambda/latest/dg/invocation-recursion.html"),
    }
)

TIMEOUT_MAX_S: Final = 900
MEMORY_MAX_MB: Final = 10_240
EPHEMERAL_MAX_MB: Final = 10_240
LEGACY_ASYNC_BYTES: Final = 256 * 1024  # InvokeAsync, the old operation
LOG_TAIL_BYTES: Final = 4096
NAME_MAX: Final = 64

# Our model: how long the queue of asynchronous events takes to hand one on.
ASYNC_DELAY_NS: Final = 1 * MS
# "Lambda attempts to run it two more times, with a one-minute wait between the first two attempts,
# and two minutes between the second and third", lambda/latest/dg/invocation-async-error-handling.
RETRY_NS: Final = (MINUTE_NS, 2 * MINUTE_NS)
RETRIES_DEFAULT: Final = 2
# "by default for up to 6 hours. The retry interval increases exponentially from 1 second after the
# first attempt to a maximum of 5 minutes."
EVENT_AGE_DEFAULT_S: Final = 21_600
BACK_OFF_FIRST_NS: Final = 1 * SECOND_NS
BACK_OFF_MAX_NS: Final = 5 * MINUTE_NS
# Sessions of execution roles: an environment lives for 45 minutes, and keeps what it began with.
SESSION_S: Final = 3600
SESSION_LEFT_NS: Final = 46 * MINUTE_NS

# Names of the variables that Lambda reserves, lambda/latest/dg/configuration-envvars.html
RESERVED_VARIABLES: Final = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)

# lambda/latest/dg/lambda-runtimes.html: no function may be created with these any more ...
BLOCKED_RUNTIMES: Final = frozenset(
    {
        "nodejs",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "nodejs10.x",
        "nodejs12.x",
        "nodejs14.x",
        "java8",
        "python2.7",
        "python3.6",
        "python3.7",
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "dotnetcore3.1",
        "go1.x",
        "ruby2.5",
        "ruby2.7",
        "provided",
    }
)
# ... and the ones that take their place in AWS's advice.
SUCCESSORS: Final = MappingProxyType(
    {
        "nodejs": "nodejs22.x",
        "java": "java21",
        "python": "python3.13",
        "dotnetcore": "dotnet8",
        "go": "provided.al2023",
        "ruby": "ruby3.4",
        "provided": "provided.al2023",
    }
)
SNAP_START_FAMILIES: Final = ("java", "python", "dotnet")
