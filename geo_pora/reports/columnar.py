"""Parquet and GeoParquet: decoded in a guarded child, some row groups at a time.

A few kilobytes of Parquet can decode to gigabytes, so it is not read in this process; each
call of the child returns at most about half a million rows or 64 MiB of text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geo_pora import guard
from geo_pora.errors import InputError
from geo_pora.reports import headers
from geo_pora.reports.source import Block, Source

_MEMORY_BYTES = 3 << 29
_LEAST_MEMORY_BYTES = 640 << 20
"""Of address space, of which the interpreter and Arrow take some 300 MB."""
_ROWS_PER_CALL = 500_000
_BYTES_PER_CALL = 64 << 20
_BATCH_ROWS = 1 << 13
_MOST_COLUMNS = 1000
_MOST_ROWS_PER_BYTE = 8
"""Reports differ: a million of them does not fit into some kilobytes, a bomb does."""


def open_source(path: Path) -> Source:
    """Read the schema of a Parquet file; a row number is the position of the row from 1.

    Raises
    ------
    InputError
        If no column says where.
    """
    size = path.stat().st_size
    memory = min(_MEMORY_BYTES, _LEAST_MEMORY_BYTES + 8 * size)
    about = guard.call(describe, path, memory_bytes=memory, cpu_seconds=20)
    if about["rows"] > max(1_000_000, _MOST_ROWS_PER_BYTE * size):
        raise InputError(f"{path.name}: {about['rows']} rows in {size} bytes are no reports")
    labels: list[str] = about["labels"]
    if not headers.is_usable(headers.recognise(labels)):
        raise InputError(
            f"{path.name}: no column names an address, a desa or kecamatan, or lintang and "
            "bujur; docs/reports.md lists the column names"
        )

    def blocks() -> Iterator[Block]:
        start = 0
        while start < about["rows"]:
            table = guard.call(
                read_rows,
                path,
                labels,
                start,
                _ROWS_PER_CALL,
                memory_bytes=memory,
                cpu_seconds=60,
                wall_seconds=120,
            )
            end = start + table.num_rows
            yield Block(table, np.arange(start + 1, end + 1, dtype=np.int64))
            if end == start:
                raise InputError(f"{path.name}: it has fewer rows than it says; export it again")
            start = end

    return Source("parquet", tuple(labels), blocks)


# ---- in the child ----------------------------------------------------------------------------


def describe(path: Path) -> dict[str, Any]:
    """Return the number of rows and the labels of the columns that can be text."""
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    labels = [field.name for field in file.schema_arrow if _is_plain(field.type)]
    if len(labels) > _MOST_COLUMNS:
        raise InputError(f"{path.name}: {len(labels)} columns are too many")
    if "geometry" in file.schema_arrow.names and _is_binary(file, "geometry"):
        labels = ["longitude", "latitude", *labels]
    return {"rows": file.metadata.num_rows, "labels": labels}


def read_rows(path: Path, labels: list[str], start: int, count: int) -> Any:
    """Return up to `count` rows from `start` on, as a table of text named by position."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    points = "geometry" in file.schema_arrow.names and _is_binary(file, "geometry")
    names = labels[2:] if points else labels
    groups: list[int] = []
    skip = before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if before + rows > start and before < start + count:
            skip = skip if groups else start - before
            groups.append(group)
        before += rows
    wanted = [*names, "geometry"] if points else names
    batches, left = [], count
    size = 0
    for batch in file.iter_batches(
        _BATCH_ROWS, row_groups=groups, columns=wanted, use_threads=False
    ):
        part = batch.slice(min(skip, batch.num_rows))
        skip -= min(skip, batch.num_rows)
        part = part.slice(0, left)
        left -= part.num_rows
        columns = [_as_text(part.column(name)) for name in names]
        if points:
            columns = [*_coordinates(part.column("geometry")), *columns]
        batches.append(pa.table(columns, names=[str(at) for at in range(len(columns))]))
        if batches[-1].nbytes > 2 * _BYTES_PER_CALL:
            raise InputError(f"{path.name}: its cells are too long to be reports")
        size += batches[-1].nbytes
        if left <= 0 or size >= _BYTES_PER_CALL:
            break
    empty = pa.schema([(str(at), pa.string()) for at in range(len(labels))]).empty_table()
    return pa.concat_tables(batches) if batches else empty


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_date(kind)
        or types.is_timestamp(kind)
        or types.is_null(kind)
    )


def _is_binary(file: Any, name: str) -> bool:
    import pyarrow as pa

    kind = file.schema_arrow.field(name).type
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _as_text(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_timestamp(column.type):
        column = pc.strftime(column.cast(pa.timestamp("s"), safe=False), "%Y-%m-%d")
    elif types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 1e15))
        if pc.all(pc.fill_null(whole, True)).as_py():
            column = column.cast(pa.int64())
    return pc.fill_null(column.cast(pa.string()), "")


def _coordinates(column: Any) -> list[Any]:
    """Return longitude and latitude of WKB points; blank for what is no point."""
    import numpy
    import pyarrow as pa
    import shapely

    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    points = shapely.get_type_id(shapes) == 0
    found = []
    for values in (shapely.get_x(shapes), shapely.get_y(shapes)):
        values = numpy.where(points & numpy.isfinite(values), values, numpy.nan)
        found.append(_as_text(pa.array(values, from_pandas=False)))
    return found
