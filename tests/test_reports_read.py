"""Report files of every format and layout become the checked table, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import itertools
import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports_fixtures import TODAY, csv_file, one, read, reasons, xlsx_file

from geo_pora import reports
from geo_pora.errors import InputError, NotFoundError

FULL = (
    "No;Tanggal Laporan;Nama WNA;No. Paspor;Kewarganegaraan;Izin Tinggal;Jumlah;Alamat;Desa;"
    "Kecamatan;Kab/Kota;Kode Pos;Lintang;Bujur;Kegiatan;Status;Keterangan\n"
    "1;31/12/2025;CONTOH SATU;X0000001;Tiongkok;KITAS;3 orang;Jl. Mawar 3;Sukajadi;"
    "Buay Pemuka Peliung;OKU Timur;32182;-4.12;104.55;TKA;Diduga;rahasia\n"
)


def test_a_full_row(tmp_path):
    batch = read(csv_file(tmp_path, FULL), agency="DISNAKER-OKUT")
    row = one(batch)
    assert row["row_number"] == 2
    assert row["agency"] == "DISNAKER-OKUT"
    assert row["reported_on"] == row["from_date"] == pd.Timestamp("2025-12-31")
    assert pd.isna(row["to_date"])
    assert row["persons"] == 3
    assert row["nationality"] == "CHN"
    assert row["permit"] == "ITAS"
    assert row["activity"] == "work"
    assert row["status"] == "suspected"
    assert row["location_text"] == (
        "Jl. Mawar 3, Desa Sukajadi, Kec. Buay Pemuka Peliung, Kab. OKU Timur, 32182"
    )
    assert (row["latitude"], row["longitude"]) == (-4.12, 104.55)
    assert pd.isna(row["coordinates_text"])
    assert "CONTOH" not in batch.original.to_csv()
    assert "rahasia" not in batch.original.to_csv()


def test_the_columns_and_types_of_the_contract(tmp_path):
    found = read(csv_file(tmp_path, FULL)).reports.dtypes.astype(str).to_dict()
    dates = {"reported_on", "from_date", "to_date"}
    assert list(found) == [
        "row_number", "report_id", "agency", "reported_on", "from_date", "to_date", "persons",
        "nationality", "permit", "activity", "status", "accommodation", "visa_index",
        "location_text", "latitude", "longitude", "coordinates_text",
    ]  # fmt: skip
    for name, kind in found.items():
        if name in ("row_number", "persons"):
            assert kind == "int64"
        elif name in ("latitude", "longitude"):
            assert kind == "float64"
        elif name in dates:
            assert kind.startswith("datetime64")
        else:
            assert kind == "str", name


@pytest.mark.parametrize("text", ["", "report_id,alamat\n"])
def test_types_hold_without_rows(tmp_path, text):
    full = read(csv_file(tmp_path, FULL)).reports.dtypes
    if not text:
        with pytest.raises(InputError, match="empty"):
            reports.open(csv_file(tmp_path, text))
        return
    batch = read(csv_file(tmp_path, text))
    assert len(batch.reports) == 0
    assert batch.reports.dtypes.equals(full)
    assert list(batch.rejected) == ["row_number", "column", "reason"]


def test_the_smallest_input_with_addresses(tmp_path):
    file = reports.open(csv_file(tmp_path, "report_id,alamat\na,Kec. Lengkiti\nb,\n"), today=TODAY)
    batch = next(iter(file))
    assert batch.reports["report_id"].tolist() == ["a", "b"]
    assert batch.reports["location_text"].fillna("").tolist() == ["Kec. Lengkiti", ""]
    assert batch.reports["persons"].tolist() == [1, 1]
    assert (batch.reports["reported_on"] == pd.Timestamp(TODAY)).all()
    assert file.defaults == {"persons": 2, "reported_on": 2, "from_date": 2}


def test_the_smallest_input_with_coordinates(tmp_path):
    batch = read(csv_file(tmp_path, "report_id,lintang,bujur\na,-4.5,104.25\nb,4 LS,\n"))
    assert batch.reports["latitude"].tolist()[0] == -4.5
    assert batch.reports["longitude"].tolist()[0] == 104.25
    assert np.isnan(batch.reports["latitude"].tolist()[1])
    assert batch.reports["coordinates_text"].tolist()[1] == "4 LS"


def test_the_day_of_the_report_is_not_invented_later_than_the_stay(tmp_path):
    """A stay of last year in a file without a day of report must not last until today."""
    row = one(read(csv_file(tmp_path, "alamat,tanggal masuk\nJl. A,03/02/2025\n")))
    assert row["reported_on"] == row["from_date"] == pd.Timestamp("2025-02-03")


TABLE = "report_id{s}alamat{s}jumlah{s}tanggal\n1{s}Jl. Café 1{s}2{s}01/02/2026\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "utf-32"],
)
def test_separators_and_encodings(tmp_path, delimiter, encoding):
    path = csv_file(tmp_path, TABLE.format(s=delimiter), encoding)
    row = one(read(path))
    assert row["location_text"] == "Jl. Café 1"
    assert row["persons"] == 2
    assert reports.open(path).delimiter == delimiter


def test_a_character_far_down_in_an_old_encoding(tmp_path):
    """The first megabyte is plain ASCII: the encoding is found from the whole file all the same."""
    rows = "".join(f"{n},Jl. Biasa {n}\n" for n in range(90_000))
    path = csv_file(tmp_path, f"report_id,alamat\n{rows}x,Jl. Café\n", "cp1252")
    assert path.stat().st_size > 1 << 20
    assert read(path).reports["location_text"].tolist()[-1] == "Jl. Café"


def test_a_character_that_straddles_two_reads(tmp_path):
    rows = "".join(f"{n},{'é' * 50}\n" for n in range(60_000))
    path = csv_file(tmp_path, f"report_id,alamat\n{rows}")
    found = read(path).reports["location_text"]
    assert len(found) == 60_000
    assert (found == "é" * 50).all()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_ends_of_lines(tmp_path, newline):
    text = TABLE.format(s=",").replace("\n", newline)
    assert one(read(csv_file(tmp_path, text)))["persons"] == 2


@pytest.mark.parametrize(
    "above",
    [
        "sep=;\n",
        "LAPORAN BULANAN;;;\n\n",
        "DINAS TENAGA KERJA\nBulan: Maret 2026;;\nAlamat: Jl. Kantor 1\n\n",
        '"Judul\nyang panjang";;;\n',
    ],
)
def test_titles_above_the_header(tmp_path, above):
    batch = read(csv_file(tmp_path, above + TABLE.format(s=";")))
    assert one(batch)["persons"] == 2


def test_row_numbers_are_those_of_a_spreadsheet(tmp_path):
    text = 'Judul\n\nreport_id,alamat\na,"Jl. 1\nRT 2"\n\nb,Jl. 3\n,\nc,Jl. 4\n'
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["row_number"].tolist() == [4, 6, 8]
    assert batch.reports["location_text"].tolist() == ["Jl. 1 RT 2", "Jl. 3", "Jl. 4"]


def test_a_title_that_begins_like_an_address_is_no_header(tmp_path):
    text = "Lokasi Kegiatan Pengawasan\nAlamat\nJl. A\n"
    assert one(read(csv_file(tmp_path, text)))["location_text"] == "Jl. A"


def test_two_header_rows_and_a_row_of_column_numbers(tmp_path):
    text = (
        "No;Tanggal;Lokasi;;;Jumlah\n;;Alamat;Desa;Kecamatan;\n(1);(2);(3);(4);(5);(6)\n"
        "1;01/02/2026;Jl. A;Sukajadi;Martapura;2\n"
    )
    row = one(read(csv_file(tmp_path, text)))
    assert row["row_number"] == 4
    assert row["location_text"] == "Jl. A, Desa Sukajadi, Kec. Martapura"


def test_a_repeated_header_totals_and_signatures_are_no_reports(tmp_path):
    text = (
        "Tanggal;Alamat;WN;Jumlah\n01/02/2026;Jl. A;MYS;2\nTanggal;Alamat;WN;Jumlah\n"
        "02/02/2026;Jl. B;MYS;1\n;Jumlah;;3\n;;;3\n;Baturaja, 3 Maret 2026;;\n;Kepala Dinas;;\n"
    )
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["persons"].sum() == 3
    assert list(reasons(batch)) == [5, 6, 7, 8]


def test_ragged_rows_are_rejected_with_their_cells(tmp_path):
    batch = read(csv_file(tmp_path, "report_id,alamat,desa\n1,Jl. A\n2,a,b\n3,Jl. C,d,e\n4,x,y\n"))
    assert batch.reports["report_id"].tolist() == ["2", "4"]
    assert reasons(batch) == {
        2: "baris ini berisi 2 kolom, seharusnya 3",
        4: "baris ini berisi 4 kolom, seharusnya 3",
    }
    assert batch.original["alamat"].tolist() == ["Jl. A", "a", "Jl. C", "x"]


def test_an_open_quotation_mark_costs_its_own_row(tmp_path):
    rows = [f'{n},"Jl. {n}",desa\n' for n in range(1, 40)]
    rows[4] = '5,"Jl. 5,desa\n'
    batch = read(csv_file(tmp_path, "report_id,alamat,desa\n" + "".join(rows)))
    assert len(batch.original) >= 38  # with the row below it, of whose marks it takes one
    assert 6 in reasons(batch)
    assert {int(n) for n in batch.reports["report_id"]} >= set(range(1, 40)) - {5, 6}
    assert "Jl. 6" not in " ".join(batch.reports["location_text"])
    last = batch.reports.iloc[-1]
    assert last["report_id"] == "39"
    assert last["location_text"] == "Jl. 39, desa"


def test_an_open_quotation_mark_before_rows_without_any(tmp_path):
    rows = [f"{n},Jl. {n},desa\n" for n in range(1, 40)]
    rows[4] = '5,"Jl. 5,desa\n'
    batch = read(csv_file(tmp_path, "report_id,alamat,desa\n" + "".join(rows)))
    assert len(batch.original) == 39
    assert reasons(batch) == {6: "tanda kutip tidak ditutup"}
    assert batch.reports["row_number"].tolist() == [2, 3, 4, 5, *range(7, 41)]


def test_a_separator_too_many_at_the_end_of_every_row(tmp_path):
    batch = read(csv_file(tmp_path, "report_id;alamat\n1;Jl. A;\n2;Jl. B;\n"))
    assert len(batch.reports) == 2


def test_seconds_of_an_angle_are_no_quotation_mark(tmp_path):
    text = "report_id;lintang;bujur\n" + "".join(
        f"{n};4°12'3{n % 10}\" LS;104°12'30\" BT\n" for n in range(500)
    )
    found = read(csv_file(tmp_path, text)).reports["coordinates_text"]
    assert len(found) == 500
    assert found[7] == "4°12'37\" LS; 104°12'30\" BT"


def test_many_blocks_keep_order_and_numbers(tmp_path):
    """Quoted newlines on the borders of blocks; a file of several blocks."""
    rows = [f'{n},"Jl. {n}\nRT {n % 9}"' if n % 3 else f"{n},Jl. {n}" for n in range(300_000)]
    path = csv_file(tmp_path, "report_id,alamat\n" + "\n".join(rows) + "\n")
    batches = list(reports.open(path))
    assert len(batches) > 1
    numbers = np.concatenate([batch.reports["row_number"] for batch in batches])
    assert (numbers == np.arange(2, 300_002)).all()
    ids = np.concatenate([batch.reports["report_id"].astype(int) for batch in batches])
    assert (ids == np.arange(300_000)).all()


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ("Tgl. Lapor|TANGGAL_LAPORAN|Hari/Tanggal|reportedOn|Date", "reported_on"),
        ("Lat|LINTANG|latitude|Koordinat (Lintang)|Y|Garis Lintang", "latitude"),
        ("Long|Lng|BUJUR|longitude|Bujur (BT)|X", "longitude"),
        ("Kec|Kec.|Kecamatan|NAMA KECAMATAN|district|Kecamtan", "district"),
        ("Desa/Kel.|Kelurahan / Desa|desa_kelurahan|Village", "village"),
        ("WN|Kewarganegaraan|Negara Asal|nationality|Kewarganegaran", "nationality"),
        ("Jml|Jumlah (orang)|JUMLAH WNA|pax|Jumlah  Orang", "persons"),
        ("Koordinat|Lokasi (Lat, Long)|Link Google Maps|Titik Koordinat", "coordinates_text"),
        ("Alamat|ALAMAT LENGKAP|Lokasi|address|Alamat di Indonesia", "location_text"),
        ("Tgl Masuk|Tanggal Kedatangan|check-in|from_date|Mulai", "from_date"),
    ],
)
def test_header_variants(tmp_path, labels, field):
    for label in labels.split("|"):
        other = "alamat" if field != "location_text" else "kecamatan"
        path = csv_file(tmp_path, f"{label};{other}\n1;Jl. A\n")
        assert reports.open(path).columns[" ".join(label.split())] == field, label


def test_a_mended_header_is_told(tmp_path):
    file = reports.open(csv_file(tmp_path, "alamat,kecamtan\nJl. A,Martapura\n"))
    assert file.mended == {"kecamtan": "district"}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("koordinat", "-4.1, 104.2"),
        ("lokasi (lat, long)", "4°07'33\" LS 104°10'12\" BT"),
        ("link google maps", "https://maps.google.com/?q=-4.123456,104.123456"),
        ("plus code", "6P5GVXQ4+2F"),
    ],
)
def test_one_column_of_coordinates_stays_as_written(tmp_path, label, text):
    row = one(read(csv_file(tmp_path, f"report_id;{label}\n1;{text}\n")))
    assert row["coordinates_text"] == text
    assert np.isnan(row["latitude"])


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("-4,5", "104,2"), ("inf", "-inf"), ("0x10", "0x6A"), ("4.5 S", "104.2"), ("-4.208.800", "1")],
)
def test_anything_but_two_plain_decimals_is_text(tmp_path, lat, lon):
    row = one(read(csv_file(tmp_path, f"report_id;lintang;bujur\n1;{lat};{lon}\n")))
    assert row["coordinates_text"] == f"{lat}; {lon}"
    assert np.isnan(row["latitude"])
    assert np.isnan(row["longitude"])


def test_plain_decimals_are_not_touched(tmp_path):
    row = one(read(csv_file(tmp_path, "report_id;lintang;bujur\n1; 104.2 ;-4.5\n")))
    assert (row["latitude"], row["longitude"]) == (104.2, -4.5)


def test_a_map_link_in_the_address_is_coordinates(tmp_path):
    link = "https://maps.app.goo.gl/AbCdEf123456"
    row = one(read(csv_file(tmp_path, f"report_id;alamat\n1;Kos hijau {link} dekat pasar\n")))
    assert row["coordinates_text"] == link


def test_areas_that_are_marked_already_are_not_marked_twice(tmp_path):
    text = "report_id;desa;kecamatan;kabupaten\n1;Kel. Pasar;Kec. Muara Dua;Kab. OKU Selatan\n"
    row = one(read(csv_file(tmp_path, text)))
    assert row["location_text"] == "Kel. Pasar, Kec. Muara Dua, Kab. OKU Selatan"


def test_unknown_words_are_counted_not_guessed(tmp_path):
    path = csv_file(tmp_path, "report_id;alamat;WN;izin tinggal\n1;a;Wakanda;SIM\n2;b;MYS;VOA\n")
    file = reports.open(path)
    batch = next(iter(file))
    assert batch.reports["nationality"].isna().tolist() == [True, False]
    assert batch.reports["permit"].tolist() == ["unknown", "VOA"]
    assert file.unrecognised == {"nationality": 1, "permit": 1}


def test_an_unknown_status_is_refused_in_a_column_of_statuses(tmp_path):
    text = "report_id;alamat;status\n1;a;terbukti\n2;b;entah\n3;c;diduga\n"
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["status"].tolist() == ["confirmed", "suspected"]
    assert 3 in reasons(batch)


def test_a_column_named_status_about_something_else_is_not_used(tmp_path):
    path = csv_file(tmp_path, "report_id;alamat;status\n1;a;kawin\n2;b;belum kawin\n")
    assert "status" not in reports.open(path).columns
    assert (read(path).reports["status"] == "presence").all()


def test_a_permit_in_the_visa_column(tmp_path):
    text = "report_id;alamat;visa\n1;a;VOA\n2;b;C312\n3;c;B211A\n4;d;entah apa\n"
    batch = read(csv_file(tmp_path, text)).reports
    assert batch["permit"].tolist() == ["VOA", "unknown", "unknown", "unknown"]
    assert batch["visa_index"].fillna("").tolist() == ["", "C312", "B211A", ""]


def test_another_agency_is_refused(tmp_path):
    path = csv_file(tmp_path, "report_id;alamat;instansi\n1;a;Polres OKU\n2;b;Polres OKU Timur\n")
    batch = read(path, agency="POLRES-OKU")
    assert batch.reports["report_id"].tolist() == ["1"]
    assert "instansi lain" in reasons(batch)[3]
    assert read(path).reports["agency"].tolist() == ["POLRES-OKU", "POLRES-OKUT"]


def test_workbook_with_titles_dates_and_numbers(tmp_path):
    path = xlsx_file(
        tmp_path,
        [
            ["LAPORAN ORANG ASING"],
            [],
            ["No", "Tanggal", "Alamat", "Lintang", "Bujur", "Jumlah", "Sampai"],
            [1, dt.date(2026, 2, 1), "Jl. A", -4.5, 104.25, 3, dt.datetime(2026, 3, 4, 10, 30)],
            [2, 46054, "Jl. B", "-4,5", "104,25", "2 orang", "4 Maret 2026"],
        ],
    )
    found = read(path).reports
    assert found["row_number"].tolist() == [4, 5]
    assert (found["reported_on"] == pd.Timestamp("2026-02-01")).all()
    assert (found["to_date"] == pd.Timestamp("2026-03-04")).all()
    assert found["persons"].tolist() == [3, 2]
    assert found["latitude"].tolist()[0] == -4.5
    assert found["coordinates_text"].tolist()[1] == "-4,5; 104,25"


def test_several_sheets_of_one_form_are_read_one_after_the_other(tmp_path):
    path = xlsx_file(
        tmp_path,
        [["report_id", "alamat"], ["1", "Jl. A"]],
        [["petunjuk pengisian"]],
        [["alamat", "report_id", "jumlah"], ["Jl. B", "2", 4]],
    )
    file = reports.open(path)
    found = read(path).reports
    assert found["location_text"].tolist() == ["Jl. A", "Jl. B"]
    assert found["persons"].tolist() == [1, 4]
    assert found["row_number"].is_unique
    assert file.sheet == "Lembar 1, Lembar 3"
    assert any("Lembar 2" in remark for remark in file.remarks)


def test_a_merged_cell_speaks_for_all_its_rows_but_not_for_persons(tmp_path):
    from openpyxl import load_workbook

    path = xlsx_file(
        tmp_path,
        [["report_id", "kecamatan", "jumlah"], ["1", "Martapura", 5], ["2"], ["3", "Belitang", 1]],
    )
    book = load_workbook(path)
    book.active.merge_cells("B2:B3")
    book.active.merge_cells("C2:C3")
    book.save(path)
    batch = read(path)
    found = batch.reports.set_index("report_id")
    assert found.loc["1", "location_text"] == "Kec. Martapura"
    assert found.loc["1", "persons"] == 5
    assert found["persons"].sum() == 6
    assert "digabung" in reasons(batch)[3]


def test_hidden_sheets_and_comments_are_not_read(tmp_path):
    from openpyxl import load_workbook
    from openpyxl.comments import Comment

    path = xlsx_file(
        tmp_path, [["report_id", "alamat"], ["1", "Jl. A"]], [["report_id", "alamat"], ["9", "Z"]]
    )
    book = load_workbook(path)
    book["Lembar 2"].sheet_state = "hidden"
    book["Lembar 1"]["B2"].comment = Comment("RAHASIA", "x")
    book.save(path)
    batch = read(path)
    assert batch.reports["report_id"].tolist() == ["1"]
    assert "RAHASIA" not in batch.original.to_csv()


def test_formulas_without_a_result_and_errors_are_refused_not_lost(tmp_path):
    path = xlsx_file(
        tmp_path,
        [["report_id", "alamat", "jumlah"], ["1", "=A1", 1], ["2", "Jl. B", "=1/0"], ["3", "c", 1]],
    )
    batch = read(path)
    assert batch.reports["report_id"].tolist() == ["3"]
    assert all("rumus" in why for why in reasons(batch).values())


def test_a_workbook_far_down(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "alamat"
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(InputError, match=r"^far\.xlsx"):
        reports.open(tmp_path / "far.xlsx")


def feature(lon, lat, **properties):
    point = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "properties": properties, "geometry": point}


def geojson_file(folder, *features, **more):
    path = folder / "a.geojson"
    collection = {"type": "FeatureCollection", "features": list(features), **more}
    path.write_text(json.dumps(collection))
    return path


def test_geojson_points(tmp_path):
    path = geojson_file(
        tmp_path,
        feature(104.25, -4.5, report_id="a", jumlah=2, nama="CONTOH"),
        feature(104.5, -4.25, report_id=7, jumlah="3 orang"),
        feature(True, None, report_id="c"),
    )
    batch = read(path)
    assert batch.reports["report_id"].tolist() == ["a", "7"]
    assert batch.reports["row_number"].tolist() == [1, 2]
    assert batch.reports["longitude"].tolist() == [104.25, 104.5]
    assert batch.reports["persons"].tolist() == [2, 3]
    assert reasons(batch) == {3: "koordinat titik bukan angka"}
    assert [one.label for one in reports.open(path).dropped] == ["nama"]


def test_half_a_character_in_json_is_replaced(tmp_path):
    path = geojson_file(
        tmp_path, feature(104.25, -4.5, **{"alamat": "Kec. \ud800 Muaradua", "\udfff": "x"})
    )
    assert read(path).reports["location_text"].tolist() == ["Kec. ? Muaradua"]


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":NaN}}]}',
        '{"type":"FeatureCollection","features":[],"features":[]}',
        '{"type":"FeatureCollection","features":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"type":"FeatureCollection","features":{}}',
        '{"type":"FeatureCollection","features":[',
        '{"type":"Topology"}',
        "[1,2,3]",
        '{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"EPSG:32748"}}}',
    ],
)
def test_json_that_is_no_strict_geojson_is_refused(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=r"^a\.geojson: "):
        reports.open(path)


def test_parquet_with_types(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "report_id": pa.array([1, 2, 3]),
            "tanggal": pa.array([dt.date(2026, 2, 1)] * 3),
            "lintang": [-4.5, -4.25, None],
            "bujur": [104.25, 104.5, None],
            "jumlah": pa.array([1.0, 2.0, 3.0]),
            "kecamatan": pa.array(["Martapura", None, "x"]).dictionary_encode(),
            "nama": ["CONTOH"] * 3,
        }
    )
    parquet.write_table(table, path, row_group_size=2)
    batch = read(path)
    assert batch.reports["report_id"].tolist() == ["1", "2", "3"]
    assert batch.reports["latitude"].tolist()[:2] == [-4.5, -4.25]
    assert batch.reports["persons"].tolist() == [1, 2, 3]
    assert (batch.reports["reported_on"] == pd.Timestamp("2026-02-01")).all()
    assert "CONTOH" not in batch.original.to_csv()


def test_parquet_in_several_calls(tmp_path, monkeypatch):
    from geo_pora.reports import columnar

    monkeypatch.setattr(columnar, "_ROWS_PER_CALL", 70)
    path = tmp_path / "a.parquet"
    table = pa.table({"report_id": np.arange(250).astype(str), "alamat": ["Jl. A"] * 250})
    parquet.write_table(table, path, row_group_size=33)
    assert read(path).reports["report_id"].tolist() == [str(n) for n in range(250)]


def test_geoparquet_points(tmp_path):
    path = tmp_path / "a.parquet"
    points = shapely.to_wkb([shapely.Point(104.25, -4.5), shapely.box(0, 0, 1, 1)])
    parquet.write_table(pa.table({"report_id": ["a", "b"], "geometry": points}), path)
    batch = read(path)
    assert batch.reports["longitude"].tolist() == [104.25]
    assert reasons(batch) == {2: "geometri bukan titik (Point)"}


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet_says_which_column_holds_the_points(tmp_path, encoding):
    path = tmp_path / "a.parquet"
    points = gpd.GeoSeries([shapely.Point(104.25, -4.5)], name="titik", crs=4326).to_frame()
    points.set_geometry("titik").to_parquet(path, geometry_encoding=encoding)
    assert one(read(path))["longitude"] == 104.25


def test_geoparquet_that_is_not_in_degrees_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    points = gpd.GeoSeries([shapely.Point(104.25, -4.5)], crs=4326).to_crs(32748)
    points.to_frame("geometry").to_parquet(path)
    with pytest.raises(InputError, match="not in WGS 84"):
        read(path)


def test_parquet_with_texts_as_bytes_and_moments_with_a_zone(tmp_path):
    path = tmp_path / "a.parquet"
    moment = dt.datetime(2026, 1, 1, 18, 30, tzinfo=dt.UTC)  # half past one on the 2nd here
    table = {
        "alamat": pa.array([b"Kec. Martapura", b"\xff\xd8\xff"]),
        "kecamatan": pa.array(["Martapura", None], pa.string_view()),
        "tanggal": pa.array([moment, moment], pa.timestamp("us", "UTC")),
    }
    parquet.write_table(pa.table(table), path)
    found = read(path).reports
    assert found["location_text"][0] == "Kec. Martapura, Kec. Martapura"
    assert set(found["reported_on"]) == {pd.Timestamp("2026-01-02")}


def test_geojson_in_utf_16_is_no_csv(tmp_path):
    point = {"type": "Point", "coordinates": [104.25, -4.5]}
    several = {"type": "MultiPoint", "coordinates": [[104.25, -4.5]]}
    features = [
        {"type": "Feature", "geometry": shape, "properties": {"id": number}}
        for number, shape in enumerate((point, several))
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    path = csv_file(tmp_path, text, encoding="utf-16", name="a.geojson")
    assert read(path).reports["longitude"].tolist() == [104.25, 104.25]


def test_sheets_are_joined_by_what_their_columns_mean(tmp_path):
    path = xlsx_file(
        tmp_path,
        [["Tanggal", "Nama", "Kecamatan", "Jml"], ["2026-01-02", "CONTOH", "Martapura", 2]],
        [["Kecamatan", "Jumlah Orang", "Tgl Lapor"], ["Belitang", 3, "2026-02-02"]],
    )
    found = read(path).reports
    assert found["persons"].tolist() == [2, 3]
    assert found["location_text"].tolist() == ["Kec. Martapura", "Kec. Belitang"]
    assert found["reported_on"].dt.month.tolist() == [1, 2]


def test_a_sheet_that_sums_up_the_others_is_not_counted_again(tmp_path):
    path = xlsx_file(
        tmp_path,
        [["Tanggal", "Kecamatan", "Jumlah"], ["2026-01-02", "Martapura", 2]],
        [["Kecamatan", "Jumlah"], ["Martapura", 2]],
    )
    book = openpyxl.load_workbook(path)
    book.worksheets[1].title = "Rekapitulasi"
    book.save(path)
    file = reports.open(path)
    assert sum(batch.reports["persons"].sum() for batch in file) == 2
    assert "sheet 'Rekapitulasi' sums up the others and was not read" in file.remarks
    del book["Lembar 1"]
    book.save(path)
    assert read(path).reports["persons"].tolist() == [2]  # alone it is the report


def test_a_dash_leaves_a_cell_blank(tmp_path):
    text = (
        "id,tanggal,tanggal keluar,desa,kecamatan,lintang,bujur,jumlah\n"
        "a,2026-01-02,sekarang,-,Martapura,NaN,NaN,2\nb,-,-,\u2013,Martapura,-,-,null\n"
        "c,2026-01-02,,,Martapura,,,-\n"
    )
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["location_text"].tolist() == ["Kec. Martapura"] * 2
    assert batch.reports["persons"].tolist() == [2, 1]
    assert batch.reports[["to_date", "coordinates_text"]].isna().all(axis=None)
    assert reasons(batch) == {4: "jumlah orang bukan angka"}  # none, or not known?


def test_the_name_of_a_file_is_not_asked(tmp_path):
    path = csv_file(tmp_path, "report_id,alamat\n1,Jl. A\n", name="a.xlsx")
    assert reports.open(path).format == "csv"
    path = xlsx_file(tmp_path, [["report_id", "alamat"], ["1", "Jl. A"]], name="b.csv")
    assert reports.open(path).format == "xlsx"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a picture"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"<html><table></table></html>", "web page"),
        (b"PK\x03\x04" + b"x" * 100, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "damaged"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "damaged"),
        (b"SQLite format 3\x00", "a database"),
        (b"nama,umur\nBudi,3\n", "no header"),
        (b"\x00" * 100, "empty"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path, content, said):
    path = tmp_path / "laporan.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        reports.read(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("laporan.csv: ")
    assert "Budi" not in str(caught.value)


def test_missing_file_and_agency(tmp_path):
    with pytest.raises(NotFoundError, match="no such file"):
        reports.open(tmp_path / "none.csv")
    with pytest.raises(NotFoundError):
        reports.open(tmp_path)
    with pytest.raises(NotFoundError, match="no agency code"):
        reports.open(csv_file(tmp_path, FULL), agency="POLRES-MARS")


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), max_size=12), delimiter=st.sampled_from(",;\t|")
)
def test_any_table_that_a_csv_writer_writes_is_read_whole(tmp_path, rows, delimiter):
    """Whatever is in the cells: every row that is not blank is a report or rejected."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("report_id", "alamat", "jumlah"), *rows])
    batch = read(csv_file(tmp_path, text.getvalue()))
    from geo_pora.reports.texts import clean, without_placeholders

    def blank(at, cell):
        cleaned = clean(pa.chunked_array([pa.array([cell])]))
        return not without_placeholders(cleaned, dashes=at < 2)[0].as_py()

    headerlike = [("report_id", "alamat", "jumlah")]
    expected = sum(not all(map(blank, range(3), row)) for row in rows if row not in headerlike)
    assert len(batch.original) == expected


