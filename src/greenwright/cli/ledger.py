"""``greenwright ledger``: what the ledger holds; take it along as JSON Lines or Parquet; correct an entry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.groups import group
from greenwright.cli.show import print_json
from greenwright.errors import BadInputError
from greenwright.settings import resolve

if TYPE_CHECKING:
    from greenwright.ledger.store import Ledger
    from greenwright.ledger.transfer import Moved

ledger = group("Look into the ledger, export and import it, correct an entry.")

_Url = Annotated[str | None, typer.Option("--ledger", help="Use this ledger: a database URL.", metavar="URL")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a correction did."""

    subject: str
    wrong: str
    right: str | None


@ledger.callback()
def _holds(context: typer.Context, *, json: _Json = False, url: _Url = None) -> None:
    """Say where the ledger is and how many entries it holds; or export, import or correct."""
    if context.invoked_subcommand is not None:
        return
    from greenwright.ledger.transfer import holdings

    opened = _open(url)
    if opened is None:
        found = resolve({"ledger_url": url}).ledger_url
        _say(json, f"No ledger yet at {found}. The first study, run or release makes it.", {})
        return
    counts = holdings(opened)
    lines = [f"The ledger at {opened.where} holds:", *(f"  {name:12} {count:,}" for name, count in counts.items())]
    _say(json, "\n".join(lines), {"ledger": opened.where, "entries": counts})


@ledger.command("export")
def _export(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="NAME.jsonl for JSON Lines, or a new folder for Parquet.")],
    *,
    json: _Json = False,
    url: _Url = None,
) -> None:
    """Write every entry, all of it or nothing."""
    from greenwright.ledger.transfer import export

    _moved(export(_needed(url), path), "exported to", json=json)


@ledger.command("import")
def _import(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="What export wrote: a file of JSON Lines, or a folder of Parquet.")
    ],
    *,
    json: _Json = False,
    url: _Url = None,
) -> None:
    """Add every entry that is not there yet; importing twice adds nothing twice."""
    from greenwright.ledger.opening import open_ledger
    from greenwright.ledger.transfer import import_

    _moved(import_(open_ledger(resolve({"ledger_url": url}).ledger_url), path), "imported from", json=json)


@ledger.command("correct")
def _correct(  # noqa: PLR0913 - one parameter an option
    subject: Annotated[
        str, typer.Argument(metavar="TABLE", help="versions, runs, windows, aliases, releases, retirements, proofs.")
    ],
    entry: Annotated[str, typer.Argument(metavar="ID", help="Of the wrong entry; an export shows it.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", help="Repeat for several. None: withdraw.")
    ] = None,
    json: _Json = False,
    url: _Url = None,
) -> None:
    """Put a right entry in the place of a wrong one, which stays readable and no longer counts."""
    from greenwright.ledger.corrections import correct

    right = correct(_needed(url), subject, entry, reason, _pairs(changes or []))
    said = f"{subject} {entry} is now {right}" if right else f"{subject} {entry} is withdrawn"
    _say(json, said, Corrected(subject=subject, wrong=entry, right=right))


def _open(url: str | None) -> Ledger | None:
    from greenwright.ledger.opening import has_ledger, open_ledger

    found = resolve({"ledger_url": url}).ledger_url
    return open_ledger(found) if has_ledger(found) else None


def _needed(url: str | None) -> Ledger:
    opened = _open(url)
    if opened is None:
        raise BadInputError(f"there is no ledger at {resolve({'ledger_url': url}).ledger_url}; name another with --ledger")
    return opened


def _pairs(given: list[str]) -> dict[str, str]:
    for one in given:
        if "=" not in one:
            raise BadInputError(f"--set {one!r} names no value; write it as COLUMN=VALUE, such as energy_j=1.25")
    return dict(one.split("=", 1) for one in given)


def _moved(moved: Moved, verb: str, *, json: bool) -> None:
    added, known = sum(moved.added.values()), sum(moved.known.values())
    counts = ", ".join(f"{count:,} {name}" for name, count in moved.added.items()) or "nothing"
    already = f"; {known:,} were there already" if known else ""
    _say(json, f"{verb} {moved.path}: {added:,} entries ({counts}){already}", moved)


def _say(json: bool, text: str, value: object) -> None:  # noqa: FBT001 - the option's own value
    if json:
        print_json(value)
    else:
        typer.echo(text)
