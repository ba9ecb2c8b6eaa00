"""Columns of integers packed into one value of the database, each in the smallest type."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo_pora.errors import UnavailableError

Integers = npt.NDArray[np.int64]


def packed(columns: Mapping[str, Integers], note: str = "") -> bytes:
    """Return columns of one length, and a text that goes with them, as an Arrow stream."""
    arrays = [pa.array(narrowed(values)) for values in columns.values()]
    batch = pa.record_batch(arrays, names=list(columns))
    batch = batch.replace_schema_metadata({"note": note} if note else None)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def unpacked(data: bytes, columns: int) -> tuple[list[npt.NDArray[np.signedinteger]], str]:
    """Return the columns that `packed` was given, in the smallest types, and the text.

    Raises
    ------
    UnavailableError
        If these are not so many columns of integers.
    """
    try:
        with pa.ipc.open_stream(data) as reader:
            batch = reader.read_next_batch()
        found = [column.to_numpy() for column in batch.columns]
    except (pa.ArrowException, StopIteration) as error:
        raise damaged(type(error).__name__) from None
    if len(found) != columns or not all(np.issubdtype(one.dtype, np.integer) for one in found):
        raise damaged(f"{len(found)} columns where {columns} belong")
    note = (batch.schema.metadata or {}).get(b"note", b"").decode()
    return found, note


def damaged(why: str) -> UnavailableError:
    """Return the error to raise where kept counts are not as this geo_pora writes them."""
    return UnavailableError(
        f"the counts kept in the database are damaged or another version's ({why}): "
        "restore the last backup into a new place"
    )


def narrowed(values: Integers) -> npt.NDArray[np.signedinteger]:
    """Return `values` in the smallest signed type that holds them."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values
