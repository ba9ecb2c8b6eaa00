"""Releases: rebuilt byte for byte, refused where they would give something back, attacked."""

from __future__ import annotations

import contextlib
import json

import pandas as pd
import pytest
from disclosure_fixtures import areas, counts_of, reports

from geo_pora import exports, releases, store
from geo_pora.disclosure import Disclosed, attack
from geo_pora.errors import InputError, NotFoundError, RefusedError, UnavailableError
from geo_pora.hotspots import windows
from geo_pora.releases import Spec

INPUTS = {"boundary_version": "v1", "batches": "3"}


def nowhere(version):
    """No layer is installed any more."""


@pytest.fixture(scope="module")
def located():
    return reports(21, 260)


@pytest.fixture
def engine(tmp_path):
    return store.open(f"sqlite:///{tmp_path / 'a.sqlite'}")


@pytest.fixture
def build(engine, located):
    def go(spec, found=located, inputs=INPUTS, **more):
        return releases.build(
            engine, spec, counts_of(found), actor="ana", title="uji", inputs=inputs, **more
        )

    return go


def one_more(located, district, day="2026-02-10", persons=2):
    row = located.iloc[[0]].assign(
        regency_code=district[:5],
        district_code=district,
        village_code=f"{district}.2001",
        persons=persons,
        from_date=pd.Timestamp(day),
        reported_on=pd.Timestamp(day),
        to_date=pd.Timestamp(day),
    )
    return pd.concat([located, row], ignore_index=True)


def test_a_release_is_kept_and_read_as_it_was(build, engine):
    made = build(Spec(("2026-Q1",), by=("status",)))
    again = releases.load(engine, made.id)
    for name, table in made.tables.items():
        pd.testing.assert_frame_equal(table.table, again.tables[name].table)
    assert releases.latest(engine).id == made.id


def test_the_same_manifest_gives_the_same_bytes(build, located):
    made = build(Spec(("2026-Q1",), ("district", "village"), seed=4))
    spec = Spec.from_dict(made.manifest["spec"])
    again = releases.prepare(spec, counts_of(located), inputs=made.manifest["inputs"])
    assert releases.same_bytes(made, again)
    changed = releases.prepare(spec, counts_of(one_more(located, "16.01.01")), inputs=INPUTS)
    assert not releases.same_bytes(made, changed)


def test_the_manifest_tells_versions_and_no_counts(build):
    manifest = build(Spec(("2026-Q1",))).manifest
    assert manifest["inputs"] == INPUTS
    assert manifest["policy"]["threshold"] == 5
    assert {"code_version", "earlier", "information_loss", "sha256"} <= set(manifest)
    assert "persons" not in json.dumps(manifest)


def test_regencies_always_belong_to_a_release():
    assert Spec(("2026-Q1",), ("village",)).levels == ("regency", "village")
    with pytest.raises(InputError):
        Spec(())


def test_a_finer_release_of_the_same_period_is_protected_with_the_first(build, engine):
    """The two of them together are one system: no village gives a hidden district back."""
    first = build(Spec(("2026-Q1",), ("district",)))
    second = build(Spec(("2026-Q1",), ("district", "village")))
    assert second.manifest["earlier"] == [first.id]
    both = [*first.tables.values(), *second.tables.values()]
    assert not attack(both)["broken"].any()
    before = first.tables["district"].table
    after = second.tables["district"].table
    pd.testing.assert_series_equal(before["persons_status"], after["persons_status"])
    assert not releases.audit(releases.everything(engine), nowhere)["broken"].any()


def test_months_after_their_quarter_are_protected_with_it(build, engine):
    build(Spec(("2026-Q1",), ("district",)))
    with contextlib.suppress(RefusedError):  # or refused: never given back
        build(Spec(("2026-01", "2026-02", "2026-03"), ("district",)))
    assert not releases.audit(releases.everything(engine), nowhere)["broken"].any()


def test_a_release_that_must_hide_zeros_says_so_and_is_built_again_alike(engine):
    """The quarter's hidden counts leave its months no other way."""
    counted = counts_of(reports(16, 15, most=9, districts=1, villages=1, days=90), districts=1)
    said = {"actor": "ana", "title": "uji", "inputs": INPUTS}
    quarter = releases.build(engine, Spec(("2026-Q1",), ("regency",)), counted, **said)
    spec = Spec(("2026-01", "2026-02", "2026-03"), ("regency",))
    months = releases.build(engine, spec, counted, **said)
    assert not quarter.manifest["policy"]["hides_zeros"]
    assert months.manifest["policy"]["hides_zeros"]
    assert all(table.policy.hides_zeros for table in months.tables.values())
    assert "nol pun" in exports.describe(months.tables["regency"])["statuses"]
    assert not releases.audit(releases.everything(engine), nowhere)["broken"].any()
    again = releases.prepare(spec, counted, earlier=[quarter], inputs=INPUTS)
    assert releases.same_bytes(months, again)
    table = months.tables["regency"].table
    persons = table["persons_status"] == "hidden"
    assert not (persons & (table["reports_status"] == "zero")).any()