def _parts(path, ends):
    """Cut a CSV file into files with its header, before the given rows."""
    header, *rows = path.read_bytes().splitlines(keepends=True)
    for number, (begin, end) in enumerate(itertools.pairwise([0, *ends, len(rows)])):
        part = path.with_name(f"part-{number}.csv")
        part.write_bytes(header + b"".join(rows[begin:end]))
        yield part


def test_parts_read_alike_are_together_the_whole_file(tmp_path):
    """Repeats, columns dropped for their content, encoding: nothing depends on the cut."""
    rows = [
        "R1;Jl. Melati 1, Kec. Lengkiti;-4.1;104.1;A1234567;caf\u00e9",
        "R1;Jl. Melati 1, Kec. Lengkiti;-4.1;104.1;A1234567;caf\u00e9",
        "R2;Kec.  Martapura,  Desa Kota Baru;-4,2;1.04e2;B7654321;x",
        ";Kec. Martapura;3517012345678901;104.2;12;x",
        ";Kec. Martapura;-4.3;104.2;12;x",
    ]
    text = "id laporan;alamat;lintang;bujur;kolom a;keterangan\n" + "\n".join(rows * 3) + "\n"
    path = csv_file(tmp_path, text, "cp1252")
    file = reports.open(path, today=TODAY, repeats=False)
    whole = list(file)
    assert [len(batch.reports) for batch in whole] == [15], "a repeated row is a row"
    assert [one.label for one in file.dropped] == ["kolom a", "keterangan"]
    for ends in ([3], [1, 2, 3, 4, 9]):
        parts = [
            b
            for part in _parts(path, ends)
            for b in reports.open(part, like=file.manner, repeats=False)
        ]
        for name in ("reports", "original"):
            together = pd.concat([getattr(part, name) for part in parts], ignore_index=True)
            pd.testing.assert_frame_equal(
                together.drop(columns="row_number"),
                getattr(whole[0], name).drop(columns="row_number"),
            )
    assert "3517012345678901" not in whole[0].original.to_csv()
    with pytest.raises(InputError, match="header is not that of the file"):
        reports.open(csv_file(tmp_path, FULL, name="other.csv"), like=file.manner)
