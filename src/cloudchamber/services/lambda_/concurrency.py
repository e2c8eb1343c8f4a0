"""Concurrency: reserved, provisioned, and whether there is room for one more invocation.

Rules of this file: what runs is counted on the function; reserved and provisioned concurrency are
taken from what all functions of an account and Region share.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import lifecycle, packages, refusals
from cloudchamber.services.lambda_.names import (
    expect_function,
    find_version,
    paged,
    shown_time,
    target_of,
)
from cloudchamber.services.lambda_.nouns import (
    FUNCTIONS,
    INVOCATIONS,
    LATEST,
    Function,
    Provisioned,
)

ALLOCATED: Final = "lambda.concurrency-allocated"


def put_function_concurrency(call: Call, request: Input) -> Output:
    """Reserve concurrency for a function; it will not have more."""
    function = expect_function(call, target_of(call, request))
    asked = request["ReservedConcurrentExecutions"]
    provisioned = sum(each.asked for each in function.provisioned.values())
    if asked < provisioned:
        raise refusals.invalid(
            f"ReservedConcurrentExecutions {asked} should not be lower than function's total "
            f"provisioned concurrency [{provisioned}]."
        )
    left = unreserved(call, besides=function.name) - asked
    least = call.quota("unreserved-minimum")
    if asked and left < least:
        raise refusals.invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{least}]."
        )
    function.reserved = asked
    return {"ReservedConcurrentExecutions": asked}


def get_function_concurrency(call: Call, request: Input) -> Output:
    """What is reserved; nothing when nothing is."""
    function = expect_function(call, target_of(call, request))
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


def delete_function_concurrency(call: Call, request: Input) -> Output:
    """Reserve no more."""
    expect_function(call, target_of(call, request)).reserved = None
    return {}


def unreserved(call: Call, besides: str = "") -> int:
    """What is left of the account's concurrency for functions that reserve none."""
    left = call.quota("concurrent-executions")
    for function in call.rows(FUNCTIONS).values():
        if function.reserved is not None and function.name != besides:
            left -= function.reserved
        elif function.reserved is None:
            left -= sum(each.asked for each in function.provisioned.values())
    return left


def claim(call: Call, function: Function, version: str, qualifier: str) -> str:
    """Whether one more may run; the qualifier whose provisioned concurrency it takes, or ``.

    Raises TooManyRequestsException with the reason. Changes nothing.
    """
    for name in (qualifier, version):
        provisioned = function.provisioned.get(name)
        if provisioned is not None and _in_use(call, function, name) < provisioned.ready:
            return name
    if function.reserved is not None:
        if function.running >= function.reserved:
            raise refusals.throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        return ""
    others = call.cloud.store.rows(FUNCTIONS, function.account, function.region).values()
    running = sum(each.running for each in others if each.reserved is None)
    room = call.quota("concurrent-executions") - sum(
        each.reserved for each in others if each.reserved is not None
    )
    if running >= room:
        raise refusals.throttled("ConcurrentInvocationLimitExceeded")
    return ""


def _in_use(call: Call, function: Function, qualifier: str) -> int:
    rows = call.rows(INVOCATIONS).values()
    return sum(
        1
        for each in rows
        if (each.function, each.account, each.region)
        == (function.name, function.account, function.region)
        and each.is_provisioned == qualifier
        and not each.done
    )


# Provisioned


def _expect_qualifier(function: Function, qualifier: str) -> None:
    if qualifier == LATEST:
        raise refusals.invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    if find_version(function, qualifier) is None:
        raise refusals.no_function(f"{function.arn}:{qualifier}")


