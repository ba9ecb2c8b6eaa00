"""Measure the indicative areas, and plain Thiessen, against real boundaries.

    python boundaries/measure_accuracy.py REAL_VILLAGES.geojson [--package geografis-1.3.2.tgz]

The real file has the fields `kode` and `nama`. Nothing of it enters the layer.
Printed for each level: the mean over areas of intersection over union (IoU);
the share of the country that lies in its right area; and the same share taken
for each real village and averaged, which weighs by where people live.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from build_gazetteer import HERE
from build_indicative import METRIC, points

LEVELS = {"regency": 5, "district": 8, "village": 13}


def pieces(layer: gpd.GeoDataFrame, real: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the area in m2 of every overlap of an area with a real village."""
    mine, theirs = layer.geometry.to_numpy(), real.geometry.to_numpy()
    left, right = shapely.STRtree(theirs).query(mine, predicate="intersects")
    area = shapely.area(shapely.intersection(mine[left], theirs[right]))
    codes = layer["code"].to_numpy()[left], real["kode"].to_numpy()[right]
    return pd.DataFrame({"ours": codes[0], "real": codes[1], "area": area})


def measure(layer: gpd.GeoDataFrame, real: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return one row of figures for each level."""
    overlap = pieces(layer, real)
    mine = pd.Series(layer.area.to_numpy(), index=layer["code"])
    theirs = pd.Series(real.area.to_numpy(), index=real["kode"])
    rows = {}
    for level, length in LEVELS.items():
        same = overlap[overlap["ours"].str[:length] == overlap["real"].str[:length]]
        common = same.groupby(same["real"].str[:length])["area"].sum()
        totals = [a.groupby(a.index.str[:length]).sum() for a in (mine, theirs)]
        union = totals[0].add(totals[1], fill_value=0).sub(common, fill_value=0)
        right = same.groupby("real")["area"].sum().reindex(theirs.index, fill_value=0)
        rows[level] = {
            "mean IoU": common.div(union).fillna(0)[totals[1].index].mean(),
            "area-weighted": right.sum() / theirs.sum(),
            "village-weighted": (right / theirs).mean(),
        }
    return pd.DataFrame(rows).T.round(3)


def thiessen(package: Path) -> gpd.GeoDataFrame:
    """Return the plain Thiessen diagram of the same points."""
    frame = points(package)
    frame = frame[~frame.geometry.duplicated()]
    cells = shapely.voronoi_polygons(shapely.multipoints(frame.geometry.to_numpy()), ordered=True)
    layer = gpd.GeoDataFrame(frame[["code"]], geometry=list(cells.geoms), crs=METRIC)
    return layer[layer["code"].str[:5].isin(["16.01", "16.08", "16.09"])]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("--package", type=Path, help="also measure plain Thiessen")
    options = parser.parse_args()
    real = gpd.read_file(options.real).to_crs(METRIC)
    real.geometry = shapely.coverage_clean(np.asarray(real.make_valid()))
    layer = gpd.read_parquet(HERE / "indicative.parquet").to_crs(METRIC)
    print("indicative layer", measure(layer, real), sep="\n")
    if options.package:
        print("plain Thiessen", measure(thiessen(options.package), real), sep="\n")


if __name__ == "__main__":
    main()
