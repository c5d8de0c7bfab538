"""The hours to come, from whoever knows them: a source's own forecast, else one made here of the zone's history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from greenwright.catalogue.places import Place
from greenwright.grid.contract import Ask, Get, SourceError
from greenwright.grid.forecast.model import forecast
from greenwright.grid.reading import intensity, is_average
from greenwright.grid.series import DAY_S
from greenwright.place.outlook import Outlook, from_arrays, resample
from greenwright.records.grid import Intensity

HISTORY_S = 400 * DAY_S
"""A year and a month: seasons, and months to test a forecast on."""
ENOUGH_S = 14 * DAY_S
"""With less of a zone's history no forecast is made of it."""


def look(
    *, get: Get, settings: Mapping[str, str], cache: Path | None, say: Callable[[str], None] = lambda _: None
) -> Callable[[Place, datetime, float, int], Outlook | None]:
    """What ``place`` asks of every site: the sources that ``settings`` allow, in their order; each zone once.

    Args:
        get: the door to the network; see ``grid.exchange.web``.
        settings: the environment, with keys and paths.
        cache: where answers are kept.
        say: is told, once a zone, why nobody knows its hours, or whose word it is.
    """
    known: dict[str, Intensity | None] = {}

    def looked(place: Place, start: datetime, step_s: float, slot_count: int) -> Outlook | None:
        if not place.zone:
            return None
        if place.zone not in known:
            length_s = step_s * slot_count
            known[place.zone] = _ahead(
                place.zone, start.timestamp(), length_s, get=get, settings=settings, cache=cache, say=say
            )
        found = known[place.zone]
        return None if found is None else of_series(found, start, step_s, slot_count)

    return looked


def _ahead(  # noqa: PLR0913 - a question and who answers
    zone: str,
    at_s: float,
    length_s: float,
    *,
    get: Get,
    settings: Mapping[str, str],
    cache: Path | None,
    say: Callable[[str], None],
) -> Intensity | None:
    """A source's forecast; else our own, of history; None where nobody knows more than a yearly mean."""
    hour_s = at_s // 3600 * 3600
    coming = Ask(zone=zone, start_s=hour_s, end_s=hour_s + length_s + 3600, forecast=True)
    past = Ask(zone=zone, start_s=hour_s - HISTORY_S, end_s=hour_s)
    try:
        found = intensity(coming, get=get, settings=settings, now_s=at_s, cache=cache)
        if not is_average(found):
            return found
        history = intensity(past, get=get, settings=settings, now_s=at_s, cache=cache)
    except SourceError as error:
        say(f"{zone}: {error}")
        return None
    if is_average(history):
        say(f"{zone}: no hours are known, so its yearly average stands in, graded {history.grade}: {'; '.join(_why(history))}.")
        return None
    if history.end_s - history.start_s < ENOUGH_S:
        days = (history.end_s - history.start_s) / DAY_S
        say(f"{zone}: {days:.0f} days of history are too few to forecast from; its yearly average stands in.")
        return None
    say(f"{zone}: nobody forecasts it ({'; '.join(_why(found))}), so its hours are forecast here from {history.source}.")
    return forecast(history, at_s=hour_s, length_h=int(length_s // 3600) + 1).intensity


def _why(found: Intensity) -> list[str]:
    return [note for note in found.notes if "was not asked" in note or note.startswith("fell back")] or ["no source covers it"]


def of_series(series: Intensity, start: datetime, step_s: float, slot_count: int) -> Outlook | None:
    """A series on the slots of a plan; hours that nobody knows are as the last known one. None where it does not cover the start."""
    first = datetime.fromtimestamp(series.start_s, UTC)
    times = [first + timedelta(seconds=series.step_s * number) for number in range(len(series.values_g_per_kwh))]
    known = [number for number, value in enumerate(series.values_g_per_kwh) if value is not None]
    if len(known) < 2 or times[known[0]] > start or series.end_s <= start.timestamp() + step_s:  # noqa: PLR2004 - a step takes two
        return None
    median = [series.values_g_per_kwh[number] or 0.0 for number in known]
    lows = [_or(series.low_g_per_kwh, number, median[index]) for index, number in enumerate(known)]
    highs = [_or(series.high_g_per_kwh, number, median[index]) for index, number in enumerate(known)]
    at = [times[number] for number in known]
    made = [resample(at, values, start, step_s, slot_count) for values in (median, lows, highs)]
    return from_arrays(*made, grade=series.grade, source=series.source)


def _or(values: tuple[float | None, ...], number: int, median_g_per_kwh: float) -> float:
    found = values[number] if number < len(values) else None
    return median_g_per_kwh if found is None else found
