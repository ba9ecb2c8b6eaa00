"""The reviewer's pages: the rows that the geocoder would not decide alone, on a map."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from geo_pora.errors import InputError
from geo_pora.store import review
from webmap import words
from webmap.people import name_of
from webmap.permissions import requires
from webmap.state import current

blueprint = Blueprint("review", __name__, url_prefix="/review")
PAGE = 25


@blueprint.get("/")
@requires("review")
def page() -> str:
    """List the queue, oldest first."""
    state = current()
    at = min(max(request.args.get("page", 1, int), 1), 1_000_000)
    total = review.size(state.engine)
    rows = review.queue(state.engine, limit=PAGE, offset=(at - 1) * PAGE)
    names = state.atlas().names()
    return render_template(
        "review.html",
        rows=[_listed(row, names) for row in rows.to_dict("records")],
        total=total,
        page=at,
        pages=-(-total // PAGE) or 1,
        agencies=state.agencies(),
    )


def _listed(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        **row,
        "reason": words.review_reason(row["review_reason"]),
        "best": [names.get(code, code) for code, _share in candidates(row["candidates"])[:2]],
    }


def candidates(text: Any) -> list[tuple[str, float]]:
    """Return code and share of the geocoder's candidates, best first."""
    found = []
    for part in str(text).split(";") if isinstance(text, str) else []:
        code, _colon, share = part.partition(":")
        try:
            found.append((code, float(share)))
        except ValueError:
            continue
    return found


@blueprint.get("/<int(max=9007199254740991):key>")
@requires("review")
def item(key: int) -> str:
    """Show one row with its candidates on the map."""
    state = current()
    atlas = state.atlas()
    row = review.item(state.engine, key)
    found = [one for one in candidates(row["candidates"]) if one[0] in atlas.names()]
    return render_template(
        "review_item.html",
        row=row,
        reason=words.review_reason(row["review_reason"]),
        candidates=[(code, atlas.name_of(code), _parents(code), share) for code, share in found],
        agency=state.agencies().get(row["agency"], row["agency"]),
        version=atlas.version,
        leaflet=state.leaflet,
        map_html=atlas.frame.html,
        levels=[(level, words.levels()[level]) for level in atlas.layer.levels],
        page=_page_data(row, found),
    )


def _parents(code: str) -> str:
    names = current().atlas().names()
    parts = code.split(".")
    above = [".".join(parts[:length]) for length in range(len(parts) - 1, 1, -1)]
    return ", ".join(names[code] for code in above if code in names)


def _page_data(row: dict[str, Any], found: list[tuple[str, float]]) -> dict[str, Any]:
    atlas = current().atlas()
    point = [row["latitude"], row["longitude"]]
    return {
        "bounds": atlas.bounds,
        "point": point if None not in point else None,
        "candidates": [code for code, _share in found],
        "areas_url": url_for("map.about_areas", version=atlas.version, level="LEVEL"),
        "script_url": url_for("map.script", version=atlas.version, name="LEVEL"),
        "texts": {
            "north": _("Arah utara"),
            "candidate": _("calon"),
            "chosen": _("dipilih"),
            "none": _("Belum ada yang dipilih"),
            "zoom_in": _("Perbesar"),
            "zoom_out": _("Perkecil"),
        },
    }


@blueprint.post("/<int(max=9007199254740991):key>")
@requires("review")
def decide(key: int) -> Any:
    """Place a row, or say that it is in no area; go on to the next."""
    state = current()
    code: str | None = request.form.get("code", "").strip()
    if request.form.get("decision") == "nowhere":
        code = None
    elif not code or code not in state.atlas().names():
        raise InputError(_("Pilih wilayah di peta, dari calon, atau ketik namanya."))
    count = review.resolve(
        state.engine,
        key,
        code,
        name_of(current_user),
        keep_alias=bool(code) and "keep_alias" in request.form,
        same_text="same_text" in request.form,
    )
    flash(_("%(count)s baris diputuskan.", count=count), "success")
    following = review.queue(state.engine, limit=1)
    if following.empty:
        return redirect(url_for(".page"), 303)
    return redirect(url_for(".item", key=int(following["key"].iloc[0])), 303)
