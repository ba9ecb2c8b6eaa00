"""Released tables to files that leave the team: exports, the one-file map, the briefing."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from geo_pora import briefing, codes, exports, located_files, maps, periods, releases
from geo_pora.boundaries import Layer
from geo_pora.disclosure import OnProgress
from geo_pora.errors import InputError, NotFoundError, RefusedError
from geo_pora.exports import exact
from geo_pora.exports.style import hot_spot_classes
from geo_pora.periods import Period
from geo_pora.pipeline.figures import counts, source_note
from geo_pora.pipeline.releasing import Released, fixed_periods, notes_on, released
from geo_pora.releases import Release
from geo_pora.settings import Settings
from geo_pora.store import agencies, audit, queries
from geo_pora.store.coverage import coverage

_MONTHS = [
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
]


def in_words(period: Period) -> str:
    """Return the period as an Indonesian reads it: `1 Januari 2026 – 31 Maret 2026`."""
    first, last = (f"{d.day} {_MONTHS[d.month - 1]} {d.year}" for d in (period.first, period.last))
    return first if first == last else f"{first} – {last}"


def write_map(
    engine: Engine,
    settings: Settings,
    layer: Layer,
    level: str,
    period: Period,
    measure: str,
    path: Path,
    *,
    actor: str,
    release_id: str | None = None,
    on_progress: OnProgress | None = None,
) -> Released:
    """Write the map of a released table as one HTML file that opens offline.

    Parameters
    ----------
    measure : str
        `persons`, `reports`, `arrivals` or `departures`, with `_per_km2` behind it
        for counts per square kilometre.
    actor : str
        Who asks, for the audit log.

    Raises
    ------
    RefusedError
        If the period is not one month or one quarter.
    """
    found = released(
        engine,
        settings,
        layer,
        level,
        period,
        actor=actor,
        release_id=release_id,
        on_progress=on_progress,
    )
    if found.table.table["period"].nunique() > 1:
        raise RefusedError(f"a map shows one month or one quarter: {period} is longer")
    name = measure.removesuffix("_per_km2")
    per_km2 = name != measure
    areas = layer.display(level)
    page = maps.standalone(
        maps.figures(found.table, areas, name, per_km2=per_km2),
        areas,
        level=level,
        period=in_words(period),
        measure=name,
        per_km2=per_km2,
        sources=source_note(engine),
        made_on=found.release.created_at.date(),
        hides_zeros=found.table.policy.hides_zeros,
        indicative=layer.indicative,
    )
    with located_files.replacing(path) as file:
        file.write(page.encode())
    _log(engine, actor, "map", found.release, period)
    return found


def write_export(
    engine: Engine,
    settings: Settings,
    layer: Layer,
    level: str,
    period: Period,
    path: Path,
    form: str | None = None,
    *,
    actor: str,
    by: str | None = None,
    release_id: str | None = None,
    semicolon: bool = False,
    on_progress: OnProgress | None = None,
) -> Released:
    """Write a released table to a file; see `exports.write` and `released`."""
    exports.format_of(path, form)
    found = released(
        engine,
        settings,
        layer,
        level,
        period,
        actor=actor,
        by=by,
        release_id=release_id,
        on_progress=on_progress,
    )
    notes = notes_on(layer, found.release) | {"source": source_note(engine)}
    exports.write(found.table, layer.display(level), path, form, about=notes, semicolon=semicolon)
    _log(engine, actor, "export", found.release, period)
    return found


def write_hot_spot_classes(
    engine: Engine,
    settings: Settings,
    layer: Layer,
    period: Period,
    path: Path,
    form: str | None = None,
    *,
    actor: str,
    release_id: str | None = None,
    semicolon: bool = False,
    on_progress: OnProgress | None = None,
) -> Released:
    """Write the classes of released hot spots per district.

    Raises
    ------
    NotFoundError
        If the numbers of the release carried no test.
    """
    exports.format_of(path, form)
    found = released(
        engine,
        settings,
        layer,
        "district",
        period,
        actor=actor,
        release_id=release_id,
        of_hot_spots=True,
        on_progress=on_progress,
    )
    last = found.release.manifest["spec"]["periods"][-1]
    if last != fixed_periods(period)[-1]:
        raise NotFoundError(
            f"the hot spots of release {found.release.id} are those of {last}: ask for that "
            "period, or for another release"
        )
    classes = found.release.classes_of("district", last)
    if classes is None:
        raise NotFoundError(
            f"release {found.release.id} has no hot spots: its numbers carried no test, or the "
            "classes would give hidden counts back (data belum cukup)"
        )
    notes = notes_on(layer, found.release)
    notes |= {"period": last, "classes": hot_spot_classes()}
    areas = layer.display("district")
    exports.write_rows(
        classes, areas, path, form, layer="hotspots", about=notes, semicolon=semicolon
    )
    _log(engine, actor, "export", found.release, period)
    return found


def write_exact_counts(
    engine: Engine,
    layer: Layer,
    level: str,
    period: Period,
    path: Path,
    form: str | None = None,
    *,
    actor: str,
    purpose: str,
    by: str | None = None,
    semicolon: bool = False,
) -> None:
    """Write counts with nothing hidden, for a stated purpose that the audit log keeps."""
    exact.write_exact(
        engine,
        counts(engine, layer, level, [period], by),
        layer.display(level),
        path,
        form,
        level=level,
        actor=actor,
        purpose=purpose,
        about=notes_on(layer),
        semicolon=semicolon,
    )


def write_coverage(
    engine: Engine,
    period: Period,
    path: Path,
    form: str | None = None,
    *,
    actor: str,
    semicolon: bool = False,
) -> None:
    """Write which agencies have reported in which month, and when; agencies, never people.

    How many reports one sent is a count that has passed no gate, and is not told.
    """
    told = ["agency", "month", "state", "files", "first_sent_on"]
    rows = coverage(engine, periods.months(period))[told]
    exports.write_rows(rows, None, path, form, layer="coverage", semicolon=semicolon)
    audit.record(engine, actor, "export", "coverage", {"period": period.key})


def write_briefing(
    engine: Engine,
    settings: Settings,
    layer: Layer,
    level: str,
    period: Period,
    path: Path,
    *,
    actor: str,
    release_id: str | None = None,
    on_progress: OnProgress | None = None,
) -> Released:
    """Write the briefing for the coordination meeting as a PDF of two to four pages."""
    found = released(
        engine,
        settings,
        layer,
        level,
        period,
        actor=actor,
        release_id=release_id,
        on_progress=on_progress,
    )
    key = found.table.table["period"].max()
    if not release_id:
        _release_before(engine, settings, layer, level, key, actor)
    before = _released_before(releases.everything(engine), layer, level, key)
    briefing.write(
        briefing.Context(
            table=found.table,
            period=key,
            areas=layer.display(level),
            regencies=layer.display("regency"),
            made_on=dt.date.today(),
            previous=before[1] if before else None,
            previous_period=before[0] if before else None,
            hot_spots=found.release.classes_of(level, key),
            coverage=_named(engine, coverage(engine, periods.months(period))),
            sources=source_note(engine),
            boundaries=f"{layer.source_in_indonesian}, versi {layer.version}",
            indicative=layer.indicative,
            release_id=found.release.id,
        ),
        path,
    )
    _log(engine, actor, "briefing", found.release, period)
    return found


def _release_before(
    engine: Engine, settings: Settings, layer: Layer, level: str, key: str, actor: str
) -> None:
    """Release the month or quarter before as well, where it can be: a briefing tells changes."""
    day = periods.parse(key).first - dt.timedelta(days=1)
    span = periods.quarter_of(day) if "-Q" in key else periods.month(day.year, day.month)
    reported = queries.months_with_reports(engine)
    if reported and reported[0].first <= span.first:
        with contextlib.suppress(RefusedError, InputError):
            released(engine, settings, layer, level, span, actor=actor)


def _named(engine: Engine, table: pd.DataFrame) -> pd.DataFrame:
    """Return a coverage table with the agencies' names: people read it on paper."""
    shipped = {code: one.id for code, one in codes.load("agencies").codes.items()}
    changed = agencies.all(engine)
    names = shipped | dict(zip(changed["code"], changed["name"], strict=True))
    return table.assign(agency=table["agency"].map(lambda code: names.get(code, code)))


def _released_before(
    everything: list[Release], layer: Layer, level: str, key: str
) -> tuple[str, pd.DataFrame] | None:
    """Return key and table of the released period of the same kind just before `key`."""
    table = releases.published(everything).tables.get(level)
    if table is None or everything[-1].boundary_version != layer.version:
        return None
    now = periods.parse(key)
    for other in table.table["period"].unique():
        old = periods.parse(other)
        if (now.first - old.last).days == 1 and len(other) == len(key):
            return str(other), table
    return None


def _log(engine: Engine, actor: str, action: str, release: Release, period: Period) -> None:
    audit.record(engine, actor, action, f"release:{release.id}", {"period": period.key})
