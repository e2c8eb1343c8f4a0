"""What a version is: a request's members checked, completed with defaults, and shown.

Rules of this file: checks raise before anything is changed. Members keep AWS's names and forms.
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.blobs import seal
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import limits, refusals
from cloudchamber.services.lambda_.layers import find_layer_version, layer_of
from cloudchamber.services.lambda_.names import shown_time
from cloudchamber.services.lambda_.nouns import LATEST, Configuration, Function

# Members of a request that are kept as they are and shown as they are.
PLAIN: Final = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "VpcConfig",
    "DeadLetterConfig",
    "KMSKeyArn",
    "TracingConfig",
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "EphemeralStorage",
    "SnapStart",
    "LoggingConfig",
    "TenancyConfig",
    "Architectures",
    "PackageType",
)
_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_UNKNOWN_HERE: Final = (
    ("CapacityProviderConfig", "there are no Lambda Managed Instances here"),
    ("DurableConfig", "durable functions are not here"),
    ("RuntimeConfig", "customer-managed runtimes are not here"),
    ("AcceleratorConfig", "accelerators are not here"),
    ("PublishTo", "there are no Lambda Managed Instances here"),
)


def context_of_request(call: Call, request: Input) -> dict[str, tuple[str, ...]]:
    """The condition keys of a function's settings and tags.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    """
    vpc = request.get("VpcConfig", {})
    tags: dict[str, str] = request.get("Tags", {})
    found = {
        "lambda:Layer": tuple(request.get("Layers", ())),
        "lambda:SubnetIds": tuple(vpc.get("SubnetIds", ())),
        "lambda:SecurityGroupIds": tuple(vpc.get("SecurityGroupIds", ())),
        "aws:TagKeys": tuple(tags),
        **{f"aws:RequestTag/{key}": (value,) for key, value in tags.items()},
    }
    signing = request.get("CodeSigningConfigArn")
    if signing:
        found["lambda:CodeSigningConfigArn"] = (signing,)
    return {key: values for key, values in found.items() if values}


def defaults(request: Input) -> dict[str, Any]:
    """The members of a new function."""
    members: dict[str, Any] = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None"},
        "Architectures": ["x86_64"],
        "PackageType": "Zip",
    }
    members.update({name: request[name] for name in PLAIN if name in request})
    members["LoggingConfig"] = _logging(request["FunctionName"], request.get("LoggingConfig"))
    return members


def changed(name: str, members: Mapping[str, Any], request: Input) -> dict[str, Any]:
    """The members after an update; an empty list or structure takes a thing away."""
    after: dict[str, Any] = {**members, **{key: request[key] for key in PLAIN if key in request}}
    if "LoggingConfig" in request:
        after["LoggingConfig"] = _logging(name, request["LoggingConfig"])
    if not after.get("DeadLetterConfig", {}).get("TargetArn"):
        after.pop("DeadLetterConfig", None)
    for gone in ("Layers", "FileSystemConfigs", "KMSKeyArn"):
        if not after.get(gone):
            after.pop(gone, None)
    return after


def _logging(name: str, asked: Mapping[str, Any] | None) -> dict[str, Any]:
    asked = asked or {}
    found: dict[str, Any] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **asked}
    if found["LogFormat"] == "JSON":
        found.setdefault("ApplicationLogLevel", "INFO")
        found.setdefault("SystemLogLevel", "INFO")
    elif "ApplicationLogLevel" in asked or "SystemLogLevel" in asked:
        raise refusals.invalid(
            "To use ApplicationLogLevel or SystemLogLevel, LogFormat must be set to JSON."
        )
    return found


