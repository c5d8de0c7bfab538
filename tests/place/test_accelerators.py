"""Accelerators are ranked by what one unit of this work emits, making included; measured runs go before arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenwright.catalogue.devices import Device, device
from greenwright.place.accelerators import UNKNOWN_MAKING_G, rank
from greenwright.place.roofline import MACHINE_RATIO, Work, embodied_g_per_s
from greenwright.records.quantities import Grade, Quantity

GRID = Quantity(value=360.0, low=300.0, high=400.0, grade=Grade.MODELLED, source="a grid")
WORK = Work(flop_count=1e15)


def known(name: str) -> Device:
    found = device(name)
    assert found is not None
    return found


def test_use_and_making_add_up_to_what_is_ranked() -> None:
    [one], left = rank([known("H100 SXM")], work=WORK, intensity_g_per_kwh=GRID)
    making = embodied_g_per_s(known("H100 SXM"))

    assert left == []
    assert making is not None
    assert one.use_g_per_unit == pytest.approx(one.energy_j_per_unit.value / 3.6e6 * 360)
    assert one.making_g_per_unit == pytest.approx(making.value * one.duration_s_per_unit)
    assert one.g_per_unit.value == pytest.approx(one.use_g_per_unit + one.making_g_per_unit)
    assert one.g_per_unit.low < one.g_per_unit.value < one.g_per_unit.high


def test_a_measured_run_goes_before_the_roofline_with_all_its_machine() -> None:
    [one], _ = rank([known("H200")], work=WORK, benchmark="resnet50", intensity_g_per_kwh=GRID)

    assert one.measured
    assert one.energy_j_per_unit.value == pytest.approx(4954.03 / 556234)
    assert one.energy_j_per_unit.grade is Grade.SAMPLED
    assert one.duration_s_per_unit == pytest.approx(8 / 556234)


def test_on_a_clean_grid_making_weighs_more_than_on_a_dirty_one() -> None:
    shares = []
    for factor in (0.05, 3.0):
        grid = Quantity(value=360 * factor, low=300 * factor, high=400 * factor, grade=Grade.MODELLED, source="a grid")
        [one], _ = rank([known("T4")], work=WORK, intensity_g_per_kwh=grid)
        shares.append(one.making_g_per_unit / one.g_per_unit.value)

    assert shares[0] > 10 * shares[1]


def test_making_that_nobody_knows_is_assumed_and_said() -> None:
    [one], _ = rank([replace(known("H100 SXM"), embodied_g=None)], work=WORK, intensity_g_per_kwh=GRID)

    assert "its making is assumed" in one.how
    assert one.making_g_per_unit == pytest.approx(
        rank([replace(known("H100 SXM"), embodied_g=UNKNOWN_MAKING_G)], work=WORK, intensity_g_per_kwh=GRID)[0][
            0
        ].making_g_per_unit
    )


def test_a_hall_multiplies_use_but_not_making() -> None:
    pue = Quantity(value=1.5, low=1.4, high=1.6, grade=Grade.ASSUMED, source="a hall")
    [plain], _ = rank([known("T4")], work=WORK, intensity_g_per_kwh=GRID)
    [halled], _ = rank([known("T4")], work=WORK, intensity_g_per_kwh=GRID, pue=pue)

    assert halled.use_g_per_unit == pytest.approx(1.5 * plain.use_g_per_unit)
    assert halled.making_g_per_unit == plain.making_g_per_unit
    assert halled.g_per_unit.grade is Grade.ASSUMED


@pytest.mark.parametrize(
    ("name", "needed_bytes", "complaint"),
    [("Loihi 2", 0.0, "experimental"), ("T4", 80e9, "holds 16 GB, the work needs 80 GB"), ("K80", 0.0, "no peak for fp16")],
)
def test_who_cannot_be_ranked_is_told_with_the_reason(name: str, needed_bytes: float, complaint: str) -> None:
    ranked, [left] = rank([known(name)], work=WORK, intensity_g_per_kwh=GRID, needed_bytes=needed_bytes)

    assert ranked == []
    assert complaint in left.why


def test_without_operations_only_measured_runs_count() -> None:
    ranked, left = rank([known("H200"), known("T4")], work=None, benchmark="bert-99", intensity_g_per_kwh=GRID)

    assert [one.name for one in ranked] == ["NVIDIA H200 SXM"]
    assert "nobody published a run of bert-99" in left[0].why


def test_what_is_computed_stands_at_the_wall_as_what_is_measured_does() -> None:
    """What every measured machine drew over its devices' limits lies within the range that others are given."""
    for name in ("H200", "Untether AI speedAI240 Slim"):
        found = known(name)
        for run in found.mlperf:
            assert found.busy_w is not None
            drawn = run.power_w / run.device_count / found.busy_w.value
            assert MACHINE_RATIO.low <= drawn <= MACHINE_RATIO.high


def test_a_module_is_its_own_machine_and_a_card_is_not() -> None:
    card, module = known("T4"), replace(known("T4"), kind="edge")
    [one], _ = rank([card], work=WORK, intensity_g_per_kwh=GRID)
    [other], _ = rank([module], work=WORK, intensity_g_per_kwh=GRID)

    assert one.use_g_per_unit == pytest.approx(MACHINE_RATIO.value * other.use_g_per_unit)
