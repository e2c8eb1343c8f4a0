"""From a FunctionName to the function: names, ARNs and parts of ARNs, with and without qualifier.

Rules of this file: text and look-ups, nothing changes. The model's pattern has been checked.
https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.limits import NAME_MAX
from cloudchamber.services.lambda_.nouns import FUNCTIONS, LATEST, Alias, Configuration, Function

_NAME: Final = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*)?:lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_.]+)"
    r"(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)


class Target(NamedTuple):
    """What a FunctionName and a Qualifier say together; `qualifier` is empty without one."""

    account: str
    region: str
    name: str
    qualifier: str

    @property
    def arn(self) -> str:
        """The ARN, with the qualifier if there is one."""
        own = function_arn(self.region, self.account, self.name)
        return f"{own}:{self.qualifier}" if self.qualifier else own


@lru_cache(maxsize=4096)
def function_arn(region: str, account: str, name: str) -> str:
    """The ARN of a function, unqualified."""
    return f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[str, str, str, str] | None:
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    return (
        found["account"] or "", found["region"] or "", found["name"], found["qualifier"] or ""
    )  # fmt: skip


def target_of(call: Call, request: Input, member: str = "FunctionName") -> Target:
    """The target of a request. Raises InvalidParameterValueException, ResourceNotFoundException."""
    target = find_target(call, request[member], request.get("Qualifier"))
    if target is None:
        raise refusals.invalid(f"The function name {request[member]} is not valid.")
    if len(target.name) > NAME_MAX:
        raise refusals.invalid(
            f"1 validation error detected: Value '{target.name}' at 'functionName' failed to "
            f"satisfy constraint: Member must have length less than or equal to {NAME_MAX}"
        )
    if target.region != call.region:
        raise refusals.not_found(
            f"Functions from '{target.region}' are not reachable in this region ('{call.region}')"
        )
    own = _read(request[member])
    asked = request.get("Qualifier")
    if own is not None and own[3] and asked and own[3] != asked:
        raise refusals.invalid(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return target


def find_target(call: Call, text: str, qualifier: str | None = None) -> Target | None:
    """The same without complaints: None for what is no function's name."""
    found = _read(text)
    if found is None:
        return None
    account, region, name, own = found
    return Target(account or call.account, region or call.region, name, qualifier or own)


def find_function(call: Call, target: Target) -> Function | None:
    """The function of a target, whatever the qualifier."""
    return call.rows(FUNCTIONS, target.account, target.region).get(target.name)


def expect_function(call: Call, target: Target) -> Function:
    """The function of a target. Raises ResourceNotFoundException."""
    function = find_function(call, target)
    if function is None:
        raise refusals.no_function(target.arn)
    return function


def find_version(function: Function, qualifier: str) -> Configuration | None:
    """The configuration that a qualifier means; of an alias that of its own version."""
    if qualifier in ("", LATEST):
        return function.latest
    alias = function.aliases.get(qualifier)
    if alias is not None:
        return find_version(function, alias.version)
    return function.versions.get(qualifier)


def expect_version(call: Call, target: Target) -> tuple[Function, Configuration]:
    """The function and the version of a target. Raises ResourceNotFoundException."""
    function = expect_function(call, target)
    version = find_version(function, target.qualifier)
    if version is None:
        raise refusals.no_function(target.arn)
    return function, version


def expect_alias(call: Call, target: Target, name: str) -> tuple[Function, Alias]:
    """An alias of a function. Raises ResourceNotFoundException."""
    function = expect_function(call, target)
    alias = function.aliases.get(name)
    if alias is None:
        raise refusals.not_found(f"Cannot find alias arn: {function.arn}:{name}")
    return function, alias


def arn_of_function(call: Call, request: Input) -> str:
    """The ARN that a permission on a FunctionName is asked on, with its qualifier."""
    target = find_target(call, request.get("FunctionName", ""), request.get("Qualifier"))
    return target.arn if target is not None else "*"


def arn_unqualified(call: Call, request: Input) -> str:
    """The ARN of the function itself, for what belongs to no version."""
    target = find_target(call, request.get("FunctionName", ""))
    return function_arn(target.region, target.account, target.name) if target is not None else "*"


def new_id(call: Call, arn: str, purpose: str) -> str:
    """A UUID of its own for a revision, a mapping or an invocation."""
    return call.stream(arn, purpose).uuid()


def moved(call: Call, arn: str) -> str:
    """A new revision id."""
    return new_id(call, arn, "revision")


def shown_time(t_ns: int) -> str:
    """An instant as `LastModified` shows it: milliseconds and `+0000`."""
    at = datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{t_ns % SECOND_NS // 1_000_000:03}+0000"


def paged(call: Call, items: list[Any], request: Input, key: Any, most: int = 50) -> Any:
    """A page of a sorted listing and its marker. Raises InvalidParameterValueException."""
    size = min(request.get("MaxItems", most), most)
    try:
        return page(items, key, request.get("Marker"), size)
    except BadToken:
        raise refusals.invalid("Invalid value for Marker") from None
