"""The stage: a temporary table that takes a file's rows chunk by chunk, without any lock.

Rows come as located reports (docs/architecture.md) and lie here as the store
will keep them: coordinates at three decimals, hashes instead of comparisons.
A stage vanishes with its connection, so a killed import leaves nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa

from geo_pora.errors import InputError
from geo_pora.store import spans
from geo_pora.store.spans import Spans
from geo_pora.store.tables import CONTENT, PLACING, content_columns, placing_columns

NEW, REVISED, UNCHANGED, ERASED, DUPLICATE = "new", "revised", "unchanged", "erased", "duplicate"

REJECTED: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "row_number": sa.Integer,
    "column_name": sa.Text,
    "reason": sa.Text,
    "cells": sa.Text,
}

stage = sa.Table(
    "stage",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("report_id", sa.Text, nullable=False),
    sa.Column("key_hash", sa.BigInteger, nullable=False),
    sa.Column("content_hash", sa.BigInteger, nullable=False),
    sa.Column("row_number", sa.Integer, nullable=False),
    *content_columns(),
    *placing_columns(),
    # Filled by the merge:
    sa.Column("outcome", sa.Text),
    sa.Column("report_key", sa.BigInteger),
    prefixes=["TEMPORARY"],
)
stage_rejected = sa.Table(
    "stage_rejected",
    stage.metadata,
    *(sa.Column(name, kind) for name, kind in REJECTED.items()),
    prefixes=["TEMPORARY"],
)
_LOADED = [column.name for column in stage.columns][:-2]
_TYPES = {"persons": pa.int64(), "row_number": pa.int64(), "seq": pa.int64()}
_DATES = ("reported_on", "from_date", "to_date")
_NUMBERS = ("latitude", "longitude", "confidence")
_DECIMALS = 3
_MOST_PERSONS = 2**31 - 1  # an INTEGER of SQL
_LONG_FRACTION = r"([.,]\d{3})\d+"


def create(connection: sa.Connection) -> None:
    """Make the empty stage on this connection."""
    drop(connection)
    stage.metadata.create_all(connection, checkfirst=False)


def drop(connection: sa.Connection) -> None:
    """Remove the stage from this connection."""
    if _exists(connection):
        stage.metadata.drop_all(connection, checkfirst=False)


def _exists(connection: sa.Connection) -> bool:
    if connection.dialect.name == "sqlite":
        query = "SELECT count(*) FROM sqlite_temp_master WHERE name = 'stage'"
    else:
        query = "SELECT count(to_regclass('pg_temp.stage'))"
    return bool(connection.exec_driver_sql(query).scalar())


def load(
    connection: sa.Connection, located: pd.DataFrame, *, agency: str, hash_key: str, first_seq: int
) -> Spans:
    """Add a chunk of located reports to the stage and return their spans.

    Raises
    ------
    InputError
        If a row is another agency's or breaks what the columns promise.
    """
    _check(located, agency)
    table = _table(located, agency, hash_key, first_seq)
    # Most columns of a file are empty, and binding nothing costs as much as binding something.
    filled = [name for name in _LOADED if table[name].null_count < len(table)]
    load_into = _insert if connection.dialect.name == "sqlite" else _copy
    load_into(connection, table.select(filled))
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    return spans.of(columns | {"agency": pa.repeat(agency, len(table))})


def _insert(connection: sa.Connection, table: pa.Table) -> None:
    names, marks = ", ".join(table.column_names), ", ".join("?" * table.num_columns)
    rows = list(zip(*(_listed(column) for column in table.columns), strict=True))
    connection.exec_driver_sql(f"INSERT INTO stage ({names}) VALUES ({marks})", rows)  # noqa: S608


def _copy(connection: sa.Connection, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(table, sink, pa.csv.WriteOptions(include_header=False))
    copy = f"COPY stage ({', '.join(table.column_names)}) FROM STDIN (FORMAT csv)"
    with connection.connection.cursor() as cursor, cursor.copy(copy) as stream:  # type: ignore[attr-defined]
        stream.write(sink.getvalue().to_pybytes())


def load_rejected(connection: sa.Connection, rejected: pd.DataFrame) -> None:
    """Add rejected rows to the stage; columns without a name of ours are kept cells."""
    named = rejected.rename(columns={"column": "column_name"})
    rows = []
    for record in named.astype(object).where(named.notna(), None).to_dict("records"):
        cells = {str(k): v for k, v in record.items() if k not in REJECTED and v not in (None, "")}
        row = {name: record.get(name) for name in REJECTED}
        row["cells"] = json.dumps(cells, ensure_ascii=False, default=str) if cells else None
        rows.append({k: v.replace("\0", "") if isinstance(v, str) else v for k, v in row.items()})
    connection.execute(stage_rejected.insert(), rows)


def key_hash(hash_key: str, agency: str, report_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the keyed 64-bit hash under which an erased report is remembered."""
    ids = np.asarray(list(report_ids), dtype=object)
    hashed = pd.util.hash_array(ids, hash_key=hash_key, categorize=False)
    return _mixed(_seed(hash_key, agency), [hashed], len(ids))


