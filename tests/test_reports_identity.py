"""What identifies persons is dropped or masked, counted, and never kept; places stay."""

from __future__ import annotations

import long_texts
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports_fixtures import TODAY, csv_file, one, read, reasons, xlsx_file

from geo_pora import guard, reports
from geo_pora.errors import InputError
from geo_pora.reports import headers, identity, patterns


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("Nama", "name"),
        ("NAMA WNA", "name"),
        ("Nama Lengkap (sesuai paspor)", "passport"),
        ("Full Name", "name"),
        ("surname", "name"),
        ("Nama Penjamin", "name"),
        ("No. Paspor", "passport"),
        ("PASSPORT NO", "passport"),
        ("nopaspor", "passport"),
        ("namawna", "name"),
        ("Nm. Lengkap", "name"),
        ("NOHP", "phone"),
        ("WeChat ID", "social_media"),
        ("nomor_paspor", "passport"),
        ("NIK", "national_id"),
        ("No. KTP", "national_id"),
        ("No HP/WA", "phone"),
        ("Telp.", "phone"),
        ("kontak", "phone"),
        ("E-mail", "email"),
        ("Alamat Email", "email"),
        ("Tempat/Tgl Lahir", "birth"),
        ("TTL", "birth"),
        ("tanggal lahir", "birth"),
        ("Umur", "birth"),
        ("NIORA", "niora"),
        ("No. KITAS", "permit_number"),
        ("Foto", "photo"),
        ("Link Foto", "photo"),
        ("Tanda Tangan", "biometric"),
        ("Jenis Kelamin", "gender"),
        ("L/P", "gender"),
        ("Keterangan", "remarks"),
        ("Catatan Petugas", "name"),
        ("Instagram", "social_media"),
    ],
)
def test_headers_that_identify(label, category):
    assert headers.recognise([label])[0].identifies == category


@pytest.mark.parametrize(
    "label",
    ["Nm. Desa", "Nama Kec.", "Tempat Kerja", "Alamat Tinggal di Indonesia", "Lokasi Kerja",
     "Nama Desa", "Nama Kecamatan", "Nama Instansi", "Nama Hotel", "Nama Jalan", "Kode Pos",
     "Kewarganegaraan (sesuai paspor)", "Jenis Izin Tinggal", "Jumlah Orang Asing"],
)  # fmt: skip
def test_headers_that_do_not(label):
    column = headers.recognise([label])[0]
    assert column.field
    assert not column.identifies


