"""A machine's energy, split: nothing lost, nothing charged twice, and neighbours not charged for one another."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.meter.attribution import attribute
from greenwright.records.attribution import Attribution, Use
from greenwright.records.baseline import Idle
from greenwright.records.energy import Part
from greenwright.records.quantities import Grade, Quantity

energies = st.floats(min_value=0, max_value=1e6)
seconds = st.floats(min_value=0, max_value=1e4)


def quantity(value: float, spread_ratio: float = 1.0) -> Quantity:
    return Quantity(value=value, low=value / spread_ratio, high=value * spread_ratio, grade=Grade.COUNTER, source="a counter")


def part(counter: str, energy_j: float, component: str = "cpu", spread_ratio: float = 1.0) -> Part:
    return Part(counter=counter, covers="", energy_j=quantity(energy_j, spread_ratio), component=component)


def use(name: str, cpu_s: float, **gpu_share: float) -> Use:
    return Use(name=name, cpu_s=cpu_s, gpu_share=gpu_share)


def idle(**powers_w: float) -> Idle:
    powers = {counter: quantity(power_w) for counter, power_w in powers_w.items()}
    return Idle(measured_at="2026-09-01", duration_s=30.0, busy_share=0.0, power_w=powers)


def sum_of(told: Attribution) -> float:
    return told.idle_j.value + told.unattributed_j.value + math.fsum(share.marginal_j.value for share in told.shares)


@given(
    cpu_j=energies,
    gpu_j=energies,
    idle_w=st.floats(min_value=0, max_value=500),
    cpu_s=st.lists(seconds, max_size=8),
    gpu_work=st.lists(st.floats(min_value=0, max_value=1), min_size=8, max_size=8),
    busy_s=seconds,
)
def test_processes_idling_and_the_unattributed_part_are_the_machine(  # noqa: PLR0913, PLR0917 - what a split rests on
    cpu_j: float, gpu_j: float, idle_w: float, cpu_s: list[float], gpu_work: list[float], busy_s: float
) -> None:
    every = math.fsum(gpu_work) + 1
    uses = [use(f"{number}", one, gpu=gpu_work[number] / every) for number, one in enumerate(cpu_s)]
    parts = [part("cpu", cpu_j), part("gpu", gpu_j, "gpu")]
    told = attribute(parts, uses, duration_s=60.0, busy_s=busy_s, idle=idle(cpu=idle_w, gpu=idle_w))

    assert sum_of(told) == pytest.approx(told.total_j.value, rel=1e-9, abs=1e-6)
    assert told.idle_j.value <= told.total_j.value * (1 + 1e-12)
    assert told.unattributed_j.value >= -1e-6
    for share in told.shares:
        assert share.marginal_j.low <= share.marginal_j.value <= share.marginal_j.high * (1 + 1e-12)


@given(
    cpu_j=st.floats(min_value=1, max_value=1e6), cpu_s=st.lists(st.floats(min_value=0.1, max_value=100), min_size=1, max_size=8)
)
def test_full_shares_and_the_unattributed_part_are_the_machine_too(cpu_j: float, cpu_s: list[float]) -> None:
    uses = [use(f"{number}", one) for number, one in enumerate(cpu_s)]
    told = attribute([part("cpu", cpu_j)], uses, duration_s=1.0, busy_s=2 * math.fsum(cpu_s), idle=idle(cpu=cpu_j / 3))
    full_j = math.fsum(share.full_j.value for share in told.shares)
    unattributed_share = told.unattributed_j.value / (cpu_j - told.idle_j.value)

    assert cpu_j == pytest.approx(full_j + unattributed_share * cpu_j)


@pytest.mark.parametrize("bend", [0.41, 0.6, 0.8, 1.0, 1.3, 1.5])
@pytest.mark.parametrize("neighbour_s", [10.0, 30.0, 70.0, 150.0])
def test_identical_work_beside_a_busy_neighbour_reads_the_same_within_its_interval(bend: float, neighbour_s: float) -> None:
    """On CPUs whose power goes with load to these powers: what was measured alone lies in the interval measured beside."""

    def measured_j(busy_s: float) -> float:
        return 20.0 * 60 + 200.0 * 60 * math.pow(busy_s / 60 / 16, bend)

    known = idle(cpu=20.0)
    alone = attribute([part("cpu", measured_j(30.0))], [use("mine", 30.0)], duration_s=60.0, busy_s=30.0, idle=known)
    both_s = 30.0 + neighbour_s
    beside = attribute(
        [part("cpu", measured_j(both_s))],
        [use("mine", 30.0), use("neighbour", neighbour_s)],
        duration_s=60.0,
        busy_s=both_s,
        idle=known,
    )
    mine = {share.name: share.marginal_j for share in beside.shares}["mine"]

    assert mine.low <= alone.shares[0].marginal_j.value <= mine.high


def test_alone_on_the_machine_there_is_nothing_to_doubt() -> None:
    told = attribute([part("cpu", 1000.0)], [use("mine", 30.0)], duration_s=10.0, busy_s=30.0, idle=idle(cpu=20.0))

    mine = told.shares[0].marginal_j
    assert (800.0, 800.0, 800.0) == (mine.low, mine.value, mine.high)
    assert 1000.0 == told.shares[0].full_j.value
    assert Grade.COUNTER == mine.grade


def test_a_model_s_own_range_already_holds_that_power_is_bent() -> None:
    parts = [part("model", 100.0, spread_ratio=2.0)]
    told = attribute(parts, [use("a", 1.0), use("b", 3.0)], duration_s=1.0, busy_s=4.0, straight=["model"])

    assert [(37.5, 75.0, 150.0), (12.5, 25.0, 50.0)] == [
        (share.marginal_j.low, share.marginal_j.value, share.marginal_j.high) for share in told.shares
    ]


def test_gpus_are_charged_by_the_work_that_each_did_there() -> None:
    parts = [part("gpu0", 300.0, "gpu"), part("gpu1", 100.0, "gpu")]
    told = attribute(parts, [use("a", 0.0, gpu0=1.0), use("b", 0.0, gpu1=0.25)], duration_s=1.0, busy_s=0.0)

    assert {"a": 300.0, "b": 25.0} == {share.name: share.marginal_j.value for share in told.shares}
    assert 75.0 == told.unattributed_j.value


def test_without_a_baseline_idling_is_in_the_shares_and_the_record_says_so() -> None:
    told = attribute([part("cpu", 100.0)], [use("mine", 5.0)], duration_s=1.0, busy_s=5.0)

    assert (False, 0.0, 100.0) == (told.has_baseline, told.idle_j.value, told.shares[0].marginal_j.value)


def test_a_machine_that_used_less_than_idling_has_nothing_to_share_out() -> None:
    told = attribute([part("cpu", 100.0)], [use("mine", 5.0)], duration_s=10.0, busy_s=5.0, idle=idle(cpu=20.0))

    assert (100.0, 0.0, 0.0) == (told.idle_j.value, told.shares[0].marginal_j.value, told.unattributed_j.value)


def test_nothing_cannot_be_split() -> None:
    with pytest.raises(BadInputError, match="no energy to split"):
        attribute([], [], duration_s=1.0, busy_s=0.0)
