"""Service-linked roles: made for a service by its name, changed by nobody, deleted by request.

Rules of this file: the names are AWS's, per service; a service that is not in the table is refused
by name. Their protection is `kinds.expect_modifiable`. A session of such a role that is still
open does not hold its deletion up: no service tells here what it still uses.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cloudchamber.cloud.errors import Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.identifiers import ROLE as ROLE_ID
from cloudchamber.services.iam.identifiers import arn_of, unique_id
from cloudchamber.services.iam.kinds import SERVICE_LINKED_PATH, expect_role, is_protected
from cloudchamber.services.iam.lifecycle import DELETION_LIFE
from cloudchamber.services.iam.linked_services import SUFFIXED, find_linked_service
from cloudchamber.services.iam.managed import count, find_managed
from cloudchamber.services.iam.nouns import ROLES, Role, key_of
from cloudchamber.services.iam.proofs import DELETIONS, RoleDeletion
from cloudchamber.services.iam.roles import forget_role
from cloudchamber.services.iam.views import role_view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

ROLE_DELETED = "iam.linked-role-deleted"


def create_service_linked_role(call: Call, request: Input) -> Output:
    """CreateServiceLinkedRole."""
    service, suffix = request["AWSServiceName"], request.get("CustomSuffix", "")
    linked = find_linked_service(service)
    if linked is None:
        if not service.endswith(".amazonaws.com"):
            raise refusals.invalid_input(f"Invalid AWS service name: {service}")
        raise Refused("iam", call.operation_name, f"the role of {service} is not known here")
    if suffix and service not in SUFFIXED:
        raise refusals.invalid_input(f"Custom suffix is not allowed for {service}")
    name = f"{linked.role}_{suffix}" if suffix else linked.role
    rows = call.rows(ROLES)
    if key_of(name) in rows:
        raise refusals.invalid_input(
            f"Service role name {name} has been taken in this account, please try a different "
            "suffix."
        )
    if len(rows) >= call.quota("RolesPerAccount"):
        raise refusals.over_quota("RolesPerAccount", call.quota("RolesPerAccount"))
    path = f"{SERVICE_LINKED_PATH}{service}/"
    arn = arn_of(call, "role", path, name)
    policy = f"arn:{call.partition}:iam::aws:policy/aws-service-role/{linked.policy}"
    role = Role(
        name=name,
        path=path,
        id=unique_id(call, ROLE_ID, arn),
        arn=arn,
        created_ns=call.now,
        trust=_trust(service),
        description=request.get("Description"),
        attached=[policy] if find_managed(call.cloud, call.account, policy) is not None else [],
    )
    for attached in role.attached:
        count(call, attached, attached=1)
    rows[key_of(name)] = role
    return {"Role": role_view(role)}


def delete_service_linked_role(call: Call, request: Input) -> Output:
    """DeleteServiceLinkedRole: a task; asked again before it is done, the same task."""
    role = expect_role(call, request["RoleName"])
    if not is_protected(role):
        raise refusals.no_such_entity(f"The role {role.name} is not a service-linked role.")
    tasks = call.rows(DELETIONS)
    for task, row in tasks.items():
        if row.role == key_of(role.name) and row.status == DELETION_LIFE.initial:
            return {"DeletionTaskId": task}
    task = f"task{role.path}{role.name}/{call.stream(role.arn, 'deletion-task').uuid()}"
    tasks[task] = RoleDeletion(key_of(role.name), DELETION_LIFE.initial)
    delay_ns = DELETION_LIFE.delay_ns(call.cloud.settings.lifecycle, DELETION_LIFE.initial)
    if delay_ns:
        call.after(delay_ns, ROLE_DELETED, task)
    else:
        role_deleted(call, task)
    return {"DeletionTaskId": task}


def role_deleted(call: Call, task: str) -> None:
    """The task is done: the role is gone."""
    row = call.rows(DELETIONS)[task]
    row.status = DELETION_LIFE.move(row.status, "done")
    role = call.rows(ROLES)[row.role]
    for attached in role.attached:
        count(call, attached, attached=-1)
    forget_role(call, role)
    call.event(role.arn, ROLE_DELETED, f"the service-linked role {role.name} is deleted")


def get_service_linked_role_deletion_status(call: Call, request: Input) -> Output:
    """GetServiceLinkedRoleDeletionStatus."""
    task = request["DeletionTaskId"]
    found = call.rows(DELETIONS).get(task)
    if found is None:
        raise refusals.no_such_entity(f"The deletion task {task} cannot be found.")
    return {"Status": found.status}


def resource(call: Call, request: Input) -> str:
    """What permission is asked on: the role that the request makes or names."""
    if "RoleName" in request:
        found = call.rows(ROLES).get(key_of(request["RoleName"]))
        return found.arn if found is not None else arn_of(call, "role", "/", request["RoleName"])
    linked = find_linked_service(request["AWSServiceName"])
    path = f"{SERVICE_LINKED_PATH}{request['AWSServiceName']}/"
    return arn_of(call, "role", path, linked.role if linked is not None else "*")


def task_role(call: Call, request: Input) -> str:
    """The role that a deletion task is about: `task/aws-service-role/<service>/<name>/<id>`."""
    _, _, rest = request["DeletionTaskId"].partition("task/")
    return arn_of(call, "role", "/", rest.rpartition("/")[0] or "*")


def service_named(call: Call, request: Input) -> dict[str, tuple[str, ...]]:
    """The condition key iam:AWSServiceName."""
    if "AWSServiceName" in request:
        return {"iam:AWSServiceName": (request["AWSServiceName"],)}
    found = call.rows(ROLES).get(key_of(request.get("RoleName", "")))
    if found is None or not is_protected(found):
        return {}
    return {"iam:AWSServiceName": (found.path.split("/")[2],)}


def _trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
