"""``greenwright check-claims``: look for the known accounting mistakes in anybody's published numbers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.exit_codes import ExitCode
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.records.claims import ClaimFinding, Severity

if TYPE_CHECKING:
    from greenwright.records.claims import ClaimDocument

_TITLES = {Severity.WRONG: "Wrong", Severity.DOUBTFUL: "Doubtful", Severity.UNSAID: "Not said"}


def check_claims(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Model cards, reports or tables: Markdown, HTML, CSV or JSON; - is standard input.", metavar="FILE…"
        ),
    ],
    *,
    fail_on: Annotated[Severity, typer.Option("--fail-on", help="The mildest finding that fails the check.")] = Severity.WRONG,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Check published energy, carbon and water for arithmetic that cannot be right, and for what is left unsaid.

    Exit code 1 where something is wrong, 4 where no number was found to check.
    """
    from greenwright.footprint.claims.contract import all_claims, check
    from greenwright.footprint.claims.reading.files import document

    read = [document(str(path), _text(path)) for path in files]
    found = {one.name: check(one) for one in read}
    if json:
        print_json([{"file": one.name, "statements": _count(one), "findings": found[one.name]} for one in read])
    else:
        for one in read:
            _print(one, found[one.name])
    order = list(Severity)
    if any(order.index(one.severity) <= order.index(fail_on) for findings in found.values() for one in findings):
        raise typer.Exit(ExitCode.FAILED)
    if not any(found.values()) and not any(one.records or list(all_claims(one)) for one in read):
        raise typer.Exit(ExitCode.CANNOT_TELL)


def _text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not text; save it as Markdown, HTML, CSV or JSON first") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error


def _count(document: ClaimDocument) -> int:
    from greenwright.footprint.claims.contract import all_claims

    return len({(one.kind, one.value, one.where) for claims in all_claims(document) for one in claims.statements})


def _print(document: ClaimDocument, found: list[ClaimFinding]) -> None:
    page = console()
    count = _count(document)
    if not count and not document.records and not found:
        typer.echo(f"{document.name}: no energy, carbon or water was found in it, so there is nothing to check.")
        return
    typer.echo(f"{document.name}: {count} numbers read, {len(found) or 'no'} finding{'' if len(found) == 1 else 's'}.\n")
    for severity, title in _TITLES.items():
        rows = [(one.where, f"{one.says}\n→ {one.mend}  [{one.guard}]") for one in found if one.severity is severity]
        if rows:
            section(page, title, rows)
