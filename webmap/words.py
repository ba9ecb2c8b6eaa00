"""The words of the pages, in the language of the request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import format_date, format_decimal, get_locale
from flask_babel import gettext as _

from geo_pora import codes
from geo_pora.boundaries import Layer
from geo_pora.coordinates import REASONS
from geo_pora.geocode import REVIEW_REASONS
from geo_pora.periods import Period, month, parse, quarter_of
from geo_pora.store import checks
from webmap.choices import Choice
from webmap.sentences import translated
from webmap.state import current

_LISTS = {"permit": "permits", "activity": "activities", "status": "statuses"}


def levels() -> dict[str, str]:
    """Return the names of the levels."""
    return {"regency": _("Kabupaten"), "district": _("Kecamatan"), "village": _("Desa")}


def measures() -> dict[str, str]:
    """Return the names of the measures."""
    return {
        "persons": _("Orang yang berada"),
        "arrivals": _("Kedatangan"),
        "departures": _("Keberangkatan"),
        "reports": _("Laporan"),
    }


def file_contents() -> dict[str, str]:
    """Return what a file that leaves can hold."""
    return {
        "regency": _("Jumlah per kabupaten"),
        "district": _("Jumlah per kecamatan"),
        "village": _("Jumlah per desa"),
        "hotspots": _("Kelas titik rawan per kecamatan"),
        "coverage": _("Kelengkapan laporan instansi"),
    }


def file_kinds() -> dict[str, str]:
    """Return the forms of a file by what they are good for."""
    return {
        "xlsx": _("XLSX (lembar kerja)"),
        "csv": _("CSV, koma"),
        "csv-semicolon": _("CSV, titik koma (Excel Indonesia)"),
        "gpkg": _("GeoPackage (QGIS)"),
        "geojson": "GeoJSON",
        "parquet": "GeoParquet",
    }


def shows(*, rate: bool) -> dict[str, str]:
    """Return how a measure can be shown; as a rate where inhabitants are known."""
    known = {"count": _("jumlah"), "density": _("per km²"), "change": _("perubahan")}
    return known | ({"rate": _("per 10.000 penduduk")} if rate else {})


def schemes() -> dict[str, str]:
    """Return the ways to divide values into classes."""
    return {
        "quantiles": _("kuantil (isi sama banyak)"),
        "natural": _("jeda alami (Fisher-Jenks)"),
        "equal": _("selang sama lebar"),
        "own": _("batas sendiri"),
    }


def dimensions() -> dict[str, str]:
    """Return the names of what can be filtered by."""
    return {
        "permit": _("Izin tinggal"),
        "activity": _("Kegiatan"),
        "status": _("Status"),
        "agency": _("Instansi"),
    }


def labels(dimension: str) -> list[tuple[str, str]]:
    """Return code and label of every class of a dimension."""
    if dimension == "agency":
        return sorted(current().agencies().items(), key=lambda one: one[1])
    found = codes.load(_LISTS[dimension])
    english = str(get_locale()) == "en"
    return [(code, one.en if english else one.id) for code, one in found.codes.items()]


def label(dimension: str, code: str) -> str:
    """Return the label of a class, the code itself where it has none."""
    return dict(labels(dimension)).get(code, code)


def period(span: Period, *, short: bool = False) -> str:
    """Return a period as a person reads it."""
    if span == month(span.first.year, span.first.month):
        return format_date(span.first, "MMM yy" if short else "MMMM y")
    if span == quarter_of(span.first):
        number = (span.first.month + 2) // 3
        return _("Triwulan %(number)s %(year)s", number=number, year=span.first.year)
    first, last = format_date(span.first, "d MMM y"), format_date(span.last, "d MMM y")
    return _("%(first)s sampai %(last)s", first=first, last=last)


def period_groups(
    months: Sequence[Period], named: Sequence[tuple[str, Period]]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the periods of a chooser in groups: named ones, quarters, months."""
    quarters = list(dict.fromkeys(quarter_of(one.first) for one in reversed(months)))
    return [
        (_("Periode bernama"), [(span.key, name) for name, span in named]),
        (_("Triwulan"), [(one.key, period(one)) for one in quarters]),
        (_("Bulan"), [(one.key, period(one)) for one in reversed(months)]),
    ]


def unit(choice: Choice) -> tuple[str, str]:
    """Return what a figure of a choice counts: in full, and for a table's head."""
    what = {
        "persons": (_("orang asing yang dilaporkan berada"), _("Orang")),
        "arrivals": (_("kedatangan orang asing"), _("Kedatangan")),
        "departures": (_("keberangkatan orang asing"), _("Keberangkatan")),
        "reports": (_("laporan"), _("Laporan")),
    }[choice.measure]
    if choice.show == "density":
        return _("%(what)s per km²", what=what[0]), _("%(what)s per km²", what=what[1])
    if choice.show == "rate":
        return (
            _("%(what)s per 10.000 penduduk", what=what[0]),
            _("Per 10.000"),
        )
    if choice.show == "change":
        since = period(choice.earlier)
        return (
            _("perubahan %(what)s sejak %(since)s", what=what[0], since=since),
            _("Perubahan"),
        )
    return what


