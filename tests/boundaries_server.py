"""Parses boundary files for the tests in forks of one process that has its imports done.

What a fresh guarded child costs is mostly its imports. That child is tested in
tests/test_guard.py, tests/test_boundaries_hostile.py and tests/hostile; where a test is
about what becomes of a file's content, `quick` parses it with the same function of ours.
"""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from geo_pora.guard import wire


@cache
def _server() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    atexit.register(process.kill)
    return process


def quick(
    function: Callable[..., Any],
    *args: Any,
    cpu_seconds: int = 0,
    memory_bytes: int = 0,
    wall_seconds: float = 0,
    **kwargs: Any,
) -> Any:
    """Stand in for `guard.call`: the same function in a fork of its own, without limits."""
    server = _server()
    assert server.stdin
    assert server.stdout
    _write(server.stdin, (function, args, kwargs))
    done, value = _read(server.stdout)
    if not done:
        raise value
    parts: list[bytes] = []
    tree = wire.pack(value, parts)
    return wire.unpack(tree, b"".join(parts), [len(part) for part in parts])


def _write(stream: Any, value: Any) -> None:
    content = pickle.dumps(value)
    stream.write(len(content).to_bytes(8, "little") + content)
    stream.flush()


def _read(stream: Any) -> Any:
    return pickle.loads(stream.read(int.from_bytes(stream.read(8), "little")))


def _serve() -> None:
    import pyarrow.parquet  # noqa: F401 - what the forks need, but for GDAL

    import geo_pora.boundaries.parsing  # noqa: F401

    with os.fdopen(os.dup(1), "wb") as out:
        while True:
            try:
                function, args, kwargs = _read(sys.stdin.buffer)
            except EOFError:
                return
            child = os.fork()
            if not child:
                try:
                    answer = (True, function(*args, **kwargs))
                except Exception as error:
                    answer = (False, error)
                _write(out, answer)
                os._exit(0)
            os.waitpid(child, 0)


if __name__ == "__main__":
    _serve()
