"""Every setting of geo_pora: name, default and help, read once from the environment and a file.

A setting is read from `GEO_PORA_<NAME>`, else from the TOML file named by
`GEO_PORA_CONFIG` (default `geo_pora.toml` beside the working directory), else
from its default. Nothing else in the project reads the environment.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from geo_pora.errors import InputError


class Settings(BaseSettings):
    """One frozen object with every setting; passed as a plain argument, never global."""

    model_config = SettingsConfigDict(env_prefix="GEO_PORA_", frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("var"), description="Folder of the embedded database, layers, uploads and logs."
    )
    database_url: str = Field(
        "",
        description="SQLAlchemy URL of PostgreSQL; empty for the embedded SQLite file "
        "`geo_pora.sqlite` in the data directory.",
    )
    boundary_layer: str = Field(
        "",
        description="Name of the boundary layer to use; empty for the one chosen with "
        "`geo-pora boundaries use`, at first the indicative one that ships.",
    )
    regencies: tuple[str, ...] = Field(
        ("16.01", "16.08", "16.09"), description="Kemendagri codes of the regencies served."
    )
    confidence_threshold: float = Field(
        0.8, ge=0, le=1, description="Below this confidence a row goes to the review queue."
    )
    sliver_distance_m: float = Field(
        50,
        ge=0,
        description="A point in a gap between areas goes to the nearest area within "
        "this many metres.",
    )
    release_threshold: int = Field(
        5, ge=3, description="Smallest count that a release shows; smaller ones are hidden."
    )
    text_retention_days: int = Field(
        90, ge=1, description="After so many days the text of an address is erased."
    )
    report_retention_days: int = Field(
        730, ge=30, description="After so many days a report is reduced to its counts and erased."
    )
    mode: Literal["local", "production"] = Field(
        "local",
        description="`production` refuses to start with a weak secret, with debug on, or "
        "without HTTPS.",
    )
    public_url: str = Field(
        "", description="Address that users type, such as `https://pora.example.go.id`."
    )
    allow_plain_http: bool = Field(
        False, description="Let production run without HTTPS, on a closed network."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs sessions; empty for one made once in the data directory "
        "(`secret_key`, readable by its owner alone).",
    )
    proxies: int = Field(
        0, ge=0, description="Number of trusted reverse proxies in front of the app."
    )
    debug: bool = Field(False, description="Show developers' error pages; never in production.")
    session_hours: int = Field(
        10, ge=1, le=168, description="After so many hours a person signs in again."
    )
    sign_in_limit: str = Field(
        "10 per minute; 60 per hour",
        description="Sign-in attempts allowed per address and per account.",
    )
    patrol_keep_hours: int = Field(
        24,
        ge=1,
        le=168,
        description="After so many hours a phone forgets the hot spots it kept for use "
        "without a network.",
    )
    max_upload_mb: int = Field(20, ge=1, description="Largest report file the app takes.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, file; no dotenv and no secret files."""
        file = Path(os.environ.get("GEO_PORA_CONFIG", "geo_pora.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @model_validator(mode="after")
    def _embedded_database(self) -> Settings:
        if not self.database_url:
            file = (self.data_dir / "geo_pora.sqlite").absolute()
            object.__setattr__(self, "database_url", f"sqlite:///{file}")
        return self


def variable_of(name: str) -> str | None:
    """Return the environment variable that sets a setting now, or None."""
    variable = f"GEO_PORA_{name.upper()}"
    return variable if variable in os.environ else None


def load(**overrides: Any) -> Settings:
    """Read the settings from the environment and the file.

    Parameters
    ----------
    **overrides
        Settings given on the command line or by a test; they win.

    Returns
    -------
    Settings

    Raises
    ------
    InputError
        If a setting is unknown or its value cannot be used; the message names it.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "a setting"
        raise InputError(f"setting {name}: {first['msg']}; see docs/settings.md") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the settings file is not valid TOML: {error}") from None
