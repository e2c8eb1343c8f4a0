"""Amazon Athena: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.idempotency import doing_once
from cloudchamber.cloud.service import Service, recorded, refused, simulated
from cloudchamber.services.athena import (
    catalogs,
    executions,
    lookup,
    results,
    running,
    saved,
    tagging,
    workgroups,
)
from cloudchamber.services.athena.limits import QUOTAS
from cloudchamber.services.athena.nouns import (
    CATALOGS,
    EXECUTIONS,
    NAMED_QUERIES,
    STATEMENTS,
    TOKENS,
    WORKGROUPS,
)

_once: Final = doing_once(TOKENS, lookup.mismatch, member="ClientRequestToken")
_on_group: Final = partial(simulated, resource=lookup.workgroup_arn)
_in_group: Final = partial(simulated, resource=lookup.workgroup_of_group)
_on_execution: Final = partial(simulated, resource=lookup.workgroup_of_execution)
_on_named: Final = partial(simulated, resource=lookup.workgroup_of_named)
_on_catalog: Final = partial(simulated, resource=lookup.catalog_arn)
_on_tagged: Final = partial(simulated, resource=lookup.tagged_arn)
_registered: Final = partial(
    recorded,
    note="Only AwsDataCatalog and GLUE catalogs of the account can be queried; no connector runs.",
    resource=lookup.catalog_arn,
)
_SPARK: Final = refused("there is no Spark: notebooks, sessions and calculations are not run")
_CAPACITY: Final = refused("queries are not slowed by capacity, so none can be reserved")

SERVICE: Final = Service(
    name="athena",
    operations={
        "BatchGetNamedQuery": _on_named(saved.batch_get_named_query, mutates=False),
        "BatchGetPreparedStatement": _in_group(saved.batch_get_prepared_statement, mutates=False),
        "BatchGetQueryExecution": _on_execution(
            executions.batch_get_query_execution, mutates=False
        ),
        "CancelCapacityReservation": _CAPACITY,
        "CreateCapacityReservation": _CAPACITY,
        "CreateDataCatalog": _registered(catalogs.create_data_catalog),
        "CreateNamedQuery": _in_group(_once(saved.create_named_query)),
        "CreateNotebook": _SPARK,
        "CreatePreparedStatement": _in_group(saved.create_prepared_statement),
        "CreatePresignedNotebookUrl": _SPARK,
        "CreateWorkGroup": _on_group(
            workgroups.create_work_group,
            note="Managed results, Spark, Identity Center and access grants are refused.",
        ),
        "DeleteCapacityReservation": _CAPACITY,
        "DeleteDataCatalog": _registered(catalogs.delete_data_catalog),
        "DeleteNamedQuery": _on_named(saved.delete_named_query),
        "DeleteNotebook": _SPARK,
        "DeletePreparedStatement": _in_group(saved.delete_prepared_statement),
        "DeleteWorkGroup": _on_group(workgroups.delete_work_group),
        "ExportNotebook": _SPARK,
        "GetCalculationExecution": _SPARK,
        "GetCalculationExecutionCode": _SPARK,
        "GetCalculationExecutionStatus": _SPARK,
        "GetCapacityAssignmentConfiguration": _CAPACITY,
        "GetCapacityReservation": _CAPACITY,
        "GetDataCatalog": _on_catalog(catalogs.get_data_catalog),
        "GetDatabase": _on_catalog(catalogs.get_database),
        "GetNamedQuery": _on_named(saved.get_named_query),
        "GetNotebookMetadata": _SPARK,
        "GetPreparedStatement": _in_group(saved.get_prepared_statement),
        "GetQueryExecution": _on_execution(executions.get_query_execution),
        "GetQueryResults": _on_execution(results.get_query_results),
        "GetQueryRuntimeStatistics": _on_execution(
            executions.get_query_runtime_statistics, note="Stages are not told."
        ),
        "GetSession": _SPARK,
        "GetSessionStatus": _SPARK,
        "GetTableMetadata": _on_catalog(catalogs.get_table_metadata),
        "GetWorkGroup": _on_group(workgroups.get_work_group),
        "ImportNotebook": _SPARK,
        "ListApplicationDPUSizes": _SPARK,
        "ListCalculationExecutions": _SPARK,
        "ListCapacityReservations": _CAPACITY,
        "ListDataCatalogs": simulated(catalogs.list_data_catalogs),
        "ListDatabases": _on_catalog(catalogs.list_databases),
        "ListEngineVersions": simulated(workgroups.list_engine_versions),
        "ListExecutors": _SPARK,
        "ListNamedQueries": _in_group(saved.list_named_queries),
        "ListNotebookMetadata": _SPARK,
        "ListNotebookSessions": _SPARK,
        "ListPreparedStatements": _in_group(saved.list_prepared_statements),
        "ListQueryExecutions": _in_group(executions.list_query_executions),
        "ListSessions": _SPARK,
        "ListTableMetadata": _on_catalog(catalogs.list_table_metadata),
        "ListTagsForResource": _on_tagged(tagging.list_tags_for_resource),
        "ListWorkGroups": simulated(workgroups.list_work_groups),
        "PutCapacityAssignmentConfiguration": _CAPACITY,
        "StartCalculationExecution": _SPARK,
        "StartQueryExecution": _in_group(
            _once(executions.start_query_execution),
            note="Queries need duckdb and sqlglot, the extra `sql`; DDL does not.",
        ),
        "StartSession": _SPARK,
        "StopCalculationExecution": _SPARK,
        "StopQueryExecution": _on_execution(executions.stop_query_execution),
        "TagResource": _on_tagged(tagging.tag_resource),
        "TerminateSession": _SPARK,
        "UntagResource": _on_tagged(tagging.untag_resource),
        "UpdateCapacityReservation": _CAPACITY,
        "UpdateDataCatalog": _registered(catalogs.update_data_catalog),
        "UpdateNamedQuery": _on_named(saved.update_named_query),
        "UpdateNotebook": _SPARK,
        "UpdateNotebookMetadata": _SPARK,
        "UpdatePreparedStatement": _in_group(saved.update_prepared_statement),
        "UpdateWorkGroup": _on_group(workgroups.update_work_group),
    },
    tables=(WORKGROUPS, NAMED_QUERIES, STATEMENTS, CATALOGS, EXECUTIONS, TOKENS),
    quotas=QUOTAS,
    kernel_events=running.KERNEL_EVENTS,
    ports={ports.TAGGED_RESOURCES: tagging.tagged_resources},
)
