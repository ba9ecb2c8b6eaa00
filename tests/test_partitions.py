"""Parts of files on many workers: the same rows, whatever dies."""

from __future__ import annotations

import csv
import gc
import io
import os
import signal
from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_pora.errors import InputError, UnavailableError
from geo_pora.partitions import cut, geocode_partitions, matching

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the engine dask is not installed"
)


@dataclass(frozen=True)
class Doubling:
    """A toy job; it kills its own process, once, at the row `fatal`."""

    marks: Path
    fatal: int | None = None
    times: int = 1

    def __call__(self, source: Path, target: Path) -> int:
        reader = pd.read_parquet if source.suffix == ".parquet" else pd.read_csv
        table = reader(source)
        table["double"] = table["n"] * 2
        table.to_parquet(target)
        if self.fatal in set(table["n"]):
            deaths = len(list(self.marks.glob("death-*")))
            if deaths < self.times:
                (self.marks / f"death-{deaths}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        if (table["n"] < 0).any():
            raise InputError(f"{source.name}: a negative number")
        if (table["n"] == 10**9).any():
            raise ZeroDivisionError("secret")
        return len(table)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    table = pd.DataFrame({"n": range(3000), "text": ['a "quoted", cell\nof two lines'] * 3000})
    table[:2000].to_csv(folder / "a.csv", index=False)
    table[2000:].to_parquet(folder / "b.parquet", row_group_size=250, index=False)
    return folder


def whole(folder):
    results = sorted(folder.iterdir())
    assert all(file.name[0] != "." for file in results)
    return pd.concat([pd.read_parquet(file) for file in results], ignore_index=True)


def test_parts_together_are_the_files(files, tmp_path):
    steps = []
    job = Doubling(tmp_path)
    counts = geocode_partitions(
        f"{files}/*", tmp_path / "out", job, on_progress=steps.append, workers=0, part_bytes=9000
    )
    assert len(counts) > 5
    assert sum(counts) == 3000
    assert steps == list(range(1, len(counts) + 1))
    found = whole(tmp_path / "out")
    assert found["n"].tolist() == list(range(3000))
    assert found["double"].tolist() == list(range(0, 6000, 2))
    assert found["text"].nunique() == 1


@needs_dask
def test_a_worker_killed_midway_costs_nothing(files, tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    job = Doubling(tmp_path, fatal=1234)
    counts = geocode_partitions(f"{files}/*", together, job, workers=2, part_bytes=9000)
    assert len(list(tmp_path.glob("death-*"))) == 1
    expected = geocode_partitions(
        f"{files}/*", alone, Doubling(tmp_path), workers=0, part_bytes=9000
    )
    assert counts == expected
    assert [f.name for f in sorted(together.iterdir())] == [f.name for f in sorted(alone.iterdir())]
    pd.testing.assert_frame_equal(whole(together), whole(alone))


@needs_dask
def test_a_running_scheduler_is_used(files, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        steps = []
        geocode_partitions(
            f"{files}/*.csv", tmp_path / "out", Doubling(tmp_path), address, steps.append
        )
    assert len(whole(tmp_path / "out")) == 2000
    assert steps == [1]


@needs_dask
def test_a_part_that_kills_every_worker(files, tmp_path, monkeypatch):
    import dask

    job = Doubling(tmp_path, fatal=10, times=99)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        pytest.raises(UnavailableError, match=r"a\.csv.*workers died"),
    ):
        geocode_partitions([files / "a.csv"], tmp_path / "out", job, workers=1)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=needs_dask)])
def test_what_a_job_refuses(tmp_path, workers):
    source = tmp_path / "bad.csv"
    source.write_text("n\n1\n-1\n")
    with pytest.raises(InputError, match=r"bad\.csv: a negative number"):
        geocode_partitions([source], tmp_path / "out", Doubling(tmp_path), workers=workers)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_job_breaks_on_is_not_told(tmp_path):
    source = tmp_path / "bad.csv"
    source.write_text("n\n1000000000\n")
    with pytest.raises(InputError, match=r"bad\.csv") as caught:
        geocode_partitions([source], tmp_path / "out", Doubling(tmp_path), workers=0)
    assert "secret" not in str(caught.value)


