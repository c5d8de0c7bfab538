"""What a study may spend and what it must hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from greenwright.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one study.

    Raises:
        BadInputError: a value that no study could keep to.
    """

    max_drop: float = 0.01
    """Most quality that may be lost, in the metric's own units: 0.01 is one point of accuracy."""
    max_slice_drop: float | None = None
    """Most that any one slice of the test set may lose; None: slices, where the workload has any, are only reported."""
    batch: int = 1
    """Examples a call, in serving."""
    gap_s: float = 0.0
    """Pause between calls, in serving: energy is then compared with the pauses in it."""
    time_s: float = 600.0
    search_budget_j: float | None = None
    """None: ten ordinary fine-tuning epochs of the baseline, or what the time allows where nothing is fine-tuned."""
    horizon_units: float = 10_000_000
    """Functional units over which a saving is judged: a trial that cannot repay itself within them is not run."""
    strategies: tuple[str, ...] = ()
    """Ids to choose from; empty for all."""
    seed: int = 0
    cold: bool = False
    """Whether the search learns nothing from the ledger's earlier studies."""
    control: bool = False
    """Whether the untouched model is given the training of the chosen one as well, and judged: it costs that training again."""
    thread_count: int = 1
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Refuse what cannot be kept."""
        checks = {
            "max_drop": (0 <= self.max_drop < math.inf, "0 or more"),
            "max_slice_drop": (self.max_slice_drop is None or 0 <= self.max_slice_drop < math.inf, "0 or more"),
            "batch": (self.batch >= 1, "1 or more"),
            "gap_s": (0 <= self.gap_s <= 1, "0 to 1 second"),
            "time_s": (0 < self.time_s < math.inf, "more than 0"),
            "search_budget_j": (self.search_budget_j is None or 0 < self.search_budget_j < math.inf, "more than 0"),
            "horizon_units": (0 < self.horizon_units < math.inf, "more than 0"),
            "thread_count": (self.thread_count >= 1, "1 or more"),
            "confidence": (0.5 < self.confidence < 1, "between 0.5 and 1"),  # noqa: PLR2004  a coin's certainty
        }
        for name, (kept, wanted) in checks.items():
            if not kept:
                raise BadInputError(f"{name} must be {wanted}, got {getattr(self, name)}")
