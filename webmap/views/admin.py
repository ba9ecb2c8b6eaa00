"""The administrator's pages: accounts, agencies, periods, layers, settings, retention, audit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_security import current_user

from geo_pora import boundaries, codes, pipeline
from geo_pora import settings as settings_room
from geo_pora.errors import InputError
from geo_pora.periods import Period
from geo_pora.store import agencies, audit, layers, named_periods, retention
from webmap import people
from webmap.people import name_of
from webmap.permissions import RIGHTS, ROLES, requires
from webmap.state import current

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
PAGE = 50
SECRETS = frozenset({"secret_key", "database_url"})


def _actor() -> str:
    return name_of(current_user)


def _done(endpoint: str, message: str) -> Any:
    flash(message, "success")
    return redirect(url_for(endpoint), 303)


@blueprint.app_context_processor
def _sections() -> dict[str, Any]:
    def sections() -> list[tuple[str, str]]:
        return [
            (".page", _("Akun")),
            (".agency_list", _("Daftar instansi")),
            (".period_list", _("Periode bernama")),
            (".layer_list", _("Batas wilayah")),
            (".setting_list", _("Pengaturan")),
            (".retention_page", _("Retensi")),
            (".audit_page", _("Catatan audit")),
        ]

    return {"admin_sections": sections}


@blueprint.get("/")
@requires("administer")
def page() -> str:
    """List accounts."""
    return render_template(
        "admin/accounts.html",
        people=people.everybody(current_app),
        roles=[*ROLES, *RIGHTS],
        agencies=sorted(current().agencies().items(), key=lambda one: one[1]),
        link=session.pop("new_link", None),
    )


@blueprint.post("/accounts")
@requires("administer")
def add_account() -> Any:
    """Add an account and show its one-time link once."""
    form = request.form
    name = form.get("name", "").strip()
    token = people.add(
        current_app,
        name,
        form.getlist("role"),
        agency=form.get("agency") or None,
        email=form.get("email", "").strip() or None,
        actor=_actor(),
    )
    session["new_link"] = [name, _link(token)]
    return _done(".page", _("Akun %(name)s dibuat.", name=name))


def _link(token: str) -> str:
    """Return a link's address: on the host that was set, not the one that was asked for."""
    base = current().settings.public_url.rstrip("/") or request.host_url.rstrip("/")
    return base + url_for("sign_in_link", token=token)


@blueprint.post("/accounts/<name>")
@requires("administer")
def change_account(name: str) -> Any:
    """Change an account: its roles, whether it may sign in, its second factor, its link."""
    form = request.form
    action = form.get("action", "")
    if action == "roles":
        people.set_roles(
            current_app, name, form.getlist("role"), form.get("agency") or None, actor=_actor()
        )
    elif action in {"enable", "disable"}:
        people.set_active(current_app, name, action == "enable", actor=_actor())
    elif action == "second_factor":
        people.reset_second_factor(current_app, name, actor=_actor())
    elif action == "link":
        token = people.new_link(current_app, name, actor=_actor())
        session["new_link"] = [name, _link(token)]
    else:
        raise InputError(_("Tindakan ini tidak dikenal."))
    return _done(".page", _("Akun %(name)s diubah.", name=name))


@blueprint.get("/agencies")
@requires("administer")
def agency_list() -> str:
    """List agencies."""
    changed = agencies.all(current().engine).set_index("code")
    rows = [
        (code, name, bool(changed["active"].get(code, True)))
        for code, name in sorted(current().agencies().items())
    ]
    return render_template("admin/agencies.html", rows=rows)


@blueprint.post("/agencies")
@requires("administer")
def put_agency() -> Any:
    """Rename an agency, or say that it need not report any more."""
    code = request.form.get("code", "").strip()
    if code not in codes.load("agencies") and code not in current().agencies():
        raise InputError(_("Kode instansi ini tidak dikenal."))
    agencies.put(
        current().engine,
        code,
        request.form.get("name", "")[:200],
        _actor(),
        active="active" in request.form,
    )
    return _done(".agency_list", _("Instansi disimpan."))


@blueprint.get("/periods")
@requires("administer")
def period_list() -> str:
    """List named periods."""
    return render_template("admin/periods.html", rows=current().named_periods())


