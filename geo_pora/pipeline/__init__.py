"""The whole story: read, geocode, store; count, find hot spots, disclose, draw, export.

Every step is a room of its own; here they are put in a row, for the command
line and the app alike. `placing` is read and geocode, `intake` adds the store,
`figures` goes from the store through the gate to the team, `releasing` and
`publishing` to what leaves it.
"""

from geo_pora.pipeline.figures import (
    default_period,
    disclosed_counts,
    is_demonstration,
    source_note,
    team_counts,
    write_counts,
)
from geo_pora.pipeline.hot_spots import case_kinds, hot_spots, write_hot_spots
from geo_pora.pipeline.intake import (
    import_demo,
    import_file,
    install_population,
    use_layer,
    write_demo_files,
    write_rejected,
)
from geo_pora.pipeline.placing import Placing, geocode_file, geocode_many, open_layer
from geo_pora.pipeline.publishing import (
    write_briefing,
    write_coverage,
    write_exact_counts,
    write_export,
    write_hot_spot_classes,
    write_map,
)
from geo_pora.pipeline.releasing import (
    Released,
    build_release,
    fixed_periods,
    is_released,
    known_windows,
    rebuilt,
    released,
    windows_of,
)

__all__ = [
    "Placing",
    "Released",
    "build_release",
    "case_kinds",
    "default_period",
    "disclosed_counts",
    "fixed_periods",
    "geocode_file",
    "geocode_many",
    "hot_spots",
    "import_demo",
    "import_file",
    "install_population",
    "is_demonstration",
    "is_released",
    "known_windows",
    "open_layer",
    "rebuilt",
    "released",
    "source_note",
    "team_counts",
    "use_layer",
    "windows_of",
    "write_briefing",
    "write_counts",
    "write_coverage",
    "write_demo_files",
    "write_exact_counts",
    "write_export",
    "write_hot_spot_classes",
    "write_hot_spots",
    "write_map",
    "write_rejected",
]
