"""What looks wrong in a series of intensities: flat, copied, missing, negative or absurd stretches. Pure; nothing is mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

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


def copies(series: Mapping[str, Intensity]) -> list[Doubt]:
    """Pairs of zones that show the same values at the same times."""
    found = []
    for (one, first), (other, second) in combinations(series.items(), 2):
        pairs = [(a, b) for a, b in zip(*_side_by_side(first, second), strict=True) if a is not None and b is not None]
        same = sum(a == b for a, b in pairs)
        if pairs and len({a for a, _ in pairs}) > 1 and same / len(pairs) >= ALIKE_SHARE:
            text = f"{one} and {other} show the same value in {same} of {len(pairs)} steps: one is a copy of the other"
            found.append(Doubt(kind="copied", text=text))
    return found


def _side_by_side(first: Intensity, second: Intensity) -> tuple[Sequence[float | None], Sequence[float | None]]:
    if first.step_s != second.step_s:
        return (), ()
    start_s, end_s = max(first.start_s, second.start_s), min(first.end_s, second.end_s)
    count = max(0, round((end_s - start_s) / first.step_s))
    places = [round((start_s - one.start_s) / one.step_s) for one in (first, second)]
    return first.values_g_per_kwh[places[0] : places[0] + count], second.values_g_per_kwh[places[1] : places[1] + count]


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