def check(call: Call, members: Mapping[str, Any], request: Input, before: str = "") -> None:
    """Raises what AWS says of members that do not fit. `before` is the runtime until now."""
    for member, reason in _UNKNOWN_HERE:
        if request.get(member):
            raise Refused("lambda", call.operation_name, f"{member}: {reason}")
    _check_numbers(members)
    if members["PackageType"] == "Image":
        for name in ("Runtime", "Handler", "Layers"):
            if members.get(name):
                raise refusals.invalid(
                    f"Please don't provide {name} when the intended function PackageType is Image."
                )
    else:
        _check_zip(members, before)
    _check_layers(call, members.get("Layers", []))
    target = members.get("DeadLetterConfig", {}).get("TargetArn", "")
    parsed = find_arn(target) if target else None
    if target and (parsed is None or parsed.service not in ("sqs", "sns")):
        raise refusals.invalid(
            f"The provided DeadLetterConfig target ARN {target} is not a queue or a topic."
        )
    check_variables(call, request)


def _check_numbers(members: Mapping[str, Any]) -> None:
    for name, value, most in (
        ("timeout", members["Timeout"], limits.TIMEOUT_MAX_S),
        ("memorySize", members["MemorySize"], limits.MEMORY_MAX_MB),
        ("ephemeralStorage.size", members["EphemeralStorage"]["Size"], limits.EPHEMERAL_MAX_MB),
    ):
        if value > most:
            rule = f"Member must have value less than or equal to {most}"
            raise refusals.validation(value, name, rule)


def _check_zip(members: Mapping[str, Any], before: str) -> None:
    runtime, handler = members.get("Runtime"), members.get("Handler")
    if not runtime or not handler:
        raise refusals.invalid("Runtime and Handler are mandatory parameters for functions created "
                               "with deployment packages.")  # fmt: skip
    if members.get("ImageConfig"):
        raise refusals.invalid(
            "Please don't provide ImageConfig when the intended function PackageType is Zip."
        )
    if runtime in limits.BLOCKED_RUNTIMES and runtime != before:
        family = runtime.rstrip("0123456789.x-edgal") or runtime
        instead = next(
            (new for old, new in limits.SUCCESSORS.items() if family.startswith(old[:4])), ""
        )
        raise refusals.invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            f"AWS Lambda functions. We recommend you use a supported runtime"
            + (f" ({instead})" if instead else "")
            + " while creating or updating functions."
        )
    applied = members["SnapStart"].get("ApplyOn", "None")
    if applied == "PublishedVersions" and not runtime.startswith(limits.SNAP_START_FAMILIES):
        raise refusals.invalid(f"{runtime} is not supported for SnapStart enabled functions.")


def _check_layers(call: Call, layers: list[str]) -> None:
    if len(layers) > call.quota("layers"):
        raise refusals.invalid("Layers consume more than the available number of 5.")
    seen: set[str] = set()
    for arn in layers:
        layer = layer_of(arn)
        if layer in seen:
            raise refusals.invalid(
                f"Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {arn} is one of them."
            )
        seen.add(layer)
        require(call, "lambda:GetLayerVersion", arn)
        if find_layer_version(call, arn) is None:
            raise refusals.invalid(f"Layer version {arn} does not exist.")


# Environment variables


