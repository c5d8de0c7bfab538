"""Compare the energy of two pieces of work: interleaved windows A B B A …, a ratio per pair, an interval for their median."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import repeat
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.meter import clock
from greenwright.meter.session import Meter
from greenwright.records.energy import Comparison, Verdict, Window
from greenwright.records.quantities import Interval, Quantity, weakest
from greenwright.records.runs import Repeats, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MIN_WINDOW_S = 0.1
_MARGIN = 1.2
"""Windows are made this much longer than asked, so that few turn out too short."""
_MAX_GROWTH = 1000.0
_CONFIDENCE = 0.95
POWER_SHARE = 0.8
"""The chance of finding an effect as large as the detectable one."""


def compare(  # noqa: PLR0913 - the knobs of one experiment, all by keyword
    baseline: Callable[[], object],
    candidate: Callable[[], object],
    *,
    units_per_call: tuple[float, float] = (1, 1),
    tolerance_share: float = 0.03,
    confidence: float = 0.95,
    min_pairs: int = 6,
    max_pairs: int = 30,
    min_window_s: float | None = None,
    max_s: float | None = None,
    meter: Meter | None = None,
    warm_up_calls: int = 2,
) -> Comparison:
    """Energy of ``candidate`` per unit, as a share of ``baseline``'s, with an interval.

    Both run warm, then in turn, A B, B A, A B …, in windows of as many calls as the counters need to resolve. What the
    two share cancels in each pair's ratio: drift of the clock, neighbours that stay, and the whole error of a power
    model, which multiplies both. So the ratio may be sharp where the joules are not.

    The verdict may be that nobody can tell: then ``detectable_share`` says how large a difference would have been seen.

    Hardware counters see the whole machine and the energy is gross: idling is in both, and pulls the ratio towards the
    ratio of durations.

    Stopping at the first narrow interval would favour those narrow by luck: at 95 %, simulation found them to hold the
    truth 93 times in 100. So it must be narrow twice running, which restores the 95.

    Args:
        baseline: Does one call's work.
        candidate: Likewise.
        units_per_call: What one call of each delivers, such as its batch size.
        tolerance_share: Enough pairs were run when the interval is within this share of the ratio, on either side.
        confidence: Of the interval.
        min_pairs: At least so many; more if the confidence asks for more.
        max_pairs: At most so many.
        min_window_s: The shortest window to believe; 0.1 s, or what the counters need where that is longer.
        max_s: No further pair begins after so many seconds of pairs, once there are enough for an interval.
        meter: The meter to use; a new one of devices, which resolve shorter windows than the wall, if None.
        warm_up_calls: Calls of each before anything is measured.

    Raises:
        BadInputError: a number out of its range, or a baseline that used no energy.
    """
    _refuse_bad(units_per_call, tolerance_share, min_pairs, max_pairs)
    least = max(min_pairs, pairs_needed(confidence))
    if max_pairs < least:
        raise BadInputError(f"max_pairs is {max_pairs}, and {least} are needed for confidence {confidence}; raise max_pairs")
    meter = meter or Meter(devices_only=True)
    window_s = max(meter.min_window_s, _MIN_WINDOW_S if min_window_s is None else min_window_s)
    a = _Side(name="baseline", work=baseline, units_per_call=units_per_call[0])
    b = _Side(name="candidate", work=candidate, units_per_call=units_per_call[1])
    for side in (a, b):
        _warm_up(meter, side, window_s, warm_up_calls)
    started_s = clock.now_s()
    was_tight = False
    while True:
        for side in (a, b) if len(a.windows) % 2 == 0 else (b, a):
            _measure(meter, side, window_s)
        pair_count = len(a.windows)
        if pair_count < least:
            continue
        ratio = median_interval([_ratio(*pair) for pair in _pairs(a, b)], confidence)
        tight = ratio.high - ratio.low <= 2 * ratio.value * tolerance_share
        late = max_s is not None and clock.now_s() - started_s >= max_s
        if late or pair_count >= max_pairs or (tight and (was_tight or pair_count == least)):
            return _comparison(a, b, ratio=ratio, tight=tight, verdict=judge(ratio, tolerance_share))
        was_tight = tight


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The median, between the two order statistics that hold the true median with at least this confidence.

    Free of any distribution: below the k-th smallest of n lies the true median with the chance that fewer than k of n
    fair coins fall heads. ``P(x(k) <= median <= x(n+1-k)) >= 1 - 2 P(Bin(n, 1/2) <= k - 1)``, for independent values.

    Raises:
        BadInputError: too few values for this confidence, or one that is not a finite number.

    Source: Conover, Practical Nonparametric Statistics, 3rd edition (1999), section 3.2.
    """
    if not all(math.isfinite(value) for value in values):
        raise BadInputError(f"an interval needs finite values, and got {list(values)}; leave out what could not be measured")
    needed = pairs_needed(confidence)
    if len(values) < needed:
        raise BadInputError(f"{len(values)} values give no interval of confidence {confidence}; measure at least {needed}")
    ordered = sorted(values)
    rank = _rank(len(ordered), confidence)
    return Interval(value=median(ordered), low=ordered[rank - 1], high=ordered[-rank], confidence=confidence)


