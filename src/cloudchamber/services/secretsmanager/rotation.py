"""Rotation: by a Lambda function, step by step, in the windows of a schedule.

Rules of this file: a run is data in its secret. Each step is an asynchronous invocation in the name
of Secrets Manager, and the next begins when Lambda tells (fact `lambda.invocation-ended`) that it
went well. A run that fails is begun again from its first step. Schedules are weak events: a chamber
that runs until nothing is left to happen does not rotate for ever.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager import engine
from cloudchamber.services.secretsmanager.lifecycle import ATTEMPTS, OVERDUE_NS, RETRY_NS
from cloudchamber.services.secretsmanager.lookup import (
    expect_primary,
    find_by_arn,
    find_staged,
    invalid_parameter,
    invalid_request,
)
from cloudchamber.services.secretsmanager.nouns import (
    CURRENT,
    PENDING,
    Rotation,
    Rules,
    Run,
    Secret,
    Version,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DUE: Final = "secretsmanager.rotation-due"
RETRY: Final = "secretsmanager.rotation-retry"
OVERDUE: Final = "secretsmanager.rotation-overdue"
ENDED: Final = "lambda.invocation-ended"
STEPS: Final = ("createSecret", "setSecret", "testSecret", "finishSecret")
TEST: Final = "testSecret"
_PRINCIPAL: Final = "secretsmanager.amazonaws.com"


def rotate_secret(call: Call, request: Input) -> Output:
    """Set how a secret is rotated, and begin. Raises InvalidRequestException, ..."""
    secret = expect_primary(call, request["SecretId"])
    for member in ("ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn"):
        if member in request:
            raise Refused("secretsmanager", "RotateSecret", f"{member}: no partner rotates secrets")
    old = secret.rotation
    function = request.get("RotationLambdaARN") or (old.function if old is not None else "")
    if not function:
        raise invalid_request("No Lambda rotation function ARN is associated with this secret.")
    rules = _rules(request, old)
    _check_pending(secret)
    arn = find_arn(function)
    if arn is not None and arn.account == call.caller.account:
        # "You also need lambda:InvokeFunction permissions on the rotation function."
        require(call, "lambda:InvokeFunction", function)
    now = request.get("RotateImmediately", True)
    rotation = Rotation(
        function=function, rules=rules, rotated_ns=old.rotated_ns if old is not None else 0
    )
    token = request.get("ClientRequestToken") or call.stream(secret.arn, "rotation").uuid()
    run = Run(
        id=token,
        token=call.stream(secret.arn, "rotation-token").uuid(),
        step=STEPS[0] if now else TEST,
        is_test=not now,
    )
    _invoke(call, secret, function, run)
    if old is not None:
        _forget(call, old)
    secret.rotation = rotation
    _begin(call, secret, rotation, run)
    if not now:
        _schedule(call, secret, rotation)
    secret.changed_ns = call.now
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}


def _rules(request: Input, old: Rotation | None) -> Rules:
    given = request.get("RotationRules")
    if given is None:
        if old is None:
            raise invalid_parameter("You must specify RotationRules to turn on rotation.")
        return old.rules
    rules = Rules(
        given.get("AutomaticallyAfterDays", 0),
        given.get("ScheduleExpression", ""),
        given.get("Duration", ""),
    )
    try:
        engine.check_rules(rules)
    except engine.BadRules as error:
        raise invalid_parameter(str(error)) from None
    return rules


def _check_pending(secret: Secret) -> None:
    pending = find_staged(secret, PENDING)
    if pending is not None and CURRENT not in pending.stages:
        raise invalid_request(
            "A previous rotation isn't complete. That rotation will be reattempted."
        )


def check_token(secret: Secret, token: str | None) -> None:
    """Raises InvalidParameterException for a RotationToken that no rotation gave."""
    if token is None:
        return
    run = secret.rotation.run if secret.rotation is not None else None
    if run is None or run.token != token:
        raise invalid_parameter("The RotationToken is not that of a rotation in progress.")


def cancel_rotate_secret(call: Call, request: Input) -> Output:
    """Turn rotation off. A version that was begun keeps its AWSPENDING, as AWS warns."""
    secret = expect_primary(call, request["SecretId"])
    rotation = secret.rotation
    output: Output = {"ARN": secret.arn, "Name": secret.name}
    if rotation is None:
        return output
    if rotation.run is not None:
        output["VersionId"] = rotation.run.id
    halt(call, secret)
    rotation.is_enabled = False
    secret.changed_ns = call.now
    return output


def halt(call: Call, secret: Secret) -> None:
    """Take back all that a rotation has under way or planned."""
    if secret.rotation is not None:
        _forget(call, secret.rotation)


def resume(call: Call, secret: Secret) -> None:
    """A secret came back from its deletion: its schedule goes on."""
    rotation = secret.rotation
    if rotation is not None and rotation.is_enabled and not rotation.event:
        _schedule(call, secret, rotation)


def restart_days(call: Call, secret: Secret) -> None:
    """A new value by hand "is considered a valid rotation" by AutomaticallyAfterDays."""
    rotation = secret.rotation
    if rotation is None or not rotation.is_enabled or not rotation.rules.days:
        return
    if rotation.run is None:
        call.cancel(rotation.event)
        _schedule(call, secret, rotation, since_ns=call.now)


def _forget(call: Call, rotation: Rotation) -> None:
    call.cancel(rotation.event)
    rotation.event = rotation.next_ns = 0
    if rotation.run is not None:
        call.cancel(rotation.run.event)
        rotation.run = None


# The schedule


def _schedule(call: Call, secret: Secret, rotation: Rotation, since_ns: int = 0) -> None:
    since_ns = since_ns or rotation.rotated_ns or call.now
    window = engine.window_after(rotation.rules, call.now // SECOND_NS, since_ns // SECOND_NS)
    rotation.event = rotation.next_ns = 0
    if window is None:
        return
    # "Secrets Manager rotates your secret at any time during the rotation window."
    profile = call.cloud.settings.lifecycle
    at_s = window.start_s
    if profile == "realistic":
        at_s += call.stream(secret.arn, "window").below(window.end_s - window.start_s)
    elif profile == "adversarial":
        at_s = window.end_s - 1
    rotation.next_ns = (window.end_s - 1) * SECOND_NS
    rotation.event = call.at(at_s * SECOND_NS, DUE, secret.arn, weak=True)


def due(call: Call, arn: str) -> None:
    """The time of a rotation has come."""
    secret = find_by_arn(call, arn)
    rotation = secret.rotation if secret is not None else None
    if secret is None or rotation is None or not rotation.is_enabled:
        return
    rotation.event = 0
    pending = find_staged(secret, PENDING)
    if rotation.run is not None or (pending is not None and CURRENT not in pending.stages):
        call.event(arn, "secretsmanager.rotation-skipped", f"{secret.name} is still being rotated")
        _schedule(call, secret, rotation)
        return
    run = Run(
        id=call.stream(arn, "rotation").uuid(),
        token=call.stream(arn, "rotation-token").uuid(),
        step=STEPS[0],
    )
    _begin(call, secret, rotation, run)
    _try(call, secret, rotation, run)


# A run


def _begin(call: Call, secret: Secret, rotation: Rotation, run: Run) -> None:
    rotation.run = run
    if run.id not in secret.versions:
        secret.versions[run.id] = Version(id=run.id, created_ns=call.now)
    engine.move_stages(secret, run.id, [PENDING])
    _watch(call, secret, run)
    what = "tested" if run.is_test else "started"
    call.event(
        secret.arn,
        f"secretsmanager.rotation-{what}",
        f"the rotation of {secret.name} was {what}",
        {"version": run.id, "attempt": run.attempt},
    )


def _watch(call: Call, secret: Secret, run: Run) -> None:
    call.cancel(run.event)
    run.event = call.after(OVERDUE_NS, OVERDUE, secret.arn, run.id, weak=True)


def _try(call: Call, secret: Secret, rotation: Rotation, run: Run) -> None:
    """Invoke the present step; what cannot be invoked has failed."""
    try:
        _invoke(call, secret, rotation.function, run)
    except AwsError as error:
        _failed(call, secret, rotation, run, error.message)
    else:
        _watch(call, secret, run)


def _invoke(call: Call, secret: Secret, function: str, run: Run) -> None:
    """Raises what Lambda answers; AccessDeniedException in Secrets Manager's words."""
    arn = find_arn(function)
    payload = {
        "Step": run.step,
        "SecretId": secret.arn,
        "ClientRequestToken": run.id,
        "RotationToken": run.token,
    }
    try:
        call.invoke(
            "lambda",
            "Invoke",
            {
                "FunctionName": function,
                "InvocationType": "Event",
                "Payload": msgspec.json.encode(payload),
            },
            principal=_PRINCIPAL,
            account=arn.account if arn is not None else None,
            region=arn.region if arn is not None else None,
        )
    except Refused:
        raise
    except AwsError as error:
        raise AwsError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
            "policy grants access to the principal secretsmanager.amazonaws.com.",
        ) from error


