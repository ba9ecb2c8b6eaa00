"""The style that QGIS reads from a GeoPackage: classes of what is published, hatched where hidden.

Class breaks are made of published values alone, so that they tell nothing
about a hidden one.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from geo_pora.disclosure import HIDDEN, NONE_OR_INSUFFICIENT

_RAMP = ("#c7e9b4", "#7fcdbb", "#2c7fb8", "#253494")  # ColorBrewer YlGnBu
_HOT = {
    "hot99": ("#b35806", "Titik rawan (99%)"),
    "hot95": ("#e08214", "Titik rawan (95%)"),
    "hot90": ("#fdb863", "Titik rawan (90%)"),
    "none": ("#f7f7f7", "Tidak menonjol"),
    "cold90": ("#d8daeb", "Di bawah harapan (90%)"),
    "cold95": ("#b2abd2", "Di bawah harapan (95%)"),
    "cold99": ("#8073ac", "Di bawah harapan (99%)"),
    "insufficient": ("#ffffff", "Data belum cukup"),
    NONE_OR_INSUFFICIENT: ("#eeeeee", "Tidak menonjol atau data belum cukup"),
    HIDDEN: ("#9a9a9a", "Disembunyikan"),
}


def hot_spot_classes() -> str:
    """Return what each class of hot spots means, for the notes of a file."""
    return "; ".join(f"{name}: {label.lower()}" for name, (_, label) in _HOT.items())


def qml(frame: pd.DataFrame) -> str:
    """Return the style of a layer as QGIS' QML, rule by rule."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0")
    rules = ET.SubElement(renderer, "rules", key="{0}")
    symbols = ET.SubElement(renderer, "symbols")
    for number, (where, label, colour, style) in enumerate(_rules(frame)):
        key = f"{{{number + 1}}}"
        ET.SubElement(rules, "rule", key=key, filter=where, label=label, symbol=str(number))
        _symbol(symbols, str(number), colour, style)
    body = ET.tostring(root, encoding="unicode")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + body


def _rules(frame: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    measure = next((name for name in ("persons", "reports") if f"{name}_status" in frame), None)
    if measure is None:
        if "class" not in frame:
            return [("", "Wilayah", _RAMP[0], "solid")]
        return [
            (f"\"class\" = '{name}'", label, colour, _pattern(name))
            for name, (colour, label) in _HOT.items()
        ]
    status = f'"{measure}_status"'
    rules = [
        (f'"{measure}" >= {low} AND "{measure}" <= {high}', _range(low, high), colour, "solid")
        for low, high, colour in _classes(frame[measure])
    ]
    rules.append((f"{status} = 'zero'", "0", "#ffffff", "solid"))
    rules.append((f"{status} = 'hidden'", "Disembunyikan", "#9a9a9a", "b_diagonal"))
    rules.append((f"{status} = 'no_data'", "Tidak ada data", "#e0e0e0", "dense6"))
    return rules


def _pattern(name: str) -> str:
    return "b_diagonal" if name == HIDDEN else "solid"


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _classes(values: pd.Series) -> list[tuple[int, int, str]]:
    """Divide the published values above zero at their quartiles."""
    array = values.to_numpy(dtype="float64", na_value=np.nan)
    array = np.unique(array[np.isfinite(array) & (array > 0)])
    if not len(array):
        return []
    parts = [part for part in np.array_split(array, min(len(_RAMP), len(array))) if len(part)]
    return [
        (int(part[0]), int(part[-1]), colour) for part, colour in zip(parts, _RAMP, strict=False)
    ]


def _symbol(symbols: ET.Element, name: str, colour: str, style: str) -> None:
    symbol = ET.SubElement(symbols, "symbol", type="fill", name=name, alpha="1")
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1"})
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in {
        "color": f"{red},{green},{blue},255",
        "style": style,
        "outline_color": "90,90,90,255",
        "outline_width": "0.2",
        "outline_style": "solid",
    }.items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)
        ET.SubElement(layer, "prop", k=key, v=value)
