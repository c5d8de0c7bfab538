"""Prometheus, MLflow and traces: what was sampled becomes joules, and what was asked for becomes jobs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest

from greenwright.audit.engines import engine
from greenwright.audit.look import look
from greenwright.audit.readers import mlflow_store
from greenwright.errors import BadInputError

Read = Callable[..., list[dict[str, Any]]]
START = 1_770_000_000


def answer(*series: tuple[dict[str, str], list[float]]) -> str:
    result = [
        {"metric": metric, "values": [[START + 60 * at, str(value)] for at, value in enumerate(values)]}
        for metric, values in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def dcgm(name: str, **labels: str) -> dict[str, str]:
    return {
        "__name__": f"DCGM_FI_DEV_{name}",
        "gpu": "0",
        "UUID": "GPU-1",
        "modelName": "NVIDIA A100-SXM4-80GB",
        "Hostname": "n1",
    } | labels


def test_power_samples_become_joules_of_the_pod_that_held_the_accelerator(read: Read) -> None:
    pod = {
        "exported_pod": "bert-train-7d9f8c6b5-abcde",
        "exported_namespace": "nlp",
        "pod": "dcgm-exporter-x",
        "namespace": "monitoring",
    }
    text = answer((dcgm("POWER_USAGE", **pod), [100, 200, 200, 100]), (dcgm("GPU_UTIL", **pod), [50, 50, 50, 50]))

    [job] = read("range.json", text, "prometheus")

    assert (job["team"], job["project"], job["device"]) == ("nlp", "bert-train", "NVIDIA A100-SXM4-80GB")
    assert (job["duration_s"], job["gpu_count"], job["gpu_busy_share"]) == (180, 1, 0.5)
    assert job["gpu_energy_j"] == 60 * (150 + 200 + 150)
    assert job["gpu_energy_grade"] == "sampled"


def test_a_counter_that_was_reset_gained_what_it_shows_since_and_blanks_are_no_readings(read: Read) -> None:
    text = answer((dcgm("TOTAL_ENERGY_CONSUMPTION"), [1_000_000, 3_000_000, 9223372036854775794, 500_000, 1_500_000]))

    [job] = read("range.json", text, "prometheus")

    assert job["gpu_energy_j"] == 2_000 + 500 + 1_000
    assert (job["gpu_energy_grade"], job["project"]) == ("counter", "held by nobody")


def test_where_nobody_looked_nothing_is_added(read: Read) -> None:
    values = [[START + at, "100"] for at in (0, 60, 120, 7200, 7260)]
    text = json.dumps({"data": {"result": [{"metric": dcgm("POWER_USAGE"), "values": values}]}})

    [job] = read("gap.json", text)

    assert job["gpu_energy_j"] == 100 * 180


def test_a_long_csv_and_a_wide_one_say_the_same(read: Read) -> None:
    long = "timestamp,__name__,gpu,Hostname,value\n" + "".join(
        f"{START + 60 * at},DCGM_FI_DEV_POWER_USAGE,0,n1,300\n" for at in range(3)
    )
    wide = "timestamp,gpu,Hostname,DCGM_FI_DEV_POWER_USAGE\n" + "".join(f"{START + 60 * at},0,n1,300\n" for at in range(3))

    assert [read(name, text, "prometheus")[0]["gpu_energy_j"] for name, text in (("l.csv", long), ("w.csv", wide))] == [
        36_000,
        36_000,
    ]


def test_one_scrape_has_no_duration(read: Read) -> None:
    with pytest.raises(BadInputError, match="one scrape, which has no duration; export a range"):
        read("metrics.txt", '# HELP x\nDCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-1"} 71.2\n')


def test_what_a_pod_asked_for_and_used_is_read_from_kubernetes(read: Read) -> None:
    pod = {"pod": "api-0", "namespace": "web"}
    text = answer(
        ({"__name__": "kube_pod_container_resource_requests", "resource": "cpu", "unit": "core"} | pod, [4, 4, 4]),
        ({"__name__": "kube_pod_container_resource_requests", "resource": "memory", "unit": "byte"} | pod, [2**30] * 3),
        ({"__name__": "container_cpu_usage_seconds_total"} | pod, [0, 60, 120]),
    )

    [job] = read("kube.json", text, "prometheus")

    assert (job["cpu_count"], job["memory_bytes"], job["cpu_busy_share"]) == (4, 2**30, 0.25)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The tables of MLflow's SQLite store, with two runs that did the same."""
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
            CREATE TABLE runs (run_uuid TEXT, name TEXT, user_id TEXT, status TEXT, start_time INTEGER, end_time INTEGER,
                               lifecycle_stage TEXT, experiment_id INTEGER);
            CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE tags (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE metrics (run_uuid TEXT, key TEXT, value REAL, timestamp INTEGER, step INTEGER);
            CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT);
            INSERT INTO experiments VALUES (1, 'captions');
            INSERT INTO model_versions VALUES ('captioner', 1, 'a');
            """
        )
        for run in ("a", "b"):
            db.execute(
                "INSERT INTO runs VALUES (?, ?, 'ada', 'FINISHED', ?, ?, 'active', 1)",
                (run, f"run {run}", START * 1000, (START + 120) * 1000),
            )
            db.execute("INSERT INTO params VALUES (?, 'lr', '0.1')", (run,))
            for at in range(3):
                moment = (START + 60 * at) * 1000
                db.execute("INSERT INTO metrics VALUES (?, 'system/gpu_0_power_usage_watts', 250, ?, ?)", (run, moment, at))
                db.execute("INSERT INTO metrics VALUES (?, 'system/gpu_0_utilization_percentage', 80, ?, ?)", (run, moment, at))
    db.close()
    return path


def test_runs_of_an_mlflow_store_have_joules_models_and_know_their_like(store: Path) -> None:
    seen = look(str(store))

    assert mlflow_store.recognise(seen)
    with engine(thread_count=1) as at:
        raw = ibis.memtable(mlflow_store.load(seen))
        first, second = at.backend.to_pyarrow(mlflow_store.jobs(raw, seen).order_by("job_id")).to_pylist()

    assert (first["project"], first["model"], first["state"], first["duration_s"]) == (
        "captions",
        "captioner",
        "completed",
        120,
    )
    assert (first["gpu_energy_j"], first["gpu_count"], first["gpu_busy_share"]) == (250 * 120, 1, 0.8)
    assert first["repeat_key"] == second["repeat_key"] != ""


def test_pods_that_never_were_scheduled_held_nothing_and_parts_of_accelerators_are_fractions(read: Read) -> None:
    head = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
    rows = "p0,12000,1024,1,460,V100M16|V100M32,LS,Failed,0,100,10\np1,1000,512,0,0,,BE,Pending,5,,\np2,1000,512,8,1000,,BE,Running,5,,9\n"

    part, waiting, endless = read("pods.csv", head + rows, "alibaba-pods")

    assert (part["gpu_count"], part["duration_s"], part["state"], part["device"]) == (0.46, 90, "failed", "V100M16")
    assert (waiting["duration_s"], waiting["problem"]) == (0, None)
    assert endless["problem"] == "no time of its end"


def test_a_list_of_machines_is_not_taken_for_jobs(read: Read) -> None:
    with pytest.raises(BadInputError, match="lists machines, not work"):
        read("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,262144,8,V100M16\n")
