"""Intensity over the hours to come, laid on the slots of a plan: readings at any times become one value per slot."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.records.quantities import Grade, Quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """What a kilowatt-hour of one zone will emit, slot by slot: the median of what is expected, and a range around it."""

    median_g_per_kwh: Array
    low_g_per_kwh: Array
    high_g_per_kwh: Array
    grade: Grade
    source: str

    @property
    def is_flat(self) -> bool:
        """Whether no hour is expected to be better than another."""
        return bool(self.median_g_per_kwh.max() - self.median_g_per_kwh.min() <= 1e-9 * self.median_g_per_kwh.max())


def flat(intensity_g_per_kwh: Quantity, slot_count: int) -> Outlook:
    """The same in every slot: a yearly mean says nothing about hours."""
    import numpy as np

    return Outlook(
        median_g_per_kwh=np.full(slot_count, intensity_g_per_kwh.value),
        low_g_per_kwh=np.full(slot_count, intensity_g_per_kwh.low),
        high_g_per_kwh=np.full(slot_count, intensity_g_per_kwh.high),
        grade=intensity_g_per_kwh.grade,
        source=intensity_g_per_kwh.source,
    )


def from_arrays(median: Array, low: Array, high: Array, *, grade: Grade, source: str) -> Outlook:
    """Values per slot, checked.

    Raises:
        BadInputError: not finite, negative, of different lengths, or the median not within its range.
    """
    import numpy as np

    for values in (median, low, high):
        if values.shape != median.shape or values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
            raise BadInputError(f"{source}: an outlook is one finite value of at least 0 g/kWh per slot; mend the series")
    if (low > median).any() or (median > high).any():
        raise BadInputError(f"{source}: the median lies outside its own range; swap the columns back")
    return Outlook(median_g_per_kwh=median, low_g_per_kwh=low, high_g_per_kwh=high, grade=grade, source=source)


def resample(times: list[datetime], values: list[float], start: datetime, step_s: float, slot_count: int) -> Array:
    """One mean per slot from ``start`` on, of readings that each hold until the next; the last holds as long as the one before.

    Fewer slots come back where the readings end earlier.

    Raises:
        BadInputError: fewer than two readings, times that do not rise, or readings that begin after ``start``.
    """
    import numpy as np

    at_s = np.array([(time - start).total_seconds() for time in times])
    if len(at_s) < 2 or (np.diff(at_s) <= 0).any():  # noqa: PLR2004 - a length takes two
        raise BadInputError(f"{len(at_s)} readings whose times do not rise make no series; sort them and drop repeated ones")
    end_s = at_s[-1] + (at_s[-1] - at_s[-2])
    known = min(slot_count, math.floor(end_s / step_s + 1e-9))
    if at_s[0] > 0 or known < 1:
        raise BadInputError(
            f"the series covers {times[0]} to {times[-1]}, but the plan starts {start}; give one that covers it"
        )
    edges = np.append(at_s, end_s)
    total = np.concatenate([[0.0], np.cumsum(np.diff(edges) * np.asarray(values, dtype=float))])
    marks = np.interp(np.arange(known + 1) * step_s, edges, total)
    slots: Array = np.diff(marks) / step_s
    return slots


def later(outlook: Outlook, passed_slot_count: float) -> Outlook:
    """The same hours on slots that begin so many slots later; the last known value holds on."""
    import numpy as np

    whole = max(0, math.floor(passed_slot_count))
    part = max(0.0, passed_slot_count) - whole

    def moved(values: Array) -> Array:
        rest = values[min(whole, len(values) - 1) :]
        laid: Array = (1 - part) * rest + part * np.append(rest[1:], rest[-1])
        return laid

    return replace(
        outlook,
        median_g_per_kwh=moved(outlook.median_g_per_kwh),
        low_g_per_kwh=moved(outlook.low_g_per_kwh),
        high_g_per_kwh=moved(outlook.high_g_per_kwh),
    )
