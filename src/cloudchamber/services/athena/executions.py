"""StartQueryExecution and what may be asked of an execution.

Rules of this file: what is wrong with the text is said at once, what is wrong with what it names
when it runs (`running.py`), as AWS does it.
https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.engines.sql.errors import SqlError, SyntaxFault
from cloudchamber.engines.sql.installed import HOW, missing
from cloudchamber.engines.sql.query import Query
from cloudchamber.languages.athena import tree
from cloudchamber.languages.athena.errors import BadStatement
from cloudchamber.languages.athena.statements import read_statement
from cloudchamber.services.athena import running
from cloudchamber.services.athena.kinds import kind_of, query_in
from cloudchamber.services.athena.lifecycle import EXECUTION
from cloudchamber.services.athena.limits import ENGINE
from cloudchamber.services.athena.lookup import (
    expect_execution,
    expect_workgroup,
    invalid,
    new_id,
    one_page,
)
from cloudchamber.services.athena.nouns import (
    EXECUTIONS,
    PRIMARY,
    QUEUED,
    RUNNING,
    STATEMENTS,
    SUCCEEDED,
    Execution,
    WorkGroup,
)
from cloudchamber.services.athena.runs import bucket_and_key, s3

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_MILLISECOND_NS: Final = SECOND_NS // 1000
_MALFORMED: Final = "MALFORMED_QUERY"


def start_query_execution(call: Call, request: Input) -> Output:
    """Start a query; it is QUEUED. Raises InvalidRequestException, TooManyRequestsException."""
    group = expect_workgroup(call, request.get("WorkGroup", PRIMARY))
    if group.state != "ENABLED":
        raise invalid(f"WorkGroup {group.name} is disabled.")
    if "EngineConfiguration" in request:
        raise Refused("athena", call.operation_name, "there is no Spark")
    text = request["QueryString"]
    if len(text.encode()) > call.quota("query-octets"):
        raise invalid("The query string is too long.")
    statement, parameters = checked(call, text, group.name, request)
    settings = _settings(call, group, request)
    kind = kind_of(statement)
    _check_capacity(call, kind.type)
    context = request.get("QueryExecutionContext", {})
    rows = call.rows(EXECUTIONS)
    identifier = new_id(call, "execution")
    folder = settings["OutputLocation"]
    folder = folder if folder.endswith("/") else f"{folder}/"
    inner = "tables/" if isinstance(statement, tree.CreateTableAs) else ""
    age = request.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {})
    row = Execution(
        id=identifier,
        number=next((each.number for each in reversed(rows.values())), 0) + 1,
        workgroup=group.name,
        query=text,
        caller=call.caller,
        submitted_ns=call.now,
        kind=kind.type,
        sub_kind=kind.sub,
        folder=folder,
        output=f"{folder}{inner}{identifier}{kind.ending}",
        database=context.get("Database", ""),
        catalog=context.get("Catalog", ""),
        settings=settings,
        parameters=parameters,
        reuse_age_min=age.get("MaxAgeInMinutes", 60) if age.get("Enabled") else None,
    )
    _reuse(call, row)
    rows[identifier] = row
    profile = call.cloud.settings.lifecycle
    row.event = call.after(EXECUTION.delay_ns(profile, QUEUED), running.BEGIN, identifier)
    return {"QueryExecutionId": identifier}


def checked(
    call: Call, text: str, workgroup: str, request: Input
) -> tuple[tree.Statement, list[str]]:
    """A text as a statement, and its parameters; EXECUTE is the statement that it executes.

    Raises InvalidRequestException, Refused.
    """
    parameters = list(request.get("ExecutionParameters", ()))
    try:
        statement = read_statement(text)
        if isinstance(statement, tree.Execute):
            prepared = call.rows(STATEMENTS).get((workgroup, statement.name))
            if prepared is None:
                raise invalid(
                    f"PreparedStatement {statement.name} was not found in workGroup {workgroup}"
                )
            parameters = list(statement.values) or parameters
            statement = read_statement(prepared.query)
        query = query_in(statement)
        if query is not None:
            if missing():
                lacking = " and ".join(missing())
                raise Refused("athena", call.operation_name, f"it needs {lacking}: {HOW}")
            Query(query)
    except BadStatement as error:
        raise invalid(str(error), _MALFORMED) from error
    except SyntaxFault as error:
        raise invalid(error.text, _MALFORMED) from error
    except SqlError as error:
        raise invalid(str(error), _MALFORMED) from error
    if isinstance(statement, tree.Execute):
        raise invalid("line 1:1: EXECUTE cannot execute another EXECUTE", _MALFORMED)
    return statement, parameters


def get_query_execution(call: Call, request: Input) -> Output:
    """One execution. Raises InvalidRequestException."""
    return {"QueryExecution": view(expect_execution(call, request))}


def batch_get_query_execution(call: Call, request: Input) -> Output:
    """Several executions; those that are not there are told of."""
    rows = call.rows(EXECUTIONS)
    ids = request["QueryExecutionIds"]
    lacking = [
        {
            "QueryExecutionId": each,
            "ErrorCode": "INVALID_INPUT",
            "ErrorMessage": f"QueryExecution {each} was not found",
        }
        for each in ids
        if each not in rows
    ]
    found = [view(rows[each]) for each in ids if each in rows]
    return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": lacking}


def list_query_executions(call: Call, request: Input) -> Output:
    """The ids of a workgroup's executions, newest first, in pages."""
    workgroup = expect_workgroup(call, request.get("WorkGroup", PRIMARY)).name
    mine = [row for row in call.rows(EXECUTIONS).values() if row.workgroup == workgroup]
    mine.reverse()
    chosen, token = one_page(mine, lambda row: f"{10**9 - row.number:010d}", request)
    return {"QueryExecutionIds": [row.id for row in chosen], **token}


