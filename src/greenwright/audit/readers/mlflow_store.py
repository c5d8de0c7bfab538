"""MLflow's runs: from its SQLite store, its folder of files, or a table that ``search_runs`` made.

Power samples of its system metrics (``system/gpu_0_power_usage_watts``) become joules. Runs with the same parameters, code and data did
the same work. A registered model names what a run trained.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenwright.audit import series
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import job_table
from greenwright.audit.look import Form
from greenwright.records.jobs import JOB_COLUMNS, Kind
from greenwright.units import J_PER_KWH

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="mlflow",
    title="MLflow's runs",
    says="what was trained, when, by whom, with which settings; power and utilisation where system metrics were logged",
    leaves_out="what ran beside MLflow; which accelerators, unless a tag says so; place",
    source="https://mlflow.org/docs/latest/ml/tracking/",
    folds=True,
)
S_PER_MS = 1e-3
_GPU_POWER = re.compile(r"system/gpu_(\d+)_power_usage_watts")
_GPU_BUSY = re.compile(r"system/gpu_(\d+)_utilization_percentage")
_ENERGIES = ("energy_kwh", "energy_consumed", "energy_consumed_kwh", "total_energy_kwh")
_STATES = {"1": "running", "2": "pending", "3": "completed", "4": "failed", "5": "cancelled"}
_WORDS = {"RUNNING": "running", "SCHEDULED": "pending", "FINISHED": "completed", "FAILED": "failed", "KILLED": "cancelled"}


@dataclass(slots=True, kw_only=True)
class Run:
    """One run, gathered from wherever the store keeps its parts."""

    id: str
    experiment: str = ""
    name: str = ""
    user: str = ""
    status: str = ""
    started_ms: int | None = None
    ended_ms: int | None = None
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, list[series.Sample]] = field(default_factory=lambda: defaultdict(list))
    model: str = ""


def recognise(seen: Look) -> bool:
    """A store's tables, a folder's experiments, or the columns of ``search_runs``."""
    if seen.form is Form.SQLITE:
        return {"runs", "metrics", "params", "experiments"} <= set(seen.tables)
    if seen.form is Form.FOLDER and seen.path is not None:
        return next(seen.path.glob("*/*/meta.yaml"), None) is not None
    return seen.form is Form.CSV and seen.has("run_id", "experiment_id", "status", "start_time")


def load(seen: Look) -> pa.Table:
    """A row a run."""
    import pyarrow as pa

    rows = [_row(run) for run in _runs(seen)]
    kinds = {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.MOMENT: pa.timestamp("us")}
    return pa.Table.from_pylist(rows, schema=pa.schema([pa.field(one.name, kinds[one.kind]) for one in JOB_COLUMNS]))


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """As loaded."""
    return job_table(raw, {one.name: raw[one.name] for one in JOB_COLUMNS})


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """What to know about such stores."""
    return (
        "energy is known where system metrics were on, and is then that of accelerators; a tag greenwright.device names them",
    )


def _row(run: Run) -> dict[str, Any]:
    start, end = _at(run.started_ms), _at(run.ended_ms)
    power = {name: series.clean(samples) for name, samples in run.metrics.items() if _GPU_POWER.fullmatch(name)}
    busy = [series.mean(series.clean(samples)) for name, samples in run.metrics.items() if _GPU_BUSY.fullmatch(name)]
    energies = [amount for samples in power.values() if (amount := series.integral(samples)) is not None]
    stated = next((run.metrics[name][-1][1] * J_PER_KWH for name in _ENERGIES if run.metrics.get(name)), None)
    known = [share for share in busy if share is not None]
    cpu = series.mean(series.clean(run.metrics.get("system/cpu_utilization_percentage", ())))
    row: dict[str, Any] = {one.name: "" if one.kind is Kind.TEXT else None for one in JOB_COLUMNS}
    return row | {
        "job_id": run.id,
        "name": run.name,
        "team": run.tags.get("team", run.tags.get("greenwright.team", "")),
        "project": run.experiment,
        "user": run.user,
        "model": run.model,
        "phase": run.tags.get("greenwright.phase", run.tags.get("phase", "training")),
        "state": _STATES.get(run.status) or _WORDS.get(run.status.upper(), ""),
        "started_at": start,
        "ended_at": end,
        "duration_s": None if start is None or end is None else (end - start).total_seconds(),
        "device": run.tags.get("greenwright.device", run.params.get("gpu_model", "")),
        "gpu_count": float(len(power)) or float(len(known)) or None,
        "gpu_busy_share": sum(known) / len(known) / 100 if known else None,
        "cpu_busy_share": None if cpu is None else min(1.0, cpu / 100),
        "region": run.tags.get("greenwright.place", ""),
        "gpu_energy_j": sum(energies) if energies else None,
        "gpu_energy_grade": "sampled",
        "node_energy_j": None if energies else stated,
        "repeat_key": _same(run),
        "row_count": 1.0,
    }


def _same(run: Run) -> str:
    """Runs with the same settings, code and data; "" where no settings were logged, which says nothing."""
    if not run.params:
        return ""
    parts = [
        run.experiment,
        run.tags.get("mlflow.source.name", ""),
        run.tags.get("mlflow.source.git.commit", ""),
        run.tags.get("mlflow.datasets", ""),
    ]
    return hashlib.sha256(json.dumps([*parts, sorted(run.params.items())]).encode()).hexdigest()


def _at(moment_ms: int | None) -> datetime | None:
    return datetime.fromtimestamp(moment_ms * S_PER_MS, UTC).replace(tzinfo=None) if moment_ms else None


def _runs(seen: Look) -> Iterable[Run]:
    if seen.form is Form.SQLITE:
        assert seen.path is not None
        return _from_sqlite(seen.path, set(seen.tables))
    if seen.form is Form.FOLDER:
        assert seen.path is not None
        return _from_folder(seen.path)
    return _from_table(seen)


def _from_sqlite(path: Path, tables: set[str]) -> list[Run]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        experiments = {
            str(row["experiment_id"]): row["name"] for row in db.execute("SELECT experiment_id, name FROM experiments")
        }
        runs = {
            row["run_uuid"]: _run(row, experiments) for row in db.execute("SELECT * FROM runs WHERE lifecycle_stage = 'active'")
        }
        for row in db.execute("SELECT run_uuid, key, value FROM params"):
            if row["run_uuid"] in runs:
                runs[row["run_uuid"]].params[row["key"]] = row["value"]
        for row in db.execute("SELECT run_uuid, key, value FROM tags"):
            if row["run_uuid"] in runs:
                runs[row["run_uuid"]].tags[row["key"]] = row["value"]
        wanted = "SELECT run_uuid, key, value, timestamp FROM metrics WHERE key LIKE 'system/%' OR key LIKE '%energy%'"
        for row in db.execute(wanted):
            if row["run_uuid"] in runs:
                runs[row["run_uuid"]].metrics[row["key"]].append((row["timestamp"] * S_PER_MS, row["value"]))
        if "model_versions" in tables:
            for row in db.execute("SELECT name, run_id FROM model_versions"):
                if row["run_id"] in runs:
                    runs[row["run_id"]].model = row["name"]
    return list(runs.values())


def _run(row: sqlite3.Row, experiments: dict[str, str]) -> Run:
    return Run(
        id=row["run_uuid"],
        experiment=experiments.get(str(row["experiment_id"]), ""),
        name=row["name"] or "",
        user=row["user_id"] or "",
        status=str(row["status"] or ""),
        started_ms=row["start_time"],
        ended_ms=row["end_time"],
    )


def _from_folder(path: Path) -> Iterator[Run]:
    names = {meta.parent.name: _yaml(meta).get("name", "") for meta in path.glob("*/meta.yaml")}
    for meta in sorted(path.glob("*/*/meta.yaml")):
        facts, folder = _yaml(meta), meta.parent
        if facts.get("lifecycle_stage", "active") != "active" or "run_id" not in facts:
            continue
        run = Run(
            id=facts["run_id"],
            experiment=names.get(folder.parent.name, ""),
            name=facts.get("run_name", ""),
            user=facts.get("user_id", ""),
            status=facts.get("status", ""),
            started_ms=_whole(facts.get("start_time")),
            ended_ms=_whole(facts.get("end_time")),
            params=_texts(folder / "params"),
            tags=_texts(folder / "tags"),
        )
        for file in (one for one in (folder / "metrics").rglob("*") if one.is_file()):
            run.metrics[str(file.relative_to(folder / "metrics"))] = list(_samples(file))
        yield run


def _yaml(path: Path) -> dict[str, str]:
    """MLflow's own flat files: a key and a plain value a line."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith(" "))
    return {key.strip(): value.strip().strip("'\"") for key, value in pairs}


