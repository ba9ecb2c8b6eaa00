"""What a check found in a boundary file: a table, and the places to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_pora.boundaries.coverage import Repair, km2
from geo_pora.boundaries.layer import CRS

MEANING = {
    "invalid": "invalid shape, mended",
    "empty": "feature without a shape, passed over",
    "duplicate": "several features with one code, joined",
    "overlap": "ground in two areas",
    "gap": "ground in no area",
    "missing": "area of the gazetteer that the file lacks",
    "unknown": "area that the gazetteer lacks",
    "matched": "area found by its name or place, against its code or spelling",
    "name": "name that differs from the gazetteer's",
    "far": "area far from its known place",
    "level": "coarser level that does not agree with the finest",
    "reading": "remark of the reader",
}
"""Kind of finding -> what it means, in the order of the report."""

_SHOWN = 8


@dataclass(frozen=True, eq=False)
class Report:
    """What was found and what was changed.

    Attributes
    ----------
    file : str
        Name of the file.
    crs : str
        Reference system it is in.
    fields : str
        Which fields hold what.
    level : str
        Finest level.
    areas : dict of str to int
        Number of areas at each level, as installed.
    repair : Repair
        What cleaning changed.
    findings : GeoDataFrame
        `kind` (a key of MEANING), `code`, `km2`, `detail` and geometry (EPSG:4326;
        missing where there is no place), in the order of MEANING.
    """

    file: str
    crs: str
    fields: str
    level: str
    areas: dict[str, int]
    repair: Repair
    findings: gpd.GeoDataFrame

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings of each kind that has any."""
        found = self.findings["kind"].value_counts()
        return {kind: int(found[kind]) for kind in MEANING if kind in found.index}

    def lines(self) -> list[str]:
        """Return the report as lines of text for a terminal."""
        areas = ", ".join(f"{count} {level}" for level, count in self.areas.items())
        lines = [
            f"{self.file}: {areas}; {self.crs}",
            f"fields: {self.fields}",
            f"repair: {self.repair.said}",
        ]
        for kind, count in self.counts.items():
            some = self.findings[self.findings["kind"] == kind]
            lines.append(f"{count:6d} {kind}: {MEANING[kind]}")
            if kind != "gap":
                lines += [f"         {detail}" for detail in some["detail"].head(_SHOWN)]
                lines += [f"         and {count - _SHOWN} more"] * (count > _SHOWN)
        return lines

    def summary(self) -> dict[str, Any]:
        """Return what is kept with an installed layer."""
        return {
            "file": self.file,
            "crs": self.crs,
            "fields": self.fields,
            "areas": self.areas,
            "repair": self.repair.said,
            "findings": self.counts,
        }

    def save(self, path: Path) -> None:
        """Write the places as RFC 7946 GeoJSON, or where it ends in .csv all findings as a table.

        The table has `kind`, `meaning`, `code`, `km2`, `detail` and a point of each place.
        """
        if path.suffix.lower() == ".csv":
            self._table().to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
            return
        placed = self.findings[~self.findings.geometry.isna()]
        path.write_text(placed.to_json(drop_id=True), encoding="utf-8")

    def _table(self) -> pd.DataFrame:
        points = shapely.point_on_surface(self.findings.geometry.to_numpy())
        table = pd.DataFrame(self.findings.drop(columns="geometry"))
        table.insert(1, "meaning", table["kind"].map(MEANING))
        return table.assign(
            km2=table["km2"].round(6),
            longitude=shapely.get_x(points).round(6),
            latitude=shapely.get_y(points).round(6),
        )


@dataclass
class Findings:
    """Findings as they are made."""

    _rows: list[tuple[str, str, float, str, Any]] = field(default_factory=list)

    def add(self, kind: str, detail: str, *, code: str = "", shape: Any = None) -> None:
        """Note one finding; `shape` is the place, in degrees."""
        usable = shape is not None and not shape.is_empty
        area = float(km2(np.array([shape]))[0]) if usable else float("nan")
        self._rows.append((kind, code, area, detail, shape if usable else None))

    def table(self) -> gpd.GeoDataFrame:
        """Return all findings, sorted by kind and then by size."""
        order = {kind: rank for rank, kind in enumerate(MEANING)}
        columns = ["kind", "code", "km2", "detail", "geometry"]
        frame = pd.DataFrame(self._rows, columns=columns)
        frame["rank"] = frame["kind"].map(order)
        frame = frame.sort_values(["rank", "km2"], ascending=[True, False], kind="stable")
        frame = frame.drop(columns="rank").reset_index(drop=True)
        geometry = frame.pop("geometry").to_numpy(dtype=object)
        return gpd.GeoDataFrame(frame, geometry=shapely.force_2d(geometry), crs=CRS)


def as_json(summary: dict[str, Any]) -> str:
    """Return a summary as indented JSON, the same for the same content."""
    return json.dumps(summary, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
