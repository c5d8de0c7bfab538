"""A study as it would come out for a small network on handwritten digits: one that saves, and one that keeps the model."""

from __future__ import annotations

from dataclasses import replace

from greenwright.records.energy import Comparison
from greenwright.records.machines import Machine
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import (
    Certificate,
    Figures,
    Offer,
    Outcome,
    QualityProof,
    Spending,
    Step,
    StudyRecord,
    Trial,
    TrialState,
)

MODEL = "processor model: 2.1 to 9.4 W per busy core"

MACHINE = Machine(
    cpu="Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
    core_count=2,
    memory_bytes=8_332_000_000,
    features=("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16"),
    os="Linux-6.1.0-x86_64-with-glibc2.36",
    python="3.11.7",
    versions={"greenwright": "0.1.0", "torch": "2.9.0", "onnxruntime": "1.23.0", "optuna": "4.5.0"},
)

FUSE = Step(strategy="onnx_runtime", title="Run with ONNX Runtime", stage="runtime", choices={"threads": 1})
INT8_STATIC = Step(
    strategy="int8_static", title="Compute in 8 bits", stage="quantize", choices={"per_channel": True, "calibration": "entropy"}
)
INT8_DYNAMIC = Step(strategy="int8_dynamic", title="Store weights in 8 bits", stage="quantize")
INT4 = Step(strategy="int4_weights", title="Store weights in 4 bits", stage="quantize", choices={"group_size": 32})


def prune(keep_share: float, epochs: int = 3) -> Step:
    choices: dict[str, float | int | str | bool] = {"keep_share": keep_share, "epochs": epochs}
    return Step(strategy="prune_channels", title="Remove whole channels", stage="prune", choices=choices)


def distil(epochs: int) -> Step:
    return Step(
        strategy="distil", title="Learn from the baseline", stage="distil", choices={"epochs": epochs, "temperature": 4.0}
    )


def modelled(energy_j: float, spread: float = 0.55) -> Quantity:
    return Quantity(
        value=energy_j,
        low=energy_j * (1 - spread),
        high=energy_j * (1 + spread),
        grade=Grade.MODELLED,
        source=MODEL,
    )


def interval(value: float, width: float, confidence: float = 0.95) -> Interval:
    return Interval(value=value, low=value - width, high=value + width, confidence=confidence)


def figures(ratio: float, quality: float, size_bytes: int, peak_memory_bytes: int | None = None) -> Figures:
    return Figures(
        energy_j=modelled(0.00108 * ratio),
        energy_ratio=Interval(value=ratio, low=ratio * 0.96, high=ratio * 1.045, confidence=0.95),
        cpu_s=0.000_212 * ratio,
        latency_p50_s=0.000_011 + 0.000_208 * ratio,
        latency_p95_s=0.000_019 + 0.000_245 * ratio,
        throughput_per_s=1 / (0.000_013 + 0.000_206 * ratio),
        size_bytes=size_bytes,
        peak_memory_bytes=peak_memory_bytes,
        quality=quality,
    )


BASELINE = replace(
    figures(1.0, 0.9861, 1_262_000, 268_400_000), energy_ratio=Interval(value=1.0, low=1.0, high=1.0, confidence=0.95)
)
CHOSEN = figures(0.081, 0.9833, 158_000, 71_300_000)
RECIPE = (prune(0.5), distil(4), INT8_STATIC, FUSE)


def trial(number: int, recipe: tuple[Step, ...], figures: Figures | None, reason: str, apply_j: float) -> Trial:
    return Trial(
        number=number,
        recipe=recipe,
        state=TrialState.MEASURED,
        reason=reason,
        figures=figures,
        quality_drop=None if figures is None else interval(BASELINE.quality - figures.quality, 0.0042),
        apply_j=modelled(apply_j),
    )


