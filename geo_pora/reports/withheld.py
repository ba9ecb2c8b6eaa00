"""Cells of rejected rows that are not kept, since they may name a person.

A rejected row is kept to be corrected. Where its cells may stand in columns that are not theirs
a name is no longer in the column of names, and below a table stands who signed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from geo_pora.reports import identity
from geo_pora.reports.fields import Cells, Findings
from geo_pora.reports.patterns import PLACE_WORD

# Numbers, codes, dates, and what begins like an address.
_SAFE = re.compile(
    r"[\W\d_]*[^\W\d_]?[\W\d_]*|\S*\d\S*|\d{1,2}[ ./-]?[^\W\d_]{3,9}[ ./-]?\d{2,4}|"
    rf"[\W_]*{PLACE_WORD}.*"
)


def without_names(cells: Cells, findings: Findings, torn: Iterable[int]) -> Cells:
    """Mask the words of rejected rows that may be names.

    Parameters
    ----------
    cells : dict of headers.Column to column
        What is kept of a block.
    findings : Findings
        Its `no_reports` keep no words at all; in columns of codes, dates and numbers nothing
        is kept that looks like a name.
    torn : iterable of int
        Positions of rows whose cells may be shifted; no words of them are kept either.
    """
    rejected = sorted(findings.faults)
    if not rejected:
        return cells
    wordless = {*findings.no_reports, *torn}
    kept: Cells = {}
    for column, cell in cells.items():
        unread = findings.unread.get(column)
        misread = set(np.flatnonzero(unread).tolist()) if unread is not None else set()
        suspects = [at for at in rejected if at in wordless or at in misread]
        kept[column] = cell
        if suspects:
            texts = cell.to_pandas().to_numpy(dtype=object, copy=True)
            for at in suspects:
                safe = _SAFE.fullmatch(texts[at]) if at in wordless else not _names(texts[at])
                texts[at] = texts[at] if safe else identity.MASK
            kept[column] = pa.chunked_array([pa.array(texts, pa.string())])
    return kept


def _names(text: str) -> bool:
    return identity.by_content([text], names=True) == "name"
