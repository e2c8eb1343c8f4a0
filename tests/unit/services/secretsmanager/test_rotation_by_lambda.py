"""Rotation by a function that really runs: AWS's template of one, through boto3, in a process."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.secretsmanager.vault import DAYS, ONE, refusal, stages, token, value

CODE = """
import boto3

def handler(event, context):
    secret, version, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    client = boto3.client("secretsmanager")
    if step == "createSecret":
        old = client.get_secret_value(SecretId=secret)["SecretString"]
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=version, SecretString=old + "+",
            VersionStages=["AWSPENDING"], RotationToken=event["RotationToken"],
        )
    elif step == "testSecret":
        new = client.get_secret_value(SecretId=secret, VersionStage="AWSPENDING")["SecretString"]
        if len(new) > 3:
            raise ValueError("no database takes that")
    elif step == "finishSecret":
        current = client.get_secret_value(SecretId=secret)["VersionId"]
        client.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT",
            MoveToVersionId=version, RemoveFromVersionId=current,
        )
"""


def document(**statement: Any) -> str:
    whole = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    return json.dumps(whole)


def make_function(chamber: Chamber) -> str:
    """The function, with a role that may do what it needs."""
    iam = chamber.client("iam")
    trust = document(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName="rotator", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allowed = document(Action="secretsmanager:*", Resource="*")
    iam.put_role_policy(RoleName="rotator", PolicyName="p", PolicyDocument=allowed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", CODE)
    made = chamber.client("lambda").create_function(
        FunctionName="rotate",
        Runtime="python3.11",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=60,
    )
    return str(made["FunctionArn"])


def allow_invoking(chamber: Chamber, principal: str) -> None:
    chamber.client("lambda").add_permission(
        FunctionName="rotate",
        StatementId=principal.partition(".")[0],
        Action="lambda:InvokeFunction",
        Principal=principal,
    )


@pytest.mark.slow
def test_a_real_function_rotates_a_secret() -> None:
    with Chamber(seed=1, account=ONE, start="2026-01-01T12:30:00Z", iam="enforce") as chamber:
        function = make_function(chamber)
        secrets = chamber.client("secretsmanager")
        secrets.create_secret(Name="a", SecretString="v", ClientRequestToken=token(1))
        request = {
            "SecretId": "a",
            "RotationLambdaARN": function,
            "RotationRules": DAYS,
            "ClientRequestToken": token(2),
        }
        allow_invoking(chamber, "s3.amazonaws.com")
        code, message = refusal(secrets.rotate_secret, **request)
        assert code == "AccessDeniedException"
        assert message.startswith("Secrets Manager cannot invoke the specified Lambda function.")
        allow_invoking(chamber, "secretsmanager.amazonaws.com")
        secrets.rotate_secret(**request)
        chamber.advance("1m")
        assert value(secrets, "a") == "v+"
        assert stages(secrets, "a") == {token(1): ["AWSPREVIOUS"], token(2): ["AWSCURRENT"]}
        chamber.run_until("2026-01-31T00:01:00Z")
        assert value(secrets, "a") == "v++"
        # The third rotation makes a value that fails its test: the secret stays as it is.
        chamber.run_until("2026-03-02T00:10:00Z")
        assert value(secrets, "a") == "v++"
        arn = secrets.describe_secret(SecretId="a")["ARN"]
        failed = [e for e in chamber.events(arn) if e["what"].endswith("rotation-failed")]
        assert failed[0]["sentence"].startswith("testSecret of a failed, attempt 1:")
