"""Accounts: Flask-Security over the store's tables, sign-in links, and throttling."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from flask import Flask, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import user_logged_in, user_logged_out
from flask_security import (
    LoginForm,
    Security,
    UsernameUtil,
    current_user,
    login_user,
    logout_user,
)
from flask_security.totp import Totp
from flask_wtf.csrf import CSRFProtect
from passlib.exc import UsedTokenError

from geo_pora.settings import Settings
from geo_pora.store import sign_ins
from webmap import account_classes
from webmap.language import safe_target
from webmap.permissions import public
from webmap.state import current

LEAST_PASSWORD = 12
LARGEST_FORM = 1 << 20
_SESSION = "sign_in"


def security_config(app: Flask, settings: Settings) -> dict[str, Any]:
    """Return Flask-Security's configuration."""
    secret = app.config["SECRET_KEY"]
    salt = hashlib.sha256(b"password salt" + secret.encode()).hexdigest()
    return {
        "SECURITY_PASSWORD_SALT": salt,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        # The pepper changes with the secret of the data directory; argon2 salts by itself.
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": LEAST_PASSWORD,
        "SECURITY_PASSWORD_COMPLEXITY_CHECKER": "zxcvbn",
        "SECURITY_ZXCVBN_MINIMUM_SCORE": 3,
        "SECURITY_USERNAME_ENABLE": True,
        "SECURITY_USERNAME_REQUIRED": False,
        "SECURITY_USER_IDENTITY_ATTRIBUTES": [
            {"username": {"mapper": str.strip, "case_insensitive": True}},
            {"email": {"mapper": str.strip, "case_insensitive": True}},
        ],
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/",
        "SECURITY_TOTP_SECRETS": {"1": secret},
        "SECURITY_TOTP_ISSUER": "geo_pora",
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_POST_CHANGE_VIEW": "/",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_FLASH_MESSAGES": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_DATETIME_FACTORY": account_classes.now,
        **_messages(),
    }


def _messages() -> dict[str, Any]:
    """Return what Flask-Security says, in our words: they are translated with the rest."""
    said = {
        "LOGIN": (lazy_gettext("Silakan masuk."), "info"),
        "UNAUTHENTICATED": (lazy_gettext("Silakan masuk."), "info"),
        "GENERIC_AUTHN_FAILED": (
            lazy_gettext("Nama pengguna atau kata sandi tidak cocok."),
            "error",
        ),
        "PASSWORD_CHANGE": (lazy_gettext("Kata sandi sudah diganti."), "success"),
        "PASSWORD_IS_THE_SAME": (lazy_gettext("Kata sandi baru harus berbeda."), "error"),
        "PASSWORD_MISMATCH": (lazy_gettext("Kedua kata sandi baru tidak sama."), "error"),
        "RETYPE_PASSWORD_MISMATCH": (lazy_gettext("Kedua kata sandi baru tidak sama."), "error"),
        "INVALID_PASSWORD": (lazy_gettext("Kata sandi tidak cocok."), "error"),
        "PASSWORD_NOT_PROVIDED": (lazy_gettext("Isi kata sandi."), "error"),
        "PASSWORD_INVALID_LENGTH": (
            lazy_gettext("Kata sandi paling sedikit %(length)s huruf.", length=LEAST_PASSWORD),
            "error",
        ),
        "PASSWORD_TOO_SIMPLE": (
            lazy_gettext("Kata sandi ini mudah ditebak; pakai beberapa kata yang tak berhubungan."),
            "error",
        ),
        "TWO_FACTOR_INVALID_TOKEN": (lazy_gettext("Kode tidak cocok. Coba lagi."), "error"),
        "TWO_FACTOR_LOGIN_SUCCESSFUL": (lazy_gettext("Anda sudah masuk."), "success"),
        "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
            lazy_gettext("Faktor kedua sudah dipasang."),
            "success",
        ),
        "TWO_FACTOR_DISABLED": (lazy_gettext("Faktor kedua sudah dilepas."), "success"),
        "TWO_FACTOR_PERMISSION_DENIED": (lazy_gettext("Masuk dahulu, lalu coba lagi."), "error"),
        "TWO_FACTOR_SETUP_EXPIRED": (
            lazy_gettext("Waktu untuk memasang faktor kedua sudah habis. Mulai lagi."),
            "error",
        ),
        "API_ERROR": (lazy_gettext("Permintaan tidak dapat dipakai"), "error"),
        "REAUTHENTICATION_REQUIRED": (lazy_gettext("Pastikan dahulu bahwa ini Anda."), "info"),
        "REAUTHENTICATION_SUCCESSFUL": (lazy_gettext("Terima kasih."), "success"),
    }
    return {f"SECURITY_MSG_{name}": words for name, words in said.items()}


class PlainUsername(UsernameUtil):
    """Names are checked where accounts are made; at sign-in they are only looked up."""

    def normalize(self, username: str) -> str | None:
        """Return the name without blanks around it."""
        return username.strip()

    def validate(self, username: str) -> tuple[str | None, str | None]:
        """Return no message, and the name; None where there is none."""
        return None, self.normalize(username) or None


