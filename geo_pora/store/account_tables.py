"""Tables of the accounts, with the columns that Flask-Security 5 asks for.

They are Core tables so that migrations and commands need not import Flask;
`accounts` maps the classes of Flask-Security on them.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.mutable import MutableList

from geo_pora.store.tables import Instant, Key, metadata


class Commas(sa.TypeDecorator[Sequence[str]]):
    """A list of codes in one text column, as Flask-Security's `AsaList` writes it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> str | None:
        """Join the codes."""
        return value if value is None or isinstance(value, str) else ",".join(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[str]:
        """Split the text; no text is no codes."""
        return value.split(",") if value else []


def _list() -> sa.types.TypeEngine[Sequence[str]]:
    return MutableList.as_mutable(Commas())


roles = sa.Table(
    "roles",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("description", sa.String(255)),
    sa.Column("permissions", _list()),
    sa.Column("update_datetime", sa.DateTime, nullable=False, server_default=sa.func.now()),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(255), nullable=False, unique=True),
    sa.Column("username", sa.String(255), unique=True),
    sa.Column("full_name", sa.String(255)),
    sa.Column("agency", sa.Text),
    sa.Column("locale", sa.String(8)),
    sa.Column("password", sa.String(255)),
    sa.Column("active", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("fs_uniquifier", sa.String(64), nullable=False, unique=True),
    sa.Column("fs_token_uniquifier", sa.String(64), unique=True),
    sa.Column("fs_webauthn_user_handle", sa.String(64), unique=True),
    sa.Column("confirmed_at", sa.DateTime),
    sa.Column("last_login_at", sa.DateTime),
    sa.Column("current_login_at", sa.DateTime),
    sa.Column("last_login_ip", sa.String(64)),
    sa.Column("current_login_ip", sa.String(64)),
    sa.Column("login_count", sa.Integer),
    sa.Column("tf_primary_method", sa.String(64)),
    sa.Column("tf_totp_secret", sa.String(255)),
    sa.Column("tf_phone_number", sa.String(128)),
    sa.Column("us_totp_secrets", sa.Text),
    sa.Column("us_phone_number", sa.String(128), unique=True),
    sa.Column("mf_recovery_codes", _list()),
    sa.Column("password_set_at", sa.DateTime),
    sa.Column("create_datetime", sa.DateTime, nullable=False, server_default=sa.func.now()),
    sa.Column("update_datetime", sa.DateTime, nullable=False, server_default=sa.func.now()),
)

user_roles = sa.Table(
    "user_roles",
    metadata,
    sa.Column(
        "user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column(
        "role_id", sa.Integer, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True
    ),
)

# Only the SHA-256 of a token is kept: tokens are long and random, so a slow
# hash would add nothing.
api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column(
        "user_id",
        sa.Integer,
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("last_used_on", sa.Date),
    sa.Column("revoked_at", Instant),
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column(
        "user_id",
        sa.Integer,
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("fs_uniquifier", sa.String(64), nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)
