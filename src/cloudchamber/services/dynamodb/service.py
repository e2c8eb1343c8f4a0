"""Amazon DynamoDB: what it is called, what it answers, what it keeps.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, recorded, refused, simulated
from cloudchamber.services.dynamodb import (
    backups,
    batches,
    destinations,
    expiries,
    exports,
    imports,
    indexes,
    insights,
    items,
    partiql,
    reading,
    remains,
    replica_changes,
    replication,
    resource_policies,
    restores,
    streams,
    table_updates,
    tables,
    tagging,
    time_to_live,
    transactions,
)
from cloudchamber.services.dynamodb.change_log import LOGS
from cloudchamber.services.dynamodb.definitions import TABLE_QUOTAS
from cloudchamber.services.dynamodb.lookup import (
    arn_of_index,
    arn_of_resource,
    arn_of_table,
)
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES
from cloudchamber.services.dynamodb.permissions import arns_of_batch, context_of_items
from cloudchamber.services.dynamodb.settings import BUCKETS, POLICIES, SETTINGS

_on_table: Final = partial(simulated, resource=arn_of_table)
_on_index: Final = partial(simulated, resource=arn_of_index, context=context_of_items)
_on_item: Final = partial(simulated, resource=arn_of_table, context=context_of_items)
_in_batch: Final = partial(simulated, resource=arns_of_batch, context=context_of_items)
_on_resource: Final = partial(simulated, resource=arn_of_resource)
_on_backup: Final = partial(simulated, resource=backups.arn_of_backup)
_GLOBAL_2017: Final = refused(
    "global tables of 2017.11.29 are not simulated; UpdateTable makes replicas (2019.11.21)"
)
_AUTO_SCALING: Final = refused("it needs Application Auto Scaling, which is not simulated")
_BULK: Final = refused("bulk operations are not simulated; ImportTable and BatchWriteItem are")
_KINESIS: Final = (
    "kept, and delivered by kinesis:PutRecord once Kinesis Data Streams is simulated; until then "
    "nothing is delivered, and DestinationStatusDescription says so"
)
_kinesis: Final = partial(recorded, note=_KINESIS, resource=arn_of_table)
_insights: Final = partial(
    recorded, note="kept and told of; CloudWatch gets no rule", resource=arn_of_index
)

SERVICE: Final = Service(
    name="dynamodb",
    operations={
        # Tables
        "CreateTable": _on_table(tables.create_table),
        "DeleteTable": _on_table(tables.delete_table),
        "DescribeEndpoints": simulated(tables.describe_endpoints),
        "DescribeLimits": simulated(tables.describe_limits),
        "DescribeTable": _on_table(tables.describe_table),
        "ListTables": simulated(tables.list_tables),
        "UpdateTable": _on_table(table_updates.update_table),
        "DescribeTimeToLive": _on_table(time_to_live.describe_time_to_live),
        "UpdateTimeToLive": _on_table(time_to_live.update_time_to_live),
        "ListTagsOfResource": _on_resource(tagging.list_tags_of_resource),
        "TagResource": _on_resource(tagging.tag_resource),
        "UntagResource": _on_resource(tagging.untag_resource),
        "DeleteResourcePolicy": _on_resource(resource_policies.delete_resource_policy),
        "GetResourcePolicy": _on_resource(resource_policies.get_resource_policy),
        "PutResourcePolicy": _on_resource(resource_policies.put_resource_policy),
        # Items
        "BatchExecuteStatement": simulated(partiql.batch_execute_statement, open=True),
        "BatchGetItem": _in_batch(batches.batch_get_item, mutates=False),
        "BatchWriteItem": _in_batch(batches.batch_write_item),
        "DeleteItem": _on_item(items.delete_item),
        "ExecuteStatement": simulated(partiql.execute_statement, open=True),
        "ExecuteTransaction": simulated(partiql.execute_transaction, open=True),
        "GetItem": _on_item(items.get_item),
        "PutItem": _on_item(items.put_item),
        "Query": _on_index(reading.query, mutates=False),
        "Scan": _on_index(reading.scan, mutates=False),
        "TransactGetItems": simulated(transactions.transact_get_items, open=True, mutates=False),
        "TransactWriteItems": simulated(transactions.transact_write_items, open=True),
        "UpdateItem": _on_item(items.update_item),
        # Backups, exports, imports
        "CreateBackup": _on_table(backups.create_backup),
        "DeleteBackup": _on_backup(backups.delete_backup),
        "DescribeBackup": _on_backup(backups.describe_backup),
        "DescribeContinuousBackups": _on_table(restores.describe_continuous_backups),
        "ListBackups": simulated(backups.list_backups),
        "RestoreTableFromBackup": _on_backup(restores.restore_table_from_backup),
        "RestoreTableToPointInTime": simulated(
            restores.restore_table_to_point_in_time, resource=restores.arn_of_restore
        ),
        "UpdateContinuousBackups": _on_table(restores.update_continuous_backups),
        "DescribeExport": simulated(exports.describe_export, resource=exports.arn_of_export),
        "ExportTableToPointInTime": simulated(
            exports.export_table_to_point_in_time,
            resource=exports.arn_of_source,
            note="DYNAMODB_JSON; ION and filters are refused",
        ),
        "ListExports": simulated(exports.list_exports),
        "DescribeImport": simulated(imports.describe_import, resource=imports.arn_of_import),
        "ImportTable": simulated(
            imports.import_table,
            resource=imports.arn_of_target,
            note="CSV and DYNAMODB_JSON, plain or GZIP; ION and ZSTD are refused",
        ),
        "ListImports": simulated(imports.list_imports),
        # What others do with a table
        "DescribeContributorInsights": _insights(insights.describe_contributor_insights),
        "ListContributorInsights": recorded(
            insights.list_contributor_insights, "kept and told of; CloudWatch gets no rule"
        ),
        "UpdateContributorInsights": _insights(insights.update_contributor_insights),
        "DescribeKinesisStreamingDestination": _kinesis(
            destinations.describe_kinesis_streaming_destination
        ),
        "DisableKinesisStreamingDestination": _kinesis(
            destinations.disable_kinesis_streaming_destination
        ),
        "EnableKinesisStreamingDestination": _kinesis(
            destinations.enable_kinesis_streaming_destination
        ),
        "UpdateKinesisStreamingDestination": _kinesis(
            destinations.update_kinesis_streaming_destination
        ),
        # Refused by name
        "CancelBulkOperation": _BULK,
        "CreateGlobalTable": _GLOBAL_2017,
        "DescribeBulkOperation": _BULK,
        "DescribeGlobalTable": _GLOBAL_2017,
        "DescribeGlobalTableSettings": _GLOBAL_2017,
        "DescribeTableReplicaAutoScaling": _AUTO_SCALING,
        "ListBulkOperations": _BULK,
        "ListGlobalTables": _GLOBAL_2017,
        "SearchVectors": refused("vector indexes are not simulated"),
        "StartBulkPutItems": _BULK,
        "UpdateGlobalTable": _GLOBAL_2017,
        "UpdateGlobalTableSettings": _GLOBAL_2017,
        "UpdateTableReplicaAutoScaling": _AUTO_SCALING,
    },
    tables=(
        TABLES,
        SHELVES,
        SETTINGS,
        POLICIES,
        BUCKETS,
        LOGS,
        streams.STREAMS,
        expiries.EXPIRIES,
        replica_changes.VERSIONS,
        backups.BACKUPS,
        exports.EXPORTS,
        imports.IMPORTS,
        transactions.TOKENS,
    ),
    quotas=TABLE_QUOTAS,
    kernel_events={
        tables.MADE: tables.made,
        tables.GONE: tables.gone,
        tables.COUNT: tables.count,
        table_updates.UPDATED: table_updates.updated,
        indexes.FILL: indexes.fill,
        indexes.GONE: indexes.gone,
        remains.SWEEP: remains.sweep,
        streams.FORGET: streams.forget,
        time_to_live.SETTLED: time_to_live.settled,
        expiries.COLLECT: expiries.collected,
        expiries.SWEEP: time_to_live.sweep,
        backups.MADE: backups.made,
        backups.EXPIRED: backups.expired,
        exports.STEP: exports.step,
        imports.STEP: imports.step,
        destinations.SETTLED: destinations.settled,
        replication.LEFT: replication.left,
        replication.MADE: replication.made,
        replication.GONE: replication.gone,
        replica_changes.ARRIVE: replication.arrive,
    },
    ports={
        ports.TAGGED_RESOURCES: tagging.tagged_resources,
        ports.TABLE_STREAM: streams.find_stream,
        ports.TABLE_STREAMS: streams.streams_of,
        ports.TABLE_STREAM_RECORDS: streams.records,
        ports.TABLE_STREAM_POSITION: streams.position,
        ports.TABLE_STREAM_POLICY: resource_policies.resource_policy,
    },
    resource_policy=resource_policies.resource_policy,
)
