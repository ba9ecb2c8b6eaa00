"""The first page: what waits for this person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from geo_pora import periods
from geo_pora.periods import Period
from geo_pora.store import queries, review
from webmap import words
from webmap.permissions import allowed, signed_in
from webmap.state import current
from webmap.views.coverage import due_agencies

blueprint = Blueprint("start", __name__)


@dataclass(frozen=True)
class Place:
    """A page of the app that a person may open."""

    label: str
    about: str
    url: str
    here: bool


def places() -> list[Place]:
    """Return the pages the current person may open, in the order of their work."""
    known = [
        ("map", "map.page", _("Peta sebaran"), _("Jumlah per kabupaten, kecamatan, dan desa.")),
        ("import", "imports.page", _("Kirim laporan"), _("Unggah berkas, periksa, perbaiki.")),
        ("review", "review.page", _("Antrean tinjauan"), _("Tempatkan laporan yang meragukan.")),
        (
            "hotspots",
            "hotspots.page",
            _("Titik rawan"),
            _("Wilayah di atas yang diharapkan, dan pengecekannya."),
        ),
        (
            "coverage",
            "coverage.page",
            _("Kelengkapan"),
            _("Instansi mana yang sudah, terlambat, dan belum mengirim."),
        ),
        (
            "export",
            "exports.release",
            _("Rilis dan bahan rapat"),
            _("Berkas, peta, dan PDF yang boleh dibagikan."),
        ),
        (
            "exact",
            "exact.page",
            _("Ekspor persis"),
            _("Jumlah tanpa penyembunyian, untuk tujuan yang ditulis."),
        ),
        (
            "administer",
            "admin.page",
            _("Administrasi"),
            _("Akun, instansi, periode, batas wilayah, catatan audit."),
        ),
    ]
    views = current_app.view_functions
    return [
        Place(label, about, url_for(endpoint), _is_here(endpoint))
        for permission, endpoint, label, about in known
        if allowed(permission) and endpoint in views
    ]


def _is_here(endpoint: str) -> bool:
    return request.blueprint == endpoint.partition(".")[0]


@blueprint.app_context_processor
def _navigation() -> dict[str, object]:
    return {"navigation": places, "demonstration": _demonstration}


def _demonstration() -> bool:
    return bool(current_user.is_authenticated) and current().is_demonstration()


@blueprint.get("/")
@signed_in
def home() -> str:
    """Show what this person can do, and what waits."""
    return render_template("home.html", places=places(), waiting=_waiting())


def _waiting() -> dict[str, str]:
    """Return what waits for this person, by the address of the page where it is done."""
    state = current()
    found = {}
    if allowed("review") and (count := review.size(state.engine)):
        found[url_for("review.page")] = _("%(count)s baris menunggu", count=count)
    first = dt.date.today().replace(day=1)
    month = periods.months(Period(*(first - dt.timedelta(days=1),) * 2))[0]
    missing = _missing(month) if allowed("coverage") else set()
    said = words.period(month)
    if allowed("import") and str(current_user.agency) in missing:
        found[url_for("imports.page")] = _("laporan %(month)s belum dikirim", month=said)
    if missing - {str(current_user.agency)}:
        found[url_for("coverage.page")] = _(
            "%(count)s instansi belum mengirim %(month)s", count=len(missing), month=said
        )
    return found


def _missing(month: Period) -> set[str]:
    """Return the agencies this person may know of that have not sent a month's reports."""
    due = due_agencies()
    sent = queries.coverage(current().engine, [month], due)
    return set(sent.loc[sent["state"] == "missing", "agency"]) & set(due)


@blueprint.get("/second-factor")
@signed_in
def second_factor() -> str:
    """Say why a second factor is needed, and where it is set up."""
    return render_template("second_factor.html")