def test_without_dask(files, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UnavailableError, match=r"geo-pora\[dask\]"):
        geocode_partitions(f"{files}/*", tmp_path / "out", Doubling(tmp_path))


@needs_dask
@pytest.mark.parametrize("address", ["nonsense://nowhere", "nonsense", "http://x:1", ":::"])
def test_no_scheduler_there(files, tmp_path, address):
    with pytest.raises(UnavailableError, match="scheduler"):
        geocode_partitions(f"{files}/*", tmp_path / "out", Doubling(tmp_path), address)
    gc.collect()  # a client that never connected would complain when it goes


@pytest.mark.parametrize("pattern", ["/", "", "**", "[", "{folder}"])
def test_a_pattern_that_means_no_file_is_said(tmp_path, pattern):
    with pytest.raises(InputError, match="no file matches"):
        matching(pattern.format(folder=tmp_path))


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    for name in ("a [1].csv", "a 1.csv", "b?.csv"):
        (tmp_path / name).write_text("x")
    assert [one.name for one in matching(f"{tmp_path}/a [1].csv")] == ["a [1].csv"]
    assert [one.name for one in matching(f"{tmp_path}/a*")] == ["a 1.csv", "a [1].csv"]


def test_folders_and_files_that_will_not_do(files, tmp_path):
    job = Doubling(tmp_path)
    with pytest.raises(InputError, match="no file"):
        geocode_partitions(f"{tmp_path}/*.nothing", tmp_path / "out", job, workers=0)
    with pytest.raises(InputError, match="no file"):
        geocode_partitions(f"{tmp_path}/i[n", tmp_path / "out", job, workers=0)
    with pytest.raises(InputError, match="not there"):
        geocode_partitions([tmp_path / "gone.csv"], tmp_path / "out", job, workers=0)
    with pytest.raises(InputError, match="not empty"):
        geocode_partitions(f"{files}/*", files, job, workers=0)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write"):
        geocode_partitions(f"{files}/*", tmp_path / "file" / "out", job, workers=0)


# ------------------------------------------------------------------ cutting

cell = st.text(alphabet='ab,;|\t"\n\r é', max_size=8)


@given(
    st.lists(st.tuples(cell, cell), min_size=1, max_size=30),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 60),
)
def test_cutting_keeps_every_record(tmp_path_factory, rows, delimiter, end, size):
    folder = tmp_path_factory.mktemp("cut")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("first\nname", "second"), *rows])
    source = folder / "a.csv"
    source.write_bytes(text.getvalue().encode())
    found = []
    for number, part in enumerate(cut(source, size)):
        piece = folder / f"{number}.csv"
        part.write(piece)
        with piece.open(newline="", encoding="utf-8") as file:
            header, *records = csv.reader(file, delimiter=delimiter)
        assert header == ["first\nname", "second"]
        found += [tuple(record) for record in records]
    assert found == rows


def test_stray_quotation_marks_do_not_open_a_record(tmp_path):
    lines = ["n,text", *(f'{i},12" pipe {i}' for i in range(100))]
    source = tmp_path / "a.csv"
    source.write_text("\n".join(lines) + "\n")
    parts = cut(source, 200)
    assert len(parts) > 3
    assert sum(part.span[1] - part.span[0] for part in parts) == source.stat().st_size - 7


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("open.csv", b'n,text\n1,"never closed\n' + b"2,x\n" * 400_000),
        ("wide.csv", "n,text\n1,x\n".encode("utf-16") * 100),
        ("book.xlsx", b"PK" * 1000),
        ("empty.csv", b""),
        ("header.csv", b"n,text\n"),
    ],
)
def test_what_cannot_be_cut_is_one_part(tmp_path, name, content):
    source = tmp_path / name
    source.write_bytes(content)
    part, *others = cut(source, 3)
    assert not others
    part.write(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_row_groups(tmp_path):
    source = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": range(1000)}), source, row_group_size=100)
    parts = cut(source, 1500)
    assert Counter(len(range(*part.span)) for part in parts)
    found = []
    for part in parts:
        part.write(tmp_path / "piece.parquet")
        found += pq.read_table(tmp_path / "piece.parquet")["n"].to_pylist()
    assert len(parts) > 2
    assert found == list(range(1000))
    source.write_bytes(b"PAR1" * 100)
    with pytest.raises(InputError, match="Parquet"):
        cut(source, 10)
