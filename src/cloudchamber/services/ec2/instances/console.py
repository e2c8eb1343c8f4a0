"""What an instance says of itself, and is said of it: GetConsoleOutput, GetPasswordData,
ReportInstanceStatus.

Rules of this file: an instance here has no processor and prints nothing, and that is what is said.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.instances.lookup import expect_instance, expect_instances
from cloudchamber.services.ec2.refusals import missing_parameter


def get_console_output(call: Call, request: Input) -> Output:
    """No output: AWS leaves the member out as long as nothing was printed."""
    identifier = request.get("InstanceId")
    if not identifier:
        raise missing_parameter("InstanceId")
    instance = expect_instance(call, identifier)
    return {"InstanceId": instance.id, "Timestamp": call.now_s}


def get_password_data(call: Call, request: Input) -> Output:
    """No password: no Windows here has made one. AWS answers so for some minutes after a boot."""
    identifier = request.get("InstanceId")
    if not identifier:
        raise missing_parameter("InstanceId")
    instance = expect_instance(call, identifier)
    return {"InstanceId": instance.id, "Timestamp": call.now_s, "PasswordData": ""}


def report_instance_status(call: Call, request: Input) -> Output:
    """Take notice of a report; it changes no status, at AWS neither."""
    expect_instances(call, request.get("Instances", ()))
    if not request.get("Status"):
        raise missing_parameter("status")
    if not request.get("ReasonCodes"):
        raise missing_parameter("reasonCode")
    return {}
