"""The child's side: give up what a parser does not need, run the function, answer."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import json
import os
import pickle
import signal
import stat
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any, NoReturn

from geo_pora.guard import wire


def run() -> NoReturn:
    """Give up what a parser does not need, run the function, answer, end at once."""
    limits, readable, (module, qualname), args, kwargs = pickle.load(sys.stdin.buffer)  # noqa: S301 - sent by our parent
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _cut_off([*_libraries(module), *readable])
    _limit(limits)
    parts: list[bytes] = []
    try:
        function = getattr(importlib.import_module(module), qualname)
        tree = wire.pack(function(*args, **kwargs), parts)
        head = {"kind": "result", "tree": tree, "sizes": [len(part) for part in parts]}
        encoded = json.dumps(head).encode("utf-8", "backslashreplace")
    except BaseException as error:  # a crash of any kind is told to the parent, which decides
        parts = []
        told = {"kind": "error", "error": type(error).__name__, "message": str(error)[:2000]}
        encoded = json.dumps(told).encode()
    with open(out, "wb") as pipe:  # noqa: PTH123 - a file descriptor
        pipe.write(len(encoded).to_bytes(8, "little") + encoded)
        for part in parts:
            pipe.write(part)
    os._exit(0)


def _limit(limits: dict[str, int]) -> None:
    import resource

    cpu = limits["cpu"]
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 128, 128),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
    ):
        most = resource.getrlimit(what)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(what, (soft, hard))


_REFUSED = ("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.system", "pty.")


def _refuse(event: str, _: Any) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"{event} is not for a parser")


def _cut_off(readable: list[str]) -> None:
    """No network, no writing, no other files, no survivors: as far as the kernel can."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_user, new_net = 0x10000000, 0x40000000
    # root needs no user namespace, and in one it could not read another user's file
    if libc.unshare(new_net) != 0:
        libc.unshare(new_user | new_net)
    set_parent_death_signal, set_no_new_privileges = 1, 38
    libc.prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)
    libc.prctl(set_no_new_privileges, 1, 0, 0, 0)
    _landlock(libc, readable)
    sys.addaudithook(_refuse)


def _landlock(libc: ctypes.CDLL, readable: list[str]) -> None:
    """Allow reading of `readable` and nothing else (Linux 5.13); no writing, no programs.

    A kernel that knows more of Landlock also forbids truncating (6.2), TCP (6.7), and signals
    and abstract sockets to processes outside (6.12).
    """
    create_ruleset, add_rule, restrict_self = 444, 445, 446  # the same numbers everywhere
    version = libc.syscall(create_ruleset, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    rights = [13, 14, 15, 15, 16][min(version, 5) - 1]  # how many kinds of access it knows
    everything = (1 << rights) - 1
    handled = (ctypes.c_uint64 * 3)(everything, 0b11, 0b11)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = libc.syscall(create_ruleset, handled, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return
    read_file, read_dir = 4, 8
    for path in readable:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = read_file | (read_dir if stat.S_ISDIR(os.fstat(descriptor).st_mode) else 0)
        rule = allowed.to_bytes(8, "little") + descriptor.to_bytes(4, "little")
        libc.syscall(add_rule, ruleset, 1, rule, 0)
        os.close(descriptor)
    libc.syscall(restrict_self, ruleset, 0)
    os.close(ruleset)


# What the loader, the zones and the libraries need of the system: not /etc, not /usr/share.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"),
    *("/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/usr/share/zoneinfo"),
    *("/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies"),
    *("/usr/share/proj", "/usr/share/gdal"),
    *("/proc/self", "/dev/null", "/dev/urandom"),
)


def _libraries(module: str) -> Iterator[str]:
    """Yield what may be read beside the named files: the system's, Python's and our own code.

    An entry of `sys.path` that is a folder of work, such as a checkout or the working directory,
    holds data too: of it only the package of the function is readable.
    """
    yield from _SYSTEM
    yield from {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    for entry in filter(os.path.isdir, sys.path):
        # where packages were installed, wherever that is
        if any(name.endswith(".dist-info") for name in os.listdir(entry)):  # noqa: PTH208
            yield entry
    for name in {"geo_pora", module.partition(".")[0]}:
        # Looking it up now also lists its folder, which cannot be listed any more later.
        spec = importlib.util.find_spec(name)
        if spec is not None:
            yield from spec.submodule_search_locations or [str(spec.origin)]
