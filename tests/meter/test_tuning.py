"""The search for a power limit and a batch size, on a GPU whose truth is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter import tuning
from greenwright.meter.nvidia import Gpu
from greenwright.meter.session import Meter
from greenwright.records.energy import Window
from greenwright.records.tuning import GpuLimit, Tuning, TuningPoint
from greenwright.testing.conformance import FakeTime, install
from greenwright.testing.probes import FakeNvml

IDLE_W = 80.0


class Training:
    """A GPU of 700 W whose speed grows with the fifth root of its limit, and with the batch up to 32."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = FakeNvml(tmp_path, (700.0,))
        install(self.machine, monkeypatch)
        self.hands = FakeTime(monkeypatch)
        self.meter = Meter(root=self.machine.root, devices_only=True)
        for poller in self.meter.pollers:
            poller.wait_s = None
        self.done: list[tuple[int, int | None]] = []

    def work(self, batch: int | None) -> Window:
        limit_mw = self.machine.limits_mw[0]
        self.done.append((limit_mw, batch))
        speed_ratio = (limit_mw / 700_000) ** 0.2 * min(1.0, (batch or 32) / 32) ** 0.5
        self.machine.powers_w = (limit_mw / 1e3,)
        duration_s = 60 / speed_ratio
        with self.meter.window("step") as opened:
            self.machine.run(duration_s)
            self.hands.pass_by(duration_s)
        return opened.result

    @property
    def gpus(self) -> list[tuple[Gpu, GpuLimit]]:
        return tuning.limits(self.machine.root)

    def tune(self, steps: int = 6, batches: tuple[int, ...] = (), slowdown: float = 0.1, **more: bool) -> Tuning:
        points = tuning.candidates([limit for _, limit in self.gpus], steps, batches)
        return tuning.tune(self.work, points, self.gpus, max_slowdown_share=slowdown, guarded=False, **more)


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    return Training(tmp_path, monkeypatch)


def test_the_lowest_limit_that_is_fast_enough_needs_least_energy(training: Training) -> None:
    found = training.tune()

    assert 3 / 7 * 700 <= tuning.limit_w(found.gpus[0], found.chosen.point) <= 700
    assert 500.0 == pytest.approx(tuning.limit_w(found.gpus[0], found.chosen.point))
    assert 0.0696 == pytest.approx(found.chosen.slowdown_share, abs=1e-3)
    assert 1 - (5 / 7) ** 0.8 == pytest.approx(found.chosen.saving_share, abs=1e-3)
    assert "GPU 0 at 500 W: 23.6% less energy, 7.0% slower" == found.said


def test_limits_are_put_back_unless_they_are_to_be_kept(training: Training) -> None:
    training.machine.limits_mw = [650_000]
    training.tune()
    before = list(training.machine.limits_mw)
    found = training.tune(keep=True)

    assert [650_000] == before
    assert found.kept
    assert training.machine.limits_mw[0] == pytest.approx(tuning.limit_w(found.gpus[0], found.chosen.point) * 1e3)


def test_limits_are_put_back_when_the_work_breaks(training: Training) -> None:
    points = tuning.candidates([limit for _, limit in training.gpus], 3, ())

    def break_down(batch: int | None) -> Window:
        if training.machine.limits_mw[0] < 700_000:
            raise ZeroDivisionError
        return training.work(batch)

    with pytest.raises(ZeroDivisionError):
        tuning.tune(break_down, points, training.gpus, guarded=False)

    assert [700_000] == training.machine.limits_mw


def test_a_limit_that_was_too_slow_is_not_followed_by_lower_ones(training: Training) -> None:
    found = training.tune(slowdown=0.01)

    assert ["as it is", "most", "too slow"] == [
        "as it is" if trial.point.limit_share is None else "too slow" if not trial.allowed else "most" for trial in found.trials
    ]


def test_where_nothing_saves_enough_all_stays_as_it_is(training: Training) -> None:
    found = training.tune(slowdown=0.0)

    assert TuningPoint(limit_share=None) == found.chosen.point
    assert found.said.startswith("keep it as it is")


def test_the_batch_is_searched_with_the_limit(training: Training) -> None:
    found = training.tune(batches=(8, 32), steps=3)

    assert 32 == found.chosen.point.batch
    assert found.chosen.slowdown_share < 0
    assert (700_000, 8) == training.done[0]


def test_points_are_tried_in_rounds_so_that_drift_touches_all(training: Training) -> None:
    training.tune(steps=2, slowdown=1.0)

    assert [(700_000, None), (700_000, None), (200_000, None)] * 2 == training.done


def test_without_permission_the_command_for_root_is_named(training: Training) -> None:
    training.machine.allows_setting = False

    with pytest.raises(CannotHereError, match="sudo nvidia-smi -i 0 -pl 700"):
        training.tune()


def test_a_gpu_that_is_not_there_is_named(training: Training) -> None:
    with pytest.raises(BadInputError, match="there is no GPU 3 here; there are 0"):
        tuning.limits(training.machine.root, [3])


@pytest.mark.parametrize("steps", [0, 1])
def test_a_search_needs_two_limits(training: Training, steps: int) -> None:
    with pytest.raises(BadInputError, match="give at least 2"):
        training.tune(steps=steps)


def test_work_that_is_too_short_to_measure_is_refused(training: Training) -> None:
    points = tuning.candidates([limit for _, limit in training.gpus], 2, ())

    def hurry(batch: int | None) -> Window:
        with training.meter.window("short") as opened:
            training.hands.pass_by(0.5)
        return opened.result

    with pytest.raises(BadInputError, match="one run took 0.5 s, too short for the counters"):
        tuning.tune(hurry, points, training.gpus, guarded=False)
