"""The OGC API: the standard's abstract tests, sign-in, bad parameters, GDAL and schemathesis."""

from __future__ import annotations

import shutil
import subprocess
import threading
from types import SimpleNamespace

import pytest
import schemathesis
from disclosure_fixtures import areas, counts_of, reports
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.checks import negative_data_rejection
from werkzeug.serving import make_server

from geo_pora import releases, store
from geo_pora.hotspots import windows
from geo_pora.releases import Spec, prepare, published
from webmap import ogc


class Fixed:
    def __init__(self):
        release = prepare(
            Spec(("2026-01", "2026-Q2"), ("district",), by=("status",)),
            counts_of(reports(3, 250)),
            inputs={"boundary_version": "v"},
            windows_of=lambda level: windows(areas(level)),
            hot_spots={
                "district": areas("district")
                .rename(columns={"code": "area_code"})[["area_code"]]
                .assign(**{"class": "none"})
            },
        )
        self.all = published([release])

    def published(self):
        return self.all

    def areas(self, level):
        return areas(level)


@pytest.fixture(scope="module")
def source():
    return Fixed()


@pytest.fixture(scope="module")
def app(source):
    app = Flask(__name__)
    app.register_blueprint(ogc.create_blueprint(source), url_prefix="/ogc")
    return app


@pytest.fixture
def get(app):
    client = app.test_client()
    return lambda path, **more: client.get("/ogc" + path, headers=more)


@pytest.fixture(scope="module")
def server(app):
    served = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}/ogc"
    served.shutdown()
    thread.join()


def links(body):
    return {(link["rel"], link["type"]): link["href"] for link in body["links"]}


def test_landing_page_has_the_links_that_qgis_needs(get):
    found = links(get("/").json)
    assert ("service-desc", "application/vnd.oai.openapi+json;version=3.0") in found
    for rel in ("conformance", "data", "self"):
        assert (rel, "application/json") in found
    for (_, media), href in found.items():
        path = href.split("/ogc", 1)[1]
        answer = get(path)
        assert answer.status_code == 200
        assert answer.content_type.split(";")[0] == media.split(";")[0]


def test_conformance_claims_core_and_no_crs(get):
    claimed = get("/conformance").json["conformsTo"]
    assert any(one.endswith("features-1/1.0/conf/core") for one in claimed)
    assert not any("features-2" in one for one in claimed)


def test_every_collection_is_described_and_its_items_are_valid_geojson(get):
    found = get("/collections").json["collections"]
    assert {one["id"] for one in found} >= {
        "regencies",
        "districts",
        "districts_by_status",
        "hotspots_districts",
    }
    spots = next(one for one in found if one["id"] == "hotspots_districts")
    assert "none_or_insufficient: tidak menonjol atau data belum cukup" in spots["description"]
    assert all("hidden: disembunyikan" in one["description"] for one in found if one != spots)
    for one in found:
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert west < east
        assert south < north
        answer = get(f"/collections/{one['id']}/items?limit=3")
        assert answer.content_type == "application/geo+json"
        body = answer.json
        assert body["numberReturned"] == len(body["features"]) == 3
        assert "crs" not in body
        identities = [feature["id"] for feature in body["features"]]
        assert len(set(identities)) == 3
        for feature in body["features"]:
            again = get(f"/collections/{one['id']}/items/{feature['id']}").json
            assert again["properties"] == feature["properties"]


def test_paging_gives_every_feature_once(get):
    seen, path = [], "/collections/districts/items?limit=5"
    while path:
        body = get(path).json
        seen += [feature["id"] for feature in body["features"]]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        path = following[0].split("/ogc", 1)[1] if following else None
    assert len(seen) == len(set(seen)) == body["numberMatched"] == 18


def test_who_turns_pages_in_html_stays_in_html(get):
    page = get("/collections/districts/items?limit=5&f=html").text
    assert "limit=5&amp;offset=5&amp;f=html" in page


def test_only_releases_on_the_layer_in_use_are_served(tmp_path):
    """Figures of other areas would be drawn on shapes that they are not of."""
    engine = store.open(f"sqlite:///{tmp_path / 'a.sqlite'}")
    made = releases.build(
        engine,
        Spec(("2026-Q1",)),
        counts_of(reports(3, 90)),
        actor="ana",
        title="uji",
        inputs={"boundary_version": "old"},
    )
    layer = SimpleNamespace(version=made.boundary_version, display=areas)
    source = ogc.StoredReleases(engine, lambda: layer)
    assert "district" in source.published().tables
    layer.version = "new"
    assert source.published().tables == {}
    layer.version = "old"
    assert "district" in source.published().tables
    store.close(engine)


def test_limit_above_the_most_is_no_error(get):
    assert get("/collections/districts/items?limit=999999").status_code == 200


