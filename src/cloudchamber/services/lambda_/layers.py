"""Layers: published, listed, shared, and found by the functions that use them.

Rules of this file: a version never changes and its number is never given again; one that is
deleted goes on being used by the functions that have it, so it is kept for them.
https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import SourcedPolicy, attached_policy
from cloudchamber.services.lambda_ import locations, packages, refusals
from cloudchamber.services.lambda_.names import moved, paged, shown_time
from cloudchamber.services.lambda_.nouns import LAYERS, Layer, LayerVersion

_NUMBER: Final = re.compile(r"[0-9]{1,9}")


def layer_of(arn: str) -> str:
    """The ARN of the layer of a layer version's ARN."""
    return arn.rpartition(":")[0]


def layer_arn(call: Call, request: Input) -> str:
    """The ARN that a permission on a LayerName is asked on."""
    name = request.get("LayerName", "")
    arn = name if name.startswith("arn:") else call.arn(f"layer:{name}")
    number = request.get("VersionNumber")
    return f"{arn}:{number}" if number is not None else arn


def arn_of_request(call: Call, request: Input) -> str:
    """The same for a whole ARN."""
    arn: str = request.get("Arn", "*")
    return arn


def find_layer_version(call: Call, arn: str) -> LayerVersion | None:
    """The layer version of an ARN, in whichever account, or None."""
    parsed = find_arn(arn)
    if parsed is None or parsed.service != "lambda":
        return None
    parts = parsed.resource.split(":")
    if len(parts) != 3 or parts[0] != "layer" or not _NUMBER.fullmatch(parts[2]):
        return None
    layer = call.rows(LAYERS, parsed.account, parsed.region).get(parts[1])
    return layer.versions.get(int(parts[2])) if layer is not None else None


def _expect(call: Call, request: Input) -> tuple[Layer, LayerVersion]:
    arn = layer_arn(call, request)
    parsed = find_arn(arn)
    number = request["VersionNumber"]
    if number < 1:
        raise refusals.invalid("Layer Version Cannot be less than 1.")
    layer = None
    if parsed is not None:
        name = parsed.resource.split(":")[1]
        layer = call.rows(LAYERS, parsed.account, parsed.region).get(name)
    version = layer.versions.get(number) if layer is not None else None
    if layer is None or version is None:
        raise refusals.not_found("The resource you requested does not exist.")
    return layer, version


def _name_of(call: Call, request: Input) -> str:
    name: str = request["LayerName"]
    if not name.startswith("arn:"):
        return name
    parsed = find_arn(name)
    if parsed is None or (parsed.account, parsed.region) != (call.account, call.region):
        raise refusals.invalid(f"The layer {name} is not one of this account and Region.")
    return parsed.resource.split(":")[1]


def publish_layer_version(call: Call, request: Input) -> Output:
    """A new version of a layer, and the layer with its first."""
    name = _name_of(call, request)
    taken = packages.take(call, request["Content"], "PublishLayerVersion")
    arn = call.arn(f"layer:{name}")
    layers = call.rows(LAYERS)
    layer = layers.get(name)
    if layer is None:
        layer = layers[name] = Layer(name, arn)
    layer.newest += 1
    version = LayerVersion(
        version=layer.newest,
        code=taken.keep(call),
        description=request.get("Description", ""),
        created_ns=call.now,
        runtimes=list(request.get("CompatibleRuntimes", ())),
        architectures=list(request.get("CompatibleArchitectures", ())),
        license=request.get("LicenseInfo", ""),
    )
    layer.versions[version.version] = version
    return _shown_whole(call, layer, version)


def get_layer_version(call: Call, request: Input) -> Output:
    """A version, with where to load its archive from."""
    layer, version = _expect(call, request)
    return _shown_whole(call, layer, version)


def get_layer_version_by_arn(call: Call, request: Input) -> Output:
    """The same by ARN."""
    arn = request["Arn"]
    version = find_layer_version(call, arn)
    parsed = find_arn(arn)
    if version is None or parsed is None:
        raise refusals.not_found("The resource you requested does not exist.")
    layer = call.rows(LAYERS, parsed.account, parsed.region)[parsed.resource.split(":")[1]]
    return _shown_whole(call, layer, version)


def delete_layer_version(call: Call, request: Input) -> Output:
    """Take a version away; deleting what is not there is no error."""
    name = _name_of(call, request)
    layer = call.rows(LAYERS).get(name)
    if layer is not None:
        version = layer.versions.pop(request["VersionNumber"], None)
        if version is not None:
            packages.let_go(call, version.code)
    return {}


