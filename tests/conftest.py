"""What every test may ask for: a study as a record, and a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from greenwright.ledger.entries import ArtifactEntry
from greenwright.records.energy import Comparison, Part, Window
from greenwright.records.machines import Machine
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import (
    Certificate,
    Figures,
    Outcome,
    QualityProof,
    Spending,
    Step,
    StudyRecord,
    Trial,
    TrialState,
)

settings.register_profile("greenwright", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("greenwright")

SHA256 = "5f" * 32
WHEN = "2026-09-01T12:00:00+00:00"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A greenwright home that no other test sees; what the developer's own shell has set does not count."""
    for name in [name for name in os.environ if name.startswith("GREENWRIGHT_") or name == "COLUMNS"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GREENWRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def study() -> StudyRecord:
    """A study that released a model at half the energy."""
    return a_study()


@pytest.fixture
def artifact() -> ArtifactEntry:
    """The model that ``study`` released."""
    return ArtifactEntry(path="greenwright-out/digits/model.onnx", sha256=SHA256, size_bytes=41_000, created_at=WHEN)


@pytest.fixture
def window() -> Window:
    """Two seconds of work, by one counter."""
    part = Part(counter="package-0", covers="CPU package 0", energy_j=_quantity(30.0))
    return Window(name="baseline", started_at=WHEN, duration_s=2.0, cpu_s=1.9, energy_j=_quantity(30.0), parts=(part,))


def a_study(name: str = "digits") -> StudyRecord:
    recipe = (
        Step(strategy="int8", title="Store weights in 8 bits", stage="quantize", choices={"per_channel": True, "bits": 8}),
    )
    cheaper = Trial(
        number=1,
        recipe=recipe,
        state=TrialState.MEASURED,
        reason="cheapest that held quality",
        figures=_figures(0.5, quality=0.96),
        quality_drop=_interval(0.01),
        apply_j=_quantity(120.0),
        on_front=True,
        chosen=True,
    )
    broken = Trial(number=2, recipe=(), state=TrialState.FAILED, reason="the export refused an operator")
    return StudyRecord(
        name=name,
        workload="examples/digits/workload.py",
        model="Network, 1.2 M parameters",
        outcome=Outcome.SAVES,
        verdict="Half the energy, at the same accuracy.",
        reasons=("the interval of the ratio lies below 1",),
        unit="1 image",
        metric="accuracy",
        higher_is_better=True,
        max_drop=0.01,
        batch=1,
        thread_count=1,
        seed=0,
        machine=_machine(),
        baseline=_figures(1.0, quality=0.97),
        trials=(cheaper, broken),
        offers=(),
        spending=(Spending(purpose="trials", energy_j=_quantity(500.0), cpu_s=60.0),),
        search_j=_quantity(500.0),
        search_cpu_s=60.0,
        horizon_units=1e6,
        stopped_because="the next trial would cost more than it can be expected to save",
        certificate=_certificate(recipe),
        started_at=WHEN,
        finished_at=WHEN,
        greenwright_version="0.1.0",
    )


def _certificate(recipe: tuple[Step, ...]) -> Certificate:
    comparison = Comparison(
        ratio=_interval(0.5),
        baseline_energy_j=_quantity(0.004),
        candidate_energy_j=_quantity(0.002),
        baseline_cpu_s=0.0004,
        candidate_cpu_s=0.0002,
        pair_count=12,
        units_per_window=(1000.0, 2000.0),
    )
    quality = QualityProof(
        metric="accuracy",
        higher_is_better=True,
        baseline=0.97,
        candidate=0.965,
        drop=_interval(0.005),
        max_drop=0.01,
        example_count=1000,
        resample_count=10_000,
        passed=True,
        method="paired bootstrap",
    )
    return Certificate(
        artifact="model.onnx",
        artifact_sha256=SHA256,
        baseline=_figures(1.0, quality=0.97),
        candidate=_figures(0.5, quality=0.96),
        comparison=comparison,
        quality=quality,
        recipe=recipe,
        machine=_machine(),
        seed=0,
        batch=1,
        thread_count=1,
        unit="1 image",
        search_j=_quantity(500.0),
        break_even_units=250_000.0,
        proves=("energy per image is lower",),
        not_proven=("other machines",),
        created_at=WHEN,
        greenwright_version="0.1.0",
    )


def _figures(share: float, quality: float) -> Figures:
    return Figures(
        energy_j=_quantity(0.004 * share),
        energy_ratio=_interval(share),
        cpu_s=0.0004 * share,
        latency_p50_s=0.0004 * share,
        latency_p95_s=0.0006 * share,
        throughput_per_s=2500.0 / share,
        size_bytes=82_000,
        peak_memory_bytes=None,
        quality=quality,
    )


def _machine() -> Machine:
    return Machine(
        cpu="a processor", core_count=2, memory_bytes=8_000_000_000, features=("avx2",), versions={"greenwright": "0.1.0"}
    )


def _quantity(value: float) -> Quantity:
    return Quantity(value=value, low=value * 0.6, high=value * 1.5, grade=Grade.MODELLED, source="a model of the processor")


def _interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.01, high=value + 0.01, confidence=0.95)
