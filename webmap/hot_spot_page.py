"""What the patrol's page holds: each hot spot in plain words, without its script and with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from flask_babel import format_decimal
from flask_babel import gettext as _

from geo_pora import pipeline
from geo_pora.errors import InputError
from geo_pora.periods import Period, parse
from geo_pora.store import checks, clock
from webmap import words
from webmap.state import current

# Districts alone: their counts are exact for the team, a village's small ones are not shown.
LEVEL = "district"
METHOD = "gi"
HOT = ("hot99", "hot95", "hot90")


@dataclass(frozen=True)
class Found:
    """Hot spots of a period as plain values, without words and without checks."""

    rows: list[dict[str, Any]]
    kinds: dict[str, list[tuple[str, str, int]]]
    enough: bool
    total: int
    visible: float | None


def found(period: Period) -> Found:
    """Compute the hot spots of a period; `pipeline.hot_spots` says how."""
    state = current()
    layer = state.atlas().layer
    try:
        spots = pipeline.hot_spots(
            state.engine, state.settings, LEVEL, period, method=METHOD, layer=layer
        )
    except InputError:  # nobody reported, or the layer has no districts
        return Found([], {}, False, 0, None)
    rows = _where_the_cases_are(spots.table)
    kinds: dict[str, list[tuple[str, str, int]]] = {}
    for by in ("status", "activity") if len(rows) else ():
        counted = pipeline.case_kinds(state.engine, layer, LEVEL, period, by)
        for code, kind, cases in counted[["area_code", by, "cases"]].itertuples(index=False):
            kinds.setdefault(code, []).append((by, kind, int(cases)))
    typical = float(spots.table["detectable_risk"].median())
    visible = typical if math.isfinite(typical) else None
    return Found(rows, kinds, spots.enough, spots.total_cases, visible)


def key(code: str, period: Period) -> str:
    """Return the name of a hot spot that this page lists, as :mod:`geo_pora.hotspots` gives it."""
    return f"{METHOD}:{code}:{period.key}"


def _where_the_cases_are(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the areas with an excess of their own that lie in a hot window, with its evidence.

    Gi* judges a district together with its neighbours, so one with few cases may be hot for a
    neighbour's sake, and that neighbour not; a patrol goes where the cases are.
    """
    windows = table[table["class"].isin(HOT)].sort_values(["class", "p"], ascending=[False, True])
    found: dict[str, dict[str, Any]] = {}
    for window in windows.to_dict("records"):
        for code in window["window_areas"].split(";"):
            found.setdefault(code, window)
    about = ("class", "p", "window_cases", "window_expected", "since")
    own = table[table["area_code"].isin(found) & (table["cases"] > table["expected"])]
    return [
        {**row, **{name: found[row["area_code"]][name] for name in about}}
        for row in own.to_dict("records")
    ]


def last_checks(codes: list[str]) -> dict[str, dict[str, Any]]:
    """Return the last check of each area, and how often it was checked at all."""
    known = checks.for_areas(current().engine, codes)
    last = known.drop_duplicates("area_code").set_index("area_code")
    return {
        code: {
            "id": int(check["id"]),
            "at": check["checked_at"].to_pydatetime(),
            "text": check_text(check),
            "times": int((known["area_code"] == code).sum()),
        }
        for code, check in last.iterrows()
    }


def check_text(check: pd.Series) -> str:
    """Return what a check found, with its notes."""
    said = [words.outcomes().get(check["outcome"], check["outcome"])]
    said += [words.check_notes().get(note, note) for note in check["notes"]]
    return ", ".join(said)


def spots(known: Found, period: Period) -> list[dict[str, Any]]:
    """Return the hot spots in words: the surest first, and of equals the longest unchecked."""
    atlas = current().atlas()
    checked = last_checks([row["area_code"] for row in known.rows])
    centres = _centres()
    listed = [
        {
            "code": row["area_code"],
            "name": row["area_name"],
            "parent": atlas.name_of(row["area_code"][:5]),
            "sure": row["class"],
            "sure_text": words.hot_spot_classes()[row["class"]],
            "sentence": _sentence(row),
            "since": _since(row),
            "kinds": _kinds(known.kinds.get(row["area_code"], [])),
            "centre": centres[row["area_code"]],
            "last": checked.get(row["area_code"]),
            "p": row["p"],
        }
        for row in known.rows
    ]
    return sorted(listed, key=_rank)


