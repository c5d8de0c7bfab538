"""Find the power limit and batch size at which a piece of GPU work needs least energy, at no more than a stated slowdown.

A GPU's last watts buy little speed, so a lower limit often saves more energy than time. Batches and limits are tried in rounds,
so that what drifts touches all of them; a limit that was too slow is not followed by lower ones.

Source: You, Chung and Chowdhury, "Zeus: Understanding and Optimizing GPU Energy Consumption of DNN Training", NSDI 2023,
arXiv:2208.06102 (the two knobs)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter import nvidia
from greenwright.meter.nvidia import Gpu
from greenwright.meter.power_limits import read_limit, restoring
from greenwright.records.energy import Window
from greenwright.records.quantities import Quantity, weakest
from greenwright.records.tuning import GpuLimit, Tuning, TuningPoint, TuningTrial

AS_IT_IS = TuningPoint(limit_share=None)
LEAST_SAVING_SHARE = 0.02
"""Less than this is not worth a change: repeats differ by as much."""


def limits(root: Path = Path("/"), indices: Sequence[int] = ()) -> list[tuple[Gpu, GpuLimit]]:
    """The GPUs whose power limit can be moved; those of ``indices``, or all that this process may use.

    Raises:
        CannotHereError: none.
        BadInputError: an index that no GPU has.
    """
    found = list(nvidia.gpus(root))
    if unknown := sorted(set(indices) - {gpu.index for gpu in found}):
        raise BadInputError(
            f"there is no GPU {unknown[0]} here; there are {', '.join(str(gpu.index) for gpu in found) or 'none'}"
        )
    wanted = [gpu for gpu in found if not indices or gpu.index in indices]
    movable = [(gpu, limit) for gpu in wanted if (limit := read_limit(gpu)) is not None]
    if not movable:
        raise CannotHereError("no GPU here has a power limit that can be moved; see nvidia-smi -q -d POWER")
    return movable


def candidates(gpus: Sequence[GpuLimit], step_count: int, batches: Sequence[int]) -> list[TuningPoint]:
    """Limits from the most down to the least that all GPUs allow, for every batch; the setting as it is comes first.

    Raises:
        BadInputError: fewer than two steps.
    """
    if step_count < 2:  # noqa: PLR2004 - the most and the least
        raise BadInputError(f"{step_count} steps are no search; give at least 2")
    least_share = max(gpu.low_w / gpu.high_w for gpu in gpus)
    shares = [1 - (1 - least_share) * step / (step_count - 1) for step in range(step_count)]
    sizes: Sequence[int | None] = batches or (None,)
    first = TuningPoint(limit_share=None, batch=sizes[0])
    return [first, *(TuningPoint(limit_share=share, batch=batch) for batch in sizes for share in shares)]


def tune(  # noqa: PLR0913 - the knobs of one search, all by keyword
    work: Callable[[int | None], Window],
    points: Sequence[TuningPoint],
    gpus: Sequence[tuple[Gpu, GpuLimit]],
    *,
    max_slowdown_share: float = 0.05,
    repeat_count: int = 2,
    keep: bool = False,
    guarded: bool = True,
) -> Tuning:
    """Do ``work`` at every point, and choose the one that needs least energy and is not too slow. Limits are put back.

    Args:
        work: Does a fixed piece of work with the batch size it is given, and returns the window in which it did.
        points: As from ``candidates``: the first is the setting as it is.
        gpus: Whose limits to set.
        max_slowdown_share: How much longer than at the first point the work may take.
        repeat_count: How often each point is measured.
        keep: Leave the chosen limits in place at the end.
        guarded: Have another process put the limits back if this one is killed.

    Raises:
        BadInputError: a slowdown below 0, or work that is too short to measure.
        CannotHereError: a limit cannot be set, or not be put back.
    """
    if max_slowdown_share < 0:
        raise BadInputError(f"the slowdown is {max_slowdown_share}; give 0 or more, such as 0.05")
    windows: dict[TuningPoint, list[Window]] = {}
    with restoring([gpu for gpu, _ in gpus], guarded=guarded) as set_limit:
        for _ in range(repeat_count):
            too_slow: set[int | None] = set()
            for point in points:
                if point.limit_share is not None and point.batch in too_slow:
                    continue
                _set(gpus, point, set_limit)
                windows.setdefault(point, []).append(_long_enough(work(point.batch)))
                if point.limit_share is not None and _slowdown(windows, point, points[0]) > max_slowdown_share:
                    too_slow.add(point.batch)
    trials = [_trial(windows, point, points[0], max_slowdown_share) for point in points if point in windows]
    chosen = _choose(trials)
    kept = keep and chosen.point.limit_share is not None
    if kept:
        from greenwright.meter.power_limits import set_limit

        _set(gpus, chosen.point, set_limit)
    return Tuning(
        gpus=tuple(limit for _, limit in gpus),
        max_slowdown_share=max_slowdown_share,
        trials=tuple(trials),
        chosen=chosen,
        kept=kept,
        said=_said(chosen, [limit for _, limit in gpus]),
    )


def limit_w(limit: GpuLimit, point: TuningPoint) -> float:
    """The limit of one GPU at a point."""
    return limit.now_w if point.limit_share is None else max(limit.low_w, limit.high_w * point.limit_share)


def _long_enough(window: Window) -> Window:
    if window.too_short:
        raise BadInputError(f"one run took {window.duration_s:.3g} s, too short for the counters; let it do more work")
    return window


def _set(gpus: Sequence[tuple[Gpu, GpuLimit]], point: TuningPoint, set_limit: Callable[[Gpu, float], None]) -> None:
    for gpu, limit in gpus:
        set_limit(gpu, limit_w(limit, point))


def _median(values: Sequence[float]) -> float:
    from statistics import median

    return median(values)


def _duration_s(windows: Sequence[Window]) -> float:
    return _median([window.duration_s for window in windows])


def _slowdown(windows: dict[TuningPoint, list[Window]], point: TuningPoint, first: TuningPoint) -> float:
    return _duration_s(windows[point]) / _duration_s(windows[first]) - 1


def _trial(
    windows: dict[TuningPoint, list[Window]], point: TuningPoint, first: TuningPoint, max_slowdown_share: float
) -> TuningTrial:
    energy_j, before_j = _energy_j(windows[point]), _energy_j(windows[first])
    slowdown_share = _slowdown(windows, point, first)
    return TuningTrial(
        point=point,
        energy_j=energy_j,
        duration_s=_duration_s(windows[point]),
        slowdown_share=slowdown_share,
        saving_share=1 - energy_j.value / before_j.value if before_j.value > 0 else 0.0,
        allowed=slowdown_share <= max_slowdown_share,
        repeat_count=len(windows[point]),
    )


def _energy_j(windows: Sequence[Window]) -> Quantity:
    energies = [window.energy_j for window in windows]
    return Quantity(
        value=_median([one.value for one in energies]),
        low=min(one.low for one in energies),
        high=max(one.high for one in energies),
        grade=weakest(one.grade for one in energies),
        source=energies[0].source,
    )


def _choose(trials: Sequence[TuningTrial]) -> TuningTrial:
    """The least energy among what is not too slow; the setting as it was, where that saves next to nothing."""
    best = min((trial for trial in trials if trial.allowed), key=lambda trial: trial.energy_j.value)
    return best if best.saving_share >= LEAST_SAVING_SHARE else trials[0]


def _said(chosen: TuningTrial, gpus: Sequence[GpuLimit]) -> str:
    if chosen.point.limit_share is None and chosen.saving_share <= 0:
        return f"keep it as it is: nothing that was tried saves {LEAST_SAVING_SHARE:.0%} and is fast enough"
    names = ", ".join(f"GPU {gpu.index} at {limit_w(gpu, chosen.point):.0f} W" for gpu in gpus)
    batch = f", batches of {chosen.point.batch}" if chosen.point.batch is not None else ""
    slower = f"{chosen.slowdown_share:.1%} slower" if chosen.slowdown_share > 0 else f"{-chosen.slowdown_share:.1%} faster"
    return f"{names}{batch}: {chosen.saving_share:.1%} less energy, {slower}"
