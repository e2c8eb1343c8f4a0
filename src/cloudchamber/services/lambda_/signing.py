"""Code signing configurations: kept, shown and attached; no signature is looked at.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.names import expect_function, paged, shown_time, target_of
from cloudchamber.services.lambda_.nouns import FUNCTIONS, SIGNING, CodeSigning
from cloudchamber.services.lambda_.tagging import check_tags


def arn_of_config(call: Call, request: Input) -> str:
    """The ARN that a permission on a configuration is asked on."""
    arn: str = request.get("CodeSigningConfigArn", "*")
    return arn


def _expect(call: Call, arn: str) -> CodeSigning:
    found = call.rows(SIGNING).get(arn)
    if found is None:
        raise refusals.not_found(f"Cannot find Code Signing Configuration: {arn}")
    return found


def create_code_signing_config(call: Call, request: Input) -> Output:
    """A configuration."""
    tags = check_tags(call, {}, request.get("Tags", {}))
    id_ = "csc-" + call.stream(call.arn("code-signing-config:"), "id").hex(17)
    arn = call.arn(f"code-signing-config:{id_}")
    policies = request.get("CodeSigningPolicies", {})
    config = call.rows(SIGNING)[arn] = CodeSigning(
        id=id_,
        arn=arn,
        description=request.get("Description", ""),
        publishers=list(request["AllowedPublishers"]["SigningProfileVersionArns"]),
        policy=policies.get("UntrustedArtifactOnDeployment", "Warn"),
        modified_ns=call.now,
        tags=tags,
    )
    return {"CodeSigningConfig": _shown(config)}


def get_code_signing_config(call: Call, request: Input) -> Output:
    """One configuration."""
    return {"CodeSigningConfig": _shown(_expect(call, request["CodeSigningConfigArn"]))}


def update_code_signing_config(call: Call, request: Input) -> Output:
    """Change a configuration."""
    config = _expect(call, request["CodeSigningConfigArn"])
    config.description = request.get("Description", config.description)
    if "AllowedPublishers" in request:
        config.publishers = list(request["AllowedPublishers"]["SigningProfileVersionArns"])
    policies = request.get("CodeSigningPolicies", {})
    config.policy = policies.get("UntrustedArtifactOnDeployment", config.policy)
    config.modified_ns = call.now
    return {"CodeSigningConfig": _shown(config)}


def delete_code_signing_config(call: Call, request: Input) -> Output:
    """Take a configuration away that no function uses."""
    config = _expect(call, request["CodeSigningConfigArn"])
    if any(each.code_signing == config.arn for each in call.rows(FUNCTIONS).values()):
        raise refusals.conflict(
            "The Code Signing Configuration is currently in use by functions. Remove it from them "
            "first."
        )
    del call.rows(SIGNING)[config.arn]
    return {}


def list_code_signing_configs(call: Call, request: Input) -> Output:
    """All of them, by ARN."""
    found = [config for _, config in sorted(call.rows(SIGNING).items())]
    chosen, marker = paged(call, found, request, lambda config: config.arn)
    shown = [_shown(config) for config in chosen]
    return {"CodeSigningConfigs": shown, **({"NextMarker": marker} if marker else {})}


def list_functions_by_code_signing_config(call: Call, request: Input) -> Output:
    """The functions that use a configuration."""
    config = _expect(call, request["CodeSigningConfigArn"])
    found = [f.arn for f in call.rows(FUNCTIONS).values() if f.code_signing == config.arn]
    chosen, marker = paged(call, found, request, str)
    return {"FunctionArns": list(chosen), **({"NextMarker": marker} if marker else {})}


def put_function_code_signing_config(call: Call, request: Input) -> Output:
    """Attach a configuration to a function."""
    function = expect_function(call, target_of(call, request))
    arn = request["CodeSigningConfigArn"]
    if arn not in call.rows(SIGNING):
        raise AwsError(
            "CodeSigningConfigNotFoundException",
            f"Cannot find Code Signing Configuration: {arn}",
            404,
            Type="User",
        )
    function.code_signing = arn
    return {"CodeSigningConfigArn": arn, "FunctionName": function.name}


def get_function_code_signing_config(call: Call, request: Input) -> Output:
    """What is attached."""
    function = expect_function(call, target_of(call, request))
    output: Output = {"FunctionName": function.name}
    if function.code_signing:
        output["CodeSigningConfigArn"] = function.code_signing
    return output


def delete_function_code_signing_config(call: Call, request: Input) -> Output:
    """Detach it."""
    expect_function(call, target_of(call, request)).code_signing = ""
    return {}


def _shown(config: CodeSigning) -> Output:
    return {
        "CodeSigningConfigId": config.id,
        "CodeSigningConfigArn": config.arn,
        "Description": config.description,
        "AllowedPublishers": {"SigningProfileVersionArns": config.publishers},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": shown_time(config.modified_ns),
    }
