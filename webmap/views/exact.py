"""Exact counts as a file: for those who hold the right, for a purpose that is written down."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext as _
from flask_security import current_user

from geo_pora import pipeline
from geo_pora.aggregate import LEVELS
from geo_pora.errors import InputError, RefusedError
from geo_pora.exports.exact import LEAST_PURPOSE
from webmap import export_choice, words
from webmap.people import name_of
from webmap.permissions import requires
from webmap.sentences import translated
from webmap.state import current
from webmap.views.exports import attachment, fields

blueprint = Blueprint("exact", __name__, url_prefix="/exports/exact")


@blueprint.get("")
@requires("exact")
def page() -> str:
    """Ask what for."""
    return _form("")


def _form(purpose: str) -> str:
    whats = [(level, name) for level, name in words.file_contents().items() if level in LEVELS]
    return render_template(
        "exact.html", whats=whats, least=LEAST_PURPOSE, purpose=purpose, **fields()
    )


@blueprint.post("")
@requires("exact")
def ask() -> Any:
    """Send exact counts, after the audit log has taken note; nothing of the file stays here."""
    state, form = current(), request.form.to_dict()
    try:
        wanted = export_choice.read(form, state.default_period())
        if wanted.what not in LEVELS:
            raise InputError(_("Hanya jumlah per wilayah yang dapat diekspor persis."))
        name = wanted.file_name.replace("geo_pora-", "geo_pora-PERSIS-", 1)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            pipeline.write_exact_counts(
                state.engine,
                state.atlas().layer,
                wanted.what,
                wanted.period,
                path,
                actor=name_of(current_user),
                purpose=form.get("purpose", ""),
                by=wanted.by or None,
                semicolon=wanted.semicolon,
            )
            body = path.read_bytes()
    except (InputError, RefusedError) as error:
        flash(translated(str(error)), "error")
        return _form(form.get("purpose", "")[:500]), 400
    return attachment(body, wanted.media_type, name)