def subtitle(choice: Choice) -> str:
    """Return one line that says what the map shows."""
    full, _short = unit(choice)
    line = _(
        "%(what)s per %(level)s, %(period)s",
        what=full[:1].upper() + full[1:],
        level=levels()[choice.level].lower(),
        period=period(choice.period),
    )
    chosen = [f"{dimensions()[name]}: {label(name, code)}" for name, code in choice.filters]
    return "; ".join([line, *chosen])


def boundary_source(layer: Layer) -> str:
    """Return where the boundaries of a layer come from."""
    return layer.source if str(get_locale()) == "en" else layer.source_in_indonesian


def source_note(layer: Layer) -> str:
    """Return where figures and boundaries come from."""
    if current().is_demonstration():
        return _(
            "Sumber: data sintetis untuk peragaan, bukan laporan sebenarnya; "
            "batas wilayah: %(source)s.",
            source=boundary_source(layer),
        )
    return _(
        "Sumber: laporan instansi Tim PORA; batas wilayah: %(source)s.",
        source=boundary_source(layer),
    )


def map_texts(*, indicative: bool) -> dict[str, str]:
    """Return the words that the map's script sets."""
    note = _("Untuk anggota tim; jangan disebarluaskan.")
    return {
        "hidden": _("disembunyikan"),
        "zero": _("nol"),
        "no_data": _("tidak ada data"),
        "north": _("Arah utara"),
        "zoom_in": _("Perbesar"),
        "zoom_out": _("Perkecil"),
        "close": _("Tutup"),
        "elsewhere": _("Tidak dapat ditempatkan pada tingkat ini"),
        "offline": _("Tidak tersambung. Angka terakhir tetap tampil; coba lagi nanti."),
        "failed": _("Aplikasi tidak dapat menjawab. Angka terakhir tetap tampil; coba lagi."),
        "parts": _("Rincian menurut izin, kegiatan, dan status"),
        "made": _("Dibuat %(date)s.", date="DATE"),
        "range_order": _("Tanggal awal harus sebelum tanggal akhir."),
        "play": _("Putar"),
        "pause": _("Jeda"),
        "no_month": _("Pilih bulan"),
        "picture_note": _("Batas indikatif, bukan batas resmi.") + " " + note
        if indicative
        else note,
    }


def review_reason(code: object) -> str:
    """Return why a row waits for review, as a person reads it."""
    kind, _colon, detail = str(code).partition(":")
    if kind == "area_gone":
        return _("wilayahnya tidak ada lagi")
    if kind not in REVIEW_REASONS:
        return str(code).replace("_", " ")
    language = 1 if str(get_locale()) == "en" else 0
    said = [REVIEW_REASONS[kind], *([REASONS[detail]] if detail in REASONS else [])]
    return ": ".join(words[language] for words in said)


def hot_spot_classes() -> dict[str, str]:
    """Return how sure a hot spot is."""
    return {
        "hot99": _("sangat kuat (99%)"),
        "hot95": _("kuat (95%)"),
        "hot90": _("cukup kuat (90%)"),
    }


def outcomes() -> dict[str, str]:
    """Return what a check can find."""
    known = {
        "nothing": _("tidak ada temuan"),
        "clarified": _("sudah jelas"),
        "follow_up": _("perlu tindak lanjut"),
        "handed_over": _("diserahkan ke instansi berwenang"),
    }
    return {code: known[code] for code in checks.OUTCOMES}


def check_notes() -> dict[str, str]:
    """Return what can be said of a check besides; there is no free text that could name someone."""
    known = {
        "place_empty": _("tempat kosong atau tutup"),
        "papers_in_order": _("dokumen lengkap"),
        "stay_not_reported": _("keberadaan belum dilaporkan"),
        "activity_differs": _("kegiatan lain dari yang dilaporkan"),
        "moved_away": _("sudah pindah dari wilayah ini"),
        "address_wrong": _("alamat laporan keliru"),
        "with_other_agency": _("bersama instansi lain"),
    }
    return {code: known[code] for code in checks.NOTES}


def chance(p: float) -> str:
    """Return a probability as a person reads it."""
    if p < 0.001:
        return _("kurang dari 0,1%")
    return f"{format_decimal(round(100 * p, 1))}%"


def role(name: str) -> str:
    """Return the name of a role."""
    known = {
        "contributor": _("petugas instansi"),
        "reviewer": _("peninjau"),
        "planner": _("perencana"),
        "patrol": _("tim patroli"),
        "analyst": _("analis"),
        "administrator": _("administrator"),
        "exact": _("ekspor persis (hak khusus)"),
    }
    return known.get(name, name)


def when(moment: dt.datetime) -> str:
    """Return a moment as day and time in western Indonesia, where the team works."""
    local = moment.astimezone(ZoneInfo("Asia/Jakarta"))
    return f"{format_date(local.date(), 'd MMM y')} {local:%H.%M}"


def install(app: Flask) -> None:
    """Give the words to templates as filters."""
    app.jinja_env.filters.update(
        role=role,
        when=when,
        day=lambda date: format_date(date, "d MMM y"),
        reason=review_reason,
        translated=translated,
        boundary_source=boundary_source,
        period=period,
        period_key=lambda key: period(parse(key)),
        chance=chance,
        decimal=lambda value: format_decimal(round(value, 1)),
    )
