"""What leaves the team, attacked as files, pages and answers: no hidden count is in any of them.

Two apps hold reports that differ in hidden counts alone (`outputs_fixtures`). All that a reader
can get from the one must be all that he gets from the other, byte for byte.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import itertools
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from types import SimpleNamespace

import outputs_fixtures as worlds
import pandas as pd
import pyarrow.parquet as pq
import pypdf
import pytest
import web_fixtures as web

from geo_pora import cli, exports, periods, releases
from geo_pora.aggregate import MEASURES, complete, count
from geo_pora.briefing.drawing import draw
from geo_pora.pipeline import publishing, releasing
from geo_pora.store import releases as kept
from webmap import jobs

LAYER = worlds.LAYER
VILLAGES = {"what": "village", "period": "2026-Q1"}
BUILT = [  # in this order, as a team asks for them
    {"what": "district", "period": "2026-Q1"},
    {"what": "district", "period": "2026-Q1", "by": "permit"},
    {"what": "district", "period": "2026-Q2"},
    VILLAGES,
]
QUESTIONS = [
    *("limit=3", "limit=7&offset=30", "persons=3", "sortby=persons", "persons_status=hidden"),
    *("departures_status=hidden&limit=2", "bbox=103.9,-4.3,104.0,-4.2", "area_code=16.01.08"),
    *("datetime=2026-02-01/2026-02-03&limit=1", "permit=ITK&limit=2", "class=hidden&limit=2"),
]
HOT = pd.DataFrame({"area_code": LAYER.areas("district")["code"], "class": "none"})
KINDS = ("csv", "csv-semicolon", "xlsx", "gpkg", "geojson", "parquet")
SHOWN = ("published", "zero")


# What a world puts out


def _still(patch):
    """Let ids, days and the classes of hot spots be the same in both worlds."""
    number, second = itertools.count(1), itertools.count()
    begin = dt.datetime(2026, 7, 2, 8, tzinfo=dt.UTC)
    patch.setattr(
        kept, "secrets", SimpleNamespace(token_urlsafe=lambda _: f"release-{next(number)}")
    )
    now = lambda: begin + dt.timedelta(seconds=next(second))  # noqa: E731
    patch.setattr(kept, "clock", SimpleNamespace(now=now))
    patch.setattr(jobs, "threading", SimpleNamespace(Thread=_AtOnce))
    patch.setattr(releasing, "_classes", lambda *_: {"district": HOT})
    patch.setattr(
        publishing,
        "dt",
        SimpleNamespace(date=SimpleNamespace(today=begin.date), timedelta=dt.timedelta),
    )


class _AtOnce:
    """A thread that has done its work when it is started: nobody waits, no page differs."""

    def __init__(self, target, args, daemon):
        self._work = lambda: target(*args)

    def start(self):
        self._work()


class World:
    """An app with the reports of a world, and all that a reader gets from it."""

    def __init__(self, name, folder):
        self.name, self.counts = name, worlds.located(name)
        with pytest.MonkeyPatch.context() as patch:
            _still(patch)
            self.app = web.make_app(folder / name, reports=False)
            state = self.app.extensions["geo_pora"]
            worlds.store_in(state.engine, self.counts)
            self.client = web.sign_in(self.app, "planner", ["planner"])
            self.answers = dict(self._built())
            self.answers |= dict(self._files()) | dict(self._ogc()) | dict(self._command(patch))
            self.releases = releases.everything(state.engine)
            # A report comes in: from now on releases are refused and files are marked as old.
            worlds.store_in(state.engine, worlds.late())
            self.answers |= {f"late {key}": found for key, found in self._late()}

    def _built(self):
        for asked in BUILT:
            yield from self._made(asked | {"kind": "csv"})
        for period in ("2026-Q1", "2026-Q2"):
            yield from self._made({"what": "briefing", "period": period})
        yield "page", self._get("/exports/")

    def _files(self):
        for kind in KINDS:
            yield from self._made(BUILT[1] | {"kind": kind})
        for kind in ("gpkg", "parquet"):
            yield from self._made(VILLAGES | {"kind": kind})
        for what in ("regency", "hotspots", "coverage"):
            yield from self._made({"what": what, "period": "2026-Q1", "kind": "geojson"})
        for level, measure in [("village", "persons"), *(("district", one) for one in MEASURES)]:
            drawn = {"what": "map", "level": level, "measure": measure, "period": "2026-Q1"}
            yield from self._made(drawn)
        for address in ("districts.csv?period=2026-Q1", "map.html?period=2026-Q1"):
            yield address, self._get(f"/exports/{address}")

    def _made(self, asked):
        """Ask for a file, and for the page behind which it is made."""
        name = "-".join(asked.values())
        answer = self.client.post("/exports/", data=asked)
        if answer.status_code == 303 and "/jobs/" in answer.headers["Location"]:
            job = answer.headers["Location"]
            yield f"{name} page", self._get(job)
            yield f"{name} state", self._get(f"{job}.json")
            answer = self.client.get(f"{job}/file")
        yield name, (answer.status_code, _told(answer), answer.data)

    def _get(self, address, **headers):
        answer = self.client.get(address, headers=headers)
        return answer.status_code, _told(answer), answer.data

    def _ogc(self):
        for address in ("", "conformance", "api", "collections", "collections/nowhere"):
            for form in ("json", "html"):
                yield f"ogc {address} {form}", self._get(f"/ogc/{address}?f={form}")
        for name in ("regencies", "districts", "districts_by_permit", "hotspots_districts"):
            yield from self._collection(name, [*QUESTIONS, "limit=1000", "limit=1000&f=html"])
        yield from self._collection("villages", QUESTIONS)

    def _collection(self, name, questions):
        at = f"/ogc/collections/{name}"
        yield at, self._get(at)
        for question in questions:
            yield f"{at}?{question}", self._get(f"{at}/items?{question}")
        for feature in self.client.get(f"{at}/items?limit=5&offset=30").json["features"]:
            address = f"{at}/items/{feature['id']}"
            first = self._get(address)
            yield address, first
            tag = {"If-None-Match": first[1]["ETag"]}
            yield f"{address} again", self._get(address, **tag)

    def _command(self, patch):
        """Show each release on the command line."""
        folder = self.app.extensions["geo_pora"].settings.data_dir
        patch.setenv("GEO_PORA_DATA_DIR", str(folder))
        for number in range(1, len(BUILT) + 1):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                assert cli.run(["release", "show", f"release-{number}"]) == 0
            yield f"show {number}", (0, {}, out.getvalue().encode())

    def _late(self):
        """Ask for what is refused now, and once more for what was made before."""
        for change in ({"by": "status"}, {"period": "2026-02"}, {"kind": "geojson"}):
            yield from self._made(BUILT[0] | {"kind": "csv"} | change)
        yield "for a program", self._get("/exports/villages.gpkg?period=2026-02")
        yield "ogc", self._get("/ogc/collections/districts/items?persons_status=hidden")


def _told(answer):
    """Return the headers of an answer, without those that are another one each time."""
    each_time = {"Date", "Expires", "Set-Cookie", "X-Request-ID"}
    return {name: text for name, text in answer.headers.items() if name not in each_time}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    return World("a", folder), World("b", folder)


# In two worlds, the same


_EACH_TIME = [  # what another request or another minute would change
    (rb"/jobs/[0-9a-f]{32}", b"/jobs/ID"),
    (rb'name="csrf_token" value="[^"]+"', b""),
    (rb"(urn:request:|<code>)[0-9a-f]{32}", rb"\1ID"),
    (rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", b"TIME"),
]


def _still_bytes(data):
    """Return the bytes of an output without the moment at which it was made."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            data = b"".join(name.encode() + file.read(name) for name in file.namelist())
    for pattern, instead in _EACH_TIME:
        data = re.sub(pattern, instead, data)
    return data


