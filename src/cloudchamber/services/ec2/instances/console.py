"""What an instance printed: GetConsoleOutput, GetConsoleScreenshot, GetPasswordData.

Rules of this file: an instance here has no processor and prints nothing, and that is what is said.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.instances.lookup import expect_instance
from cloudchamber.services.ec2.refusals import missing_parameter


def get_console_output(call: Call, request: Input) -> Output:
    """No output: AWS leaves the member out as long as nothing was printed."""
    identifier = request.get("InstanceId")
    if not identifier:
        raise missing_parameter("InstanceId")
    instance = expect_instance(call, identifier)
    return {"InstanceId": instance.id, "Timestamp": call.now_s}
