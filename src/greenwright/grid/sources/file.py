"""A file of the user's: CSV (plain or gzipped) or Parquet, with a column of times and one of g/kWh."""

from __future__ import annotations

from pathlib import Path

from greenwright.errors import BadInputError
from greenwright.grid.answers import as_intensity
from greenwright.grid.checks import copies
from greenwright.grid.contract import Ask, Meta, Reach, SourceError
from greenwright.grid.series_file import Reading, about, readings
from greenwright.records.grid import Boundary, Intensity, Signal

META = Meta(
    id="file",
    title="a file of your own",
    signals=(Signal.AVERAGE, Signal.MARGINAL),
    boundaries=(Boundary.LIFE_CYCLE, Boundary.DIRECT),
    history=True,
    forecast=True,
    zones="those in its column zone, region or zone id; a file without one is about the zone asked for",
    needs=("GREENWRIGHT_INTENSITY_FILE",),
    clock="times are the beginning of what a row is about; without a time zone they are UTC",
    licence="yours",
    url="",
)


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Read the file.

    Raises:
        SourceError: no file, or nothing in it about the zone and the stretch.
    """
    path = Path(reach.setting("GREENWRIGHT_INTENSITY_FILE")).expanduser()
    try:
        every = list(readings(path, ask.boundary, forecast=ask.forecast))
        found = about(path, ask.zone, every)
    except BadInputError as error:
        raise SourceError(str(error)) from error
    return as_intensity(
        [(one.at_s, one.intensity_g_per_kwh) for one in found],
        ask=ask,
        meta=META,
        reach=reach,
        signal=ask.signal,
        boundary=ask.boundary,
        notes=(f"read from {path.name}", *_copied(found[0].zone, every)),
    )


def _copied(zone: str, every: list[Reading]) -> list[str]:
    values: dict[str, dict[float, float]] = {}
    for one in every:
        if one.intensity_g_per_kwh is not None:
            values.setdefault(one.zone, {})[one.at_s] = one.intensity_g_per_kwh
    return [f"{doubt.kind}: {doubt.text}" for doubt in copies(zone, values)] if zone in values else []
