"""Which agencies have sent their reports, and which have not."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, render_template, request
from flask_security import current_user

from geo_pora import codes, periods
from geo_pora.periods import Period
from geo_pora.store import agencies as changed_agencies
from geo_pora.store import queries
from webmap import words
from webmap.permissions import held, requires
from webmap.state import current

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")
WINDOWS = (3, 6, 12, 24)


@blueprint.get("/")
@requires("coverage")
def page() -> str:
    """Show agencies by month: sent, late or missing. A contributor sees its own alone."""
    state = current()
    window = request.args.get("months", 6, int)
    window = window if window in WINDOWS else 6
    months = _months(window)
    asked = due_agencies()
    table = queries.coverage(state.engine, months, asked)
    table = table[table["agency"].isin(asked)]
    names = state.agencies()
    rows = [
        {
            "name": names.get(str(agency), str(agency)),
            "cells": part.to_dict("records"),
            "missing": int((part["state"] == "missing").sum()),
        }
        for agency, part in table.groupby("agency", sort=False)
    ]
    rows.sort(key=lambda row: (-row["missing"], row["name"]))
    silent = [row["name"] for row in rows if row["missing"] == len(months)]
    counted = table["state"].value_counts()
    return render_template(
        "coverage.html",
        months=[(month.key, words.period(month, short=True)) for month in months],
        rows=[row for row in rows if row["missing"] < len(months)],
        silent=silent,
        counted={name: int(counted.get(name, 0)) for name in ("sent", "late", "missing")},
        window=window,
        windows=WINDOWS,
    )


def _months(window: int) -> list[Period]:
    """Return the last full months, the latest last."""
    found = []
    day = dt.date.today().replace(day=1)
    for _number in range(window):
        day = (day - dt.timedelta(days=1)).replace(day=1)
        found.append(periods.month(day.year, day.month))
    return found[::-1]


def due_agencies() -> list[str]:
    """Return the agencies whose coverage the current person may see."""
    if "administer" not in held(current_user) and held(current_user) <= {"import", "coverage"}:
        return [str(current_user.agency)] if current_user.agency else []
    changed = changed_agencies.all(current().engine)
    known = {*codes.load("agencies").codes, *changed["code"]}
    return sorted(known - set(changed.loc[~changed["active"], "code"]))