def ended(call: Call, data: Mapping[str, Any]) -> None:
    """Fact `lambda.invocation-ended`: maybe a step of ours.

    `data` has the invocation's `payload` (bytes), `is_error`, and `error`, a sentence.
    """
    found = _step_of(data)
    if found is None:
        return
    secret_arn, version_id, step = found
    secret = find_by_arn(call, secret_arn)
    rotation = secret.rotation if secret is not None else None
    run = rotation.run if rotation is not None else None
    if secret is None or rotation is None or run is None:
        return
    if run.id != version_id or run.step != step:
        return
    if data.get("is_error"):
        _failed(call, secret, rotation, run, str(data.get("error", "")))
    elif run.is_test or step == STEPS[-1]:
        _finished(call, secret, rotation, run)
    else:
        run.step = STEPS[STEPS.index(step) + 1]
        _try(call, secret, rotation, run)


def _step_of(data: Mapping[str, Any]) -> tuple[str, str, str] | None:
    try:
        event = msgspec.json.decode(data["payload"])
    except msgspec.DecodeError:
        return None
    if not isinstance(event, dict) or event.get("Step") not in STEPS:
        return None
    return str(event.get("SecretId")), str(event.get("ClientRequestToken")), event["Step"]


def _finished(call: Call, secret: Secret, rotation: Rotation, run: Run) -> None:
    if run.is_test:
        _end(call, secret, rotation, run)
        _drop_empty(secret, run)
        call.event(
            secret.arn, "secretsmanager.rotation-test-passed", f"{secret.name} can be rotated"
        )
        return
    version = secret.versions.get(run.id)
    if version is None or CURRENT not in version.stages:
        why = f"finishSecret left {CURRENT} where it was"
        _failed(call, secret, rotation, run, why)
        return
    # "The AWSPENDING staging label might be attached to the same version as AWSCURRENT, or it might
    # not be attached to any version": here it goes, so that it is not in the way later.
    version.stages = [each for each in version.stages if each != PENDING]
    _end(call, secret, rotation, run)
    rotation.rotated_ns = call.now
    _schedule(call, secret, rotation)
    call.event(
        secret.arn,
        "secretsmanager.rotation-succeeded",
        f"{secret.name} was rotated",
        {"version": run.id},
    )