def _same(one, other):
    status, headers, data = one
    if data.startswith(b"PK"):  # a packed moment has another size each time
        headers = headers | {"Content-Length": other[1]["Content-Length"]}
    return (status, headers) == other[:2] and _still_bytes(data) == _still_bytes(other[2])


def test_nobody_can_tell_from_any_output_in_which_world_he_lives(pair):
    """Bytes, sizes, tags, order of rows, breaks, statistics, pages, refusals: all are the same."""
    one, other = (world.answers for world in pair)
    assert list(one) == list(other)
    assert len(one) > 150
    assert [name for name in one if not _same(one[name], other[name])] == []


def test_the_outputs_are_what_they_should_be(pair):
    """Equal answers prove nothing where all of them are the same error."""
    answers = pair[0].answers
    files = {name: one for name, one in answers.items() if "Content-Disposition" in one[1]}
    assert len(files) >= 24
    assert all(status == 200 and data for status, _, data in files.values())
    names = [headers["Content-Disposition"] for _, headers, _ in files.values()]
    assert all(re.search(r"=geo_pora-[\w.-]+$", name) for name in names)
    refused = [name for name, one in answers.items() if b"berubah kurang dari 5" in one[2]]
    assert len(refused) == 5
    assert answers["/ogc/collections/districts?persons_status=hidden"][0] == 200
    assert answers["/ogc/collections/districts?persons=3"][0] == 400
    assert answers["/ogc/collections/districts?sortby=persons"][0] == 400
    assert {one[0] for name, one in answers.items() if name.endswith(" again")} == {304}


