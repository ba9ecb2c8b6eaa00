"""Hot spots: where there are significantly more cases than expected, and since when.

`find` is the stage; the modules beside it are the statistics, each for itself:
`getis_ord`, `scan`, `trend`, `rates`, `clusters`, `moran`, `multiple_testing`.
There is deliberately no way to ask by nationality.
"""

from geo_pora.hotspots.panel import CASE_STATUSES, cases_of
from geo_pora.hotspots.stage import METHODS, SOURCES, HotSpots, find, over_time
from geo_pora.hotspots.weights import windows

__all__ = [
    "CASE_STATUSES",
    "METHODS",
    "SOURCES",
    "HotSpots",
    "cases_of",
    "find",
    "over_time",
    "windows",
]