def _end(call: Call, secret: Secret, rotation: Rotation, run: Run) -> None:
    call.cancel(run.event)
    rotation.run = None
    secret.changed_ns = call.now


def _drop_empty(secret: Secret, run: Run) -> None:
    """A trial leaves nothing behind."""
    version = secret.versions.get(run.id)
    if version is None:
        return
    version.stages = [each for each in version.stages if each != PENDING]
    if version.sealed is None:
        del secret.versions[run.id]


def _failed(call: Call, secret: Secret, rotation: Rotation, run: Run, why: str) -> None:
    call.cancel(run.event)
    call.event(
        secret.arn,
        "secretsmanager.rotation-failed",
        f"{run.step} of {secret.name} failed, attempt {run.attempt}: {why}",
        {"version": run.id, "step": run.step, "attempt": run.attempt},
    )
    if run.is_test or run.attempt >= ATTEMPTS:
        _end(call, secret, rotation, run)
        if run.is_test:
            _drop_empty(secret, run)
        elif not rotation.event:
            _schedule(call, secret, rotation)
        return
    run.attempt += 1
    run.step = STEPS[0]
    run.event = call.after(RETRY_NS, RETRY, secret.arn, run.id)


def _run_of(call: Call, arn: str, version_id: str) -> tuple[Secret, Rotation, Run] | None:
    secret = find_by_arn(call, arn)
    rotation = secret.rotation if secret is not None else None
    run = rotation.run if rotation is not None else None
    if secret is None or rotation is None or run is None or run.id != version_id:
        return None
    return secret, rotation, run


def retry(call: Call, arn: str, version_id: str) -> None:
    """A run that failed begins again."""
    found = _run_of(call, arn, version_id)
    if found is not None:
        _try(call, *found)


def overdue(call: Call, arn: str, version_id: str) -> None:
    """A step has said nothing for longer than any function runs."""
    found = _run_of(call, arn, version_id)
    if found is not None:
        _failed(call, *found, "the function did not answer")
