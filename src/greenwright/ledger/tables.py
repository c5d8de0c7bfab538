"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, MetaData, String, Table, Text

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
