"""Disclosed tables to maps; the only room that knows folium.

Folium gets geometry, opaque ids, numbers and colours. Names, titles and notes
reach a page as JSON or as escaped HTML of the page's own, never through folium.
"""

from geo_pora.maps.assets import find as find_asset
from geo_pora.maps.classes import SCHEMES, Classes, MapClass, classify
from geo_pora.maps.figure import LocalMap, MapParts, area_layer
from geo_pora.maps.figures import Figures, figures
from geo_pora.maps.page import INDICATIVE, label_points, layer_parts, standalone

__all__ = [
    "INDICATIVE",
    "SCHEMES",
    "Classes",
    "Figures",
    "LocalMap",
    "MapClass",
    "MapParts",
    "area_layer",
    "classify",
    "figures",
    "find_asset",
    "label_points",
    "layer_parts",
    "standalone",
]
