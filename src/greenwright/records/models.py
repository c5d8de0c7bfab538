"""What is run, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxModel:
    """A model in an ONNX file."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """How a model is run."""

    runtime: str = "torch"
    thread_count: int = 1
    precision: str = "f32"
    """What floating-point layers are computed in, where the runtime can choose: f32 or bf16."""
    spins: bool = True
    """Idle threads wait in a loop, ready at once, instead of sleeping; only where there are several, and a runtime can be told."""
    arena: bool = True
    """Memory that was freed is kept for the next call."""
    run_tokens: int = 0
    """Where it is more than 0, examples of like length are run together, and a further run counts as so many positions."""
