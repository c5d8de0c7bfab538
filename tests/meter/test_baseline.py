"""Idle power and the rest of the node: arithmetic, and a file per machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.meter import baseline
from greenwright.meter.session import Meter
from greenwright.records.baseline import Idle, RestOfNode
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.testing.power import write_file
from greenwright.testing.probes import FakeProbe

WHEN = "2026-09-01T12:00:00+00:00"
THREADRIPPER_W = [
    *((42.66, 115), (62.02, 147), (78.33, 198), (105.61, 226), (127.58, 257), (143.26, 219), (172.51, 285), (170.35, 278)),
    *((169.24, 279), (166.89, 277), (167.09, 278)),
]
"""Package by RAPL, and the wall by a smart plug, while the load went up.

Source: mlco2/codecarbon (MIT), codecarbon/data/hardware/cpu_load_profiling/AMD_Threadripper, all_cores of 2025-01-14.
"""
THREADRIPPER_SOME_CORES_W = [
    *((75.67, 159), (92.44, 178), (122.3, 266), (146.48, 278), (174.71, 278), (173.43, 279), (169.56, 324), (167.47, 326)),
    *((166.09, 280), (165.32, 290)),
]
"""The same machine, some_cores: the first thread to the last. The plug's values lag behind."""


def quantity(value: float, low: float | None = None, high: float | None = None, source: str = "a counter") -> Quantity:
    return Quantity(
        value=value,
        low=value if low is None else low,
        high=value if high is None else high,
        grade=Grade.COUNTER,
        source=source,
    )


def window(duration_s: float, **energies_j: float) -> Window:
    parts = tuple(Part(counter=name, covers="", energy_j=quantity(energy_j)) for name, energy_j in energies_j.items())
    total = quantity(sum(energies_j.values()))
    return Window(name="idle", started_at=WHEN, duration_s=duration_s, cpu_s=0.0, energy_j=total, parts=parts)


def idle(**powers_w: float) -> Idle:
    return baseline.idle_of([window(1.0, **powers_w)], busy_share=0.01, measured_at=WHEN)


def line(points: list[tuple[float, float]]) -> RestOfNode:
    return baseline.learn_rest(points, ["cpu"], meter="a plug", error_share=0.02, learned_at=WHEN)


def test_idle_power_is_the_median_of_windows_between_the_least_and_the_most() -> None:
    windows = [window(2.0, cpu=20.0), window(2.0, cpu=22.0), window(2.0, cpu=40.0)]
    known = baseline.idle_of(windows, busy_share=0.02, measured_at=WHEN)

    power_w = known.power_w["cpu"]
    assert (10.0, 11.0, 20.0) == (power_w.low, power_w.value, power_w.high)
    assert (6.0, 0.02) == (known.duration_s, known.busy_share)


def test_net_is_gross_without_idle_and_its_range_holds_the_errors_of_both() -> None:
    gross_j, idle_j = quantity(100.0, 90.0, 110.0), quantity(30.0, 20.0, 40.0, source="a baseline")
    net_j = baseline.net_j(gross_j, idle_j)

    assert (50.0, 70.0, 90.0) == (net_j.low, net_j.value, net_j.high)
    assert "a counter, less a baseline" == net_j.source


@given(
    gross=st.floats(min_value=0, max_value=1e6),
    idle_w=st.floats(min_value=0, max_value=1e3),
    duration_s=st.floats(min_value=0.1, max_value=1e3),
)
def test_gross_is_net_and_idle_together(gross: float, idle_w: float, duration_s: float) -> None:
    known = idle(cpu=idle_w)
    idle_j = baseline.idle_j(window(duration_s, cpu=gross).parts, duration_s, known, set())

    assert idle_j is not None
    assert gross == pytest.approx(baseline.net_j(quantity(gross), idle_j).value + idle_j.value, abs=1e-6)


def test_idle_of_a_counter_that_was_not_measured_is_not_guessed() -> None:
    assert None is baseline.idle_j(window(1.0, cpu=1.0, gpu=1.0).parts, 1.0, idle(cpu=10.0), set())
    assert None is baseline.idle_j(window(1.0, cpu=1.0).parts, 1.0, None, set())


def test_a_counter_that_sees_only_this_work_has_no_idling_to_take_off() -> None:
    idle_j = baseline.idle_j(window(5.0, cpu_time=7.0).parts, 5.0, None, {"cpu_time"})

    assert idle_j is not None
    assert 0.0 == idle_j.value


def test_a_line_is_learned_exactly_from_points_on_it() -> None:
    rest = line([(device_w, 70 + 1.25 * device_w) for device_w in (40.0, 60.0, 90.0, 120.0, 150.0, 180.0)])
    parts = window(10.0, cpu=1000.0).parts
    rest_j = baseline.rest_j(parts, 10.0, rest)

    assert [70.0, 1.25, 0.02] == pytest.approx([rest.constant_w, rest.slope_ratio, rest.error_share])
    assert rest_j is not None
    assert [911.0, 950.0, 989.0] == pytest.approx([rest_j.low, rest_j.value, rest_j.high])
    assert Grade.MODELLED == rest_j.grade