TRIALS = (
    replace(
        trial(0, (FUSE,), figures(0.41, 0.9861, 1_241_000), "Exact, but others save more.", 21.0),
        on_front=True,
    ),
    trial(1, (INT8_DYNAMIC, FUSE), figures(0.46, 0.9861, 331_000), "Uses more energy than trial 0 for the same answers.", 24.0),
    trial(2, (INT8_STATIC, FUSE), figures(0.193, 0.9847, 334_000), "Beaten by trial 6 at the same accuracy.", 58.0),
    trial(3, (INT4, FUSE), figures(0.52, 0.9694, 201_000), "Loses more than the limit, and saves less.", 31.0),
    trial(4, (prune(0.75), FUSE), figures(0.33, 0.9778, 712_000), "Beaten by trial 2 on energy and on quality.", 610.0),
    replace(
        trial(5, (prune(0.5), FUSE), None, "After 1 of 3 epochs it was 6.2 points behind: it would not have passed.", 204.0),
        state=TrialState.STOPPED,
    ),
    replace(
        trial(
            6,
            (prune(0.5), distil(4), FUSE),
            figures(0.171, 0.9847, 624_000),
            "Saves less than the chosen.",
            905.0,
        ),
        on_front=True,
    ),
    replace(
        trial(7, RECIPE, CHOSEN, "Saves most of all that passed the test of quality.", 962.0),
        on_front=True,
        chosen=True,
        notes=("Calibrated on 512 training images.",),
    ),
    replace(
        trial(
            8,
            (prune(0.35), distil(4), INT8_STATIC, FUSE),
            figures(0.058, 0.9736, 84_000),
            "Saves more, but failed the test of quality: it may lose 2.1 points.",
            948.0,
        ),
        on_front=True,
    ),
    replace(
        trial(9, (prune(0.2), INT8_STATIC, FUSE), figures(0.041, 0.8117, 37_000), "Loses 17 points.", 640.0), on_front=True
    ),
    replace(
        trial(10, (prune(0.6), INT4, FUSE), None, "The export to ONNX failed: no kernel for MatMulNBits with 3 inputs.", 402.0),
        state=TrialState.FAILED,
    ),
)

OFFERS = (
    Offer(
        strategy="onnx_runtime",
        title="Run with ONNX Runtime",
        stage="runtime",
        applies=True,
        reason="The model exports, and its graph can be fused.",
        expects=(0.3, 0.8),
    ),
    Offer(
        strategy="prune_channels",
        title="Remove whole channels",
        stage="prune",
        applies=True,
        reason="Four convolutions depend on one another in a way that can be cut, and there is data to train on.",
        expects=(0.25, 0.8),
    ),
    Offer(
        strategy="int8_static",
        title="Compute in 8 bits",
        stage="quantize",
        applies=True,
        reason="This processor multiplies 8-bit numbers in one instruction (avx512_vnni).",
        expects=(0.3, 0.7),
    ),
    Offer(
        strategy="half",
        title="Compute in 16 bits",
        stage="quantize",
        applies=False,
        reason="Probed: 13.1× slower than 32 bits on this processor.",
    ),
    Offer(
        strategy="window_attention",
        title="Attend to a window",
        stage="architecture",
        applies=False,
        reason="The model has no attention.",
    ),
    Offer(
        strategy="sparse_24",
        title="Zero two weights of every four",
        stage="prune",
        applies=False,
        reason="Only GPUs skip zeros in this pattern, and there is none here.",
    ),
)


def proof(drop: float, width: float, *, passed: bool) -> QualityProof:
    return QualityProof(
        metric="accuracy",
        higher_is_better=True,
        baseline=0.9844,
        candidate=0.9844 - drop,
        drop=interval(drop, width),
        max_drop=0.01,
        example_count=1_797,
        resample_count=10_000,
        passed=passed,
        method="Paired bootstrap of the difference, one-sided, Holm-corrected for three finalists.",
    )


PROOFS = (proof(0.0131, 0.0079, passed=False), proof(0.0028, 0.0051, passed=True))