def repeats(run: Run) -> Repeats:
    """The median of a run's windows, which are repeats of one piece of work, with an interval where there are enough.

    Raises:
        BadInputError: a run without windows.
    """
    if not run.windows:
        raise BadInputError("a run without windows has no median; measure at least once")
    energies = [window.energy_j for window in run.windows]
    enough = len(energies) >= pairs_needed(_CONFIDENCE)
    spread = median_interval([energy.value for energy in energies], _CONFIDENCE) if enough else None
    return Repeats(
        run=run,
        energy_j=_median([(energy, 1.0) for energy in energies]),
        spread=spread,
        detectable_share=math.sqrt(2) * detectable_share(spread) if spread else None,
    )


def judge(ratio: Interval, tolerance_share: float) -> Verdict:
    """Less or more where the interval leaves 1 out; the same where all of it is within the tolerance; else nobody can tell."""
    if ratio.high < 1:
        return Verdict.LESS
    if ratio.low > 1:
        return Verdict.MORE
    same = 1 - tolerance_share <= ratio.low and ratio.high <= 1 + tolerance_share
    return Verdict.SAME if same else Verdict.CANNOT_TELL


def detectable_share(ratio: Interval) -> float:
    """The smallest true saving or increase that a comparison as noisy as this one finds with ``POWER_SHARE`` probability.

    The half width of the interval is ``z(confidence)`` standard errors, on the scale of logarithms; an effect is found when
    its estimate lies beyond that, so it must be larger by another ``z(power)`` of them.

    Source: Bloom, "Minimum Detectable Effects", Evaluation Review 19 (1995).
    """
    if not 0 < ratio.low <= ratio.high:
        return math.inf
    half_width_ratio = math.log(ratio.high / ratio.low) / 2
    found, sure = NormalDist().inv_cdf(POWER_SHARE), NormalDist().inv_cdf((1 + ratio.confidence) / 2)
    return math.expm1(half_width_ratio * (1 + found / sure))


