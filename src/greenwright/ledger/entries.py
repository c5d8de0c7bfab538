"""What goes into the ledger and comes out of it, beside the study record itself."""

from __future__ import annotations

from dataclasses import dataclass

from greenwright.records.quantities import Quantity
from greenwright.records.study import QualityProof


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactEntry:
    """A model file that a study released."""

    path: str
    sha256: str
    size_bytes: int
    created_at: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A released model, with what its certificate proves."""

    study_id: str
    study: str
    workload: str
    artifact: ArtifactEntry
    unit: str
    baseline_energy_j: Quantity
    candidate_energy_j: Quantity
    """Per unit, from the interleaved comparison."""
    saving_share: float
    quality: QualityProof
