"""What every sink must pass.

A plugin's test inherits the contract and says where its sink may write::

class TestMySink(SinkContract):
    sink = my_sink

    def target(self, tmp_path):
        return str(tmp_path / "written")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Place, Run


class SinkContract:
    """Inherit, set ``sink``, and say what ``target`` is; pytest runs the rest."""

    sink: Any
    """The module."""
    has_write = True
    """False for a sink that only serves while something is measured."""

    def target(self, tmp_path: Path) -> str:
        """A place to write to, in a folder of its own."""
        raise NotImplementedError

    def test_its_facts_are_complete(self) -> None:
        """``META`` says what it writes, where, and on whose word."""
        meta = self.sink.META

        assert all([meta.id, meta.title, meta.target, meta.source])
        assert meta.example.startswith(f"{meta.id}:")
        assert meta.live == hasattr(self.sink, "follow")

    def test_it_writes_a_run(self, tmp_path: Path) -> None:
        """A run with several windows and counters is taken without a word."""
        if self.has_write:
            self.sink.write(a_run(), self.target(tmp_path))

    def test_it_writes_a_run_in_which_nothing_was_measured(self, tmp_path: Path) -> None:
        """A run that was cut off at once has no windows, and is no error."""
        if self.has_write:
            self.sink.write(a_run(windows=()), self.target(tmp_path))

    def test_it_writes_names_as_people_give_them(self, tmp_path: Path) -> None:
        """A name may hold anything."""
        if self.has_write:
            self.sink.write(a_run(name='épreuve "n° 1", /tmp\\x: 50 %'), self.target(tmp_path))

    def test_a_live_one_may_be_shown_the_same_run_again(self, tmp_path: Path) -> None:
        """Shown a run twice, it holds it once; leaving without showing any is no error."""
        if self.sink.META.live:
            target = self.target(tmp_path)
            with self.sink.follow(target) as show:
                show(a_run())
                show(a_run())
            with self.sink.follow(target):
                pass


def a_run(*, name: str = "train", windows: tuple[Window, ...] | None = None, finished: bool = True) -> Run:
    """A run of two epochs on a CPU with memory and a GPU: 30 J each, 100 J in all."""
    given = (
        (a_window("epoch", 30.0, 1.0), a_window("epoch", 30.0, 1.0), a_window("whole", 100.0, 4.0))
        if windows is None
        else windows
    )
    return Run(
        id="20260101T000000000-host-1",
        name=name,
        place=Place(boot_id="b5f1", host="host", pid=1),
        started_at="2026-01-01T00:00:00.000+00:00",
        windows=given,
        command=("python", "train.py"),
        exit_code=0,
        finished=finished,
    )


def a_window(name: str, energy_j: float, duration_s: float) -> Window:
    """Half of its joules from a CPU, a tenth from its memory, the rest from a GPU; a range of a tenth either way."""
    parts = (
        _part("rapl:0:package-0", "cpu", energy_j * 0.5),
        _part("rapl:0:0:dram", "dram", energy_j * 0.1),
        _part("nvml:GPU-0", "gpu", energy_j * 0.4),
    )
    return Window(
        name=name,
        started_at="2026-01-01T00:00:00.000+00:00",
        duration_s=duration_s,
        cpu_s=duration_s / 2,
        energy_j=_quantity(energy_j),
        parts=parts,
    )


def _part(counter: str, component: str, energy_j: float) -> Part:
    return Part(counter=counter, covers=f"all of {counter}", energy_j=_quantity(energy_j), component=component)


def _quantity(value: float) -> Quantity:
    return Quantity(value=value, low=value * 0.9, high=value * 1.1, grade=Grade.COUNTER, source="a counter")
