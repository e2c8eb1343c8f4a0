"""An execution runs: kernel events take it from QUEUED over RUNNING to its end.

Rules of this file: what is read is read at the end of RUNNING, at one instant. A failure is a
state, never an error of this code; results are written before the state says so.
https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.engines.sql.database import explain
from cloudchamber.languages.athena import tree
from cloudchamber.languages.athena.statements import read_statement
from cloudchamber.services.athena import csv_text, ddl, describing, queries, saved, writing
from cloudchamber.services.athena.lifecycle import EXECUTION
from cloudchamber.services.athena.nouns import EXECUTIONS, RUNNING, STATEMENTS, Failure
from cloudchamber.services.athena.runs import (
    DDL_FAILED,
    SYNTAX_ERROR,
    USER,
    USER_ERROR,
    Failed,
    Outcome,
    Run,
    Stopped,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

BEGIN: Final = "athena.execution-begins"
END: Final = "athena.execution-ends"
_BILLED_MIN: Final = 10_000_000  # https://aws.amazon.com/athena/pricing/


def begin(call: Call, identifier: str) -> None:
    """Kernel event: the execution leaves the queue."""
    row = call.rows(EXECUTIONS).get(identifier)
    if row is None:
        return
    row.state = EXECUTION.move(row.state, "begin")
    row.begun_ns = call.now
    delay = EXECUTION.delay_ns(call.cloud.settings.lifecycle, RUNNING)
    row.event = call.after(delay, END, identifier)


def end(call: Call, identifier: str) -> None:
    """Kernel event: the execution does what its statement says, and has ended."""
    row = call.rows(EXECUTIONS).get(identifier)
    if row is None:
        return
    run = Run(call, row)
    moved = "succeed"
    if not row.reused:
        try:
            _finish(run, _outcome(run))
        except Failed as error:
            moved = "fail"
            row.reason = error.reason
            row.failure = Failure(error.category, error.kind, error.reason)
        except Stopped as error:
            moved = "stop"
            row.reason = str(error)
        except AwsError as error:
            moved = "fail"
            row.reason = _refused(error)
            row.failure = Failure(USER, USER_ERROR, row.reason)
        row.scanned, row.rows_in = run.scanned, run.rows_in
        if row.kind == "DML":
            call.meter("DataScannedInBytes", max(run.scanned, _BILLED_MIN), row.workgroup)
    row.state = EXECUTION.move(row.state, moved)
    row.ended_ns = call.now
    call.event(
        call.arn(f"workgroup/{row.workgroup}"),
        "athena.query-state-change",
        f"query {row.id} is {row.state}" + (f": {row.reason}" if row.reason else ""),
        {"QueryExecutionId": row.id, "State": row.state},
    )


def _outcome(run: Run) -> Outcome:
    row = run.row
    run.expect_output()
    statement = read_statement(row.query)
    if isinstance(statement, tree.Execute):
        prepared = run.call.rows(STATEMENTS).get((row.workgroup, statement.name))
        if prepared is None:
            raise Failed(f"Prepared statement {statement.name} is gone", SYNTAX_ERROR)
        statement = read_statement(prepared.query)
    if isinstance(statement, tree.Select):
        return queries.select(run, statement.query, row.parameters)
    if isinstance(statement, tree.Explain):
        return _explain(run, statement)
    return _STATEMENTS[type(statement)](run, statement)


def _explain(run: Run, said: tree.Explain) -> Outcome:
    plan = queries.answer(run, said.query, run.row.parameters, empty=True, how=explain)
    lines = plan.rows[0][0].rstrip("\n").split("\n") if plan.rows else []
    return Outcome(
        columns=[queries.text_column("Query Plan")], rows=[[line.rstrip()] for line in lines]
    )


def _prepare(run: Run, said: tree.Prepare) -> Outcome:
    try:
        saved.prepare(run.call, run.row.workgroup, said.name, said.query)
    except AwsError as error:
        raise Failed(error.message, DDL_FAILED) from error
    return Outcome()


def _deallocate(run: Run, said: tree.Deallocate) -> Outcome:
    rows = run.call.rows(STATEMENTS)
    if (run.row.workgroup, said.name) not in rows:
        raise Failed(f"Prepared statement not found: {said.name}", SYNTAX_ERROR)
    del rows[run.row.workgroup, said.name]
    return Outcome()


def _finish(run: Run, outcome: Outcome) -> None:
    """Write the result and what is known of it. Raises Failed."""
    row = run.row
    if outcome.header:
        names: list[list[str | None]] = [[column.name for column in outcome.columns]]
        text = csv_text.written([*names, *outcome.rows])
        _put(run, row.output, text, "application/octet-stream")
    elif row.output.endswith(".txt"):
        text = csv_text.lines(outcome.rows)
        _put(run, row.output, text, "text/plain")
    elif outcome.files:
        row.manifest = f"{row.folder}{row.id}-manifest.csv"
        _put(run, row.manifest, "".join(f"{each}\n" for each in outcome.files), "text/plain")
    row.columns, row.header = outcome.columns, outcome.header
    row.rows_out = outcome.updated or len(outcome.rows)
    row.updated = outcome.updated


def _put(run: Run, location: str, text: str, kind: str) -> None:
    data = text.encode()
    run.write(location, data, kind)
    run.row.octets_out += len(data)


def _refused(error: AwsError) -> str:
    if error.code in ("AccessDeniedException", "AccessDenied"):
        return f"Insufficient permissions to execute the query. {error.message}"
    return f"{error.message} (Error Code: {error.code})"


_STATEMENTS: Final[Mapping[type[Any], Callable[[Run, Any], Outcome]]] = MappingProxyType(
    {
        tree.CreateDatabase: ddl.create_database,
        tree.DropDatabase: ddl.drop_database,
        tree.AlterDatabase: ddl.alter_database,
        tree.CreateTable: ddl.create_table,
        tree.DropTable: ddl.drop_table,
        tree.AddPartitions: ddl.add_partitions,
        tree.DropPartitions: ddl.drop_partitions,
        tree.RenamePartition: ddl.rename_partition,
        tree.SetLocation: ddl.set_location,
        tree.SetProperties: ddl.set_properties,
        tree.ChangeColumns: ddl.change_columns,
        tree.Repair: ddl.repair,
        tree.Show: describing.show,
        tree.Describe: describing.describe,
        tree.CreateTableAs: writing.create_table_as,
        tree.CreateView: writing.create_view,
        tree.Insert: writing.insert,
        tree.ChangeRows: writing.change_rows,
        tree.Unload: writing.unload,
        tree.Prepare: _prepare,
        tree.Deallocate: _deallocate,
    }
)
KERNEL_EVENTS: Final[Mapping[str, Callable[..., None]]] = MappingProxyType({BEGIN: begin, END: end})