@pytest.mark.parametrize(
    "secret",
    [
        "0812-3456-7890", "+62 812 3456 7890", "081234567890", "(0735) 320123", "+86 138 0013 8000",
        "1601070505900001", "160107 050590 0001", "1601 0705 0590 0001", "E12345678", "EA1234567",
        "C 1234567", "budi@contoh.co.id", "2C21JE1234-T", "13800138000", "199001012020121001",
        "1601.0705.0590.0001", "1601_0705_0590_0001", "16 01 07 050590 0001",
        "16.01.07.050590.0001",
        "1601-07-050590-0001", "NIK1601070505900001",
        "0812\u20133456\u20137890", "0812_3456_7890", "(0812) 3456 7890", "08 12 34 56 78 90",
        "0 8 1 2 3 4 5 6 7 8 9 0", "8123456789", "O81234567890", "0735 321 456", "+62(812)34567890",
        "081234567890/081298765432", "paspor E 1234 5678", "123456789 (paspor)", "K0123456A",
        "P<CHNLI<<WEI<<<<<", "2C-21-JE-1234", "2C21 JE 1234", "KITAS no. 2C21JE1234-T",
        "niora: IM 2X EB 12345", "e-Visa no. A1B2C3D4E5", "BPJS 0001234567890",
        "budi (at) contoh.com", "budi[at]contoh[dot]com", "budi @ contoh . com", "@budi_88",
        "wechat: liwei88", "ig @li.wei",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "frame", ["{}", "Jl. Mawar 3 {} Desa X", "Jl. Mawar 3, {}, Desa X", "hubungi {} ya", "({})"]
)
def test_numbers_of_persons_in_an_address_are_masked(tmp_path, secret, frame):
    text = frame.format(secret)
    masked = identity.mask(text)
    assert secret not in masked
    for word in ("Jl. Mawar 3", "Desa X"):
        assert (word in masked) == (word in text)
    rows = "".join(f"{n};Jl. Biasa {n}\n" for n in range(3))
    batch = read(csv_file(tmp_path, f"report_id;alamat\n{rows}x;{text}\n"))
    kept = batch.reports.to_csv() + batch.original.to_csv() + batch.rejected.to_csv()
    assert secret not in kept
    assert identity.MASK in kept


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Rumah Bpk. Joko Susilo, Desa X", "Susilo"),
        ("a.n. Li Wei, Jl. Mawar", "Li Wei"),
        ("kontrakan Pak Karto Kec. Martapura", "Karto"),
        ("Hotel Anda, Mr. John Smith, kamar 3", "Smith"),
        ("milik H. Umar bin Said, Sukajadi", "Umar"),
        ("paspor no. 123456789 Jl. A", "123456789"),
        ("lahir di Wuhan 12-05-1990, Jl. A", "1990"),
        ("NIORA: IM2XE12345 Jl. A", "2XE12345"),
        ("lihat https://facebook.com/budi.santoso Jl. A", "budi"),
        ("Jl. Mawar, 1 6 0 1 0 7 0 5 0 5 9 0 0 0 0 1, Desa X", "9 0 0"),
        ("Jl. Mawar 3 an. LI WEI, Desa X", "LI WEI"),
        ("a.n. li wei, Desa X", "li wei"),
        ("A/N LI WEI DESA X", "LI WEI"),
        ("an Li Wei Desa X", "Wei"),
        ("atas nama: li wei, Jl. Mawar", "li wei"),
        ("ATAS NAMA LI WEI Jl. Mawar", "WEI"),
        ("Nama WNA: Li Wei, Jl. Mawar", "Li Wei"),
        ("MR. LI WEI, Jl. Mawar", "LI WEI"),
        ("mr. li wei, Jl. Mawar", "li wei"),
        ("Jl. Mawar sdr li wei RT 03", "wei"),
        ("SDRI. SITI AMINAH, Sukajadi", "AMINAH"),
        ("Ny. Tanaka, Jl. Mawar", "Tanaka"),
        ("Jl. Mawar, Nona Anna Lee", "Anna"),
        ("u.p. Ibu Sari, Jl. Mawar", "Sari"),
        ("istri dari Slamet Riyadi Desa X", "Slamet"),
        ("tinggal bersama Bpk. H. Ahmad bin Sulaiman Kec. Martapura", "Ahmad"),
    ],
)
def test_names_and_named_numbers_in_an_address_are_masked(text, secret):
    masked = identity.mask(text)
    assert secret not in masked
    for place in ("Desa X", "Jl. Mawar", "Kec. Martapura", "Sukajadi", "Jl. A"):
        assert (place in masked) == (place in text)


@pytest.mark.parametrize(
    "text",
    [
        "Jl. Mawar No. 123 RT 001/RW 002 Kode Pos 32182",
        "Jl. Lintas Sumatera KM 123456",
        "Blok C12 No. 5",
        "Jl. H. Agus Salim, Jl. Ibu Kartini, Jl. Dr. Sutomo, Gg. Bapak Haji",
        "Jl. Pak Tani",
        "Masjid H. Bajumi",
        "PT. Semen Baturaja (Persero) Tbk",
        "16.01.07.2001",
        "1601072001",
        "-4.12345678, 104.12345678",
        "-4.0812345678901 104.0812345678901",
        "4°07'33.6\" LS 104°10'12.4\" BT",
        "48M 390123 9545678",
        "6P5GVXQ4+2FX Baturaja",
        "VXQ4+623 Baturaja",
        "https://www.google.com/maps?q=-4.12345678,104.12345678&cid=1234567890123456",
        "https://maps.app.goo.gl/A1234567",
        "Kos Melati RT.04/RW.02 Tj. Baru",
        "SD Negeri 12345678",
        "d/a PT Semen, Jl. A",
        "Desa Tanjung Ms, Kec. X",
        "Jl. Mr. Assaat, Jl. Sdr Andi, JL. BAPAK TANI, Gang Ibu Sri",
        "an Desa Tanjung",
        "tambang an batu bara",
        "rumah pak RT",
        "Blok C 123456, Kapling 12 14 16 18",
        "48S 345678.12 9543210.55",
        "zona 48 345678 9543210",
        "345678 9543210 104 12 34.5 E",
        "Nama Hotel: Grand Duta",
        "Mess @ PT. Semen",
        "Jl. 17 Agustus 1945 No 10 RT 003/RW 001",
        "Simpang Tiga dekat SIM 3 Blok B",
    ],
)
def test_places_are_not_masked(text):
    assert identity.mask(text) == text


