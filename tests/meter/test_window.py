"""Readings become joules: wraps, resets, ranges and sums."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter.contract import Counter
from greenwright.meter.tally import Tally, failed, follow, gained_j
from greenwright.meter.window import min_window_s, part, poll_s, problems, total
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade, Quantity

WRAP_J = 1000.0
gains = st.lists(st.floats(min_value=0, max_value=WRAP_J * 0.99), min_size=1, max_size=30)
shares = st.floats(min_value=0.01, max_value=1)


def readings(gains_j: list[float], start_j: float = 0.0, wrap_j: float | None = None) -> list[Reading]:
    energies_j = [start_j]
    for gain_j in gains_j:
        energies_j.append(energies_j[-1] + gain_j)
    return [
        Reading(counter="c", energy_j=energy_j % wrap_j if wrap_j else energy_j, at_s=float(second), wrap_j=wrap_j)
        for second, energy_j in enumerate(energies_j)
    ]


def counter(low_ratio: float = 1.0, high_ratio: float = 1.0) -> Counter:
    return Counter(
        id="c", component="cpu", handle=None, covers="all", low_ratio=low_ratio, high_ratio=high_ratio, source="a fake"
    )


def tallied(seen: Sequence[Reading | None], of: Counter | None = None) -> Tally:
    """Readings in order; None is a look that failed."""
    tally = Tally()
    for reading in seen:
        if reading is None:
            failed(tally)
        else:
            follow(tally, reading, of or counter())
    return tally


def powers(powers_w: list[float], step_s: float = 1.0) -> list[Reading]:
    return [Reading(counter="c", at_s=number * step_s, power_w=power_w) for number, power_w in enumerate(powers_w)]


def quantity(value: float, grade: Grade, source: str) -> Quantity:
    return Quantity(value=value, low=value / 2, high=value * 2, grade=grade, source=source)


def test_a_wrapped_counter_is_unwrapped_once() -> None:
    assert 30.0 == gained_j(readings([30.0], start_j=990.0, wrap_j=WRAP_J))


@given(gains_j=gains, start_j=st.floats(min_value=0, max_value=WRAP_J * 0.99))
def test_any_number_of_wraps_is_seen_when_looked_at_between(gains_j: list[float], start_j: float) -> None:
    assert sum(gains_j) == pytest.approx(gained_j(readings(gains_j, start_j, WRAP_J)), abs=1e-6)


@given(gains_j=gains, cut=st.integers(min_value=0, max_value=29))
def test_a_sum_of_windows_is_the_window_of_the_sum(gains_j: list[float], cut: int) -> None:
    seen = readings(gains_j, wrap_j=WRAP_J)
    cut = min(cut, len(seen) - 2)
    parts_j = (gained_j(seen[: cut + 1]) if cut else 0.0) + gained_j(seen[cut:])

    assert gained_j(seen) == pytest.approx(parts_j)


@given(gains_j=gains, low=shares, high=shares)
def test_the_range_of_a_part_contains_its_value(gains_j: list[float], low: float, high: float) -> None:
    told = part(counter(low, 1 / high), tallied(readings(gains_j)), float(len(gains_j)), Grade.MODELLED)

    assert told is not None
    assert told.energy_j.low <= told.energy_j.value <= told.energy_j.high


def test_a_counter_that_falls_and_does_not_wrap_is_an_error() -> None:
    with pytest.raises(CannotHereError, match=r"c fell from 50.0 J to 20.0 J"):
        gained_j(readings([-30.0], start_j=50.0))


def test_a_counter_beyond_its_own_wrap_is_an_error() -> None:
    beyond = Reading(counter="c", energy_j=1100.0, at_s=0.0, wrap_j=WRAP_J)

    with pytest.raises(CannotHereError):
        gained_j([beyond, Reading(counter="c", energy_j=5.0, at_s=1.0, wrap_j=WRAP_J)])


def test_one_reading_is_no_window() -> None:
    with pytest.raises(BadInputError, match="1 readings make no window"):
        gained_j(readings([])[:1])


def test_readings_of_two_counters_or_out_of_order_are_refused() -> None:
    first, second = readings([1.0])
    other = Reading(counter="d", energy_j=2.0, at_s=2.0)

    for pair in ([first, other], [second, first]):
        with pytest.raises(BadInputError, match="in order of time"):
            gained_j(pair)


def test_a_total_has_the_weakest_grade_and_each_source_once() -> None:
    summed = total(
        [quantity(10, Grade.COUNTER, "rapl"), quantity(4, Grade.MODELLED, "model"), quantity(1, Grade.COUNTER, "rapl")]
    )

    assert Quantity(value=15, low=7.5, high=30, grade=Grade.MODELLED, source="rapl; model") == summed


def test_nothing_has_no_total() -> None:
    with pytest.raises(BadInputError):
        total([])


def test_a_window_needs_twenty_updates_and_a_twentieth_of_a_second() -> None:
    assert 0.05 == min_window_s([])
    assert 0.05 == min_window_s([0.001])
    assert 2.0 == min_window_s([0.001, 0.1])


def test_polling_is_more_than_twice_as_fast_as_the_fastest_wrap() -> None:
    wait_s = poll_s([65_536.0, None, 262_143.0])

    assert wait_s is not None
    assert wait_s < 65_536.0 / 1000 / 2
    assert poll_s([None]) is None


SAMPLED = Counter(id="c", component="gpu", handle=None, covers="a GPU", source="a fake", sample_s=1.0)


def energy_of(counter: Counter, seen: Sequence[Reading | None], duration_s: float) -> Quantity:
    told = part(counter, tallied(seen, counter), duration_s, Grade.SAMPLED)
    assert told is not None
    return told.energy_j


def test_power_is_added_up_by_the_trapezoid_rule_between_what_its_looks_allow() -> None:
    energy = energy_of(SAMPLED, [*powers([100.0, 200.0, 200.0])], 2.0)

    assert (300.0, 350.0, 400.0) == (energy.low, energy.value, energy.high)
    assert Grade.SAMPLED == energy.grade


@given(powers_w=st.lists(st.floats(min_value=0, max_value=700), min_size=2, max_size=40))
def test_power_added_up_lies_between_the_least_and_the_most_of_every_step(powers_w: list[float]) -> None:
    energy = energy_of(SAMPLED, [*powers(powers_w)], float(len(powers_w) - 1))

    assert energy.low <= energy.value * (1 + 1e-12)
    assert energy.value <= energy.high * (1 + 1e-12)
    assert energy.value == pytest.approx(gained_j(powers(powers_w)))


def test_a_gap_between_looks_at_power_may_have_been_any_power_seen() -> None:
    seen = [*powers([100.0, 100.0, 300.0]), *(Reading(counter="c", at_s=12.0, power_w=300.0),)]
    energy = energy_of(SAMPLED, [*seen], 12.0)

    assert 100 + 200 + 3000 == energy.value
    assert 100 + 100 + 10 * 100 == energy.low
    assert 100 + 300 + 10 * 300 == energy.high
    assert Grade.ASSUMED == energy.grade
    assert ["c has no readings for 10 of 12 s: filled from those around, with a range"] == problems(
        SAMPLED, tallied([*seen], SAMPLED), 12.0
    )


def test_a_look_at_power_that_failed_is_a_longer_step_and_is_named() -> None:
    seen = powers([100.0, 100.0, 100.0, 100.0])
    with_failure = [seen[0], seen[1], None, seen[3]]

    assert 300.0 == energy_of(SAMPLED, with_failure, 3.0).value
    assert ["c could not be read once"] == problems(SAMPLED, tallied(with_failure, SAMPLED), 3.0)


def test_a_counter_catches_up_after_looks_that_failed() -> None:
    seen = readings([10.0, 20.0, 30.0])
    with_failure = [seen[0], None, None, seen[3]]

    energy = energy_of(counter(), with_failure, 3.0)

    assert (60.0, 60.0, 60.0) == (energy.low, energy.value, energy.high)
    assert ["c could not be read 2 times"] == problems(counter(), tallied(with_failure), 3.0)


def test_a_look_that_failed_at_the_end_is_filled_with_the_mean_power_and_has_a_range() -> None:
    with_failure = [*readings([10.0, 30.0]), None]
    energy = energy_of(counter(), with_failure, 3.0)

    assert (50.0, 60.0, 70.0) == (energy.low, energy.value, energy.high)
    assert Grade.MODELLED == energy.grade


def test_a_counter_that_was_reset_loses_one_step_which_is_filled() -> None:
    before, after = readings([100.0, 100.0], start_j=500.0), readings([100.0, 100.0])
    late = [Reading(counter="c", energy_j=one.energy_j, at_s=one.at_s + 3.0) for one in after]

    energy = energy_of(counter(), [*before, *late], 5.0)

    assert 500.0 == energy.value
    assert "was reset once" in problems(counter(), tallied([*before, *late]), 5.0)[0]


def test_the_step_of_a_reset_is_filled_with_the_power_around_it_not_with_the_rest_before_the_work() -> None:
    at_rest, at_work = readings([0.0, 0.0, 200.0], start_j=500.0), readings([200.0])
    late = [Reading(counter="c", energy_j=one.energy_j, at_s=one.at_s + 4.0) for one in at_work]

    energy = energy_of(counter(), [*at_rest, *late], 5.0)

    assert (400.0, 600.0, 600.0) == (energy.low, energy.value, energy.high)


def reset_after(before_w: float, after_w: float, unseen_s: float, behind: int = 2) -> tuple[list[Reading], float]:
    """Looks once a second; in the third step the counter begins at 0 after ``unseen_s``, when power changes. The true joules."""
    energies_j = [500.0, 500.0 + before_w, 500.0 + 2 * before_w, (1 - unseen_s) * after_w]
    energies_j += [energies_j[-1] + number * after_w for number in range(1, behind + 1)]
    seen = [Reading(counter="c", energy_j=one, at_s=float(at)) for at, one in enumerate(energies_j)]
    return seen, (2 + unseen_s) * before_w + (1 - unseen_s + behind) * after_w


@given(
    before_w=st.floats(min_value=1, max_value=500), after_w=st.floats(min_value=1, max_value=200), unseen_s=st.floats(0.01, 1)
)
def test_what_a_counter_shows_after_a_reset_was_counted_and_only_the_time_before_it_is_filled_in(
    before_w: float, after_w: float, unseen_s: float
) -> None:
    seen, truth_j = reset_after(before_w, after_w, unseen_s)
    energy = energy_of(counter(), seen, float(len(seen) - 1))

    assert truth_j == pytest.approx(energy.value)
    assert energy.low <= truth_j * (1 + 1e-9)
    assert truth_j <= energy.high * (1 + 1e-9)
    assert energy.high - energy.low == pytest.approx(unseen_s * abs(before_w - after_w), abs=1e-6)


def test_one_step_that_was_looked_at_late_does_not_decide_what_a_reset_is_filled_with() -> None:
    energies_j = [500.0, 600.0, 700.0, 840.0, 60.0, 160.0, 260.0]  # the fourth look came late, the step before it is too large
    seen = [Reading(counter="c", energy_j=one, at_s=float(at)) for at, one in enumerate(energies_j)]

    assert 340 + 60 + 40 + 200 == pytest.approx(energy_of(counter(), seen, 6.0).value)


def test_a_reset_at_the_end_of_a_window_is_filled_with_the_power_before_it() -> None:
    seen, truth_j = reset_after(100.0, 100.0, 0.25, behind=0)

    assert truth_j == pytest.approx(energy_of(counter(), seen, 3.0).value)


def test_a_reset_at_the_beginning_of_a_window_is_filled_with_the_power_behind_it() -> None:
    seen, _ = reset_after(100.0, 100.0, 0.25)

    assert 300.0 == pytest.approx(energy_of(counter(), seen[2:], 3.0).value)


def test_a_counter_that_did_not_begin_at_0_tells_nothing_of_the_step_of_its_reset() -> None:
    energies_j = [500.0, 600.0, 700.0, 450.0, 510.0]
    seen = [Reading(counter="c", energy_j=one, at_s=float(at)) for at, one in enumerate(energies_j)]

    assert 100 + 100 + (100 + 60) / 2 + 60 == energy_of(counter(), seen, 4.0).value


def test_reset_twice_running_both_steps_are_filled() -> None:
    energies_j = [500.0, 600.0, 40.0, 20.0, 120.0]
    seen = [Reading(counter="c", energy_j=one, at_s=float(at)) for at, one in enumerate(energies_j)]

    assert 400.0 == pytest.approx(energy_of(counter(), seen, 4.0).value)
    assert "was reset 2 times" in problems(counter(), tallied(seen), 4.0)[0]


def test_power_read_beside_joules_stands_in_for_the_step_of_a_reset() -> None:
    energies_j = [500.0, 700.0, 100.0, 300.0]
    seen = [Reading(counter="c", energy_j=one, at_s=float(at), power_w=200.0) for at, one in enumerate(energies_j)]

    energy = energy_of(counter(), [*seen], 3.0)

    assert (600.0, 600.0, 600.0) == (energy.low, energy.value, energy.high)


def test_a_counter_that_wraps_and_was_reset_is_not_unwrapped_into_power_no_cpu_draws() -> None:
    wrap_j = 262_143.0
    energies_j = [5000.0, 5100.0, 0.0, 100.0, 200.0]
    seen = [Reading(counter="c", energy_j=one, at_s=float(at), wrap_j=wrap_j) for at, one in enumerate(energies_j)]

    assert 400.0 == energy_of(counter(), [*seen], 4.0).value


def test_joules_and_power_that_disagree_are_both_in_the_range() -> None:
    seen = [Reading(counter="c", energy_j=37.4 * at, at_s=float(at), power_w=65.4) for at in range(6)]
    energy = energy_of(counter(), [*seen], 5.0)

    assert [187.0, 187.0, 327.0] == pytest.approx([energy.low, energy.value, energy.high])
    assert ["c counted 187 J in 5 s in which the power it shows adds up to 327 J: the range holds both"] == problems(
        counter(), tallied([*seen]), 5.0
    )


def test_joules_and_power_that_agree_within_their_errors_are_left_alone() -> None:
    seen = [Reading(counter="c", energy_j=100.0 * at, at_s=float(at), power_w=110.0) for at in range(6)]

    assert [] == problems(counter(), tallied([*seen]), 5.0)


def test_a_counter_that_was_never_read_twice_has_no_part_and_says_so() -> None:
    seen = tallied([readings([])[0], None])

    assert part(counter(), seen, 5.0, Grade.COUNTER) is None
    assert ["c could not be read twice within the window: what it covers (all) is not in the total"] == problems(
        counter(), seen, 5.0
    )


def test_a_late_look_of_another_thread_changes_nothing() -> None:
    first, second = readings([5.0])

    assert tallied([first, second, first]) == tallied([first, second])


@given(gains_j=gains, start_j=st.floats(min_value=0, max_value=WRAP_J * 0.99))
def test_a_tally_comes_to_what_the_readings_gained(gains_j: list[float], start_j: float) -> None:
    seen = readings(gains_j, start_j, WRAP_J)
    energy = energy_of(counter(), [*seen], float(len(gains_j)))

    assert energy.value == pytest.approx(gained_j(seen), abs=1e-6)
