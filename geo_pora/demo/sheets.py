"""How each agency writes its reports down: headers, notations, formats, and its mistakes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from geo_pora import codes
from geo_pora.demo.world import Agency, Random, Report, Scene
from geo_pora.periods import Period

TITLE = "DATA SINTETIS UNTUK DEMONSTRASI - BUKAN DATA SEBENARNYA"
_MONTHS = {
    1: "Januari",
    2: "Februari",
    3: "Maret",
    4: "April",
    5: "Mei",
    6: "Juni",
    7: "Juli",
    8: "Agustus",
    9: "September",
    10: "Oktober",
    11: "November",
    12: "Desember",
}
_NATIONS = {
    "CHN": ("Tiongkok", "China", "RRT", "Cina"),
    "MYS": ("Malaysia", "MY", "malaysia"),
    "KOR": ("Korea Selatan", "Korsel", "South Korea"),
    "USA": ("Amerika Serikat", "USA", "AS"),
    "GBR": ("Inggris", "UK", "United Kingdom"),
}

Cell = str | int | float | dt.date | None
Write = Callable[[Report, Scene, Random], Cell]


def _day(notation: str) -> Callable[[dt.date | None], Cell]:
    def written(day: dt.date | None) -> Cell:
        if day is None:
            return None
        if notation == "cell":
            return day
        if notation == "words":
            return f"{day.day} {_MONTHS[day.month]} {day.year}"
        return day.strftime(notation)

    return written


def _address(report: Report, scene: Scene, rng: Random) -> str:
    """Write an address in one of the ways people do."""
    village = scene.gazetteer.name_of(report.site.village)
    district = scene.gazetteer.name_of(report.site.district)
    way = rng.random()
    if way < 0.55:
        return f"{report.site.street}, Desa {village}, Kec. {district}"
    if way < 0.7:
        return f"{report.site.street} Ds {village} Kecamatan {district}".upper()
    if way < 0.8:
        return f"Desa {village} Kec {district}"
    if way < 0.88:
        return f"{report.site.street}, {village}, {district}"
    if way < 0.94:
        at = int(rng.integers(1, max(2, len(village) - 1)))
        return f"{report.site.street}, Ds. {village[:at] + village[at + 1 :]}, Kec. {district}"
    return str(rng.choice([f"Kec. {district}", report.site.street, "idem", "Jl. Lintas Sumatera"]))


def _point(notation: str) -> Write:
    def written(report: Report, scene: Scene, rng: Random) -> Cell:
        lat, lon = round(report.site.latitude, 6), round(report.site.longitude, 6)
        if rng.random() < 0.08:
            return None
        if notation == "dms":
            return f"{_dms(lat, 'LS', 'LU')} {_dms(lon, 'BB', 'BT')}"
        if notation == "link":
            return f"https://www.google.com/maps?q={lat},{lon}"
        if notation == "comma":
            return f"{lat}; {lon}".replace(".", ",")
        return f"{lat}, {lon}"

    return written


def _dms(value: float, below: str, above: str) -> str:
    seconds = round(abs(value) * 36000)
    degrees, rest = divmod(seconds, 36000)
    minutes, tenths = divmod(rest, 600)
    return f"{degrees}°{minutes:02}'{tenths / 10:04.1f}\" {below if value < 0 else above}"


def _label(listed: str, attribute: str) -> Write:
    def written(report: Report, scene: Scene, rng: Random) -> Cell:
        code = getattr(report, attribute)
        return (
            code
            if code in ("ITK", "ITAS", "ITAP", "BVK", "VOA")
            else codes.load(listed).label(code)
        )

    return written


def _nation(report: Report, scene: Scene, rng: Random) -> Cell:
    code = report.nationality
    words = _NATIONS.get(code, (codes.load("nationalities").label(code), code))
    return words[int(rng.integers(len(words)))]


def _of_site(attribute: str) -> Write:
    return lambda report, scene, rng: scene.gazetteer.name_of(getattr(report.site, attribute))


def _fake(pattern: str) -> Write:
    """Fill an identifying column with what cannot be taken for real."""
    return lambda report, scene, rng: pattern.format(int(rng.integers(1000)))


def _number(report: Report, scene: Scene, rng: Random) -> Cell:
    return report.number


def _persons(report: Report, scene: Scene, rng: Random) -> Cell:
    return report.persons if rng.random() < 0.9 else f"{report.persons} orang"


def _dates(first: str, notation: str) -> Write:
    day = _day(notation)
    return lambda report, scene, rng: day(getattr(report, first))


def _degrees(axis: str) -> Write:
    return lambda report, scene, rng: round(float(getattr(report.site, axis)), 6)


@dataclass(frozen=True)
class Style:
    """The form an agency fills in."""

    columns: dict[str, Write]
    suffix: str = ".xlsx"
    delimiter: str = ";"
    encoding: str = "utf-8-sig"
    form_numbers: bool = False


STYLES = (
    Style(
        {
            "ID Laporan": _number,
            "Tanggal Laporan": _dates("reported_on", "cell"),
            "Nama Lengkap": _fake("CONTOH NAMA {:03}"),
            "No. Paspor": _fake("X0000{:03}"),
            "Kewarganegaraan": _nation,
            "Jenis Izin Tinggal": _label("permits", "permit"),
            "Tanggal Kedatangan": _dates("from_date", "cell"),
            "Tanggal Keluar": _dates("to_date", "cell"),
            "Jumlah": _persons,
            "Maksud Kunjungan": _label("activities", "activity"),
            "Alamat di Indonesia": _address,
            "Status Pengawasan": _label("statuses", "status"),
            "Lintang": _degrees("latitude"),
            "Bujur": _degrees("longitude"),
        }
    ),
    Style(
        {
            "No Laporan": _number,
            "Tgl. Lapor": _dates("reported_on", "%d/%m/%Y"),
            "WN": _nation,
            "Jml Orang": _persons,
            "Lokasi Kejadian": _address,
            "Titik Koordinat": _point("dms"),
            "Kegiatan": _label("activities", "activity"),
            "Hasil Pengawasan": _label("statuses", "status"),
            "Keterangan": _fake("catatan contoh {:03}, bukan data sebenarnya"),
        },
        suffix=".csv",
    ),
    Style(
        {
            "Nama TKA": _fake("CONTOH TKA {:03}"),
            "Kebangsaan": _nation,
            "Izin Tinggal": _label("permits", "permit"),
            "Tgl Masuk": _dates("from_date", "words"),
            "Alamat Perusahaan": lambda report, scene, rng: report.site.street,
            "Desa/Kelurahan": _of_site("village"),
            "Kecamatan": _of_site("district"),
            "Jumlah TKA": _persons,
            "No. HP": _fake("0800-0000-{:04}"),
        },
        form_numbers=True,
    ),
    Style(
        {
            "report_id": _number,
            "check in": _dates("from_date", "%d-%m-%y"),
            "check out": _dates("to_date", "%d-%m-%y"),
            "nationality": _nation,
            "pax": _persons,
            "hotel": lambda report, scene, rng: report.site.street,
            "kecamatan": _of_site("district"),
            "link google maps": _point("link"),
            "passport no": _fake("X0000{:03}"),
        },
        suffix=".csv",
        delimiter=",",
        encoding="utf-8",
    ),
    Style(
        {
            "Tanggal": _dates("reported_on", "words"),
            "Jumlah WNA (orang)": _persons,
            "Negara Asal": _nation,
            "Alamat": _address,
            "Koordinat": _point("comma"),
            "Aktivitas": _label("activities", "activity"),
            "Status": _label("statuses", "status"),
        },
        suffix=".csv",
        encoding="cp1252",
    ),
    Style(
        {
            "Tanggal": _dates("reported_on", "%d.%m.%Y"),
            "Desa": _of_site("village"),
            "Kec.": _of_site("district"),
            "Jenis Akomodasi": _label("accommodations", "accommodation"),
            "Jumlah": _persons,
            "Warga Negara": _nation,
            "Status": _label("statuses", "status"),
            "Telepon": _fake("0800-0000-{:04}"),
        }
    ),
)
_FIXED = {"IMIGRASI": 0, "POLRES": 1, "DISNAKER": 2, "PHRI": 3, "DISPAR": 3, "CAMAT": 5}


def style_of(agency: Agency) -> Style:
    """Return the form of an agency: the same one every time."""
    kind = agency.code.split("-")[0]
    return STYLES[_FIXED.get(kind, 4 + zlib.crc32(agency.code.encode()) % 2)]


def file_name(agency: Agency, span: Period) -> str:
    """Return the name of a file without its ending."""
    return f"DEMO-{agency.code}-{span.first:%Y-%m}_{span.last:%Y-%m}"


def write(
    path: Path, agency: Agency, span: Period, reports: list[Report], scene: Scene, rng: Random
) -> Path:
    """Write one file in the agency's form, with its mistakes; return its path."""
    style = style_of(agency)
    labels = ["No", *style.columns]
    rows: list[list[Cell]] = []
    for report in reports:
        cells = [write(report, scene, rng) for write in style.columns.values()]
        rows.append([len(rows) + 1, *_spoiled(cells, labels[1:], rng)])
        if rng.random() < 0.012:
            rows.append(list(rows[-1]))  # pasted twice
    name = codes.load("agencies").label(agency.code)
    head: list[list[Cell]] = [
        [TITLE],
        [f"Laporan Orang Asing {name} {span.first:%d/%m/%Y} s.d. {span.last:%d/%m/%Y}"],
        [],
        list(labels),
    ]
    if style.form_numbers:
        head.append([f"({at + 1})" for at in range(len(labels))])
    path = path.with_name(path.name + style.suffix)
    if style.suffix == ".xlsx":
        _write_workbook(path, head + rows)
    else:
        _write_csv(path, head + rows, style)
    return path


