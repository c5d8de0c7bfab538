"""A machine whose clock and joules the tests turn by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records import Grade, Reading


@dataclass
class FakeMachine:
    """Time passes only in ``work``; a probe of one counter, which ``Meter`` may be given as it is."""

    META: Meta = field(
        default_factory=lambda: Meta(
            id="fake",
            title="A fake",
            covers="all",
            leaves_out="nothing",
            grade=Grade.COUNTER,
            update_s=0.001,
            source="a test",
        )
    )
    component: str = "cpu"
    low_ratio: float = 1.0
    high_ratio: float = 1.0
    wrap_j: float | None = None
    now_s: float = 0.0
    energy_j: float = 0.0

    def work(self, duration_s: float, energy_j: float) -> None:
        self.now_s += duration_s
        self.energy_j += energy_j

    def find(self, root: Path = Path("/")) -> list[Counter]:
        return [
            Counter(
                id=self.META.id,
                component=self.component,
                handle=None,
                covers="all",
                low_ratio=self.low_ratio,
                high_ratio=self.high_ratio,
                source=f"{self.META.id} source",
            )
        ]

    def missing(self, root: Path = Path("/")) -> list[Missing]:
        return []

    def read(self, counter: Counter) -> Reading:
        energy_j = self.energy_j % self.wrap_j if self.wrap_j else self.energy_j
        return Reading(counter=counter.id, energy_j=energy_j, at_s=self.now_s, wrap_j=self.wrap_j)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    fake = FakeMachine()
    monkeypatch.setattr(clock, "now_s", lambda: fake.now_s)
    monkeypatch.setattr(clock, "cpu_s", lambda: fake.now_s / 2)
    return fake
