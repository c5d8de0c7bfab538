"""The bench a study works at: the baseline, its data in every form that strategies ask for, the meter, and what was spent.

Everything that is measured happens in a window of the study's own journal, named for its purpose, so that a search that was cut
short still knows what it has spent.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from greenwright import batches, registry
from greenwright.batches import Inputs, each
from greenwright.deploy.contract import Runner
from greenwright.deploy.memory import peak_memory_bytes
from greenwright.errors import BadInputError
from greenwright.machine import this_machine
from greenwright.meter.compare import compare
from greenwright.meter.journal import read_journal
from greenwright.meter.session import Meter
from greenwright.records.energy import Comparison, Window
from greenwright.records.generation import Generated
from greenwright.records.models import Inference, OnnxModel
from greenwright.records.predictions import Family
from greenwright.records.quantities import Interval
from greenwright.records.study import Figures, Paced, SliceProof
from greenwright.strategies.contract import Choices, Given, Meta, Need, Plan
from greenwright.study import generation, running, slices
from greenwright.study.curriculum import Curriculum
from greenwright.study.data import Split, split_of, unlabelled_of
from greenwright.study.families import family_of
from greenwright.study.limits import Limits
from greenwright.study.proof import quality_drop
from greenwright.study.quality import Quality, quality_of
from greenwright.study.workload import Workload, model_of

CALIBRATION_COUNT = 256
CALIBRATION_BATCH = 32
CALIBRATION_SHARE = 0.1
"""Of the validation set, where there is no train set to calibrate on; those examples are then never scored."""
TIMED_STEPS = 3
SCREEN_TOLERANCE_SHARE = 0.08
SCREEN_MAX_S, FINAL_MAX_S = 1.5, 30.0
"""A screen ranks; what is chosen is measured again until its interval is tight."""


@dataclass(slots=True, kw_only=True)
class Judged:
    """A plan with its answers on the validation set."""

    plan: Plan
    runner: Any
    outputs: Any
    quality: float
    asked: Any = None
    """Of a cascade: which validation examples its first model was not sure of ``(examples,)``."""


@dataclass(kw_only=True)
class Workbench:
    """Built once per study; see ``open_workbench``."""

    workload: Workload
    workload_file: Path | None
    limits: Limits
    folder: Path
    quality: Quality
    plan: Plan
    curriculum: Curriculum
    validation: Split
    test: Split
    calibration: list[Inputs]
    meter: Meter
    """Books what the study spends, a window a purpose, in the study's journal."""
    gauge: Meter
    """Measures models against one another, inside windows of ``meter``."""
    final_max_s: float = FINAL_MAX_S
    """Seconds that the last comparison may take: what the budget leaves for it."""
    taught: dict[bytes, Any] = field(default_factory=dict)
    """What the teacher answered so far, for every trial."""
    earlier: list[Window] = field(default_factory=list)
    """Windows of the same study before it was interrupted."""
    plans: dict[str, Plan] = field(default_factory=dict)
    """What recipes made so far, by recipe key: another recipe that begins alike goes on from there."""
    exports: dict[int, tuple[Any, OnnxModel]] = field(default_factory=dict)
    """ONNX files by the identity of the module they came from, which is kept alive beside them."""

    @cached_property
    def targets(self) -> Any:
        """Of the validation set; known once the baseline was judged."""
        return self._baseline[1]

    @cached_property
    def family(self) -> Family:
        """By which studies know whether one says something about another."""
        return family_of(self.plan.model, self.plan.inference.runtime, generates=self.workload.generate is not None)

    @property
    def baseline(self) -> Judged:
        """The untouched model, judged."""
        return self._baseline[0]

    @cached_property
    def _baseline(self) -> tuple[Judged, Any]:
        with self.meter.window("measuring the baseline"):
            runner = running.load(self.plan)
            if self.workload.generate is not None:
                running.decoder(runner)
            running.answers(runner, self.test.first(self.limits.batch), self.limits.batch)  # that it fits, before much is spent
            outputs, targets = self.answers(runner, self.validation)
            judged = Judged(plan=self.plan, runner=runner, outputs=outputs, quality=self.quality.of(outputs, targets))
        return judged, targets

    @cached_property
    def baseline_figures(self) -> Figures:
        """Of the untouched model; its energy ratio is that of the model against itself, which is this machine's noise."""
        figures, _ = self.figures(self.baseline)
        with self.meter.window("measuring energy"):
            return replace(
                figures,
                peak_memory_bytes=self.peak_memory(self.plan),
                paced=self.paced(self.baseline.runner, self.sample),
                generated=self.generated(self.baseline),
            )

    @cached_property
    def sample(self) -> list[Inputs]:
        """The batches that energy and latency are measured on: of prompts, where the workload generates."""
        if self.workload.generate is not None:
            return generation.prompts(self.validation, self.workload.generate, self.limits.batch)
        return running.sample(self.validation, self.limits.batch)

    def sample_for(self, judged: Judged) -> list[Inputs]:
        """The same, but where the cost of an example depends on the example: then with as many of each kind as there are in all."""
        if judged.asked is None:
            return self.sample
        return running.mixed_sample(self.validation, self.limits.batch, judged.asked)

    @cached_property
    def test_slices(self) -> list[str]:
        """The slice of every group of the test set."""
        assert self.workload.slices is not None
        return slices.labels(self.test, self.workload.slices, self.workload.group_size)

    @cached_property
    def validation_slices(self) -> list[str]:
        """The slice of every group of the validation set."""
        assert self.workload.slices is not None
        return slices.labels(self.validation, self.workload.slices, self.workload.group_size)

    def worst_slice(self, outputs: Any) -> SliceProof | None:
        """The slice that may have lost most on the validation set; None where slices are held to nothing."""
        if self.limits.max_slice_drop is None:
            return None
        with self.meter.window("judging quality"):
            found = slices.slice_proofs(
                self.quality,
                self.baseline.outputs,
                outputs,
                self.targets,
                self.validation_slices,
                group_size=self.group_size,
                confidence=self.limits.confidence,
                seed=self.limits.seed,
            )
        return next((one for one in found if one.drop is not None), None)

    def judge(self, plan: Plan) -> Judged:
        """Answer the whole validation set.

        Raises:
            BadInputError: the candidate fails, or answers no numbers.
        """
        with self.meter.window("judging quality"):
            runner = running.load(plan)
            outputs, _ = self.answers(runner, self.validation)
            return Judged(plan=plan, runner=runner, outputs=outputs, quality=self.quality.of(outputs, self.targets))

    def answers(self, runner: Runner, split: Split) -> tuple[Any, Any]:
        """What is judged, and against what: outputs and targets of every example, or of every group where the metric reduces them.

        Raises:
            BadInputError: the model fails, or answers no numbers.
        """
        outputs, targets = running.answers(runner, split, self.limits.batch, self.quality.condense)
        if self.quality.reduce is None:
            return outputs, targets
        return np.asarray(self.quality.reduce(outputs)), targets[:: self.workload.group_size]

    @property
    def group_size(self) -> int:
        """Consecutive answers that are drawn together."""
        return 1 if self.quality.reduce else self.workload.group_size

    def drop(self, outputs: Any) -> Interval:
        """Quality lost against the baseline by these answers, on the validation set."""
        with self.meter.window("judging quality"):
            return quality_drop(
                self.quality,
                self.baseline.outputs,
                outputs,
                self.targets,
                group_size=self.group_size,
                confidence=self.limits.confidence,
                seed=self.limits.seed,
            )

    def figures(self, judged: Judged, *, final: bool = False) -> tuple[Figures, Comparison]:
        """Energy against the baseline, latency and size; with ``final``, peak memory too, and a tight interval."""
        sample = self.sample_for(judged)
        compared = self.compare(judged, final=final)
        with self.meter.window("measuring energy"):
            p50, p95 = self._latencies(judged.runner, sample)
            memory = self.peak_memory(judged.plan) if final else None
            paced = self.paced(judged.runner, sample) if final else None
            generated = self.generated(judged, final=True) if final else None
        return Figures(
            energy_j=compared.candidate_energy_j,
            energy_ratio=compared.ratio,
            cpu_s=compared.candidate_cpu_s,
            latency_p50_s=p50,
            latency_p95_s=p95,
            throughput_per_s=self._units_a_call(sample) / p50,
            size_bytes=judged.runner.size_bytes,
            peak_memory_bytes=memory,
            quality=judged.quality,
            paced=paced,
            generated=generated,
        ), compared

    def compare(self, judged: Judged, *, final: bool = False) -> Comparison:
        """Interleave the baseline and ``judged`` on the same inputs. The baseline against itself tells this machine's noise."""
        sample = self.sample_for(judged)
        ours, units = self._work(self.baseline.runner, sample)
        theirs, _ = self._work(judged.runner, sample)
        with self.meter.window("confirming" if final else "measuring energy"):
            return self._in_turn(ours, theirs, units, final=final)

    def _in_turn(self, ours: Callable[[], None], theirs: Callable[[], None], units: int, *, final: bool) -> Comparison:
        return compare(
            ours,
            theirs,
            units_per_call=(units, units),
            tolerance_share=0.03 if final else SCREEN_TOLERANCE_SHARE,
            confidence=self.limits.confidence,
            meter=self.gauge,
            max_s=self.final_max_s if final else SCREEN_MAX_S,
            warm_up_calls=1,
        )

    def _work(self, runner: Any, sample: list[Inputs]) -> tuple[Callable[[], None], int]:
        """What one measured call does, and how many units it delivers."""
        asked = self.workload.generate
        if asked is None:
            return running.work(runner, sample, self.limits.gap_s)
        work = generation.whole_work(running.decoder(runner), sample, asked, self.limits.gap_s)
        return work, len(sample) * self._units_a_call(sample)

    def _units_a_call(self, sample: list[Inputs]) -> int:
        count = batches.example_count(sample[0])
        return count * (self.workload.generate.new_tokens if self.workload.generate else 1)

    def _latencies(self, runner: Any, sample: list[Inputs]) -> tuple[float, float]:
        asked = self.workload.generate
        if asked is None:
            return running.latencies(runner, sample)
        return generation.text_latencies(running.decoder(runner), sample, asked)

    def generated(self, judged: Judged, *, final: bool = False) -> Generated | None:
        """Prefill and decode apart, each against the baseline's; None where nothing is generated."""
        if self.workload.generate is None:
            return None
        ours, theirs = running.decoder(self.baseline.runner), running.decoder(judged.runner)
        return generation.generated(
            ours,
            theirs,
            self.sample,
            self.workload.generate,
            self.limits.batch,
            lambda *works: self._in_turn(*works, final=final),
        )

    def paced(self, runner: Any, sample: list[Inputs]) -> Paced | None:
        """Calls with pauses between them; None where texts are generated, which are too long to be many."""
        if self.workload.generate is not None:
            return None
        return running.paced(runner, sample, self.limits.gap_s or running.PACED_GAP_S)

    def peak_memory(self, plan: Plan) -> int | None:
        """Of a fresh process that loads the plan's model and runs it."""
        runtime = registry.members("runtimes")[plan.inference.runtime]
        new_tokens = self.workload.generate.new_tokens if self.workload.generate else 0
        return peak_memory_bytes(plan.model, plan.inference, runtime, self.sample[0], self.workload_file, new_tokens=new_tokens)

    # --- what strategies are given ---

    def refuse(self, meta: Meta) -> str:
        """What a strategy needs and this workload lacks, or nothing."""
        has = {
            Need.MODULE: not self.plan.is_onnx,
            Need.TRAINING: self.train is not None,
            Need.TEACHING: self.curriculum.step_count > 0,
            Need.CALIBRATION: bool(self.calibration),
            Need.SEVERAL: self.limits.batch > 1,
            Need.LOGITS: self.answers_logits,
        }
        lacking = [need.value for need in Need if need in meta.needs and not has[need]]
        if lacking:
            return f"it needs {' and '.join(lacking)}, and the workload has none"
        return self.untrainable if meta.trains and Need.MODULE in meta.needs else ""

    @property
    def answers_logits(self) -> bool:
        """Each example gets a row of logits over classes, and its answer is judged as it is."""
        judged_alone = self.quality.reduce is None and self.quality.condense is None and self.workload.group_size == 1
        return self.quality.loss == "cross-entropy" and judged_alone and np.ndim(self.baseline.outputs) <= 2  # noqa: PLR2004  (examples, classes)

    def given(self, choices: Choices, work_dir: Path, first: Plan | None = None) -> Given:
        """Everything that one application of a strategy may use."""
        work_dir.mkdir(parents=True, exist_ok=True)
        return Given(
            choices=choices,
            machine=this_machine(),
            work_dir=work_dir,
            seed=self.limits.seed,
            training=self.curriculum.labelled if self.train else None,
            training_step_count=self.curriculum.labelled_step_count,
            teaching=self.curriculum.everything if self.curriculum.step_count else None,
            teaching_step_count=self.curriculum.step_count,
            answers=self.taught,
            classifies=self.quality.loss == "cross-entropy",
            thread_count=self.limits.thread_count,
            loss=self.loss,
            calibration=self.calibration,
            teacher=None if self.plan.is_onnx else self.plan.model,
            student=self.workload.student,
            first=first,
            to_onnx=self._to_onnx,
            # The exporter of attention as one operator keeps no cache.
            to_attending_onnx=None if self.workload.generate else self._to_attending_onnx,
        )

    @cached_property
    def loss(self) -> Callable[[Any, Any], Any] | None:
        """The workload's own, or what its metric implies where outputs and targets fit."""
        if self.workload.loss is not None or self.plan.is_onnx:
            return self.workload.loss
        if self.quality.loss == "cross-entropy":
            return _cross_entropy
        sizes_fit = np.size(self.baseline.outputs) == np.size(self.targets)
        return _squared_error if self.quality.loss == "squared-error" and sizes_fit else None

    @property
    def train(self) -> Split | None:
        """The labelled train set."""
        return self.curriculum.train

    @property
    def untrainable(self) -> str:
        """Why no step of training can be made, or nothing."""
        return "" if isinstance(self._step_j, float) else self._step_j

    @property
    def training_step_count(self) -> int:
        """Batches an epoch of the train set."""
        return self.curriculum.labelled_step_count

    @property
    def epoch_j(self) -> float:
        """What one ordinary fine-tuning epoch of the baseline would cost: FP32, eager, SGD, timed on a few steps.

        Without a train set and without unlabelled inputs there is none.
        """
        return self._step_j * self.curriculum.step_count if isinstance(self._step_j, float) else 0.0

    @cached_property
    def _step_j(self) -> float | str:
        """Joules of a step, or why there can be none.

        Raises:
            BadInputError: the workload's own loss fails.
        """
        import torch

        taken = []
        with torch.random.fork_rng(devices=[]):
            torch.set_num_threads(self.limits.thread_count)
            try:
                module = copy.deepcopy(self.plan.model).train()
                parameters = [one.requires_grad_() for one in module.parameters() if one.is_floating_point()]
                optimizer = torch.optim.SGD(parameters, lr=1e-4, momentum=0.9)
                for inputs, targets in _few(self.curriculum.everything(), TIMED_STEPS + 1):
                    with self.meter.window("timing a training step") as step, torch.enable_grad():
                        outputs = batches.call(module, inputs).float()
                        loss = self._loss_of(outputs, targets)
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                    taken.append(step.result.energy_j.value)
            except BadInputError:
                raise
            except Exception as error:  # noqa: BLE001  the user's module raises as it likes
                return f"a step of training it fails: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        return float(np.median(taken[1:] or taken or [0.0]))

    def _loss_of(self, outputs: Any, targets: Any) -> Any:
        """The workload's loss of one batch; one that was only implied, and does not fit, is not asked again.

        Raises:
            BadInputError: the workload's own loss fails.
        """
        if self.loss is None or targets is None:
            return outputs.square().mean()
        try:
            return self.loss(outputs, targets)
        except Exception as error:
            if self.workload.loss is not None:
                raise BadInputError(
                    f"the workload's loss fails for outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)}:"
                    f" {type(error).__name__}: {error}"
                ) from error
            self.__dict__["loss"] = None
            return outputs.square().mean()

    def _to_onnx(self, module: Any, path: Path) -> OnnxModel:
        from greenwright.deploy.export import to_onnx
        from greenwright.deploy.export_decoder import decoder_to_onnx

        if id(module) in self.exports:
            return self.exports[id(module)][1]
        if self.workload.generate is not None:
            exported = decoder_to_onnx(module, generation.varied(self.sample[0]), path)
            self.exports[id(module)] = (module, exported)
            return exported
        exported = to_onnx(module, self._probed, path)
        self.exports[id(module)] = (module, exported)
        return exported

    def _to_attending_onnx(self, module: Any, path: Path) -> OnnxModel:
        from greenwright.deploy.export import ATTENTION_OPSET, to_onnx

        return to_onnx(module, self._probed, path, ATTENTION_OPSET)

    @property
    def _probed(self) -> list[Inputs]:
        batched = (next(self.validation.batches(size, order)) for size, order in _probes(len(self.validation)))
        return [each(np.asarray, inputs) for inputs, _ in batched]

    # --- what was spent ---

    @property
    def windows(self) -> list[Window]:
        """Every window that this study booked, those before an interruption included."""
        return [*self.earlier, *self.meter.windows]

    @property
    def spent_j(self) -> float:
        """Joules so far."""
        return sum(window.energy_j.value for window in self.windows)

    @property
    def spent_s(self) -> float:
        """Seconds so far."""
        return sum(window.duration_s for window in self.windows)