def pairs_needed(confidence: float) -> int:
    """The fewest values from which an interval of this confidence can be formed: their extremes.

    Raises:
        BadInputError: the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise BadInputError(f"the confidence is {confidence}; give a share between 0 and 1, such as 0.95")
    return max(2, math.ceil(1 - math.log2(1 - confidence)))


def _rank(count: int, confidence: float) -> int:
    """The largest k for which the k-th smallest and k-th largest of ``count`` still hold the median."""
    rank, below = 0, 0
    while True:
        below += math.comb(count, rank)
        if below / 2 ** (count - 1) > (1 - confidence) * (1 + 1e-12):  # of whole numbers: 2**1024 is no float
            return max(1, rank)
        rank += 1


@dataclass(slots=True, kw_only=True)
class _Side:
    """One of the two, with how many calls make a window long enough, and its windows so far."""

    name: str
    work: Callable[[], object]
    units_per_call: float
    calls: int = 1
    windows: list[tuple[Window, float]] = field(default_factory=list)
    """With the units each delivered."""


def _warm_up(meter: Meter, side: _Side, window_s: float, calls: int) -> None:
    """Run what is slow once, find how many calls make a window, and believe none of it."""
    _run(side.work, calls)
    _measure(meter, side, window_s)
    side.windows.clear()


def _measure(meter: Meter, side: _Side, window_s: float) -> None:
    """Add one window to ``side``; one that came out too short is repeated with more calls, not believed."""
    while True:
        with meter.window(side.name) as opened:
            _run(side.work, side.calls)
        duration_s = opened.result.duration_s
        if duration_s >= window_s and not opened.result.too_short:
            side.windows.append((opened.result, side.calls * side.units_per_call))
            return
        growth = min(_MAX_GROWTH, max(_MARGIN, _MARGIN * window_s / max(duration_s, 1e-9)))
        side.calls = math.ceil(side.calls * growth)


def _run(work: Callable[[], object], calls: int) -> None:
    for _ in repeat(None, calls):
        work()


def _pairs(a: _Side, b: _Side) -> list[tuple[float, float]]:
    """Joules per unit of A and of B, pair by pair."""
    return [
        (left.energy_j.value / left_units, right.energy_j.value / right_units)
        for (left, left_units), (right, right_units) in zip(a.windows, b.windows, strict=True)
    ]


def _ratio(baseline_j: float, candidate_j: float) -> float:
    if baseline_j <= 0:
        raise BadInputError("the baseline used no energy that can be seen; let one call do more work")
    return candidate_j / baseline_j


def _comparison(a: _Side, b: _Side, *, ratio: Interval, tight: bool, verdict: Verdict) -> Comparison:
    return Comparison(
        ratio=ratio,
        baseline_energy_j=_per_unit(a),
        candidate_energy_j=_per_unit(b),
        baseline_cpu_s=median(window.cpu_s / units for window, units in a.windows),
        candidate_cpu_s=median(window.cpu_s / units for window, units in b.windows),
        pair_count=len(a.windows),
        units_per_window=(a.windows[-1][1], b.windows[-1][1]),
        pairs=tuple(_pairs(a, b)),
        tight=tight,
        verdict=verdict,
        detectable_share=detectable_share(ratio),
    )


def _per_unit(side: _Side) -> Quantity:
    return _median([(window.energy_j, units) for window, units in side.windows])


def _median(windows: Sequence[tuple[Quantity, float]]) -> Quantity:
    """The median window, per unit; its range is the counters' own, which repetition does not narrow."""
    one, _ = windows[0]
    return Quantity(
        value=median(energy.value / units for energy, units in windows),
        low=median(energy.low / units for energy, units in windows),
        high=median(energy.high / units for energy, units in windows),
        grade=weakest(energy.grade for energy, _ in windows),
        source=one.source,
    )


def _refuse_bad(units_per_call: tuple[float, float], tolerance_share: float, min_pairs: int, max_pairs: int) -> None:
    if not all(math.isfinite(units) and units > 0 for units in units_per_call):
        raise BadInputError(f"units_per_call is {units_per_call}; each must be above 0")
    if not tolerance_share > 0:
        raise BadInputError(f"tolerance_share is {tolerance_share}; it must be above 0, such as 0.03")
    if not 1 <= min_pairs <= max_pairs:
        raise BadInputError(
            f"min_pairs is {min_pairs} and max_pairs {max_pairs}; the first must be 1 or more and not above the second"
        )
