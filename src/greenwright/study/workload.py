"""What the user hands over: a model, its data, its quality metric and its functional unit."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenwright.deploy.memory import WORKLOAD_MODULE
from greenwright.deploy.source_file import import_file
from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.models import OnnxModel
from greenwright.records.quantities import Quantity
from greenwright.study.data import Collate
from greenwright.study.generation import UNIT, Generation
from greenwright.study.quality import Metric, Quality
from greenwright.study.slices import NAMED, Slicing

DEFAULT_UNIT = "1 example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Fixed inputs on which a model and its greener versions are compared.

    Data sets are PyTorch data sets or loaders, lists of (inputs, target), or pairs of arrays (inputs, targets). Validation picks,
    test reports once; ``train`` and ``unlabelled`` are optional, and without either nothing is fine-tuned.
    """

    model: Any
    """An ``nn.Module``, a path to an ``.onnx`` file, or a Hugging Face id or folder."""
    validation: Any
    test: Any
    train: Any = None
    unlabelled: Any = None
    """Inputs without targets, which the model's own answers teach a smaller one: a data set, a loader, a list, or arrays."""
    quality: str | Metric | Quality = "accuracy"
    """A metric's name, or a function of (outputs, targets) that returns one number, more being better."""
    unit: str = DEFAULT_UNIT
    """The functional unit: what one example delivers; with ``generate``, a new token."""
    loss: Callable[[Any, Any], Any] | None = None
    """(outputs, targets) -> scalar tensor, to fine-tune with; named metrics imply one."""
    student: Any = None
    """A slimmer ``nn.Module`` to be taught; made automatically where it can be."""
    collate: Collate | None = None
    """Examples -> (inputs, targets); by default they are stacked, and padded with zeros."""
    group_size: int = 1
    """Consecutive examples that are judged together, and so drawn together: 2 for sentence pairs."""
    slices: Slicing | None = None
    """Parts to be judged by themselves: ``class``, ``length``, or a function of an example's (inputs, target) that names its slice."""
    generate: Generation | None = None
    """For a decoder with a cache: its energy is that of generating, per new token, instead of one pass over its inputs."""
    training_j: Quantity | None = None
    """What training the model cost, if known; shown for scale."""
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse what no study could use."""
        for split in ("validation", "test"):
            if getattr(self, split) is None:
                raise BadInputError(f"the workload has no {split} set: validation picks the candidate, test proves it")
        if self.validation is self.test:
            raise BadInputError("validation and test are the same set: the test examples must not have picked the candidate")
        if isinstance(self.slices, str) and self.slices not in NAMED:
            raise BadInputError(f"no slices are called {self.slices!r}; there are {', '.join(NAMED)}, or hand over a function")
        if self.generate is not None and self.unit == DEFAULT_UNIT:
            object.__setattr__(self, "unit", UNIT)
        if self.group_size < 1:
            raise BadInputError(f"group_size must be 1 or more, got {self.group_size}")


def load_workload(path: Path) -> Workload:
    """Import a workload file and call its ``workload()``.

    Raises:
        BadInputError: no such file, it fails, or ``workload()`` is missing or returns something else.
    """
    if not path.is_file():
        raise BadInputError(f"there is no workload at {path}")
    if path.suffix != ".py":
        raise BadInputError(f"{path} is neither a Python file nor an .onnx file")
    module = import_file(path, WORKLOAD_MODULE)
    function = getattr(module, "workload", None)
    if not callable(function):
        raise BadInputError(f"{path} defines no function workload(); it must return a greenwright.Workload")
    try:
        made = function()
    except BadInputError:
        raise
    except Exception as error:
        raise BadInputError(f"workload() in {path} failed: {type(error).__name__}: {error}") from error
    if not isinstance(made, Workload):
        raise BadInputError(f"workload() in {path} must return a greenwright.Workload, it returned {type(made).__name__}")
    return made


def onnx_workload(  # noqa: PLR0913  by name, all with defaults
    model: Path,
    data: Path,
    *,
    quality: str = "accuracy",
    unit: str = DEFAULT_UNIT,
    group_size: int = 1,
    slices: str | None = None,
    generate: Generation | None = None,
) -> Workload:
    """A workload of an ``.onnx`` file and an ``.npz`` file with its inputs by name and their ``targets``.

    The first half of the examples validates, the second tests; arrays named ``test_<name>`` are taken as the test set instead.

    Raises:
        BadInputError: a file is missing, or the arrays do not fit.
    """
    import numpy as np

    for path in (model, data):
        if not path.is_file():
            raise BadInputError(f"there is no file {path}")
    try:
        with zipfile.ZipFile(data), np.load(data) as archive:  # np.load alone also takes a single array, or a pickle
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise BadInputError(f"{data} is no .npz file of arrays: {error}") from error
    if "targets" not in arrays:
        raise BadInputError(
            f"{data} holds {sorted(arrays)}: one array must be called targets, the others are the model's inputs"
        )
    apart = {name.removeprefix("test_"): array for name, array in arrays.items() if name.startswith("test_")}
    whole = {name: array for name, array in arrays.items() if not name.startswith("test_")}
    half = len(whole["targets"]) // (2 * group_size) * group_size
    validation = whole if apart else {name: array[:half] for name, array in whole.items()}
    test = apart or {name: array[half:] for name, array in whole.items()}
    return Workload(
        model=model,
        validation=_columns(validation),
        test=_columns(test),
        quality=quality,
        unit=unit,
        group_size=group_size,
        slices=slices,
        generate=generate,
        name=model.stem,
    )


def _columns(arrays: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    if "targets" not in arrays:
        raise BadInputError("the test set has inputs but no test_targets")
    return {name: array for name, array in arrays.items() if name != "targets"}, arrays["targets"]


def model_of(given: Any) -> Any:
    """The model itself: an ``nn.Module`` or an ``OnnxModel``.

    Raises:
        BadInputError: neither a module, a file nor a folder.
        CannotHereError: a Hugging Face model without the extra that loads it.
    """
    if isinstance(given, OnnxModel):
        return given
    if isinstance(given, str | Path):
        path = Path(given)
        if path.suffix == ".onnx":
            if not path.is_file():
                raise BadInputError(f"there is no model at {path}")
            return OnnxModel(path=path)
        return _hugging_face(given)
    import torch

    if isinstance(given, torch.nn.Module):
        return given
    raise BadInputError(
        f"the model is a {type(given).__name__}: hand over an nn.Module, an .onnx path or a Hugging Face folder"
    )


def _hugging_face(given: str | Path) -> Any:
    """Load with the class that the model's own configuration names."""
    try:
        import transformers
    except ImportError:
        raise CannotHereError(f"{given} looks like a Hugging Face model: pip install 'greenwright[transformers]'") from None
    try:
        config = transformers.AutoConfig.from_pretrained(given)
        names = config.architectures or []
        kind = getattr(transformers, names[0], transformers.AutoModel) if names else transformers.AutoModel
        return kind.from_pretrained(given).eval()
    except Exception as error:  # transformers raises whatever its hub client meets
        raise BadInputError(
            f"transformers cannot load {given}: {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error
