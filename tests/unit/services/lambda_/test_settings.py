"""What is set beside the configuration, and what is only kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.services.lambda_.crew import ONE

Make = Callable[..., Any]
ARN = f"arn:aws:lambda:us-east-1:{ONE}:function:jobs"


def test_event_invoke_configs(client: Any, make: Make) -> None:
    make("jobs")
    client.put_function_event_invoke_config(FunctionName="jobs", MaximumRetryAttempts=1)
    client.update_function_event_invoke_config(FunctionName="jobs", MaximumEventAgeInSeconds=60)
    got = client.get_function_event_invoke_config(FunctionName="jobs")
    assert (got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (1, 60)
    assert got["FunctionArn"] == f"{ARN}:$LATEST"
    client.put_function_event_invoke_config(FunctionName="jobs", MaximumRetryAttempts=0)
    got = client.get_function_event_invoke_config(FunctionName="jobs")
    assert "MaximumEventAgeInSeconds" not in got
    listed = client.list_function_event_invoke_configs(FunctionName="jobs")
    assert len(listed["FunctionEventInvokeConfigs"]) == 1
    client.delete_function_event_invoke_config(FunctionName="jobs")
    with pytest.raises(
        client.exceptions.ResourceNotFoundException, match="doesn't have an EventInvokeConfig"
    ):
        client.get_function_event_invoke_config(FunctionName="jobs")
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_function_event_invoke_config(
            FunctionName="jobs", DestinationConfig={"OnSuccess": {"Destination": ARN}}
        )


def test_code_signing_is_kept(client: Any, make: Make) -> None:
    publisher = f"arn:aws:signer:us-east-1:{ONE}:/signing-profiles/p/1234567890"
    made = client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [publisher]}
    )["CodeSigningConfig"]
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    arn = made["CodeSigningConfigArn"]
    make("jobs", CodeSigningConfigArn=arn)
    listed = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)
    assert listed["FunctionArns"] == [ARN]
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.delete_code_signing_config(CodeSigningConfigArn=arn)
    client.delete_function_code_signing_config(FunctionName="jobs")
    client.update_code_signing_config(CodeSigningConfigArn=arn, Description="none uses it")
    assert len(client.list_code_signing_configs()["CodeSigningConfigs"]) == 1
    client.delete_code_signing_config(CodeSigningConfigArn=arn)
    with pytest.raises(client.exceptions.CodeSigningConfigNotFoundException):
        client.put_function_code_signing_config(FunctionName="jobs", CodeSigningConfigArn=arn)


def test_runtime_management_is_kept(client: Any, make: Make) -> None:
    make("jobs")
    assert client.get_runtime_management_config(FunctionName="jobs")["UpdateRuntimeOn"] == "Auto"
    client.put_runtime_management_config(FunctionName="jobs", UpdateRuntimeOn="FunctionUpdate")
    got = client.get_runtime_management_config(FunctionName="jobs")
    assert (got["UpdateRuntimeOn"], got["FunctionArn"]) == ("FunctionUpdate", f"{ARN}:$LATEST")
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_runtime_management_config(FunctionName="jobs", UpdateRuntimeOn="Manual")


def test_recursion_is_terminated_unless_allowed(client: Any, make: Make) -> None:
    make("jobs")
    assert client.get_function_recursion_config(FunctionName="jobs")["RecursiveLoop"] == "Terminate"
    client.put_function_recursion_config(FunctionName="jobs", RecursiveLoop="Allow")
    assert client.get_function_recursion_config(FunctionName="jobs")["RecursiveLoop"] == "Allow"


def test_logging(client: Any, make: Make) -> None:
    made = make("jobs", LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"})
    assert made["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "/mine",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="set to JSON"):
        make("more", LoggingConfig={"LogFormat": "Text", "ApplicationLogLevel": "INFO"})


def test_what_is_not_here_is_refused_by_name(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.list_capacity_providers()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "Managed Instances" in caught.value.response["Error"]["Message"]
