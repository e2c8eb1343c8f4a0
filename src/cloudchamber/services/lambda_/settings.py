"""What is set for a function beside its configuration: asynchronous invocation, recursion, runtime.

Rules of this file: each setting is kept by qualifier where AWS does so.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.names import Target, expect_function, expect_version, paged
from cloudchamber.services.lambda_.names import target_of as read_target
from cloudchamber.services.lambda_.nouns import LATEST, EventInvoke, Function

DESTINATIONS: Final = ("sqs", "sns", "lambda", "events", "s3")


def _key(qualifier: str) -> str:
    return qualifier or LATEST


def put_function_event_invoke_config(call: Call, request: Input) -> Output:
    """How asynchronous events are treated, all of it anew."""
    target = read_target(call, request)
    function, _ = expect_version(call, target)
    config = EventInvoke(call.now)
    _apply(call, function, config, request)
    function.event_invoke[_key(target.qualifier)] = config
    return _shown(function, target.qualifier, config)


def update_function_event_invoke_config(call: Call, request: Input) -> Output:
    """The same, in part."""
    target = read_target(call, request)
    function, _ = expect_version(call, target)
    old = _expect(function, target)
    config = EventInvoke(call.now, old.retries, old.age_s, old.destinations)
    _apply(call, function, config, request)
    function.event_invoke[_key(target.qualifier)] = config
    return _shown(function, target.qualifier, config)


def get_function_event_invoke_config(call: Call, request: Input) -> Output:
    """What is set for a qualifier."""
    target = read_target(call, request)
    function, _ = expect_version(call, target)
    return _shown(function, target.qualifier, _expect(function, target))


def delete_function_event_invoke_config(call: Call, request: Input) -> Output:
    """Back to AWS's defaults."""
    target = read_target(call, request)
    function, _ = expect_version(call, target)
    _expect(function, target)
    del function.event_invoke[_key(target.qualifier)]
    return {}


def list_function_event_invoke_configs(call: Call, request: Input) -> Output:
    """All of a function, by qualifier."""
    function = expect_function(call, read_target(call, request))
    found = sorted(function.event_invoke.items())
    chosen, marker = paged(call, found, request, lambda pair: pair[0])
    shown = [_shown(function, qualifier, config) for qualifier, config in chosen]
    return {"FunctionEventInvokeConfigs": shown, **({"NextMarker": marker} if marker else {})}


def _expect(function: Function, target: Target) -> EventInvoke:
    config = function.event_invoke.get(_key(target.qualifier))
    if config is None:
        raise refusals.not_found(f"The function {target.arn} doesn't have an EventInvokeConfig")
    return config


def _apply(call: Call, function: Function, config: EventInvoke, request: Input) -> None:
    if "MaximumRetryAttempts" in request:
        config.retries = request["MaximumRetryAttempts"]
    if "MaximumEventAgeInSeconds" in request:
        config.age_s = request["MaximumEventAgeInSeconds"]
    if "DestinationConfig" in request:
        config.destinations = request["DestinationConfig"]
        for side in ("OnSuccess", "OnFailure"):
            arn = config.destinations.get(side, {}).get("Destination")
            if arn:
                check_destination(function, arn, side)


def check_destination(function: Function, arn: str, side: str) -> None:
    """Raises InvalidParameterValueException for what is no destination."""
    parsed = find_arn(arn)
    if parsed is None or parsed.service not in DESTINATIONS:
        raise refusals.invalid(f"The provided destination config DestinationConfig({side}="
                               f"{side}(destination={arn})) is invalid.")  # fmt: skip
    if parsed.service == "s3" and side == "OnSuccess":
        raise refusals.invalid("S3 is a destination for failed invocations only.")
    if arn == function.arn or arn.startswith(f"{function.arn}:"):
        raise refusals.invalid("You can't specify the function as a destination for itself.")


def _shown(function: Function, qualifier: str, config: EventInvoke) -> Output:
    output: dict[str, Any] = {
        "LastModified": config.modified_ns / SECOND_NS,
        "FunctionArn": f"{function.arn}:{_key(qualifier)}",
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}, **config.destinations},
    }
    if config.retries is not None:
        output["MaximumRetryAttempts"] = config.retries
    if config.age_s is not None:
        output["MaximumEventAgeInSeconds"] = config.age_s
    return output


def event_invoke_of(function: Function, qualifier: str) -> EventInvoke:
    """What holds for events of a qualifier."""
    return function.event_invoke.get(_key(qualifier)) or EventInvoke(0)


# Recursion


def put_function_recursion_config(call: Call, request: Input) -> Output:
    """Whether loops of a function are ended."""
    function = expect_function(call, read_target(call, request))
    function.recursion = request["RecursiveLoop"]
    return {"RecursiveLoop": function.recursion}


def get_function_recursion_config(call: Call, request: Input) -> Output:
    """Whether they are."""
    return {"RecursiveLoop": expect_function(call, read_target(call, request)).recursion}


# Runtime management


def put_runtime_management_config(call: Call, request: Input) -> Output:
    """When a runtime is brought up to date: kept and shown, there is one runtime here."""
    target = read_target(call, request)
    function, version = expect_version(call, target)
    if version.members["PackageType"] == "Image":
        raise refusals.invalid("Runtime management is not for container images.")
    mode = request["UpdateRuntimeOn"]
    if (mode == "Manual") != ("RuntimeVersionArn" in request):
        raise refusals.invalid("RuntimeVersionArn is required with Manual, and with nothing else.")
    kept = {"UpdateRuntimeOn": mode}
    if "RuntimeVersionArn" in request:
        kept["RuntimeVersionArn"] = request["RuntimeVersionArn"]
    function.runtime_management[_key(target.qualifier)] = kept
    return {**kept, "FunctionArn": f"{function.arn}:{_key(target.qualifier)}"}


def get_runtime_management_config(call: Call, request: Input) -> Output:
    """What is kept."""
    target = read_target(call, request)
    function, _ = expect_version(call, target)
    kept = function.runtime_management.get(_key(target.qualifier), {"UpdateRuntimeOn": "Auto"})
    return {**kept, "FunctionArn": f"{function.arn}:{_key(target.qualifier)}"}
