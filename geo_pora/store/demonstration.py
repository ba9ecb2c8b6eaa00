"""Whether the demonstration is loaded whole: the first start of the app may be interrupted."""

from __future__ import annotations

import sqlalchemy as sa

from geo_pora.store import queries, state
from geo_pora.store.database import reading, writing

_NAME = "demonstration"
_BEGUN, _WHOLE = "begun", "whole"


def is_wanted(engine: sa.Engine) -> bool:
    """Tell whether to load it: the store has no reports, or a part of it alone."""
    with reading(engine) as connection:
        known = state.get(connection, _NAME)
    return known == _BEGUN or (known is None and not queries.months_with_reports(engine))


def note(engine: sa.Engine, *, whole: bool) -> None:
    """Note that loading it has begun, or that it is there whole."""
    with writing(engine) as connection:
        state.put(connection, _NAME, _WHOLE if whole else _BEGUN)
