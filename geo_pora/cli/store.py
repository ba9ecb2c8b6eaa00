"""`geo-pora batches, backup, restore, retention, erase, audit, database`: care of the store."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click
import pandas as pd

from geo_pora.cli import options

_BATCH = ["id", "imported_at", "agency", "actor", "file_name", "read", "located", "review"]


@click.group()
def batches() -> None:
    """List the imports, look into one, or take one back whole."""


@batches.command("list")
@click.option("--agency", metavar="CODE", help="Only the imports of this agency.")
@click.option("--limit", default=50, show_default=True, help="How many, newest first.")
def batches_list(agency: str | None, limit: int) -> None:
    """List imports: who, when, which file, how many rows."""
    from geo_pora.store import batches as room

    found = room.list(_engine(), agency=agency, limit=limit)
    if found.empty:
        click.echo("nothing has been imported yet")
        return
    found["imported_at"] = _local(found["imported_at"])
    found["undone"] = _local(found["undone_at"])
    shown = [*_BATCH, "rejected", "new", "revised", "unchanged", "sha256", "undone"]
    click.echo(found.assign(sha256=found["sha256"].str[:12])[shown].to_string(index=False))


@batches.command("show")
@click.argument("batch", type=int)
def batches_show(batch: int) -> None:
    """Show one import as JSON: its figures, whole and by month of report."""
    from geo_pora.store import batches as room

    click.echo(json.dumps(room.show(_engine(), batch), indent=2, default=str, ensure_ascii=False))


@batches.command("rejected")
@click.argument("batch", type=int)
@options.output_option("XLSX file to write.")
def batches_rejected(batch: int, output: Path) -> None:
    """Write the rejected rows of an import with their reasons, to be fixed and imported again."""
    from geo_pora import pipeline
    from geo_pora.store import batches as room

    found = room.rejected(_engine(), batch)
    pipeline.write_rejected(found, output)
    click.echo(f"{output}: {len(found)} rows")


@batches.command("undo")
@click.argument("batch", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def batches_undo(batch: int, yes: bool) -> None:
    """Take an import back, as if its file had never been imported."""
    from geo_pora.store import batches as room

    engine = _engine()
    found = room.show(engine, batch)
    if not yes:
        question = f"Take back batch {batch} of {found['agency']} ({found['read']} rows)?"
        click.confirm(question, abort=True)
    done = room.undo(engine, batch, options.actor())
    click.echo(f"batch {batch}: {done.removed} reports removed, {done.restored} as before it")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write the whole store to FILE, consistent while it is in use.

    The backup holds the reports: keep it as safe as the store itself.
    """
    from geo_pora.store import audit
    from geo_pora.store import backup as room

    engine = _engine()
    room.backup(engine, file)
    audit.record(engine, options.actor(), "backup", "store", {"bytes": file.stat().st_size})
    click.echo(f"{file}: {file.stat().st_size} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put the backup FILE into the database of the settings, which must be empty."""
    from geo_pora.store import backup as room

    settings = options.load_settings()
    options.prepare_data_dir(settings)
    room.restore(file, settings.database_url)
    click.echo("restored; check it with: geo-pora audit verify")


@click.group()
def retention() -> None:
    """Erase what has been kept for as long as the settings allow."""


@retention.command("run")
@click.option("--apply", "apply", is_flag=True, help="Erase; otherwise only say what would be.")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased (as without --apply).")
def retention_run(apply: bool, dry_run: bool) -> None:
    """Erase addresses, then whole reports, whose retention is over; run it daily."""
    from geo_pora.store import clock
    from geo_pora.store import retention as room

    if apply and dry_run:
        raise click.UsageError("give --apply or --dry-run, not both")
    settings = options.load_settings()
    today: dt.date = clock.day_of(clock.now())
    engine = options.open_store(settings)
    done = room.run(engine, today, settings, apply, actor=options.actor())
    verb = "erased" if apply else "would be erased"
    click.echo(
        f"{done.texts} addresses, {done.rejected} rejected rows' cells, {done.revisions} old "
        f"revisions, {done.aliases} learnt addresses and {done.reports} reports (their counts "
        f"stay) {verb}"
    )
    _say_shredded(apply, done.shredded)


@click.command()
@click.option("--agency", required=True, metavar="CODE", help="Agency that made the report.")
@click.option("--report-id", required=True, help="The report's id as the agency wrote it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(agency: str, report_id: str, yes: bool) -> None:
    """Erase one report, its history and its share of every count, on a person's request."""
    from geo_pora.store import retention as room

    if not yes:
        click.confirm("Erase this report for good?", abort=True)
    shredded = room.erase(_engine(), agency, report_id, options.actor())
    click.echo("erased; the erasure is recorded in the audit log")
    _say_shredded(True, shredded)


@click.group()
def audit() -> None:
    """Read and verify the audit log."""


@audit.command("verify")
@click.option("--head", default="", metavar="HASH", help="The head that an earlier check printed.")
def audit_verify(head: str) -> None:
    """Check that no entry of the audit log was changed, added or taken out.

    Note the head that is printed outside of the database, and give it the next time: so the log
    cannot have been written anew as a whole either.
    """
    from geo_pora.store import audit as room

    found = room.verify(_engine(), head)
    if not found.intact:
        where = f" at entry {found.first_broken}" if found.first_broken else ""
        click.echo(f"BROKEN{where}: {found.reason}", err=True)
        raise SystemExit(1)
    click.echo(f"intact: {found.entries} entries, head {found.head}")


@audit.command("list")
@click.option("--limit", default=50, show_default=True, help="How many, newest first.")
@click.option("--search", default="", help="Text that an entry must contain.")
def audit_list(limit: int, search: str) -> None:
    """List entries of the audit log, newest first."""
    from geo_pora.store import audit as room

    found = room.entries(_engine(), limit=limit, search=search)
    for row in found.assign(at=_local(found["at"])).itertuples():
        click.echo(f"{row.id:>6} {row.at} {row.actor} {row.action} {row.subject} {row.detail}")


@click.group()
def database() -> None:
    """Care of the tables."""


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the tables up to date with this geo_pora; nothing happens if they are."""
    from geo_pora import store

    settings = options.load_settings()
    options.prepare_data_dir(settings)
    engine = store.open(settings.database_url, migrate=False)
    click.echo(f"tables at revision {store.upgrade(engine)}")


def _engine() -> Any:
    return options.open_store(options.load_settings())


def _local(moments: pd.Series) -> pd.Series:
    """Return moments as people here read them: day and minute in WIB."""
    return moments.dt.tz_convert("Asia/Jakarta").dt.strftime("%Y-%m-%d %H:%M").fillna("")


def _say_shredded(applied: bool, shredded: bool) -> None:
    if applied and not shredded:
        click.echo(
            "a reader was busy, so erased bytes may still lie in the files: run "
            "`geo-pora retention run --apply` again in a quiet minute",
            err=True,
        )


COMMANDS = {
    "batches": batches,
    "backup": backup,
    "restore": restore,
    "retention": retention,
    "erase": erase,
    "audit": audit,
    "database": database,
}
