"""What one app knows: settings, database, the atlas of the layer in use, what data there are."""

from __future__ import annotations

import threading
from typing import cast

from flask import Flask, current_app, g, has_app_context

from geo_pora import codes, periods, pipeline, store
from geo_pora.maps import find_asset
from geo_pora.periods import Period
from geo_pora.settings import Settings
from geo_pora.store import agencies, layers, named_periods, queries
from webmap import static_files
from webmap.atlas import Atlas

_NAME = "geo_pora"


class State:
    """Settings, database and atlas of one app."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.settings = settings
        self.engine = store.open(settings.database_url)
        self.leaflet = find_asset("leaflet/leaflet.js").parent.name
        self._endpoints = app.view_functions
        self.edition = app.config["ASSET_VERSION"]
        self._atlas: Atlas | None = None
        self._in_use: object = None
        self._seen = ""
        self._demonstration = ("none yet", False)
        self._lock = threading.Lock()

    def has(self, endpoint: str) -> bool:
        """Tell whether the app has a view."""
        return endpoint in self._endpoints

    def atlas(self) -> Atlas:
        """Return the atlas of the layer in use; a new one when an administrator chose another."""
        version = self.data_version()
        with self._lock:
            if self._atlas is None or version != self._seen:
                in_use = layers.in_use(self.engine)
                if self._atlas is None or in_use != self._in_use:
                    layer = pipeline.open_layer(self.settings, self.engine)
                    self._atlas = Atlas(self.engine, layer, self.edition)
                self._in_use, self._seen = in_use, version
            return self._atlas

    def data_version(self) -> str:
        """Return a text that changes with every figure, name and layer; asked once per request."""
        if has_app_context() and "data_version" in g:
            return str(g.data_version)
        found = queries.data_version(self.engine)
        if has_app_context():
            g.data_version = found
        return found

    def months(self) -> list[Period]:
        """Return the calendar months from the first to the last with reports."""
        found = queries.months_with_reports(self.engine)
        if not found:
            return []
        return periods.months(Period(found[0].first, found[-1].last))

    def default_period(self) -> Period:
        """Return the last full quarter that has reports."""
        return pipeline.default_period(self.engine)

    def named_periods(self) -> list[tuple[str, Period]]:
        """Return the periods that an administrator named, the latest first."""
        return list(reversed(named_periods.all(self.engine).items()))

    def agencies(self) -> dict[str, str]:
        """Return the name of every agency by code: those that ship, as they were changed."""
        changed = agencies.all(self.engine)
        shipped = {code: one.id for code, one in codes.load("agencies").codes.items()}
        return shipped | dict(zip(changed["code"], changed["name"], strict=True))

    def is_demonstration(self) -> bool:
        """Tell whether the store holds synthetic reports, which every page must say."""
        version = self.data_version()
        if self._demonstration[0] != version:
            self._demonstration = (version, pipeline.is_demonstration(self.engine))
        return self._demonstration[1]


def current() -> State:
    """Return the state of the app that answers this request."""
    return cast(State, current_app.extensions[_NAME])


def install(app: Flask, settings: Settings) -> None:
    """Open the database and serve the static files."""
    static_files.install(app)
    app.extensions[_NAME] = State(app, settings)
