"""The wide table of `core.exporters.csv` as Apache Parquet: typed columns, small, quick to read in pandas, R or DuckDB.

Needs pyarrow (the extra `parquet`). Metres as 32-bit floats, null for an unknown number; the file's metadata has the
key `neural-depth-refinement` with the sequence's meta and the choices of the export as JSON.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np

from core.exporters.csv import COLUMNS, rows
from core.exporters.schema import SCHEMA, SCHEMA_VERSION, export_facts
from core.sequence.prepared import PreparedMotion
from core.system.files.atomic import atomic_path

METADATA_KEY: Final = "neural-depth-refinement"
_ROWS_AT_ONCE: Final = 8192
_DOUBLES: Final = frozenset({"time_s"})


def write(motion: PreparedMotion, path: Path) -> None:
    """Write the file atomically.

    Raises:
        OutputError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    meta = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, **motion.sequence.meta, "export": export_facts(motion)}
    fields = [pa.field("frame", pa.int64())]
    fields += [pa.field(name, pa.float64() if name in _DOUBLES else pa.float32()) for name in COLUMNS[1:]]
    schema = pa.schema(fields, metadata={METADATA_KEY: json.dumps(meta)})
    with atomic_path(path) as temporary, pq.ParquetWriter(str(temporary), schema, compression="zstd") as writer:
        for part in motion.blocks(_ROWS_AT_ONCE):
            numbers = rows(motion, part)
            columns = [pa.array(motion.sequence.frame_index[part].astype(np.int64))]
            for field, column in zip(fields[1:], numbers.T, strict=True):
                columns.append(pa.array(column, type=field.type, from_pandas=True, safe=False))
            writer.write_table(pa.table(columns, schema=schema))
