"""Functions: created, read, changed and deleted.

Rules of this file: everything is checked before anything is kept. A change of a function is in
force for the next invocation at once; under a lifecycle profile its states say when AWS would be.
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import Refused
from cloudchamber.cloud.service import Input, Output, Waiting
from cloudchamber.services.lambda_ import (
    configuration,
    images,
    lifecycle,
    locations,
    packages,
    refusals,
    roles,
    versions,
)
from cloudchamber.services.lambda_.layers import find_layer_version
from cloudchamber.services.lambda_.names import (
    Target,
    expect_function,
    expect_version,
    find_function,
    function_arn,
    moved,
    paged,
    target_of,
)
from cloudchamber.services.lambda_.nouns import (
    FUNCTIONS,
    LATEST,
    SIGNING,
    URLS,
    Configuration,
    Function,
    Package,
)
from cloudchamber.services.lambda_.tagging import check_tags

# "The ListFunctions operation returns a subset of the FunctionConfiguration fields."
_NOT_LISTED: Final = (
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "RuntimeVersionConfig",
)
READY: Final = "lambda.function-ready"


def arn_of_new(call: Call, request: Input) -> str:
    """The ARN that CreateFunction asks its permission on."""
    return function_arn(call.region, call.account, request.get("FunctionName", ""))


def create_function(call: Call, request: Input) -> Output | Waiting:
    """A function with its code. One that is an image waits until it is known what that is."""
    if "ImageUri" in request["Code"]:
        return _create_of_image(call, request)
    return _create(call, request)


def _create_of_image(call: Call, request: Input) -> Waiting:
    uri = request["Code"]["ImageUri"]
    images.check_uri(call, uri)
    _checked(call, request)  # and once more when the answer is there: the world may have moved on
    package = yield from images.look_up(call, uri)
    return _create(call, request, package)


def _checked(call: Call, request: Input) -> tuple[Target, dict[str, Any], dict[str, str]]:
    """The name, the members and the tags of a new function. Raises what AWS says of them."""
    target = target_of(call, request)
    if (target.account, target.qualifier) != (call.account, ""):
        raise refusals.invalid(f"The function name {request['FunctionName']} is not valid here.")
    if target.name in call.rows(FUNCTIONS):
        raise refusals.conflict(f"Function already exist: {target.name}")
    members = configuration.defaults({**request, "FunctionName": target.name})
    members["PackageType"] = _package_type(request)
    configuration.check(call, members, request)
    _check_signing(call, request.get("CodeSigningConfigArn", ""))
    tags = check_tags(call, {}, request.get("Tags", {}))
    roles.check_role(call, request["Role"])
    return target, members, tags


def _create(call: Call, request: Input, image: Package | None = None) -> Output:
    target, members, tags = _checked(call, request)
    arn = function_arn(call.region, call.account, target.name)
    rows = call.rows(FUNCTIONS)
    taken = packages.take(call, request["Code"], "CreateFunction", image)
    _check_unpacked(call, taken.package, members)
    variables = configuration.keep_variables(
        call, arn, request.get("Environment", {}).get("Variables", {}), members.get("KMSKeyArn", "")
    )
    delay_ns = lifecycle.FUNCTION.delay_ns(call.cloud.settings.lifecycle, "Pending")
    latest = Configuration(
        version=LATEST,
        code=taken.keep(call),
        members=members,
        modified_ns=call.now,
        revision=moved(call, arn),
        variables=variables.plain,
        sealed=variables.sealed,
        wrapped=variables.wrapped,
        state="Pending" if delay_ns else "Active",
        state_code="Creating" if delay_ns else "",
    )
    function = rows[target.name] = Function(
        name=target.name,
        account=call.account,
        region=call.region,
        arn=arn,
        latest=latest,
        tags=tags,
        code_signing=request.get("CodeSigningConfigArn", ""),
    )
    if delay_ns:
        latest.change = call.after(delay_ns, READY, target.name)
    if request.get("Publish"):
        version = versions.publish(call, function, None)
        return configuration.shown(call, function, version)
    return configuration.shown(call, function, latest)


def _package_type(request: Input) -> str:
    given: str | None = request.get("PackageType")
    is_image = "ImageUri" in request["Code"]
    if given is None:
        return "Image" if is_image else "Zip"
    if (given == "Image") != is_image:
        raise refusals.invalid(f"Please provide the code that PackageType {given} needs.")
    return given


def _check_signing(call: Call, arn: str) -> None:
    if arn and arn not in call.rows(SIGNING):
        raise refusals.not_found(f"Cannot find Code Signing Configuration: {arn}")


def _check_unpacked(call: Call, package: Package, members: dict[str, Any]) -> None:
    """A function and its layers share one limit."""
    total = package.unzipped
    for arn in members.get("Layers", ()):
        layer = find_layer_version(call, arn)
        total += layer.code.unzipped if layer is not None else 0
    limit = call.quota("unzipped-bytes")
    if total > limit:
        raise refusals.invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {limit} "
            f"bytes. The actual size is {total} bytes."
        )


def ready(call: Call, name: str) -> None:
    """Kernel event: what was being made or changed is done."""
    function = call.rows(FUNCTIONS).get(name)
    if function is not None:
        latest = function.latest
        latest.state, latest.state_code, latest.update_status = "Active", "", "Successful"
        latest.change = 0
        for version in function.versions.values():
            version.state, version.state_code, version.update_status = "Active", "", "Successful"


def get_function(call: Call, request: Input) -> Output:
    """A function with its tags, and where to load its code from."""
    target = target_of(call, request)
    function, version = expect_version(call, target)
    code: Output = {"RepositoryType": "S3", "Location": locations.location(call, version.code)}
    if version.code.image:
        code = dict(images.shown(version.code))
    elif version.code.folder:
        code = {"RepositoryType": "S3", "Location": f"file://{version.code.folder}"}
    if version.code.kms_key:
        code["SourceKMSKeyArn"] = version.code.kms_key
    output: Output = {
        "Configuration": configuration.shown(call, function, version, target.qualifier),
        "Code": code,
    }
    if function.tags:
        output["Tags"] = dict(function.tags)
    if function.reserved is not None:
        output["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return output


def get_function_configuration(call: Call, request: Input) -> Output:
    """The configuration of a version."""
    target = target_of(call, request)
    function, version = expect_version(call, target)
    return configuration.shown(call, function, version, target.qualifier)


def list_functions(call: Call, request: Input) -> Output:
    """Functions by name; with `ALL` every version of each."""
    found: list[tuple[str, Function, Configuration]] = []
    for function in call.rows(FUNCTIONS).values():
        found.append((function.name, function, function.latest))
        if request.get("FunctionVersion") == "ALL":
            found.extend(
                (f"{function.name}:{int(number):012}", function, version)
                for number, version in sorted(
                    function.versions.items(), key=lambda pair: int(pair[0])
                )
            )
    found.sort(key=lambda each: each[0])
    chosen, marker = paged(call, found, request, lambda each: each[0])
    shown = [
        configuration.shown(
            call,
            function,
            version,
            LATEST if request.get("FunctionVersion") == "ALL" and version.version == LATEST else "",
        )
        for _, function, version in chosen
    ]
    for each in shown:
        for name in _NOT_LISTED:
            each.pop(name, None)
    return {"Functions": shown, **({"NextMarker": marker} if marker else {})}


def delete_function(call: Call, request: Input) -> Output:
    """A function with everything of its own, or one version of it."""
    target = target_of(call, request)
    function = expect_function(call, target)
    if target.qualifier:
        versions.delete_version(call, function, target)
        return {"StatusCode": 204}
    rows = call.rows(FUNCTIONS, target.account, target.region)
    for version in (function.latest, *function.versions.values()):
        packages.let_go(call, version.code)
    if function.latest.change:
        call.cancel(function.latest.change)
    for provisioned in function.provisioned.values():
        if provisioned.change:
            call.cancel(provisioned.change)
    for url in function.urls.values():
        call.rows(URLS).pop(url.id, None)
    del rows[target.name]
    return {"StatusCode": 204}


# Changes


def update_function_code(call: Call, request: Input) -> Output | Waiting:
    """Other code, in force with the next invocation."""
    _checked_code(call, request)
    if "ImageUri" in request:
        return _update_of_image(call, request)
    return _update_code(call, request)


def _update_of_image(call: Call, request: Input) -> Waiting:
    uri = request["ImageUri"]
    images.check_uri(call, uri)
    package = yield from images.look_up(call, uri)
    return _update_code(call, request, package)


def _checked_code(call: Call, request: Input) -> tuple[Function, dict[str, Any]]:
    """The function to change and its new code as the request has it. Raises what AWS says."""
    function = _changeable(call, request)
    latest = function.latest
    code: dict[str, Any] = {
        name: request[name]
        for name in (
            "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri", "SourceKMSKeyArn"
        )
        if name in request
    }  # fmt: skip
    if ("ImageUri" in code) != (latest.members["PackageType"] == "Image"):
        kind = latest.members["PackageType"]
        needed = "ImageUri" if kind == "Image" else "ZipFile or S3Bucket"
        raise refusals.invalid(f"Please provide {needed} when updating a function with "
                               f"packageType {kind}.")  # fmt: skip
    if request.get("PublishTo"):
        raise Refused("lambda", "UpdateFunctionCode",
                      "PublishTo: there are no Lambda Managed Instances here")  # fmt: skip
    return function, code


def _update_code(call: Call, request: Input, image: Package | None = None) -> Output:
    function, code = _checked_code(call, request)
    latest = function.latest
    taken = packages.take(call, code, "UpdateFunctionCode", image)
    members = dict(latest.members)
    if "Architectures" in request:
        members["Architectures"] = request["Architectures"]
    _check_unpacked(call, taken.package, members)
    if request.get("DryRun"):
        would = Configuration(
            LATEST, taken.package, members, call.now, latest.revision, latest.variables
        )
        return configuration.shown(call, function, would)
    before = latest.code
    latest.code = taken.keep(call)
    packages.let_go(call, before)
    latest.members = members
    _touch(call, function)
    if request.get("Publish"):
        version = versions.publish(call, function, None)
        return configuration.shown(call, function, version)
    return configuration.shown(call, function, latest)


def update_function_configuration(call: Call, request: Input) -> Output:
    """Other settings, in force with the next invocation."""
    function = _changeable(call, request)
    latest = function.latest
    members = configuration.changed(function.name, latest.members, request)
    configuration.check(call, members, request, latest.members.get("Runtime", ""))
    _check_unpacked(call, latest.code, members)
    if "Role" in request:
        roles.check_role(call, request["Role"])
    key_changes = members.get("KMSKeyArn", "") != latest.members.get("KMSKeyArn", "")
    variables = configuration.Variables(latest.variables, latest.sealed, latest.wrapped)
    if "Environment" in request or key_changes:
        plain = (
            request["Environment"].get("Variables", {})
            if "Environment" in request
            else configuration.open_variables(call, function, latest)
        )
        variables = configuration.keep_variables(
            call, function.arn, plain, members.get("KMSKeyArn", "")
        )
    latest.members = members
    latest.variables = variables.plain
    latest.sealed, latest.wrapped = variables.sealed, variables.wrapped
    _touch(call, function)
    return configuration.shown(call, function, latest)


def _changeable(call: Call, request: Input) -> Function:
    target = target_of(call, request)
    if target.qualifier not in ("", LATEST):
        raise refusals.invalid("This operation is permitted on Lambda functions only. "
                               "Aliases and versions do not support this operation. Please specify "
                               "either a function name or an unqualified function ARN.",
                               )  # fmt: skip
    function = expect_function(call, target)
    check_settled(function)
    asked = request.get("RevisionId")
    if asked and asked != function.latest.revision:
        raise refusals.stale()
    return function


def check_settled(function: Function) -> None:
    """Raises ResourceConflictException while a function is being made or changed."""
    latest = function.latest
    if latest.state == "Pending":
        raise refusals.conflict(
            "The operation cannot be performed at this time. The function is currently in the "
            f"following state: {latest.state}"
        )
    if latest.update_status == "InProgress":
        raise refusals.conflict(
            "The operation cannot be performed at this time. An update is in progress for "
            f"resource: {function.arn}"
        )


def _touch(call: Call, function: Function) -> None:
    """A function was changed: a new revision, and a state that says so for a while."""
    latest = function.latest
    latest.modified_ns = call.now
    latest.revision = moved(call, function.arn)
    delay_ns = lifecycle.FUNCTION.delay_ns(call.cloud.settings.lifecycle, "InProgress")
    if delay_ns:
        latest.update_status = "InProgress"
        latest.change = call.after(delay_ns, READY, function.name)


def find_here(call: Call, name: str) -> Function | None:
    """A function of this account and Region by its name."""
    return find_function(call, Target(call.account, call.region, name, ""))