@pytest.mark.parametrize(
    ("values", "category"),
    [
        (["E12345678", "G87654321", "A1234567"], "passport"),
        (["081234567890", "0813 1111 2222", "+6281299998888"], "phone"),
        (["1601070505900001", "1601070505900002"], "national_id"),
        (["a@b.co", "c@d.org"], "email"),
        (["Li Wei", "Budi Santoso", "Ahmad bin Said"], "name"),
        (["foto1.jpg", "https://x.org/b.png"], "photo"),
        (["R0000001", "R0000002", "R0000003"], ""),
        (["Kec. Martapura", "Jl. A"], ""),
        (["1", "2", "3"], ""),
    ],
)
def test_columns_are_recognised_by_content(values, category):
    assert identity.by_content(values, names=True) == category


def test_a_column_with_an_innocent_header_is_dropped_by_its_content(tmp_path):
    text = "id;alamat;kolom lain;tempat\n1;Jl. A;Li Wei;E12345678\n2;Jl. B;Budi Santoso;G87654321\n"
    path = csv_file(tmp_path, text)
    file = reports.open(path, today=TODAY)
    batch = next(iter(file))
    found = {one.label: (one.category, one.found_by, one.values) for one in file.dropped}
    assert found == {
        "kolom lain": ("name", "content", 2),
        "tempat": ("passport", "content", 2),
    }
    kept = batch.reports.to_csv() + batch.original.to_csv()
    for secret in ("Li Wei", "Santoso", "E12345678"):
        assert secret not in kept


def test_passports_as_identifiers_are_dropped_and_identifiers_derived(tmp_path):
    path = csv_file(tmp_path, "id;alamat\nE12345678;Jl. A\nG87654321;Jl. B\nA5551234;Jl. C\n")
    batch = read(path)
    assert "E12345678" not in batch.reports.to_csv() + batch.original.to_csv()
    assert batch.reports["report_id"].str.fullmatch("h[0-9a-f]{16}").all()


def test_one_identity_number_among_identifiers_is_replaced(tmp_path):
    rows = "".join(f"LAP-{n};Jl. {n}\n" for n in range(20))
    batch = read(csv_file(tmp_path, f"id;alamat\n{rows}1601070505900001;Jl. X\n"))
    assert len(batch.reports) == 21
    assert "1601070505900001" not in batch.reports.to_csv() + batch.original.to_csv()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *((text, False) for text in ("1601-0705-0590-0001", "0812-3456-7890", "E12345678")),
        *((text, False) for text in ("2C21JE1234-T", "a@b.co", "+62 812 3456 7890", "K0123456A")),
        *((text, True) for text in ("2026-0001-0002-0003", "08/2026/001", "LAP-00000001")),
        *((text, True) for text in ("OKU/2026/01/0000123", "20260101-000123", "BNN 12345")),
    ],
)
def test_identifiers_of_persons_are_told_from_those_of_reports(tmp_path, text, kept):
    rows = "".join(f"LAP-{n};Jl. {n}\n" for n in range(20))
    batch = read(csv_file(tmp_path, f"id;alamat\n{rows}{text};Jl. X\n"))
    assert (text in batch.reports["report_id"].tolist()) == kept
    assert (text in batch.original.to_csv()) == kept


def test_full_width_digits_are_digits(tmp_path):
    wide = "1601070505900001".translate({48 + n: 0xFF10 + n for n in range(10)})
    batch = read(csv_file(tmp_path, f"id;alamat\n1;Jl. A {wide} Desa X\n"))
    assert one(batch)["location_text"] == f"Jl. A {identity.MASK} Desa X"


def test_a_file_whose_place_column_holds_persons_is_refused(tmp_path):
    path = csv_file(tmp_path, "alamat\nE12345678\nG87654321\n")
    with pytest.raises(InputError, match="passports"):
        reports.open(path)


def test_unknown_columns_are_kept_only_as_numbers_and_codes(tmp_path):
    text = (
        "id,alamat,difficulty,kode,bebas\n"
        "1,Jl. A,B4_x,16.01.07,tulisan bebas\n"
        "2,Jl. B,A_y,16.08.01,lain\n"
    )
    file = reports.open(csv_file(tmp_path, text))
    batch = next(iter(file))
    assert batch.original["difficulty"].tolist() == ["B4_x", "A_y"]
    assert batch.original["kode"].tolist() == ["16.01.07", "16.08.01"]
    assert "bebas" not in batch.original
    assert [(one.label, one.category) for one in file.dropped] == [("bebas", "unused")]


def test_remarks_are_dropped_in_workbooks_too(tmp_path):
    path = xlsx_file(
        tmp_path, [["id", "alamat", "Keterangan"], ["1", "Jl. A", "Budi, paspor E1234567"]]
    )
    file = reports.open(path)
    batch = next(iter(file))
    assert "Budi" not in batch.original.to_csv() + batch.reports.to_csv()
    assert file.dropped[0].category == "remarks"


