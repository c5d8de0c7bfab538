"""What a call changes besides what it returns: models it was handed, what all code of a process shares, files, standard output."""

from __future__ import annotations

import hashlib
import io
import logging
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from greenwright.records.models import OnnxModel

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a call changed that it should have left alone: names, empty where all is well."""

    models: tuple[str, ...]
    """Weights, flags or bytes of a model that it was handed."""
    surroundings: tuple[str, ...]
    """What all code of a process shares."""
    files: tuple[str, ...]
    """Outside of its own folder."""
    printed: str
    """On standard output, which belongs to the command line."""


def watch(call: Callable[[], Answer], folder: Path, models: dict[str, Any]) -> tuple[Answer, Changes]:
    """Call, in an empty folder and with one for temporary files, both in ``folder``; its ``work`` alone may be written to."""
    here, temporary = folder / "here", folder / "temporary"
    here.mkdir()
    temporary.mkdir()
    usual = tempfile.tempdir
    before = _contents(models), _surroundings(), _files(folder)
    tempfile.tempdir = str(temporary)
    try:
        with chdir(here), redirect_stdout(io.StringIO()) as printed:
            answer = call()
            surroundings = _surroundings()
    finally:
        tempfile.tempdir = usual
    return answer, Changes(
        models=_differing(before[0], _contents(models)),
        surroundings=_differing(before[1] | {"working directory": str(here)}, surroundings),
        files=_differing(before[2], _files(folder)),
        printed=printed.getvalue(),
    )


def _differing(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def _contents(models: dict[str, Any]) -> dict[str, str]:
    """A digest of each part of each model, by name."""
    return {f"{holder}: {part}": digest for holder, model in models.items() for part, digest in _parts(model)}


def _parts(model: Any) -> Iterator[tuple[str, str]]:
    if isinstance(model, OnnxModel):
        yield "file", _digest(model.path.read_bytes()) if model.path.exists() else "none"
    elif model is not None:
        for name, layer in model.named_modules():
            yield f"{name} layer", f"{type(layer).__name__} training={layer.training}"
        for name, parameter in model.named_parameters():
            yield f"{name} gradient", f"{parameter.requires_grad} {parameter.grad is None}"
        for name, value in model.state_dict().items():
            yield name, f"{value.dtype} {tuple(value.shape)} {_digest(_bytes(value))}"


def _bytes(tensor: Any) -> bytes:
    import torch

    # NumPy has no bf16.
    content: bytes = tensor.detach().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes()
    return content


def _surroundings() -> dict[str, str]:
    import torch

    return {
        "random numbers of Python": _digest(repr(random.getstate()).encode()),
        "random numbers of NumPy": _digest(repr(np.random.get_state()).encode()),  # noqa: NPY002  the generator that all share
        "random numbers of PyTorch": _digest(torch.get_rng_state().numpy().tobytes()),
        "default type of PyTorch": str(torch.get_default_dtype()),
        "gradients of PyTorch": str(torch.is_grad_enabled()),
        "log levels": f"{logging.root.manager.disable} {logging.root.level}",
        "working directory": str(Path.cwd()),
    }


def _files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(folder / "work"))
    return {str(path.relative_to(folder)): _digest(path.read_bytes()) for path in found}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def other_randomness() -> Iterator[None]:
    """Let what all share draw other numbers: what a seed makes must not depend on them."""
    import torch

    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  the generator that all share
    with torch.random.fork_rng(devices=[]):
        random.seed(1_000_003)
        np.random.seed(1_000_003)  # noqa: NPY002  likewise
        torch.manual_seed(1_000_003)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002  likewise