def test_bbox_selects_what_it_touches_and_may_cross_the_180th_meridian(get):
    inside = get("/collections/regencies/items?bbox=104.0,-4.2,104.2,-4.1&period=2026-01").json
    assert [feature["id"] for feature in inside["features"]] == ["16.01@2026-01"]
    assert get("/collections/regencies/items?bbox=0,0,1,1").json["numberMatched"] == 0
    around = get("/collections/regencies/items?bbox=104.9,-5,104,-4").json
    assert {f["properties"]["area_code"] for f in around["features"]} == {"16.01", "16.09"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-01-31", {"2026-01"}),
        ("2026-01-31T23:00:00Z/..", {"2026-01", "2026-Q2"}),
        ("../2026-03-31", {"2026-01"}),
        ("2026-01-31t23:00:00.5z", {"2026-01"}),  # as RFC 3339 lets them be written too
        ("2026-04-01/2026-05-01", {"2026-Q2"}),
        ("2020-01-01", set()),
    ],
)
def test_datetime_selects_periods_that_share_a_day(get, asked, expected):
    body = get(f"/collections/regencies/items?datetime={asked}").json
    assert {feature["properties"]["period"] for feature in body["features"]} == expected


def test_filters_are_keys_and_statuses_never_counts(get):
    body = get("/collections/districts_by_status/items?status=suspected&limit=1000").json
    assert {f["properties"]["status"] for f in body["features"]} == {"suspected"}
    assert get("/collections/districts/items?persons=7").status_code == 400


@pytest.mark.parametrize(
    "bad",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=",
        "limit=1&limit=2",
        "limit=١",
        "offset=-1",
        "offset=abc",
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=nan,0,1,1",
        "bbox=0,5,1,1",
        "bbox=0,0,1,91",
        "bbox=-181,0,1,1",
        "bbox=",
        "bbox=1,2,3,4,5",
        "datetime=yesterday",
        "datetime=2026-13-01",
        "datetime=2026-02-30",
        "datetime=../..",
        "datetime=2026-02-01/2026-01-01",
        "datetime=",
        "unknown=1",
        "crs=x",
        "bbox-crs=x",
        "f=xml",
        "period=",
        "filter=persons%3E1",
    ],
)
def test_every_bad_parameter_is_a_problem_of_status_400(get, bad):
    answer = get("/collections/districts/items?" + bad)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == 400
    assert "Traceback" not in answer.json["detail"]


@pytest.mark.parametrize(
    "path", ["/collections/nix", "/collections/nix/items", "/collections/districts/items/nix"]
)
def test_what_is_not_there_is_404(get, path):
    assert get(path).status_code == 404


def test_html_escapes_names(get):
    page = get("/collections/regencies/items?f=html").text
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert get("/", Accept="text/html").content_type.startswith("text/html")


def test_etag_answers_304(get):
    first = get("/collections/districts/items")
    assert (
        get("/collections/districts/items", **{"If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )
    assert get("/collections/regencies/items").headers["ETag"] != first.headers["ETag"]


def test_only_disclosed_values_are_served(get, source):
    table = source.all.tables["district"].table.set_index(["area_code", "period"])
    for feature in get("/collections/districts/items?limit=1000").json["features"]:
        said = feature["properties"]
        row = table.loc[(said["area_code"], said["period"])]
        assert said["persons_status"] == row["persons_status"]
        assert (said["persons"] is None) == (said["persons_status"] == "hidden")


def test_schemathesis_finds_no_failure(app):
    # Not among the checks: positive data acceptance. A schema cannot say that a bbox's south is
    # below its north, so some requests that fit the schema are rightly answered with 400.
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
        negative_data_rejection,
    ]
    schema = schemathesis.openapi.from_wsgi("/ogc/api", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    asked = 0
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                strategy = operation.as_strategy(generation_mode=mode)

                @settings(
                    max_examples=8,
                    deadline=None,
                    derandomize=True,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=strategy)
                def attempt(case):
                    nonlocal asked
                    asked += 1
                    case.call_and_validate(checks=checks)

                attempt()
            except Unsatisfiable:
                continue  # an operation without parameters has no wrong ones
    assert len(operations) >= 16
    assert asked > 150


@pytest.mark.readers
def test_gdal_reads_all_collections(server):
    if not shutil.which("ogrinfo"):
        pytest.skip("gdal-bin is not installed")
    command = ["ogrinfo", "-al", "-so", f"OAPIF:{server}"]
    command += ["--config", "GDAL_HTTP_USERPWD", "ana:kunci"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Layer name: districts" in done.stdout
    assert "Feature Count: 18" in done.stdout
    assert "persons_status: String" in done.stdout
    assert "ERROR" not in done.stderr
    box = ["-spat", "104.0", "-4.2", "104.05", "-4.1", "districts"]
    done = subprocess.run([*command, *box], capture_output=True, text=True, timeout=120)
    assert "Feature Count: 2" in done.stdout or "Feature Count: 4" in done.stdout
