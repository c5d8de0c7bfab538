"""Interleaved comparison on a machine of known joules, and the interval of the median."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.meter.compare import compare, detectable_share, judge, median_interval, pairs_needed, repeats
from greenwright.meter.session import Meter
from greenwright.records.energy import Verdict
from greenwright.records.quantities import Interval
from greenwright.testing.sinks import a_run, a_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenwright.testing.probes import FakeProbe

numbers = st.floats(min_value=-1e9, max_value=1e9)


def job(machine: FakeProbe, duration_s: float, power_w: float) -> Callable[[], None]:
    return lambda: machine.work(duration_s, duration_s * power_w)


def test_half_the_joules_is_a_ratio_of_a_half(machine: FakeProbe) -> None:
    comparison = compare(job(machine, 0.01, 100.0), job(machine, 0.005, 100.0), meter=Meter(probes=[machine]))

    assert 0.5 == pytest.approx(comparison.ratio.value)
    assert (6, True, 0.95) == (comparison.pair_count, comparison.tight, comparison.ratio.confidence)
    assert 1.0 == pytest.approx(comparison.baseline_energy_j.value)
    assert 0.5 == pytest.approx(comparison.candidate_energy_j.value)
    assert 0.005 == pytest.approx(comparison.baseline_cpu_s)


def test_energy_is_per_unit_where_calls_deliver_several(machine: FakeProbe) -> None:
    work = job(machine, 0.2, 100.0)
    comparison = compare(work, work, units_per_call=(1, 8), meter=Meter(probes=[machine]))

    assert 1 / 8 == pytest.approx(comparison.ratio.value)
    assert (1.0, 8.0) == comparison.units_per_window


def test_calls_of_microseconds_are_repeated_until_the_window_is_long_enough(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    comparison = compare(job(machine, 1e-5, 100.0), job(machine, 2e-5, 100.0), meter=meter)

    believed = meter.windows[-12:]
    assert all(0.1 <= window.duration_s < 0.2 for window in believed)
    assert 2.0 == pytest.approx(comparison.ratio.value)


def test_a_slow_counter_asks_for_longer_windows(machine: FakeProbe) -> None:
    machine.META = replace(machine.META, update_s=0.1)
    meter = Meter(probes=[machine])
    compare(job(machine, 0.01, 100.0), job(machine, 0.01, 100.0), min_window_s=0.2, meter=meter)

    assert all(window.duration_s >= 2.0 for window in meter.windows[-12:])


def test_a_window_that_came_out_too_short_is_repeated_not_believed(machine: FakeProbe) -> None:
    durations_s = iter([0.1] * 4 + [0.02] * 10_000)
    meter = Meter(probes=[machine])

    def hastens() -> None:
        machine.work(next(durations_s), 1.0)

    comparison = compare(job(machine, 0.1, 100.0), hastens, meter=meter, warm_up_calls=1)

    assert any(window.duration_s < 0.1 for window in meter.windows)
    assert 0.1 == pytest.approx(comparison.candidate_energy_j.value * 0.1)
    assert comparison.units_per_window[1] >= 5


def test_the_order_of_a_pair_alternates(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    compare(job(machine, 0.2, 1.0), job(machine, 0.2, 1.0), meter=meter)
    order = "".join(window.name[0] for window in meter.windows[-12:])

    assert "bccbbccbbccb" == order


def test_drift_that_both_share_cancels(machine: FakeProbe) -> None:
    def drifting(power_w: float) -> Callable[[], None]:
        return lambda: machine.work(0.2, 0.2 * power_w * (1 + machine.now_s / 10))

    comparison = compare(drifting(100.0), drifting(80.0), meter=Meter(probes=[machine]), max_pairs=12)

    assert 0.8 == pytest.approx(comparison.ratio.value, rel=0.02)


def test_the_error_of_a_power_model_cancels_in_the_ratio(machine: FakeProbe) -> None:
    machine.low_ratio, machine.high_ratio = 0.5, 2.0
    comparison = compare(job(machine, 0.2, 100.0), job(machine, 0.2, 50.0), meter=Meter(probes=[machine]))

    assert 2.0 == pytest.approx(comparison.baseline_energy_j.high / comparison.baseline_energy_j.value)
    assert 0.5 == pytest.approx(comparison.ratio.low)
    assert 0.5 == pytest.approx(comparison.ratio.high)


def test_noise_runs_to_the_last_pair_and_says_it_is_not_tight(machine: FakeProbe) -> None:
    powers_w = cycle([10.0, 20.0, 40.0, 15.0, 33.0])
    comparison = compare(
        job(machine, 0.2, 20.0), lambda: machine.work(0.2, next(powers_w)), meter=Meter(probes=[machine]), max_pairs=9
    )

    assert (9, False) == (comparison.pair_count, comparison.tight)
    assert 9 == len(comparison.pairs)


def test_time_that_is_up_ends_it_once_there_is_an_interval(machine: FakeProbe) -> None:
    powers_w = cycle([10.0, 20.0, 40.0, 15.0, 33.0])
    comparison = compare(
        job(machine, 0.2, 20.0), lambda: machine.work(0.2, next(powers_w)), meter=Meter(probes=[machine]), max_s=0.5
    )

    assert (6, False) == (comparison.pair_count, comparison.tight)


def test_a_baseline_without_joules_is_refused(machine: FakeProbe) -> None:
    with pytest.raises(BadInputError, match="baseline used no energy"):
        compare(job(machine, 0.2, 0.0), job(machine, 0.2, 1.0), meter=Meter(probes=[machine]))


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [
        ({"units_per_call": (0, 1)}, "each must be above 0"),
        ({"units_per_call": (1, math.nan)}, "each must be above 0"),
        ({"tolerance_share": 0.0}, "tolerance_share is 0.0"),
        ({"min_pairs": 9, "max_pairs": 8}, "min_pairs is 9 and max_pairs 8"),
        ({"min_pairs": 1, "max_pairs": 5}, "max_pairs is 5, and 6 are needed"),
        ({"confidence": 1.0}, "confidence is 1.0"),
    ],
)
def test_a_choice_out_of_range_is_refused(machine: FakeProbe, choices: dict[str, object], complaint: str) -> None:
    work = job(machine, 0.2, 1.0)

    with pytest.raises(BadInputError, match=complaint):
        compare(work, work, meter=Meter(probes=[machine]), **choices)  # type: ignore[arg-type]


def test_six_values_give_their_extremes_and_five_give_nothing() -> None:
    interval = median_interval([3.0, 1.0, 2.0, 6.0, 5.0, 4.0])

    assert (1.0, 3.5, 6.0) == (interval.low, interval.value, interval.high)
    with pytest.raises(BadInputError, match="measure at least 6"):
        median_interval([1.0, 2.0, 3.0, 4.0, 5.0])


@pytest.mark.parametrize(("count", "rank"), [(8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (25, 8), (30, 10)])
def test_the_ranks_are_those_of_the_tables(count: int, rank: int) -> None:
    # Conover, table A3 read at p = 1/2: the largest k with 2 P(Bin(n, 1/2) < k) <= 0.05.
    assert float(rank) == median_interval([float(value) for value in range(1, count + 1)]).low


@given(values=st.lists(numbers, min_size=6, max_size=40), shift=numbers)
def test_the_interval_holds_the_median_and_moves_with_the_values(values: list[float], shift: float) -> None:
    interval = median_interval(values)
    moved = median_interval([value + shift for value in values])

    assert interval.low <= interval.value <= interval.high
    assert median(values) == interval.value
    assert interval.low + shift == moved.low


@given(values=st.lists(numbers, min_size=11, max_size=40))
def test_more_confidence_never_narrows_the_interval(values: list[float]) -> None:
    usual, surer = median_interval(values, 0.9), median_interval(values, 0.99 if len(values) > 7 else 0.9)

    assert surer.low <= usual.low
    assert usual.high <= surer.high


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_the_fewest_pairs_are_enough_and_one_less_is_not(confidence: float) -> None:
    count = pairs_needed(confidence)

    assert 1 - 2 * 0.5**count >= confidence
    assert count == 2 or 1 - 2 * 0.5 ** (count - 1) < confidence


@pytest.mark.parametrize("count", [6, 9, 15, 30])
def test_the_interval_holds_the_truth_as_often_as_it_says(count: int) -> None:
    chance = random.Random(count)
    samples = ([chance.lognormvariate(0, 0.4) for _ in range(count)] for _ in range(2000))
    held = sum(interval.low <= 1 <= interval.high for interval in map(median_interval, samples))

    assert held / 2000 >= 0.935


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(BadInputError, match="finite"):
        median_interval([1.0] * 6 + [math.nan])


def interval(low: float, high: float) -> Interval:
    return Interval(value=math.sqrt(low * high), low=low, high=high, confidence=0.95)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.8, 0.95, Verdict.LESS),
        (1.01, 1.2, Verdict.MORE),
        (0.99, 1.02, Verdict.SAME),
        (0.9, 1.02, Verdict.CANNOT_TELL),
        (0.8, 1.3, Verdict.CANNOT_TELL),
    ],
)
def test_a_verdict_is_only_given_where_the_whole_interval_gives_it(low: float, high: float, verdict: Verdict) -> None:
    assert verdict is judge(interval(low, high), tolerance_share=0.03)


def test_on_a_noisy_machine_nobody_can_tell_and_the_answer_says_what_it_would_have_seen(machine: FakeProbe) -> None:
    chance = random.Random(1)
    noisy = lambda: machine.work(1.0, chance.uniform(50.0, 150.0))  # noqa: E731 - the same work, twice
    compared = compare(noisy, noisy, meter=Meter(probes=[machine]), max_pairs=12)

    assert Verdict.CANNOT_TELL is compared.verdict
    assert compared.detectable_share is not None
    assert 0.1 < compared.detectable_share < 3.0


def test_a_difference_as_large_as_the_detectable_one_is_found_four_times_in_five() -> None:
    """With 30 pairs of a known spread: the share found is the stated power, give or take what 400 experiments tell."""
    chance = random.Random(7)

    def experiment(effect: float) -> Interval:
        return median_interval([effect * math.exp(chance.gauss(0.0, 0.1)) for _ in range(30)], 0.95)

    typical = median(detectable_share(experiment(1.0)) for _ in range(400))
    found = sum(experiment(1 + typical).low > 1 for _ in range(400)) / 400

    assert 0.7 < found < 0.92


@given(half=st.floats(0.001, 1.0), wider=st.floats(1.01, 3.0))
def test_a_wider_interval_detects_less(half: float, wider: float) -> None:
    narrow, wide = interval(math.exp(-half), math.exp(half)), interval(math.exp(-half * wider), math.exp(half * wider))

    assert 0 < detectable_share(narrow) < detectable_share(wide)


def test_repeats_are_told_by_their_median_and_have_an_interval_only_from_six_on() -> None:
    few = repeats(a_run(windows=tuple(a_window("a", energy_j, 1.0) for energy_j in (1.0, 3.0, 2.0))))
    many = repeats(a_run(windows=tuple(a_window("a", float(energy_j), 1.0) for energy_j in range(1, 8))))

    assert (2.0, None, None) == (few.energy_j.value, few.spread, few.detectable_share)
    assert many.spread is not None
    assert (4.0, 1.0, 7.0) == (many.energy_j.value, many.spread.low, many.spread.high)


def test_a_run_without_windows_has_no_median() -> None:
    with pytest.raises(BadInputError, match="without windows"):
        repeats(a_run(windows=()))
