"""Report files made in code, for the tests of the readers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pandas as pd

from geo_pora import reports

TODAY = dt.date(2026, 11, 24)


def csv_file(folder: Path, text: str, encoding: str = "utf-8", name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def xlsx_file(folder: Path, *sheets: list[list[object]], name: str = "a.xlsx") -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Lembar {number + 1}")
        for row in rows:
            sheet.append(row)
    path = folder / name
    book.save(path)
    return path


def read(path: Path, **options: object) -> reports.ReportBatch:
    """Read a file twice, in batches and at once, and check what must always hold."""
    file = reports.open(path, today=TODAY, **options)
    batches = list(file)
    whole = reports.read(path, today=TODAY, **options)
    assert sum(len(batch.reports) for batch in batches) == len(whole.reports)
    assert len(whole.reports) + len(whole.rejected) == len(whole.original) == file.rows
    assert file.rejected == len(whole.rejected)
    numbers = Counter([*whole.reports["row_number"], *whole.rejected["row_number"]])
    assert sorted(numbers) == whole.original["row_number"].tolist()
    assert not numbers or max(numbers.values()) == 1
    assert whole.original["row_number"].is_monotonic_increasing
    assert whole.reports["row_number"].is_monotonic_increasing
    assert (whole.reports["persons"] >= 1).all()
    assert whole.reports["report_id"].notna().all()
    assert not whole.reports.duplicated(["report_id", "agency"]).any()
    return whole


def reasons(batch: reports.ReportBatch) -> dict[int, str]:
    return dict(zip(batch.rejected["row_number"], batch.rejected["reason"], strict=True))


def one(batch: reports.ReportBatch) -> pd.Series:
    assert len(batch.reports) == 1
    return batch.reports.iloc[0]
