"""``greenwright report``: a footprint as a page, Markdown, JSON, a model card, a bill of materials, or a regulation's table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright import __version__
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.records.disclosure import Operator, Phase

if TYPE_CHECKING:
    from greenwright.lifecycle.plan import PlacePlan
    from greenwright.records.disclosure import Disclosure

ALL = "all"


def report(  # noqa: PLR0913 - one parameter an option
    source: Annotated[
        str | None,
        typer.Argument(
            help="JSON of `assess --out` or `measure --json`, a study.json or its folder, a footprint; or an id of the ledger.",
            metavar="SOURCE",
        ),
    ] = None,
    *,
    form: Annotated[
        list[str] | None,
        typer.Option("--format", help="One of those that --formats lists, or all; may be repeated.", metavar="NAME"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write here: a file, or a folder for several formats. Default: standard output."),
    ] = None,
    where: Annotated[str, typer.Option("--place", help="Where it ran: a cloud's region, a country, a zone of the grid.")] = "",
    pue: Annotated[float | None, typer.Option("--pue", help="Facility energy over IT energy.")] = None,
    intensity: Annotated[float | None, typer.Option("--intensity", help="g CO2e per kWh, location-based.")] = None,
    market: Annotated[float | None, typer.Option("--market", help="g CO2e per kWh, market-based.")] = None,
    price: Annotated[float | None, typer.Option("--price", help="Of a kWh.")] = None,
    currency: Annotated[str, typer.Option("--currency", help="Of the price.")] = "USD",
    cloud: Annotated[bool, typer.Option("--cloud", help="The machines are a cloud's: emissions are scope 3.")] = False,
    units: Annotated[float | None, typer.Option("--units", help="Functional units that it was for.")] = None,
    unit: Annotated[str, typer.Option("--unit", help="What one of them is.")] = "",
    phase: Annotated[Phase, typer.Option("--phase", help="Of its life, for a measured run or a footprint.")] = Phase.TRAINING,
    ledger: Annotated[str | None, typer.Option("--ledger", help="Read this ledger: a database URL.", metavar="URL")] = None,
    formats: Annotated[bool, typer.Option("--formats", help="List the formats, with what each leaves blank.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of reports.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write a footprint in the forms that people, tools and regulations read. Its own numbers are checked before."""
    if schema:
        from greenwright.report.formats.json import schema as json_schema

        typer.echo(json_schema(), nl=False)
        return
    if formats:
        _list(as_json=json)
        return
    if source is None:
        raise BadInputError("no source was given; make one with: greenwright assess PLAN --out report.json")
    from greenwright.lifecycle.plan import PlacePlan

    place = PlacePlan(
        where=where,
        operated_by=Operator.CLOUD if cloud else Operator.OWN,
        pue=pue,
        intensity_g_per_kwh=intensity,
        market_g_per_kwh=market,
        price_per_kwh=price,
        currency=currency,
    )
    disclosure = _disclosure(source, place, units=units, unit=unit, phase=phase, ledger=ledger)
    _guard(disclosure)
    _write(disclosure, _wanted([*(form or []), *(["json"] if json else [])], out), out)


def _disclosure(  # noqa: PLR0913 - what a record does not say
    source: str, place: PlacePlan, *, units: float | None, unit: str, phase: Phase, ledger: str | None
) -> Disclosure:
    from greenwright.lifecycle.records import decode, disclosure_of

    record = decode(_text(source, ledger), source)
    stamp = (datetime.now(UTC).isoformat(timespec="seconds"), __version__)
    return disclosure_of(record, place, units=units, unit=unit, phase=phase, stamp=stamp)


def _text(source: str, ledger: str | None) -> bytes:
    path = Path(source)
    path = path / "study.json" if path.is_dir() else path
    if path.exists():
        try:
            return path.read_bytes()
        except OSError as error:
            raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    if path.suffix or "/" in source:
        raise BadInputError(f"there is no {path}; give the JSON of `greenwright assess PLAN --out FILE`, or a study's folder")
    return _from_ledger(source, ledger)


def _from_ledger(entry_id: str, ledger: str | None) -> bytes:
    """A study or a measured run, by its id."""
    import msgspec

    from greenwright.ledger.opening import has_ledger, open_ledger
    from greenwright.ledger.runs import run_of
    from greenwright.settings import resolve

    url = resolve({"ledger_url": ledger}).ledger_url
    if not has_ledger(url):
        raise BadInputError(f"there is no file {entry_id!r}, and no ledger that could hold a study or run of that id")
    opened = open_ledger(url)
    return msgspec.json.encode(run_of(opened, entry_id) or opened.study(entry_id))


def _guard(disclosure: Disclosure) -> None:
    """Our own reports pass the same guards as anybody's: what they find is a fault of ours or of the input, and is said."""
    from greenwright.footprint.claims.contract import check
    from greenwright.footprint.claims.reading.files import document
    from greenwright.records.claims import Severity
    from greenwright.report.formats.markdown import render

    for one in check(document("report.md", render(disclosure))):
        if one.severity is Severity.WRONG:
            typer.echo(f"warning: {one.says}; {one.mend} [{one.guard}]", err=True)


def _wanted(given: list[str], out: Path | None) -> list[str]:
    from greenwright import registry

    known = list(registry.members("formats"))
    if ALL in given:
        return known
    if given:
        return list(dict.fromkeys(given))
    fitting = [name for name in known if out is not None and out.name.endswith(registry.load("formats", name).META.suffix)]
    return fitting[:1] or ["markdown"]


def _write(disclosure: Disclosure, names: list[str], out: Path | None) -> None:
    from greenwright import registry
    from greenwright.report.writing import write_text

    texts = {name: registry.load("formats", name).render(disclosure) for name in names}
    if out is None:
        if len(names) > 1:
            raise BadInputError(f"{len(names)} formats do not go into one output; say where with --out FOLDER")
        typer.echo(texts[names[0]], nl=False)
        return
    if len(names) == 1 and not out.is_dir():
        write_text(out, texts[names[0]])
        typer.echo(f"{out}  {registry.load('formats', names[0]).META.title}", err=True)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        meta = registry.load("formats", name).META
        path = out / f"{name}{meta.suffix}"
        write_text(path, text)
        typer.echo(f"{path}  {meta.title}; leaves blank: {meta.leaves_blank}", err=True)


def _list(*, as_json: bool) -> None:
    from greenwright import registry

    metas = {name: module.META for name, module in registry.load_all("formats").items()}
    if as_json:
        print_json(
            [
                {"format": name, "title": one.title, "leaves_blank": one.leaves_blank, "source": one.source}
                for name, one in metas.items()
            ]
        )
        return
    section(console(), "Formats", [(name, one.title, f"leaves blank: {one.leaves_blank}") for name, one in metas.items()])
