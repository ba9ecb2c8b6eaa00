"""A map as one HTML file that opens without a network, and the parts of a map for the app."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely

from geo_pora.disclosure import HIDDEN, NO_DATA, ZERO, Audience
from geo_pora.maps import assets
from geo_pora.maps.figure import LocalFigure, LocalMap, MapParts, Style, area_layer
from geo_pora.maps.figures import Figures

HERE = Path(__file__).resolve().parent
INDICATIVE = "Batas indikatif, bukan batas resmi"
MEASURES = {
    "persons": "orang asing yang dilaporkan berada",
    "arrivals": "kedatangan orang asing",
    "departures": "keberangkatan orang asing",
    "reports": "laporan",
}
LEVELS = {"regency": "kabupaten", "district": "kecamatan", "village": "desa/kelurahan"}
_SPECIAL_FILL = {HIDDEN: "url(#gp-hidden)", ZERO: "#f7f6f1", NO_DATA: "url(#gp-no-data)"}


def layer_parts(areas: gpd.GeoDataFrame, level: str) -> MapParts:
    """Return the parts of a map with one unpainted layer, for a page that paints it.

    The scripts make `map_geopora` and `geo_json_<level>`; the page adds the
    layer to the map, so that levels can be loaded one by one.

    Parameters
    ----------
    areas : GeoDataFrame
        `code` and `geometry` (EPSG:4326), simplified for display.
    level : str
    """
    leaflet_map = LocalMap(tuple(areas.total_bounds))
    area_layer(areas, level, show=False).add_to(leaflet_map)
    return _parts(leaflet_map)


def label_points(areas: gpd.GeoDataFrame) -> list[list[float]]:
    """Return latitude and longitude of a point well inside each area, for its label."""
    rings = shapely.maximum_inscribed_circle(areas.geometry.to_numpy(), tolerance=0.002)
    centres = shapely.get_point(rings, 0)
    pairs = np.column_stack([shapely.get_y(centres), shapely.get_x(centres)])
    return [[round(float(lat), 4), round(float(lon), 4)] for lat, lon in pairs]


def standalone(
    figures: Figures,
    areas: gpd.GeoDataFrame,
    *,
    level: str,
    period: str,
    measure: str = "persons",
    title: str | None = None,
    sources: str = "Laporan Tim PORA",
    made_on: dt.date | None = None,
    audience: Audience = Audience.RELEASE,
    indicative: bool = True,
    per_km2: bool = False,
    hides_zeros: bool = False,
) -> str:
    """Return a map as one HTML file that opens offline.

    Parameters
    ----------
    figures : Figures
        From `figures`, of a table that passed the gate.
    areas : GeoDataFrame
        The same areas, simplified for display.
    level : {'regency', 'district', 'village'}
    period : str
        The period as a person reads it: "Januari sampai Maret 2026".
    measure : str
    title : str, optional
        Made of measure and level by default.
    sources : str
        What the figures come from.
    made_on : datetime.date, optional
        Today by default.
    audience : Audience
        A map for the team says that it must stay with the team.
    indicative : bool
        Whether the boundaries are indicative.
    per_km2 : bool
        Whether the figures are per square kilometre.
    hides_zeros : bool
        Whether a hidden count may be zero.

    Returns
    -------
    str
        HTML with everything inlined under a policy that allows exactly that.

    Raises
    ------
    UnavailableError
        If the scripts were not built.
    """
    fills = dict(zip(figures.cells["code"], _fills(figures), strict=True))
    leaflet_map = LocalMap(tuple(areas.total_bounds))
    area_layer(areas, level, style=lambda code: _path_style(fills[code])).add_to(leaflet_map)
    parts = _parts(leaflet_map)
    unit = MEASURES.get(measure, measure) + (" per km²" if per_km2 else "")
    labels = {
        "hidden": "jumlah kecil, disembunyikan"
        if figures.hidden_label == "disembunyikan"
        else f"disembunyikan ({figures.hidden_label})",
        "zero": "nol",
        "no_data": "tidak ada data",
        "unit": unit,
        "north": "Arah utara",
    }
    data = {
        **figures.as_dict(),
        "codes": list(figures.cells["code"]),
        "names": [_plain(name) for name in figures.cells["name"]],
        "points": label_points(areas),
        "bounds": [round(float(edge), 4) for edge in areas.total_bounds],
        "layer": f"geo_json_{level}",
        "labels": labels,
    }
    return _compose(
        parts,
        data,
        title=title or f"Peta {unit} per {LEVELS.get(level, level)}",
        period=period,
        unit=unit,
        level=LEVELS.get(level, level),
        sources=sources,
        made_on=(made_on or dt.date.today()).strftime("%d-%m-%Y"),
        for_team=audience is Audience.TEAM,
        hides_zeros=hides_zeros,
        indicative=INDICATIVE if indicative else "",
    )


def _parts(leaflet_map: LocalMap) -> MapParts:
    figure = leaflet_map.get_root()
    assert isinstance(figure, LocalFigure)
    return figure.parts()


def _fills(figures: Figures) -> list[str]:
    colours = [one.colour for one in figures.classes.classes]
    return [
        colours[place] if place >= 0 else _SPECIAL_FILL.get(status, _SPECIAL_FILL[ZERO])
        for status, place in zip(figures.cells["status"], figures.cells["cls"], strict=True)
    ]


def _path_style(fill: str) -> Style:
    return {"color": "#5b6770", "weight": 0.8, "fillColor": fill, "fillOpacity": 1}


def _plain(name: Any) -> str:
    return "" if pd.isna(name) else str(name)


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(HERE)
    return jinja2.Environment(loader=loader, autoescape=True).get_template("standalone.html")


def _compose(parts: MapParts, data: dict[str, Any], **words: Any) -> str:
    """Put the parts into one page whose policy allows these scripts and no other."""
    local = {link: assets.find(link).read_text("utf-8") for link in parts.links}
    leaflet = [text for link, text in local.items() if link.endswith(".js")]
    own = (HERE / "choropleth.js").read_text("utf-8"), (HERE / "standalone.js").read_text("utf-8")
    scripts = [re.sub(r"//# sourceMappingURL=\S*", "", text) for text in (*leaflet, parts.script)]
    styles = [text for link, text in local.items() if link.endswith(".css")]
    # Images that the stylesheet names belong to controls that this map does not have.
    style = re.sub(r"url\([^)#]*\)", "none", "\n".join(styles)) + parts.style
    style += (HERE / "choropleth.css").read_text("utf-8")
    style += (HERE / "standalone.css").read_text("utf-8")
    module = "\n".join(own)
    return _template().render(
        map_html=parts.html,
        scripts=scripts,
        module=module,
        style=style,
        policy="; ".join(
            [
                "default-src 'none'",
                f"script-src {' '.join(_hash(text) for text in (*scripts, module))}",
                f"style-src {_hash(style)}",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
        # A closing tag inside a name must not end the block.
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        labels=data["labels"],
        **words,
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