def test_before_and_after_a_small_upload_is_refused(build, located):
    build(Spec(("2026-Q1",)))
    late = one_more(located, "16.01.01")
    with pytest.raises(RefusedError, match="changed by less than 5"):
        build(Spec(("2026-Q1",)), late)
    with pytest.raises(RefusedError, match="changed by less than 5"):
        build(Spec(("2026-01", "2026-02", "2026-03")), late)
    with pytest.raises(RefusedError, match="changed by less than 5"):
        build(Spec(("2026-Q1",), ("village",), by=("permit",)), late)


def test_a_period_that_was_not_released_is_free_of_old_corrections(build, located):
    build(Spec(("2026-01",)))
    made = build(Spec(("2026-Q2",)), one_more(located, "16.01.01", "2026-01-10"))
    assert made.manifest["earlier"]


def test_the_same_days_on_other_boundaries_are_refused(build):
    build(Spec(("2026-Q1",)))
    other = {**INPUTS, "boundary_version": "v2"}
    with pytest.raises(RefusedError, match="boundaries"):
        build(Spec(("2026-02",)), inputs=other)
    assert build(Spec(("2026-Q2",)), inputs=other).manifest["earlier"] == []


def test_free_days_are_refused(build):
    with pytest.raises(RefusedError, match="fixed periods"):
        build(Spec(("2026-01-03_2026-02-10",)))


def test_a_refused_release_is_not_kept(build, engine, located):
    build(Spec(("2026-Q1",)))
    with pytest.raises(RefusedError):
        build(Spec(("2026-Q1",)), one_more(located, "16.01.01"))
    assert len(releases.identifiers(engine)) == 1


def test_one_of_two_releases_that_are_built_at_once_is_not_kept(build, engine, located):
    def meanwhile(done, total):
        if not releases.identifiers(engine):
            build(Spec(("2026-Q2",), ("regency",)))

    with pytest.raises(UnavailableError, match="ask once more"):
        build(Spec(("2026-Q1",)), on_progress=meanwhile)
    assert [one.manifest["spec"]["periods"] for one in releases.everything(engine)] == [["2026-Q2"]]


def test_building_tells_how_far_it_is(build):
    told = []
    build(Spec(("2026-Q1",)), on_progress=lambda done, total: told.append((done, total)))
    assert told
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert all(done <= total for done, total in told)
    assert told[-1][0] == told[-1][1]


def _caught(release):
    try:
        return bool(releases.audit([release], nowhere)["broken"].any())
    except InputError:  # no counts can agree with it at all
        return True


def test_the_audit_finds_a_release_that_was_tampered_with(build):
    made = build(Spec(("2026-Q1",), ("district",)), reports(21, 60, most=3))
    table = made.tables["district"]
    hidden = table.table["persons_status"] == "hidden"
    assert hidden.any()
    # Somebody shows all hidden districts but one.
    rows = table.table.copy()
    cells = rows.index[hidden][1:]
    assert len(cells)
    rows.loc[cells, "persons"] = 5
    rows.loc[cells, "persons_status"] = "published"
    made.tables["district"] = Disclosed(rows, table.policy, table.level)
    assert _caught(made)


def test_hot_spot_classes_travel_masked(build, engine):
    classes = pd.DataFrame({"area_code": areas("district")["code"], "class": "none"})
    made = build(
        Spec(("2026-Q1",)),
        hot_spots={"district": classes},
        windows_of=lambda level: windows(areas(level)),
    )
    again = releases.load(engine, made.id).classes["district"]
    table = made.tables["district"].table.set_index("area_code")["persons_status"]
    for row in again.itertuples():
        assert (row._2 == "hidden") == (table[row.area_code] == "hidden")
    assert list(again.columns) == ["area_code", "class", "period"]
    assert set(again["period"]) == {"2026-Q1"}


def test_published_is_the_newest_word_on_every_period(build, engine):
    build(Spec(("2026-Q1",), ("district",)))
    build(Spec(("2026-Q2",), ("district", "village")))
    catalogue = releases.published(releases.everything(engine))
    assert set(catalogue.tables["district"].table["period"]) == {"2026-Q1", "2026-Q2"}
    assert set(catalogue.tables["village"].table["period"]) == {"2026-Q2"}
    assert catalogue.version != releases.published([]).version


def test_nothing_released_is_said(engine):
    with pytest.raises(NotFoundError, match="release build"):
        releases.latest(engine)
