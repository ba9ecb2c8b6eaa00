"""Checks (pengecekan): what a patrol found where a hot spot was."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from geo_pora.errors import InputError
from geo_pora.store import audit, clock
from geo_pora.store.database import reading, writing
from geo_pora.store.tables import checks

# What a check can find: no more than these four, and no free text that could name somebody.
OUTCOMES = ("nothing", "clarified", "follow_up", "handed_over")
# After these, the cases that had begun by the day of the check stop counting.
CLEARING = ("nothing", "clarified")
NOTES = (
    "place_empty",
    "papers_in_order",
    "stay_not_reported",
    "activity_differs",
    "moved_away",
    "address_wrong",
    "with_other_agency",
)

COLUMNS = [
    "id",
    "area_code",
    "period",
    "hot_spot_key",
    "outcome",
    "notes",
    "actor",
    "checked_at",
    "recorded_at",
]


def record(
    engine: sa.Engine,
    *,
    idempotency_key: str,
    area_code: str,
    period: str,
    hot_spot_key: str,
    outcome: str,
    actor: str,
    notes: Sequence[str] = (),
    checked_at: dt.datetime | None = None,
) -> tuple[int, bool]:
    """Record a check once, however often a phone sends it.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    idempotency_key : str
        Made by the phone when the check was marked.
    area_code, period, hot_spot_key : str
        What was checked: `Period.key`, and the hot spot's own key.
    outcome : str
        One of `OUTCOMES`.
    actor : str
        Who checked.
    notes : sequence of str
        Of `NOTES`; free text is not kept.
    checked_at : datetime.datetime, optional
        When, by the phone's clock (aware); now by default, and where that clock is ahead.

    Returns
    -------
    key : int
    added : bool
        False where this key was recorded before; nothing is changed then.

    Raises
    ------
    InputError
        For an outcome or a note that is not known.
    """
    if outcome not in OUTCOMES:
        raise InputError(f"outcome {outcome[:40]!r} is not one of {', '.join(OUTCOMES)}")
    if unknown := [note for note in notes if note not in NOTES]:
        raise InputError(f"note {unknown[0][:40]!r} is not one of {', '.join(NOTES)}")
    moment = clock.now()
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    # Two processes may get the same check at once: the second finds the first one's.
    once = insert(checks).on_conflict_do_nothing(index_elements=["idempotency_key"])
    with writing(engine) as connection:
        added = connection.scalar(
            once.values(
                idempotency_key=idempotency_key,
                area_code=area_code,
                period=period,
                hot_spot_key=hot_spot_key,
                outcome=outcome,
                notes=json.dumps(list(dict.fromkeys(notes))),
                actor=actor,
                checked_at=min(checked_at or moment, moment),
                recorded_at=moment,
            ).returning(checks.c.id)
        )
        if added is None:
            same = checks.c.idempotency_key == idempotency_key
            return int(connection.execute(sa.select(checks.c.id).where(same)).scalar_one()), False
        audit.record(connection, actor, "check", f"area:{area_code}", {"check": int(added)})
        return int(added), True


def for_areas(
    engine: sa.Engine, codes: Sequence[str] | None = None, *, since: dt.datetime | None = None
) -> pd.DataFrame:
    """Return checks of these areas (None: of all), newest first; `notes` as lists of codes."""
    query = sa.select(*(checks.c[name] for name in COLUMNS)).order_by(
        checks.c.checked_at.desc(), checks.c.id.desc()
    )
    if codes is not None:
        query = query.where(checks.c.area_code.in_([*codes]))
    if since is not None:
        query = query.where(checks.c.checked_at >= since)
    with reading(engine) as connection:
        frame = pd.DataFrame(connection.execute(query).all(), columns=COLUMNS)
    frame["notes"] = [json.loads(notes) for notes in frame["notes"]]
    for name in ("checked_at", "recorded_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame
