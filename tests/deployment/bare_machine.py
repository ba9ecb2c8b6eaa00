"""A machine to throw away, on which the page of the deployment can be typed as it stands.

It has the programs of this machine, and everything else of its own: what is written under /etc,
/opt or /var goes to memory, and its processes, its network and what it mounted are in namespaces
that end with it. Nothing of it is left, and nothing of this machine changes.

What stands in for a network and for systemd is in `stand_ins/`. Run as a program, this file is the
first process of such a machine: it reads scripts, runs each, and writes what came of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).resolve().parent / "stand_ins"
NAMESPACES = [
    *("unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc"),
]
WRITTEN = ("/etc", "/opt", "/root", "/srv", "/tmp", "/usr/local", "/var")
REPOSITORY = Path("/srv/geo-pora")
HOME = Path("/run/root")  # /root may have to be opened to the app, for Python's sake
SECONDS = 300
# What `make` does first, and what not every machine allows.
PROBE = """
mount -t tmpfs tmpfs /run && mkdir /run/upper /run/work &&
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work overlay /etc
"""


class Machine:
    """The machine, from outside."""

    def __init__(self, as_root: list[str]) -> None:
        self._first = subprocess.Popen(
            [*as_root, *NAMESPACES, sys.executable, "-B", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script as root types it, in a new shell that stops at the first failure."""
        assert self._first.stdin is not None
        assert self._first.stdout is not None
        self._first.stdin.write(json.dumps([script, stdin]) + "\n")
        self._first.stdin.flush()
        answer = self._first.stdout.readline()
        assert answer, "the machine could not be made, or its first process ended"
        status, out, err = json.loads(answer)
        return subprocess.CompletedProcess(script, status, out, err)

    def says(self, script: str, stdin: str = "") -> str:
        """Run a script that has to end well; return what it says."""
        done = self.run(script, stdin)
        if done.returncode:
            logs = self.run("tail -n 20 /var/log/geo-pora*").stdout
            raise AssertionError("\n".join([script, done.stdout, done.stderr[-4000:], logs]))
        return done.stdout

    def end(self) -> None:
        """End its first process, and with it every other."""
        self._first.communicate(timeout=60)


def as_root() -> list[str] | None:
    """Return what makes a command root's with namespaces of its own, [] if nothing is needed."""
    for prefix in ([], ["sudo", "-n"]):
        if prefix and shutil.which(prefix[0]) is None:
            continue
        probe = [*prefix, *NAMESPACES, "sh", "-c", PROBE]
        if subprocess.run(probe, capture_output=True).returncode == 0:
            return prefix
    return None


def make() -> None:
    """Give the namespaces their files, a loopback, and a repository to clone."""
    for folder in ("/run", "/dev/shm"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder], check=True)
    Path("/run").chmod(0o755)
    for folder in WRITTEN:
        write_to_memory(Path(folder))
    for path in (sys.base_prefix, sysconfig.get_path("purelib")):
        let_everybody_reach(Path(path))
    HOME.mkdir(mode=0o700)
    forget_services()
    start_loopback()
    fill_repository()


def write_to_memory(folder: Path) -> None:
    layers = Path("/run/layers") / str(folder).strip("/").replace("/", "-")
    for layer in ("upper", "work"):
        (layers / layer).mkdir(parents=True)
    shutil.copystat(folder, layers / "upper")
    about = f"lowerdir={folder},upperdir={layers / 'upper'},workdir={layers / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "-o", about, "overlay", str(folder)], check=True)


def let_everybody_reach(path: Path) -> None:
    """Open the folders above a path, which may be in somebody's home, to the account of the app."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            if not any(folder.is_relative_to(written) for written in WRITTEN):
                write_to_memory(folder)
            folder.chmod(0o755)


def forget_services() -> None:
    """Have no database and no site, as a machine on which neither was installed."""
    of_nginx = [Path("/etc/nginx", folder) for folder in ("conf.d", "sites-enabled")]
    for folder in (Path("/etc/postgresql"), Path("/var/lib/postgresql"), *of_nginx):
        for entry in folder.glob("*"):
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "default":  # the page that nginx comes with
                entry.unlink()


def start_loopback() -> None:
    set_flags, up = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", up))


def fill_repository() -> None:
    """Put this checkout, as it is, into a repository; commits to it are upgrades to fetch."""
    left_out = shutil.ignore_patterns(
        *(".git", ".venv*", "var", "vendor", "node_modules", "__pycache__", ".*_cache", "*.mo")
    )
    shutil.copytree(ROOT, REPOSITORY, ignore=left_out)
    git = ["git", "-C", str(REPOSITORY)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "config", "user.name", "geo_pora"], check=True)
    subprocess.run([*git, "config", "user.email", "tests@example.org"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "As tested"], check=True)


def run(script: str, stdin: str) -> tuple[int, str, str]:
    """Run one script; meanwhile bury, as a first process must, whoever has lost its parent."""
    environment = {
        "PATH": f"{STAND_INS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(HOME),
        # What the stand-ins take instead of fetching it.
        "STAND_IN_PYTHON": sys.executable,
        "STAND_IN_CHECKOUT": str(ROOT),
    }
    command = ["timeout", str(SECONDS), "bash", "-e", "-o", "pipefail", "-c", script]
    with (
        tempfile.TemporaryFile("w+") as into,
        tempfile.TemporaryFile("w+", errors="replace") as out,
        tempfile.TemporaryFile("w+", errors="replace") as err,
    ):
        into.write(stdin)
        into.seek(0)
        process = subprocess.Popen(
            command, cwd=HOME, env=environment, stdin=into, stdout=out, stderr=err
        )
        gone = status = 0
        while gone != process.pid:
            gone, status = os.wait()
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        return process.returncode, out.read(), err.read()


def serve() -> None:
    make()
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
