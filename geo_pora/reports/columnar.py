"""Parquet and GeoParquet: decoded in a guarded child, some row groups at a time.

A few kilobytes of Parquet can decode to gigabytes, so it is not read in this process; each
call of the child returns at most about half a million rows or 64 MiB of text.
"""

from __future__ import annotations

import json
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
_OWN = ("longitude", "latitude")
_NO_POINT = "geometri bukan titik (Point)"


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
            table, faults = guard.call(
                read_rows,
                path,
                labels[len(_OWN) :] if about["geometry"] else labels,
                about["geometry"],
                start,
                _ROWS_PER_CALL,
                memory_bytes=memory,
                cpu_seconds=60,
                wall_seconds=120,
            )
            end = start + table.num_rows
            numbers = np.arange(start + 1, end + 1, dtype=np.int64)
            yield Block(table, numbers, dict.fromkeys(numbers[faults].tolist(), _NO_POINT))
            if end == start:
                raise InputError(f"{path.name}: it has fewer rows than it says; export it again")
            start = end

    return Source("parquet", tuple(labels), blocks)


# ---- in the child ----------------------------------------------------------------------------


def describe(path: Path) -> dict[str, Any]:
    """Return the number of rows and the labels of the columns that can be text."""
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    geometry = _geometry(file, path.name)
    labels = [
        field.name
        for field in file.schema_arrow
        if field.name != geometry and _is_plain(field.type)
    ]
    if len(labels) > _MOST_COLUMNS:
        raise InputError(f"{path.name}: {len(labels)} columns are too many")
    own = list(_OWN) if geometry else []
    return {"rows": file.metadata.num_rows, "labels": [*own, *labels], "geometry": geometry}


def read_rows(path: Path, names: list[str], geometry: str, start: int, count: int) -> Any:
    """Return up to `count` rows from `start` on, and which of them are shapes but no points.

    The rows are a table of text named by position, longitude and latitude first where the
    column `geometry` has them.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    groups: list[int] = []
    skip = before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if before + rows > start and before < start + count:
            skip = skip if groups else start - before
            groups.append(group)
        before += rows
    wanted = [*names, geometry] if geometry else names
    batches: list[Any] = []
    faults: list[int] = []
    left, size = count, 0
    for batch in file.iter_batches(
        _BATCH_ROWS, row_groups=groups, columns=wanted, use_threads=False
    ):
        part = batch.slice(min(skip, batch.num_rows))
        skip -= min(skip, batch.num_rows)
        part = part.slice(0, left)
        left -= part.num_rows
        columns = [_as_text(part.column(name)) for name in names]
        if geometry:
            *degrees, no_point = _coordinates(part.column(geometry))
            columns = [*degrees, *columns]
            faults += [at + sum(one.num_rows for one in batches) for at in no_point]
        batches.append(pa.table(columns, names=[str(at) for at in range(len(columns))]))
        if batches[-1].nbytes > 2 * _BYTES_PER_CALL:
            raise InputError(f"{path.name}: its cells are too long to be reports")
        size += batches[-1].nbytes
        if left <= 0 or size >= _BYTES_PER_CALL:
            break
    width = len(names) + (len(_OWN) if geometry else 0)
    empty = pa.schema([(str(at), pa.string()) for at in range(width)]).empty_table()
    return pa.concat_tables(batches) if batches else empty, faults


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or _is_binary(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_date(kind)
        or types.is_timestamp(kind)
        or types.is_null(kind)
    )


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))


def _geometry(file: Any, name: str) -> str:
    """Return the column that holds points: GeoParquet's own, or one called geometry; or ''."""
    said = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    column = said.get("primary_column", "geometry")
    if column not in file.schema_arrow.names:
        return ""
    about = said.get("columns", {}).get(column, {})
    crs = about.get("crs")  # missing means WGS 84, null that nobody knows
    code = str((crs.get("id") or {}).get("code", "")) if isinstance(crs, dict) else ""
    if crs is not None and code not in ("4326", "CRS84"):
        raise InputError(f"{name}: the coordinates are not in WGS 84; export as EPSG:4326")
    kind = file.schema_arrow.field(column).type
    return str(column) if _is_binary(kind) or _is_struct_of_degrees(kind) else ""


def _is_struct_of_degrees(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_struct(kind) and {"x", "y"} <= {field.name for field in kind.fields}


def _as_text(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_binary(column.type):
        return pa.array([_decoded(value) for value in column.to_pylist()], pa.string())
    if types.is_timestamp(column.type):
        moment = column.cast(pa.timestamp("s"), safe=False)
        if column.type.tz:  # the day is that of the clock here, seven hours before UTC's
            moment = pc.add(moment, pa.scalar(7 * 3600, pa.duration("s")))
        column = pc.strftime(moment, "%Y-%m-%d")
    elif types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 1e15))
        if pc.all(pc.fill_null(whole, True)).as_py():
            column = column.cast(pa.int64())
    return pc.fill_null(column.cast(pa.string()), "")


def _decoded(value: bytes | None) -> str:
    """Read text that was stored as bytes; pictures and the like are none."""
    try:
        return (value or b"")[:10_000].decode()
    except UnicodeDecodeError:
        return ""


def _coordinates(column: Any) -> list[Any]:
    """Return longitude and latitude of points, and the positions of shapes that are no point."""
    import numpy
    import pyarrow as pa
    import pyarrow.compute as pc
    import shapely

    if pa.types.is_struct(column.type):
        return [*(_as_text(pc.struct_field(column, name)) for name in ("x", "y")), []]
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    points = shapely.get_type_id(shapes) == 0
    found = []
    for values in (shapely.get_x(shapes), shapely.get_y(shapes)):
        values = numpy.where(points & numpy.isfinite(values), values, numpy.nan)
        found.append(_as_text(pa.array(values, from_pandas=False)))
    other = numpy.flatnonzero(~points & column.is_valid().to_numpy(zero_copy_only=False))
    return [*found, other.tolist()]
