"""What tests of Secrets Manager share: versions, refusals, and a Lambda that does as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Service, simulated

ONE = "111111111111"
TWO = "222222222222"
FUNCTION = f"arn:aws:lambda:us-east-1:{ONE}:function:rotate"
DAYS = {"AutomaticallyAfterDays": 30}


def token(number: int) -> str:
    """A version id, `0000...7`."""
    return f"{number:032}"


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """The code and the message that a call is refused with."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def stages(client: Any, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = client.describe_secret(SecretId=name).get(
        "VersionIdsToStages", {}
    )
    return found


def value(client: Any, name: str, **more: Any) -> str:
    text: str = client.get_secret_value(SecretId=name, **more)["SecretString"]
    return text


def pages(call: Any, **request: Any) -> Iterator[dict[str, Any]]:
    """Every page of a listing; not all of this service's have a paginator."""
    token: dict[str, str] = {}
    while True:
        page = call(**request, **token)
        yield page
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


Step = Callable[[Call, str, str, str], None]


class Functions:
    """Stands in for Lambda: each invocation runs `do(call, step, secret, version)` after a second
    and tells how it ended. `steps` are what was asked of it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.do: Step = rotate
        self.refuses = False
        self.is_silent = False
        self.service = Service(
            "lambda",
            {"Invoke": simulated(self.invoke)},
            kernel_events={"lambda.run": self.run},
        )

    def invoke(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        if self.refuses:
            raise AwsError("AccessDeniedException", "no", 403)
        assert request["InvocationType"] == "Event"
        assert call.caller.service == "secretsmanager.amazonaws.com"
        call.after(1_000_000_000, "lambda.run", request["Payload"])
        return {"StatusCode": 202}

    def run(self, call: Call, payload: bytes) -> None:
        event = json.loads(payload)
        self.steps.append(event["Step"])
        error = ""
        try:
            self.do(call, event["Step"], event["SecretId"], event["ClientRequestToken"])
        except AwsError as refused:
            error = refused.message
        if self.is_silent:
            return
        ended = {"payload": payload, "is_error": bool(error), "error": error}
        call.publish("lambda.invocation-ended", ended)


def rotate(call: Call, step: str, secret: str, version: str) -> None:
    """A well-behaved rotation function, as AWS's template has it."""

    def ask(operation: str, **request: Any) -> dict[str, Any]:
        return call.invoke("secretsmanager", operation, {"SecretId": secret, **request})

    if step == "createSecret":
        old = ask("GetSecretValue")["SecretString"]
        ask(
            "PutSecretValue",
            ClientRequestToken=version,
            SecretString=old + "+",
            VersionStages=["AWSPENDING"],
        )
    elif step == "finishSecret":
        current = ask("GetSecretValue")["VersionId"]
        ask(
            "UpdateSecretVersionStage",
            VersionStage="AWSCURRENT",
            MoveToVersionId=version,
            RemoveFromVersionId=current,
        )
