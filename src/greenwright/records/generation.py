"""What a decoder's tokens cost, with the reading of prompts and the saying of tokens apart. They hold facts; they compute nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from greenwright.records.machines import Machine
from greenwright.records.quantities import Interval, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFigures:
    """One phase of generation: prefill, which reads all of a prompt at once, or decode, which says one token after another."""

    energy_j: Quantity
    """Per token of the phase: read in prefill, said in decode."""
    energy_ratio: Interval
    """Against the baseline's, interleaved; 1 for the baseline itself."""
    cpu_s: float
    """Per token of the phase."""
    latency_p50_s: float
    """In prefill until the first new token, in decode from one token to the next; of the whole batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """How a text was generated, and what each phase took."""

    prompt_tokens: int
    new_tokens: int
    """Of each text: the first is named by prefill, the others by decode."""
    batch: int
    """Texts at a time."""
    prefill: PhaseFigures
    decode: PhaseFigures
    cache_bytes: int
    """Keys and values of all texts, at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderFigures:
    """One way to run a decoder, beside the decoder as it is."""

    title: str
    strategy: str
    """Its id; empty for the decoder as it is."""
    choices: dict[str, float | int | str | bool] = field(default_factory=dict)
    reason: str = ""
    """Why it was not measured; empty where it was."""
    energy_j: Quantity | None = None
    """Per new token, the prompt's share of it included."""
    energy_ratio: Interval | None = None
    generated: Generated | None = None
    size_bytes: int = 0
    quality: float | None = None
    """Perplexity on the words that were handed over; None where there were none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderComparison:
    """Ways to run one decoder, measured in turn with the decoder as it is, which comes first."""

    model: str
    machine: Machine
    thread_count: int
    prompt_tokens: int
    new_tokens: int
    batch: int
    rows: tuple[DecoderFigures, ...]
