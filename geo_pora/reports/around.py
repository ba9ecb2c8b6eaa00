"""Rows around a table that are no reports: totals, headings, and signatures below it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo_pora.reports import headers
from geo_pora.reports.fields import Cells, Findings
from geo_pora.reports.source import Block
from geo_pora.reports.texts import Column

Rows = npt.NDArray[np.bool_]

_TOTAL = (
    r"^(?i)(?:(?:Desa|Kec\.|Kab\.) )?(?:grand |sub ?)?(?:total|jumlah)(?: total| seluruhnya)?\s*:?$"
)
# From so many columns on a row with one of them filled is a heading or a signature.
_WIDE = 4
_NUMBERED = frozenset({"report_id", "latitude", "longitude", "coordinates_text"})


class Around:
    """Finds the rows around the table of one file, block by block.

    Parameters
    ----------
    by_itself : bool
        Judge every row by itself: then none is known to be below the table.
    """

    def __init__(self, by_itself: bool) -> None:
        self._by_itself = by_itself
        self._ended = False
        self._last_number = 0

    def refuse(self, block: Block, cells: Cells, location: Column, findings: Findings) -> None:
        """Refuse totals, rows with one cell, and rows below the table that say no more than words.

        Parameters
        ----------
        block, cells, findings
            The block, its columns, and what was found out about it.
        location : pyarrow column of string
            The place that was read from each row.
        """
        column = next(c for c in cells if c.field in headers.PLACES | {"latitude"})
        total = pc.match_substring_regex(pc.fill_null(location, ""), _TOTAL)
        refused = [(total, "baris jumlah, bukan laporan")]
        used = [cell for c, cell in cells.items() if c.field]
        if len(used) >= _WIDE:
            filled = sum(pc.not_equal(cell, "").cast(pa.int8()).to_numpy() for cell in used)
            refused.append((pa.chunked_array([filled == 1]), "hanya satu kolom yang terisi"))
        below = self._below(block, cells, findings)
        refused.append((pa.chunked_array([below]), "di bawah tabel, bukan laporan"))
        for where, why in refused:
            findings.refuse(column, where, why)
            if pc.any(where).as_py():
                findings.no_reports.update(np.flatnonzero(where.to_numpy()).tolist())

    def _below(self, block: Block, cells: Cells, findings: Findings) -> Rows:
        """Return which rows come after a blank row or a total, and hold nothing but words.

        Below a table stand place, date, office and name of who signs it: no date, number or
        code in its column, where the rows of the table have some.
        """
        rows = len(block.row_numbers)
        telling = [_tells(c, cell, findings) for c, cell in cells.items() if _can_tell(c)]
        if self._by_itself or not rows or len(telling) < 2:
            return np.zeros(rows, dtype=bool)
        report = np.logical_or.reduce(telling)
        report[list(findings.faults)] = False
        ends = np.diff(block.row_numbers, prepend=self._last_number) > 1
        ends[0] &= self._last_number > 0
        self._last_number = int(block.row_numbers[-1])
        if not report.all():
            for cell in cells.values():
                ends |= pc.match_substring_regex(cell, _TOTAL).to_numpy()
        at = np.arange(rows)
        last_report = np.maximum.accumulate(np.where(report, at, -1))
        last_end = np.maximum.accumulate(np.where(ends, at, -1))
        nothing_yet = (last_report < 0) & (last_end < 0)
        ended = np.where(nothing_yet, self._ended, last_end > last_report)
        self._ended = bool(ended[-1])
        below: Rows = ended & ~report
        return below


def _can_tell(column: headers.Column) -> bool:
    return bool(column.field) and column.field not in headers.PLACES - _NUMBERED


def _tells(column: headers.Column, cell: Column, findings: Findings) -> Rows:
    """Return which cells hold what belongs into their column."""
    if column.field in _NUMBERED:
        tells = pc.match_substring_regex(cell, r"\d")
    else:
        tells = pc.not_equal(cell, "")
        if column in findings.unread:
            tells = pc.and_not(tells, findings.unread[column])
    found: Rows = tells.to_numpy()
    return found