def _spoiled(cells: list[Cell], labels: list[str], rng: Random) -> list[Cell]:
    """Make one row in sixty unreadable, as happens when people type."""
    if rng.random() > 1 / 60:
        return cells
    spoiled = list(cells)
    dates = [at for at, label in enumerate(labels) if "anggal" in label or "gl" in label]
    counts = [at for at, label in enumerate(labels) if label.startswith(("J", "pax"))]
    if dates and rng.random() < 0.5:
        spoiled[dates[0]] = "31/02/2026"
    elif counts:
        spoiled[counts[0]] = str(rng.choice(["banyak", "-", "0", "?"]))
    return spoiled


def _write_workbook(path: Path, rows: list[list[Cell]]) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "DEMO"
    for row in rows:
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    path.write_bytes(_without_times(made))


def _without_times(made: io.BytesIO) -> bytes:
    """Return the workbook without the time of its making, so that equal content is equal bytes."""
    again = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(again, "w") as target:
        for entry in source.infolist():
            content = re.sub(
                rb"\d{4}-\d\d-\d\dT[\d:]{8}Z", b"2026-01-01T00:00:00Z", source.read(entry)
            )
            plain = zipfile.ZipInfo(entry.filename, (2026, 1, 1, 0, 0, 0))
            target.writestr(plain, content, zipfile.ZIP_DEFLATED)
    return again.getvalue()


def _write_csv(path: Path, rows: list[list[Cell]], style: Style) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=style.delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(style.encoding, "replace"))
