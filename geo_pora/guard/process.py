"""The parent's side: start the child, send the request, bound and judge the answer."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from geo_pora import errors
from geo_pora.errors import GeoPoraError, InputError
from geo_pora.guard import wire

_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from geo_pora.guard import child; child.run()"
)
_MESSAGE_CHARACTERS = 500


def call(
    function: Callable[..., Any],
    *args: Any,
    cpu_seconds: int = 30,
    memory_bytes: int = 1 << 30,
    wall_seconds: float = 60,
    result_bytes: int = 1 << 30,
    **kwargs: Any,
) -> Any:
    """Run a function in a child process that is limited and cut off.

    Parameters
    ----------
    function : callable
        A function at the top of an importable module. Files it reads are named by its
        arguments: each `Path`, and each `str` that is an absolute path, that exists can be
        read, nothing else.
    *args, **kwargs
        Its arguments; anything that can be pickled.
    cpu_seconds : int
        Processor time that the child may use.
    memory_bytes : int
        Address space of the child. About 60 MB are the interpreter, 250 MB more with pyarrow.
    wall_seconds : float
        Time after which the child is killed.
    result_bytes : int
        Largest answer that is accepted.

    Returns
    -------
    object
        What the function returned; see the text of `geo_pora.guard` for the types that travel.

    Raises
    ------
    GeoPoraError
        Raised by the function itself; class and message are kept.
    InputError
        If the child raised anything else, was killed, crashed, or ran out of time or memory.
        The sentence names the file and never holds its content.
    """
    name = next((Path(arg).name for arg in _paths(args, kwargs)), "the input")
    limits = {"cpu": cpu_seconds, "memory": memory_bytes}
    readable = [str(Path(arg).resolve()) for arg in _paths(args, kwargs)]
    target = (function.__module__, function.__qualname__)
    request = pickle.dumps((limits, readable, target, args, kwargs))
    with subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-I", "-c", _BOOT, json.dumps(_import_path())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    ) as child:
        try:
            answer = _converse(child, request, time.monotonic() + wall_seconds, result_bytes)
            status = child.wait(timeout=10)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise InputError(
                f"{name}: reading took longer than {wall_seconds:g} s and was stopped; "
                "split the file or save it in a simpler form"
            ) from None
        except OverflowError:
            raise InputError(
                f"{name}: the content is larger than {result_bytes >> 20} MiB; split the file"
            ) from None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
    return _result(answer, status, name, limits)


def _paths(args: Iterable[Any], kwargs: dict[str, Any]) -> Iterable[str | Path]:
    for value in [*args, *kwargs.values()]:
        if isinstance(value, Path):
            yield value
        # A relative one may be the name of a zip's entry, which its sender chose.
        elif isinstance(value, str) and value.startswith("/") and len(value) < 4096:
            with contextlib.suppress(OSError, ValueError):
                if os.path.exists(value):  # noqa: PTH110 - Path() of any text is dearer
                    yield value


def _import_path() -> list[str]:
    # An empty entry is the working directory, which holds data and perhaps modules of others.
    found = [str(Path(entry).resolve()) for entry in sys.path if entry]
    ours = str(Path(__file__).resolve().parents[2])
    return found if ours in found else [*found, ours]


def _environment() -> dict[str, str]:
    """Return the child's whole environment: one thread, since arenas count as memory."""
    return {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


def _converse(
    child: subprocess.Popen[bytes], request: bytes, deadline: float, result_bytes: int
) -> bytes:
    """Send the request and read the answer: bounded in time and size."""
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(request)
        child.stdin.flush()
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()
    chunks: list[bytes] = []
    size = 0
    poll = select.poll()
    poll.register(child.stdout, select.POLLIN | select.POLLHUP)
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError
        chunk = os.read(child.stdout.fileno(), 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
        if size > result_bytes:
            raise OverflowError


def _result(answer: bytes, status: int, name: str, limits: dict[str, int]) -> Any:
    broken = f"{name}: the file is damaged or is not what its name says"
    try:
        length = int.from_bytes(answer[:8], "little")
        head = json.loads(answer[8 : 8 + length])
        if head["kind"] == "result":
            return wire.unpack(head["tree"], answer[8 + length :], head["sizes"])
        kind, message = str(head["error"]), str(head["message"])
    except GeoPoraError:
        raise
    except Exception:
        if status == -signal.SIGXCPU:
            broken = f"{name}: reading used more than {limits['cpu']} s of processor time"
        elif status < 0:  # native code ends the process where it gets no memory
            broken += f", or needs more than {limits['memory'] >> 20} MiB of memory"
        raise InputError(f"{broken}; open it, save it anew and send that file") from None
    if kind in ("MemoryError", "ArrowMemoryError"):
        raise InputError(
            f"{name}: reading needs more than {limits['memory'] >> 20} MiB of memory; "
            "split the file or save it as CSV"
        )
    error = getattr(errors, kind, None)
    if isinstance(error, type) and issubclass(error, GeoPoraError):
        line = " ".join(message.split())[:_MESSAGE_CHARACTERS]
        raise error("".join(c for c in line if c.isprintable()))
    raise InputError(f"{broken} ({kind[:40]}); open it, save it anew and send that file")
