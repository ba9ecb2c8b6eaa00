"""Read and geocode: a report file to located reports. Needs no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from geo_pora import boundaries, geocode, located_files, reports, store
from geo_pora.boundaries import Layer
from geo_pora.gazetteer import Gazetteer
from geo_pora.locator import Locator
from geo_pora.settings import Settings
from geo_pora.store import aliases, layers
from geo_pora.store.ingest import ImportSummary

OnProgress = Callable[[int], None]

# What the geocoder adds to a row, in the order in which a file has it.
ADDED = [
    "village_code",
    "district_code",
    "regency_code",
    "geocode_method",
    "match_level",
    "confidence",
    "review_reason",
    "candidates",
    "repairs",
    "boundary_version",
]


_NEVER_CUT = {".xlsx", ".xls", ".ods", ".geojson", ".json"}


@dataclass
class Tally:
    """Rows of a file by what became of them: read = located + review + rejected."""

    read: int = 0
    located: int = 0
    review: int = 0
    rejected: int = 0
    remarks: list[str] = field(default_factory=list)

    def add(self, located: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Count one chunk."""
        to_review = int(located["review_reason"].notna().sum())
        self.located += len(located) - to_review
        self.review += to_review
        self.rejected += len(rejected)
        self.read += len(located) + len(rejected)

    def include(self, other: Tally | ImportSummary) -> None:
        """Count the rows of another file as well."""
        self.read += other.read
        self.located += other.located
        self.review += other.review
        self.rejected += other.rejected

    def __str__(self) -> str:
        return (
            f"read {self.read} = located {self.located} + review {self.review} "
            f"+ rejected {self.rejected}"
        )


