"""The web app: `flask --app webmap`, or `geo-pora serve`."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from geo_pora import settings as settings_of
from geo_pora.settings import Settings


def create_app(settings: Settings | None = None, **test_config: Any) -> Flask:
    """Build the app.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment and the file by default.
    **test_config
        Flask configuration that wins over everything, for tests.

    Returns
    -------
    Flask

    Raises
    ------
    InputError
        If production mode was asked for with a weak secret, debug or plain HTTP.
    """
    from webmap import (
        accounts,
        api_tokens,
        config,
        errors,
        headers,
        kept_answers,
        language,
        observation,
        permissions,
        state,
        views,
        words,
    )

    settings = settings or settings_of.load()
    app = Flask(__name__)
    app.config.from_mapping(config.flask_config(settings))
    app.config.from_mapping(test_config)
    # Order matters: what is first sees a request first and its answer last.
    observation.install(app)
    headers.install(app)
    errors.install(app)
    language.install(app)
    state.install(app, settings)
    accounts.install(app, settings)
    words.install(app)
    views.install(app)
    api_tokens.install(app)
    permissions.install(app)
    kept_answers.install(app)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, count, count, count)  # type: ignore[method-assign]
    return app
