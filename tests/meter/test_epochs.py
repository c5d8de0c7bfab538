"""A training loop measured epoch by epoch, with a line about each."""

from __future__ import annotations

import pytest

from greenwright.meter.epochs import Epochs, epochs, line
from greenwright.meter.session import Meter
from greenwright.testing.probes import FakeProbe
from greenwright.testing.sinks import a_window


def test_every_epoch_is_a_window_and_a_line(machine: FakeProbe) -> None:
    said: list[str] = []
    meter = Meter(name="training", probes=[machine])
    for epoch in epochs(range(2), meter=meter, say=said.append):
        machine.work(2.0, 100.0 * (epoch + 1))

    assert [("epoch", 100.0), ("epoch", 200.0), ("training", 300.0)] == [
        (one.name, one.energy_j.value) for one in meter.windows
    ]
    assert [
        "epoch 1: 100 J, counter, 50 W, in 2 s",
        "epoch 2: 200 J, counter, 100 W, in 2 s",
        "training: 300 J, counter, 75 W, in 4 s",
    ] == said


def test_a_loop_that_is_left_early_ends_its_windows(machine: FakeProbe) -> None:
    meter = Meter(name="training", probes=[machine])
    loop = epochs(range(9), meter=meter, say=lambda _: None)
    for _ in loop:
        machine.work(1.0, 10.0)
        break
    loop.close()  # type: ignore[attr-defined]  # of a generator, as the end of the loop's scope does

    assert ["epoch", "training"] == [one.name for one in meter.windows]


def test_a_loop_that_fails_ends_its_windows(machine: FakeProbe) -> None:
    meter = Meter(name="training", probes=[machine])

    def train() -> None:
        for _ in epochs(range(9), meter=meter, say=lambda _: None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    assert ["epoch", "training"] == sorted(one.name for one in meter.windows)


def test_ending_twice_does_no_harm(machine: FakeProbe) -> None:
    said: list[str] = []
    measured = Epochs(Meter(name="training", probes=[machine]), said.append)
    measured.begin_epoch()
    machine.work(1.0, 1.0)
    measured.end()
    measured.end()

    assert 2 == len(said)
    assert measured.so_far_j() is None


def test_the_lines_go_to_standard_error_unless_told_otherwise(machine: FakeProbe, capsys: pytest.CaptureFixture[str]) -> None:
    list(epochs(range(1), meter=Meter(name="training", probes=[machine])))

    assert capsys.readouterr().err.startswith("epoch 1: 0 mJ")


@pytest.mark.parametrize(
    ("energy_j", "said"),
    [(0.012, "12 mJ (10.8 to 13.2)"), (5.0, "5 J"), (4200.0, "4.2 kJ (3.78 to 4.62)"), (2.5e6, "2.5 MJ")],
)
def test_a_line_is_in_the_unit_that_reads_best(energy_j: float, said: str) -> None:
    assert line(a_window("a", energy_j, 2.0)).startswith(said)
