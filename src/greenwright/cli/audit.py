"""``greenwright audit``: what job logs, bills and exports say about energy, and what to do first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.settings import resolve

if TYPE_CHECKING:
    from greenwright.audit.auditing import Options
    from greenwright.records.audit import AuditRecord, Realised


def audit(  # noqa: PLR0913  one parameter an option
    sources: Annotated[
        list[str] | None, typer.Argument(help="Files, or tables of the database that --on names.", metavar="SOURCE…")
    ] = None,
    *,
    on: Annotated[
        str | None,
        typer.Option(
            help="Compute where the tables are: postgresql://…, bigquery://…, snowflake://…, trino://….", metavar="URL"
        ),
    ] = None,
    reader: Annotated[str, typer.Option(help="Read it as this kind of source, by id; --columns lists them.")] = "",
    mapping: Annotated[Path | None, typer.Option(help="A file that says which column is what.", metavar="TOML")] = None,
    draft_mapping: Annotated[
        Path | None, typer.Option("--draft-mapping", help="Write a mapping to correct, and do nothing else.", metavar="TOML")
    ] = None,
    intensity: Annotated[
        Path | None,
        typer.Option(help="The grid's intensity by the hour: columns time, g_per_kwh and, for several, place.", metavar="CSV"),
    ] = None,
    place: Annotated[str, typer.Option(help="Where jobs ran that do not say: aws/eu-west-1, DE, a zone of the grid.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report and for rejected rows. Default: greenwright-out/audit.")
    ] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", help="Realised savings come from this ledger: a database URL.", metavar="URL")
    ] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="List the kinds of sources, and the columns of a plain table.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Read job logs, bills and exports; say what they took, where energy is wasted, and what to do about it first.

    Rows that cannot be read are counted, and written aside with the reason.
    """
    if columns:
        _print_columns()
        return
    if not sources:
        raise BadInputError(
            "name at least one source: a job log, a bill or an export; `greenwright audit --columns` lists what is read"
        )
    if draft_mapping:
        _draft(sources, draft_mapping)
        return
    found = resolve({"ledger_url": ledger, "out": None})
    folder = out or found.out / "audit"
    options = _options(on=on, reader=reader, mapping=mapping, intensity=intensity, place=place, out=folder)
    record = _audit(sources, options, _realised(found.ledger_url), quiet=json)
    _write(record, folder)
    if json:
        print_json(record)
    else:
        _print(record, folder)


def _options(**given: Any) -> Options:
    from greenwright.audit.auditing import Options

    return Options(**given)


def _audit(sources: Sequence[str], options: Options, realised: Sequence[Realised], *, quiet: bool) -> AuditRecord:
    from greenwright.audit.auditing import audit as run

    return run(sources, options, realised, say=lambda text: None if quiet else typer.echo(text, err=True))


def _draft(sources: Sequence[str], path: Path) -> None:
    from greenwright.audit.auditing import look_at
    from greenwright.audit.mapping import draft

    if path.exists():
        raise BadInputError(f"{path} is there already; name another file, or remove it")
    path.write_text(draft(look_at(sources[0])), encoding="utf-8")
    typer.echo(f"{path} is a draft: correct it, then run: greenwright audit {sources[0]} --mapping {path}")


def _realised(url: str) -> list[Realised]:
    """What changes of each kind saved, as far as the ledger has it."""
    from importlib.util import find_spec

    if find_spec("sqlalchemy") is None:
        return []
    from greenwright.ledger.opening import has_ledger, open_ledger
    from greenwright.ledger.realised import realised

    return realised(open_ledger(url)) if has_ledger(url) else []


def _write(record: AuditRecord, folder: Path) -> None:
    from greenwright.report.audit_files import write_all

    folder.mkdir(parents=True, exist_ok=True)
    write_all(record, folder)


def _print(record: AuditRecord, folder: Path) -> None:
    from greenwright.report import audit_words as words

    page = console()
    typer.echo("")
    section(page, words.headline(record), words.total_rows(record))
    section(page, "Sources", words.source_rows(record))
    if doubts := words.doubt_rows(record):
        section(page, "What sources state that cannot stand", doubts)
    for side in record.sides:
        section(page, f"By {side.dimension}", words.side_rows(side, count=8))
    if record.hotspots:
        section(page, "Opportunities, the largest expected saving first", words.opportunity_rows(record))
    if record.clear:
        section(page, "Looked for and not found", [(title,) for title in record.clear])
    if record.unasked:
        section(page, "Could not look", [(one.title, f"needs {one.reason}") for one in record.unasked])
    for warning in record.warnings:
        typer.echo(f"note: {warning}", err=True)
    typer.echo(f"report  {folder / 'audit.html'}")


def _print_columns() -> None:
    from greenwright import registry
    from greenwright.records.jobs import JOB_COLUMNS

    page = console()
    modules = registry.load_all("readers")
    section(page, "Sources that are recognised", [(name, module.META.title) for name, module in modules.items()])
    section(page, "Columns of a plain table", [(one.name, one.kind.value, one.meaning) for one in JOB_COLUMNS])
    sys.stdout.flush()
