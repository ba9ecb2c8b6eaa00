"""Where the map's scripts and styles lie on this machine; none is ever fetched from elsewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from geo_pora.errors import UnavailableError

# What folium links to, and the package and file that answer it here. A link
# that none of these patterns knows stops the build of the map.
_LINKS = (
    (re.compile(r"leaflet@[\d.]+/dist/leaflet\.js$"), ("leaflet", "leaflet.js")),
    (re.compile(r"leaflet@[\d.]+/dist/leaflet\.css$"), ("leaflet", "leaflet.css")),
)


def local_name(link: str) -> str:
    """Return `package/file` for a link that folium writes.

    Raises
    ------
    UnavailableError
        If no installed package answers the link.
    """
    for pattern, (package, file) in _LINKS:
        if pattern.search(link):
            return f"{package}/{file}"
    raise UnavailableError(
        f"the map asks for {link[:120]!r}, which is not served from this host: "
        "add the package to webmap/package.json and its link to geo_pora/maps/assets.py"
    )


def vendor_folder() -> Path:
    """Return the folder of the built scripts and styles, beside the app's other static files."""
    spec = importlib.util.find_spec("webmap")
    places = list(spec.submodule_search_locations or []) if spec else []
    places.append(str(Path(__file__).resolve().parents[2] / "webmap"))
    for place in places:
        folder = Path(place, "static", "vendor")
        if folder.is_dir():
            return folder
    raise UnavailableError("the map's scripts are not built: run `make assets` once")


def find(name: str, folder: Path | None = None) -> Path:
    """Return the built file of `package/file`, of the newest version there is.

    Parameters
    ----------
    name : str
        As `local_name` returns it: `leaflet/leaflet.js`.
    folder : Path, optional
        Folder of the built files; by default the app's.

    Raises
    ------
    UnavailableError
        If the scripts were not built.
    """
    package, file = name.split("/")
    found = sorted((folder or vendor_folder()).glob(f"{package}-*/{file}"))
    if not found:
        raise UnavailableError(f"{file} of the map is not built: run `make assets` once")
    return found[-1]
