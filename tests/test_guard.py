"""The guard: what a parser in the child may do, and what becomes of its answer."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from geo_pora import guard
from geo_pora.errors import InputError, NotFoundError
from geo_pora.guard import process

# functions that run in the child


def echo(value):
    return value


def tables(path):
    frame = pd.DataFrame(
        {"n": [1, 2], "text": ["a", None], "day": pd.to_datetime(["2026-01-01"] * 2)}
    )
    geo = geopandas.GeoDataFrame({"code": ["16.01"]}, geometry=[shapely.Point(104, -4)], crs=4326)
    return {
        "frame": frame,
        "geo": geo,
        "table": pa.table({"x": [1.5]}),
        "raw": b"\0\1",
        "p": str(path),
    }


def refuse(_):
    raise NotFoundError("there is\nno layer\x07 of that name")


def fail(_):
    raise ValueError("Budi Santoso, 0812 3456 7890")


def abort(_):
    os.kill(os.getpid(), signal.SIGABRT)


def segfault(_):
    ctypes.string_at(0)


def spin(_):
    while True:
        pass


def sleep(_):
    time.sleep(60)


def hog(_):
    return len(np.ones(1 << 28))


def flood(_):
    return b"x" * (8 << 20)


def read_other(path):
    return Path(path).parent.joinpath("secret.txt").read_text()


def read_it(path):
    return Path(path).read_text()


def write_beside(path):
    Path(path).with_name("made.txt").write_text("x")


def grow(path):
    with Path(path).open("a") as file:
        file.write("more")


def connect(address):
    with socket.create_connection(tuple(address), timeout=2) as link:
        link.sendall(b"hello")


def connect_native(port):
    """Through libc, as a native parser would."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    packed = socket.AF_INET.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big")
    return libc.connect(handle, packed + bytes([127, 0, 0, 1]) + bytes(8), 16)


def run_program(_):
    subprocess.run(["true"], check=True)


def surroundings(_):
    return dict(os.environ)


def object_of_its_own(_):
    return Path


def shout(_):
    os.write(1, b"noise on the standard output")
    return "answer"


def test_plain_values_travel():
    value = {"a": [1, 2.5, None, True, "Désa"], "dict": {"table": 0}}
    assert guard.call(echo, value) == value


def test_tables_travel(tmp_path):
    found = guard.call(tables, tmp_path)
    assert found["frame"]["n"].tolist() == [1, 2]
    assert found["frame"]["text"].isna().tolist() == [False, True]
    assert found["frame"]["day"].dt.year.tolist() == [2026, 2026]
    assert found["geo"].crs.to_epsg() == 4326
    assert found["geo"].geometry[0].equals(shapely.Point(104, -4))
    assert found["table"].column("x").to_pylist() == [1.5]
    assert found["raw"] == b"\0\1"
    assert found["p"] == str(tmp_path)


def test_own_errors_keep_class_and_message_on_one_line():
    with pytest.raises(NotFoundError, match=r"^there is no layer of that name$"):
        guard.call(refuse, 1)


@pytest.mark.parametrize("function", [fail, abort, segfault, object_of_its_own, run_program])
def test_any_other_end_is_one_sentence_without_content(function, tmp_path):
    path = tmp_path / "laporan.xlsx"
    path.write_text("x")
    with pytest.raises(InputError) as caught:
        guard.call(function, path)
    assert str(caught.value).startswith("laporan.xlsx: the file is damaged")
    assert "Budi" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_processor_time_is_limited():
    with pytest.raises(InputError, match="processor time"):
        guard.call(spin, 1, cpu_seconds=1)


def test_wall_clock_time_is_limited():
    with pytest.raises(InputError, match=r"longer than 0\.5 s"):
        guard.call(sleep, 1, wall_seconds=0.5)


def test_memory_is_limited():
    with pytest.raises(InputError, match="512 MiB of memory"):
        guard.call(hog, 1, memory_bytes=512 << 20)


def test_the_answer_is_limited():
    with pytest.raises(InputError, match="larger than 4 MiB"):
        guard.call(flood, 1, result_bytes=4 << 20)


def test_reads_the_file_of_its_argument_and_no_other(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "in.txt").write_text("content")
    assert guard.call(read_it, tmp_path / "in.txt") == "content"
    assert guard.call(read_it, str(tmp_path / "in.txt")) == "content"
    if not has_landlock():
        pytest.skip("this kernel has no Landlock")
    with pytest.raises(InputError, match="PermissionError"):
        guard.call(read_other, tmp_path / "in.txt")


def can_read(_, paths):
    """Tell which of the files and folders can be read in the child."""
    found = []
    for path in map(Path, paths):
        try:
            found.append(any(True for _ in path.iterdir()) if path.is_dir() else path.read_bytes())
        except OSError:
            continue
        found[-1] = str(path)
    return found


