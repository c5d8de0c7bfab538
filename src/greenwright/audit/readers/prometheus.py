"""What Prometheus keeps of a Kubernetes cluster: DCGM, Kepler, cAdvisor and kube-state-metrics, as its API, a scrape or a CSV gives it.

A job is a pod, or an accelerator that no pod held. Energy comes from DCGM's or Kepler's counters where they are there, else from power
samples. Prometheus renames a pod's own labels to ``exported_pod`` where the exporter's would clash: those go first.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from greenwright.audit import series
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import job_table
from greenwright.audit.look import Form
from greenwright.errors import BadInputError
from greenwright.records.jobs import JOB_COLUMNS, Kind

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="prometheus",
    title="Prometheus samples (DCGM, Kepler, cAdvisor, kube-state-metrics)",
    says="energy, power and utilisation of accelerators, what pods asked for and used, by namespace and pod",
    leaves_out="whole machines; why a pod ended; accelerators in slices are seen as wholes",
    source="https://prometheus.io/docs/prometheus/latest/querying/api/",
    folds=True,
)
Labels = dict[str, str]
Series = tuple[Labels, list[series.Sample]]
J_PER_MJ = 1e-3
_KNOWN = (
    "DCGM_FI_",
    "kepler_",
    "container_cpu_usage",
    "container_memory_working",
    "kube_pod_container_resource_requests",
    "kube_pod_status_phase",
)
_LINE = re.compile(r"^(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+(?P<at>-?\d+(?:\.\d+)?))?\s*$")
_SCRAPED = re.compile(rf"^(?:{'|'.join(_KNOWN)})\w*\{{", re.MULTILINE)
_ANSWERED = re.compile(rf'"__name__"\s*:\s*"(?:{"|".join(_KNOWN)})')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_HASHES = re.compile(r"(?:-[a-f0-9]{8,10})?-[a-z0-9]{5}$|-\d+$")
_KEPLER = {"gpu": "gpu", "package": "cpu", "core": "", "cpu": "cpu", "dram": "memory"}
_STATES = {"Succeeded": "completed", "Failed": "failed", "Running": "running", "Pending": "pending"}


def recognise(seen: Look) -> bool:
    """A metric of one of the exporters we know, where a metric's name stands."""
    if seen.form is Form.CSV:
        named = [*seen.columns, *seen.values("metric"), *seen.values("name")]
        return (
            any(name.lower().startswith(tuple(one.lower() for one in _KNOWN)) for name in named)
            or _SCRAPED.search(seen.text) is not None
        )
    pattern = _SCRAPED if seen.form is Form.TEXT else _ANSWERED
    return seen.form in {Form.JSON, Form.LINES, Form.TEXT} and pattern.search(seen.text) is not None


def load(seen: Look) -> pa.Table:
    """A row a pod, and a row an accelerator that nobody held.

    Raises:
        BadInputError: a single scrape, which has no duration; or no sample of a metric we know.
    """
    import pyarrow as pa

    found = list(_series(seen))
    if not found:
        raise BadInputError(f"{seen.source}: no samples of DCGM, Kepler, cAdvisor or kube-state-metrics")
    if not any(len(samples) > 1 for _, samples in found):
        raise BadInputError(
            f"{seen.source} is one scrape, which has no duration; export a range: /api/v1/query_range?query=…&step=60"
        )
    pods: dict[str, list[Series]] = defaultdict(list)
    for labels, samples in found:
        pods[_owner(labels)].append((labels, samples))
    rows = [row for owner, of in sorted(pods.items()) if (row := _row(owner, of)) is not None]
    fields = [pa.field(one.name, _arrow(one.kind)) for one in JOB_COLUMNS]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """As loaded."""
    return job_table(raw, {one.name: raw[one.name] for one in JOB_COLUMNS})


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """What to know about samples."""
    return (
        "a job is a pod, for as long as it was seen; gaps of five usual distances and more count as not looked at",
        "energy is that of accelerators, and with Kepler of processors; DCGM's power of a sliced accelerator is that of the whole",
    )


