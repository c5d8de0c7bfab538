"""Measure the energy of a block of code, and of a part of it."""

import math

from greenwright import Meter

with Meter(name="job") as meter:
    numbers = list(range(3_000_000))
    with meter.window("roots") as part:
        total = sum(math.sqrt(number) for number in numbers)

for window in (part.result, meter.result):
    energy = window.energy_j
    print(f"{window.name}: {energy.value:.3g} J, {energy.grade}, between {energy.low:.3g} and {energy.high:.3g}")
    if window.too_short:
        print(f"{window.name} lasted {window.duration_s:.2g} s: too short for its counters, so repeat it")
