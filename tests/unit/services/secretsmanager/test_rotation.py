"""Rotation: four steps by a function, on a schedule, with failures, retries and trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from tests.unit.services.secretsmanager.vault import (
    DAYS,
    FUNCTION,
    ONE,
    Functions,
    refusal,
    rotate,
    stages,
    token,
    value,
)

ALL = ["createSecret", "setSecret", "testSecret", "finishSecret"]


@pytest.fixture
def arn(secrets: Any) -> str:
    """A secret of value `v`."""
    made: str = secrets.create_secret(
        Name="a", SecretString="v", ClientRequestToken=token(1)
    )["ARN"]  # fmt: skip
    return made


def turn_on(secrets: Any, **more: Any) -> None:
    secrets.rotate_secret(
        **{
            "SecretId": "a",
            "RotationLambdaARN": FUNCTION,
            "RotationRules": DAYS,
            "ClientRequestToken": token(2),
            **more,
        }
    )


def whats(chamber: Chamber, arn: str) -> list[str]:
    return [each["what"].removeprefix("secretsmanager.") for each in chamber.events(arn)]


def test_a_rotation_takes_four_steps(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    turn_on(secrets)
    assert stages(secrets, "a")[token(2)] == ["AWSPENDING"]
    assert refusal(secrets.get_secret_value, SecretId="a", VersionStage="AWSPENDING") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
    )
    assert [each["VersionId"] for each in
            secrets.list_secret_version_ids(SecretId="a")["Versions"]] == [token(1)]  # fmt: skip
    chamber.advance("5s")
    assert functions.steps == ALL
    assert value(secrets, "a") == "v+"
    assert stages(secrets, "a")[token(1)] == ["AWSPREVIOUS"]
    shown = secrets.describe_secret(SecretId="a")
    assert shown["RotationEnabled"] is True
    assert shown["RotationRules"] == DAYS
    assert shown["LastRotatedDate"].isoformat() == "2026-01-01T12:30:04+00:00"
    assert shown["NextRotationDate"].isoformat() == "2026-01-31T23:59:59+00:00"
    assert "rotation-succeeded" in whats(chamber, arn)


def test_it_goes_on_by_the_schedule(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    turn_on(secrets)
    chamber.run_until("2026-01-31T00:00:05Z")
    assert value(secrets, "a") == "v++"
    chamber.run_until("2026-03-02T00:00:05Z")
    assert value(secrets, "a") == "v+++"
    assert functions.steps == ALL * 3
    chamber.run_until_idle()  # a schedule keeps no chamber busy
    assert chamber.now < "2026-04"


def test_hours_and_cron(secrets: Any, chamber: Chamber, functions: Functions, arn: str) -> None:
    turn_on(secrets, RotationRules={"ScheduleExpression": "rate(4 hours)"})
    chamber.advance("5s")
    assert secrets.describe_secret(SecretId="a")["NextRotationDate"].isoformat() == (
        "2026-01-01T16:59:59+00:00"
    )
    chamber.run_until("2026-01-01T16:00:05Z")
    assert value(secrets, "a") == "v++"
    rules = {"ScheduleExpression": "cron(0 16 1,15 * ? *)", "Duration": "2h"}
    secrets.rotate_secret(SecretId="a", RotationRules=rules, ClientRequestToken=token(3))
    chamber.advance("5s")
    assert secrets.describe_secret(SecretId="a")["NextRotationDate"].isoformat() == (
        "2026-01-15T17:59:59+00:00"
    )
    chamber.run_until("2026-01-15T16:00:05Z")
    assert value(secrets, "a") == "v++++"


@pytest.mark.parametrize("lifecycle", ["realistic", "adversarial"])
def test_a_window_is_kept(lifecycle: Any) -> None:
    with Chamber(seed=3, account=ONE, start="2026-01-01T12:30:00Z", lifecycle=lifecycle) as chamber:
        functions = Functions()
        chamber.cloud.registry._loaded["lambda"] = functions.service
        chamber.cloud.registry._on_load(functions.service)
        secrets = chamber.client("secretsmanager")
        secrets.create_secret(Name="a", SecretString="v", ClientRequestToken=token(1))
        turn_on(secrets, RotationRules={**DAYS, "Duration": "3h"})
        chamber.run_until("2026-01-31T00:00:00Z")
        assert len(functions.steps) == 4
        chamber.run_until("2026-01-31T03:00:10Z")
        assert len(functions.steps) == 8


def test_a_value_by_hand_counts_as_a_rotation(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    turn_on(secrets)
    chamber.run_until("2026-01-21T12:00:00Z")
    secrets.put_secret_value(SecretId="a", SecretString="w", ClientRequestToken=token(3))
    chamber.run_until("2026-02-19T12:00:00Z")
    assert value(secrets, "a") == "w"
    chamber.run_until("2026-02-20T12:00:00Z")
    assert value(secrets, "a") == "w+"


def failing(times: int, at: str = "setSecret") -> Callable[[Call, str, str, str], None]:
    left = [times]

    def do(call: Call, step: str, secret: str, version: str) -> None:
        if step == at and left[0]:
            left[0] -= 1
            raise AwsError("Boom", "no database")
        rotate_once(call, step, secret, version)

    return do


def rotate_once(call: Call, step: str, secret: str, version: str) -> None:
    """Like AWS's template: what createSecret has made once it does not make again."""
    if step == "createSecret":
        about = {"SecretId": secret, "VersionId": version}
        try:
            call.invoke("secretsmanager", "GetSecretValue", about)
        except AwsError:
            rotate(call, step, secret, version)
    else:
        rotate(call, step, secret, version)


