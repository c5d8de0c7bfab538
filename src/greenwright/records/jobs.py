"""What one job is, whatever log, bill or export it was read from: the columns that every reader fills."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a column's values are held."""

    TEXT = "text"
    """Never null: "" where nobody knows."""
    NUMBER = "number"
    """Null where nobody knows; 0 only where it was said."""
    MOMENT = "moment"
    """UTC, null where nobody knows."""


class State(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    PREEMPTED = "preempted"
    RUNNING = "running"
    PENDING = "pending"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobColumn:
    """One column of the table of jobs, and of the plain CSV that anybody can write."""

    name: str
    kind: Kind
    meaning: str


def _text(name: str, meaning: str) -> JobColumn:
    return JobColumn(name=name, kind=Kind.TEXT, meaning=meaning)


def _number(name: str, meaning: str) -> JobColumn:
    return JobColumn(name=name, kind=Kind.NUMBER, meaning=meaning)


def _moment(name: str, meaning: str) -> JobColumn:
    return JobColumn(name=name, kind=Kind.MOMENT, meaning=meaning)


JOB_COLUMNS = (
    _text("job_id", "what the source calls it"),
    _text("name", "for people"),
    _text("team", "who pays: account, namespace, billing sub-account"),
    _text("project", "what it is for"),
    _text("user", "who started it"),
    _text("model", "the model it trains or serves, with its version"),
    _text("phase", "data, training, tuning, evaluation, inference or another"),
    _text("state", "how it ended: completed, failed, cancelled, timeout, out of memory, preempted, running, pending"),
    _moment("started_at", "UTC, ISO 8601"),
    _moment("ended_at", "UTC, ISO 8601"),
    _number("offset_s", "start, counted from the beginning of a log that has no calendar"),
    _number("duration_s", "seconds from start to end on the wall"),
    _text("device", "the accelerator, in any spelling: NVIDIA A100-SXM4-80GB, gpu:v100"),
    _text("instance_type", "of a cloud: p4d.24xlarge"),
    _number("gpu_count", "accelerators held; parts of one are fractions"),
    _number("cpu_count", "logical processors held"),
    _number("memory_bytes", "memory held"),
    _number("gpu_busy_share", "mean utilisation of its accelerators, 0 to 1"),
    _number("cpu_busy_share", "mean utilisation of its processors, 0 to 1"),
    _number("memory_peak_bytes", "most memory it used"),
    _text("provider", "aws, gcp, azure or another"),
    _text("region", "as the provider spells it, or a state or zone of the grid"),
    _text("country", "two or three letters, or a name"),
    _text("host", "the machine it ran on"),
    _text("tracking", "machine: its energy is that of the whole host; process: its own"),
    _number("gpu_energy_j", "what its accelerators took, where the source measured it"),
    _number("cpu_energy_j", "what its processors took, where the source says"),
    _number("memory_energy_j", "what its memory took, where the source says"),
    _number("node_energy_j", "what its nodes took in all, where the source measured it undivided"),
    _text("gpu_energy_grade", "how gpu_energy_j was got: counter, sampled, modelled, assumed"),
    _text("cpu_energy_grade", "how cpu_energy_j and memory_energy_j were got"),
    _number("reported_carbon_g", "grams of CO2e that the source itself states"),
    _number("pue", "energy of the hall over energy of the computers, where the source says"),
    _number("cost", "money, in currency"),
    _text("currency", "three letters"),
    _text("repeat_key", "the same for runs that did the same work: a hash of code, settings and data"),
    _number("call_count", "how often the model was asked in this time"),
    _number("row_count", "rows of the source that this job was read from"),
)
"""In the order of the documented header. No source has all of them, and none must."""

PROBLEM = "problem"
"""Why a row cannot be used; null where it can."""
ROW_TEXT = "row_text"
"""The row as it stood, where it cannot be used."""
