"""Located reports out to a file, chunk by chunk: CSV, Parquet or GeoJSON by the file's ending.

The file is written beside its place and renamed when it is whole, so that a
run that was stopped leaves the old file or none.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from geo_pora.errors import InputError

Write = Callable[[pd.DataFrame], None]

# A cell that a spreadsheet would run as a formula. Numbers such as -4.12 are none.
_SIGNS = b"=+-@\t\r"
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?[\d.,]+$"


@contextmanager
def writing(path: Path) -> Iterator[Write]:
    """Open `path` for located reports and yield a function that appends a table.

    Parameters
    ----------
    path : Path
        Ends in `.csv`, `.parquet` or `.geojson`. GeoJSON has a point, at three
        decimals, for rows with `longitude` and `latitude`, else a null geometry.

    Yields
    ------
    callable
        Takes a DataFrame; the columns of the first table are those of the file.

    Raises
    ------
    InputError
        If the ending is none of these or the folder cannot be written.
    """
    formats = {".csv": _csv, ".parquet": _parquet, ".geojson": _geojson}
    form = formats.get(path.suffix.lower())
    if form is None:
        raise InputError(f"{path.name}: write to a file that ends in .csv, .parquet or .geojson")
    with replacing(path) as file, form(file) as write:
        yield write


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `path` and put it in its place when it is whole."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise InputError(
            f"{path}: cannot write there ({error.strerror}): choose another folder"
        ) from None
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _csv(file: IO[bytes]) -> Iterator[Write]:
    # The mark at the beginning tells Excel that this is UTF-8.
    file.write("\ufeff".encode())
    writer: pa_csv.CSVWriter | None = None

    def write(table: pd.DataFrame) -> None:
        nonlocal writer
        arrow = _escaped(_arrow(table))
        if writer is None:
            options = pa_csv.WriteOptions(quoting_style="needed")
            writer = pa_csv.CSVWriter(file, arrow.schema, write_options=options)
        writer.write_table(arrow)

    yield write
    if writer is not None:
        writer.close()


@contextmanager
def _parquet(file: IO[bytes]) -> Iterator[Write]:
    writer: pq.ParquetWriter | None = None

    def write(table: pd.DataFrame) -> None:
        nonlocal writer
        arrow = _arrow(table)
        if writer is None:
            writer = pq.ParquetWriter(file, arrow.schema, compression="zstd")
        writer.write_table(arrow.cast(writer.schema))

    yield write
    if writer is not None:
        writer.close()


@contextmanager
def _geojson(file: IO[bytes]) -> Iterator[Write]:
    file.write(b'{"type":"FeatureCollection","features":[')
    first = True

    def write(table: pd.DataFrame) -> None:
        nonlocal first
        properties = table.drop(columns=["longitude", "latitude"], errors="ignore")
        rows = properties.astype(object).where(properties.notna(), None).to_dict("records")
        for point, row in zip(_points(table), rows, strict=True):
            feature = {"type": "Feature", "geometry": point, "properties": row}
            text = json.dumps(feature, ensure_ascii=False, default=_plain, allow_nan=False)
            file.write((text if first else "," + text).encode())
            first = False

    yield write
    file.write(b"]}\n")


def _points(table: pd.DataFrame) -> list[dict[str, Any] | None]:
    if not {"longitude", "latitude"} <= set(table.columns):
        return [None] * len(table)
    x = pd.to_numeric(table["longitude"], errors="coerce").to_numpy(dtype=float)
    y = pd.to_numeric(table["latitude"], errors="coerce").to_numpy(dtype=float)
    known = np.isfinite(x) & np.isfinite(y)
    pairs = np.column_stack([x, y]).round(3).tolist()
    return [
        {"type": "Point", "coordinates": pair} if there else None
        for pair, there in zip(pairs, known.tolist(), strict=True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item()


def _arrow(table: pd.DataFrame) -> pa.Table:
    """Return `table` as Arrow; days as dates, and empty columns as text."""
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata()
    for number, field in enumerate(arrow.schema):
        wanted = field.type
        if pa.types.is_timestamp(field.type):
            wanted = pa.date32()
        elif pa.types.is_null(field.type) or pa.types.is_large_string(field.type):
            wanted = pa.string()
        if wanted != field.type:
            arrow = arrow.set_column(number, field.name, arrow.column(number).cast(wanted))
    return arrow


def _escaped(arrow: pa.Table) -> pa.Table:
    for number, field in enumerate(arrow.schema):
        if not pa.types.is_string(field.type):
            continue
        column = arrow.column(number)
        if not any(map(_may_be_formulas, column.chunks)):
            continue
        risky = pc.match_substring_regex(column, _FORMULA)
        risky = pc.and_(risky, pc.invert(pc.match_substring_regex(column, _NUMBER)))
        quoted = pc.binary_join_element_wise(pa.scalar("'"), column, pa.scalar(""))
        arrow = arrow.set_column(number, field.name, pc.if_else(risky, quoted, column))
    return arrow


def _may_be_formulas(texts: pa.Array) -> bool:
    """Whether a text begins with a sign of a formula, from a look at first bytes alone."""
    if not len(texts) or texts.buffers()[2] is None:
        return False
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    first = data[offsets[:-1][np.diff(offsets) > 0]]
    return bool(np.isin(first, np.frombuffer(_SIGNS, np.uint8)).any())
