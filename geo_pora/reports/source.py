"""What every format is turned into: a header and blocks of text cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# What stands, in the column of persons, in the lower rows of a merged cell: five persons
# beside three rows are five, not fifteen.
MERGED = "(sel digabung)"


@dataclass
class Block:
    """Some rows of a file, every cell as text.

    Attributes
    ----------
    table : pyarrow.Table
        String columns without nulls, named by position: "0", "1", ...
    row_numbers : numpy array of int64
        Row in the file as a spreadsheet shows it, ascending.
    faults : dict of int to str
        Rows, by row number, that could not be cut into cells; and why.
    torn : bool
        Whether the cells of rows with a fault may stand in columns that are not theirs.
    """

    table: pa.Table
    row_numbers: npt.NDArray[np.int64]
    faults: dict[int, str] = field(default_factory=dict)
    torn: bool = False


@dataclass
class Source:
    """A file that can be read block by block.

    Attributes
    ----------
    format : str
        `csv`, `xlsx`, `xls`, `ods`, `geojson` or `parquet`.
    labels : tuple of str
        The header, one label per column.
    blocks : callable
        Returns an iterator over the rows from the first one on.
    encoding, delimiter, sheet : str
        How the text was read, where the format has it.
    remarks : list of str
        What the user should know: sheets left out, characters replaced.
    """

    format: str
    labels: tuple[str, ...]
    blocks: Callable[[], Iterator[Block]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    remarks: list[str] = field(default_factory=list)


def block_of_rows(
    rows: list[list[str]], width: int, row_numbers: list[int], faults: dict[int, str] | None = None
) -> Block:
    """Make a block of lists of cells; short rows are filled up, long ones are cut."""
    columns = {
        str(at): pa.array([row[at] if at < len(row) else "" for row in rows], pa.string())
        for at in range(width)
    }
    return Block(pa.table(columns), np.array(row_numbers, dtype=np.int64), faults or {})