def _kinds(counted: list[tuple[str, str, int]]) -> list[str]:
    """Return a line of statuses and one of activities, the most frequent first."""
    lines = [
        ", ".join(f"{words.label(by, kind)} {cases}" for by, kind, cases in counted if by == line)
        for line in ("status", "activity")
    ]
    return [line for line in lines if line]


def _rank(spot: dict[str, Any]) -> tuple[Any, ...]:
    last = spot["last"]
    return HOT.index(spot["sure"]), last is not None, last and last["at"], spot["p"], spot["code"]


def _centres() -> dict[str, tuple[float, float]]:
    """Return a point inside each district: where a route leads to, never where a report lies."""
    areas = current().atlas().areas(LEVEL)
    points = areas.geometry.representative_point()
    at = zip(points.y.round(3), points.x.round(3), strict=True)
    return dict(zip(areas["code"], at, strict=True))


def _sentence(row: dict[str, Any]) -> str:
    """Return the evidence in one plain sentence."""
    own = _(
        "%(cases)s kasus, diharapkan %(expected)s",
        cases=int(row["cases"]),
        expected=_one_decimal(row["expected"]),
    )
    if row["window_cases"] == row["cases"]:
        return _("%(own)s; peluang kebetulan %(chance)s.", own=own, chance=words.chance(row["p"]))
    return _(
        "%(own)s. Bersama kecamatan tetangga %(cases)s kasus, diharapkan %(expected)s; "
        "peluang kebetulan %(chance)s.",
        own=own,
        cases=int(row["window_cases"]),
        expected=_one_decimal(row["window_expected"]),
        chance=words.chance(row["p"]),
    )


def _one_decimal(value: float) -> str:
    return str(format_decimal(round(value, 1)))


def _since(row: dict[str, Any]) -> str:
    since = row["since"]
    return words.period(parse(since)) if isinstance(since, str) and since != "nan" else ""


def script_data(listed: list[dict[str, Any]], period: Period, owner: str) -> dict[str, Any]:
    """Return what the page's script needs; it is also what a phone keeps."""
    state = current()
    atlas = state.atlas()
    return {
        "owner": owner,
        "made_at": clock.now().isoformat(),
        "period": period.key,
        "bounds": atlas.bounds,
        "names": dict(atlas.areas(LEVEL)[["code", "name"]].itertuples(index=False)),
        "spots": [
            {
                "code": spot["code"],
                "name": spot["name"],
                "sure": spot["sure"],
                "text": spot["sure_text"],
                "seen": spot["last"]["id"] if spot["last"] else 0,
            }
            for spot in listed
        ],
        "classes": words.hot_spot_classes(),
        "outcomes": words.outcomes(),
        "notes": words.check_notes(),
        "texts": {
            "north": _("Arah utara"),
            "zoom_in": _("Perbesar"),
            "zoom_out": _("Perkecil"),
            "none": _("tidak nyata di atas yang diharapkan"),
            "waiting": _("Menunggu dikirim: %(what)s", what="WHAT"),
            "sent": _("Pengecekan terkirim."),
            "refused": _("Tidak diterima: %(why)s", why="WHY"),
            "forget": _("Buang"),
            "gone": _("Titik ini sudah tidak ada dalam daftar; pengecekan tetap dicatat."),
            "others": _("Sementara itu ada yang mencatat: %(what)s", what="WHAT"),
            "sign_in": _("Masuk lagi untuk mengirim %(count)s pengecekan.", count="COUNT"),
            "offline": _("Tanpa jaringan. Daftar ini per %(when)s.", when="WHEN"),
            "just_now": _("baru saja"),
        },
    }
