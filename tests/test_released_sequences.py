"""A team uploads and releases at random: what is subtracted from what was shown tells nothing."""

from __future__ import annotations

import disclosure_fixtures as fixtures
import numpy as np
import pandas as pd

from geo_pora import releases, store
from geo_pora.errors import RefusedError
from geo_pora.releases import Spec, prepare

K = 5
SEEDS = (4, 6, 7, 19)
SHAPE = {"districts": 2, "villages": 2}
MONTHS = [f"2026-0{number}" for number in range(1, 7)]
SPANS = [*((month,) for month in MONTHS[:3]), ("2026-Q1",), ("2026-Q1",), ("2026-Q2",)]


def nowhere(version):
    """No layer is installed: these releases have no hot spots."""


def _team_at_work(seed, engine, steps=6):
    """Upload and release at random; return the releases, and how many were refused."""
    chance = np.random.default_rng(seed)
    held, refused = fixtures.reports(seed, 45, unplaced=0, **SHAPE), 0
    for step in range(steps):
        if step and chance.random() < 0.4:
            more = fixtures.reports(seed + step, int(chance.integers(1, 6)), unplaced=0, **SHAPE)
            late = pd.Timestamp("2026-04-01") - more["from_date"].min()
            if chance.random() < 0.7:  # of months that are seldom released by now
                for name in ("from_date", "to_date", "reported_on"):
                    more[name] += late
            held = pd.concat([held, more], ignore_index=True)
        spec = Spec(
            SPANS[chance.integers(len(SPANS))],
            ("regency", "district", "village")[: chance.integers(1, 4)],
            ("status",) if chance.random() < 0.2 else (),
            threshold=K,
        )
        said = {"actor": "a", "title": "uji", "inputs": {"boundary_version": "v"}}
        try:
            releases.build(engine, spec, fixtures.counts_of(held, **SHAPE), **said)
        except RefusedError:
            refused += 1
    return releases.everything(engine), refused


def _shown(tables):
    """Return what tables show, and what they hide, a row per cell."""
    parts = []
    for table in tables:
        rows = table.table.assign(by=table.by or "", group=table.table.get(table.by, ""))
        for name in table.measures:
            cells = rows[["period", "area_code", "by", "group"]].assign(measure=name)
            parts.append(cells.assign(level=table.level, value=rows[name].astype("float64")))
    return pd.concat(parts, ignore_index=True)


def _remainders(cells):
    """Return what is left of each count when the shown ones of its parts are taken away.

    Parts are areas within an area, and classes of an area: a remainder is the persons or reports
    of the parts that are hidden.
    """
    cells = cells.assign(parent=cells["area_code"].map(fixtures.parent))
    here = ["period", "by", "group", "measure"]
    areas = cells.groupby([*here, "level", "parent"])["value"].sum().reset_index()
    areas = areas.rename(columns={"parent": "area_code"}).drop(columns="level")
    classes = cells[cells["by"] != ""].groupby(["period", "measure", "area_code", "by"])["value"]
    classes = classes.sum().reset_index().drop(columns="by").assign(by="", group="")
    whole = cells.drop(columns=["level", "parent"]).dropna()
    both = pd.concat([areas, classes]).merge(whole, on=[*here, "area_code"], suffixes=("_of", ""))
    return both["value"] - both["value_of"]


def _staying(cells):
    """Return who was there before, and who remained: persons without arrivals, or departures."""
    here = ["period", "by", "group", "area_code"]
    wide = cells.pivot_table(index=here, columns="measure", values="value", dropna=False)
    return pd.concat([wide["persons"] - wide["arrivals"], wide["persons"] - wide["departures"]])


def _other_months(cells):
    """Return who came, or left, in the months of a quarter that are not shown."""
    flows = cells[cells["measure"].isin(["arrivals", "departures"])]
    here = ["by", "group", "measure", "area_code"]
    months = flows[flows["period"].isin(MONTHS[:3])].groupby(here)["value"].sum().reset_index()
    quarter = flows[flows["period"] == "2026-Q1"].dropna()
    both = quarter.merge(months, on=here, suffixes=("", "_of"))
    return both["value"] - both["value_of"]


def _small(values):
    return values[values.between(1, K - 1)]


def _agreeing(found):
    """Return the last shown count of each cell of the periods in which none has ever changed."""
    cells = pd.concat([_shown(one.tables.values()).assign(at=n) for n, one in enumerate(found)])
    cells = cells.drop_duplicates()
    keys = ["period", "area_code", "by", "group", "measure", "level"]
    each = cells.groupby(keys)["value"].agg(["min", "max", "last"]).reset_index()
    corrected = each.loc[each["min"] != each["max"], :].dropna()["period"]
    return each[~each["period"].isin(corrected)].rename(columns={"last": "value"})[[*keys, "value"]]