def stop_query_execution(call: Call, request: Input) -> Output:
    """Cancel an execution that has not ended; one that has is no error."""
    row = expect_execution(call, request)
    if row.state in (QUEUED, RUNNING):
        call.cancel(row.event)
        row.state = EXECUTION.move(row.state, "stop")
        row.reason = "Query cancelled by user"
        row.ended_ns = call.now
        row.begun_ns = row.begun_ns or call.now
    return {}


def get_query_runtime_statistics(call: Call, request: Input) -> Output:
    """What a finished execution read, wrote and took. Stages are not told."""
    row = expect_execution(call, request)
    if row.state in (QUEUED, RUNNING):
        raise invalid(f"Query has not yet finished. Current state: {row.state}")
    return {
        "QueryRuntimeStatistics": {
            "Timeline": _timeline(row),
            "Rows": {
                "InputRows": row.rows_in,
                "InputBytes": row.scanned,
                "OutputRows": row.rows_out,
                "OutputBytes": row.octets_out,
            },
        }
    }


def view(row: Execution) -> dict[str, Any]:
    """An execution as Athena shows it."""
    status: dict[str, Any] = {
        "State": row.state,
        "SubmissionDateTime": row.submitted_ns / SECOND_NS,
    }
    if row.reason:
        status["StateChangeReason"] = row.reason
    if row.ended_ns:
        status["CompletionDateTime"] = row.ended_ns / SECOND_NS
    if row.failure is not None:
        status["AthenaError"] = {
            "ErrorCategory": row.failure.category,
            "ErrorType": row.failure.type,
            "Retryable": False,
            "ErrorMessage": row.failure.message,
        }
    statistics: dict[str, Any] = {
        **_timeline(row),
        "DataScannedInBytes": row.scanned,
        "ResultReuseInformation": {"ReusedPreviousResult": row.reused},
    }
    if row.manifest:
        statistics["DataManifestLocation"] = row.manifest
    context = {"Database": row.database, "Catalog": row.catalog.lower()}
    shown = {
        "QueryExecutionId": row.id,
        "Query": row.query,
        "StatementType": row.kind,
        "SubstatementType": row.sub_kind,
        "ManagedQueryResultsConfiguration": {"Enabled": False},
        "ResultConfiguration": {**row.settings, "OutputLocation": row.output},
        "ResultReuseConfiguration": {
            "ResultReuseByAgeConfiguration": {
                "Enabled": row.reuse_age_min is not None,
                **({} if row.reuse_age_min is None else {"MaxAgeInMinutes": row.reuse_age_min}),
            }
        },
        "QueryExecutionContext": {name: value for name, value in context.items() if value},
        "Status": status,
        "Statistics": statistics,
        "WorkGroup": row.workgroup,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE},
    }
    if row.parameters:
        shown["ExecutionParameters"] = row.parameters
    return shown


