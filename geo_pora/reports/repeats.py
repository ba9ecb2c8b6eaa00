"""Rows that were there before in the same file, found with some 20 to 50 bytes per row.

Contents are compared by 64-bit hashes, computed column-wise: among ten million rows a false
match has a chance of one in 300,000.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def _mix(hashes: Hashes) -> Hashes:
    """Scatter every bit over all (the finaliser of SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX_1
        hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX_2
    return hashes ^ (hashes >> np.uint64(31))


def hash_rows(columns: Sequence[pa.ChunkedArray], rows: int) -> Hashes:
    """Return a 64-bit hash per row over columns of text; order and boundaries of cells count.

    Parameters
    ----------
    columns : sequence of pyarrow columns
        Text, numbers or dates; missing and blank are the same.
    rows : int
        Their length.

    Returns
    -------
    numpy array of uint64, shape (rows,)
        The same for the same texts on any machine.
    """
    hashes = np.full(rows, len(columns), dtype=np.uint64)
    for column in columns:
        hashes = _mix(hashes + _ODD) ^ _hash_column(column)
    return _mix(hashes)


def _hash_column(column: pa.ChunkedArray) -> Hashes:
    if pa.types.is_string(column.type):
        return _hash_texts(pc.fill_null(column, "") if column.null_count else column)
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(0, pa.int64()).cast(column.type))
    return _mix(column.to_numpy().view(np.uint64) + _ODD)


def _hash_texts(column: pa.ChunkedArray) -> Hashes:
    """Hash texts eight bytes at a time, all rows at once; rows that are done drop out."""
    texts = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
    if not len(texts):
        return np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    start, lengths = offsets[:-1], np.diff(offsets)
    data = texts.buffers()[2]
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)
    raw = np.concatenate([raw[: offsets[-1]], np.zeros(8, dtype=np.uint8)])
    words = np.lib.stride_tricks.sliding_window_view(raw, 8)
    hashes = lengths.astype(np.uint64) * _ODD
    active = np.flatnonzero(lengths > 0)
    at = 0
    while active.size:
        word = words[start[active] + at].view("<u8").ravel()
        left = np.minimum(lengths[active] - at, 8).astype(np.uint64)
        word = word & (np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - left * np.uint64(8)))
        hashes[active] = _mix(hashes[active] ^ word) + _ODD
        at += 8
        active = active[lengths[active] > at]
    return _mix(hashes)


class Seen:
    """A growing set of hashes that remembers a number for each: open addressing in numpy."""

    def __init__(self) -> None:
        self._keys: Hashes = np.zeros(1 << 12, dtype=np.uint64)
        self._values: Rows = np.zeros(1 << 12, dtype=np.int64)
        self._used = 0

    def add(self, keys: Hashes, values: Rows) -> Rows:
        """Add hashes with their values, in order; keep the first value of each.

        Returns
        -------
        numpy array of int64, shape (n,)
            The value that the hash has now: the own one where it is new.
        """
        keys = np.maximum(keys, np.uint64(1))  # zero marks a free slot
        self._used += len(keys)  # at most: repeated ones take no slot
        if self._used * 3 > len(self._keys) * 2:
            self._make_room(len(keys))
        return self._insert(keys, values)

    def _make_room(self, more: int) -> None:
        kept = self._keys != 0
        self._used = int(np.count_nonzero(kept)) + more
        size = len(self._keys)
        while self._used * 3 > size * 2:
            size *= 2
        if size > len(self._keys):
            keys, values = self._keys[kept], self._values[kept]
            self._keys = np.zeros(size, dtype=np.uint64)
            self._values = np.zeros(size, dtype=np.int64)
            self._insert(keys, values)

    def _insert(self, keys: Hashes, values: Rows) -> Rows:
        found = np.empty(len(keys), dtype=np.int64)
        mask = np.uint64(len(self._keys) - 1)
        left = np.arange(len(keys))
        slots = keys & mask
        while left.size:
            free = self._keys[slots] == 0
            # of several that want one slot the first in order writes last, and so has it
            wanting = left[free][::-1]
            self._keys[slots[free][::-1]] = keys[wanting]
            self._values[slots[free][::-1]] = values[wanting]
            mine = self._keys[slots] == keys[left]
            found[left[mine]] = self._values[slots[mine]]
            left, slots = left[~mine], (slots[~mine] + np.uint64(1)) & mask
        return found