@dataclass(frozen=True)
class Placing:
    """Checked reports in, located reports out: the geocoder on one boundary layer.

    Small when pickled, so that it can be sent to a worker: the layer, the index
    and the gazetteer are loaded where they are used.
    """

    settings: Settings
    layer_name: str | None = None
    learned: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def with_store(cls, settings: Settings, engine: Engine) -> Placing:
        """Return the geocoder on the layer in use, with the aliases that reviewers taught."""
        learned = aliases.all(engine)[["alias", "code", "source"]]
        return cls(
            settings,
            _name_in_use(settings, engine),
            tuple(learned.itertuples(index=False, name=None)),
        )

    def on(self, layer: Layer) -> Placing:
        """Return the same geocoder on another layer, which need not be installed."""
        placing = replace(self, layer_name=layer.name)
        placing.__dict__["layer"] = layer
        return placing

    @cached_property
    def layer(self) -> Layer:
        """The boundary layer, loaded once."""
        return boundaries.load(self.layer_name or "indicative", self.settings)

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The gazetteer that ships."""
        return Gazetteer.load()

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self._finest)

    @cached_property
    def _finest(self) -> pd.DataFrame:
        return self.layer.areas(self.layer.levels[-1])

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("settings", "layer_name", "learned")}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)

    def __call__(self, checked: pd.DataFrame) -> pd.DataFrame:
        """Place a table of checked reports; same rows, same order."""
        return geocode.geocode(
            checked,
            self._finest,
            self.gazetteer,
            confidence_threshold=self.settings.confidence_threshold,
            sliver_distance_m=self.settings.sliver_distance_m,
            boundary_version=self.layer.version,
            indicative=self.layer.indicative,
            locator=self._locator,
            aliases=pd.DataFrame(list(self.learned), columns=["alias", "code", "source"]),
        )

    def place_file(
        self,
        source: Path,
        target: Path,
        on_progress: OnProgress = lambda rows: None,
        *,
        like: reports.Manner | None = None,
    ) -> Tally:
        """Place every row of a file, each by itself: a row that repeats another one stays.

        Parameters
        ----------
        source, target : Path
            See `geocode_file`.
        on_progress : callable
            Takes how many rows are done.
        like : reports.Manner, optional
            How the whole file is read of which `source` is a part; so its parts are
            together what the whole file would be.
        """
        file = reports.open(source, repeats=False, like=like)
        tally = Tally()
        with located_files.writing(target) as write:
            for batch in file:
                located = self(batch.reports)
                write(_rows(batch, located))
                tally.add(located, batch.rejected)
                on_progress(tally.read)
        tally.remarks += remarks_on(file)
        return tally


def open_layer(settings: Settings, engine: Engine | None = None) -> Layer:
    """Return the boundary layer in use: of the settings, of the store, or the indicative one."""
    return boundaries.load(_name_in_use(settings, engine) or "indicative", settings)


def _name_in_use(settings: Settings, engine: Engine | None) -> str | None:
    if settings.boundary_layer:
        return settings.boundary_layer
    chosen = layers.in_use(engine) if engine is not None else None
    return chosen[0] if chosen else None


def geocode_file(
    source: Path,
    target: Path,
    settings: Settings,
    layer_name: str | None = None,
    *,
    on_progress: OnProgress = lambda rows: None,
) -> Tally:
    """Place every row of a file and write the same rows with their areas.

    Parameters
    ----------
    source : Path
        A report file.
    target : Path
        Ends in .csv, .parquet or .geojson.
    settings : Settings
    layer_name : str, optional
        An installed layer or a boundary file; the layer in use by default.
    on_progress : callable
        Takes how many rows are done.

    Returns
    -------
    Tally

    Raises
    ------
    InputError
        If the file cannot be read or the target cannot be written.
    """
    place = Placing(settings, layer_name) if layer_name else _placing_in_use(settings)
    return place.place_file(source, target, on_progress)


def remarks_on(file: reports.ReportFile) -> list[str]:
    """Return what a person should know of how a file was read, one line each; no content."""
    lines = [
        f"column {one.label!r} not kept: {one.category}"
        for one in file.dropped
        if one.category != "unused"
    ]
    lines += [f"masked in kept columns: {n} x {kind}" for kind, n in file.masked.items()]
    lines += [f"not given, taken as usual: {name} ({n} rows)" for name, n in file.defaults.items()]
    lines += [f"no known word: {name} ({n} rows)" for name, n in file.unrecognised.items()]
    return lines + file.remarks


def _placing_in_use(settings: Settings) -> Placing:
    """Return the geocoder as the store would use it, without making a store."""
    url = settings.database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return Placing(settings, settings.boundary_layer or None)
    engine = store.open(url)
    try:
        return Placing.with_store(settings, engine)
    finally:
        store.close(engine)


def _rows(batch: reports.ReportBatch, located: pd.DataFrame) -> pd.DataFrame:
    """Return the file's own columns with what the geocoder added, in the file's order.

    A rejected row keeps its place and says in `review_reason` why it was rejected.
    """
    added = located[["row_number", *(name for name in ADDED if name in located)]]
    rows = batch.original.drop(columns=[*ADDED], errors="ignore")
    if not len(batch.rejected):
        rows = pd.concat([rows, added.drop(columns="row_number")], axis=1)
    else:
        rows = rows.merge(added, on="row_number", how="left", validate="one_to_one")
        reasons = batch.rejected.drop_duplicates("row_number").set_index("row_number")
        said = reasons["column"].fillna("").astype("str") + ": " + reasons["reason"].astype("str")
        rejected = rows["row_number"].isin(reasons.index)
        rows.loc[rejected, ["geocode_method", "match_level"]] = "none"
        rows.loc[rejected, "confidence"] = 0.0
        rows.loc[rejected, "review_reason"] = "rejected: " + rows.loc[rejected, "row_number"].map(
            said
        )
    return rows.drop(columns="row_number")


def geocode_many(
    pattern: str,
    folder: Path,
    settings: Settings,
    layer_name: str | None = None,
    scheduler: str | None = None,
    *,
    on_progress: OnProgress = lambda files: None,
) -> Tally:
    """Place the rows of many files on many workers; the same figures as one by one."""
    from geo_pora import partitions

    place = Placing(settings, layer_name) if layer_name else _placing_in_use(settings)
    files = partitions.matching(pattern)
    job = _PlaceParts(place, _manners(files))
    tallies = partitions.geocode_partitions(files, folder, job, scheduler, on_progress)
    total = Tally()
    for one in tallies:
        total.include(one)
    return total


@dataclass(frozen=True)
class _PlaceParts:
    """Places parts of files, which keep the name of their file, as the whole file is read."""

    place: Placing
    manners: dict[str, reports.Manner | None]

    def __call__(self, source: Path, target: Path) -> Tally:
        return self.place.place_file(source, target, like=self.manners.get(source.name))


def _manners(files: list[Path]) -> dict[str, reports.Manner | None]:
    """Return by name how each file is read that may be cut; None where two have one name."""
    found: dict[str, reports.Manner | None] = {}
    for file in files:
        if file.is_file() and file.suffix.lower() not in _NEVER_CUT:
            twice = file.name in found
            found[file.name] = None if twice else reports.open(file, repeats=False).manner
    return found
