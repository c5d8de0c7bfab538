"""What a study releases becomes a version, beside the untouched model that it was proven better than."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, insert, select

from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.inserts import model_id
from greenwright.ledger.tables import proofs, studies, versions
from greenwright.ledger.version_rows import proof_row, version_row
from greenwright.records.study import Certificate, Figures, StudyRecord
from greenwright.records.versions import Dominance, ModelVersion

UNTOUCHED = "untouched"
"""The name of the version that a study began with."""


def register_release(connection: Connection, study_id: str, record: StudyRecord, artifact: ArtifactEntry) -> None:
    """Add the released version, the untouched one where it is not known yet, and the proof that joins them."""
    certificate = _certificate(record)
    owner = model_id(connection, "default", record.name)
    query = (
        select(versions.c.id, versions.c.name, studies.c.workload, versions.c.sha256)
        .outerjoin(studies, studies.c.id == versions.c.study_id)
        .where(versions.c.model_id == owner)
    )
    known = connection.execute(query).all()
    numbers = [int(one.name) for one in known if one.name.isdigit()]
    candidate = version_row(_candidate(study_id, record, artifact, str(max(numbers, default=0) + 1)), owner)
    connection.execute(insert(versions), candidate)
    before = next((one for one in known if one.name.startswith(UNTOUCHED) and one.workload == record.workload), None)
    if before is None:
        count = sum(one.name.startswith(UNTOUCHED) for one in known)
        row = version_row(_untouched(study_id, record, f"{UNTOUCHED}-{count + 1}" if count else UNTOUCHED), owner)
        connection.execute(insert(versions), row)
        before_id, before_name = row["id"], row["name"]
    else:
        before_id, before_name = before.id, before.name
    proof = _proof(study_id, certificate, record, better=candidate["name"], worse=before_name)
    connection.execute(insert(proofs), proof_row(proof, candidate["id"], before_id))


def _candidate(study_id: str, record: StudyRecord, artifact: ArtifactEntry, name: str) -> ModelVersion:
    certificate = _certificate(record)
    return replace(
        _judged(study_id, record, name, certificate.candidate),
        energy_j=certificate.comparison.candidate_energy_j,
        quality=certificate.quality.candidate,
        size_bytes=artifact.size_bytes,
        path=artifact.path,
        sha256=artifact.sha256,
        created_at=artifact.created_at,
    )


def _untouched(study_id: str, record: StudyRecord, name: str) -> ModelVersion:
    certificate = _certificate(record)
    return replace(
        _judged(study_id, record, name, certificate.baseline),
        energy_j=certificate.comparison.baseline_energy_j,
        quality=certificate.quality.baseline,
        path=record.model,
        created_at=record.started_at,
    )


def _judged(study_id: str, record: StudyRecord, name: str, figures: Figures) -> ModelVersion:
    """What a study's two versions have alike."""
    return ModelVersion(
        model=record.name,
        version=name,
        unit=record.unit,
        metric=_certificate(record).quality.metric,
        higher_is_better=record.higher_is_better,
        latency_s=figures.latency_p50_s,
        size_bytes=figures.size_bytes,
        study_id=study_id,
    )


def _certificate(record: StudyRecord) -> Certificate:
    assert record.certificate is not None  # artifact_row saw to it
    return record.certificate


def _proof(study_id: str, certificate: Certificate, record: StudyRecord, *, better: str, worse: str) -> Dominance:
    quality = certificate.quality
    return Dominance(
        model=record.name,
        better=better,
        worse=worse,
        ratio=certificate.comparison.ratio,
        metric=quality.metric,
        quality_drop=quality.drop.value,
        quality_drop_high=quality.drop.high,
        max_drop=quality.max_drop,
        method=f"interleaved pairs for energy; {quality.method} for quality",
        study_id=study_id,
        created_at=certificate.created_at,
    )
