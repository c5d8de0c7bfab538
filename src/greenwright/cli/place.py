"""``greenwright place``: where, when, on what and how wide to run a job, or many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright import units
from greenwright.cli.exit_codes import ExitCode
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenwright.place.making import Look
    from greenwright.records.placement import Choice, FleetPlan, Plan, ServicePlan
    from greenwright.records.quantities import Quantity


def place(
    job: Annotated[Path, typer.Argument(help="A job file: what, by when, and where it may run.", metavar="JOB.toml")],
    *,
    page: Annotated[
        Path | None, typer.Option(help="Write a page with the heat map of places and hours.", metavar="FILE")
    ] = None,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="Ask sources for the hours to come, or forecast them from history.")
    ] = False,
    time: Annotated[str, typer.Option(help="Longest to look for a plan of many jobs: 10s, 5m.")] = "30s",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Plan where, when, on what and how wide to run a job, against running it now, here.

    Exit code 1: no plan holds every constraint; what is printed says which to relax, and by how much.
    """
    from greenwright.place.api import place as planned
    from greenwright.records.placement import Plan, ServicePlan

    said: list[str] = []
    found = planned(job, look=_look(said.append) if forecast else None, limit_s=units.parse_duration_s(time))
    if isinstance(found, ServicePlan):
        print_json(found) if json else _print_service(found)
        return
    found = replace(found, notes=(*found.notes, *said))
    if page is not None:
        _write_page(found, page)
    if json:
        print_json(found)
    elif isinstance(found, Plan):
        _print_plan(found)
    else:
        _print_fleet(found)
    failed = found.choice is None if isinstance(found, Plan) else any(one.choice is None for one in found.placed)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _look(say: Callable[[str], None]) -> Look:
    """The door to the sources, opened only when asked for."""
    import os

    from greenwright.grid.exchange import web
    from greenwright.place.looking import look
    from greenwright.settings import resolve

    return look(get=web(), settings=dict(os.environ), cache=resolve().home / "cache" / "grid", say=say)


def _write_page(found: Plan | FleetPlan, path: Path) -> None:
    from greenwright.place.page import write_page
    from greenwright.records.placement import Plan

    if not isinstance(found, Plan):
        raise BadInputError("--page draws one job's plan; give a file with one job")
    write_page(found, path)
    typer.echo(f"page   {path}", err=True)


def _print_plan(plan: Plan) -> None:
    from greenwright.place.front import telling

    page = console()
    typer.echo(plan.verdict)
    typer.echo("")
    for title, one in (("The plan", plan.choice), ("Now, here", plan.now_here)):
        if one is not None:
            section(page, title, _rows(one))
    if len(plan.front) > 1:
        shown = telling(plan.front)[:_SHOWN]
        section(page, "Choices that no other beats on carbon, cost and time", [_HEADS, *map(_line, shown)])
        if len(plan.front) > len(shown):
            typer.echo(f"  and {len(plan.front) - len(shown)} more, most of them much alike: add --json\n")
    for note in plan.notes:
        typer.echo(f"note: {note}")


_SHOWN = 12
_HEADS = ("where", "on", "from", "until", "CO2e", "cost")


def _rows(one: Choice) -> list[tuple[str, str]]:
    figures = one.figures
    device = f"{one.node_count} × {one.device}" if one.device else f"{one.node_count} wide"
    return [
        ("where", one.site),
        ("on", f"{device}, {one.price_class}"),
        ("when", _hours(one)),
        ("CO2e", _range(figures.carbon_g, _grams)),
        ("energy", _range(figures.energy_j, lambda joules: f"{units.kwh(joules):,.4g} kWh")),
        ("cost", _range(figures.cost_usd, lambda usd: f"{usd:,.2f} USD")),
        ("water", _range(figures.water_l, lambda litres: f"{litres:,.4g} l")),
        ("graded", figures.carbon_g.grade.value),
    ]


def _hours(one: Choice) -> str:
    parts = [f"{part.start_s / 3600:.4g}-{part.end_s / 3600:.4g} h" for part in one.stretches[:6]]
    more = f" and {len(one.stretches) - 6} more stretches" if len(one.stretches) > 6 else ""  # noqa: PLR2004 - a line's worth
    return f"{', '.join(parts)}{more} from now ({one.policy})"


def _range(quantity: Quantity | None, text: object) -> str:
    if quantity is None:
        return "unknown"
    assert callable(text)
    value, low, high = text(quantity.value), text(quantity.low), text(quantity.high)
    return str(value) if low == high else f"{value}, between {low} and {high}"


def _grams(carbon_g: float) -> str:
    return f"{carbon_g / 1e3:,.4g} kg" if carbon_g >= 1e3 else f"{carbon_g:,.4g} g"  # noqa: PLR2004 - a kilogram


def _line(one: Choice) -> tuple[str, ...]:
    cost = f"{one.figures.cost_usd.value:,.2f} USD" if one.figures.cost_usd else "unknown"
    device = f"{one.node_count} × {one.device or 'node'}{' spot' if one.price_class == 'spot' else ''}"
    start, end = one.stretches[0].start_s / 3600, one.figures.finish_s / 3600
    return one.site, device, f"{start:.4g} h", f"{end:.4g} h", _grams(one.figures.carbon_g.value), cost


def _print_service(plan: ServicePlan) -> None:
    sent = {
        name: sum(row[column] for hour in plan.hours for row in hour.answered_count) for column, name in enumerate(plan.regions)
    }
    total = sum(sent.values())
    rows = [
        (
            "CO2e",
            f"{_grams(plan.emitted_g)}, {plan.saving_share:.2%} less than the {_grams(plan.at_home_g)} of answering at home",
        ),
        ("latency", f"{plan.latency_s * 1e3:.1f} ms in the mean, at home {plan.at_home_latency_s * 1e3:.1f} ms"),
        *((name, f"answers {count / total:.1%} of the requests") for name, count in sent.items()),
    ]
    section(console(), f"{len(plan.hours)} hours of requests", rows)


def _print_fleet(plan: FleetPlan) -> None:
    page = console()
    placed = [one for one in plan.placed if one.choice]
    section(
        page,
        f"{len(placed)} of {len(plan.placed)} jobs placed",
        [
            ("CO2e", _range(plan.carbon_g, _grams)),
            ("now, here", _grams(plan.now_here_g)),
            ("gap", f"at most {plan.gap_share:.3%} from the best plan there is ({plan.method}, {plan.duration_s:.1f} s)"),
        ],
    )
    rows = [(one.job, *_line(one.choice)) for one in placed[:40] if one.choice]
    section(page, "Jobs", [("job", *_HEADS), *rows])
    if len(placed) > len(rows):
        typer.echo(f"  and {len(placed) - len(rows)} more: add --json\n")
    for note in plan.notes:
        typer.echo(f"note: {note}")