def open_workbench(workload: Workload, limits: Limits, folder: Path, workload_file: Path | None) -> Workbench:
    """Check the workload and lay out its data.

    Raises:
        BadInputError: something in the workload cannot be used.
        CannotHereError: an extra is missing.
    """
    model = model_of(workload.model)
    runtime = "onnxruntime" if isinstance(model, OnnxModel) else "torch"
    plan = Plan(model=model, inference=Inference(runtime=runtime, thread_count=limits.thread_count))
    validation = split_of("validation", workload.validation, workload.collate)
    test = split_of("test", workload.test, workload.collate)
    train = split_of("train", workload.train, workload.collate) if workload.train is not None else None
    for split in (validation, test):
        if len(split) % workload.group_size:
            raise BadInputError(
                f"the {split.name} set has {len(split)} examples, no multiple of group_size {workload.group_size}"
            )
    if limits.max_slice_drop is not None and workload.slices is None:
        raise BadInputError(
            "max_slice_drop guards slices, and the workload names none: add slices='class', 'length' or a function"
        )
    unlabelled = unlabelled_of(workload.unlabelled, validation) if workload.unlabelled is not None else None
    calibration, validation = _calibration(train or unlabelled, validation, workload.group_size)
    quality = quality_of(workload.quality)
    if limits.max_slice_drop is not None and workload.slices is not None and quality.name == "accuracy":
        names = slices.labels(test, workload.slices, workload.group_size)
        slices.refuse_unprovable(names, limits.max_slice_drop, limits.confidence)
    journal = folder / "windows.jsonl"
    return Workbench(
        workload=workload,
        workload_file=workload_file,
        limits=limits,
        folder=folder,
        quality=quality,
        plan=plan,
        curriculum=Curriculum(train=train, unlabelled=unlabelled),
        validation=validation,
        test=test,
        calibration=calibration,
        earlier=read_journal(journal) if journal.exists() else [],
        meter=Meter(journal=journal),
        gauge=Meter(devices_only=True),
    )


