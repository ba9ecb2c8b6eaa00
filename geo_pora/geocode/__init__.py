"""Checked reports to located reports: coordinates first, address beside them, doubt to review.

Every distinct text and every distinct pair of text and area is decided once;
rows with plain coordinates and no text cost a few array operations.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pandas as pd

from geo_pora.errors import InputError
from geo_pora.gazetteer import Gazetteer, same_text
from geo_pora.geocode.decisions import REVIEW_REASONS, Decision, Policy
from geo_pora.geocode.work import Places, Work
from geo_pora.locator import Locator

__all__ = ["REVIEW_REASONS", "Decision", "Policy", "geocode", "same_text"]


def geocode(
    reports: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    gazetteer: Gazetteer,
    *,
    confidence_threshold: float = 0.8,
    sliver_distance_m: float = 50,
    boundary_version: str = "",
    indicative: bool = False,
    locator: Locator | None = None,
    aliases: pd.DataFrame | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Place reports in areas, or say why a person has to.

    Parameters
    ----------
    reports : DataFrame
        With any of `location_text`, `latitude`, `longitude`, `coordinates_text`; missing
        columns count as missing values. All columns are kept.
    areas : GeoDataFrame
        The finest level of the boundary layer: `code` and geometry, EPSG:4326.
    gazetteer : Gazetteer
    confidence_threshold : float
        Below this probability a row goes to review.
    sliver_distance_m : float
        A point in a gap between areas goes to the nearest one within so many metres.
    boundary_version : str
        Written to every row.
    indicative : bool
        Whether the areas are indicative: a point then decides the district, not the village.
    locator : Locator, optional
        Over the same `areas`, where there is one already.
    aliases : DataFrame, optional
        `alias`, `code`, `source`: names and whole addresses learnt in review.
    on_progress : callable, optional
        Takes how many rows are done.

    Returns
    -------
    DataFrame
        Same rows, order and index, with the columns of located reports. `latitude` and
        `longitude` are the repaired ones, also of `coordinates_text`.

    Raises
    ------
    InputError
        If `areas` lacks codes, or a threshold is out of range.
    """
    if "code" not in areas:
        raise InputError("the areas have no column code: install them as a boundary layer first")
    if not 0 <= confidence_threshold <= 1:
        raise InputError(f"the confidence threshold {confidence_threshold} is not between 0 and 1")
    places = Places(areas, locator or Locator(areas), sliver_distance_m)
    work = Work(
        reports, gazetteer, _learnt(aliases), places, Policy(confidence_threshold, indicative)
    )
    located = work.run(boundary_version)
    if on_progress:
        on_progress(len(reports))
    return located


def _learnt(aliases: pd.DataFrame | None) -> tuple[tuple[str, str], ...]:
    if aliases is None or aliases.empty:
        return ()
    return tuple(zip(aliases["alias"].astype(str), aliases["code"].astype(str), strict=True))
