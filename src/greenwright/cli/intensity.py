"""``greenwright intensity``: what a kilowatt-hour emits in a zone, hour by hour, as it was or as it will be."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError, CannotHereError
from greenwright.settings import resolve

if TYPE_CHECKING:
    from greenwright.grid.forecast.model import Forecast
    from greenwright.records.grid import Intensity, Weather

FEWEST_HOURS = 24
"""A forecast is tested on windows no shorter, however few hours are shown: in a shorter one there is little to choose."""
HISTORY_DAYS = 400
"""A year and a month: seasons, and months to test on."""


def intensity(  # noqa: PLR0913  one parameter an option
    zone: Annotated[str, typer.Argument(help="A zone of the grid: DE, US-CAL-CISO; see: greenwright catalogue zones.")],
    *,
    start: Annotated[
        str, typer.Option("--from", help="Beginning, UTC: 2026-01-31T14:00Z. Now, or a day ago.", metavar="TIME")
    ] = "",
    hours: Annotated[int, typer.Option("--hours", help="How many hours.", min=1)] = 24,
    forecast: Annotated[bool, typer.Option("--forecast", help="What will be, as a source forecasts it.")] = False,
    own: Annotated[
        bool, typer.Option("--own-forecast", help="What will be, forecast here from the zone's own history.")
    ] = False,
    marginal: Annotated[bool, typer.Option("--marginal", help="Of one more kilowatt-hour, not of the average one.")] = False,
    direct: Annotated[bool, typer.Option("--direct", help="From the stack only, not over the life cycle.")] = False,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Ask this one; may be given again.", metavar="ID")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read CSV or Parquet.", metavar="PATH")] = None,
    weather: Annotated[
        Path | None,
        typer.Option("--weather", help="CSV of hourly weather for --own-forecast, past and to come.", metavar="PATH"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Print what a kilowatt-hour emits, with its kind, its clock, its age, and everything that looks wrong."""
    if forecast and own:
        raise BadInputError("--forecast is a source's, --own-forecast is made here; choose one")
    if weather and not own:
        raise BadInputError("--weather is for --own-forecast; add that")
    asked = {
        "zone": zone,
        "hours": hours,
        "names": ["file"] if file else source,
        "file": file,
        "marginal": marginal,
        "direct": direct,
    }
    begin_s = _begin_s(start, hours, ahead=forecast or own)
    if own:
        made, energy = _own_forecast(asked, begin_s, weather)
        _show(
            made.intensity,
            json=json,
            more={"followed": made.followed, "worth": made.worth, "energy_j": energy},
            said=_worth(made, energy),
        )
        return
    _show(_ask(asked, begin_s, begin_s + hours * 3600.0, forecast=forecast), json=json, more={}, said=[])


def _begin_s(start: str, hours: int, *, ahead: bool) -> float:
    from greenwright.grid.series import parse_time_s

    if start:
        return parse_time_s(start)
    hour_s = time.time() // 3600 * 3600
    return hour_s if ahead else hour_s - hours * 3600.0


def _ask(asked: dict[str, Any], start_s: float, end_s: float, *, forecast: bool) -> Intensity:
    from greenwright.grid.contract import Ask
    from greenwright.grid.exchange import web
    from greenwright.grid.reading import intensity as read
    from greenwright.grid.reading import is_average
    from greenwright.records.grid import Boundary, Signal

    ask = Ask(
        zone=asked["zone"],
        start_s=start_s,
        end_s=end_s,
        forecast=forecast,
        signal=Signal.MARGINAL if asked["marginal"] else Signal.AVERAGE,
        boundary=Boundary.DIRECT if asked["direct"] else Boundary.LIFE_CYCLE,
    )
    settings = dict(os.environ)
    if asked["file"]:
        settings["GREENWRIGHT_INTENSITY_FILE"] = str(asked["file"])
    cache = resolve().home / "cache" / "grid"
    found = read(ask, get=web(), settings=settings, now_s=time.time(), names=asked["names"], cache=cache)
    if asked["file"] and is_average(found):
        raise BadInputError(found.notes[0].removeprefix("fell back after file: "))
    return found


def _own_forecast(asked: dict[str, Any], at_s: float, weather: Path | None) -> tuple[Forecast, Any]:
    """The forecast, and the energy that making it took."""
    from greenwright.grid.forecast.model import forecast
    from greenwright.grid.reading import is_average
    from greenwright.grid.series import cut
    from greenwright.meter.session import Meter

    history = _ask(asked, at_s - HISTORY_DAYS * 86_400.0, at_s, forecast=False)
    if is_average(history):
        why = "; ".join(note for note in history.notes if "not asked" in note or "fell back" in note)
        raise CannotHereError(
            f"there is no history of {asked['zone']} to forecast from, only a yearly average: give --file, or set up a source ({why})"
        )
    sky = _weather(weather) if weather else None
    with Meter(name="forecast") as meter:
        made = forecast(history, at_s=at_s, length_h=max(FEWEST_HOURS, asked["hours"]), weather=sky)
    shown = cut(made.intensity, at_s, at_s + asked["hours"] * 3600.0)
    return replace(made, intensity=shown), meter.result.energy_j


def _weather(path: Path) -> Weather:
    from greenwright.grid.weather_file import weather

    return weather(path)


def _worth(made: Forecast, energy: Any) -> list[str]:
    if made.worth is None:
        return ["There is too little history to test this forecast on."]
    saved = made.worth.saving_share
    return [
        f"Followed in the months before, it would have saved {saved:.1%} of a 6 h job's emissions, of {made.worth.oracle_saving_share:.1%} "
        f"that perfect knowledge saves: {made.worth.captured_share:.0%} of what can be had ({made.worth.windows_count} jobs)."
        + ("" if energy is None else f" Making it took {energy.value:.3g} J ({energy.grade})."),
        *(["no benefit: on this grid waiting saves nothing, so run now"] if made.followed == "now" else []),
    ]


def _show(series: Intensity, *, json: bool, more: dict[str, Any], said: list[str]) -> None:
    from greenwright.grid.series import time_text

    if json:
        print_json({"intensity": series, **more})
        return
    rows = [
        (
            time_text(series.start_s + place * series.step_s),
            "unknown" if value is None else f"{value:.4g}",
            *_span(series, place),
        )
        for place, value in enumerate(series.values_g_per_kwh)
    ]
    kind = f"{series.signal}, {series.boundary}"
    section(console(), f"{series.zone}: g CO2e per kWh ({kind}), steps of {series.step_s / 60:g} min from", rows)
    typer.echo(f"grade: {series.grade}. {series.source}")
    if series.issued_s is None:
        typer.echo(f"asked for at {time_text(series.fetched_s)}")
    else:
        typer.echo(f"forecast made at {time_text(series.issued_s)}")
    for note in (*series.notes, *said):
        typer.echo(note)


def _span(series: Intensity, place: int) -> list[str]:
    """A cell for the range, where the series has any."""
    if not series.low_g_per_kwh:
        return []
    low, high = series.low_g_per_kwh[place], series.high_g_per_kwh[place]
    return ["" if low is None or high is None else f"{low:.4g} to {high:.4g}"]
