"""The file formats and SerDes that tables name: what reads them, and what is refused.

Rules of this file: data, and lookups in it.
https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

_TEXT_IN: Final = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
LAZY: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
JSON: Final = "org.openx.data.jsonserde.JsonSerDe"


class Format(NamedTuple):
    """What STORED AS stands for."""

    reads: str
    writes: str
    serde: str


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        "TEXTFILE": Format(_TEXT_IN, _TEXT_OUT, LAZY),
        "JSON": Format(_TEXT_IN, _TEXT_OUT, JSON),
        "PARQUET": Format(
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            PARQUET,
        ),
        "ORC": Format(
            "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
        ),
        "AVRO": Format(
            "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
            "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
            "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        ),
        "RCFILE": Format(
            "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
            "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
            "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
        ),
    }
)
# A SerDe's class -> how its lines are read.
_READERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        LAZY: "delimited",
        "org.apache.hadoop.hive.serde2.OpenCSVSerde": "csv",
        JSON: "json",
        "org.apache.hive.hcatalog.data.JsonSerDe": "json",
        "org.apache.hadoop.hive.serde2.JsonSerDe": "json",
        "org.apache.hadoop.hive.serde2.RegexSerDe": "regex",
        "com.amazonaws.glue.serde.RegexSerDe": "regex",
        PARQUET: "parquet",
    }
)


def reader_of(table: Mapping[str, Any]) -> str | None:
    """How a table's files are read, by its StorageDescriptor; None if nothing here reads them."""
    serde = table.get("SerdeInfo", {}).get("SerializationLibrary") or LAZY
    return _READERS.get(serde)
