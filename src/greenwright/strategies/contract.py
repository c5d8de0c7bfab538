"""What a strategy is: a module with ``META``, ``check(plan, machine) -> Verdict`` and ``apply(plan, given) -> Plan``.

A strategy never measures, prints, saves outside ``given.work_dir``, seeds globally or chooses a device. ``apply`` leaves the plan
it was handed untouched. The study runs it inside a meter window, so that all it costs is charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Protocol

from greenwright.batches import Inputs
from greenwright.errors import GreenwrightError
from greenwright.records.machines import Machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.records.study import Step

Choice = float | int | str | bool
Choices = dict[str, Choice]


class Stage(Enum):
    """A strategy's place in the order; a recipe holds at most one strategy of a stage."""

    ARCHITECTURE = "architecture"
    DATA = "data"
    TRAINING = "training"
    PRUNE = "prune"
    DISTIL = "distil"
    QUANTIZE = "quantize"
    RUNTIME = "runtime"
    GATE = "gate"

    @property
    def order(self) -> int:
        """0 for the first stage."""
        return list(Stage).index(self)


class Need(StrEnum):
    """What must be at hand for a strategy to run at all."""

    MODULE = "a PyTorch module"
    TRAINING = "a train set"
    TEACHING = "inputs to be taught on, a train set or unlabelled ones"
    CALIBRATION = "inputs to calibrate on"
    SEVERAL = "several examples a call"
    LOGITS = "logits over classes, judged one by one, that say how sure an answer is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """A real choice between two bounds."""

    low: float
    high: float
    default: float
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole choice between two bounds, both included."""

    low: int
    high: int
    default: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of a few; the first is the default."""

    options: tuple[str | int | bool, ...]

    @property
    def default(self) -> str | int | bool:
        """The first option."""
        return self.options[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a strategy before it runs."""

    id: str
    title: str
    """An order: "Store weights and activations in 8 bits"."""
    stage: Stage
    source: str
    needs: frozenset[Need] = frozenset()
    choices: Mapping[str, Real | Whole | OneOf] = field(default_factory=dict)
    extra: str = ""
    """The greenwright extra that brings what it imports."""
    trains: bool = False
    """It fine-tunes: its cost grows with the train set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a strategy applies, why, and what it expects."""

    applies: bool
    reason: str
    expects: tuple[float, float] | None = None
    """Energy against the plan it is applied to, low and high; from the literature or a probe, never shown as a saving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A model and how it is run: a value, copied and compared, never changed."""

    model: Any
    """An ``nn.Module`` or an ``OnnxModel``."""
    inference: Inference = field(default_factory=Inference)
    history: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_onnx(self) -> bool:
        """The model has left PyTorch."""
        return isinstance(self.model, OnnxModel)

    def then(
        self, meta: Meta, given: Given, *, model: Any, inference: Inference | None = None, notes: Sequence[str] = ()
    ) -> Plan:
        """The plan after one more strategy."""
        step = Step(
            strategy=meta.id,
            title=meta.title,
            stage=meta.stage.value,
            choices=dict(given.choices),
            first=given.first.history if given.first else (),
        )
        return replace(
            self,
            model=model,
            inference=inference or self.inference,
            history=(*self.history, step),
            notes=(*self.notes, *notes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the study hands a strategy besides the plan."""

    choices: Choices
    machine: Machine
    work_dir: Path
    """A folder of this application alone."""
    seed: int = 0
    training: Callable[[], Iterable[tuple[Inputs, Any]]] | None = None
    """One epoch of (inputs, targets) a call, as tensors."""
    training_step_count: int = 0
    """Batches an epoch."""
    teaching: Callable[[], Iterable[tuple[Inputs, Any]]] | None = None
    """The same, with the unlabelled inputs among them, whose targets are None; for what learns from the teacher's answers."""
    teaching_step_count: int = 0
    answers: MutableMapping[bytes, Any] = field(default_factory=dict)
    """What the teacher answered so far, by a digest of the example: it is asked once a study."""
    classifies: bool = False
    """Outputs are logits over classes."""
    thread_count: int = 1
    loss: Callable[[Any, Any], Any] | None = None
    """(outputs, targets) -> scalar tensor; None where the workload's quality implies none."""
    calibration: Sequence[Inputs] = ()
    """Batches of NumPy inputs without targets, never scored on."""
    teacher: Any = None
    """The untouched module."""
    student: Any = None
    """A module the user brought to be taught."""
    first: Plan | None = None
    """A cheaper plan for the same task, made before, to be put in front of this one."""
    to_onnx: Callable[[Any, Path], OnnxModel] | None = None
    """Write a module to an ONNX file."""
    to_attending_onnx: Callable[[Any, Path], OnnxModel] | None = None
    """The same, with attention as one operator, for ONNX Runtime alone."""


class NotApplicableError(GreenwrightError):
    """The strategy does not apply after all; the reason becomes a row of the report."""


class Strategy(Protocol):
    """A module that makes a plan need less."""

    META: Meta

    def check(self, plan: Plan, machine: Machine) -> Verdict:
        """Whether it applies here, cheaply and without changing anything."""

    def apply(self, plan: Plan, given: Given) -> Plan:
        """The plan, changed.

        Raises:
            NotApplicableError: it turned out not to apply.
        """


def defaults(meta: Meta) -> Choices:
    """Every choice at its default."""
    return {name: choice.default for name, choice in meta.choices.items()}
