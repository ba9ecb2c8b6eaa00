"""A report file into the store, the demonstration, and placing everything anew."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import shapely
from sqlalchemy import Engine

from geo_pora import codes, demo, reports
from geo_pora import population as population_file
from geo_pora.boundaries import Layer
from geo_pora.errors import GeoPoraError, InputError, NotFoundError, UnavailableError
from geo_pora.gazetteer import Gazetteer
from geo_pora.pipeline.placing import ADDED, OnProgress, Placing, Tally, remarks_on
from geo_pora.reports import identity
from geo_pora.settings import Settings
from geo_pora.store import batches, demonstration, ingest, population, queries
from geo_pora.store.ingest import ImportSummary, Relocation

# Half a unit of the third decimal in both directions, along the diagonal.
_ROUNDING_DEGREES = 0.0005 * 2**0.5


@dataclass(frozen=True)
class Imported:
    """What became of an imported file, in words and figures."""

    summary: ImportSummary
    remarks: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        done = self.summary
        if done.already_imported:
            when = done.imported_at.astimezone(ZoneInfo("Asia/Jakarta"))
            return f"already imported on {when:%Y-%m-%d %H:%M} WIB, nothing changed"
        return (
            f"read {done.read} = located {done.located} + review {done.review} "
            f"+ rejected {done.rejected}"
        )


def import_file(
    engine: Engine,
    path: Path,
    agency: str,
    *,
    settings: Settings,
    actor: str,
    dry_run: bool = False,
    file_name: str | None = None,
    rejected_to: Path | None = None,
    placing: Placing | None = None,
    received_on: dt.date | None = None,
    on_progress: OnProgress = lambda rows: None,
) -> Imported:
    """Read a file, place its rows and store them: all or nothing, never twice.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    path : Path
        A report file.
    agency : str
        Code of the agency whose reports these are.
    settings : Settings
    actor : str
        Who imports, for the audit log.
    dry_run : bool
        Do everything but store.
    file_name : str, optional
        The name people know the file by; that of `path` by default.
    rejected_to : Path, optional
        XLSX file for the rejected rows with their reasons.
    placing : Placing, optional
        A geocoder that is already warm; that of the store by default.
    received_on : datetime.date, optional
        Day on which the file came; today by default.
    on_progress : callable
        Takes how many rows are done.

    Returns
    -------
    Imported

    Raises
    ------
    NotFoundError
        If the agency is not known.
    InputError
        If the file cannot be read; nothing is stored.
    """
    known_agency(agency)
    file = reports.open(path, agency=agency)
    earlier = ingest.already_imported(engine, file.sha256, agency)
    if earlier and not dry_run:
        if rejected_to is not None and earlier.rejected and earlier.batch_id:
            write_rejected(batches.rejected(engine, earlier.batch_id), rejected_to)
        return Imported(earlier)
    place = placing or Placing.with_store(settings, engine)
    rejected: list[pd.DataFrame] = []
    tally = Tally()
    with ingest.importing(
        engine,
        agency=agency,
        actor=actor,
        file_name=_masked(file_name or path.name),
        sha256=file.sha256,
        boundary_version=place.layer.version,
        dry_run=dry_run,
        received_on=received_on,
    ) as writer:
        for batch in file:
            located = place(batch.reports)
            refused = _with_cells(batch)
            writer.add(located, refused)
            tally.add(located, refused)
            if rejected_to is not None and len(refused):
                rejected.append(refused)
            on_progress(tally.read)
    done = writer.summary
    if rejected:
        assert rejected_to is not None
        try:
            write_rejected(pd.concat(rejected, ignore_index=True), rejected_to)
        except GeoPoraError as error:
            raise UnavailableError(
                f"{Imported(done)}, and stored; but the rejected rows are not written: {error}"
            ) from None
    return Imported(done, tuple(remarks_on(file)))


def _masked(file_name: str) -> str:
    """Mask numbers of persons in the name of a file, which is kept and shown."""
    spaced = file_name.replace("_", " ")
    masked = identity.mask(spaced)
    return file_name if masked == spaced else masked


def _with_cells(batch: reports.ReportBatch) -> pd.DataFrame:
    """Return the rejected rows with their cells, as far as they are kept."""
    cells = batch.original.drop(columns=["column", "reason"], errors="ignore")
    return batch.rejected.merge(cells, on="row_number", how="left", validate="one_to_one")


def write_rejected(rejected: pd.DataFrame, path: Path) -> None:
    """Write rejected rows as `batches.rejected` gives them to a workbook, to be corrected."""
    reports.write_rejected(
        rejected[["row_number", "column", "reason"]],
        rejected.drop(columns=["column", "reason"]),
        path,
    )


def known_agency(code: str) -> str:
    """Return the agency's code, or raise `NotFoundError` with the nearest ones."""
    agencies = codes.load("agencies")
    if code in agencies:
        return code
    near = agencies.match(code)
    like = "codes are like POLRES-OKU or DISNAKER-OKUT; geo_pora/data/codes/agencies.csv lists them"
    hint = f"did you mean {near}?" if near else like
    raise NotFoundError(f"agency {code[:40]!r} is not known; {hint}")


