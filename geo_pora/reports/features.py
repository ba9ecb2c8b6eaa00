"""GeoJSON: points with properties, parsed strictly in a guarded child."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geo_pora import guard
from geo_pora.errors import InputError
from geo_pora.reports import feature_rows, headers
from geo_pora.reports.source import Block, Source, block_of_rows

_MEMORY_BYTES = 1 << 30
_LARGEST_BYTES = 200 << 20
_BLOCK_ROWS = 50_000


def open_source(path: Path) -> Source:
    """Read a FeatureCollection of points; a row number is the position of the feature from 1.

    Raises
    ------
    InputError
        If it is no strict JSON (NaN, a key twice, too deep), no GeoJSON, or not in WGS 84.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(f"{path.name}: larger than {_LARGEST_BYTES >> 20} MiB; save it as CSV")
    found = guard.call(feature_rows.read_features, path, memory_bytes=_MEMORY_BYTES, cpu_seconds=30)
    labels, rows = found["labels"], found["rows"]
    faults = {int(number): why for number, why in found["faults"].items()}
    if not headers.is_usable(headers.recognise(labels)):
        raise InputError(f"{path.name}: the GeoJSON has neither points nor a known property")

    def blocks() -> Iterator[Block]:
        for start in range(0, len(rows), _BLOCK_ROWS):
            part = rows[start : start + _BLOCK_ROWS]
            numbers = list(range(start + 1, start + len(part) + 1))
            here = {number: faults[number] for number in numbers if number in faults}
            yield block_of_rows(part, len(labels), numbers, here)

    return Source("geojson", tuple(labels), blocks, encoding="utf-8")
