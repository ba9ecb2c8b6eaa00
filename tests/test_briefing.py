"""The briefing: its pages, what stands in them, and what must not."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pypdf
import pytest
from disclosure_fixtures import areas, counts_of, reports

from geo_pora import briefing
from geo_pora.disclosure import Policy, disclose
from geo_pora.errors import InputError, RefusedError
from geo_pora.periods import parse
from geo_pora.releases import Spec, prepare

SHAPE = {"districts": 17, "villages": 1}


@pytest.fixture(scope="module")
def context():
    located = reports(8, 260, **SHAPE)
    release = prepare(
        Spec(("2026-Q1", "2026-Q2")), counts_of(located, **SHAPE), inputs={"boundary_version": "v"}
    )
    places = areas("district", **SHAPE)
    classes = pd.DataFrame({"area_code": places["code"], "class": "none"})
    classes.loc[2, "class"] = "hot99"
    months = ["2026-01", "2026-02", "2026-03"]
    coverage = pd.DataFrame(
        {"agency": np.repeat([f"INSTANSI-{n:02d}" for n in range(40)], 3), "month": months * 40}
    )
    coverage["state"] = np.resize(["sent", "late", "missing", "sent"], len(coverage))
    return briefing.Context(
        table=release.tables["district"],
        period="2026-Q2",
        previous=release.tables["district"],
        previous_period="2026-Q1",
        areas=places,
        regencies=areas("regency"),
        hot_spots=classes,
        coverage=coverage,
        made_on=dt.date(2026, 7, 2),
        boundaries="uji, versi v",
        indicative=True,
        release_id="R1",
    )


@pytest.fixture(scope="module")
def pdf(context, tmp_path_factory):
    path = tmp_path_factory.mktemp("briefing") / "bahan.pdf"
    briefing.write(context, path)
    return pypdf.PdfReader(path)


def test_two_to_four_pages_with_all_parts(pdf):
    assert 2 <= len(pdf.pages) <= 4
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for part in (
        "Triwulan II 2026",
        "Peta sebaran",
        "Tabel per kecamatan",
        "Perubahan terbesar",
        "Titik rawan",
        "Kelengkapan laporan",
        "dilindungi",
        "Batas indikatif",
    ):
        assert part in text
    assert "sangat kuat (99%)" in text


@pytest.mark.parametrize("hides", [False, True])
def test_it_says_where_a_hidden_count_may_be_zero(context, hides):
    policy = dataclasses.replace(context.table.policy, hides_zeros=hides)
    table = dataclasses.replace(context.table, policy=policy)
    page = briefing.html(dataclasses.replace(context, table=table))
    assert ("nol pun dapat disembunyikan" in page) == hides


def test_graphics_are_vectors(pdf):
    assert not any(page.images for page in pdf.pages)


def test_the_table_prints_what_was_disclosed_and_no_other_number(context):
    rows = briefing._table(context, context.table.only("2026-Q2").table)
    table = context.table.only("2026-Q2").table.set_index("area_code")
    names = dict(zip(context.areas["name"], context.areas["code"], strict=True))
    assert len(rows) == len(table)
    for row in rows:
        said = table.loc[names[row["name"]]]
        for printed, name in zip(
            row["cells"], ("persons", "arrivals", "departures", "reports"), strict=True
        ):
            expected = {"hidden": "tersembunyi", "zero": "0"}.get(said[f"{name}_status"])
            assert printed == (expected or str(said[name]))
    assert any("tersembunyi" in row["cells"] for row in rows)


def test_changes_are_between_two_shown_counts(context):
    rows = context.table.only("2026-Q2").table
    hidden = set(rows.loc[rows["persons_status"] == "hidden", "area_code"])
    names = dict(zip(context.areas["name"], context.areas["code"], strict=True))
    found = briefing._changes(context, rows)
    assert found
    assert not {names[row["name"]] for row in found} & hidden


def test_names_are_escaped(context):
    page = briefing.html(context)
    assert "<b>é" not in page
    assert "&lt;b&gt;é" in page


def test_a_team_table_is_refused(context):
    located = reports(8, 260, **SHAPE)
    counts = counts_of(located, **SHAPE)("district", [parse("2026-Q2")], None)
    team = disclose(counts, level="district", policy=Policy.team("district"))
    with pytest.raises(RefusedError):
        dataclasses.replace(context, table=team)


def test_a_period_that_is_not_in_the_table_is_refused(context):
    with pytest.raises(InputError, match="2025-Q1"):
        dataclasses.replace(context, period="2025-Q1")


def test_the_same_context_gives_the_same_bytes(context, tmp_path):
    briefing.write(context, tmp_path / "a.pdf")
    briefing.write(context, tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_text_that_looks_like_a_template_stays_text(context):
    odd = dataclasses.replace(context, sources="{{ 7*7 }}<script>x</script>")
    page = briefing.html(odd)
    assert "{{ 7*7 }}&lt;script&gt;" in page


def test_agencies_that_are_late_are_told_by_month_and_none_is_left_out_unsaid(context):
    page = briefing.html(context)
    assert "<b>INSTANSI-00</b>: terlambat Februari; belum ada Maret" in page
    assert "instansi lain" not in page
    many = pd.DataFrame({"agency": [f"I{n:03d}" for n in range(100)], "month": "2026-04"})
    more = dataclasses.replace(context, coverage=many.assign(state="missing"))
    assert "Dan 20 instansi lain." in briefing.html(more)
