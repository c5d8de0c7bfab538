"""``greenwright check``: hold the budgets of greenwright.toml, and say what came of it in every form a CI reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenwright.cli.exit_codes import ExitCode
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.records.checks import CheckRecord, Outcome
from greenwright.settings import resolve

if TYPE_CHECKING:
    from greenwright.budgets.read import Plan
    from greenwright.records.versions import ModelVersion

_CODES = {Outcome.WITHIN: ExitCode.FINE, Outcome.OVER: ExitCode.FAILED, Outcome.CANNOT_TELL: ExitCode.CANNOT_TELL}


def check(  # noqa: PLR0913 - one parameter an option
    *,
    config: Annotated[Path | None, typer.Option(help="A greenwright.toml. Default: here or above.")] = None,
    base: Annotated[str | None, typer.Option(help="Compare with this branch, tag or commit.", metavar="REF")] = None,
    repeats: Annotated[int | None, typer.Option(help="Run each side so often.", min=1)] = None,
    max_repeats: Annotated[int | None, typer.Option(help="And so often where fewer cannot tell.", min=1)] = None,
    comment: Annotated[Path | None, typer.Option(help="Write a pull-request comment in Markdown.", metavar="FILE")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML.", metavar="FILE")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write SARIF 2.1.0.", metavar="FILE")] = None,
    save: Annotated[Path | None, typer.Option(help="Write what --json prints, readings included.", metavar="FILE")] = None,
    read: Annotated[
        Path | None, typer.Option("--from", help="Run nothing: show a check that --save wrote.", metavar="FILE")
    ] = None,
    job: Annotated[
        str | None,
        typer.Option(help="Print a ready-made file: toml, github, github-comment, gitlab or pre-commit.", metavar="NAME"),
    ] = None,
    pass_unclear: Annotated[bool, typer.Option("--pass-unclear", help="Exit with 0 where nobody can tell.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Hold budgets for energy, carbon, water, cost, size and latency; fail only where an interval is wholly past one."""
    if job is not None:
        from greenwright.budgets.jobs import job as ready

        typer.echo(ready(job), nl=False)
        return
    record = _read(read) if read else _checked(_plan(config, base, repeats, max_repeats))
    _write(record, {"comment": comment, "junit": junit, "sarif": sarif, "save": save})
    if json:
        print_json(record)
    else:
        _print(record)
    code = _CODES[record.outcome]
    raise typer.Exit(ExitCode.FINE if pass_unclear and code is ExitCode.CANNOT_TELL else code)


def _plan(config: Path | None, base: str | None, repeats: int | None, max_repeats: int | None) -> Plan:
    from greenwright.budgets.read import find_config, read_plan

    plan = read_plan(config.absolute() if config else find_config(Path.cwd()))
    count = repeats or plan.repeats
    return replace(plan, base=base or plan.base, repeats=count, max_repeats=max(count, max_repeats or plan.max_repeats))


def _checked(plan: Plan) -> CheckRecord:
    from greenwright.budgets.check import check as run

    return run(plan, _released, lambda text: typer.echo(text, err=True))


def _released(which: str) -> ModelVersion:
    """A version in the ledger, by ``model@alias`` or ``model:version``."""
    from greenwright.ledger.lineage import all_versions
    from greenwright.ledger.opening import has_ledger, open_ledger

    model, at, alias = which.rpartition("@")
    if not at:
        model, _, alias = which.rpartition(":")
    url = resolve().ledger_url
    versions = all_versions(open_ledger(url), model) if has_ledger(url) else []
    for version in versions:
        if (alias in version.aliases) if at else (alias == version.version):
            return version
    raise BadInputError(
        f"a budget is against {which!r}, which the ledger does not have; `greenwright models` lists what it has"
    )


def _read(path: Path) -> CheckRecord:
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes(), type=CheckRecord)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise BadInputError(f"{path} holds no check ({error}); write one with: greenwright check --save {path.name}") from error


def _write(record: CheckRecord, wanted: dict[str, Path | None]) -> None:
    for form, path in wanted.items():
        if path is None:
            continue
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(_drawn(record, form), encoding="utf-8")
            unfinished.replace(path)
        except OSError as error:
            raise BadInputError(f"{path} cannot be written: {error.strerror}") from error


def _drawn(record: CheckRecord, form: str) -> str:
    import msgspec

    from greenwright.report.checks.comment import comment
    from greenwright.report.checks.junit import junit
    from greenwright.report.checks.sarif import sarif

    if form == "comment":
        return comment(record)
    if form == "junit":
        return junit(record)
    value: Any = sarif(record) if form == "sarif" else record
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _print(record: CheckRecord) -> None:
    from greenwright.report.checks.table import remarks, rows
    from greenwright.report.checks.words import headline

    section(console(), headline(record), rows(record))
    for line in remarks(record):
        typer.echo(line)
