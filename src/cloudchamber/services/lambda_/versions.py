"""Versions and aliases: what does not change any more, and names for it.

Rules of this file: a version is a copy of $LATEST; publishing what has not changed gives the newest
version again. An alias sends shares of invocations to a second version by a keyed stream.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import configuration, packages, refusals
from cloudchamber.services.lambda_.names import (
    Target,
    expect_alias,
    expect_function,
    moved,
    paged,
    target_of,
)
from cloudchamber.services.lambda_.nouns import LATEST, Alias, Configuration, Function

SHARES: Final = 1_000_000  # weights are kept to six places


def publish_version(call: Call, request: Input) -> Output:
    """A version made of $LATEST as it is."""
    target = target_of(call, request)
    function = expect_function(call, target)
    latest = function.latest
    if latest.update_status == "InProgress" or latest.state == "Pending":
        raise refusals.conflict(
            "The operation cannot be performed at this time. The function is currently in the "
            f"following state: {latest.state}"
        )
    asked = request.get("CodeSha256")
    if asked and asked != latest.code.sha256:
        raise refusals.invalid(
            f"CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST "
            f"({latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST."
        )
    revision = request.get("RevisionId")
    if revision and revision != latest.revision:
        raise refusals.stale()
    version = publish(call, function, request.get("Description"))
    return configuration.shown(call, function, version)


def publish(call: Call, function: Function, description: str | None) -> Configuration:
    """Make the version, or give the newest when nothing has changed since."""
    latest = function.latest
    made_of = _fingerprint(latest)
    if function.published == made_of and function.versions:
        newest = str(max(int(number) for number in function.versions))
        return function.versions[newest]
    number = str(function.next_version)
    members = dict(latest.members)
    if description is not None:
        members["Description"] = description
    version = msgspec.structs.replace(
        latest,
        version=number,
        members=members,
        code=packages.again(call, latest.code),
        revision=moved(call, f"{function.arn}:{number}"),
        variables=dict(latest.variables),
        modified_ns=call.now,
    )
    function.versions[number] = version
    function.next_version += 1
    function.published = made_of
    return version


def _fingerprint(version: Configuration) -> str:
    told = (version.code.sha256, version.members, version.variables, version.sealed)
    return sha256(msgspec.msgpack.encode(told)).hexdigest()


def list_versions_by_function(call: Call, request: Input) -> Output:
    """$LATEST and the published versions, oldest first."""
    function = expect_function(call, target_of(call, request))
    everything = [function.latest]
    everything += [function.versions[str(n)] for n in sorted(int(key) for key in function.versions)]
    chosen, marker = paged(call, everything, request, _order)
    shown = [configuration.shown(call, function, each, each.version) for each in chosen]
    return {"Versions": shown, **({"NextMarker": marker} if marker else {})}


def _order(version: Configuration) -> str:
    return "" if version.version == LATEST else f"{int(version.version):012}"


def delete_version(call: Call, function: Function, target: Target) -> None:
    """Take one version away. Raises ResourceConflictException while an alias points there."""
    number = target.qualifier
    if number == LATEST:
        raise refusals.invalid("$LATEST version cannot be deleted without deleting the function.")
    if number in function.aliases or not number.isdigit():
        raise refusals.invalid("Deletion of aliases is not currently supported.")
    users = [a.name for a in function.aliases.values() if number in (a.version, *a.weights)]
    if users:
        raise refusals.conflict(
            f"Version {function.arn}:{number} cannot be deleted because it is being used by "
            f"aliases: {users}"
        )
    version = function.versions.pop(number, None)
    if version is not None:
        packages.let_go(call, version.code)
    function.provisioned.pop(number, None)
    function.policies.pop(number, None)


# Aliases


def create_alias(call: Call, request: Input) -> Output:
    """A name for a version."""
    function = expect_function(call, target_of(call, request))
    name = request["Name"]
    if name in function.aliases:
        raise refusals.conflict(f"Alias already exists: {function.arn}:{name}")
    number = request["FunctionVersion"]
    weights = _weights(function, number, request.get("RoutingConfig"))
    _expect_number(function, number)
    arn = f"{function.arn}:{name}"
    alias = Alias(name, number, request.get("Description", ""), moved(call, arn), weights)
    function.aliases[name] = alias
    return _shown(function, alias)


def get_alias(call: Call, request: Input) -> Output:
    """One alias."""
    return _shown(*expect_alias(call, target_of(call, request), request["Name"]))


def update_alias(call: Call, request: Input) -> Output:
    """Point an alias elsewhere, or change its shares."""
    function, alias = expect_alias(call, target_of(call, request), request["Name"])
    asked = request.get("RevisionId")
    if asked and asked != alias.revision:
        raise refusals.stale()
    number = request.get("FunctionVersion", alias.version)
    _expect_number(function, number)
    weights = alias.weights
    if "RoutingConfig" in request:
        weights = _weights(function, number, request["RoutingConfig"])
    alias.version, alias.weights = number, weights
    alias.description = request.get("Description", alias.description)
    alias.revision = moved(call, f"{function.arn}:{alias.name}")
    return _shown(function, alias)


def delete_alias(call: Call, request: Input) -> Output:
    """Take an alias away, with what was set for it; no error when it is not there."""
    function = expect_function(call, target_of(call, request))
    name = request["Name"]
    if function.aliases.pop(name, None) is not None:
        function.policies.pop(name, None)
        function.event_invoke.pop(name, None)
        provisioned = function.provisioned.pop(name, None)
        if provisioned is not None and provisioned.change:
            call.cancel(provisioned.change)
    return {}


def list_aliases(call: Call, request: Input) -> Output:
    """Aliases by name, or those that lead to one version."""
    function = expect_function(call, target_of(call, request))
    wanted = request.get("FunctionVersion")
    found = [
        alias
        for name, alias in sorted(function.aliases.items())
        if not wanted or wanted in (alias.version, *alias.weights)
    ]
    chosen, marker = paged(call, found, request, lambda alias: alias.name)
    shown = [_shown(function, alias) for alias in chosen]
    return {"Aliases": shown, **({"NextMarker": marker} if marker else {})}


def _expect_number(function: Function, number: str) -> None:
    if number != LATEST and number not in function.versions:
        raise refusals.no_function(f"{function.arn}:{number}")


def _weights(function: Function, number: str, routing: Any) -> dict[str, float]:
    weights: dict[str, float] = dict((routing or {}).get("AdditionalVersionWeights", {}))
    if not weights:
        return {}
    if len(weights) > 1:
        raise refusals.invalid("Number of items in AdditionalVersionWeights cannot be greater "
                               "than 1")  # fmt: skip
    for other, weight in weights.items():
        if LATEST in (number, other):
            raise refusals.invalid("$LATEST is not supported for an alias pointing to more than "
                                   "1 version")  # fmt: skip
        if other == number:
            raise refusals.invalid(f"Invalid function version {other}. Function version "
                                   f"{other} is already included in routing configuration.",
                                   )  # fmt: skip
        _expect_number(function, other)
        if not 0.0 <= weight <= 1.0:
            raise refusals.validation(
                weight,
                "routingConfig.additionalVersionWeights",
                "Map value must satisfy constraint: [Member must have value less than or equal to "
                "1.0, Member must have value greater than or equal to 0.0]",
            )
    return weights


def _shown(function: Function, alias: Alias) -> Output:
    output: Output = {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        output["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return output


def drawn(call: Call, function: Function, alias: Alias) -> str:
    """The version that an invocation of an alias goes to, by the weights."""
    for other, weight in alias.weights.items():
        share = round(weight * SHARES)
        if call.stream(f"{function.arn}:{alias.name}", "routing").chance(share, SHARES):
            return other
    return alias.version
