"""The contributor's pages: send a file, see what became of it, correct it, take it back."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_security import current_user

from geo_pora.errors import NotFoundError, RefusedError
from geo_pora.store import batches, review
from webmap import import_jobs, template_file
from webmap.import_jobs import IMPORTS
from webmap.people import name_of
from webmap.permissions import requires
from webmap.sentences import translated
from webmap.state import current

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_ROWS = 200


def _agency() -> str:
    """Return the agency that the current person reports for."""
    if not current_user.agency:
        raise RefusedError(_("Akun ini tidak terhubung dengan instansi; hubungi administrator."))
    return str(current_user.agency)


@blueprint.get("/")
@requires("import")
def page() -> str:
    """Show where to drop a file, and the files of this agency."""
    agency = _agency()
    found = batches.list(current().engine, agency=agency, limit=50)
    return render_template(
        "imports.html",
        agency=current().agencies().get(agency, agency),
        batches=found.to_dict("records"),
        waiting=review.size(current().engine, agency),
        largest=current().settings.max_upload_mb,
    )


@blueprint.post("/")
@requires("import")
def upload() -> Any:
    """Take a file and begin to read it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        flash(_("Pilih berkas dahulu."), "error")
        return redirect(url_for(".page"))
    job = import_jobs.start(current(), file, account=name_of(current_user), agency=_agency())
    return redirect(url_for(".job", identity=job.id), 303)


@blueprint.get("/jobs/<identity>")
@requires("import")
def job(identity: str) -> Any:
    """Show how far an import is; go on to the batch when it is done."""
    found = IMPORTS.find(current(), identity, name_of(current_user))
    if found.state == "done" and found.batch_id is not None:
        if found.already:
            flash(_("Berkas yang sama sudah pernah diterima; tidak ada yang berubah."), "info")
        return redirect(url_for(".batch", batch_id=found.batch_id, job=identity))
    return render_template("import_job.html", job=found)


@blueprint.get("/jobs/<identity>.json")
@requires("import")
def job_state(identity: str) -> Response:
    """Tell the page's script how far an import is."""
    found = IMPORTS.find(current(), identity, name_of(current_user))
    answer = jsonify(state=found.state, done=found.done, error=translated(found.error))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _own(batch_id: int) -> dict[str, Any]:
    """Return a batch of the person's agency; another's does not exist for them."""
    found = batches.show(current().engine, batch_id)
    if found["agency"] != _agency():
        raise NotFoundError(_("Berkas ini tidak ada."))
    return found


@blueprint.get("/<int(max=9007199254740991):batch_id>")
@requires("import")
def batch(batch_id: int) -> str:
    """Show what became of a file: read = located + to review + rejected, and the rows."""
    found = _own(batch_id)
    rejected = batches.rejected(current().engine, batch_id)
    remarks: tuple[str, ...] = ()
    if request.args.get("job"):
        try:
            remarks = IMPORTS.find(current(), request.args["job"], name_of(current_user)).remarks
        except NotFoundError:
            remarks = ()
    waiting = review.queue(current().engine, limit=SHOWN_ROWS, agency=_agency())
    waiting = waiting[waiting["batch_id"] == batch_id] if len(waiting) else waiting
    return render_template(
        "import_batch.html",
        batch=found,
        rejected=rejected.head(SHOWN_ROWS).to_dict("records"),
        rejected_count=len(rejected),
        waiting=waiting[["row_number", "review_reason"]].to_dict("records") if len(waiting) else [],
        remarks=remarks,
    )


@blueprint.get("/<int(max=9007199254740991):batch_id>/rejected.xlsx")
@requires("import")
def rejected(batch_id: int) -> Response:
    """Send the rejected rows as a workbook to correct and send again."""
    _own(batch_id)
    name = f"baris-ditolak-{batch_id}.xlsx"
    found = batches.rejected(current().engine, batch_id)
    if found.empty:
        abort(404)
    body = io.BytesIO(template_file.plain_table(_renamed(found)))
    return send_file(body, XLSX, as_attachment=True, download_name=name)


def _renamed(found: pd.DataFrame) -> pd.DataFrame:
    words = {"row_number": "Baris", "column": "Kolom", "reason": "Alasan"}
    return found.rename(columns=words)


@blueprint.post("/<int(max=9007199254740991):batch_id>/undo")
@requires("import")
def undo(batch_id: int) -> Any:
    """Take a file back: its reports go, and those that it revised are what they were."""
    _own(batch_id)
    done = batches.undo(current().engine, batch_id, name_of(current_user))
    flash(
        _(
            "Berkas ditarik: %(removed)s laporan dihapus, %(restored)s dikembalikan.",
            removed=done.removed,
            restored=done.restored,
        ),
        "success",
    )
    return redirect(url_for(".page"), 303)


@blueprint.get("/template.xlsx")
@requires("import")
def template() -> Response:
    """Send an empty workbook with the columns, the allowed words and examples."""
    body = io.BytesIO(template_file.build())
    return send_file(body, XLSX, as_attachment=True, download_name="templat-laporan.xlsx")