class Identifiers:
    """Which identifiers were used before, and whether for the same content.

    Most files number their rows upwards: then nothing can repeat, and the identifiers are
    only kept, not hashed, until one falls out of order.
    """

    def __init__(self) -> None:
        self._seen = Seen()
        self._ordered: list[tuple[list[pa.ChunkedArray], Rows]] | None = []
        self._last = pa.scalar("")

    def repeated(
        self, keys: list[pa.ChunkedArray], content: Hashes, row_numbers: Rows
    ) -> list[tuple[int, int, bool]]:
        """Take the next rows of the file.

        Parameters
        ----------
        keys : list of pyarrow string columns
            What identifies a row.
        content : numpy array of uint64
            Hash of what the row says.
        row_numbers : numpy array of int64
            Below 2^32.

        Returns
        -------
        list of (int, int, bool)
            Position, row number of the first use, and whether the content was the same.
        """
        marks = (content & np.uint64(0x7FFFFFFF)).astype(np.int64) << np.int64(32) | row_numbers
        if self._ordered is not None:
            if len(keys) == 1 and self._goes_on(keys[0]):
                self._ordered.append((keys, marks))
                return []
            for earlier, theirs in self._ordered:
                self._seen.add(hash_rows(earlier, len(theirs)), theirs)
            self._ordered = None
        first = self._seen.add(hash_rows(keys, len(marks)), marks)
        found = []
        for at in np.flatnonzero(first != marks).tolist():
            known, own = int(first[at]), int(marks[at])
            found.append((at, known & 0xFFFFFFFF, known >> 32 == own >> 32))
        return found

    def _goes_on(self, column: pa.ChunkedArray) -> bool:
        """Whether each text is longer, or as long and greater, than the one before."""
        texts = pa.concat_arrays([pa.array([self._last], pa.string()), *column.chunks])
        length = pc.binary_length(texts)
        before, behind = texts.slice(0, len(texts) - 1), texts.slice(1)
        longer = pc.less(length.slice(0, len(texts) - 1), length.slice(1))
        as_long = pc.equal(length.slice(0, len(texts) - 1), length.slice(1))
        rises = pc.or_(longer, pc.and_(as_long, pc.less(before, behind)))
        self._last = texts[-1]
        return bool(pc.all(rises).as_py())


class Numbering:
    """Identifiers from the content of rows: equal contents are told apart by a running number."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._often: dict[int, int] = {}

    def identifiers(self, content: Hashes, skip: npt.NDArray[np.bool_]) -> list[str]:
        """Return an identifier per row; rows in `skip` get one that nobody uses, and no number."""
        rows = np.flatnonzero(~skip)
        distinct, which, often = np.unique(content[rows], return_inverse=True, return_counts=True)
        running = _running_number(which)
        fresh = self._seen.add(distinct, np.arange(len(distinct)) + self._count)
        before = np.where(fresh >= self._count, 0, 1)
        self._count += len(distinct)
        for at in np.flatnonzero((before > 0) | (often > 1)).tolist():
            key = int(distinct[at])
            before[at] = self._often.get(key, int(before[at]))
            self._often[key] = int(before[at] + often[at])
        number = np.zeros(len(content), dtype=np.uint64)
        number[rows] = (running + before[which]).astype(np.uint64)
        mixed = _mix(content + number * _ODD)
        return [f"h{value:016x}" for value in mixed.tolist()]

    _count = 0


def _running_number(which: Rows) -> Rows:
    """Return how many equal values stand before each value."""
    order = np.argsort(which, kind="stable")
    ordered = which[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    running = np.empty(len(which), dtype=np.int64)
    running[order] = np.arange(len(which)) - np.repeat(starts, lengths)
    return running
