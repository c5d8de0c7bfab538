"""Put a study into words: the verdict, why each trial was not the one, what is proven and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from greenwright.records.models import OnnxModel
from greenwright.records.quantities import Grade
from greenwright.records.study import Offer, QualityProof, Shared, Trial
from greenwright.report.words import drop_text, noun_text, ratio_text, share_text, studies_text
from greenwright.study.confirm import Confirmed, pareto_front
from greenwright.study.workbench import Workbench

if TYPE_CHECKING:
    from greenwright.study.search import Search


WORSENS = {True: ("fall", "fell", "fallen"), False: ("rise", "rose", "risen")}
"""What a metric does as it gets worse, by whether more of it is better."""


def sentence(bench: Workbench, confirmed: Confirmed | None) -> str:
    """The verdict in one sentence."""
    metric, limit = bench.quality.name, drop_text(bench.limits.max_drop, bench.quality.name)
    verb, _, _ = WORSENS[bench.quality.higher_is_better]
    if confirmed is None:
        return f"Keep your model: nothing tried needs less energy with {metric} proven to {verb} by no more than {limit}."
    ratio = confirmed.comparison.ratio
    return (
        f"The new model needs {ratio_text(ratio.value)} energy per {noun_text(bench.workload.unit)},"
        f" with {metric} proven to {verb} by no more than {limit}."
    )


def predicted_text(offer: Offer) -> str:
    """What earlier studies lead to expect, to be said after its reason; nothing where there are none."""
    if offer.predicted is None:
        return ""
    ratio = offer.predicted.energy_ratio
    return (
        f"; {share_text(ratio.low)} to {share_text(ratio.high)} of the energy, predicted from"
        f" {studies_text(offer.predicted.study_count)}"
    )


def reasons(trials: Sequence[Trial], offers: Sequence[Offer]) -> tuple[str, ...]:
    """Why the model is to be kept."""
    declined = [f"{offer.title}: {offer.put_off or offer.reason}" for offer in offers if offer.put_off or not offer.applies]
    tried = [f"{' → '.join(step.title for step in trial.recipe)}: {trial.reason}" for trial in trials]
    return (*tried, *declined)


def annotated(
    trials: Sequence[Trial],
    search: Search,
    ordered: Sequence[Trial],
    proofs: Sequence[QualityProof],
    confirmed: Confirmed | None,
) -> list[Trial]:
    """The trials with the front marked, and why each is or is not the one."""
    front = {trial.number for trial in pareto_front(trials)}
    tested = {trial.number: proof for trial, proof in zip(ordered, proofs, strict=False)}
    chosen = confirmed.trial.number if confirmed else None
    return [
        replace(
            trial,
            on_front=trial.number in front,
            chosen=trial.number == chosen,
            shared=confirmed.trial.shared if confirmed and trial.number == chosen else trial.shared,
            reason=trial.reason or _why(trial, search, tested, confirmed),
        )
        for trial in trials
    ]


def _why(trial: Trial, search: Search, tested: dict[int, QualityProof], confirmed: Confirmed | None) -> str:
    assert trial.figures is not None
    assert trial.quality_drop is not None
    ratio = trial.figures.energy_ratio
    if confirmed is not None and trial.number == confirmed.trial.number:
        return "chosen: the least energy among those proven to hold quality"
    if trial.number in tested and not tested[trial.number].passed:
        return _failed_text(tested[trial.number])
    if ratio.high >= 1:
        return f"needs no less energy: {ratio.value:.2f} times the baseline's ({ratio.low:.2f} to {ratio.high:.2f})"
    if trial.number not in tested and not search.holds(trial):
        return _unlikely_text(trial, search)
    if confirmed is not None and confirmed.trial.figures is not None:
        times = ratio.value / confirmed.trial.figures.energy_ratio.value
        return (
            f"holds, but needs {times:.2f} times the chosen one's energy"
            if times > 1
            else "an earlier finalist failed, which ended the tests"
        )
    return "held on the validation set, but was not among the finalists proven"


def _unlikely_text(trial: Trial, search: Search) -> str:
    """Why one that needs less was not worth a test: what it lost on the validation set, or what a slice lost there."""
    assert trial.quality_drop is not None
    limits, metric = search.bench.limits, search.bench.quality.name
    fell = WORSENS[search.bench.quality.higher_is_better][1]
    bound, limit = search.expected_bound(trial.quality_drop), limits.max_drop
    worst = trial.worst_slice
    if bound <= limit and worst is not None and worst.drop is not None and limits.max_slice_drop is not None:
        seen, most = (drop_text(drop, metric) for drop in (worst.drop.value, limits.max_slice_drop))
        return f"on {worst.name} {metric} {fell} by {seen} on the validation set; the limit for a slice is {most}"
    seen, allowed, most = (drop_text(drop, metric) for drop in (trial.quality_drop.value, bound, limit))
    return f"{metric} {fell} by {seen} on the validation set; the test would have to allow {allowed}, the limit is {most}"


def proves(bench: Workbench, confirmed: Confirmed) -> tuple[str, ...]:
    """What the certificate stands for."""
    proof, ratio = confirmed.proof, confirmed.comparison.ratio
    fell = WORSENS[proof.higher_is_better][1]
    return (
        (
            f"On {proof.example_count:,} test examples that neither tuned nor picked the model, {proof.metric} {fell} by at most"
            f" {drop_text(proof.drop.high, bench.quality.name)} at {proof.drop.confidence:.0%} confidence; the limit was"
            f" {drop_text(proof.max_drop, bench.quality.name)}."
        ),
        *_slices_proven(proof),
        *_shares_seen(confirmed.trial.shared),
        (
            f"On the same inputs, interleaved with the baseline in {confirmed.comparison.pair_count} pairs of windows, it needed"
            f" {share_text(ratio.value)} of the baseline's energy ({share_text(ratio.low)} to {share_text(ratio.high)} at"
            f" {ratio.confidence:.0%} confidence), at batch {bench.limits.batch} with {_threads(bench.limits.thread_count)}."
        ),
        *_phases_proven(confirmed),
        "The file has the hash named here, and loads and runs without greenwright.",
    )


def _phases_proven(confirmed: Confirmed) -> tuple[str, ...]:
    """What prefill and decode took, where texts were generated."""
    told = confirmed.figures.generated
    if told is None:
        return ()
    read, said = told.prefill.energy_ratio, told.decode.energy_ratio
    return (
        (
            f"Generating {told.new_tokens:,} tokens after prompts of {told.prompt_tokens:,}, {told.batch:,} at a time, it needed"
            f" {share_text(read.value)} of the baseline's energy per token read ({share_text(read.low)} to"
            f" {share_text(read.high)}), and {share_text(said.value)} per token said ({share_text(said.low)} to"
            f" {share_text(said.high)}). The likeliest token was always taken, and none ended a text."
        ),
    )


def _slices_proven(proof: QualityProof) -> tuple[str, ...]:
    if proof.max_slice_drop is None or not proof.slices or proof.slices[0].drop is None:
        return ()
    bound, limit = (drop_text(value, proof.metric) for value in (proof.slices[0].drop.high, proof.max_slice_drop))
    fall = WORSENS[proof.higher_is_better][0]
    return (f"In none of {len(proof.slices)} slices did it {fall} by more than {bound}; the limit for a slice was {limit}.",)


def _shares_seen(shared: Shared | None) -> tuple[str, ...]:
    """What the energy of a cascade stands on."""
    if shared is None or shared.test_share is None:
        return ()
    return (
        (
            f"The first model answered {share_text(shared.validation_share)} of the validation examples alone and"
            f" {share_text(shared.test_share)} of the test examples; energy was measured on as many of each kind as validation holds."
        ),
    )


def not_proven(bench: Workbench, confirmed: Confirmed) -> tuple[str, ...]:
    """What a reader must not take from the certificate."""
    missing = []
    energy = confirmed.comparison.candidate_energy_j
    if energy.grade in {Grade.MODELLED, Grade.ASSUMED}:
        missing.append(
            f"The joules themselves: this machine has no energy counter that can be read, so they are {energy.grade.value} from CPU"
            " time, within the range shown. The model's error is common to both sides and cancels in the ratio, which is one of"
            " CPU time."
        )
    missing += [
        (
            f"Other machines, batch sizes than {bench.limits.batch}, thread counts than {bench.limits.thread_count}, and lengths or"
            " sizes of input unlike those measured."
        ),
        *_texts_not_proven(bench),
        _groups_text(confirmed.proof),
        "Energy outside the inference calls: loading, pre- and post-processing, the network, idle servers.",
    ]
    if confirmed.trial.shared is not None:
        missing.append(
            "Energy on other inputs: what is hard costs both models, so where fewer inputs are easy than"
            f" {share_text(confirmed.trial.shared.validation_share)}, more energy is needed than was measured."
        )
    if not confirmed.comparison.tight:
        missing.append("A tight energy interval: this machine was too noisy within the time allowed; see the interval.")
    return tuple(missing)


def _texts_not_proven(bench: Workbench) -> tuple[str, ...]:
    if bench.workload.generate is None:
        return ()
    return (
        (
            f"The generated texts themselves: {bench.quality.name} is judged on given words, one pass over each example, and tokens"
            " that are drawn at random, beams, or texts that end early were not measured."
        ),
    )


def _failed_text(proof: QualityProof) -> str:
    """Why a finalist did not pass: over all test examples, or on its worst slice."""
    fallen = WORSENS[proof.higher_is_better][2]
    if proof.drop.high > proof.max_drop or proof.max_slice_drop is None:
        bound, limit = (drop_text(value, proof.metric) for value in (proof.drop.high, proof.max_drop))
        return f"on the test set {proof.metric} may have {fallen} by up to {bound}; the limit is {limit}"
    worst = next(one for one in proof.slices if one.drop is not None)
    assert worst.drop is not None
    bound, limit = (drop_text(value, proof.metric) for value in (worst.drop.high, proof.max_slice_drop))
    return (
        f"on {worst.name} ({worst.example_count:,} test examples) {proof.metric} may have {fallen} by up to {bound};"
        f" the limit for a slice is {limit}"
    )


def _groups_text(proof: QualityProof) -> str:
    """What is left open about parts of the data."""
    if not proof.slices:
        return "Quality on data unlike the test set, and on any one group within it."
    if proof.max_slice_drop is None:
        return "Quality on data unlike the test set. What each slice lost is reported, and was not held to a limit."
    undefined = [one.name for one in proof.slices if one.drop is None]
    beside = f", among them {', '.join(undefined)}, on which the metric is not defined" if undefined else ""
    return f"Quality on data unlike the test set, and on groups other than the slices tested{beside}."


def model_text(model: Any) -> str:
    """What the baseline is, for people."""
    if isinstance(model, OnnxModel):
        return f"{model.path.name}, {model.path.stat().st_size / 1e6:.3g} MB"
    count = sum(parameter.numel() for parameter in model.parameters())
    return f"{type(model).__name__}, {count / 1e6:.3g} M parameters"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"
