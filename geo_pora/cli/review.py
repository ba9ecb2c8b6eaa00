"""`geo-pora review`: the rows that wait for a person, one by one."""

from __future__ import annotations

from typing import Any

import click
import pandas as pd

from geo_pora.cli.options import actor, load_settings, open_store
from geo_pora.errors import InputError

# Columns that may be shown of a row; no other column of a report is printed.
_SHOWN = ("key", "agency", "report_id", "review_reason", "confidence", "candidates")


@click.group()
def review() -> None:
    """Decide what the geocoder would not decide alone."""


@review.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0, show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
def list_(limit: int, offset: int, as_csv: bool) -> None:
    """List the rows that wait, oldest first."""
    from geo_pora.store import review as queue

    engine = open_store(load_settings())
    rows = queue.queue(engine, limit, offset)
    shown = rows[[column for column in _SHOWN if column in rows]]
    if as_csv:
        click.echo(shown.to_csv(index=False), nl=False)
        return
    if shown.empty:
        click.echo("Nothing waits for review.")
        return
    shown = shown.assign(review_reason=shown["review_reason"].map(explain))
    click.echo(shown.fillna("").to_string(index=False, line_width=10_000))


@review.command()
@click.argument("key", type=int)
def show(key: int) -> None:
    """Show one row: the text, the reason, and each candidate with its name."""
    from geo_pora.gazetteer import Gazetteer
    from geo_pora.store import review as queue

    item = queue.item(open_store(load_settings()), key)
    gazetteer = Gazetteer.load()
    fields = ("agency", "report_id", "location_text", "coordinates_text", "latitude", "longitude")
    for field in fields:
        if not pd.isna(item.get(field)):
            click.echo(f"{field}: {item[field]}")
    click.echo(f"reason: {explain(item['review_reason'])}")
    if item.get("same_text"):
        click.echo(f"same address: {item['same_text']} more rows (--same-text decides them too)")
    if item.get("shared_name"):
        click.echo("several areas go by this text: --keep-alias would decide all later ones")
    for code, sure in read_candidates(item.get("candidates")):
        click.echo(f"  {code:14} {sure:4.0%}  {full_name(gazetteer, code)}")


@review.command()
@click.argument("key", type=int)
@click.argument("code", required=False)
@click.option("--unknown", is_flag=True, help="The place is in no area served.")
@click.option("--keep-alias", is_flag=True, help="Remember the text as a name of this area.")
@click.option("--same-text", is_flag=True, help="Decide all waiting rows whose text says the same.")
def resolve(key: int, code: str | None, unknown: bool, keep_alias: bool, same_text: bool) -> None:
    """Say that row KEY is in the area CODE, such as 16.01.07.2001, or --unknown."""
    from geo_pora.gazetteer import Gazetteer
    from geo_pora.store import review as queue

    if (code is None) != unknown:
        raise click.UsageError("give the code of an area, or --unknown, and not both")
    gazetteer = Gazetteer.load()
    if code is not None and code not in gazetteer:
        raise InputError(f"{code} is no area of the gazetteer: see geo-pora review show {key}")
    engine = open_store(load_settings())
    if keep_alias and code and queue.item(engine, key).get("shared_name"):
        click.echo(
            "Warning: several areas go by this text; from now on every report with it "
            f"is placed in {full_name(gazetteer, code)}.",
            err=True,
        )
    decided = queue.resolve(
        engine,
        key,
        code,
        actor(),
        keep_alias=keep_alias and code is not None,
        same_text=same_text,
    )
    where = full_name(gazetteer, code) if code else "in no area"
    click.echo(f"Decided {decided} {'row' if decided == 1 else 'rows'}: {where}.")


def explain(reason: Any) -> str:
    """Return a review reason as a sentence."""
    from geo_pora.coordinates import REASONS
    from geo_pora.geocode import REVIEW_REASONS

    key, _, detail = str(reason).partition(":")
    sentence = REVIEW_REASONS.get(key, ("", key))[1]
    return f"{sentence}: {REASONS[detail][1]}" if detail in REASONS else sentence


def read_candidates(written: Any) -> list[tuple[str, float]]:
    """Return the codes and confidences of a `candidates` column."""
    if pd.isna(written) or not written:
        return []
    pairs = (item.rpartition(":") for item in str(written).split(";"))
    return [(code, float(sure)) for code, _, sure in pairs]


def full_name(gazetteer: Any, code: str) -> str:
    """Return the name of an area with those above it: Sukajadi, Baturaja Timur, ..."""
    codes = [code[:length] for length in (13, 8, 5) if len(code) >= length]
    return ", ".join(gazetteer.name_of(c) for c in codes if c in gazetteer)


COMMANDS = {"review": review}
