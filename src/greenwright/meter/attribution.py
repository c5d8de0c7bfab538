"""Split a machine's energy among its processes, so that nothing is lost and nothing is charged twice. Pure.

Each part of the machine is split by itself. Its idling, from the baseline, is nobody's. What is above is charged by CPU time
(CPU, memory) or by each process's part of a GPU's work; what no process is known to have done stays unattributed.

What a process adds depends on what runs beside it, because power is not a straight line over load: the first to run wakes what
all share, the last adds least. Proportional shares lie between, and the range reaches to both, for the bent lines that public
sweeps of CPUs show.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from greenwright.errors import BadInputError
from greenwright.records.attribution import Attribution, Share, Use
from greenwright.records.baseline import Idle
from greenwright.records.energy import Part
from greenwright.records.quantities import Grade, Quantity, weakest

LEAST_BEND = 0.4
MOST_BEND = 1.5
"""Power above idle goes with load to a power between these: at a tenth of the load the sweeps of four CPUs show 0.41 to 1.5."""


def attribute(  # noqa: PLR0913 - what a split rests on, all by keyword
    parts: Sequence[Part],
    uses: Sequence[Use],
    *,
    duration_s: float,
    busy_s: float,
    idle: Idle | None = None,
    straight: Collection[str] = (),
) -> Attribution:
    """Who used these parts' energy.

    Args:
        parts: Of one window, with a component each; they add up to the machine.
        uses: What each process did in the window.
        duration_s: Of the window.
        busy_s: CPU time of the whole machine in the window; where processes have more, theirs counts.
        idle: The machine's baseline; None where none was measured.
        straight: Counters whose own range already holds that power is no straight line over load: those of models.

    Raises:
        BadInputError: no parts.
    """
    if not parts:
        raise BadInputError("there is no energy to split; measure a window first")
    busy_s = max(busy_s, math.fsum(use.cpu_s for use in uses))
    has_baseline = idle is not None and any(part.counter in idle.power_w for part in parts)
    idles_j = [_idle_j(part, duration_s, idle) for part in parts]
    charges = [
        [
            _charge(part, idle_j, _share_of(use, part, busy_s), is_straight=part.counter in straight)
            for part, idle_j in zip(parts, idles_j, strict=True)
        ]
        for use in uses
    ]
    marginals_j = [_sum(charge) for charge in charges]
    total_j, idle_j = _sum([part.energy_j for part in parts]), _sum(idles_j)
    left_j = total_j.value - idle_j.value - math.fsum(one.value for one in marginals_j)
    active = total_j.value - idle_j.value
    shares = [
        Share(
            name=use.name,
            cpu_s=use.cpu_s,
            marginal_j=marginal_j,
            full_j=_scaled(marginal_j, total_j.value / active) if active > 0 else _scaled(total_j, 0.0),
        )
        for use, marginal_j in zip(uses, marginals_j, strict=True)
    ]
    return Attribution(
        duration_s=duration_s,
        total_j=total_j,
        idle_j=idle_j,
        unattributed_j=_unattributed(left_j, total_j),
        shares=tuple(sorted(shares, key=lambda share: share.marginal_j.value, reverse=True)),
        has_baseline=has_baseline,
        busy_s=busy_s,
    )


def _idle_j(part: Part, duration_s: float, idle: Idle | None) -> Quantity:
    """Of one part; never more than it used."""
    power_w = idle.power_w.get(part.counter) if idle else None
    if power_w is None:
        return Quantity(value=0.0, low=0.0, high=0.0, grade=part.energy_j.grade, source="no idle baseline")
    value, low, high = (min(one * duration_s, part.energy_j.value) for one in (power_w.value, power_w.low, power_w.high))
    return Quantity(value=value, low=low, high=high, grade=weakest((power_w.grade, part.energy_j.grade)), source=power_w.source)


def _share_of(use: Use, part: Part, busy_s: float) -> float:
    if part.component == "gpu":
        return use.gpu_share.get(part.counter, 0.0)
    return use.cpu_s / busy_s if busy_s > 0 else 0.0


def _charge(part: Part, idle_j: Quantity, share: float, *, is_straight: bool) -> Quantity:
    """What a share of one part's work comes to: proportional, between what the last and the first to run would add."""
    active_j = part.energy_j.value - idle_j.value
    least_j, most_j = max(0.0, part.energy_j.low - idle_j.high), max(0.0, part.energy_j.high - idle_j.low)
    powers = (1.0,) if is_straight else (LEAST_BEND, MOST_BEND)
    bends = [bent for power in powers for bent in (share**power, 1 - (1 - share) ** power)]
    return Quantity(
        value=active_j * share,
        low=min(least_j * min(share, *bends), active_j * share),
        high=max(most_j * max(share, *bends), active_j * share),
        grade=weakest((part.energy_j.grade, idle_j.grade, Grade.MODELLED if share < 1 else Grade.COUNTER)),
        source=part.energy_j.source,
    )


def _unattributed(left_j: float, total_j: Quantity) -> Quantity:
    """What is left: exactly, so that nothing is lost. Rounding may leave it a hair below nothing."""
    value = left_j if abs(left_j) > 1e-9 * abs(total_j.value) else 0.0
    return Quantity(value=value, low=min(0.0, value), high=max(value, 0.0), grade=total_j.grade, source="not attributed")


def _sum(quantities: Sequence[Quantity]) -> Quantity:
    return Quantity(
        value=math.fsum(one.value for one in quantities),
        low=math.fsum(one.low for one in quantities),
        high=math.fsum(one.high for one in quantities),
        grade=weakest(one.grade for one in quantities),
        source="; ".join(dict.fromkeys(one.source for one in quantities)),
    )


def _scaled(quantity: Quantity, ratio: float) -> Quantity:
    return Quantity(
        value=quantity.value * ratio,
        low=quantity.low * ratio,
        high=quantity.high * ratio,
        grade=quantity.grade,
        source=quantity.source,
    )
