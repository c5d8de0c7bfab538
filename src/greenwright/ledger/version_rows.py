"""Turn versions and proofs into rows of the ledger, and rows into records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from greenwright.ledger.clock import now
from greenwright.ledger.rows import quantity_cells, stored_quantity
from greenwright.records.quantities import Interval, Quantity
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion


def version_row(version: ModelVersion, model_id: str, edition: int = 1) -> dict[str, Any]:
    """The row of a version; what was not measured is NULL."""
    return {
        "id": str(uuid4()),
        "model_id": model_id,
        "name": version.version,
        "edition": edition,
        "unit": version.unit,
        **quantity_cells(version.energy_j, "energy", "_j"),
        "metric": version.metric,
        "higher_is_better": version.higher_is_better,
        "quality": version.quality,
        "latency_s": version.latency_s,
        "size_bytes": version.size_bytes,
        "path": version.path,
        "sha256": version.sha256,
        "source_commit": version.commit,
        "study_id": version.study_id or None,
        "created_at": version.created_at or now(),
    }


def stored_version(
    row: Any, *, state: Lifecycle, events: Sequence[tuple[str, Lifecycle, str]], aliases: tuple[str, ...]
) -> ModelVersion:
    """A version from its row, which has the names of its model and project, and from what happened to it."""
    last = {what: (at, why) for at, what, why in events}
    retired_at, why = last.get(Lifecycle.RETIRED, ("", "")) if state is Lifecycle.RETIRED else ("", "")
    return ModelVersion(
        project=row["project"],
        model=row["model"],
        version=row["name"],
        unit=row["unit"],
        energy_j=stored_quantity(row, "energy", "_j"),
        metric=row["metric"],
        higher_is_better=row["higher_is_better"],
        quality=row["quality"],
        latency_s=row["latency_s"],
        size_bytes=row["size_bytes"],
        path=row["path"],
        sha256=row["sha256"],
        commit=row["source_commit"],
        study_id=row["study_id"] or "",
        created_at=row["created_at"],
        released_at=last.get(Lifecycle.RELEASED, ("", ""))[0],
        retired_at=retired_at,
        retired_because=why,
        lifecycle=state,
        aliases=aliases,
    )


def proof_row(proof: Dominance, better_id: str, worse_id: str) -> dict[str, Any]:
    """The row of a proof."""
    return {
        "id": str(uuid4()),
        "better_id": better_id,
        "worse_id": worse_id,
        "ratio": proof.ratio.value,
        "ratio_low": proof.ratio.low,
        "ratio_high": proof.ratio.high,
        "confidence": proof.ratio.confidence,
        "metric": proof.metric,
        "quality_drop": proof.quality_drop,
        "quality_drop_high": proof.quality_drop_high,
        "max_drop": proof.max_drop,
        "method": proof.method,
        "study_id": proof.study_id or None,
        "created_at": proof.created_at or now(),
    }


def proven(row: Any, better: Any, worse: Any) -> Dominance:
    """A proof from its row and those of its two versions."""
    return Dominance(
        model=better["model"],
        better=better["name"],
        worse=worse["name"],
        ratio=Interval(value=row["ratio"], low=row["ratio_low"], high=row["ratio_high"], confidence=row["confidence"]),
        metric=row["metric"],
        quality_drop=row["quality_drop"],
        quality_drop_high=row["quality_drop_high"],
        max_drop=row["max_drop"],
        method=row["method"],
        study_id=row["study_id"] or "",
        created_at=row["created_at"],
    )


def saving_cells(saving_j_per_year: Quantity | None) -> dict[str, Any]:
    """A retirement's saving as cells of its row."""
    return quantity_cells(saving_j_per_year, "saving", "_j_per_year")


def stored_saving(row: Any) -> Quantity | None:
    """The saving of a retirement from its row."""
    return stored_quantity(row, "saving", "_j_per_year", untold="told when it was retired")
