"""How Athena's rows are found, and what Athena says when they are not there.

Rules of this file: finds and raises; nothing changes. The workgroup `primary` and the catalog
`AwsDataCatalog` are there in every account; they have a row only once something of them is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input
from cloudchamber.services.athena.limits import PAGE
from cloudchamber.services.athena.nouns import (
    AWS_CATALOG,
    CATALOGS,
    EXECUTIONS,
    NAMED_QUERIES,
    PRIMARY,
    WORKGROUPS,
    DataCatalog,
    Execution,
    WorkGroup,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Item = TypeVar("Item")


def invalid(message: str, code: str = "INVALID_INPUT") -> AwsError:
    """InvalidRequestException with one of Athena's own error codes."""
    return AwsError("InvalidRequestException", message, AthenaErrorCode=code)


def mismatch(token: str) -> AwsError:
    """Another request with a client's token."""
    return invalid("Idempotent parameters do not match")


def expect_workgroup(call: Call, name: str) -> WorkGroup:
    """A workgroup. Raises InvalidRequestException."""
    found = call.rows(WORKGROUPS).get(name)
    if found is None and name == PRIMARY:
        return WorkGroup(name=PRIMARY, created_ns=call.cloud.settings.start_ns)
    if found is None:
        raise invalid(f"WorkGroup {name} is not found.")
    return found


def expect_execution(call: Call, request: Input) -> Execution:
    """An execution. Raises InvalidRequestException."""
    identifier = request.get("QueryExecutionId", "")
    found = call.rows(EXECUTIONS).get(identifier)
    if found is None:
        raise invalid(f"QueryExecution {identifier} was not found")
    return found


def expect_catalog(call: Call, name: str) -> DataCatalog:
    """A data catalog, `AwsDataCatalog` in any case. Raises InvalidRequestException."""
    if name.lower() == AWS_CATALOG.lower():
        return DataCatalog(name=AWS_CATALOG, type="GLUE", parameters={"catalog-id": call.account})
    found = call.rows(CATALOGS).get(name)
    if found is None:
        raise invalid(f"Data catalog {name} was not found")
    return found


def new_id(call: Call, purpose: str) -> str:
    """A new id of a saved query or an execution."""
    return call.stream(call.arn(f"{purpose}/*"), "id").uuid()


def one_page(
    items: Sequence[Item], key: Callable[[Item], str], request: Input, size: int = PAGE
) -> tuple[Sequence[Item], dict[str, str]]:
    """A page of items in the order of `key`, and the member NextToken if there is more."""
    try:
        chosen, token = page(items, key, request.get("NextToken"), request.get("MaxResults", size))
    except BadToken as error:
        raise invalid("Invalid pagination token") from error
    return chosen, {"NextToken": token} if token else {}


def workgroup_arn(call: Call, request: Input) -> str:
    """The ARN of the workgroup that a request names, or means."""
    name = request.get("WorkGroup") or request.get("Name") or PRIMARY
    return call.arn(f"workgroup/{name}")


def workgroup_of_group(call: Call, request: Input) -> str:
    """The ARN of the workgroup in which a request acts."""
    return call.arn(f"workgroup/{request.get('WorkGroup') or PRIMARY}")


def workgroup_of_execution(call: Call, request: Input) -> list[str]:
    """The ARNs of the workgroups of the executions that a request names."""
    ids = request.get("QueryExecutionIds") or [request.get("QueryExecutionId", "")]
    rows = [call.rows(EXECUTIONS).get(each) for each in ids]
    names = sorted({row.workgroup if row else "*" for row in rows})
    return [call.arn(f"workgroup/{name}") for name in names]


def workgroup_of_named(call: Call, request: Input) -> list[str]:
    """The ARNs of the workgroups of the saved queries that a request names."""
    ids = request.get("NamedQueryIds") or [request.get("NamedQueryId", "")]
    rows = [call.rows(NAMED_QUERIES).get(each) for each in ids]
    names = sorted({row.workgroup if row else "*" for row in rows})
    return [call.arn(f"workgroup/{name}") for name in names]


def catalog_arn(call: Call, request: Input) -> str:
    """The ARN of the data catalog that a request names."""
    return call.arn(f"datacatalog/{request.get('CatalogName') or request.get('Name', '*')}")


def tagged_arn(call: Call, request: Input) -> str:
    """The ARN that a request names."""
    arn: str = request["ResourceARN"]
    return arn
