"""Instance profiles: the envelope in which a role is handed to an EC2 instance.

Rules of this file: one role at most per profile. Putting a role in hands it to EC2, so the caller
needs iam:PassRole on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.identifiers import INSTANCE_PROFILE, arn_of, unique_id
from cloudchamber.services.iam.kinds import (
    ROLE,
    expect_modifiable,
    expect_profile,
    expect_role,
    handler_of,
)
from cloudchamber.services.iam.listing import listed, listed_rows
from cloudchamber.services.iam.nouns import PROFILES, ROLES, InstanceProfile, Role, key_of
from cloudchamber.services.iam.views import profile_item, profile_view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_QUOTA = "InstanceSessionsPerInstanceProfile"


def create_instance_profile(call: Call, request: Input) -> Output:
    """CreateInstanceProfile, empty."""
    name, path = request["InstanceProfileName"], request.get("Path", "/")
    rows = call.rows(PROFILES)
    if key_of(name) in rows:
        raise refusals.already_exists(f"Instance Profile {name} already exists.")
    if len(rows) >= call.quota("InstanceProfilesPerAccount"):
        limit = call.quota("InstanceProfilesPerAccount")
        raise refusals.over_quota("InstanceProfilesPerAccount", limit)
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    arn = arn_of(call, "instance-profile", path, name)
    profile = InstanceProfile(
        name=name,
        path=path,
        id=unique_id(call, INSTANCE_PROFILE, arn),
        arn=arn,
        created_ns=call.now,
        tags=new_tags,
    )
    rows[key_of(name)] = profile
    return {"InstanceProfile": profile_view(profile, None)}


def get_instance_profile(call: Call, request: Input) -> Output:
    """GetInstanceProfile, with its role and tags."""
    profile = expect_profile(call, request["InstanceProfileName"])
    return {"InstanceProfile": profile_view(profile, role_of(call, profile))}


def list_instance_profiles(call: Call, request: Input) -> Output:
    """ListInstanceProfiles, by name."""
    return listed_rows(
        request, "InstanceProfiles", call.rows(PROFILES), lambda profile: item(call, profile)
    )


def list_instance_profiles_for_role(call: Call, request: Input) -> Output:
    """ListInstanceProfilesForRole, by name."""
    return listed(
        request,
        "InstanceProfiles",
        profiles_of(call, expect_role(call, request["RoleName"])),
        lambda profile: key_of(profile.name),
        lambda profile: item(call, profile),
    )


def delete_instance_profile(call: Call, request: Input) -> Output:
    """DeleteInstanceProfile: only an empty one."""
    profile = expect_profile(call, request["InstanceProfileName"])
    if profile.role:
        raise refusals.must_go_first("remove roles from instance profile")
    del call.rows(PROFILES)[key_of(profile.name)]
    return {}


def add_role_to_instance_profile(call: Call, request: Input) -> Output:
    """AddRoleToInstanceProfile. A profile that has a role takes no other, nor the same again."""
    profile = expect_profile(call, request["InstanceProfileName"])
    role: Role = expect_modifiable(call, ROLE, request["RoleName"])
    if profile.role:
        raise refusals.over_quota(_QUOTA, call.quota(_QUOTA))
    require(call, "iam:PassRole", role.arn, extra={"iam:PassedToService": ("ec2.amazonaws.com",)})
    profile.role = key_of(role.name)
    role.profiles.append(key_of(profile.name))
    return {}


def remove_role_from_instance_profile(call: Call, request: Input) -> Output:
    """RemoveRoleFromInstanceProfile. Raises NoSuchEntity when that role is not in it."""
    profile = expect_profile(call, request["InstanceProfileName"])
    role: Role = expect_modifiable(call, ROLE, request["RoleName"])
    if profile.role != key_of(role.name):
        raise refusals.no_such_entity(
            f"Role {role.name} in Instance Profile {profile.name} cannot be found."
        )
    profile.role = ""
    role.profiles.remove(key_of(profile.name))
    return {}


def role_of(call: Call, profile: InstanceProfile) -> Role | None:
    """The role in a profile, or None."""
    return call.rows(ROLES)[profile.role] if profile.role else None


def profiles_of(call: Call, role: Role) -> list[InstanceProfile]:
    """The profiles that hold a role, by name."""
    rows = call.rows(PROFILES)
    return [rows[key] for key in sorted(role.profiles)]


def item(call: Call, profile: InstanceProfile) -> dict[str, Any]:
    """A profile in a listing, with its role."""
    return profile_item(profile, role_of(call, profile))


def _find(call: Call, request: Input) -> InstanceProfile:
    return expect_profile(call, request["InstanceProfileName"])


tag_instance_profile = handler_of(tags.tag, _find)
untag_instance_profile = handler_of(tags.untag, _find)
list_instance_profile_tags = handler_of(tags.list_tags, _find)
