"""Boundary files as they really are, to layers of areas that fit together.

A file is read in a guarded child process (`reading`, `parsing`), its fields are found by
content (`fields`), its areas by code, name and place (`identity`), its borders are made to
fit (`coverage`), and the result is a `Layer`, installed under a name (`storage`).
"""

from geo_pora.boundaries.download import Download, fetch, is_address
from geo_pora.boundaries.fields import Asked
from geo_pora.boundaries.layer import Layer, indicative
from geo_pora.boundaries.report import Report
from geo_pora.boundaries.storage import (
    Installed,
    about,
    check,
    install,
    installed,
    load,
    names,
    remove,
)

__all__ = [
    "Asked",
    "Download",
    "Installed",
    "Layer",
    "Report",
    "about",
    "check",
    "fetch",
    "indicative",
    "install",
    "installed",
    "is_address",
    "load",
    "names",
    "remove",
]
