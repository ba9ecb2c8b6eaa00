"""A small app with reports that are made here: what the tests of the app share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from flask import Flask
from flask.testing import FlaskClient

import webmap
from geo_pora import boundaries, settings, store
from geo_pora.store import ingest
from webmap import people

AGENCY = "POLRES-OKU"
OTHER = "DISNAKER-OKU"
PERSONS = 700


def located(count: int, version: str) -> pd.DataFrame:
    """Return reports that are placed in villages: many in a few, one in many, none in most."""
    layer = boundaries.indicative()
    codes = layer.areas("village")["code"].to_numpy()
    chance = np.random.default_rng(7)
    weights = chance.pareto(1.1, len(codes))
    weights[chance.random(len(codes)) < 0.4] = 0
    villages = chance.choice(codes, count, p=weights / weights.sum())
    start = pd.Timestamp("2026-01-01") + pd.to_timedelta(chance.integers(0, 180, count), "D")
    texts = {
        name: pd.Series([None] * count, dtype="str")
        for name in (
            *("nationality", "accommodation", "visa_index", "location_text"),
            *("coordinates_text", "review_reason", "candidates", "repairs"),
        )
    }
    return pd.DataFrame(
        {
            "row_number": np.arange(2, count + 2),
            "report_id": [f"R{number}" for number in range(count)],
            "agency": AGENCY,
            "reported_on": start,
            "from_date": start,
            "to_date": start + pd.Timedelta(days=20),
            "persons": np.ones(count, dtype="int64"),
            "permit": chance.choice(["ITK", "ITAS"], count),
            "activity": "unknown",
            "status": "presence",
            "latitude": np.nan,
            "longitude": np.nan,
            "village_code": villages,
            "district_code": [code[:8] for code in villages],
            "regency_code": [code[:5] for code in villages],
            "geocode_method": "coordinates",
            "match_level": "village",
            "confidence": 1.0,
            "boundary_version": version,
            **texts,
        }
    )


def fill(engine: Any, *, file_name: str = "laporan.csv", address: str = "Kec. Entah") -> None:
    """Store the reports of one agency, and one row of another that waits for review."""
    version = boundaries.indicative().version
    for number, (agency, rows) in enumerate([(AGENCY, located(PERSONS, version))]):
        with ingest.importing(
            engine,
            agency=agency,
            actor="test",
            file_name=file_name,
            sha256=f"{number:064x}",
            boundary_version=version,
        ) as writer:
            writer.add(rows)
    waiting = located(1, version).assign(
        agency=OTHER,
        report_id="W1",
        village_code=None,
        district_code=None,
        regency_code=None,
        geocode_method="address",
        match_level="none",
        confidence=0.5,
        review_reason="low_confidence",
        candidates="16.01.07:0.50;16.01.14:0.30",
        location_text=address,
    )
    rejected = pd.DataFrame({"row_number": [3], "column": ["tanggal"], "reason": ["no date"]})
    with ingest.importing(
        engine,
        agency=OTHER,
        actor="test",
        file_name=file_name,
        sha256="f" * 64,
        boundary_version=version,
    ) as writer:
        writer.add(waiting, rejected)


def make_app(folder: Path, *, reports: bool = True, **config: Any) -> Flask:
    """Return an app over a new database in `folder`."""
    found = settings.load(data_dir=folder)
    if reports:
        engine = store.open(found.database_url)
        fill(engine)
        store.close(engine)
    options = {"TESTING": True, "RATELIMIT_ENABLED": False, "WTF_CSRF_ENABLED": False}
    return webmap.create_app(found, **{**options, **config})


def sign_in(
    app: Flask,
    name: str,
    roles: Sequence[str],
    agency: str | None = AGENCY,
    *,
    second_factor: bool = True,
) -> FlaskClient:
    """Return a client that is signed in by a one-time link."""
    token = people.add(app, name, roles, agency=agency, actor="test")
    client = app.test_client()
    assert client.post(f"/sign-in/{token}").status_code == 302
    if second_factor:
        give_second_factor(app, name)
    return client


def give_second_factor(app: Flask, name: str) -> None:
    """Set a second factor up without a phone."""
    with app.app_context():
        accounts = app.extensions["geo_pora_accounts"]
        user = accounts.find_user(username=name)
        user.tf_primary_method = "authenticator"
        user.tf_totp_secret = app.extensions["security"].totp_factory.generate_totp_secret()
        accounts.put(user)
        accounts.commit()


def csrf_token(page: str) -> str:
    """Return the token of a page's first form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]
