"""What the map pages show, made once and kept: layers for good, figures until the data change."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from geo_pora import maps, pipeline
from geo_pora.boundaries import Layer
from geo_pora.disclosure import Disclosed
from geo_pora.errors import NotFoundError
from geo_pora.store import population
from webmap.choices import Choice
from webmap.static_files import pack

KEPT_FIGURES = 512
# A page at village level is 150 kB before it is packed.
KEPT_PAGES = 64


@dataclass(frozen=True)
class Resource:
    """Bytes to send, with a tag that changes when they do."""

    body: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes) -> Resource:
        """Make a resource whose tag is its content's hash."""
        return cls(body, hashlib.sha256(body).hexdigest()[:20])

    @classmethod
    def json(cls, value: Any) -> Resource:
        """Make a resource of plain values."""
        return cls.of(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


class Kept:
    """The most recently used results of a computation, by key; safe between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return the result of `key`, computing it where it is not kept."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = make()
        with self._lock:
            self._found[key] = made
            while len(self._found) > self._size:
                self._found.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget every result."""
        with self._lock:
            self._found.clear()


class Atlas:
    """One boundary layer, drawn by the map room, and the figures on it.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    layer : Layer
    edition : str
        Changes when the code that draws changes, so that no browser mixes two.
    """

    def __init__(self, engine: Engine, layer: Layer, edition: str) -> None:
        self.engine = engine
        self.layer = layer
        self.version = f"{layer.version}-{edition[:6]}"
        self._drawn = Kept(64)
        self._figures = Kept(KEPT_FIGURES)
        self._pages = Kept(KEPT_PAGES)

    def areas(self, level: str) -> Any:
        """Return the areas of a level, simplified for display."""
        return self._drawn.get(("areas", level), lambda: self.layer.display(level))

    def parts(self, level: str) -> maps.MapParts:
        """Return the parts of the map with the layer of one level, unpainted."""
        return self._drawn.get(  # type: ignore[no-any-return]
            ("parts", level), lambda: maps.layer_parts(self.areas(level), level)
        )

    @property
    def bounds(self) -> list[float]:
        """West, south, east and north of the layer, in degrees."""
        edges = self.areas(self.layer.levels[0]).total_bounds
        return [round(float(edge), 4) for edge in edges]

    @property
    def frame(self) -> maps.MapParts:
        """The parts of the map without its layer's script: element and style."""
        return self.parts(self.layer.levels[0])

    def script(self, name: str, encoding: str) -> bytes:
        """Return a packed script: `map`, or the layer of a level.

        Raises
        ------
        NotFoundError
            If there is no such script.
        """

        def make() -> bytes:
            if name == "map":
                scripts = self.frame.scripts
                return pack((scripts[""] + scripts["map_geopora"]).encode(), encoding)
            if name not in self.layer.levels:
                raise NotFoundError(f"the map has no layer {name[:40]!r}")
            return pack(self.parts(name).scripts[f"geo_json_{name}"].encode(), encoding)

        return self._drawn.get(("script", name, encoding), make)  # type: ignore[no-any-return]

    def about_areas(self, level: str, encoding: str) -> bytes:
        """Return codes, names, parents and label points of a level, as packed JSON."""

        def make() -> bytes:
            areas = self.areas(level)
            value = {
                "codes": list(areas["code"]),
                "names": list(areas["name"]),
                "parents": [self.name_of(code.rpartition(".")[0]) for code in areas["code"]],
                "points": maps.label_points(areas),
            }
            return pack(
                json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), encoding
            )

        return self._drawn.get(("about", level, encoding), make)  # type: ignore[no-any-return]

    def names(self) -> dict[str, str]:
        """Return the name of every area of every level, by code."""

        def make() -> dict[str, str]:
            return {
                code: name
                for level in self.layer.levels
                for code, name in zip(
                    self.areas(level)["code"], self.areas(level)["name"], strict=True
                )
            }

        return self._drawn.get("names", make)  # type: ignore[no-any-return]

    def name_of(self, code: str) -> str:
        """Return the name of an area, empty where the layer does not have it."""
        return self.names().get(code, "")

    def level_of(self, code: str) -> str:
        """Return the level of an area's code.

        Raises
        ------
        NotFoundError
            If the layer has no such area.
        """
        if code not in self.names():
            raise NotFoundError(f"the map has no area {code[:20]!r}")
        return ("province", "regency", "district", "village")[code.count(".")]

    def inhabitants(self, level: str) -> pd.Series:
        """Return the inhabitants of the areas of a level by code, empty where none are known."""
        found = population.latest(self.engine, level)
        return found.set_index("area_code")["inhabitants"]

    def counts(self, choice: Choice, **changes: Any) -> Disclosed:
        """Return the team's counts of a choice, from the gate."""
        asked = {
            "level": choice.level,
            "period": choice.period,
            "filters": dict(choice.filters),
            **changes,
        }
        return pipeline.disclosed_counts(self.engine, self.layer, **asked)

    def drawn(self, choice: Choice, data_version: str) -> maps.Figures:
        """Return the figures of a choice; computed once for each state of the data."""
        return self._figures.get(  # type: ignore[no-any-return]
            (data_version, choice), lambda: self._draw(choice)
        )

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return something else that is derived from the data, kept beside the figures."""
        return self._figures.get(key, make)

    def keep_page(self, key: Any, make: Callable[[], str]) -> str:
        """Return a page's own part, kept for everybody who may see the same."""
        return self._pages.get(key, make)  # type: ignore[no-any-return]

    def forget_figures(self) -> None:
        """Forget the figures, so that the next choice is counted anew."""
        self._figures.clear()
        self._pages.clear()

    def _draw(self, choice: Choice) -> maps.Figures:
        before = None
        if choice.show == "change":
            before = self.counts(choice, period=choice.earlier)
        return maps.figures(
            self.counts(choice),
            self.areas(choice.level),
            choice.measure,
            per_km2=choice.show == "density",
            inhabitants=self.inhabitants(choice.level) if choice.show == "rate" else None,
            before=before,
            scheme=choice.scheme,
            count=choice.classes,
            breaks=choice.breaks,
        )