@blueprint.post("/periods")
@requires("administer")
def put_period() -> Any:
    """Name a period, or forget one."""
    form = request.form
    if form.get("action") == "remove":
        named_periods.remove(current().engine, form.get("name", ""), _actor())
        return _done(".period_list", _("Periode dihapus."))
    try:
        first, last = (dt.date.fromisoformat(form.get(name, "")) for name in ("first", "last"))
    except ValueError:
        raise InputError(_("Isi hari pertama dan hari terakhir.")) from None
    named_periods.put(current().engine, form.get("name", "")[:100], Period(first, last), _actor())
    return _done(".period_list", _("Periode disimpan."))


@blueprint.get("/layers")
@requires("administer")
def layer_list() -> str:
    """List boundary layers."""
    return _layers()


def _layers(moved: list[tuple[int, str, str]] | None = None) -> str:
    state = current()
    used = layers.in_use(state.engine)
    return render_template(
        "admin/layers.html",
        layer=state.atlas().layer,
        installed=boundaries.installed(state.settings),
        in_use=used[0] if used else "indicative",
        moved=moved,
    )


@blueprint.post("/layers")
@requires("administer")
def use_layer() -> Any:
    """Use another layer, place every report on it, and say what moved; or remove a layer."""
    state = current()
    name = _known_layer(request.form.get("name", ""))
    if request.form.get("action") == "remove":
        used = layers.in_use(state.engine)
        boundaries.remove(name, state.settings, in_use=used[0] if used else None)
        audit.record(state.engine, _actor(), "layer.remove", f"layer:{name}", {})
        return _done(".layer_list", _("Lapisan %(name)s dihapus.", name=name))
    old = state.atlas().names()
    layer = boundaries.load(name, state.settings)
    done = pipeline.use_layer(state.engine, layer, settings=state.settings, actor=_actor())
    return _layers(_moved(done.moves, {**old, **state.atlas().names()}))


def _moved(
    moves: Iterable[tuple[str, str, int]], names: dict[str, str]
) -> list[tuple[int, str, str]]:
    """Add moves up by district: how many reports, from where, to where; the most first."""
    counted: Counter[tuple[str, str]] = Counter()
    for before, after, count in moves:
        counted[before[:8], after[:8]] += count

    def called(code: str) -> str:
        return names.get(code, code) if code else _("tidak dapat ditempatkan")

    return [
        (count, called(before), called(after)) for (before, after), count in counted.most_common()
    ]


def _known_layer(name: str) -> str:
    """Return a layer's name if it is installed: a file's path is not taken from a form."""
    known = {"indicative", *(one.name for one in boundaries.installed(current().settings))}
    if name not in known:
        raise InputError(_("Lapisan batas ini tidak terpasang."))
    return name


@blueprint.get("/settings")
@requires("administer")
def setting_list() -> str:
    """List every setting, its value and where it comes from."""
    settings = current().settings
    rows = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        source = settings_room.variable_of(name)
        if source is None:
            default = value == field.get_default() or name == "database_url"
            source = _("bawaan") if default else _("berkas pengaturan")
        rows.append((name, _shown(name, value), source, field.description))
    return render_template("admin/settings.html", rows=rows)


def _shown(name: str, value: Any) -> str:
    if name == "database_url":
        return sa.make_url(str(value)).render_as_string(hide_password=True)
    return "••••••" if name in SECRETS else str(value)


@blueprint.get("/retention")
@requires("administer")
def retention_page() -> str:
    """Say what a run would erase."""
    state = current()
    would = retention.run(state.engine, dt.date.today(), state.settings)
    return render_template("admin/retention.html", would=would, settings=state.settings)


@blueprint.post("/retention")
@requires("administer")
def retention_run() -> Any:
    """Erase what is past its time."""
    state = current()
    retention.run(state.engine, dt.date.today(), state.settings, apply=True, actor=_actor())
    return _done(".retention_page", _("Data yang lewat masanya sudah dihapus."))


@blueprint.get("/audit")
@requires("administer")
def audit_page() -> str:
    """Search the audit log, and verify that nobody changed it."""
    state = current()
    at = min(max(request.args.get("page", 1, int), 1), 1_000_000)
    search = request.args.get("q", "")[:100]
    rows = audit.entries(state.engine, limit=PAGE, offset=(at - 1) * PAGE, search=search)
    checked = audit.verify(state.engine) if "verify" in request.args else None
    return render_template(
        "admin/audit.html",
        rows=rows.to_dict("records"),
        search=search,
        page=at,
        more=len(rows) == PAGE,
        checked=checked,
    )