def _calibration(train: Split | None, validation: Split, group_size: int) -> tuple[list[Inputs], Split]:
    """Batches to calibrate on, and the validation examples that remain to be scored."""
    source = train or validation
    count = min(CALIBRATION_COUNT, len(source) if train else int(len(source) * CALIBRATION_SHARE) // group_size * group_size)
    order = np.linspace(0, (len(source) if train else count) - 1, count).astype(int).tolist() if count else []
    chosen = [each(np.asarray, inputs) for inputs, _ in source.batches(CALIBRATION_BATCH, order)] if count else []
    if train or not count:
        return chosen, validation
    rest = [validation.examples[index] for index in range(count, len(validation))]
    return chosen, Split(name=validation.name, examples=rest, collate=validation.collate, batch_size=validation.batch_size)


def _probes(count: int) -> list[tuple[int, list[int]]]:
    """Sizes and indices of export samples: batches that differ in size, and examples by themselves.

    Batches are padded to their longest, so three may well be of one length, which the file would then be fixed to.
    """
    spread = np.linspace(0, count - 1, min(count, 20)).astype(int).tolist()
    batched = [
        (max(2, len(spread[:2])), (spread[:2] * 2)[:2]),
        (5, (spread[2:7] or spread)[:5]),
        (3, (spread[7:10] or spread)[:3]),
    ]
    return batched + [(2, [place, place]) for place in spread[10:]]


def _few(epoch: Iterable[tuple[Inputs, Any]], count: int) -> Iterator[tuple[Inputs, Any]]:
    for _, batch in zip(range(count), epoch, strict=False):
        yield batch


def _cross_entropy(outputs: Any, targets: Any) -> Any:
    from torch.nn import functional

    if outputs.dim() == 1 or outputs.shape[-1] == 1:
        return functional.binary_cross_entropy_with_logits(outputs.reshape(targets.shape), targets.float())
    # Of a sequence every word is an example; those that are not judged are left out by their value.
    return functional.cross_entropy(outputs.flatten(0, -2), targets.long().flatten())


def _squared_error(outputs: Any, targets: Any) -> Any:
    from torch.nn import functional

    return functional.mse_loss(outputs.reshape(targets.shape), targets.float())