def test_where_power_hardly_changed_only_the_difference_is_learned() -> None:
    rest = line([(40.0 + number / 10, 110.0 + number / 10) for number in range(6)])

    assert [1.0, 70.0] == pytest.approx([rest.slope_ratio, rest.constant_w])


def test_a_rest_learned_for_other_counters_is_not_applied() -> None:
    rest = line([(device_w, 70 + device_w) for device_w in (40.0, 60.0, 90.0, 120.0, 150.0, 180.0)])

    assert None is baseline.rest_j(window(1.0, cpu=50.0, gpu=100.0).parts, 1.0, rest)


def test_beyond_the_powers_it_was_learned_at_its_range_is_doubled() -> None:
    rest = line([(device_w, 70 + device_w) for device_w in (40.0, 60.0, 90.0, 120.0, 150.0, 180.0)])
    inside, outside = (baseline.rest_j(window(1.0, cpu=power_w).parts, 1.0, rest) for power_w in (150.0, 600.0))

    assert inside is not None
    assert outside is not None
    assert 2 * 0.02 * 220 == pytest.approx(inside.high - inside.low)
    assert 2 * 0.02 * 670 * 2 == pytest.approx(outside.high - outside.low)


def test_on_a_real_machine_the_rest_learned_in_one_sweep_holds_in_another() -> None:
    rest = line([(float(device), float(node)) for device, node in THREADRIPPER_W])
    inside = 0
    for device_w, node_w in THREADRIPPER_SOME_CORES_W:
        rest_j = baseline.rest_j(window(1.0, cpu=device_w).parts, 1.0, rest)
        assert rest_j is not None
        inside += device_w + rest_j.low <= node_w <= device_w + rest_j.high

    assert 1.0 < rest.slope_ratio < 1.5
    assert 8 == inside  # of ten; at the other two the plug showed 16 % more for the same power of the package


def test_too_few_points_teach_nothing() -> None:
    with pytest.raises(BadInputError, match="5 points teach nothing"):
        line([(1.0, 2.0)] * 5)


def test_what_is_known_is_kept_per_machine_and_one_does_not_undo_the_other(tmp_path: Path, home: Path) -> None:
    write_file(tmp_path / "etc/machine-id", "0123\n")
    kept = baseline.keep_idle(idle(cpu=10.0), tmp_path)
    baseline.keep_rest(line([(float(number), 70.0 + number) for number in range(6)]), tmp_path)
    known = baseline.load(tmp_path)

    assert home / "machines" == kept.parent
    assert "0123" not in kept.name
    assert known.idle is not None
    assert known.rest is not None
    assert 10.0 == known.idle.power_w["cpu"].value
    assert None is baseline.load(Path("/")).idle
    assert [kept] == list(kept.parent.iterdir())


def test_a_file_that_is_not_ours_is_named(tmp_path: Path) -> None:
    write_file(baseline.facts_path(tmp_path), "{}")

    with pytest.raises(BadInputError, match="is not what was learned about a machine"):
        baseline.load(tmp_path)


def test_a_window_shows_gross_idle_net_and_rest(machine: FakeProbe, tmp_path: Path) -> None:
    fake = Idle(measured_at=WHEN, duration_s=1.0, busy_share=0.0, power_w={"fake": quantity(10.0)})
    baseline.keep_idle(fake)
    points = [(device_w, 70 + 1.25 * device_w) for device_w in (10.0, 20.0, 30.0, 40.0, 50.0, 60.0)]
    baseline.keep_rest(baseline.learn_rest(points, ["fake"], meter="a plug", error_share=0.02, learned_at=WHEN))
    with Meter(probes=[machine], root=Path("/")) as meter:
        machine.work(2.0, 100.0)

    result = meter.result
    assert 100.0 == result.energy_j.value
    assert result.idle_j is not None
    assert result.net_j is not None
    assert result.rest_j is not None
    assert (20.0, 80.0) == (result.idle_j.value, result.net_j.value)
    assert 140.0 + 25.0 == pytest.approx(result.rest_j.value)


def test_busy_ticks_leave_out_idling_waiting_and_what_the_host_took(tmp_path: Path) -> None:
    write_file(tmp_path / "proc/stat", "cpu  10 1 5 70 4 2 3 5 0 0\ncpu0 1 1 1 1\n")

    assert (21.0, 100.0) == baseline.cpu_ticks(tmp_path)
    assert 0.21 == baseline.busy_share(tmp_path, (0.0, 0.0))
    assert (0.0, 0.0) == baseline.cpu_ticks(tmp_path / "nowhere")