def _truth(world, table):
    """Count again, from the reports, what stands in a table."""
    level = "regency" if table.level == "total" else table.level
    spans = [periods.parse(key) for key in table.table["period"].unique()]
    found = count(world.counts, level, spans, table.by)
    keys = ["period", "area_code", *([table.by] if table.by else [])]
    if table.level == "total":
        found = found.assign(area_code="total").groupby(keys, as_index=False)[list(MEASURES)].sum()
    return table.table[keys].merge(found, on=keys, how="left")[list(MEASURES)].fillna(0)


def test_the_worlds_differ_in_hidden_counts_and_in_nothing_else(pair):
    one, other = pair
    apart = {}
    for first, second in zip(one.releases, other.releases, strict=True):
        assert first.manifest == second.manifest
        for name, table in first.tables.items():
            pd.testing.assert_frame_equal(table.table, second.tables[name].table)
            differs = _truth(one, table) != _truth(other, table)
            for measure in MEASURES:
                hidden = table.table[f"{measure}_status"] == "hidden"
                assert not (differs[measure] & ~hidden).any()
                apart[name, measure] = apart.get((name, measure), 0) + differs[measure].sum()
    assert all(apart["district", name] >= 2 for name in ("persons", "arrivals", "departures"))
    assert all(apart["village", name] >= 2 for name in MEASURES)
    assert apart["district_by_permit", "persons"] >= 2


# Numbers


def _texts(data):
    """Return all that can be read in an output: text, cells, statistics, metadata, streams."""
    yield data.decode("latin-1")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            yield from (file.read(name).decode() for name in file.namelist())
    elif data.startswith(b"%PDF"):
        document = pypdf.PdfReader(io.BytesIO(data))
        yield f"{document.metadata} {document.xmp_metadata}"
        yield from (page.extract_text() for page in document.pages)
        for number in range(1, document.trailer["/Size"]):
            found = document.get_object(number)
            yield found.get_data().decode("latin-1") if hasattr(found, "get_data") else str(found)
    elif data.startswith(b"SQLite"):
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(data)
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in tables.fetchall():
                yield str(database.execute(f'SELECT * FROM "{name}"').fetchall())
    elif data.startswith(b"PAR1"):
        file = pq.ParquetFile(io.BytesIO(data))
        yield str(file.read().drop_columns(["geometry"]).to_pylist())
        yield f"{file.metadata.metadata} {file.metadata.to_dict()}"


def _has(data, number):
    """Tell whether a number stands in an output, as people of any place write it."""
    written = f"{number:,}".replace(",", "[., \u00a0]?")
    pattern = re.compile(rf"(?<![\d.]){written}(?!\d)")
    return any(pattern.search(text) for text in _texts(data))


