"""The frozen records that folders hand to one another. They hold facts; they compute nothing but what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SCHEMA_VERSION = 1


class Grade(StrEnum):
    """How a number got its value, from the most to the least trustworthy."""

    COUNTER = "counter"
    SAMPLED = "sampled"
    MODELLED = "modelled"
    ASSUMED = "assumed"


def weakest(grades: Iterable[Grade]) -> Grade:
    """A total is as good as its weakest part."""
    order = list(Grade)
    return max(grades, key=order.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number that can be doubted. Its unit stands in the name of the field that holds it."""

    value: float
    low: float
    high: float
    grade: Grade
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate from repeated measurements, with the confidence (0…1) that the true value lies within."""

    value: float
    low: float
    high: float
    confidence: float


# --- meter ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at one counter, at one instant."""

    counter: str
    energy_j: float
    at_s: float
    """Monotonic clock."""
    wrap_j: float | None = None
    """The counter starts again from 0 here; None if it does not wrap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one counter contributed to a window."""

    counter: str
    covers: str
    energy_j: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What lies between two looks at every counter; named, may nest."""

    name: str
    started_at: str
    """UTC, ISO 8601."""
    duration_s: float
    cpu_s: float
    """CPU time of this process and its ended children."""
    energy_j: Quantity
    parts: tuple[Part, ...] = ()
    too_short: bool = False
    """Shorter than its probe can resolve: to be repeated, not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two pieces of work measured in turn, A B A B …; what both share cancels in the ratio."""

    ratio: Interval
    """Energy of B per unit, as a share of A's."""
    baseline_energy_j: Quantity
    candidate_energy_j: Quantity
    """Per unit."""
    baseline_cpu_s: float
    candidate_cpu_s: float
    """Median CPU time per unit."""
    pair_count: int
    units_per_window: tuple[float, float]
    pairs: tuple[tuple[float, float], ...] = ()
    """Joules per unit of A and of B, pair by pair."""
    tight: bool = True
    """The interval reached the width asked for; False: more pairs would be needed."""


# --- models ---


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxModel:
    """A model in an ONNX file."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """How a model is run."""

    runtime: str = "torch"
    thread_count: int = 1


# --- study ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the work ran on."""

    cpu: str
    core_count: int
    memory_bytes: int
    features: tuple[str, ...]
    """Instruction sets that matter here: avx512_vnni, avx512_bf16, amx_int8 …"""
    gpus: tuple[str, ...] = ()
    os: str = ""
    python: str = ""
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One strategy with the choices made for it."""

    strategy: str
    title: str
    stage: str
    choices: dict[str, float | int | str | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a model costs to run and how well it answers, on the study's workload."""

    energy_j: Quantity
    """Per functional unit."""
    energy_ratio: Interval
    """Against the baseline, interleaved; 1 for the baseline itself."""
    cpu_s: float
    """Per functional unit."""
    latency_p50_s: float
    latency_p95_s: float
    """Of one call at the study's batch size."""
    throughput_per_s: float
    size_bytes: int
    peak_memory_bytes: int | None
    """Of a fresh process that only loads and runs the model; None where that could not be measured."""
    quality: float
    """On the validation set."""


class TrialState(StrEnum):
    """How a trial ended."""

    MEASURED = "measured"
    STOPPED = "stopped"
    """Dropped early: it was already clear that it would not pass."""
    FAILED = "failed"
    """The strategy or the model broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One recipe, tried."""

    number: int
    recipe: tuple[Step, ...]
    state: TrialState
    reason: str
    """Why it is not the one chosen, or why it is; for people."""
    figures: Figures | None = None
    quality_drop: Interval | None = None
    """Baseline minus candidate on the validation set, signed so that worse is positive."""
    apply_j: Quantity | None = None
    """Energy spent making and judging it."""
    on_front: bool = False
    chosen: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a strategy said when asked whether it applies."""

    strategy: str
    title: str
    stage: str
    applies: bool
    reason: str
    expects: tuple[float, float] | None = None
    """Expected energy against the baseline, low and high, before anything was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityProof:
    """A non-inferiority test on paired test examples that neither tuned nor picked the candidate."""

    metric: str
    higher_is_better: bool
    baseline: float
    candidate: float
    drop: Interval
    """Baseline minus candidate, worse is positive; ``high`` is the one-sided upper bound that was tested."""
    max_drop: float
    example_count: int
    resample_count: int
    passed: bool
    method: str
    trial: int | None = None
    """The number of the trial that was tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Where the energy of the search went."""

    purpose: str
    energy_j: Quantity
    cpu_s: float


class Outcome(StrEnum):
    """The verdict of a study."""

    SAVES = "saves"
    KEEP = "keep your model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What is proven about the chosen model, and what is not."""

    artifact: str
    """File name, beside the certificate."""
    artifact_sha256: str
    baseline: Figures
    candidate: Figures
    comparison: Comparison
    quality: QualityProof
    recipe: tuple[Step, ...]
    machine: Machine
    seed: int
    batch: int
    thread_count: int
    unit: str
    search_j: Quantity
    break_even_units: float
    """Units after which the saving has repaid the search."""
    proves: tuple[str, ...]
    not_proven: tuple[str, ...]
    created_at: str
    greenwright_version: str
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """Everything a study found: the report is drawn from this alone."""

    name: str
    workload: str
    model: str
    """What the baseline is, for people: "Network, 1.2 M parameters"."""
    outcome: Outcome
    verdict: str
    """One sentence."""
    reasons: tuple[str, ...]
    unit: str
    metric: str
    higher_is_better: bool
    max_drop: float
    batch: int
    thread_count: int
    seed: int
    machine: Machine
    baseline: Figures
    trials: tuple[Trial, ...]
    offers: tuple[Offer, ...]
    spending: tuple[Spending, ...]
    search_j: Quantity
    search_cpu_s: float
    horizon_units: float
    """How many units the saving is judged over."""
    stopped_because: str
    proofs: tuple[QualityProof, ...] = ()
    """One per finalist, in the order tested."""
    certificate: Certificate | None = None
    load_snippet: str = ""
    """Three lines that load and run the model."""
    training_j: Quantity | None = None
    """What training the baseline cost, where the workload says."""
    started_at: str = ""
    finished_at: str = ""
    greenwright_version: str = ""
    schema_version: int = SCHEMA_VERSION
