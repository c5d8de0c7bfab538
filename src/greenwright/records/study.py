"""What a study tried, found and proved. They hold facts; they compute nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from greenwright.records.energy import Comparison
from greenwright.records.generation import Generated
from greenwright.records.layers import LayerFact
from greenwright.records.machines import Machine
from greenwright.records.models import Inference
from greenwright.records.predictions import Family, Prediction
from greenwright.records.quantities import Interval, Quantity

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One strategy with the choices made for it."""

    strategy: str
    title: str
    stage: str
    choices: dict[str, float | int | str | bool] = field(default_factory=dict)
    first: tuple[Step, ...] = ()
    """Where it puts another model in front of the one made so far: how that model was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """What calls cost that come with pauses between them, as requests do: threads that wait in a loop go on costing."""

    gap_s: float
    """From the end of one call to the start of the next."""
    latency_p50_s: float
    latency_p95_s: float
    cpu_s: float
    """Per functional unit, the pauses included."""


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
    paced: Paced | None = None
    """With pauses between calls; measured for the baseline and for what was confirmed."""
    generated: Generated | None = None
    """Prefill and decode apart, where the workload generates; measured for the baseline and for what was confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceProof:
    """What one part of the test set lost: a class, a length, a group."""

    name: str
    example_count: int
    baseline: float | None
    candidate: float | None
    """None where the metric is not defined on this slice alone."""
    drop: Interval | None
    """As in the proof over all; ``high`` is what a limit for slices is held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """How the two models of a cascade share the work, and what that was expected to save."""

    validation_share: float
    """Of the validation examples, those that the first model answered alone."""
    expected_ratio: float
    """Energy against the baseline, from what the two need by themselves, before it was made."""
    test_share: float | None = None
    """Likewise of the test examples; only where it was tested."""


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
    worst_slice: SliceProof | None = None
    """On the validation set, the slice that may have lost most, where slices are held to a limit."""
    shared: Shared | None = None
    """Only of a cascade."""
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
    predicted: Prediction | None = None
    """The same with what earlier studies realised; None where there are none of such a model."""
    put_off: str = ""
    """Why it was not tried although it applies; empty where it was."""


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
    slices: tuple[SliceProof, ...] = ()
    """The one that may have lost most first."""
    max_slice_drop: float | None = None
    """Most that any slice may lose; None where slices are reported and not held to anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The untouched model, given the training that the chosen one was given."""

    epoch_count: int
    quality: float
    """On the test set."""
    drop: Interval
    """Untouched minus trained on; negative where more training alone would have gained."""
    energy_j: Quantity


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
    inference: Inference = field(default_factory=Inference)
    """The runtime, and what it was told, in which the file was measured."""
    control: Control | None = None
    """Only where the study was asked for it, and the chosen model was fine-tuned."""
    layers: tuple[LayerFact, ...] = ()
    """What became of each layer that multiplies."""
    shared: Shared | None = None
    """Only of a cascade, whose energy depends on how many inputs are easy."""
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
    family: Family | None = None
    """By which later studies know whether this one says something about theirs."""
    started_at: str = ""
    finished_at: str = ""
    greenwright_version: str = ""
    schema_version: int = SCHEMA_VERSION