def _changes(found):
    """Return by how much shown counts of a cell differ from release to release."""
    cells = pd.concat([_shown(one.tables.values()) for one in found]).dropna()
    keys = ["period", "area_code", "by", "group", "measure", "level"]
    several = cells.drop_duplicates([*keys, "value"]).sort_values("value")
    return several.groupby(keys)["value"].diff().dropna()


def test_subtracting_all_that_a_team_has_released_gives_no_small_count(tmp_path):
    told = kept_back = 0
    for seed in SEEDS:
        engine = store.open(f"sqlite:///{tmp_path / f'{seed}.sqlite'}")
        found, refused = _team_at_work(seed, engine)
        store.close(engine)
        told, kept_back = told + len(found), kept_back + refused
        assert not releases.audit(found, nowhere)["broken"].any()
        assert _small(_changes(found)).empty
        for cells in [*(_shown(one.tables.values()) for one in found), _agreeing(found)]:
            for attack in (_remainders, _staying, _other_months):
                assert _small(attack(cells)).empty, (seed, attack.__name__)
    assert told >= 8
    assert kept_back >= 5


def _stays(*said):
    """Return reports of the same kind: district, persons, first and last day, how many."""
    rows = [row[:4] for row in said for _ in range(row[4])]
    found = pd.DataFrame(rows, columns=["district_code", "persons", "from_date", "to_date"])
    for name in ("from_date", "to_date"):
        found[name] = pd.to_datetime(found[name])
    return found.assign(
        regency_code=found["district_code"].str[:5],
        village_code=found["district_code"] + ".2001",
        reported_on=found["from_date"],
        permit="ITAS",
        status="presence",
    )


MARCH, MAY = ("2026-03-05", "2026-03-20"), ("2026-05-05", "2026-05-20")


def test_a_correction_of_one_regency_leaves_the_others_protected():
    """Three left 16.01 in March, which is hidden; the next quarter must not tell it.

    75 were there in March. Whoever is there in the second quarter and did not come in it had
    stayed on: were both shown, 126 and 54, so that 72 stayed on, at most 3 could have left. That
    54 more came to 16.09 in a late file changes nothing of it.
    """
    held = _stays(
        ("16.01.01", 12, "2026-03-05", "2026-04-20", 6),
        ("16.01.01", 3, *MARCH, 1),
        *((f"{code}.01", 9, *MARCH, 6) for code in ("16.08", "16.09")),
        *((f"{code}.01", 9, *MAY, 6) for code in fixtures.REGENCIES),
    )
    late = _stays(("16.09.01", 9, *MARCH, 6))
    inputs = {"boundary_version": "v"}
    march = prepare(Spec(("2026-03",), ("regency",)), fixtures.counts_of(held), inputs=inputs)
    rows = march.tables["regency"].table.set_index("area_code")
    assert rows.loc["16.01", "departures_status"] == "hidden"
    now = fixtures.counts_of(pd.concat([held, late], ignore_index=True))
    quarter = prepare(Spec(("2026-Q2",), ("regency",)), now, earlier=[march], inputs=inputs)
    assert not releases.audit([march, quarter], nowhere)["broken"].any()


def test_who_came_in_the_other_months_is_protected_whatever_else_was_released_of_them():
    """16 came in the quarter, 13 of them in February: not both are shown, or 3 came in March.

    That January was released too, of the regencies alone, changes nothing of it.
    """
    held = _stays(
        ("16.01.01", 13, "2026-02-05", "2026-02-20", 1),
        ("16.01.01", 3, *MARCH, 1),
        *(
            (f"{code}.0{n}", 9, "2026-01-05", "2026-01-20", 6)
            for code in fixtures.REGENCIES
            for n in (2, 3)
        ),
        *((f"{code}.0{n}", 9, *MARCH, 6) for code in fixtures.REGENCIES for n in (2, 3)),
        *(
            (f"{code}.0{n}", 9, "2026-02-05", "2026-02-20", 6)
            for code in fixtures.REGENCIES
            for n in (2, 3)
        ),
    )
    counted, found = fixtures.counts_of(held), []
    for period, levels in (
        ("2026-01", ("regency",)),
        ("2026-Q1", ("regency", "district")),
        ("2026-02", ("regency", "district")),
    ):
        spec = Spec((period,), levels)
        found.append(prepare(spec, counted, earlier=found, inputs={"boundary_version": "v"}))
    assert _small(_other_months(_agreeing(found))).empty