def test_no_hidden_number_stands_in_any_output(pair):
    for world in pair:
        number = worlds.CANARIES[world.name][0]
        assert not [name for name, one in world.answers.items() if _has(one[2], number)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shown_number_would_be_found(pair, kind):
    """The search for hidden numbers sees the shown ones in every kind of file."""
    table = pair[0].releases[1].tables["district_by_permit"].table
    most = int(table["persons"].max())
    assert _has(pair[0].answers[f"district-2026-Q1-permit-{kind}"][2], most)


def test_a_shown_number_would_be_found_in_prints(pair):
    most = int(pair[0].releases[0].tables["district"].only("2026-Q1").table["persons"].max())
    for name in ("briefing-2026-Q1", "map-district-persons-2026-Q1", "show 1"):
        assert _has(pair[0].answers[name][2], most) == (name != "show 1")
    assert _has(pair[0].answers["regency-2026-Q1-geojson"][2], sum(worlds.CANARIES["a"]))


# Colours, breaks and statistics


def _cells(release, level, measure, period="2026-Q1"):
    """Return the values that are shown above zero, and the codes of hidden areas."""
    rows = release.tables[level].only(period).table
    status = rows[f"{measure}_status"]
    return set(rows.loc[status == "published", measure]), list(
        rows["area_code"][status == "hidden"]
    )


@pytest.mark.parametrize(("level", "at"), [("district", 0), ("village", 3)])
def test_hidden_areas_of_a_map_have_one_look_and_breaks_are_shown_counts(pair, level, at):
    shown, hidden = _cells(pair[0].releases[at], level, "persons")
    page = pair[0].answers[f"map-{level}-persons-2026-Q1"][2].decode()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    places = [data["codes"].index(code) for code in hidden]
    assert len(places) >= 4
    assert {(data["values"][n], data["statuses"][n], data["cls"][n]) for n in places} == {
        (None, "h", -1)
    }
    assert {end for one in data["classes"] for end in (one["low"], one["high"])} <= shown
    looks = {_look(page, f"geo_json_{level}_styler", code) for code in hidden}
    assert len(looks) == 1
    assert "url(#gp-hidden)" in looks.pop()


def _look(page, styler, code):
    """Return how the script of a map paints an area."""
    script = page[page.index(f"function {styler}") :]
    script = script[: script.index("function", 10)]
    case = script.find(f'case "{code}":')
    script = script[case if case >= 0 else script.index("default:") :]
    return re.search(r"return \{[^}]*\}", script)[0]


def test_hidden_areas_of_a_briefing_have_one_look_and_its_legend_has_shown_counts(pair):
    release = pair[0].releases[0]
    shown, hidden = _cells(release, "district", "persons")
    places = LAYER.display("district")
    rows = release.tables["district"].table.set_index("area_code")
    drawn = draw(places, LAYER.display("regency"), rows["persons"], rows["persons_status"])
    fills = re.findall(r'<path d="M[^"]+Z" fill="([^"]+)" stroke="#8a8a8a"', drawn.svg)
    looks = dict(zip(places["code"], fills, strict=True))
    assert {looks[code] for code in hidden} == {"url(#hidden)"}
    assert {code for code, look in looks.items() if look == "url(#hidden)"} == set(hidden)
    labels = " ".join(key.label for key in drawn.legend)
    assert shown
    assert {int(number) for number in re.findall(r"\d+", labels)} <= shown | {0}


@pytest.mark.parametrize(
    ("asked", "level", "at"),
    [("district-2026-Q1-permit", "district_by_permit", 1), ("village-2026-Q1", "village", 3)],
)
def test_a_geopackage_has_no_hidden_value_break_or_forgotten_page(pair, asked, level, at):
    shown, hidden = _cells(pair[0].releases[at], level, "persons")
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(pair[0].answers[f"{asked}-gpkg"][2])
        for name in MEASURES:
            left = f"SELECT count({name}), count(*) FROM {level} WHERE {name}_status = 'hidden'"
            values, rows = database.execute(left).fetchone()
            assert (values, rows > 0) == (0, True)
        assert database.execute("PRAGMA freelist_count").fetchone() == (0,)
        style = database.execute("SELECT styleQML FROM layer_styles").fetchone()[0]
    ends = {int(end) for end in re.findall(r"persons&quot; [&lg]+t?;= (\d+)", style)}
    assert len(ends) >= 4
    assert ends <= shown
    assert len(hidden) >= 4


@pytest.mark.parametrize(
    ("asked", "level", "at"),
    [("district-2026-Q1-permit", "district_by_permit", 1), ("village-2026-Q1", "village", 3)],
)
def test_the_statistics_of_a_geoparquet_file_are_those_of_shown_counts(pair, asked, level, at):
    file = pq.ParquetFile(io.BytesIO(pair[0].answers[f"{asked}-parquet"][2]))
    columns = [
        file.metadata.row_group(group).column(number)
        for group in range(file.metadata.num_row_groups)
        for number in range(file.metadata.num_columns)
    ]
    for name in MEASURES:
        shown, hidden = _cells(pair[0].releases[at], level, name)
        found = [one.statistics for one in columns if one.path_in_schema == name]
        assert sum(one.null_count for one in found) == len(hidden) > 0
        assert {end for one in found for end in (one.min, one.max)} <= shown | {0}


def test_a_table_that_was_hidden_a_moment_ago_has_its_counts_in_no_file(pair, tmp_path):
    """Values that are marked as missing may still lie in memory: no file takes them along."""

    def counted(level, spans, by):
        found = count(pair[0].counts, level, spans, by)
        return complete(found, LAYER.areas(level), spans, by)

    made = releases.prepare(releases.Spec(("2026-Q1",)), counted, inputs={})
    table, number = made.tables["district"], worlds.CANARIES["a"][0]
    for kind in exports.FORMATS:
        path = tmp_path / f"a.{kind}"
        exports.write(table, LAYER.display("district"), path)
        assert not _has(path.read_bytes(), number)
        assert _has(path.read_bytes(), int(table.table["persons"].max()))
