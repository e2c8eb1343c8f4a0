"""Finding things of VPC Lattice by id or ARN, one's own or shared.

Rules of this file: reads only; what an account may not see is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cloudchamber.cloud import ports
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.store import Table
from cloudchamber.services.vpc_lattice.nouns import (
    LISTENERS,
    NETWORKS,
    RULES,
    SERVICES,
    TARGET_GROUPS,
    LatticeService,
    Listener,
    Owned,
    Rule,
    ServiceNetwork,
    TargetGroup,
)
from cloudchamber.services.vpc_lattice.refusals import denied, invalid, not_found

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Row = TypeVar("Row", bound=Owned)
PAGE: Final = 100
_DIGITS: Final = 17


def new_id(call: Call, prefix: str) -> str:
    """A new id: `svc-` and 17 hexadecimal digits."""
    return f"{prefix}-{call.stream(call.arn(f'{prefix}/*'), 'id').hex(_DIGITS)}"


def new_parts(call: Call, identifier: str, arn: str, request: Input) -> dict[str, Any]:
    """The members that every new row has."""
    return {
        "id": identifier,
        "arn": arn,
        "owner": call.account,
        "region": call.region,
        "created_ns": call.now,
        "updated_ns": call.now,
        "tags": dict(request.get("tags", {})),
    }


def own(call: Call, table: Table[Row], type_: str, identifier: str) -> Row:
    """A row of the account's own in the Region. Raises ResourceNotFoundException."""
    row = call.rows(table).get(identifier.rpartition("/")[2])
    if row is None or (row.owner, row.region) != (call.account, call.region):
        raise not_found(type_, identifier)
    return row


def network_of(call: Call, identifier: str) -> ServiceNetwork:
    """A service network of the account's own, or one shared with it."""
    return _seen(call, NETWORKS, "SERVICE_NETWORK", "vpc-lattice:ServiceNetwork", identifier)


def service_of(call: Call, identifier: str) -> LatticeService:
    """A service of the account's own, or one shared with it."""
    return _seen(call, SERVICES, "SERVICE", "vpc-lattice:Service", identifier)


def own_network(call: Call, identifier: str) -> ServiceNetwork:
    """A service network of the account's own. Raises AccessDeniedException for a shared one."""
    return _mine(call, network_of(call, identifier))


def own_service(call: Call, identifier: str) -> LatticeService:
    """A service of the account's own. Raises AccessDeniedException for a shared one."""
    return _mine(call, service_of(call, identifier))


def listener_of(call: Call, request: Input) -> tuple[LatticeService, Listener]:
    """The service and the listener that a request names."""
    service = own_service(call, request["serviceIdentifier"])
    name = request["listenerIdentifier"]
    row = call.rows(LISTENERS).get(name.rpartition("/")[2])
    if row is None or row.service != service.id:
        raise not_found("LISTENER", name)
    return service, row


def rule_of(call: Call, listener: Listener, identifier: str) -> Rule:
    """A rule of a listener."""
    row = call.rows(RULES).get(identifier.rpartition("/")[2])
    if row is None or row.listener != listener.id:
        raise not_found("RULE", identifier)
    return row


def group_of(call: Call, identifier: str) -> TargetGroup:
    """A target group of the account's own."""
    return own(call, TARGET_GROUPS, "TARGET_GROUP", identifier)


def rules_of(call: Call, listener: str) -> list[Rule]:
    """A listener's rules, by priority."""
    found = (each for each in call.rows(RULES).values() if each.listener == listener)
    return sorted(found, key=lambda each: each.priority)


def here(call: Call, table: Table[Row]) -> Iterator[Row]:
    """The account's own rows in the Region, by id."""
    for row in call.rows(table).values():
        if (row.owner, row.region) == (call.account, call.region):
            yield row


def visible(call: Call, table: Table[Row], shared_as: str) -> list[Row]:
    """The account's own rows in the Region and those shared with it, by id."""
    rows = call.rows(table)
    shared = (rows.get(arn.rpartition("/")[2]) for arn in _shared(call, shared_as))
    found = {row.id: row for row in (*here(call, table), *filter(None, shared))}
    return [found[identifier] for identifier in sorted(found)]


def paged(
    request: Input, rows: Sequence[Any], view: Callable[[Any], Any], key: Callable[[Any], str]
) -> Output:
    """One page. Raises ValidationException for a token of nobody's."""
    size = min(request.get("maxResults", PAGE), PAGE)
    try:
        shown, token = page(rows, key, request.get("nextToken"), size)
    except BadToken:
        raise invalid("The nextToken is invalid.", "nextToken") from None
    output: Output = {"items": [view(each) for each in shown]}
    if token:
        output["nextToken"] = token
    return output


def by_id(row: Owned) -> str:
    """Where a row stands in a listing."""
    return row.id


def seconds(t_ns: int) -> float:
    """An instant as outputs have it."""
    return t_ns / SECOND_NS


def _seen(call: Call, table: Table[Row], type_: str, shared_as: str, identifier: str) -> Row:
    row = call.rows(table).get(identifier.rpartition("/")[2])
    if (
        row is None
        or row.region != call.region
        or (row.owner != call.account and row.arn not in _shared(call, shared_as))
    ):
        raise not_found(type_, identifier)
    return row


def _mine(call: Call, row: Row) -> Row:
    if row.owner != call.account:
        raise denied(f"{row.arn} is shared with you, and only its owner can change it.")
    return row


def _shared(call: Call, type_: str) -> Sequence[str]:
    answer = call.port(ports.SHARED_RESOURCES)
    found: Sequence[str] = answer(call.cloud, call.account, call.region, type_) if answer else ()
    return found