def _texts(folder: Path) -> dict[str, str]:
    return {
        str(one.relative_to(folder)): one.read_text(encoding="utf-8", errors="replace")
        for one in folder.rglob("*")
        if one.is_file()
    }


def _samples(file: Path) -> Iterator[series.Sample]:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        cells = line.split()
        if len(cells) > 1:
            yield float(cells[0]) * S_PER_MS, float(cells[1])


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.lstrip("-").isdigit() else None


def _from_table(seen: Look) -> Iterator[Run]:
    import csv

    assert seen.path is not None
    with seen.path.open(encoding=seen.encoding, newline="") as file:
        for row in csv.DictReader(file, delimiter=seen.delimiter):
            yield Run(
                id=row.get("run_id", ""),
                experiment=row.get("experiment_id", ""),
                name=row.get("tags.mlflow.runName", ""),
                user=row.get("tags.mlflow.user", ""),
                status=row.get("status", ""),
                started_ms=_ms(row.get("start_time", "")),
                ended_ms=_ms(row.get("end_time", "")),
                params={key[7:]: value for key, value in row.items() if key and key.startswith("params.") and value},
                tags={key[5:]: value for key, value in row.items() if key and key.startswith("tags.") and value},
                metrics={
                    key[8:]: [(0.0, float(value))] for key, value in row.items() if key and key.startswith("metrics.") and value
                },
            )


def _ms(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
