"""The three kinds of identity, and how each is looked up.

Rules of this file: lookups only. `find_x` may return None, `expect_x` answers NoSuchEntity in
AWS's words. Operations that exist for all three kinds take the kind as their first argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Handler, Input, Output
from cloudchamber.cloud.store import Table
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.nouns import (
    GROUPS,
    PROFILES,
    ROLES,
    USERS,
    Group,
    Identity,
    InstanceProfile,
    Role,
    User,
    key_of,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

First = TypeVar("First")
SERVICE_LINKED_PATH: Final = "/aws-service-role/"


class Kind(NamedTuple):
    """A kind of identity: AWS's noun for it, its rows, and the member that names it."""

    noun: str
    table: Table[Any]
    member: str

    @property
    def title(self) -> str:
        """The noun with a capital, as in PoliciesPerUser."""
        return self.noun.capitalize()


USER: Final = Kind("user", USERS, "UserName")
GROUP: Final = Kind("group", GROUPS, "GroupName")
ROLE: Final = Kind("role", ROLES, "RoleName")
KINDS: Final = (USER, GROUP, ROLE)


def handler_of(operation: Callable[[First, Call, Input], Output], first: First) -> Handler:
    """The handler of an operation that exists for several kinds of thing, for one of them."""

    def handler(call: Call, request: Input) -> Output:
        return operation(first, call, request)

    return handler


def find_identity(call: Call, kind: Kind, name: str) -> Identity | None:
    """The user, group or role of that name, in any case, or None."""
    found: Identity | None = call.rows(kind.table).get(key_of(name))
    return found


def expect_identity(call: Call, kind: Kind, name: str) -> Any:
    """The user, group or role of that name. Raises NoSuchEntity."""
    found = find_identity(call, kind, name)
    if found is None:
        raise refusals.not_found(kind.noun, name)
    return found


def expect_modifiable(call: Call, kind: Kind, name: str) -> Any:
    """Like `expect_identity`, for a change: service-linked roles belong to their service."""
    found = expect_identity(call, kind, name)
    if is_protected(found):
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{found.name}' - "
            "this role is only modifiable by AWS",
        )
    return found


def is_protected(row: Identity) -> bool:
    """Whether only an AWS service may change this identity."""
    return isinstance(row, Role) and row.path.startswith(SERVICE_LINKED_PATH)


def expect_user(call: Call, name: str) -> User:
    """The user of that name. Raises NoSuchEntity."""
    found: User = expect_identity(call, USER, name)
    return found


def expect_group(call: Call, name: str) -> Group:
    """The group of that name. Raises NoSuchEntity."""
    found: Group = expect_identity(call, GROUP, name)
    return found


def expect_role(call: Call, name: str) -> Role:
    """The role of that name. Raises NoSuchEntity."""
    found: Role = expect_identity(call, ROLE, name)
    return found


def expect_profile(call: Call, name: str) -> InstanceProfile:
    """The instance profile of that name. Raises NoSuchEntity."""
    found = call.rows(PROFILES).get(key_of(name))
    if found is None:
        raise refusals.no_such_entity(f"Instance Profile {name} cannot be found.")
    return found


def calling_user(call: Call) -> User | None:
    """The IAM user that makes this call, or None when the caller is somebody else."""
    if call.caller.kind != "user" or call.caller.account != call.account:
        return None
    found = call.rows(USERS).get(key_of(call.caller.name))
    return found if found is not None and found.id == call.caller.user_id else None


def named_or_calling_user(call: Call, request: Input) -> User:
    """The user that the request names, else the caller. Raises NoSuchEntity, ValidationError."""
    name = request.get("UserName")
    if name is not None:
        return expect_user(call, name)
    found = calling_user(call)
    if found is None:
        raise refusals.must_name_user()
    return found
