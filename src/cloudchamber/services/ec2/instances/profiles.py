"""IAM instance profiles of instances: associate, replace, disassociate, describe.

Rules of this file: an instance has one profile at most. That a profile exists is asked of IAM, and
whether the caller may pass its role on; what the role may do is IAM's matter.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/attach-iam-role.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.instances.lookup import expect_instance, is_live
from cloudchamber.services.ec2.instances.nouns import PROFILE, Instance, ProfileAssociation
from cloudchamber.services.ec2.refusals import missing_parameter

_SERVICE: Final = "ec2.amazonaws.com"


def expect_profile(call: Call, given: Mapping[str, Any]) -> tuple[str, str]:
    """(ARN, id) of a profile given by name or ARN; ("", "") for none. Raises
    InvalidParameterValue."""
    name, arn = given.get("Name"), given.get("Arn")
    if not name and not arn:
        return "", ""
    if name and arn:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter 'iamInstanceProfile.name' may not be used in combination with "
            "'iamInstanceProfile.arn'",
        )
    wanted = name or str(arn).rpartition("/")[2]
    try:
        answer = call.invoke(
            "iam", "GetInstanceProfile", {"InstanceProfileName": wanted}, principal=_SERVICE
        )
    except AwsError as error:
        raise _invalid(name, arn) from error
    profile = answer["InstanceProfile"]
    if arn and profile["Arn"] != arn:
        raise _invalid(name, arn)
    for role in profile.get("Roles", ()):
        require(call, "iam:PassRole", role["Arn"], extra={"iam:PassedToService": (_SERVICE,)})
    return profile["Arn"], profile["InstanceProfileId"]


def give_profile(call: Call, instance: Instance, arn: str, identifier: str) -> ProfileAssociation:
    """Associate a profile with an instance that has none."""
    association = ProfileAssociation(
        id=kinds.new_id(call, PROFILE.prefix),
        owner=call.account,
        instance=instance.id,
        profile_arn=arn,
        profile_id=identifier,
        changed_ns=call.now,
    )
    kinds.add(call, PROFILE, association)
    instance.profile = association.id
    return association


def take_profile(call: Call, instance: Instance) -> None:
    """The instance is gone, or its profile is taken away."""
    association = call.rows(PROFILE.table).get(instance.profile)
    if association is not None:
        kinds.remove(call, PROFILE, association)
    instance.profile = ""


def associate_iam_instance_profile(call: Call, request: Input) -> Output:
    """Give an instance a profile."""
    instance = expect_instance(call, _expect(request, "InstanceId"))
    arn, identifier = _expect_given(call, request)
    _expect_alive(instance)
    if instance.profile:
        raise AwsError(
            "IncorrectState", f"There is an existing association for instance {instance.id}"
        )
    association = give_profile(call, instance, arn, identifier)
    # AWS answers before it is done.
    return {"IamInstanceProfileAssociation": {**_view(call, association), "State": "associating"}}


def replace_iam_instance_profile_association(call: Call, request: Input) -> Output:
    """Give an instance another profile than it has."""
    before = kinds.expect(call, PROFILE, _expect(request, "AssociationId"))
    arn, identifier = _expect_given(call, request)
    instance = expect_instance(call, before.instance)
    take_profile(call, instance)
    association = give_profile(call, instance, arn, identifier)
    return {"IamInstanceProfileAssociation": {**_view(call, association), "State": "associating"}}


def disassociate_iam_instance_profile(call: Call, request: Input) -> Output:
    """Take an instance's profile away."""
    association = kinds.expect(call, PROFILE, _expect(request, "AssociationId"))
    shown = {**_view(call, association), "State": "disassociating"}
    take_profile(call, expect_instance(call, association.instance))
    return {"IamInstanceProfileAssociation": shown}


def describe_iam_instance_profile_associations(call: Call, request: Input) -> Output:
    """The account's associations."""
    return describe(call, request, _DESCRIPTION)


def profile_view(call: Call, instance: Instance) -> dict[str, str] | None:
    """The member IamInstanceProfile of an instance."""
    association = call.rows(PROFILE.table).get(instance.profile)
    if association is None:
        return None
    return {"Arn": association.profile_arn, "Id": association.profile_id}


def _view(call: Call, association: ProfileAssociation) -> dict[str, Any]:
    return {
        "AssociationId": association.id,
        "InstanceId": association.instance,
        "IamInstanceProfile": {"Arn": association.profile_arn, "Id": association.profile_id},
        "State": association.state,
        "Timestamp": association.changed_ns / SECOND_NS,
    }


def _expect(request: Input, member: str) -> str:
    value: str = request.get(member, "")
    if not value:
        raise missing_parameter(member)
    return value


def _expect_given(call: Call, request: Input) -> tuple[str, str]:
    given = request.get("IamInstanceProfile", {})
    if not given:
        raise missing_parameter("IamInstanceProfile")
    arn, identifier = expect_profile(call, given)
    if not arn:
        raise missing_parameter("IamInstanceProfile")
    return arn, identifier


def _expect_alive(instance: Instance) -> None:
    if not is_live(instance):
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'running' or 'stopped' state.",
        )


def _invalid(name: str | None, arn: str | None) -> AwsError:
    member, value, said = ("name", name, "name") if name else ("arn", arn, "ARN")
    return AwsError(
        "InvalidParameterValue",
        f"Value ({value}) for parameter iamInstanceProfile.{member} is invalid. Invalid IAM "
        f"Instance Profile {said}",
    )


_DESCRIPTION: Final[Description[ProfileAssociation]] = Description(
    kind=PROFILE,
    ids="AssociationIds",
    answer="IamInstanceProfileAssociations",
    view=_view,
    filters=MappingProxyType(
        {
            "instance-id": lambda call, row: (row.instance,),
            "state": lambda call, row: (row.state,),
        }
    ),
)
