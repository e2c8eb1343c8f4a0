"""The state of Athena: workgroups, saved queries, prepared statements, catalogs, executions.

Rules of this file: plain data and its tables. What a user gave is kept as it came.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.idempotency import tokens_table
from cloudchamber.cloud.store import Table

PRIMARY: Final = "primary"
AWS_CATALOG: Final = "AwsDataCatalog"
QUEUED: Final = "QUEUED"
RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
CANCELLED: Final = "CANCELLED"


class WorkGroup(msgspec.Struct):
    """A workgroup and its configuration."""

    name: str
    created_ns: int
    state: str = "ENABLED"
    description: str = ""
    configuration: dict[str, Any] = {}
    tags: dict[str, str] = {}


class NamedQuery(msgspec.Struct):
    """A saved query; `number` keeps the order in which they came."""

    id: str
    number: int
    name: str
    database: str
    query: str
    workgroup: str
    description: str = ""


class PreparedStatement(msgspec.Struct):
    """A prepared statement of a workgroup."""

    name: str
    workgroup: str
    query: str
    modified_ns: int
    description: str = ""


class DataCatalog(msgspec.Struct):
    """A registered catalog."""

    name: str
    type: str
    description: str = ""
    parameters: dict[str, str] = {}
    tags: dict[str, str] = {}


class ResultColumn(msgspec.Struct, frozen=True):
    """A column of a result."""

    name: str
    type: str
    precision: int = 2_147_483_647
    scale: int = 0


class Failure(msgspec.Struct, frozen=True):
    """Why an execution failed: AthenaError's category and type."""

    category: int
    type: int
    message: str


class Execution(msgspec.Struct, kw_only=True):
    """One execution of a query.

    `output` is the object that holds (or will hold) its result, `folder` where results go.
    `event` is the kernel event that takes it to its next state, `number` the order of arrival.
    """

    id: str
    number: int
    workgroup: str
    query: str
    caller: Caller
    submitted_ns: int
    kind: str
    sub_kind: str
    folder: str
    output: str
    database: str = ""
    catalog: str = ""
    settings: dict[str, Any] = {}
    parameters: list[str] = []
    reuse_age_min: int | None = None
    state: str = QUEUED
    reason: str = ""
    failure: Failure | None = None
    begun_ns: int = 0
    ended_ns: int = 0
    scanned: int = 0
    rows_in: int = 0
    rows_out: int = 0
    octets_out: int = 0
    columns: list[ResultColumn] = []
    header: bool = False
    updated: int = 0
    manifest: str = ""
    reused: bool = False
    event: int = 0


WORKGROUPS: Final = Table("athena.workgroups", WorkGroup, ordered=True)
NAMED_QUERIES: Final = Table("athena.named-queries", NamedQuery)
STATEMENTS: Final = Table(
    "athena.prepared-statements", PreparedStatement, ordered=True, key_type=tuple[str, str]
)
CATALOGS: Final = Table("athena.data-catalogs", DataCatalog, ordered=True)
EXECUTIONS: Final = Table("athena.executions", Execution)
TOKENS: Final = tokens_table("athena.client-tokens")