def _timeline(row: Execution) -> dict[str, int]:
    if not row.ended_ns:
        return {}
    queued = (row.begun_ns - row.submitted_ns) // _MILLISECOND_NS
    engine = (row.ended_ns - row.begun_ns) // _MILLISECOND_NS
    return {
        "QueryQueueTimeInMillis": queued,
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": 0,
        "EngineExecutionTimeInMillis": engine,
        "ServiceProcessingTimeInMillis": 0,
        "TotalExecutionTimeInMillis": queued + engine,
    }


def _settings(call: Call, group: WorkGroup, request: Input) -> dict[str, Any]:
    """Where results go and how, by the workgroup or by the client. Raises InvalidRequest."""
    own: dict[str, Any] = request.get("ResultConfiguration", {})
    groups: dict[str, Any] = group.configuration.get("ResultConfiguration", {})
    enforced = group.configuration.get("EnforceWorkGroupConfiguration", False)
    settings = groups if enforced else {**groups, **own}
    location = settings.get("OutputLocation")
    if not location:
        raise invalid(
            "No output location provided. An output location is required either through the "
            "Workgroup result configuration setting or as an API input."
        )
    if not location.startswith("s3://"):
        raise invalid("outputLocation is not a valid S3 path.")
    if settings.get("EncryptionConfiguration", {}).get("EncryptionOption") == "CSE_KMS":
        raise Refused(
            "athena", call.operation_name, "CSE_KMS encrypts on a client, and there is none"
        )
    return dict(settings)


def _check_capacity(call: Call, kind: str) -> None:
    active = sum(
        row.state in (QUEUED, RUNNING) and (row.kind == "DML") is (kind == "DML")
        for row in call.rows(EXECUTIONS).values()
    )
    if active >= call.quota("active-dml" if kind == "DML" else "active-ddl"):
        raise AwsError(
            "TooManyRequestsException",
            "You have exceeded the limit for the number of queries you can run concurrently. "
            "Reduce the number of concurrent queries submitted by this account.",
            Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED",
        )


def _reuse(call: Call, row: Execution) -> None:
    """Take over the result of an equal query, if one is young enough and still there."""
    if row.reuse_age_min is None or row.sub_kind != "SELECT":
        return
    same = ("query", "workgroup", "database", "catalog", "parameters")
    oldest = call.now - row.reuse_age_min * MINUTE_NS
    for each in reversed(call.rows(EXECUTIONS).values()):
        if each.state != SUCCEEDED or each.reused or each.ended_ns < oldest:
            continue
        if any(getattr(each, name) != getattr(row, name) for name in same):
            continue
        bucket, key = bucket_and_key(each.output)
        try:
            s3(call, row, "HeadObject", bucket, {"Key": key})
        except AwsError:
            continue
        row.reused = True
        row.output = each.output
        row.columns, row.header = each.columns, each.header
        row.rows_out, row.octets_out = each.rows_out, each.octets_out
        return