def _check(located: pd.DataFrame, agency: str) -> None:
    other = located.loc[located["agency"] != agency]
    if len(other):
        row = other.iloc[0]
        raise InputError(
            f"row {row['row_number']} is a report of agency {row['agency']}, but the file is "
            f"imported for {agency}: import each agency's rows by themselves"
        )
    missing = located["report_id"].isna() | located["from_date"].isna()
    missing |= located["reported_on"].isna() | ~located["persons"].between(1, _MOST_PERSONS)
    missing |= located["to_date"] < located["from_date"]
    if missing.any():
        row = located.loc[missing].iloc[0]
        raise InputError(
            f"row {row['row_number']} has no report_id, no date, no sound number of persons, or "
            "ends before it begins: it should have been rejected when the file was read"
        )


def _table(located: pd.DataFrame, agency: str, hash_key: str, first_seq: int) -> pa.Table:
    columns: dict[str, Any] = {"seq": pa.array(np.arange(first_seq, first_seq + len(located)))}
    for name in ("report_id", "row_number", *CONTENT, *PLACING):
        columns[name] = _column(located, name)
    placed = pc.and_(pc.is_valid(columns["latitude"]), pc.is_valid(columns["longitude"]))
    decided = pc.or_(placed, pc.is_null(columns["review_reason"]))
    nothing = pa.scalar(None, pa.string())
    # What finer notation is still needed for is decided by then, and may not be kept.
    columns["coordinates_text"] = pc.if_else(
        decided,
        nothing,
        pc.replace_substring_regex(columns["coordinates_text"], _LONG_FRACTION, r"\1"),
    )
    columns["candidates"] = pc.if_else(
        pc.is_null(columns["review_reason"]), nothing, columns["candidates"]
    )
    for name in ("geocode_method", "match_level"):
        columns[name] = pc.fill_null(columns[name], "none")
    columns["key_hash"] = pa.array(key_hash(hash_key, agency, columns["report_id"].to_pylist()))
    columns["content_hash"] = pa.array(_content_hash(columns, hash_key))
    return pa.table({name: columns[name] for name in _LOADED})


def _column(located: pd.DataFrame, name: str) -> pa.Array:
    if name not in located:
        return pa.nulls(len(located), pa.float64() if name in _NUMBERS else pa.string())
    series = located[name]
    if name in _DATES:
        return pa.array(series.to_numpy("datetime64[D]"))
    if name in _NUMBERS:
        values = series.to_numpy("float64", na_value=np.nan)
        if name != "confidence":
            values = np.round(values, _DECIMALS) + 0.0  # no negative zero
        return pa.array(values, from_pandas=True)
    if name in _TYPES:
        return pa.array(series.to_numpy("int64"))
    text = pa.array(series, pa.string(), from_pandas=True)
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    return pc.replace_substring(text, "\0", "")  # PostgreSQL has no NUL in text


def _content_hash(columns: dict[str, Any], hash_key: str) -> npt.NDArray[np.int64]:
    """Return a keyed hash of what the agency stated: equal content, equal hash.

    Kept beside the content so that a row sent again is recognised after its
    address was erased. It is made of the rounded coordinates only.
    """
    hashes = []
    for name in CONTENT:
        column = columns[name]
        if pa.types.is_string(column.type):
            encoded = column.fill_null("").dictionary_encode()
            words = encoded.dictionary.to_numpy(zero_copy_only=False)
            hashed = pd.util.hash_array(words, hash_key=hash_key, categorize=False)
            hashes.append(hashed[encoded.indices.to_numpy()])
        else:
            numbers = column.cast(pa.int32()) if name in _DATES else column
            values = numbers.cast(pa.float64()).fill_null(np.inf).to_numpy()
            hashes.append(pd.util.hash_array(values, categorize=False))
    return _mixed(_seed(hash_key, ""), hashes, len(columns["seq"]))


def _seed(hash_key: str, text: str) -> np.uint64:
    digest = hashlib.blake2b(text.encode(), key=hash_key.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mixed(
    seed: np.uint64, hashes: Sequence[npt.NDArray[np.uint64]], length: int
) -> npt.NDArray[np.int64]:
    """Combine hashes in order: FNV-1a over 64-bit words, then a final avalanche."""
    mixed = np.full(length, seed, dtype=np.uint64)
    for values in hashes:
        mixed = (mixed ^ values) * np.uint64(0x100000001B3)
        mixed ^= mixed >> np.uint64(32)
    return mixed.view(np.int64)


def _listed(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_date32(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values
