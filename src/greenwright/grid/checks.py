"""What looks wrong in a series of intensities: flat, copied, missing, negative or absurd stretches. Pure; nothing is mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from greenwright.grid.series import DAY_S, time_text
from greenwright.records.grid import Intensity

FLAT_S = DAY_S / 2
"""Half a day of one and the same value is no grid: a feed hangs, or an average was filled in."""
COPIED_S = DAY_S
"""A whole day equal to an earlier one, digit for digit, was filled in."""
MISSING_SHARE = 0.02
"""More unknown hours than this are said, even where each gap is short."""
GAP_S = DAY_S / 4
FLAT_GRID_SHARE = 0.05
"""A grid whose middle nine tenths lie within this of its mean gives nothing to choose from."""
ALIKE_SHARE = 0.98
"""Two zones that show the same value this often are one column, copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that looks wrong."""

    kind: str
    """"flat", "copied", "missing", "absurd" or "nothing to choose"."""
    text: str
    start_s: float | None = None
    duration_s: float = 0.0


def doubts(series: Intensity) -> list[Doubt]:
    """Everything that looks wrong in one series, in order of time within each kind."""
    return [*_missing(series), *_flat(series), *_copied(series), *_absurd(series), *_nothing_to_choose(series)]


def copies(zone: str, values: Mapping[str, Mapping[float, float]]) -> list[Doubt]:
    """Other zones of one file that show the values of ``zone`` at the same times.

    Args:
        zone: whose values are doubted.
        values: by zone and time, g/kWh.
    """
    own, found = values[zone], []
    for other, theirs in values.items():
        both = own.keys() & theirs.keys() if other != zone else set()
        same = sum(own[at_s] == theirs[at_s] for at_s in both)
        if both and same / len(both) >= ALIKE_SHARE and len({own[at_s] for at_s in both}) > 1:
            text = f"{zone} and {other} show the same value in {same} of {len(both)} steps: one is a copy of the other"
            found.append(Doubt(kind="copied", text=text))
    return found


def _runs(series: Intensity) -> Iterator[tuple[float | None, int, int]]:
    """Value, place and length of every stretch of equal values."""
    place = 0
    for value, group in groupby(series.values_g_per_kwh):
        length = len(list(group))
        yield value, place, length
        place += length


def _missing(series: Intensity) -> Iterator[Doubt]:
    unknown = [(place, length) for value, place, length in _runs(series) if value is None]
    total = sum(length for _, length in unknown)
    long = [(place, length) for place, length in unknown if length * series.step_s >= GAP_S]
    for place, length in long:
        yield _stretch("missing", series, place, length, "nothing is known")
    if not long and total > MISSING_SHARE * len(series.values_g_per_kwh):
        yield Doubt(kind="missing", text=f"{total} of {len(series.values_g_per_kwh)} steps are unknown, in short gaps")


def _flat(series: Intensity) -> Iterator[Doubt]:
    for value, place, length in _runs(series):
        if value is not None and length * series.step_s >= FLAT_S:
            yield _stretch("flat", series, place, length, f"always {value:g} g/kWh")


def _copied(series: Intensity) -> Iterator[Doubt]:
    """Stretches that repeat what stood a day or a week before; flat ones are flat, not copied."""
    values = series.values_g_per_kwh
    for back_s, word in ((DAY_S, "day"), (7 * DAY_S, "week")):
        back = round(back_s / series.step_s)
        same = [values[place] is not None and values[place] == values[place - back] for place in range(back, len(values))]
        place = back
        for is_same, group in groupby(same):
            length = len(list(group))
            if is_same and length * series.step_s >= COPIED_S and len(set(values[place : place + length])) > 1:
                yield _stretch("copied", series, place, length, f"the same, digit for digit, as a {word} before")
            place += length


def _absurd(series: Intensity) -> Iterator[Doubt]:
    """Zeros between values that are not: a missing number written as 0."""
    known = [value for value in series.values_g_per_kwh if value]
    lowest = min(known, default=0.0)
    zeros = sum(value == 0 for value in series.values_g_per_kwh)
    if zeros and lowest > 5:  # noqa: PLR2004 - a grid that gets near zero may touch it
        yield Doubt(
            kind="absurd", text=f"{zeros} steps are 0 g/kWh, though the lowest other value is {lowest:g}: gaps written as zeros"
        )


def _nothing_to_choose(series: Intensity) -> Iterator[Doubt]:
    known = sorted(value for value in series.values_g_per_kwh if value is not None)
    if len(known) * series.step_s < DAY_S:
        return
    low, high, mean = known[len(known) // 20], known[-1 - len(known) // 20], sum(known) / len(known)
    if high - low <= FLAT_GRID_SHARE * mean:
        text = f"nine tenths of the time it is {low:g} to {high:g} g/kWh: on a flat grid waiting saves nothing"
        yield Doubt(kind="nothing to choose", text=text)


def _stretch(kind: str, series: Intensity, place: int, length: int, what: str) -> Doubt:
    start_s, duration_s = series.start_s + place * series.step_s, length * series.step_s
    text = f"{what} from {time_text(start_s)} for {duration_s / 3600:g} h"
    return Doubt(kind=kind, text=text, start_s=start_s, duration_s=duration_s)
