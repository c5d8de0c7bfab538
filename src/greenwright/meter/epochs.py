"""Measure a training loop epoch by epoch, and say a line about each as it ends. Knows no framework."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from greenwright.meter.session import Meter, OpenWindow
from greenwright.records.energy import Window

_Item = TypeVar("_Item")
_SIZES = ((1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ"))


class Epochs:
    """The epochs of one training, whoever calls: windows of a meter, and a line a window.

    Args:
        meter: To use; one of its own, which waits for a GPU's work before each look, if None.
        say: Is given a line about every epoch that ends; standard error if None.
        name: Of the windows.
    """

    def __init__(self, meter: Meter | None = None, say: Callable[[str], object] | None = None, name: str = "epoch") -> None:
        self.meter = meter or Meter(name="training", sync=wait_for_gpu)
        self._say = say or _to_stderr
        self._name = name
        self._epoch: OpenWindow | None = None
        self._whole: OpenWindow | None = None

    @property
    def windows(self) -> tuple[Window, ...]:
        """The epochs that ended, and the whole training once that has."""
        return self.meter.windows

    def begin(self) -> None:
        """The training begins. More than once does no harm."""
        if self._whole is None or not self._whole.is_open:
            self._whole = self.meter.open(self.meter.name)

    def begin_epoch(self) -> None:
        """An epoch begins; one that was not ended ends here."""
        self.begin()
        self.end_epoch()
        self._epoch = self.meter.open(self._name)

    def end_epoch(self) -> None:
        """The epoch that was begun ends, if any was."""
        if self._epoch is not None:
            window, self._epoch = self._epoch.close(), None
            count = sum(one.name == self._name for one in self.meter.windows)
            self._say(f"{self._name} {count}: {line(window)}")

    def so_far_j(self) -> float | None:
        """Joules of the training so far; None where it has not begun, or has ended."""
        return self._whole.so_far().energy_j.value if self._whole is not None and self._whole.is_open else None

    def end(self) -> None:
        """The training ends, whether as planned or not. More than once does no harm."""
        self.end_epoch()
        if self._whole is not None and self._whole.is_open:
            self._say(f"{self.meter.name}: {line(self._whole.close())}")
            self.meter.end()


def epochs(
    items: Iterable[_Item], *, meter: Meter | None = None, say: Callable[[str], object] | None = None, name: str = "epoch"
) -> Iterator[_Item]:
    """Go through ``items`` as ``for`` does, each in a window of its own.

    ``for epoch in epochs(range(10)):`` is all that a loop needs.

    The windows end with the loop, also where it is left early or fails.
    """
    measured = Epochs(meter, say, name)
    measured.begin()
    try:
        for item in items:
            measured.begin_epoch()
            yield item
            measured.end_epoch()
    finally:
        measured.end()


def line(window: Window) -> str:
    """``"412 J (206 to 824), modelled, 31 W, in 13.3 s"``."""
    energy = window.energy_j
    size, unit = next((step for step in _SIZES if energy.value >= step[0]), _SIZES[-1])
    bounds = "" if energy.low == energy.high else f" ({energy.low / size:.3g} to {energy.high / size:.3g})"
    power = f", {energy.value / window.duration_s:.3g} W" if window.duration_s > 0 else ""
    short = ", too short for its counters" if window.too_short else ""
    return f"{energy.value / size:.3g} {unit}{bounds}, {energy.grade}{power}, in {window.duration_s:.3g} s{short}"


def wait_for_gpu() -> None:
    """Let work that is under way on a GPU end, where PyTorch is in use; it is never imported for this."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
