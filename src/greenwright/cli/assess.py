"""``greenwright assess``: the footprint of a model's whole life, from a small TOML file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from greenwright import __version__
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.records.disclosure import Disclosure

EXAMPLE = """\
name = "support-classifier"
version = "1.0"
unit = "1 request"
units = 120_000_000          # over its whole life

[place]
where = "aws/eu-west-1"      # a cloud's region, a country, or a zone of the grid
operated_by = "cloud"        # or "own": it decides the scope of the emissions
# pue, intensity_g_per_kwh, market_g_per_kwh, wue_l_per_kwh, price_per_kwh … go before the catalogue's

[[part]]
phase = "data"
name = "data set"
stored = "2 TB"
copies = 3
hours = 17_520

[[part]]
phase = "training"
name = "training"
accelerator = "H100"
count = 8
hours = 240
load = 0.8
times = 1.4                  # failed runs and searches count

[[part]]
phase = "deployment"
name = "serving"
energy_per_unit = { value = "1.1 J", low = "0.9 J", high = "1.4 J", source = "measured", grade = "modelled" }
accelerator = "L4"
count = 2
hours = 17_520

[[part]]
phase = "maintenance"
name = "retraining"
like = "training"
share = 0.2
times = 8

[[part]]
phase = "retirement"
name = "archive"
stored = "100 GB"
disks = "hdd"
hours = 43_800

[[instead]]
name = "the untouched model"
energy_per_unit = "4.6 J"
"""


def assess(
    plan: Annotated[Path | None, typer.Argument(help="A TOML file that describes the life.", metavar="PLAN")] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the report as JSON here; `greenwright report` makes pages of it.", metavar="FILE"),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a plan to start from.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Add up data, training, deployment, maintenance and retirement: energy, carbon, water, hardware, cost, break-even."""
    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if plan is None:
        raise BadInputError("no plan was given; write one from: greenwright assess --example > life.toml")
    from greenwright.lifecycle.assess import assess as assessed

    disclosure = assessed(plan, created_at=datetime.now(UTC).isoformat(timespec="seconds"), version=__version__)
    if out is not None:
        _write(out, disclosure)
    if json:
        print_json(disclosure)
    else:
        _print(disclosure, out)


def _write(path: Path, disclosure: Disclosure) -> None:
    from greenwright.report.formats.json import render
    from greenwright.report.writing import write_text

    write_text(path, render(disclosure))


def _print(disclosure: Disclosure, out: Path | None) -> None:
    from greenwright.report.amounts import quantity_text, range_text
    from greenwright.report.figures import figure, figures
    from greenwright.report.words import noun_text, units_text

    page = console()
    typer.echo(f"{disclosure.summary}.\n")
    rows = [
        (
            one.title,
            quantity_text(one.quantity, one.unit),
            range_text(one.quantity, one.unit),
            one.quantity.grade.value,
            one.note,
        )
        for one in figures(disclosure.total)
        if one.quantity
    ]
    section(page, f"The whole life of {disclosure.name} {disclosure.version}".rstrip(), rows)
    if disclosure.per_unit:
        each = [
            (one.title, quantity_text(one.quantity, one.unit), range_text(one.quantity, one.unit))
            for one in figures(disclosure.per_unit)
            if one.quantity
        ]
        section(page, f"Per {noun_text(disclosure.total.unit)}", each)
    section(
        page,
        "By part",
        [
            (
                one.name,
                one.phase.value,
                *(
                    quantity_text((it := figure(one.footprint, key)).quantity, it.unit)
                    for key in ("facility_energy", "location_carbon", "embodied_carbon")
                ),
                one.how,
            )
            for one in disclosure.phases
        ],
    )
    evens = [
        (
            one.criterion,
            f"{units_text(one.after_units.value, disclosure.total.unit)}: {one.says}" if one.after_units else one.says,
        )
        for one in disclosure.break_evens
    ]
    if evens:
        section(page, "Break-even", evens)
    left_out = [*disclosure.total.leaves_out, *disclosure.warnings]
    if left_out:
        section(page, "Left out", [(one,) for one in left_out])
    typer.echo(
        f"Written to {out}."
        if out
        else "Keep it, and make pages of it: greenwright assess … --out FILE; greenwright report FILE"
    )
