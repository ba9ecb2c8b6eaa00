"""Every reader of reports against every hostile file, and against good files gone wrong.

No crash, no hang, no connection, nothing read or written elsewhere, and the counts add up.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import resource
import socket
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from openpyxl import Workbook

from geo_pora import reports
from geo_pora.errors import GeoPoraError
from geo_pora.reports import workbook

pytestmark = pytest.mark.hostile

TODAY = dt.date(2026, 11, 24)
FOLDERS = ("generated", "geojson", "csv", "vector", "blns")
SEEDED_MUTATIONS = 60  # of each good file


@pytest.fixture(autouse=True)
def no_connection(monkeypatch):
    """Fail on any connection from this process; the child's is refused by the guard."""

    def refuse(*_):
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def read_or_refuse(path: Path) -> str | None:
    """Read a file whole; return why it was refused, or None. Anything else fails the test."""
    try:
        file = reports.open(path, today=TODAY)
        counted = 0
        for batch in file:
            assert len(batch.reports) + len(batch.rejected) == len(batch.original) == batch.rows
            assert batch.rejected["reason"].notna().all()
            assert (batch.rejected["reason"] != "").all()
            assert not batch.reports.duplicated(["report_id", "agency"]).any()
            counted += batch.rows
        assert counted == file.rows
    except GeoPoraError as error:
        message = str(error)
        assert message.startswith(path.name + ": "), message
        assert "\n" not in message
        assert len(message) < 400
        return message
    return None


def used() -> float:
    """Return the processor time of this process and its children, in seconds."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def hostile_files(shared: Path) -> list[Path]:
    root = shared / "hostile"
    files = [file for name in FOLDERS for file in (root / name).rglob("*") if file.is_file()]
    assert len(files) > 150
    return sorted(files)


def test_every_hostile_file(shared):
    before = used()
    for path in hostile_files(shared):
        read_or_refuse(path)
    assert used() - before < 90


def test_naughty_strings_are_kept_as_texts_or_refused_by_row(shared, tmp_path):
    strings = json.loads((shared / "hostile/blns/blns.json").read_text())
    path = tmp_path / "blns.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        import csv

        writer = csv.writer(file)
        writer.writerow(["report_id", "alamat", "jumlah", "tanggal", "WN", "status"])
        for number, text in enumerate(strings):
            writer.writerow([number, text, "", "", "", ""])
            writer.writerow([f"{number}b", "Jl. A", text, text, text, ""])
    assert read_or_refuse(path) is None
    rejected = reports.read(path, today=TODAY)
    again = tmp_path / "again.xlsx"
    reports.write_rejected(rejected.rejected, rejected.original, again)
    assert read_or_refuse(again) is None


ROWS = [
    ["report_id", "Tanggal", "Alamat", "Desa", "Kecamatan", "Lintang", "Bujur", "Jumlah", "WN"],
    *(
        [f"R{n}", f"{n % 28 + 1}/02/2026", f'Jl. "M" {n}', "Sukajadi", "Martapura",
         -4.3, 104.3, n + 1, "MYS"]
        for n in range(30)
    ),
]  # fmt: skip


def good_csv() -> bytes:
    import csv

    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(ROWS)
    return text.getvalue().encode()


def good_xlsx() -> bytes:
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def good_geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row[6], row[5]]},
            "properties": dict(zip(ROWS[0][:5], row, strict=False)),
        }
        for row in ROWS[1:]
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def good_parquet() -> bytes:
    made = io.BytesIO()
    columns = {name: [row[at] for row in ROWS[1:]] for at, name in enumerate(ROWS[0])}
    parquet.write_table(pa.table(columns), made)
    return made.getvalue()


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Spoil a file: bytes changed, cut out, doubled, moved, or the end lost."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        if not data:
            break
        at = rng.randrange(len(data))
        length = rng.randint(1, 40)
        kind = rng.randrange(6)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length]
        elif kind == 3:
            data[at:at] = rng.choice([b'"', b"\0", b"\n", b";", b"\xff\xfe", b"{", b"=1+1", b"\r"])
        elif kind == 4:
            data = data[: max(1, at)]
        else:
            data[at : at + 4] = rng.randbytes(4)
    return bytes(data) or b"x"


def mutate_inside(content: bytes, rng: random.Random) -> bytes:
    """Spoil the parts of a workbook and pack it properly again, so that the parser sees them."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            part = source.read(entry)
            spoil = part and rng.random() < 0.4
            target.writestr(entry.filename, mutate(part, rng) if spoil else part)
    return made.getvalue()


