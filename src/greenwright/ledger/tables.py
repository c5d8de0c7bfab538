"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

studies = Table(
    "studies",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("workload", Text, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("finished_at", String(40), nullable=False),
    Column("greenwright_version", String(40), nullable=False),
    Column("record", Text, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("study_id", String(36), ForeignKey("studies.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("recipe", Text, nullable=False),
    Column("energy_j", Float),
    Column("energy_low_j", Float),
    Column("energy_high_j", Float),
    Column("energy_grade", String(16)),
    Column("quality", Float),
    Column("quality_drop", Float),
    Column("apply_j", Float),
    Column("chosen", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("study_id", String(36), ForeignKey("studies.id"), primary_key=True),
    Column("path", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", String(40), nullable=False),
)

projects = Table(
    "projects",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("project_id", String(36), ForeignKey("projects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    UniqueConstraint("project_id", "name", name="models_once_a_project"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("model_id", String(36), ForeignKey("models.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("energy_j", Float),
    Column("energy_low_j", Float),
    Column("energy_high_j", Float),
    Column("energy_grade", String(16)),
    Column("energy_source", Text),
    Column("metric", Text, nullable=False),
    Column("higher_is_better", Boolean, nullable=False),
    Column("quality", Float),
    Column("latency_s", Float),
    Column("size_bytes", BigInteger),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("source_commit", String(64), nullable=False),
    Column("study_id", String(36), ForeignKey("studies.id")),
    Column("created_at", String(40), nullable=False),
    UniqueConstraint("model_id", "name", "edition", name="versions_once_an_edition"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source_key", Text, nullable=False, unique=True),
    Column("project_id", String(36), ForeignKey("projects.id"), nullable=False, index=True),
    Column("version_id", String(36), ForeignKey("versions.id"), index=True),
    Column("name", Text, nullable=False),
    Column("phase", String(32), nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("host", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("source_commit", String(64), nullable=False),
    Column("exit_code", Integer),
    Column("finished", Boolean, nullable=False),
    Column("unit", Text, nullable=False),
    Column("units_per_window", Float),
    Column("tags", Text, nullable=False),
)

windows = Table(
    "windows",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("study_id", String(36), ForeignKey("studies.id"), index=True),
    Column("name", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("cpu_s", Float, nullable=False),
    Column("energy_j", Float, nullable=False),
    Column("energy_low_j", Float, nullable=False),
    Column("energy_high_j", Float, nullable=False),
    Column("energy_grade", String(16), nullable=False),
    Column("parts", Text, nullable=False),
    Column("run_id", String(36), ForeignKey("runs.id"), index=True),
    Column("energy_source", Text),
)

aliases = Table(
    "aliases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("model_id", String(36), ForeignKey("models.id"), nullable=False, index=True),
    Column("alias", Text, nullable=False),
    Column("version_id", String(36), ForeignKey("versions.id")),
    Column("created_at", String(40), nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version_id", String(36), ForeignKey("versions.id"), nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

retirements = Table(
    "retirements",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version_id", String(36), ForeignKey("versions.id"), nullable=False, index=True),
    Column("replaced_by", String(36), ForeignKey("versions.id")),
    Column("reason", Text, nullable=False),
    Column("saving_j_per_year", Float),
    Column("saving_low_j_per_year", Float),
    Column("saving_high_j_per_year", Float),
    Column("created_at", String(40), nullable=False),
    Column("saving_grade", String(16)),
    Column("saving_source", Text),
)

proofs = Table(
    "proofs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("better_id", String(36), ForeignKey("versions.id"), nullable=False, index=True),
    Column("worse_id", String(36), ForeignKey("versions.id"), nullable=False, index=True),
    Column("ratio", Float, nullable=False),
    Column("ratio_low", Float, nullable=False),
    Column("ratio_high", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("metric", Text, nullable=False),
    Column("quality_drop", Float, nullable=False),
    Column("quality_drop_high", Float, nullable=False),
    Column("max_drop", Float, nullable=False),
    Column("method", Text, nullable=False),
    Column("study_id", String(36), ForeignKey("studies.id")),
    Column("created_at", String(40), nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject", String(16), nullable=False),
    Column("wrong_id", String(36), nullable=False),
    Column("right_id", String(36)),
    Column("reason", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    UniqueConstraint("subject", "wrong_id", name="corrections_once_an_entry"),
)