def test_content_never_stands_in_reasons_or_errors(tmp_path):
    text = (
        "id;alamat;tanggal;jumlah;status\n"
        "1;Jl. A;Budi Santoso;Li Wei;terbukti\n"
        "2;Jl. B;1601070505900001;081234567890;Joko\n"
    )
    batch = read(csv_file(tmp_path, text))
    told = batch.rejected.to_csv()
    for secret in ("Budi", "Li Wei", "1601070505900001", "081234567890", "Joko"):
        assert secret not in told


def test_counts_of_what_was_dropped_and_masked(tmp_path):
    text = (
        "id;nama;alamat\n1;CONTOH A;Jl. A 081234567890\n2;;Jl. B 081234567890\n3;CONTOH B;Jl. C\n"
    )
    file = reports.open(csv_file(tmp_path, text))
    list(file)
    assert [(one.label, one.category, one.values) for one in file.dropped] == [("nama", "name", 2)]
    assert file.masked == {"phone": 2}


@given(st.text(max_size=200))
def test_masking_any_text_ends_and_is_found_by_the_quick_look(text):
    import re

    masked = identity.mask(text)
    if masked != text:
        assert re.search(patterns.SUSPECT, text), text


def test_masking_ends_on_long_texts_made_to_backtrack():
    """No catastrophic regular expression: some seconds are a thousand times what is needed."""
    units = [
        "0812 ",
        "A1234567",
        "Bpk. Ali ",
        "1-",
        "a@b.c.",
        "lahir ",
        "(0735) ",
        "wa : ",
        "H. Bpk ",
    ]
    assert guard.call(long_texts.mask, units, cpu_seconds=20) == len(units)


def test_who_signs_below_the_table_is_neither_counted_nor_kept(tmp_path):
    text = (
        "No,Nama,Tanggal,WN,Jumlah,Alamat,Kecamatan,Desa\n"
        "1,CONTOH A,2026-01-02,RRT,1,Jl. A,Martapura,Kota Baru\n"
        ",,,,,Jl. B,Martapura,Kota Baru\n"
        ",,,,,,,\n"
        ',,Mengetahui,,,,"Martapura, 31 Januari 2026",\n'
        ",,,,,KEPALA DINAS,PETUGAS PENDATA,\n"
        ",,CONTOHWAN BUDI,,,CONTOHWATI,CONTOH ANDI,\n"
        ",,NIP. 197001011995031001,,,,CONTOH TIGA,\n"
    )
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["row_number"].tolist() == [2, 3]
    assert all("di bawah tabel, bukan laporan" in why for why in reasons(batch).values())
    kept = batch.reports.to_csv() + batch.original.to_csv() + batch.rejected.to_csv()
    assert "CONTOH" not in kept
    assert "19700101" not in kept


def test_a_table_goes_on_below_a_blank_row(tmp_path):
    text = (
        "Tanggal,WN,Jumlah,Alamat\n2026-01-02,RRT,1,Jl. A\n,,,\n,RRT,1,Jl. B\n,,,Jl. C\n"
        "Jumlah,,2,\n2026-01-03,MYS,1,Jl. D\n"
    )
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["location_text"].tolist() == ["Jl. A", "Jl. B", "Jl. D"]
    assert reasons(batch)[5] == "hanya satu kolom yang terisi"


def test_a_shifted_row_keeps_no_words_that_may_be_a_name(tmp_path):
    text = (
        "id,Tanggal,Nama,Alamat,Jumlah\nL-1,2026-01-01,Contoh,Wei Contoh,Jl. X No 3,3\n"
        'L-2,1 Jan 2026,Contoh Li,Jl. X No 3\nL-3,2026-01-02,"Contoh Liu,Jl. Y,2\n'
        "L-4,2026-01-02,Contoh Liu,Jl. Z,2\n"
    )
    batch = read(csv_file(tmp_path, text))
    assert batch.reports["report_id"].tolist() == ["L-4"]
    kept = batch.original.to_csv()
    assert "Contoh" not in kept
    assert "1 Jan 2026" in kept
    assert "Jl. X No 3" in kept


def test_a_name_in_a_column_of_dates_or_codes_is_not_kept_to_be_corrected(tmp_path):
    text = (
        "id,Tanggal,WN,Status,Alamat,Jumlah\n"
        "a,Contoh Wei,Contoh Lee,Contoh Mo,Jl. X,Contoh Ho\nb,besok,Mars,Overstay,Jl. X,banyak\n"
    )
    batch = read(csv_file(tmp_path, text))
    assert len(batch.rejected) == 2
    kept = batch.original.to_csv() + batch.rejected.to_csv()
    assert "Contoh" not in kept
    assert all(word in kept for word in ("besok", "Mars", "Overstay", "banyak"))