def put_provisioned_concurrency_config(call: Call, request: Input) -> Output:
    """Keep environments ready for a version or an alias."""
    target = target_of(call, request)
    function = expect_function(call, target)
    _expect_qualifier(function, target.qualifier)
    asked = request["ProvisionedConcurrentExecutions"]
    alias = function.aliases.get(target.qualifier)
    if alias is not None and alias.version == LATEST:
        raise refusals.invalid("Alias with unpublished version cannot have provisioned "
                               "concurrency.")  # fmt: skip
    others = sum(p.asked for name, p in function.provisioned.items() if name != target.qualifier)
    if function.reserved is not None and others + asked > function.reserved:
        raise refusals.invalid(
            "Requested Provisioned Concurrency should not be greater than the "
            "reservedConcurrentExecution for function"
        )
    own = function.provisioned.get(target.qualifier)
    left = unreserved(call) + (own.asked if own is not None else 0) - asked
    least = call.quota("unreserved-minimum")
    if function.reserved is None and left < least:
        raise refusals.invalid(
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{least}]."
        )
    if own is not None and own.change:
        call.cancel(own.change)
    provisioned = Provisioned(asked, min(own.ready, asked) if own else 0, call.now)
    function.provisioned[target.qualifier] = provisioned
    delay_ns = lifecycle.PROVISIONED.delay_ns(call.cloud.settings.lifecycle, "IN_PROGRESS")
    if delay_ns:
        provisioned.change = call.after(delay_ns, ALLOCATED, function.name, target.qualifier)
    else:
        provisioned.ready, provisioned.status = asked, "READY"
    return _shown(provisioned, call, function, target.qualifier)


def allocated(call: Call, name: str, qualifier: str) -> None:
    """Kernel event: the environments are there."""
    function = call.rows(FUNCTIONS).get(name)
    provisioned = function.provisioned.get(qualifier) if function is not None else None
    if function is not None and provisioned is not None:
        provisioned.status = lifecycle.PROVISIONED.move(provisioned.status, "allocate")
        provisioned.ready, provisioned.change = provisioned.asked, 0
        call.event(
            f"{function.arn}:{qualifier}",
            "lambda.concurrency-allocated",
            f"{provisioned.ready} environments of {function.arn}:{qualifier} are ready",
        )


def get_provisioned_concurrency_config(call: Call, request: Input) -> Output:
    """What is provisioned for a qualifier."""
    target = target_of(call, request)
    function = expect_function(call, target)
    provisioned = function.provisioned.get(target.qualifier)
    if provisioned is None:
        raise AwsError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
            Type="User",
        )
    return _shown(provisioned, call, function, target.qualifier)


def delete_provisioned_concurrency_config(call: Call, request: Input) -> Output:
    """Keep no environments ready; no error when there were none."""
    target = target_of(call, request)
    provisioned = expect_function(call, target).provisioned.pop(target.qualifier, None)
    if provisioned is not None and provisioned.change:
        call.cancel(provisioned.change)
    return {}


def list_provisioned_concurrency_configs(call: Call, request: Input) -> Output:
    """All of a function, by qualifier."""
    function = expect_function(call, target_of(call, request))
    found = sorted(function.provisioned.items())
    chosen, marker = paged(call, found, request, lambda pair: pair[0])
    shown = [
        {
            "FunctionArn": f"{function.arn}:{qualifier}",
            **_shown(provisioned, call, function, qualifier),
        }
        for qualifier, provisioned in chosen
    ]
    return {"ProvisionedConcurrencyConfigs": shown, **({"NextMarker": marker} if marker else {})}


def _shown(provisioned: Provisioned, call: Call, function: Function, qualifier: str) -> Output:
    in_use = _in_use(call, function, qualifier)
    return {
        "RequestedProvisionedConcurrentExecutions": provisioned.asked,
        "AvailableProvisionedConcurrentExecutions": max(0, provisioned.ready - in_use),
        "AllocatedProvisionedConcurrentExecutions": provisioned.ready,
        "Status": provisioned.status,
        "LastModified": shown_time(provisioned.modified_ns),
    }


def get_account_settings(call: Call, request: Input) -> Output:
    """The limits of the account in the Region, and what it uses of them."""
    return {
        "AccountLimit": {
            "TotalCodeSize": call.quota("code-storage-bytes"),
            "CodeSizeUnzipped": call.quota("unzipped-bytes"),
            "CodeSizeZipped": call.quota("zipped-bytes"),
            "ConcurrentExecutions": call.quota("concurrent-executions"),
            "UnreservedConcurrentExecutions": unreserved(call),
        },
        "AccountUsage": {
            "TotalCodeSize": packages.stored_bytes(call),
            "FunctionCount": len(call.rows(FUNCTIONS)),
        },
    }