def _row(owner: str, of: list[Series]) -> dict[str, Any] | None:
    every = [sample for _, samples in of for sample in samples]
    begun, ended = min(at for at, _ in every), max(at for at, _ in every)
    if ended <= begun:
        return None
    by_name: dict[str, list[Series]] = defaultdict(list)
    for labels, samples in of:
        by_name[labels.get("__name__", "")].append((labels, samples))
    labels = _merged(of)
    phases = [one for one, samples in by_name["kube_pod_status_phase"] if samples and samples[-1][1] > 0]
    pod = _pod(labels)
    gpus = {_gpu(one) for one, _ in of if _gpu(one)}
    energy, grade = _gpu_energy(by_name)
    duration_s = ended - begun
    row: dict[str, Any] = {one.name: "" if one.kind is Kind.TEXT else None for one in JOB_COLUMNS}
    row |= {
        "job_id": owner,
        "name": pod or "an accelerator that nobody held",
        "team": _namespace(labels),
        "project": _HASHES.sub("", pod) if pod else "held by nobody",
        "state": _STATES.get(phases[-1].get("phase", ""), "") if phases else "",
        "started_at": datetime.fromtimestamp(begun, UTC).replace(tzinfo=None),
        "ended_at": datetime.fromtimestamp(ended, UTC).replace(tzinfo=None),
        "duration_s": duration_s,
        "device": labels.get("modelName", labels.get("model_name", "")),
        "gpu_count": float(len(gpus)) or _asked(by_name, "gpu"),
        "gpu_busy_share": _busy(by_name),
        "gpu_energy_j": energy,
        "gpu_energy_grade": grade,
        "cpu_energy_j": _kepler(by_name, "cpu"),
        "cpu_energy_grade": "counter",
        "memory_energy_j": _kepler(by_name, "memory"),
        "cpu_count": _asked(by_name, "cpu"),
        "memory_bytes": _asked(by_name, "memory"),
        "host": labels.get("Hostname", labels.get("node", labels.get("instance", ""))),
        "memory_peak_bytes": max(
            (value for _, samples in by_name["container_memory_working_set_bytes"] for _, value in samples), default=None
        ),
        "row_count": 1.0,
    }
    used_s = _sum(series.gained(samples) for _, samples in by_name["container_cpu_usage_seconds_total"])
    if used_s is not None and row["cpu_count"]:
        row["cpu_busy_share"] = min(1.0, used_s / (row["cpu_count"] * duration_s))
    return row


def _gpu_energy(by_name: dict[str, list[Series]]) -> tuple[float | None, str]:
    """Of each accelerator by its counter, else by its power samples."""
    counted = {_gpu(one): series.gained(samples) for one, samples in by_name["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"]}
    known = {gpu: amount * J_PER_MJ for gpu, amount in counted.items() if amount is not None}
    sampled = {
        _gpu(one): amount
        for one, samples in by_name["DCGM_FI_DEV_POWER_USAGE"]
        if _gpu(one) not in known and (amount := series.integral(samples)) is not None
    }
    if known or sampled:
        return sum(known.values()) + sum(sampled.values()), "sampled" if sampled else "counter"
    return _kepler(by_name, "gpu"), "counter"


def _kepler(by_name: dict[str, list[Series]], part: str) -> float | None:
    names = [f"kepler_{of}_{key}_joules_total" for of in ("container", "pod") for key, kind in _KEPLER.items() if kind == part]
    return _sum(series.gained(samples) for name in names[:1] + names[1:] for _, samples in by_name.get(name, ()))


