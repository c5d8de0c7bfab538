from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.catalogue.devices import Device, device
from greenwright.errors import BadInputError
from greenwright.place.roofline import LIFE_S, MACHINE_RATIO, Work, demand, embodied_g_per_s


def known(name: str) -> Device:
    found = device(name)
    assert found is not None
    return found


H100 = known("H100 SXM")


def test_work_that_computes_takes_its_operations_over_what_the_chip_reaches() -> None:
    found = demand(Work(flop_count=1e18, peak_share=0.5), H100)

    assert found.run_s == pytest.approx(1e18 / (H100.peak_flop_per_s["fp16"] * 0.5))
    assert H100.busy_w is not None
    assert found.energy_j.value == pytest.approx(found.run_s * H100.busy_w.value * MACHINE_RATIO.value)


def test_work_that_moves_bytes_takes_as_long_as_the_memory_and_draws_less() -> None:
    assert H100.bandwidth_bytes_per_s is not None
    found = demand(Work(flop_count=1e12, moved_bytes=1e15), H100)

    assert found.run_s == pytest.approx(1e15 / H100.bandwidth_bytes_per_s)
    assert H100.busy_w is not None
    assert H100.idle_w is not None
    power_w = found.energy_j.value / found.run_s / MACHINE_RATIO.value
    assert H100.idle_w.value <= power_w < 0.5 * H100.busy_w.value


@given(st.floats(1e9, 1e24), st.floats(0, 1e18), st.floats(0.05, 1.0))
def test_the_range_holds_the_value_and_more_work_never_takes_less(flop: float, moved: float, share: float) -> None:
    one = demand(Work(flop_count=flop, moved_bytes=moved, peak_share=share), H100)
    more = demand(Work(flop_count=2 * flop, moved_bytes=moved, peak_share=share), H100)

    assert one.energy_j.low <= one.energy_j.value <= one.energy_j.high
    assert more.run_s >= one.run_s
    assert more.energy_j.value >= one.energy_j.value


def test_making_is_spread_over_the_seconds_it_works() -> None:
    found = embodied_g_per_s(H100)

    assert found is not None
    assert H100.embodied_g is not None
    assert H100.embodied_g.value / LIFE_S < found.value < H100.embodied_g.value / LIFE_S * 3
    assert found.low < found.value < found.high
    assert embodied_g_per_s(replace(H100, embodied_g=None)) is None


@pytest.mark.parametrize(
    ("one", "work", "said"),
    [
        (known("Loihi 2"), Work(flop_count=1), "counts no operations that compare"),
        (H100, Work(flop_count=1, precision="fp3"), "no peak for fp3"),
        (replace(H100, busy_w=None), Work(flop_count=1), "no power in the catalogue"),
    ],
)
def test_what_cannot_be_computed_says_why(one: Device, work: Work, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        demand(work, one)
