"""Releases: what can leave the team, built once, kept, and never changed.

A release is a set of tables that passed the gate together, and together with
all earlier releases. It is kept as text with a manifest that says what it was
made from, so that the same inputs give the same bytes again.
"""

from geo_pora.releases.archive import everything, identifiers, keep, latest, load
from geo_pora.releases.auditing import audit
from geo_pora.releases.building import CountsOf, build, prepare
from geo_pora.releases.catalogue import Published, published
from geo_pora.releases.release import FORM, Release, Spec, files_of, same_bytes

__all__ = [
    "FORM",
    "CountsOf",
    "Published",
    "Release",
    "Spec",
    "audit",
    "build",
    "everything",
    "files_of",
    "identifiers",
    "keep",
    "latest",
    "load",
    "prepare",
    "published",
    "same_bytes",
]
