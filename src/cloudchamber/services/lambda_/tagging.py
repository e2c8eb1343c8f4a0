"""Tags of functions, event source mappings and code signing configurations.

Rules of this file: one look-up by ARN for all three.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.nouns import (
    FUNCTIONS,
    MAPPINGS,
    SIGNING,
    CodeSigning,
    Function,
)
from cloudchamber.services.lambda_.nouns import Mapping as SourceMapping

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

KEY_MAX = 128
VALUE_MAX = 256


def arn_of_resource(call: Call, request: Input) -> str:
    """The ARN that a permission on a tagged resource is asked on."""
    arn: str = request.get("Resource", "*")
    return arn


def _expect(call: Call, arn: str) -> Function | SourceMapping | CodeSigning:
    parsed = find_arn(arn)
    if parsed is None:
        raise refusals.invalid(f"The resource {arn} is not valid.")
    kind, _, name = parsed.resource.partition(":")
    found: Function | SourceMapping | CodeSigning | None = None
    if kind == "function":
        if ":" in name:
            raise refusals.invalid(
                "Tags on function aliases and versions are not supported. Please specify either a "
                "function name or an unqualified function ARN."
            )
        found = call.rows(FUNCTIONS, parsed.account, parsed.region).get(name)
        if found is None:
            raise refusals.no_function(arn)
    elif kind == "event-source-mapping":
        found = call.rows(MAPPINGS, parsed.account, parsed.region).get(name)
    elif kind == "code-signing-config":
        found = call.rows(SIGNING, parsed.account, parsed.region).get(arn)
    if found is None:
        raise refusals.not_found("The resource you requested does not exist.")
    return found


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags; a key that is there gets the new value."""
    found = _expect(call, request["Resource"])
    found.tags = check_tags(call, found.tags, request["Tags"])
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away by key."""
    found = _expect(call, request["Resource"])
    gone = request["TagKeys"]
    found.tags = {key: value for key, value in found.tags.items() if key not in gone}
    return {}


def list_tags(call: Call, request: Input) -> Output:
    """All tags of a resource."""
    return {"Tags": dict(_expect(call, request["Resource"]).tags)}


def check_tags(call: Call, have: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The tags after adding `more`. Raises InvalidParameterValueException."""
    for key, value in more.items():
        if not 1 <= len(key) <= KEY_MAX:
            raise refusals.invalid(f"Tag keys must have 1 to {KEY_MAX} characters.")
        if key.lower().startswith("aws:"):
            raise refusals.invalid("Tag keys must not start with aws:.")
        if len(value) > VALUE_MAX:
            raise refusals.invalid(f"Tag values must have at most {VALUE_MAX} characters.")
    merged = {**have, **more}
    limit = call.quota("tags")
    if len(merged) > limit:
        raise refusals.invalid(f"Number of tags exceeds resource tag limit of {limit}")
    return merged


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: what of an account and Region has tags, by ARN."""
    rows = cloud.store.rows
    found: list[tuple[str, Mapping[str, str]]] = [
        (arn, signing.tags) for arn, signing in rows(SIGNING, account, region).items()
    ]
    found += [(each.arn, each.tags) for each in rows(MAPPINGS, account, region).values()]
    found += [(each.arn, each.tags) for each in rows(FUNCTIONS, account, region).values()]
    return iter([(arn, tags) for arn, tags in sorted(found, key=lambda pair: pair[0]) if tags])
