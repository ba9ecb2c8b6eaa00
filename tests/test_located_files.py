"""Located reports written to a file: values kept, formulas disarmed, whole files only."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from geo_pora.errors import InputError
from geo_pora.located_files import writing

TABLE = pd.DataFrame(
    {
        "report_id": ["a", "b", "=1+1"],
        "alamat": ['Jl. "Mawar", 3', "+SUM(A1)", None],
        "latitude": [-4.123456, None, -4.5],
        "longitude": [104.1, None, 103.987654],
        "from_date": pd.to_datetime(["2026-01-02", None, "2026-02-28"]),
        "confidence": [0.9, 0.25, 1.0],
        "district_code": ["16.01.07", None, "16.08.10"],
    }
)


def test_csv_keeps_values_and_disarms_formulas_in_text_only(tmp_path):
    path = tmp_path / "out.csv"
    with writing(path) as write:
        write(TABLE.iloc[:1])
        write(TABLE.iloc[1:])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(path, dtype={"district_code": "str"})
    assert read["report_id"].tolist() == ["a", "b", "'=1+1"]
    assert read["alamat"].tolist()[:2] == ['Jl. "Mawar", 3', "'+SUM(A1)"]
    assert read["latitude"].tolist()[0] == -4.123456
    assert read["district_code"].tolist()[2] == "16.08.10"
    assert read["from_date"].tolist()[2] == "2026-02-28"


def test_text_that_is_a_negative_number_is_no_formula(tmp_path):
    path = tmp_path / "out.csv"
    with writing(path) as write:
        write(pd.DataFrame({"lintang": ["-4.123", "-4,5", "-cmd"]}))
    read = pd.read_csv(path, dtype="str")
    assert read["lintang"].tolist() == ["-4.123", "-4,5", "'-cmd"]


def test_parquet_keeps_types_over_chunks_with_empty_columns(tmp_path):
    path = tmp_path / "out.parquet"
    with writing(path) as write:
        write(TABLE.iloc[1:2])
        write(TABLE.iloc[[0, 2]])
    table = pq.read_table(path)
    assert table.num_rows == 3
    assert table["district_code"].to_pylist() == [None, "16.01.07", "16.08.10"]


def test_geojson_has_rounded_points_and_null_where_there_is_none(tmp_path):
    path = tmp_path / "out.geojson"
    with writing(path) as write:
        write(TABLE.iloc[:2])
        write(TABLE.iloc[2:])
    made = json.loads(path.read_text())
    points = [feature["geometry"] for feature in made["features"]]
    assert points[0] == {"type": "Point", "coordinates": [104.1, -4.123]}
    assert points[1] is None
    assert "latitude" not in made["features"][0]["properties"]
    assert made["features"][2]["properties"]["from_date"] == "2026-02-28"


def test_a_stopped_run_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")

    def stopped():
        with writing(path) as write:
            write(TABLE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_another_ending_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"out\.txt.*\.geojson"), writing(tmp_path / "out.txt"):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"), writing(tmp_path / "nowhere" / "out.csv"):
        pass
