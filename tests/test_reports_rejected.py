"""Rejected rows open in a spreadsheet, are fixed there, and come back whole; repeated rows."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports_fixtures import csv_file, read, reasons

from geo_pora import reports
from geo_pora.errors import UnavailableError

TEXT = (
    "ID Laporan;Tanggal;Alamat;Jumlah;Nama\n"
    "a;01/02/2026;Jl. A;2;CONTOH\n"
    "b;31/02/2026;=cmd|' /C calc'!A0;3;CONTOH\n"
    "c;02/02/2026;+Jl. C;banyak;CONTOH\n"
    "d;03/02/2026;@Jl. D\n"
    "a;04/02/2026;-Jl. E;1;CONTOH\n"
)


@pytest.fixture
def batch(tmp_path):
    return read(csv_file(tmp_path, TEXT))


@pytest.fixture
def workbook(tmp_path, batch):
    path = tmp_path / "ditolak.xlsx"
    reports.write_rejected(batch.rejected, batch.original, path)
    return path


def test_says_row_column_and_reason_beside_the_row(workbook):
    rows = list(openpyxl.load_workbook(workbook).active.values)
    assert rows[0] == ("Baris", "Kolom", "Alasan", "ID Laporan", "Tanggal", "Alamat", "Jumlah")
    assert [row[0] for row in rows[1:]] == [3, 4, 5, 6]
    assert rows[1][1:4] == ("Tanggal", "tanggal 31/02/2026 tidak ada", "b")
    assert rows[2][1] == "Jumlah"
    assert rows[4][2] == "nomor laporan sudah dipakai di baris 2 dengan isi lain"


def test_nothing_in_it_is_a_formula_and_nothing_identifies(workbook):
    for row in openpyxl.load_workbook(workbook).active.iter_rows():
        for cell in row:
            assert cell.data_type in ("s", "inlineStr", "n")
    assert b"CONTOH" not in workbook.read_bytes()
    found = {cell.value for row in openpyxl.load_workbook(workbook).active for cell in row}
    assert "=cmd|' /C calc'!A0" in found


def test_imported_again_as_it_is_it_is_rejected_again_for_the_same_reasons(workbook, batch):
    again = read(workbook)
    assert set(reasons(again).values()) <= {
        *reasons(batch).values(),
        "nomor laporan sudah dipakai di baris 2 dengan isi lain",
    }
    assert len(again.reports) + len(again.rejected) == 4


def test_fixed_it_is_read_whole(workbook, tmp_path):
    book = openpyxl.load_workbook(workbook)
    sheet = book.active
    sheet["E2"] = "28/02/2026"
    sheet["G3"] = 4
    sheet["D5"] = "e"
    fixed = tmp_path / "fixed.xlsx"
    book.save(fixed)
    again = read(fixed)
    assert len(again.rejected) == 0
    assert again.reports["report_id"].tolist() == ["b", "c", "d", "e"]
    assert again.reports["persons"].tolist() == [3, 4, 1, 1]
    assert again.reports["location_text"].tolist()[0] == "=cmd|' /C calc'!A0"


def test_a_folder_that_cannot_be_written(batch, tmp_path):
    with pytest.raises(UnavailableError, match="cannot be written"):
        reports.write_rejected(batch.rejected, batch.original, tmp_path / "none" / "x.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_no_rejected_rows_make_a_file_with_a_header(batch, tmp_path):
    path = tmp_path / "x.xlsx"
    reports.write_rejected(batch.rejected.iloc[:0], batch.original, path)
    assert len(list(openpyxl.load_workbook(path).active.values)) == 1


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_cell_survives_the_journey(tmp_path, texts):
    """What was kept of a rejected row is there again, but for what a spreadsheet cannot hold."""
    original = pd.DataFrame({"row_number": range(2, 2 + len(texts)), "alamat": texts})
    rejected = pd.DataFrame(
        {"row_number": original["row_number"], "column": "tanggal", "reason": "contoh"}
    )
    path = tmp_path / "x.xlsx"
    reports.write_rejected(rejected, original, path)
    rows = list(openpyxl.load_workbook(path).active.values)[1:]
    assert [row[0] for row in rows] == original["row_number"].tolist()
    for row, text in zip(rows, texts, strict=True):
        if text.isprintable() and not text.startswith(" "):
            assert (row[3] or "") == text


def test_an_equal_row_is_rejected_and_says_of_which(tmp_path):
    batch = read(csv_file(tmp_path, "id,alamat\n1,Jl. A\n2,Jl. B\n1,Jl. A\n1,Jl. C\n"))
    assert reasons(batch) == {
        4: "baris sama persis dengan baris 2",
        5: "nomor laporan sudah dipakai di baris 2 dengan isi lain",
    }


def test_identifiers_that_fall_out_of_order_in_a_later_block(tmp_path):
    """Ordered identifiers are not hashed until one is out of order: then all must be known."""
    rows = [f"{n},Jl. {n}" for n in range(400_000)]
    rows += ["7,Jl. 7", "399999,Jl. lain", "400000,Jl. baru"]
    path = csv_file(tmp_path, "id,alamat\n" + "\n".join(rows) + "\n")
    assert path.stat().st_size > 4 << 20
    found = {}
    total = 0
    for batch in reports.open(path):
        found |= reasons(batch)
        total += len(batch.reports)
    assert found == {
        400_002: "baris sama persis dengan baris 9",
        400_003: "nomor laporan sudah dipakai di baris 400001 dengan isi lain",
    }
    assert total == 400_001


def test_the_same_identifier_of_two_agencies_is_two_reports(tmp_path):
    path = csv_file(tmp_path, "id,alamat,instansi\n1,Jl. A,POLRES-OKU\n1,Jl. A,POLRES-OKUT\n")
    assert len(read(path).reports) == 2


def test_persons_told_apart_only_by_what_is_dropped_are_all_counted(tmp_path):
    """Five workers at one address are five rows that differ in name alone."""
    rows = "".join(f"CONTOH {n};Jl. Pabrik 1;CHN\n" for n in range(5))
    batch = read(csv_file(tmp_path, f"nama;alamat;WN\n{rows}CONTOH 3;Jl. Pabrik 1;CHN\n"))
    assert batch.reports["persons"].sum() == 5
    assert batch.reports["report_id"].is_unique
    assert reasons(batch) == {7: "baris sama persis dengan baris 5"}


def test_derived_identifiers_depend_on_content_alone(tmp_path):
    one = read(
        csv_file(tmp_path, "tanggal;alamat;jumlah\n01/02/2026;Jl. A;1\n02/02/2026;Jl. B;2\n")
    )
    other = read(
        csv_file(tmp_path, "jumlah,alamat,tanggal\n2,Jl. B,2026-02-02\n1,Jl. A,1 Februari 2026\n")
    )
    assert set(one.reports["report_id"]) == set(other.reports["report_id"])


def test_derived_identifiers_do_not_depend_on_names(tmp_path):
    one = read(csv_file(tmp_path, "nama;alamat\nCONTOH A;Jl. A\n"))
    other = read(csv_file(tmp_path, "nama;alamat\nCONTOH B;Jl. A\n"))
    assert one.reports["report_id"].tolist() == other.reports["report_id"].tolist()


def test_equal_contents_in_several_blocks_get_running_identifiers(tmp_path):
    rows = "".join(f"CONTOH {n};Jl. Pabrik 1\n" for n in range(250_000))
    path = csv_file(tmp_path, f"nama;alamat\n{rows}")
    batches = list(reports.open(path))
    assert len(batches) > 1
    ids = pd.concat([batch.reports["report_id"] for batch in batches])
    assert len(ids) == 250_000
    assert ids.is_unique
