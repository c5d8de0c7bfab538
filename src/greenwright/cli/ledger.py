"""``greenwright ledger``: what the ledger holds; take it along as JSON Lines or Parquet; correct an entry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.groups import group
from greenwright.cli.show import print_json
from greenwright.errors import BadInputError
from greenwright.records.versions import DEFAULT_PROJECT
from greenwright.settings import resolve

if TYPE_CHECKING:
    from greenwright.ledger.store import Ledger
    from greenwright.ledger.transfer import Moved
    from greenwright.records.runs import Run

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


@ledger.command("add")
def _add(  # noqa: PLR0913 - one parameter an option
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="What `greenwright measure` wrote: --json, --to json:FILE, or a journal."),
    ],
    *,
    model: Annotated[str, typer.Option(help="What it was a run of, as MODEL:VERSION.", metavar="MODEL:VERSION")] = "",
    phase: Annotated[str, typer.Option(help="Such as train, serve, or idle: kept ready while nobody called it.")] = "",
    unit: Annotated[str, typer.Option(help="What one unit is: '1 image'.")] = "",
    units: Annotated[float | None, typer.Option(help="Units that each window delivered.", min=0)] = None,
    commit: Annotated[str, typer.Option(help="Of the source that ran.")] = "",
    project: Annotated[str, typer.Option(help="Whose run it was.")] = DEFAULT_PROJECT,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="Repeat for several.")] = None,
    json: _Json = False,
    url: _Url = None,
) -> None:
    """Keep measured runs with their windows; a run that is there already is left as it is."""
    from greenwright.ledger.opening import open_ledger
    from greenwright.ledger.runs import About, add_run

    name, colon, version = model.rpartition(":")
    if model and not (colon and name and version):
        raise BadInputError(f"--model is {model!r}; write MODEL:VERSION, such as digits:3")
    told = _pairs(tags or [], "--tag", "NAME=VALUE, such as team=vision")
    about = About(
        project=project, model=name, version=version, phase=phase, commit=commit, unit=unit, units_per_window=units, tags=told
    )
    found = [run for path in paths for run in _runs_in(path)]
    opened = open_ledger(resolve({"ledger_url": url}).ledger_url)
    ids = [add_run(opened, run, about) for run in found]
    count = sum(len(run.windows) for run in found)
    said = (
        f"{len(ids)} run{'s' * (len(ids) != 1)} with {count:,} window{'s' * (count != 1)} in {opened.where}: {', '.join(ids)}"
    )
    _say(json, said, {"runs": ids})


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

    right = correct(_needed(url), subject, entry, reason, _pairs(changes or [], "--set", "COLUMN=VALUE, such as energy_j=1.25"))
    said = f"{subject} {entry} is now {right}" if right else f"{subject} {entry} is withdrawn"
    _say(json, said, Corrected(subject=subject, wrong=entry, right=right))


def _runs_in(path: Path) -> list[Run]:
    """Of one JSON file, which holds a run, or of a journal, which may hold several."""
    import msgspec

    from greenwright.meter.runs import read_runs
    from greenwright.records.runs import Run

    try:
        return [msgspec.json.decode(path.read_bytes(), type=Run)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = read_runs(path)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    if not found:
        raise BadInputError(f"{path} holds no run; write one with: greenwright measure --to json:{path.name} -- COMMAND")
    return found


def _open(url: str | None) -> Ledger | None:
    from greenwright.ledger.opening import has_ledger, open_ledger

    found = resolve({"ledger_url": url}).ledger_url
    return open_ledger(found) if has_ledger(found) else None


def _needed(url: str | None) -> Ledger:
    opened = _open(url)
    if opened is None:
        raise BadInputError(f"there is no ledger at {resolve({'ledger_url': url}).ledger_url}; name another with --ledger")
    return opened


def _pairs(given: list[str], option: str, such_as: str) -> dict[str, str]:
    for one in given:
        if "=" not in one:
            raise BadInputError(f"{option} {one!r} names no value; write it as {such_as}")
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