@pytest.mark.parametrize(
    ("good", "change"),
    [
        (good_csv, mutate),
        (good_xlsx, mutate),
        (good_xlsx, mutate_inside),
        (good_geojson, mutate),
        (good_parquet, mutate),
    ],
    ids=["csv", "xlsx", "xlsx-inside", "geojson", "parquet"],
)
def test_good_files_gone_wrong(tmp_path, good, change):
    content = good()
    path = tmp_path / "laporan"
    path.write_bytes(content)
    assert read_or_refuse(path) is None
    rng = random.Random(20260101)
    count = SEEDED_MUTATIONS * (5 if good is good_csv else 1)
    if good is good_parquet:
        count //= 3
    for _ in range(count):
        path.write_bytes(change(content, rng))
        read_or_refuse(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["laporan"]


def workbook_with(tmp_path: Path, **parts: bytes) -> Path:
    path = tmp_path / "laporan.xlsx"
    with (
        zipfile.ZipFile(io.BytesIO(good_xlsx())) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            if entry.filename not in parts:
                target.writestr(entry.filename, source.read(entry))
        for name, content in parts.items():
            target.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
FOOT = b"</sheetData></worksheet>"
CELL = b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>'


@pytest.mark.parametrize(
    "sheet",
    [
        # a bomb: 300 MB of blanks
        HEAD + b" " * (300 << 20) + FOOT,
        # below the limit of the archive, above that of the memory
        HEAD
        + b'<row r="1">'
        + CELL % (b"A1", b"alamat")
        + b"</row>"
        + b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(2, 250_000))
        + FOOT,
        # a cell far down and right
        HEAD
        + b'<row r="1">'
        + CELL % (b"A1", b"alamat")
        + b'</row><row r="1048576">'
        + CELL % (b"XFD1048576", b"x")
        + b"</row>"
        + FOOT,
        # a huge cell
        HEAD + b'<row r="1">' + CELL % (b"A1", b"alamat") + b'</row><row r="2">'
        + CELL % (b"A2", b"A" * (20 << 20)) + b"</row>" + FOOT,
        # entities
        b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "'
        + b"&a;" * 1000 + b'">]>' + HEAD + b'<row r="1">' + CELL % (b"A1", b"&b;" * 1000)
        + b"</row>" + FOOT,
        # deep nesting
        HEAD + b"<row>" * 200_000 + FOOT,
    ],
    ids=["bomb", "memory", "far", "huge-cell", "entities", "deep"],
)  # fmt: skip
def test_workbooks_that_unpack_to_too_much(tmp_path, sheet):
    path = workbook_with(tmp_path, **{SHEET: sheet})
    before = used()
    read_or_refuse(path)
    assert used() - before < 15
    assert workbook.MEMORY_BYTES <= 512 << 20  # what the child may take, which test_guard tests


def test_a_parquet_bomb(tmp_path):
    path = tmp_path / "laporan.parquet"
    text = pa.array(["A" * 100_000]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), text.dictionary)
    parquet.write_table(pa.table({"alamat": column}), path, compression="zstd")
    assert path.stat().st_size < 1 << 20
    assert read_or_refuse(path) is not None


def test_a_row_without_an_end(tmp_path):
    path = tmp_path / "laporan.csv"
    path.write_bytes(b"alamat\n" + b"A" * (40 << 20))
    assert "longer than" in str(read_or_refuse(path))


def test_a_quotation_mark_that_opens_a_large_file(tmp_path):
    path = tmp_path / "laporan.csv"
    rows = b"".join(b"%d,Jl. %d\n" % (n, n) for n in range(500_000))
    path.write_bytes(b'id,alamat\nx,"Jl. buka\n' + rows)
    file = reports.open(path, today=TODAY)
    assert sum(len(batch.reports) for batch in file) == 500_000
    assert file.rejected == 1


def test_thousands_of_columns(tmp_path):
    path = tmp_path / "laporan.csv"
    path.write_text(",".join(f"k{n}" for n in range(50_000)) + ",alamat\n")
    read_or_refuse(path)
