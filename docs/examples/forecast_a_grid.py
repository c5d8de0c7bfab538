"""Forecast the next day of a grid from its last ninety, and ask what following such forecasts would have been worth."""

from __future__ import annotations

import math
import random

from greenwright.grid.forecast.model import forecast
from greenwright.grid.series import time_text
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

HOUR_S, DAYS = 3600.0, 90
CHANCE = random.Random(0)  # noqa: S311 - weather, not a secret


def sunshine(hour: int) -> float:
    """Between 0 at night and 1 at noon."""
    return max(0.0, math.sin((hour % 24 - 6) / 12 * math.pi))


history = Intensity(
    zone="HOME",
    start_s=1_700_006_400.0,
    step_s=HOUR_S,
    values_g_per_kwh=tuple(320 - 150 * sunshine(hour) + CHANCE.gauss(0, 15) for hour in range(24 * DAYS)),
    signal=Signal.AVERAGE,
    boundary=Boundary.LIFE_CYCLE,
    grade=Grade.MODELLED,
    source="an example",
    fetched_s=0.0,
)

tomorrow = forecast(history, at_s=history.end_s, length_h=24, job_h=6)
values = [value for value in tomorrow.intensity.values_g_per_kwh if value is not None]
best = values.index(min(values))
print(f"cleanest at {time_text(tomorrow.intensity.start_s + best * HOUR_S)}: {values[best]:.0f} g/kWh")
worth = tomorrow.worth
if worth is not None:
    print(f"a 6 h job that waited would have saved {worth.saving_share:.0%}, perfect knowledge {worth.oracle_saving_share:.0%}")
