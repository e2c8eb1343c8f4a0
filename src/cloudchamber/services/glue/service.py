"""AWS Glue: its Data Catalog. Everything else that Glue does is refused by name.

Rules of this file: declaration only.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, recorded, simulated
from cloudchamber.services.glue import (
    catalog,
    databases,
    functions,
    partitions,
    permissions,
    statistics,
    tables,
)
from cloudchamber.services.glue.limits import QUOTAS
from cloudchamber.services.glue.nouns import DATABASES, FUNCTIONS, PARTITIONS, SETTINGS, TABLES

_on_catalog: Final = partial(simulated, resource=permissions.catalog)
_on_database: Final = partial(simulated, resource=permissions.database)
_on_table: Final = partial(simulated, resource=permissions.table)
_on_tagged: Final = partial(
    simulated, resource=permissions.tagged, note="Databases; other resources are refused."
)
_statistics: Final = partial(
    recorded,
    note="Statistics are stored and returned; no query is planned by them.",
    resource=permissions.table,
)
_index: Final = partial(
    recorded,
    note="Indexes are stored and returned; GetPartitions is not faster by them.",
    resource=permissions.table,
)
_function: Final = partial(
    recorded,
    note="Functions are stored and returned; nothing runs them.",
    resource=permissions.function,
)
_encryption: Final = partial(
    recorded,
    note="The settings are stored and returned; the catalog is not encrypted.",
    resource=permissions.catalog,
)

SERVICE: Final = Service(
    name="glue",
    operations={
        "BatchCreatePartition": _on_table(partitions.batch_create_partition),
        "BatchDeletePartition": _on_table(partitions.batch_delete_partition),
        "BatchDeleteTable": _on_table(tables.batch_delete_table),
        "BatchDeleteTableVersion": _on_table(tables.batch_delete_table_version),
        "BatchGetPartition": _on_table(partitions.batch_get_partition, mutates=False),
        "BatchUpdatePartition": _on_table(partitions.batch_update_partition),
        "CreateDatabase": _on_database(databases.create_database),
        "CreatePartition": _on_table(partitions.create_partition),
        "CreatePartitionIndex": _index(statistics.create_partition_index),
        "CreateTable": _on_table(
            tables.create_table, note="Iceberg tables (OpenTableFormatInput) are refused."
        ),
        "CreateUserDefinedFunction": _function(functions.create_user_defined_function),
        "DeleteColumnStatisticsForPartition": _statistics(
            statistics.delete_column_statistics_for_partition
        ),
        "DeleteColumnStatisticsForTable": _statistics(
            statistics.delete_column_statistics_for_table
        ),
        "DeleteDatabase": _on_database(databases.delete_database),
        "DeletePartition": _on_table(partitions.delete_partition),
        "DeletePartitionIndex": _index(statistics.delete_partition_index),
        "DeleteTable": _on_table(tables.delete_table),
        "DeleteTableVersion": _on_table(tables.delete_table_version),
        "DeleteUserDefinedFunction": _function(functions.delete_user_defined_function),
        "GetCatalogImportStatus": _on_catalog(catalog.get_catalog_import_status),
        "GetColumnStatisticsForPartition": _statistics(
            statistics.get_column_statistics_for_partition
        ),
        "GetColumnStatisticsForTable": _statistics(statistics.get_column_statistics_for_table),
        "GetDataCatalogEncryptionSettings": _encryption(
            catalog.get_data_catalog_encryption_settings
        ),
        "GetDatabase": _on_database(databases.get_database),
        "GetDatabases": _on_catalog(databases.get_databases),
        "GetPartition": _on_table(partitions.get_partition),
        "GetPartitionIndexes": _index(statistics.get_partition_indexes),
        "GetPartitions": _on_table(partitions.get_partitions),
        "GetTable": _on_table(tables.get_table),
        "GetTableVersion": _on_table(tables.get_table_version),
        "GetTableVersions": _on_table(tables.get_table_versions),
        "GetTables": _on_database(tables.get_tables),
        "GetTags": _on_tagged(catalog.get_tags),
        "GetUserDefinedFunction": _function(functions.get_user_defined_function),
        "GetUserDefinedFunctions": recorded(
            functions.get_user_defined_functions,
            "Functions are stored and returned; nothing runs them.",
            resource=permissions.catalog,
        ),
        "PutDataCatalogEncryptionSettings": _encryption(
            catalog.put_data_catalog_encryption_settings
        ),
        "SearchTables": _on_catalog(tables.search_tables),
        "TagResource": _on_tagged(catalog.tag_resource),
        "UntagResource": _on_tagged(catalog.untag_resource),
        "UpdateColumnStatisticsForPartition": _statistics(
            statistics.update_column_statistics_for_partition
        ),
        "UpdateColumnStatisticsForTable": _statistics(
            statistics.update_column_statistics_for_table
        ),
        "UpdateDatabase": _on_database(databases.update_database),
        "UpdatePartition": _on_table(partitions.update_partition),
        "UpdateTable": _on_table(tables.update_table),
        "UpdateUserDefinedFunction": _function(functions.update_user_defined_function),
    },
    tables=(DATABASES, TABLES, PARTITIONS, FUNCTIONS, SETTINGS),
    quotas=QUOTAS,
    ports={ports.TAGGED_RESOURCES: catalog.tagged_resources},
)