def write_demo_files(folder: Path, seed: int) -> list[Path]:
    """Write the synthetic report files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [file.path for file in demo.write_files(folder, seed=seed, gazetteer=Gazetteer.load())]


def import_demo(
    engine: Engine,
    settings: Settings,
    *,
    seed: int,
    actor: str,
    on_progress: OnProgress = lambda files: None,
) -> Tally:
    """Generate the synthetic report files and import each as its agency would."""
    place = Placing.with_store(settings, engine)
    total = Tally()
    demonstration.note(engine, whole=False)
    with tempfile.TemporaryDirectory() as folder:
        files = demo.write_files(Path(folder), seed=seed, gazetteer=place.gazetteer)
        for number, file in enumerate(files, start=1):
            done = import_file(
                engine,
                file.path,
                file.agency,
                settings=settings,
                actor=actor,
                placing=place,
                received_on=file.received_on,
            ).summary
            if not done.already_imported:
                total.include(done)
            on_progress(number)
    demonstration.note(engine, whole=True)
    return total


def install_population(
    engine: Engine, settings: Settings, path: Path, year: int, *, actor: str
) -> int:
    """Install a table of inhabitants per area; returns how many areas it has.

    Raises
    ------
    InputError
        If the file has no columns for code and inhabitants, or a row cannot be used.
    """
    table = population_file.read(path)
    outside = ~table["area_code"].str.startswith(tuple(settings.regencies))
    table = table[~outside]
    if table.empty:
        raise InputError(f"{path.name}: no row has a code of {', '.join(settings.regencies)}")
    return population.install(engine, table, year, actor)


def use_layer(
    engine: Engine,
    layer: Layer,
    *,
    settings: Settings,
    actor: str,
    on_progress: OnProgress = lambda rows: None,
) -> Relocation:
    """Use another boundary layer and place every stored report on it, all or nothing.

    What a person placed in review stays where it was put.
    """
    place = Placing.with_store(settings, engine).on(layer)

    def placed_again() -> Iterator[pd.DataFrame]:
        done = 0
        for stored in queries.stored_locations(engine):
            yield _placed_again(stored, place)
            done += len(stored)
            on_progress(done)

    return ingest.relocate(engine, placed_again(), layer.version, actor, layer=layer.name)


def _placed_again(stored: pd.DataFrame, place: Placing) -> pd.DataFrame:
    """Place stored reports on the layer of `place`; returns their keys and placing columns.

    Less is known of a stored report than of a fresh one: its coordinates are
    rounded and its text may be erased. So what a person decided stays; without
    text and coordinates an area stays while it exists; and a rounded point stays
    in its area while it is within the rounding of it.
    """
    located = stored.assign(**place(stored.drop(columns=ADDED))[ADDED].to_dict("series"))
    decided = stored["confirmed"].astype(bool)
    nothing_left = stored[["location_text", "coordinates_text", "latitude"]].isna().all(axis=1)
    kept = decided | nothing_left | _within_rounding(stored, located, place.layer)
    known = set(place.layer.areas(place.layer.levels[-1])["code"])
    code = stored[f"{place.layer.levels[-1]}_code"]
    kept &= code.isna() | code.isin(known)
    located.loc[kept, ADDED] = stored.loc[kept, ADDED]
    gone = nothing_left & ~kept
    located.loc[gone, "review_reason"] = "area_gone"
    located["boundary_version"] = place.layer.version
    return located[["key", *ADDED]]


def _within_rounding(stored: pd.DataFrame, located: pd.DataFrame, layer: Layer) -> pd.Series:
    """Return where a point left its village only because it was rounded to three decimals."""
    by_point = stored["geocode_method"].eq("coordinates") & stored["latitude"].notna()
    moved = by_point & stored["village_code"].notna()
    moved &= stored["village_code"].ne(located["village_code"])
    if "village" not in layer.levels or not moved.any():
        return pd.Series(False, index=stored.index)
    shapes = layer.areas("village").set_index("code")["geometry"]
    rows = stored[moved & stored["village_code"].isin(shapes.index)]
    points = shapely.points(rows["longitude"].to_numpy(), rows["latitude"].to_numpy())
    distance = shapely.distance(points, shapes.loc[rows["village_code"]].to_numpy())
    near = pd.Series(False, index=stored.index)
    near.loc[rows.index] = distance <= _ROUNDING_DEGREES
    return near