def test_what_fails_is_begun_again(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    functions.do = failing(2)
    turn_on(secrets)
    chamber.advance("3s")
    assert functions.steps == ALL[:2]
    assert value(secrets, "a") == "v"
    assert refusal(secrets.rotate_secret, SecretId="a") == (
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    )
    told = [each for each in chamber.events(arn) if each["what"].endswith("rotation-failed")]
    assert told[0]["sentence"] == "setSecret of a failed, attempt 1: no database"
    chamber.advance("3h")
    assert functions.steps == ALL[:2] * 2 + ALL
    assert value(secrets, "a") == "v+"


def test_after_five_attempts_the_next_window_is_waited_for(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    functions.do = failing(5)
    turn_on(secrets)
    chamber.advance("1d")
    assert functions.steps == ALL[:2] * 5
    assert secrets.describe_secret(SecretId="a")["NextRotationDate"].isoformat() == (
        "2026-01-31T23:59:59+00:00"
    )
    pending = stages(secrets, "a")
    assert pending[token(2)] == ["AWSPENDING"]
    # As AWS warns: a version left behind by a failure is in the way until it is cleared.
    chamber.run_until("2026-01-31T00:00:10Z")
    assert value(secrets, "a") == "v"
    assert "rotation-skipped" in whats(chamber, arn)
    secrets.update_secret_version_stage(
        SecretId="a", VersionStage="AWSPENDING", RemoveFromVersionId=token(2)
    )
    chamber.run_until("2026-03-10T00:00:00Z")
    assert value(secrets, "a") == "v+"


def test_a_function_that_finishes_nothing_has_failed(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    functions.do = lambda call, step, secret, version: None
    turn_on(secrets)
    chamber.advance("10s")
    assert value(secrets, "a") == "v"
    told = [each for each in chamber.events(arn) if each["what"].endswith("rotation-failed")]
    assert told[0]["sentence"].endswith("finishSecret left AWSCURRENT where it was")


def test_a_function_that_never_answers(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    functions.is_silent = True
    turn_on(secrets)
    chamber.advance("1h")
    told = [each for each in chamber.events(arn) if each["what"].endswith("rotation-failed")]
    assert told[0]["sentence"].endswith("the function did not answer")


def test_cancelling(secrets: Any, chamber: Chamber, functions: Functions, arn: str) -> None:
    turn_on(secrets)
    chamber.advance("1500ms")
    answer = secrets.cancel_rotate_secret(SecretId="a")
    assert answer["VersionId"] == token(2)
    chamber.advance("60d")
    assert functions.steps == ALL[:2]
    assert value(secrets, "a") == "v"
    shown = secrets.describe_secret(SecretId="a")
    assert shown["RotationEnabled"] is False
    assert shown["RotationLambdaARN"] == FUNCTION
    assert "NextRotationDate" not in shown
    assert "AWSPENDING" in stages(secrets, "a")[token(2)]


def test_deletion_stops_a_schedule_and_restoring_resumes_it(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    turn_on(secrets)
    chamber.advance("10s")
    secrets.delete_secret(SecretId="a")
    chamber.advance("20d")
    secrets.restore_secret(SecretId="a")
    assert "NextRotationDate" in secrets.describe_secret(SecretId="a")
    chamber.run_until("2026-02-01T00:00:00Z")
    assert value(secrets, "a") == "v++"


def test_a_trial_leaves_nothing_behind(
    secrets: Any, chamber: Chamber, functions: Functions, arn: str
) -> None:
    turn_on(secrets, RotateImmediately=False)
    chamber.advance("10s")
    assert functions.steps == ["testSecret"]
    assert stages(secrets, "a") == {token(1): ["AWSCURRENT"]}
    assert "rotation-test-passed" in whats(chamber, arn)
    shown = secrets.describe_secret(SecretId="a")
    assert "LastRotatedDate" not in shown
    assert shown["NextRotationDate"].isoformat() == "2026-01-31T23:59:59+00:00"
    chamber.run_until("2026-01-31T00:00:10Z")
    assert value(secrets, "a") == "v+"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"RotationLambdaARN": None}, "InvalidRequestException"),
        ({"RotationRules": None}, "InvalidParameterException"),
        ({"RotationRules": {}}, "InvalidParameterException"),
        (
            {"RotationRules": {**DAYS, "ScheduleExpression": "rate(3 days)"}},
            "InvalidParameterException",
        ),
        ({"RotationRules": {"ScheduleExpression": "rate(3 hours)"}}, "InvalidParameterException"),
        ({"RotationRules": {"ScheduleExpression": "sometimes"}}, "InvalidParameterException"),
        ({"RotationRules": {**DAYS, "Duration": "25h"}}, "InvalidParameterException"),
        ({"ExternalSecretRotationRoleArn": "arn:aws:iam::1:role/x"}, "NotImplemented"),
    ],
)
def test_what_cannot_be_rotated(
    secrets: Any, functions: Functions, arn: str, request_: dict[str, Any], code: str
) -> None:
    whole = {
        "SecretId": "a",
        "RotationLambdaARN": FUNCTION,
        "RotationRules": DAYS,
        **request_,
    }
    given_ = {name: each for name, each in whole.items() if each is not None}
    assert refusal(secrets.rotate_secret, **given_)[0] == code
    assert stages(secrets, "a") == {token(1): ["AWSCURRENT"]}


def test_a_function_that_may_not_be_invoked(
    secrets: Any, functions: Functions, arn: str
) -> None:  # fmt: skip
    functions.refuses = True
    code, message = refusal(
        secrets.rotate_secret, SecretId="a", RotationLambdaARN=FUNCTION, RotationRules=DAYS
    )
    assert code == "AccessDeniedException"
    assert message == (
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
        "policy grants access to the principal secretsmanager.amazonaws.com."
    )
    assert "RotationEnabled" not in secrets.describe_secret(SecretId="a")