class SignInForm(LoginForm):
    """One field for either the user name or the e-mail address."""

    def validate(self, **more: Any) -> bool:
        """Look the account up, and leave password and answer to Flask-Security."""
        name = (self.username.data or "").strip()
        column = "email" if "@" in name else "username"
        datastore = current_app.extensions["geo_pora_accounts"]
        self.ifield = self.username
        self.user = datastore.find_user(case_insensitive=True, **{column: name}) if name else None
        return bool(super().validate(**more))


class OnceOnlyTotp(Totp):
    """Codes of which each is taken once: one that was overseen cannot be used again.

    The store remembers them, because the next request may reach another process.
    """

    def get_last_counter(self, user: Any) -> int | None:
        """Return the counter of the last code that the account used."""
        return sign_ins.last_code(current().engine, user.id)

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Remember the counter of the code that was just used."""
        if not sign_ins.spend_code(current().engine, user.id, tmatch.counter):
            raise UsedTokenError  # another process has taken it since we looked


def account_key() -> str:
    """Return a key for the account that someone tries to sign in to, without its name."""
    name = (request.form.get("username") or request.form.get("email") or "").strip().lower()
    return hashlib.sha256(name.encode()).hexdigest()[:24] if name else get_remote_address()


def install(app: Flask, settings: Settings) -> None:
    """Install accounts, forgery protection, throttling and compression."""
    app.config.from_mapping(
        {
            name: value
            for name, value in security_config(app, settings).items()
            if name not in app.config
        }
    )

    @app.before_request
    def bound() -> None:
        # Only a report file may be large: a form of millions of fields would fill the memory,
        # and it is read before anybody knows who sends it.
        if request.endpoint != "imports.upload" or request.mimetype != "multipart/form-data":
            request.max_content_length = LARGEST_FORM

    # A browser that reports a violation of the policy has no token.
    CSRFProtect(app).exempt("webmap.views.health.policy_report")
    Compress(app)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=False)
    app.extensions["geo_pora_limiter"] = limiter  # its checks hold only a weak reference to it
    datastore = account_classes.datastore(app.extensions["geo_pora"].engine)
    app.extensions["geo_pora_accounts"] = datastore
    Security(
        app,
        datastore,
        totp_cls=OnceOnlyTotp,
        username_util_cls=PlainUsername,
        login_form=SignInForm,
    )
    app.teardown_appcontext(lambda _error: datastore.db.session.remove())
    for endpoint in ("security.login", "security.two_factor_token_validation", "security.verify"):
        view = app.view_functions[endpoint]
        for key in (get_remote_address, account_key):
            view = limiter.limit(settings.sign_in_limit, key_func=key, methods=["POST"])(view)
        app.view_functions[endpoint] = view

    @app.route("/sign-in/<token>", methods=["GET", "POST"])
    @public
    @limiter.limit(settings.sign_in_limit)
    def sign_in_link(token: str) -> Any:
        """Let the holder of a one-time link in; a look at it, as scanners take, spends nothing."""
        from flask import render_template

        if request.method == "GET":
            return render_template("sign_in_link.html", token=token)
        user = account_classes.spend_link(datastore, token, app.config["SECRET_KEY"])
        if user is None:
            flash(_("Tautan ini sudah dipakai atau kedaluwarsa. Minta yang baru."), "error")
            return redirect(url_for("security.login"))
        session.clear()
        login_user(user, authn_via=["link"])
        datastore.commit()
        return redirect(url_for("start.home"))

    _install_sessions(app, settings)
    _install_code_form(app)


def _install_code_form(app: Flask) -> None:
    """Let nobody be signed out or sent mail at the form of the second factor's code."""

    @app.before_request
    def lead_on() -> Any:
        # Flask-Security takes it for an attack when who is signed in comes here: by pressing a
        # key twice, say. Setting a second factor up has a form of its own.
        asked = request.endpoint == "security.two_factor_token_validation"
        if asked and current_user.is_authenticated:
            return redirect(safe_target(request.args.get("next")))
        # A lost phone is a matter for an administrator; the app sends no mail.
        if request.endpoint == "security.two_factor_rescue":
            return redirect(url_for("security.two_factor_token_validation"))
        return None


def _install_sessions(app: Flask, settings: Settings) -> None:
    """Keep sessions on the server's side too, so that signing out ends a copied cookie."""
    lifetime = dt.timedelta(hours=settings.session_hours)

    def began(_app: Flask, user: Any, **_more: Any) -> None:
        session.permanent = True
        # The account may have just been changed in this request: the session is
        # bound to what is stored, so store that first.
        app.extensions["geo_pora_accounts"].commit()
        session[_SESSION] = sign_ins.start(current().engine, user.id, lifetime)

    def ended(_app: Flask, **_more: Any) -> None:
        if name := session.pop(_SESSION, None):
            sign_ins.end(current().engine, str(name))

    @app.after_request
    def forget(response: Any) -> Any:
        """Let the browser forget what it keeps of the app when its person signs out."""
        if request.endpoint == "security.logout" and not current_user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    user_logged_in.connect(began, app, weak=False)
    user_logged_out.connect(ended, app, weak=False)

    @app.before_request
    def goes_on() -> None:
        if request.endpoint == "assets" or "_user_id" not in session:
            return
        user = current_user
        name = str(session.get(_SESSION, ""))
        if not user.is_authenticated or not sign_ins.alive(current().engine, user.id, name):
            logout_user()
            session.clear()
