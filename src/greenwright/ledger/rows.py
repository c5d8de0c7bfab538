"""Turn records into rows of the ledger, and rows into records."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec

from greenwright.errors import BadInputError
from greenwright.ledger.entries import ArtifactEntry, ModelEntry
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.study import StudyRecord, Trial


def study_row(study_id: str, record: StudyRecord) -> dict[str, Any]:
    """The row of a study.

    Raises:
        BadInputError: the record changes when it is written as JSON.
    """
    text = msgspec.json.encode(record).decode()
    if decoded(text, record.name) != record:
        raise BadInputError(f"the record of study {record.name} changes when it is written as JSON")
    return {
        "id": study_id,
        "name": record.name,
        "workload": record.workload,
        "outcome": record.outcome.value,
        "verdict": record.verdict,
        "unit": record.unit,
        "metric": record.metric,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "greenwright_version": record.greenwright_version,
        "record": text,
    }


def decoded(text: str, study_id: str) -> StudyRecord:
    """The record that a row holds.

    Raises:
        BadInputError: this greenwright cannot read it.
    """
    try:
        return msgspec.json.decode(text, type=StudyRecord)
    except msgspec.ValidationError as error:
        raise BadInputError(f"the record of study {study_id} does not fit this greenwright: {error}") from error


def quantity_cells(quantity: Quantity | None, stem: str, unit: str) -> dict[str, Any]:
    """A quantity as cells of a row: ``energy`` and ``_j`` give ``energy_j``, ``energy_low_j`` and so on; NULL where there is none."""
    return {
        f"{stem}{unit}": quantity.value if quantity else None,
        f"{stem}_low{unit}": quantity.low if quantity else None,
        f"{stem}_high{unit}": quantity.high if quantity else None,
        f"{stem}_grade": quantity.grade.value if quantity else None,
        f"{stem}_source": quantity.source if quantity else None,
    }


def stored_quantity(row: Any, stem: str, unit: str, *, untold: str = "") -> Quantity | None:
    """A quantity from its cells, ``untold`` its source where the row says none; None where there is none."""
    if row[f"{stem}{unit}"] is None:
        return None
    source = row[f"{stem}_source"]
    return Quantity(
        value=row[f"{stem}{unit}"],
        low=row[f"{stem}_low{unit}"],
        high=row[f"{stem}_high{unit}"],
        grade=Grade(row[f"{stem}_grade"] or Grade.ASSUMED),
        source=untold if source is None else source,
    )


def trial_row(study_id: str, trial: Trial) -> dict[str, Any]:
    """The row of a trial; what was not measured is NULL."""
    energy_j = trial.figures.energy_j if trial.figures else None
    return {
        "study_id": study_id,
        "number": trial.number,
        "state": trial.state.value,
        "recipe": msgspec.json.encode(trial.recipe).decode(),
        **{name: cell for name, cell in quantity_cells(energy_j, "energy", "_j").items() if name != "energy_source"},
        "quality": trial.figures.quality if trial.figures else None,
        "quality_drop": trial.quality_drop.value if trial.quality_drop else None,
        "apply_j": trial.apply_j.value if trial.apply_j else None,
        "chosen": trial.chosen,
        "reason": trial.reason,
    }


def window_row(window: Window, *, study_id: str | None = None, run_id: str | None = None) -> dict[str, Any]:
    """The row of a window of a study or of a run."""
    return {
        "id": str(uuid4()),
        "study_id": study_id,
        "name": window.name,
        "started_at": window.started_at,
        "duration_s": window.duration_s,
        "cpu_s": window.cpu_s,
        **quantity_cells(window.energy_j, "energy", "_j"),
        "parts": msgspec.json.encode(window.parts).decode(),
        "run_id": run_id,
    }


def window(row: Any) -> Window:
    """A window, as it was added. Ledgers older than the source of windows keep it in their parts alone."""
    parts = msgspec.json.decode(row["parts"], type=tuple[Part, ...])
    energy_j = stored_quantity(row, "energy", "_j", untold="; ".join(dict.fromkeys(part.energy_j.source for part in parts)))
    assert energy_j is not None  # the column holds no NULL
    return Window(
        name=row["name"],
        started_at=row["started_at"],
        duration_s=row["duration_s"],
        cpu_s=row["cpu_s"],
        energy_j=energy_j,
        parts=parts,
    )


def artifact_row(study_id: str, artifact: ArtifactEntry, record: StudyRecord) -> dict[str, Any]:
    """The row of a released model.

    Raises:
        BadInputError: the certificate names another model, or there is no certificate.
    """
    certified = record.certificate.artifact_sha256 if record.certificate else None
    if artifact.sha256 != certified:
        raise BadInputError(f"{artifact.path} has the hash {artifact.sha256}, but its certificate says {certified}")
    return {"study_id": study_id, **msgspec.to_builtins(artifact)}


def model(row: Any) -> ModelEntry:
    """A released model, from its own row joined with its study's record."""
    record = decoded(row["record"], row["study_id"])
    certificate = record.certificate
    assert certificate is not None  # artifact_row saw to it
    return ModelEntry(
        study_id=row["study_id"],
        study=record.name,
        workload=record.workload,
        artifact=ArtifactEntry(
            path=row["path"], sha256=row["sha256"], size_bytes=row["size_bytes"], created_at=row["created_at"]
        ),
        unit=record.unit,
        baseline_energy_j=certificate.comparison.baseline_energy_j,
        candidate_energy_j=certificate.comparison.candidate_energy_j,
        saving_share=1 - certificate.comparison.ratio.value,
        quality=certificate.quality,
    )