def check_variables(call: Call, request: Input) -> None:
    """Raises InvalidParameterValueException for variables that Lambda does not take."""
    variables: dict[str, str] = request.get("Environment", {}).get("Variables", {})
    reserved = sorted(limits.RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise refusals.invalid(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    size = len(msgspec.json.encode(variables)) if variables else 0
    limit = call.quota("environment-bytes")
    if size > limit:
        raise refusals.invalid(
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the {limit // 1024}KB limit. "
            f"String measured: {variables!r}"
        )


class Variables(msgspec.Struct, frozen=True):
    """Variables as they will be kept: in the clear under Lambda's own key, else sealed."""

    plain: dict[str, str] = {}
    sealed: bytes = b""
    wrapped: bytes = b""


def keep_variables(call: Call, arn: str, variables: Mapping[str, str], kms_key: str) -> Variables:
    """Seal variables under a key of the customer's, with the caller's own permissions."""
    if not kms_key or not variables:
        return Variables(plain=dict(variables))
    try:
        output = call.invoke(
            "kms",
            "GenerateDataKey",
            {
                "KeyId": kms_key,
                "KeySpec": "AES_256",
                "EncryptionContext": {"aws:lambda:FunctionArn": arn},
            },
        )
    except Refused:
        raise
    except AwsError as error:
        raise refusals.invalid(
            "Lambda was unable to configure access to your environment variables because the KMS "
            f"key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: "
            f"{error.code} KMS Message: {error.message}"
        ) from error
    return Variables(
        sealed=seal(msgspec.json.encode(variables), output["Plaintext"]),
        wrapped=output["CiphertextBlob"],
    )


def open_variables(
    call: Call, function: Function, version: Configuration, caller: Caller | None = None
) -> dict[str, str]:
    """The variables of a version in the clear. Raises what KMS answers."""
    if not version.sealed:
        return version.variables
    output = call.invoke(
        "kms",
        "Decrypt",
        {
            "CiphertextBlob": version.wrapped,
            "EncryptionContext": {"aws:lambda:FunctionArn": function.arn},
        },
        caller=caller,
        account=function.account,
        region=function.region,
    )
    found = msgspec.json.decode(seal(version.sealed, output["Plaintext"]), type=dict[str, str])
    return found


# Showing


def shown(call: Call, function: Function, version: Configuration, qualifier: str = "") -> Output:
    """A FunctionConfiguration. `qualifier` is what the caller called the version by."""
    members = version.members
    arn = function.arn
    if qualifier or version.version != LATEST:
        arn = f"{arn}:{qualifier or version.version}"
    output: Output = {
        "FunctionName": function.name,
        "FunctionArn": arn,
        "CodeSize": version.code.size,
        "CodeSha256": version.code.sha256,
        "LastModified": shown_time(version.modified_ns),
        "Version": version.version,
        "RevisionId": version.revision,
        "State": version.state,
        "LastUpdateStatus": version.update_status,
    }
    for name in PLAIN:
        if name in members and name not in ("Layers", "VpcConfig", "SnapStart", "ImageConfig"):
            output[name] = members[name]
    if version.state_code:
        output["StateReasonCode"] = version.state_code
        output["StateReason"] = "The function is being created."
    if version.update_status == "InProgress":
        output["LastUpdateStatusReason"] = "The function is being updated."
    if members.get("Layers"):
        output["Layers"] = [_shown_layer(call, arn) for arn in members["Layers"]]
    if members.get("VpcConfig"):
        output["VpcConfig"] = _shown_vpc(call, members["VpcConfig"])
    if members.get("ImageConfig"):
        output["ImageConfigResponse"] = {"ImageConfig": members["ImageConfig"]}
    applied = members["SnapStart"].get("ApplyOn", "None")
    is_on = applied == "PublishedVersions" and version.version != LATEST
    output["SnapStart"] = {"ApplyOn": applied, "OptimizationStatus": "On" if is_on else "Off"}
    if members.get("Runtime"):
        runtime = f"arn:{call.partition}:lambda:{function.region}::runtime:{members['Runtime']}"
        output["RuntimeVersionConfig"] = {"RuntimeVersionArn": runtime}
    environment = shown_variables(call, function, version)
    if environment:
        output["Environment"] = environment
    return output


def shown_variables(call: Call, function: Function, version: Configuration) -> Output:
    """The environment, or why it cannot be shown."""
    try:
        variables = open_variables(call, function, version)
    except AwsError as error:
        return {"Error": {"ErrorCode": error.code, "Message": error.message}}
    return {"Variables": dict(variables)} if variables else {}


def _shown_layer(call: Call, arn: str) -> Output:
    found = find_layer_version(call, arn)
    return {"Arn": arn, "CodeSize": found.code.size if found is not None else 0}


def _shown_vpc(call: Call, asked: Mapping[str, Any]) -> Output:
    return {
        "SubnetIds": asked.get("SubnetIds", []),
        "SecurityGroupIds": asked.get("SecurityGroupIds", []),
        "VpcId": "",
        "Ipv6AllowedForDualStack": asked.get("Ipv6AllowedForDualStack", False),
    }
