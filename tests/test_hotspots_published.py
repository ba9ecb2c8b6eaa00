"""Answers that others have published, to the printed digit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo_pora.hotspots import clusters, getis_ord, moran, multiple_testing, rates, trend, weights
from geo_pora.hotspots.scan import ScanResult, spatial_scan


def case(shared: Path, name: str) -> tuple[Path, dict[str, Any]]:
    folder = shared / "statistics" / name
    return folder, json.loads((folder / "expected.json").read_text())


def new_york(shared: Path, **options: Any) -> ScanResult:
    ny = pd.read_csv(case(shared, "scan_ny_leukemia")[0] / "ny.csv")
    return spatial_scan(
        ny["cases_floor"],
        ny["population"],
        ny[["longitude", "latitude"]],
        ids=ny["id"].tolist(),
        **options,
    )


@pytest.mark.parametrize(
    ("run", "distance"),
    [("cartesian_lonlat_50pct", "plane"), ("greatcircle_50pct", "great-circle")],
)
def test_satscan_on_new_york(shared: Path, run: str, distance: Any) -> None:
    published = case(shared, "scan_ny_leukemia")[1]["runs"][run]["clusters"]
    found = new_york(shared, distance=distance).clusters
    assert [list(c.members) for c in found] == [c["ids"] for c in published]
    for ours, theirs in zip(found, published, strict=True):
        assert f"{ours.llr:.6f}" == f"{theirs['llr']:.6f}"
        assert ours.population == theirs["population"]
        assert ours.cases == theirs["cases"]
        assert f"{ours.expected:.2f}" == f"{theirs['expected']:.2f}"
        assert f"{ours.observed_over_expected:.2f}" == f"{theirs['oe']:.2f}"
        assert f"{ours.relative_risk:.2f}" == f"{theirs['rr']:.2f}"
        # Two independent Monte Carlo estimates from 999 replicas, four deviations apart.
        error = 4 * np.sqrt(2 * theirs["p"] * (1 - theirs["p"]) / 999) + 0.001
        assert abs(ours.p_value - theirs["p"]) <= error
    assert found[0].p_value == 0.001
    assert found[0].gumbel_p_value < 0.001


def test_satscan_on_new_york_with_a_tenth_of_the_population(shared: Path) -> None:
    # SaTScan 9.6 as printed in the tests of the R package smerc (French 2018).
    found = new_york(shared, max_population=0.1).clusters[:7]
    printed = "11.577255 9.019716 6.114140 4.651839 4.169203 3.363518 3.209485"
    assert " ".join(f"{c.llr:.6f}" for c in found) == printed
    assert [c.centre for c in found] == [49, 89, 112, 62, 46, 266, 166]
    assert [round(c.radius, 3) for c in found[:3]] == [0.07, 0.135, 0.04]
    gini = new_york(shared, max_population=0.1, secondary="gini").clusters
    assert [c.centre for c in gini] == [49, 89]


def test_radius_is_along_satscans_sphere(shared: Path) -> None:
    found = new_york(shared, distance="great-circle", replicas=0).clusters
    assert [round(c.radius, 2) for c in found[:4]] == [7.70, 13.01, 2.35, 5.82]


def test_getis_and_ord_1996(shared: Path) -> None:
    folder, published = case(shared, "gi_getisord1996")
    grid = pd.read_csv(folder / "getisord.csv")
    cell = published["cell_row_1based"] - 1
    for reach, z in published["G"].items():
        near = weights.distance_band(grid[["x", "y"]], float(reach))
        assert getis_ord.gi(grid["val"], near).z[cell] == pytest.approx(z, abs=5e-7)
    near = weights.distance_band(grid[["x", "y"]], 30)
    star = getis_ord.gi_star(grid["val"], near).z[cell]
    assert star == pytest.approx(published["Gstar_30"], abs=5e-6)
    other = getis_ord.gi_star(grid["val"], near, ddof=1).z[cell]
    assert other == pytest.approx(published["Gstar_30_GetisOrd1996_p267"], abs=5e-7)
    # The trap: of row-standardised weights the neighbours are taken, so nothing changes.
    standard = getis_ord.gi_star(grid["val"], weights.row_standardised(near)).z[cell]
    assert standard == pytest.approx(star, abs=1e-12)


def test_moran_on_columbus(shared: Path) -> None:
    folder, published = case(shared, "moran_columbus")
    crime = pd.read_csv(folder / "columbus.csv")
    pairs = pd.read_csv(folder / "neighbours.csv")
    near = weights.from_pairs(pairs["i"] - 1, pairs["j"] - 1, len(crime))
    runs = {
        "W_random": moran.morans_i(crime["CRIME"], near),
        "B_random": moran.morans_i(crime["CRIME"], near, style="binary"),
        "W_normal": moran.morans_i(crime["CRIME"], near, assumption="normality"),
        "lag2_W": moran.morans_i(crime["CRIME"], weights.higher_order(near, 2)),
        "lag3_W": moran.morans_i(crime["CRIME"], weights.higher_order(near, 3)),
        "knn4_W": moran.morans_i(crime["CRIME"], weights.k_nearest(crime[["X", "Y"]], 4)),
    }
    for name, found in runs.items():
        want = published[name]
        assert found.i == pytest.approx(want["I"], abs=6e-9), name
        assert found.variance == pytest.approx(want["V"], abs=6e-9), name
        assert found.z == pytest.approx(want["z"], abs=6e-5), name
        if "p" in want:
            assert found.p == pytest.approx(want["p"], rel=2e-4), name


def test_marshall_on_auckland_and_huddersfield(shared: Path) -> None:
    folder, published = case(shared, "eb_marshall")
    auckland = pd.read_csv(folder / "auckland.csv")
    found = rates.empirical_bayes(auckland["M77_85"], 9 * auckland["Und5_81"])
    assert found.variance[0] == pytest.approx(published["auckland"]["a"], rel=1e-6)
    assert found.mean[0] == pytest.approx(published["auckland"]["b"], rel=1e-6)
    town = pd.read_csv(folder / "huddersfield.csv")
    found = rates.empirical_bayes(town["cases"], town["total"], family="binomial")
    table = np.array(published["huddersfield_binomial_pct"])
    np.testing.assert_array_equal(np.round(100 * found.raw, 2), table[:, 1])
    np.testing.assert_array_equal(np.round(100 * found.rate, 2), table[:, 2])


def test_benjamini_and_hochberg_1995(shared: Path) -> None:
    _, published = case(shared, "fdr_bh1995")
    q = multiple_testing.benjamini_hochberg(published["p"])
    assert (q <= published["q"]).sum() == published["bh_rejected"]


def test_mann_kendall_series(shared: Path) -> None:
    folder, published = case(shared, "mann_kendall")
    series = pd.read_csv(folder / "series.csv")["v"]
    plain = trend.mann_kendall(series)
    want = published["original"]
    assert (plain.trend, plain.s) == (want["trend"], want["s"])
    assert plain.p == pytest.approx(want["p"], rel=1e-12)
    assert plain.z == pytest.approx(want["z"], rel=1e-12)
    assert plain.tau == pytest.approx(want["Tau"], rel=1e-12)
    assert plain.variance == pytest.approx(want["var_s"], rel=1e-12)
    for name, correction in (("hamed_rao", "hamed-rao"), ("yue_wang", "yue-wang")):
        found = trend.mann_kendall(series, correction=correction)
        assert found.z == pytest.approx(published[name]["z"], rel=1e-10)
        assert found.p == pytest.approx(published[name]["p"], rel=1e-9)
        assert found.variance == pytest.approx(published[name]["var_s"], rel=1e-10)
    sen, seasonal = published["sens_slope"], published["seasonal_sens"]
    assert trend.sens_slope(series) == pytest.approx((sen["slope"], sen["intercept"]))
    assert trend.seasonal_sens_slope(series) == pytest.approx(
        (seasonal["slope"], seasonal["intercept"])
    )


def test_dbscan_of_scikit_learn(shared: Path) -> None:
    folder, published = case(shared, "dbscan_sklearn")
    example = published["doc_example"]
    found = clusters.st_dbscan(
        example["X"],
        np.zeros(len(example["X"])),
        eps_space=example["eps"],
        eps_time=0,
        min_samples=example["min_samples"],
    )
    assert found.tolist() == example["labels"]
    blobs = pd.read_csv(folder / "blobs750.csv")
    found = clusters.st_dbscan(
        blobs[["x", "y"]], np.zeros(len(blobs)), eps_space=0.3, eps_time=0, min_samples=10
    )
    np.testing.assert_array_equal(found, blobs["label"])


def test_st_dbscan_demonstration(shared: Path) -> None:
    folder, published = case(shared, "stdbscan_demo")
    points = pd.read_csv(folder / "test-data.csv")
    places = points[["x", "y"]]
    places = (places - places.min()) / (places.max() - places.min())
    found = clusters.st_dbscan(
        places,
        points["time"],
        eps_space=published["eps1"],
        eps_time=published["eps2"],
        min_samples=published["min_samples"],
    )
    reference = pd.read_csv(folder / "labels_reference.csv")["label"]
    np.testing.assert_array_equal(found, reference)