def test_the_system_the_checkout_and_the_working_directory_cannot_be_read(tmp_path, monkeypatch):
    if not has_landlock():
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "geo_pora.toml").write_text("secret_key = 'x'")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "geo_pora.sqlite").write_text("reports")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    checkout = Path(process.__file__).parents[2]
    paths = [
        *("/etc/passwd", "/etc", "/etc/hostname", "/", "/root", "/home", "/var", "/tmp", "/usr"),
        *("/proc/1/environ", "/proc/self/root/etc/passwd", "/proc/self/cwd/geo_pora.toml"),
        *("geo_pora.toml", "var", "var/geo_pora.sqlite", ".", str(tmp_path / "geo_pora.toml")),
        *(str(checkout), str(checkout / "pyproject.toml"), str(checkout / "webmap/config.py")),
        *(str(checkout / "var"), str(checkout / ".git/config")),
    ]
    # in a list they are no names of files to read; as a text, a relative one is none either
    assert guard.call(can_read, "geo_pora.toml", paths) == []
    assert guard.call(can_read, Path("geo_pora.toml"), ["geo_pora.toml"]) == ["geo_pora.toml"]


def truncate_native(path):
    return ctypes.CDLL(None).truncate(os.fsencode(Path(path).with_name("other.txt")), 0)


def execute_native(_):
    """Ends with status 0, and so without an answer, if a program can be run."""
    ctypes.CDLL(None).execv(b"/bin/true", (ctypes.c_char_p * 2)(b"true", None))
    return "refused"


def signal_parent(_):
    return ctypes.CDLL(None).kill(os.getppid(), 0)


def test_a_parser_that_was_taken_over_truncates_and_runs_nothing_and_signals_nobody(tmp_path):
    (tmp_path / "in.txt").write_text("content")
    (tmp_path / "other.txt").write_text("content")
    if not has_landlock():
        pytest.skip("this kernel has no Landlock")
    assert guard.call(execute_native, 1) == "refused"
    if landlock_version() >= 3:
        assert guard.call(truncate_native, tmp_path / "in.txt") == -1
        assert (tmp_path / "other.txt").read_text() == "content"
    if landlock_version() >= 6:
        assert guard.call(signal_parent, 1) == -1


@pytest.mark.parametrize("function", [write_beside, grow])
def test_writes_nothing(function, tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("content")
    with pytest.raises(InputError):
        guard.call(function, path)
    assert path.read_text() == "content"
    if has_landlock():
        assert sorted(p.name for p in tmp_path.iterdir()) == ["in.txt"]


def test_opens_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        with pytest.raises(InputError, match="PermissionError"):
            guard.call(connect, list(server.getsockname()))
        if has_namespaces():
            assert guard.call(connect_native, server.getsockname()[1]) == -1
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_environment_holds_no_secret(monkeypatch):
    monkeypatch.setenv("GEO_PORA_DATABASE_URL", "postgresql://user:secret@host/db")
    assert "secret" not in json.dumps(guard.call(surroundings, 1))


def test_noise_on_standard_output_does_not_spoil_the_answer():
    assert guard.call(shout, 1) == "answer"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff" * 64,
        (5).to_bytes(8, "little") + b"[[[[[",
        (1 << 62).to_bytes(8, "little") + b"{}",
        (2 << 17).to_bytes(8, "little") + b"[" * (2 << 17),
        (53).to_bytes(8, "little")
        + b'{"kind":"result","tree":{"table":0,"kind":"Table"},"sizes":[9]}',
        b"\x80\x04\x95csys\nexit\n.",
    ],
)
def test_a_forged_answer_is_refused(answer):
    with pytest.raises(InputError, match="damaged"):
        process._result(answer, 0, "x.xlsx", {"cpu": 1, "memory": 1})


def test_a_forged_error_cannot_name_another_class():
    told = json.dumps({"kind": "error", "error": "annotations", "message": "m"}).encode()
    with pytest.raises(InputError):
        process._result(len(told).to_bytes(8, "little") + told, 0, "x", {"cpu": 1, "memory": 1})


@pytest.mark.hostile
@pytest.mark.parametrize("name", ["bomb_200MB_single.zip", "symlink.zip"])
def test_bad_archives_are_refused(shared, name):
    with pytest.raises(InputError, match=f"^{name}: "):
        guard.check_zip(shared / "hostile/generated/zip" / name, unpacked_bytes=100 << 20)


def archive_of(path, **entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_plain_archive_passes(tmp_path):
    guard.check_zip(archive_of(tmp_path / "a.zip", **{"x/a.txt": "a", "b.txt": "b" * 1000}))


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt", "x/../../a.txt", "c:\\a.txt"])
def test_an_archive_that_leaves_its_folder_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="outside"):
        guard.check_zip(archive_of(tmp_path / "a.zip", **{name: "a"}))


def test_overlapping_entries_are_refused(tmp_path):
    path = archive_of(tmp_path / "a.zip", **{"a.txt": "a" * 50, "b.txt": "b" * 50})
    content = path.read_bytes()
    start = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)  # b's central entry
    path.write_bytes(content[: start + 42] + bytes(4) + content[start + 46 :])
    with pytest.raises(InputError, match=r"overlap|damaged"):
        guard.check_zip(path)


def test_too_many_entries_are_refused(tmp_path):
    path = archive_of(tmp_path / "a.zip", **{f"{n}.txt": "" for n in range(12)})
    with pytest.raises(InputError, match="12 files"):
        guard.check_zip(path, entries=10)


def landlock_version() -> int:
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)


def has_landlock() -> bool:
    return landlock_version() > 0


def has_namespaces() -> bool:
    code = "import ctypes; l = ctypes.CDLL(None); exit(l.unshare(1<<30) and l.unshare(5<<28))"
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
