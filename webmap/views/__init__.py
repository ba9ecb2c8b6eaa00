"""One blueprint per kind of user."""

from __future__ import annotations

from flask import Flask


def install(app: Flask) -> None:
    """Register every blueprint."""
    from webmap import ogc
    from webmap.views import (
        admin,
        coverage,
        exact,
        exports,
        health,
        hotspots,
        imports,
        map,
        review,
        start,
        tokens,
    )

    rooms = (health, start, map, hotspots, imports, review, coverage, exports, exact, admin, tokens)
    for module in rooms:
        app.register_blueprint(module.blueprint)
    known = app.extensions["geo_pora"]
    released = ogc.StoredReleases(known.engine, lambda: known.atlas().layer)
    app.register_blueprint(ogc.create_blueprint(released), url_prefix="/ogc")