def _busy(by_name: dict[str, list[Series]]) -> float | None:
    """The mean over accelerators: of the engine's activity where profiled, else of what NVIDIA calls utilisation."""
    for name, whole in (("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 1.0), ("DCGM_FI_DEV_GPU_UTIL", 100.0)):
        means = [amount / whole for _, samples in by_name.get(name, ()) if (amount := series.mean(samples)) is not None]
        if means:
            return min(1.0, sum(means) / len(means))
    return None


def _asked(by_name: dict[str, list[Series]], resource: str) -> float | None:
    asked = [
        max(value for _, value in samples)
        for one, samples in by_name["kube_pod_container_resource_requests"]
        if resource in one.get("resource", "").replace("nvidia_com_gpu", "gpu") and samples
    ]
    return sum(asked) if asked else None


def _sum(quantities: Iterable[float | None]) -> float | None:
    known = [amount for amount in quantities if amount is not None]
    return sum(known) if known else None


def _owner(labels: Labels) -> str:
    pod = _pod(labels)
    return f"{_namespace(labels)}/{pod}" if pod else f"{labels.get('Hostname', labels.get('instance', ''))}/{_gpu(labels)}"


def _pod(labels: Labels) -> str:
    """The pod whose work it is; an exporter's own pod holds no accelerator."""
    own = labels.get("exported_pod") or labels.get("pod_name") or labels.get("pod", "")
    return "" if "dcgm-exporter" in own else own


def _namespace(labels: Labels) -> str:
    return (
        (labels.get("exported_namespace") or labels.get("container_namespace") or labels.get("namespace", ""))
        if _pod(labels)
        else ""
    )


def _gpu(labels: Labels) -> str:
    if not labels.get("__name__", "").startswith("DCGM"):
        return ""
    return (
        labels.get("UUID")
        or labels.get("uuid")
        or f"{labels.get('Hostname', '')}:{labels.get('gpu', labels.get('device', ''))}"
    )


def _merged(of: list[Series]) -> Labels:
    merged: Labels = {}
    for labels, _ in of:
        merged = {**labels, **merged}
    return merged


def _series(seen: Look) -> Iterator[Series]:
    text = _whole_text(seen)
    if seen.form in {Form.JSON, Form.LINES}:
        yield from _from_api(text, seen)
    else:
        yield from _grouped(_from_csv(text, seen) if seen.form is Form.CSV and _is_csv(seen) else _from_scrape(text))


def _is_csv(seen: Look) -> bool:
    """Rather than a scrape, whose labels have commas between them too."""
    return _SCRAPED.search(seen.text) is None


def _whole_text(seen: Look) -> str:
    assert seen.path is not None  # recognised from its text
    raw = seen.path.read_bytes()
    return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode(seen.encoding, errors="replace")


def _from_api(text: str, seen: Look) -> Iterator[Series]:
    try:
        answers = (
            [json.loads(line) for line in text.splitlines() if line.strip()] if seen.form is Form.LINES else json.loads(text)
        )
    except ValueError as error:
        raise BadInputError(f"{seen.source} is not JSON: {error}") from error
    for answer in answers if isinstance(answers, list) else [answers]:
        data = answer.get("data", answer) if isinstance(answer, dict) else {}
        for one in data.get("result", ()):
            pairs = one.get("values") or ([one["value"]] if "value" in one else [])
            samples = series.clean((float(at), _number(value)) for at, value in pairs)
            if samples:
                yield {str(key): str(value) for key, value in one.get("metric", {}).items()}, samples


def _from_scrape(text: str) -> Iterator[tuple[Labels, series.Sample]]:
    for line in text.splitlines():
        if (found := _LINE.match(line)) and found["name"].startswith(_KNOWN):
            labels = dict(_LABEL.findall(found["labels"] or "")) | {"__name__": found["name"]}
            yield labels, (float(found["at"] or 0) / 1_000, _number(found["value"]))


def _from_csv(text: str, seen: Look) -> Iterator[tuple[Labels, series.Sample]]:
    """Long (a metric, its labels and a value a row) or wide (a column a metric)."""
    lines = text.splitlines()[seen.skip_count :]
    for row in csv.DictReader(lines, delimiter=seen.delimiter):
        cells = {str(key): value or "" for key, value in row.items() if key is not None}
        at = _moment(next((cells[key] for key in cells if key.lower() in {"timestamp", "time", "ts"}), ""))
        name = cells.get("__name__") or cells.get("metric") or cells.get("name") or ""
        if at is None:
            continue
        if name.startswith(_KNOWN):
            labels = cells | dict(_LABEL.findall(cells.get("labels", ""))) | {"__name__": name}
            yield (
                {key: value for key, value in labels.items() if key.lower() not in _TIMES},
                (at, _number(cells.get("value", ""))),
            )
        else:
            wide = [key for key in cells if key.startswith(_KNOWN)]
            labels = {key: value for key, value in cells.items() if key not in wide and key.lower() not in _TIMES}
            yield from ((labels | {"__name__": key}, (at, _number(cells[key]))) for key in wide)


_TIMES = {"timestamp", "time", "ts", "value", "labels", "metric", "name"}


def _grouped(samples: Iterable[tuple[Labels, series.Sample]]) -> Iterator[Series]:
    found: dict[tuple[tuple[str, str], ...], list[series.Sample]] = defaultdict(list)
    for labels, sample in samples:
        found[tuple(sorted(labels.items()))].append(sample)
    for key, values in found.items():
        if kept := series.clean(values):
            yield dict(key), kept


def _moment(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return number / 1_000 if number > 1e11 else number  # noqa: PLR2004 - milliseconds


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("nan")


def _arrow(kind: Kind) -> Any:
    import pyarrow as pa

    return {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.MOMENT: pa.timestamp("us")}[kind]
