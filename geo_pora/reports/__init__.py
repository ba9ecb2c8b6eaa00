"""Report files to a checked table and rejected rows.

CSV in any usual encoding and separator, XLSX, XLS and ODS, GeoJSON of points, and Parquet, told
apart by content. What identifies a person is dropped before anything else happens; rows that
cannot be used are kept apart with row number, column and reason. docs/reports.md says which
headers, codes and notations are known.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from geo_pora.reports.check import ReportBatch
    from geo_pora.reports.file import Dropped, Manner, ReportFile

__all__ = ["Dropped", "Manner", "ReportBatch", "ReportFile", "open", "read", "write_rejected"]

# Nothing heavy is imported here: the guarded child, which reads the cells of a small workbook
# in 50 ms, would have to wait ten times as long for pandas.


def __getattr__(name: str) -> Any:
    if name == "ReportBatch":
        from geo_pora.reports import check

        return check.ReportBatch
    if name in ("ReportFile", "Dropped", "Manner"):
        from geo_pora.reports import file

        return getattr(file, name)
    raise AttributeError(name)


def open(
    path: Path,
    *,
    agency: str | None = None,
    today: dt.date | None = None,
    repeats: bool = True,
    like: Manner | None = None,
) -> ReportFile:
    """Open a report file and find its header.

    Parameters
    ----------
    path : Path
        The file; its type is found by content.
    agency : str, optional
        Code of the agency that sends it. A row that names another agency is rejected.
    today : datetime.date, optional
        Day of reading, which stands in where a file has no dates; default today in Jakarta.
    repeats : bool
        Refuse a row that was there before in the file, and make the identifiers that it lacks.
        Without it no row depends on another one, and `report_id` is missing where not given.
    like : Manner, optional
        How the whole file is read of which this one is a part with the same header
        (`ReportFile.manner`). Then the parts' rows are together those of the whole.

    Returns
    -------
    ReportFile
        Iterate over it for batches of some 100,000 rows; memory does not grow with the
        file but for 16 to 50 bytes per row, by which repeated rows are found.

    Raises
    ------
    NotFoundError
        If there is no such file or agency.
    InputError
        If the file is empty, of another type, damaged, or has no known header.
    """
    from geo_pora.reports.formats import open_file

    return open_file(path, agency, today, repeats=repeats, like=like)


def read(path: Path, *, agency: str | None = None, today: dt.date | None = None) -> ReportBatch:
    """Read a report file at once.

    Parameters and errors are those of `open`.

    Returns
    -------
    ReportBatch
        `reports`, `rejected` and `original`; read = reports + rejected.
    """
    from geo_pora.reports.file import read_all
    from geo_pora.reports.formats import open_file

    return read_all(open_file(path, agency, today))


def write_rejected(rejected: pd.DataFrame, original: pd.DataFrame, path: Path) -> None:
    """Write rejected rows to an XLSX file that can be fixed and imported again.

    Parameters
    ----------
    rejected, original : DataFrame
        As in `ReportBatch`.
    path : Path
        File to write. Its columns `Baris`, `Kolom` and `Alasan` are ignored when it is read;
        every other cell is text, so that nothing in it is a formula.

    Raises
    ------
    UnavailableError
        If the file cannot be written.
    """
    from geo_pora.reports import rejected as workbook

    workbook.write(rejected, original, path)
