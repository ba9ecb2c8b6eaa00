"""Boundary files from an https address: bounded, only from public hosts, shown before use."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import re
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from geo_pora.errors import GeoPoraError, InputError, UnavailableError

MAX_BYTES = 1 << 30
MAX_REDIRECTS = 4
MAX_SECONDS = 1800
_TIMEOUT_S = 30
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Download:
    """A file that was fetched, to be shown before it is used.

    Attributes
    ----------
    path : Path
        Where it is until the context ends.
    address : str
        Where it came from in the end.
    size : int
        Its bytes.
    sha256 : str
        Its checksum in hexadecimal.
    """

    path: Path
    address: str
    size: int
    sha256: str


class _Pinned(http.client.HTTPSConnection):
    """A connection to the very host that was judged, whatever its name resolves to later."""

    def connect(self) -> None:
        found = socket.create_connection((public_host(self.host, self.port), self.port), _TIMEOUT_S)
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(found, server_hostname=self.host)


def is_address(text: str) -> bool:
    """Tell whether an argument is meant as an address and not as a file."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def public_host(host: str, port: int) -> str:
    """Return an internet address of a host, if all of its addresses are public.

    Raises
    ------
    InputError
        If the name leads into a private network, or to this machine.
    UnavailableError
        If it cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnavailableError(
            f"{host[:80]} cannot be found: check the address and the network"
        ) from None
    addresses = [str(info[4][0]).partition("%")[0] for info in found]
    for address in addresses:
        known = ipaddress.ip_address(address)
        mapped = getattr(known, "ipv4_mapped", None) or known
        if not mapped.is_global or mapped.is_multicast:
            raise InputError(f"{host[:80]} is not a public host: download the file yourself")
    return addresses[0]


@contextmanager
def fetch(address: str, *, sha256: str = "", max_bytes: int = MAX_BYTES) -> Iterator[Download]:
    """Fetch a file over https into a temporary folder, which goes when the context ends.

    Parameters
    ----------
    address : str
        `https://...`; redirects are followed within https, to public hosts only.
    sha256 : str, optional
        Checksum that the file must have.
    max_bytes : int
        Largest size that is fetched.

    Yields
    ------
    Download

    Raises
    ------
    InputError
        For an address that is refused, a file too large, or another checksum.
    UnavailableError
        If the host does not answer as it should.
    """
    with tempfile.TemporaryDirectory(prefix="geo-pora-") as folder:
        try:
            path, final = _save(address, Path(folder), max_bytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, GeoPoraError):
                raise
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise UnavailableError(
                f"{_shown(address)} cannot be fetched ({reason}): download it yourself"
            ) from None
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if sha256 and digest != sha256.strip().lower():
            raise InputError(f"{_shown(address)}: its SHA-256 is {digest}, not the one expected")
        yield Download(path, final, path.stat().st_size, digest)


def _save(address: str, folder: Path, max_bytes: int) -> tuple[Path, str]:
    """Follow redirects and save the answer; returns its path and where it came from."""
    deadline = time.monotonic() + MAX_SECONDS
    for _ in range(MAX_REDIRECTS + 1):
        with closing(_connect(address)) as connection:
            response = connection.getresponse()
            if response.status in (301, 302, 303, 307, 308):
                address = urljoin(address, response.headers.get("Location", ""))
                continue
            if response.status != 200:
                raise UnavailableError(
                    f"{_shown(address)} answers {response.status}: check the address, or "
                    "download it yourself"
                )
            path = folder / _file_name(address, response)
            _copy(response, path, max_bytes, deadline)
            return path, address
    raise InputError(f"{_shown(address)}: redirected too often; download it yourself")


def _connect(address: str) -> _Pinned:
    """Send the request for one address, after refusing what must not be asked for."""
    parts = urlsplit(address)
    if parts.scheme.lower() != "https" or not parts.hostname:
        raise InputError(f"{_shown(address)}: only https addresses are fetched")
    if parts.username or parts.password:
        raise InputError(f"{parts.hostname}: an address must not hold a user or password")
    connection = _Pinned(parts.hostname, parts.port or 443, timeout=_TIMEOUT_S)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    connection.request("GET", target, headers={"User-Agent": "geo-pora", "Accept": "*/*"})
    return connection


def _copy(response: http.client.HTTPResponse, path: Path, most: int, deadline: float) -> None:
    size = 0
    with path.open("xb") as stream:
        while chunk := response.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise InputError(f"{path.name}: larger than {most >> 20} MiB; download it yourself")
            if time.monotonic() > deadline:
                raise UnavailableError(f"{path.name}: too slow; download it yourself")
            stream.write(chunk)
    if response.length:
        raise UnavailableError(f"{path.name}: the download broke off; try again")


def _file_name(address: str, response: http.client.HTTPResponse) -> str:
    """Return a plain file name: what the server calls it, else the end of the address."""
    said = PurePosixPath((response.headers.get_filename() or "").replace("\\", "/")).name
    last = PurePosixPath(unquote(urlsplit(address).path)).name
    name = said if PurePosixPath(said).suffix else last
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")[-80:] or "download"


def _shown(address: str) -> str:
    """Return an address without what may be a secret in its query."""
    return "".join(c for c in address.partition("?")[0] if c.isprintable())[:120]