CERTIFICATE = Certificate(
    artifact="model.onnx",
    artifact_sha256="9f2c51d0b7a83e6649d1c3fe0d8a5b7712f0a4c6e8d93b15c7420e9fa61b38d4",
    baseline=BASELINE,
    candidate=CHOSEN,
    comparison=Comparison(
        ratio=Interval(value=0.081, low=0.078, high=0.0846, confidence=0.95),
        baseline_energy_j=modelled(0.00108),
        candidate_energy_j=modelled(0.0000875),
        baseline_cpu_s=0.000_212,
        candidate_cpu_s=0.000_017_2,
        pair_count=24,
        units_per_window=(2_400, 29_600),
    ),
    quality=PROOFS[1],
    recipe=RECIPE,
    machine=MACHINE,
    seed=0,
    batch=1,
    thread_count=1,
    unit="1 image",
    search_j=modelled(5_140.0),
    break_even_units=5_180_000,
    proves=(
        "On this machine, at batch 1 and one thread, it needs 11.8 to 12.8 times less processor time per image.",
        "On images like those of the test set it loses at most 0.79 points of accuracy, with 95% confidence.",
    ),
    not_proven=(
        "That it saves as much on another processor, batch size or number of threads.",
        "That quality holds on images unlike those of the test set.",
        "The absolute number of joules: no energy counter could be read here.",
    ),
    created_at="2026-09-14T10:32:11+00:00",
    greenwright_version="0.1.0",
)

SPENDING = (
    Spending(purpose="training candidates", energy_j=modelled(3_610.0), cpu_s=720.0),
    Spending(purpose="measuring energy", energy_j=modelled(905.0), cpu_s=181.0),
    Spending(purpose="scoring quality", energy_j=modelled(402.0), cpu_s=80.0),
    Spending(purpose="confirming finalists", energy_j=modelled(223.0), cpu_s=44.0),
)


def saving() -> StudyRecord:
    """A study that found a model worth having."""
    return StudyRecord(
        name="digits",
        workload="digits_workload.py",
        model="DigitsNet, 312,000 parameters",
        outcome=Outcome.SAVES,
        verdict="The same digits for 12.3× less energy per image, at most 0.79 points of accuracy lost.",
        reasons=("The energy ratio is below 1 with 95% confidence.", "The quality test passed."),
        unit="1 image",
        metric="accuracy",
        higher_is_better=True,
        max_drop=0.01,
        batch=1,
        thread_count=1,
        seed=0,
        machine=MACHINE,
        baseline=BASELINE,
        trials=TRIALS,
        offers=OFFERS,
        spending=SPENDING,
        search_j=modelled(5_140.0),
        search_cpu_s=1_025.0,
        horizon_units=100_000_000,
        stopped_because="The next trial would cost 940 J and can be expected to save 210 J over 100 million images.",
        proofs=PROOFS,
        certificate=CERTIFICATE,
        load_snippet=(
            "import onnxruntime\n"
            'session = onnxruntime.InferenceSession("model.onnx")\n'
            '(scores,) = session.run(None, {"input": images})'
        ),
        training_j=modelled(2_950.0),
        started_at="2026-09-14T10:14:02+00:00",
        finished_at="2026-09-14T10:32:11+00:00",
        greenwright_version="0.1.0",
    )


def keeping() -> StudyRecord:
    """A study that found nothing better."""
    lost = (
        replace(TRIALS[3], reason="Loses more than the limit."),
        replace(TRIALS[10], number=1),
    )
    return replace(
        saving(),
        outcome=Outcome.KEEP,
        verdict="Keep your model: nothing that was tried saves energy and holds its accuracy.",
        reasons=(
            "Storing weights in 4 bits lost more than 1 point of accuracy.",
            "Two other strategies would have needed training data, and the workload has none.",
        ),
        trials=lost,
        proofs=(),
        certificate=None,
        load_snippet="",
        training_j=None,
        search_j=modelled(433.0),
        search_cpu_s=86.0,
        spending=(Spending(purpose="making candidates", energy_j=modelled(433.0), cpu_s=86.0),),
        stopped_because="Every strategy that applies was tried.",
    )