def list_layers(call: Call, request: Input) -> Output:
    """Layers with the newest version of each that fits."""
    found = []
    for layer in call.rows(LAYERS).values():
        fitting = [each for each in _newest_first(layer) if _fits(each, request)]
        if fitting:
            found.append((layer, fitting[0]))
    chosen, marker = paged(call, found, request, lambda pair: pair[0].name)
    output: Output = {
        "Layers": [
            {
                "LayerName": layer.name,
                "LayerArn": layer.arn,
                "LatestMatchingVersion": _shown(layer, version),
            }
            for layer, version in chosen
        ]
    }
    if marker:
        output["NextMarker"] = marker
    return output


def list_layer_versions(call: Call, request: Input) -> Output:
    """The versions of a layer, newest first."""
    name = _name_of(call, request)
    layer = call.rows(LAYERS).get(name)
    versions = [] if layer is None else [v for v in _newest_first(layer) if _fits(v, request)]
    # Newest first is the order of the complements.
    chosen, marker = paged(call, versions, request, lambda each: f"{10**9 - each.version:010}")
    output: Output = {"LayerVersions": [_shown(layer, each) for each in chosen] if layer else []}
    if marker:
        output["NextMarker"] = marker
    return output


def _newest_first(layer: Layer) -> list[LayerVersion]:
    return sorted(layer.versions.values(), key=lambda each: -each.version)


def _fits(version: LayerVersion, request: Input) -> bool:
    runtime, architecture = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
    return (not runtime or runtime in version.runtimes) and (
        not architecture or architecture in version.architectures
    )


def _shown(layer: Layer, version: LayerVersion) -> Output:
    output: Output = {
        "LayerVersionArn": f"{layer.arn}:{version.version}",
        "Version": version.version,
        "Description": version.description,
        "CreatedDate": shown_time(version.created_ns),
    }
    if version.runtimes:
        output["CompatibleRuntimes"] = version.runtimes
    if version.architectures:
        output["CompatibleArchitectures"] = version.architectures
    if version.license:
        output["LicenseInfo"] = version.license
    return output


def _shown_whole(call: Call, layer: Layer, version: LayerVersion) -> Output:
    return {
        **_shown(layer, version),
        "LayerArn": layer.arn,
        "Content": {
            "Location": locations.location(call, version.code),
            "CodeSha256": version.code.sha256,
            "CodeSize": version.code.size,
        },
    }


# Permissions


def add_layer_version_permission(call: Call, request: Input) -> Output:
    """Let others use a version of a layer."""
    layer, version = _expect(call, request)
    _check_revision(version, request)
    label = request["StatementId"]
    if any(statement["Sid"] == label for statement in version.statements):
        raise refusals.conflict(
            f"The statement id ({label}) provided already exists. Please provide a new statement "
            "id, or remove the existing statement."
        )
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": _account(call, principal)},
        "Action": request["Action"],
        "Resource": f"{layer.arn}:{version.version}",
    }
    if request.get("OrganizationId"):
        equals = {"aws:PrincipalOrgID": request["OrganizationId"]}
        statement["Condition"] = {"StringEquals": equals}
    version.statements = [*version.statements, statement]
    version.revision = moved(call, layer.arn)
    shown = msgspec.json.encode(statement).decode()
    return {"Statement": shown, "RevisionId": version.revision}


def remove_layer_version_permission(call: Call, request: Input) -> Output:
    """Take a statement out of a layer version's policy."""
    layer, version = _expect(call, request)
    _check_revision(version, request)
    label = request["StatementId"]
    left = [statement for statement in version.statements if statement["Sid"] != label]
    if len(left) == len(version.statements):
        raise refusals.not_found(f"Statement {label} is not found in resource policy.")
    version.statements = left
    version.revision = moved(call, layer.arn)
    return {}


def get_layer_version_policy(call: Call, request: Input) -> Output:
    """The policy of a layer version."""
    _, version = _expect(call, request)
    if not version.statements:
        raise refusals.not_found("No policy is associated with the given resource.")
    return {"Policy": _document(version), "RevisionId": version.revision}


def layer_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy attached to a layer version, for the pipeline."""
    version = find_layer_version(call, arn)
    if version is None or not version.statements:
        return None
    return attached_policy(_document(version), arn)


def _document(version: LayerVersion) -> str:
    document = {"Version": "2012-10-17", "Id": "default", "Statement": version.statements}
    return msgspec.json.encode(document).decode()


def _check_revision(version: LayerVersion, request: Input) -> None:
    asked = request.get("RevisionId")
    if asked and asked != version.revision:
        raise refusals.stale()


def _account(call: Call, principal: str) -> str:
    if principal.startswith("arn:"):
        return principal
    return f"arn:{call.partition}:iam::{principal}:root"
