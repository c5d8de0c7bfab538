"""Slurm's accounting, as ``sacct --parsable`` or ``--parsable2`` prints it, with any delimiter and any choice of fields.

Steps (``123.batch``, ``123.0``) are parts of their job: they lend it what it does not say itself, and add nothing. Energy counters of
one node see the batch step and the steps it starts at once, so the larger of both is taken, not their sum.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ibis

from greenwright.audit import cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import ALL, Problem, column_of, job_table, stacked, unreadable
from greenwright.records.jobs import PROBLEM

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="slurm",
    title="Slurm's accounting (sacct)",
    says="who, when, how long, what was held, how it ended; memory and processor time used; energy where the cluster counts it",
    leaves_out="utilisation of accelerators; whether a node's energy counter sees them; which job of a shared node took what",
    source="https://slurm.schedmd.com/sacct.html",
    folds=True,
)
_SIZES = {"": 1.0, "K": 2.0**10, "M": 2.0**20, "G": 2.0**30, "T": 2.0**40, "P": 2.0**50}
_ENERGIES = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_SENTINEL_J = 1e15
"""More than 277 million kWh of one job is Slurm's sign for "not known" (2^63 or 2^64 less a little)."""
_TYPED_GPU = r"gres/gpu[:/]([A-Za-z][^=,]*)="
_GPU = r"gres/gpu(?:[:/][^=,]+)?=(\d+)"
_ALL_GPUS = r"gres/gpu=(\d+)"
_GRES = r"gpu:(?:([A-Za-z][\w.-]*):)?(\d+)"
_STEP = r"^([^.]+)\.(.+)$"
_DEVICE = re.compile(
    r"(?:v100|a100|h100|h200|a40|a30|a10g?|l40s?|l4|t4|p100|k80|b200|gh200|mi\d{3}x?|rtx\w*|titan\w*|gpus?)(?:_\w+)?"
)
"""Columns that some sites add to count accelerators by kind."""
_MARKS = {
    "elapsed",
    "elapsed_raw",
    "alloc_cpus",
    "alloc_tres",
    "req_tres",
    "consumed_energy",
    "consumed_energy_raw",
    "n_nodes",
    "alloc_gres",
}
_MARKS |= {"partition", "account", "state", "req_mem", "ncpus", "cpu_time_raw", "req_cpus", "total_cpu", "max_rss"}


def recognise(seen: Look) -> bool:
    """Job ids as Slurm names them, and at least two more of its fields, one of which is a time."""
    own = seen.has("job_id") or seen.has("job_id_raw")
    return own and len(_MARKS & set(seen.columns)) > 1 and bool({"elapsed", "elapsed_raw", "start"} & set(seen.columns))


def jobs(raw: ir.Table, seen: Look) -> ir.Table:
    """A job an allocation, with what its steps add to it."""
    devices = device_columns(seen)
    step = _step_name(raw)
    rows = job_table(raw, _known(raw, devices), _problems(raw, devices), {"step": step, "base": _base(raw)})
    if not any("." in text for text in seen.values("job_id")) and not seen.has("job_id"):
        return rows.select(*ALL)
    return _with_steps(rows)


def facts(raw: ir.Table, table: ir.Table) -> dict[str, ir.Value]:
    """The energy that Slurm counted, and for how many rows it says none."""
    energy = _energy(raw)
    own = _step_name(raw) == ""
    return {
        "node_energy_j": table.node_energy_j.sum(where=table[PROBLEM].isnull()),
        "energy_missing_row_count": (energy.isnull() & own).sum(),
        "multi_day_row_count": (ibis.coalesce(_elapsed(raw), 0.0) >= cells.S_PER_DAY).sum(where=own),
    }


def device_seconds(raw: ir.Table, seen: Look) -> dict[str, ir.Value]:
    """Accelerator-seconds by the columns that count them, as the file spells these."""
    elapsed = _elapsed(raw)
    spelt = dict(zip(seen.columns, seen.spelt, strict=True))
    return {spelt[name]: ibis.coalesce((elapsed * cells.number(raw[name])).sum(), 0.0) for name in device_columns(seen)}


def notes(seen: Look) -> tuple[str, ...]:
    """What to know about such logs."""
    said = ["Slurm's energy may leave accelerators out: it counts as the whole only where it exceeds what they draw idle"]
    if not seen.has("alloc_tres") and not device_columns(seen) and not seen.has("req_tres") and not seen.has("alloc_gres"):
        said.append("no field says what accelerators a job held: ask sacct for AllocTRES")
    if not any(seen.has(name) for name in ("start", "end", "submit")):
        said.append("no field says when a job ran: ask sacct for Start and End")
    return tuple(said)


def device_columns(seen: Look) -> list[str]:
    """Columns named after an accelerator."""
    return [name for name in seen.columns if _DEVICE.fullmatch(name)]


def _known(raw: ir.Table, devices: list[str]) -> dict[str, ir.Value]:
    tres = _tres(raw)
    cpus = ibis.coalesce(cells.number(column_of(raw, "alloc_cpus", "n_cpus", "ncpus")), _in_tres(tres, r"(?:^|,)cpu=(\d+)"))
    count, device = _gpus(raw, tres, devices)
    elapsed, started, ended = _elapsed(raw), cells.moment(column_of(raw, "start")), cells.moment(column_of(raw, "end"))
    state = cells.state(column_of(raw, "state"))
    busy_s = cells.elapsed_s(column_of(raw, "total_cpu"))
    return {
        "job_id": _job_id(raw),
        "name": cells.text(column_of(raw, "job_name")),
        "team": cells.text(column_of(raw, "account")),
        "project": cells.first_text(
            cells.text(column_of(raw, "wc_key", "wckey")).replace("*", ""), cells.text(column_of(raw, "job_name"))
        ),
        "user": cells.text(column_of(raw, "user")),
        "state": state,
        "started_at": started,
        "ended_at": ended,
        "duration_s": ibis.ifelse((state == "pending") & elapsed.isnull(), 0.0, elapsed),
        "device": device,
        "gpu_count": count,
        "cpu_count": cpus,
        "cpu_busy_share": ibis.ifelse(elapsed * cpus > 0, ibis.least(busy_s / (elapsed * cpus), 1.0), ibis.null("float64")),
        "memory_bytes": _memory(raw, tres, cpus),
        "memory_peak_bytes": cells.scaled(column_of(raw, "max_rss"), _SIZES),
        "host": cells.text(column_of(raw, "node_list")),
        "node_energy_j": _energy(raw),
        "repeat_key": _repeat_key(raw),
    }


def _problems(raw: ir.Table, devices: list[str]) -> list[Problem]:
    elapsed = column_of(raw, "elapsed_raw", "elapsed")
    counts = [(unreadable(raw[name], cells.number(raw[name])), f"{name} is no number") for name in devices]
    return [
        (_job_id(raw) == "", "no job id"),
        (unreadable(elapsed, _elapsed(raw)), "the elapsed time cannot be read"),
        (unreadable(column_of(raw, "alloc_cpus"), cells.number(column_of(raw, "alloc_cpus"))), "AllocCPUS is no number"),
        *counts,
    ]


def _job_id(raw: ir.Table) -> ir.StringValue:
    return cells.first_text(cells.text(column_of(raw, "job_id")), cells.text(column_of(raw, "job_id_raw")))


def _base(raw: ir.Table) -> ir.StringValue:
    identity = _job_id(raw)
    return ibis.ifelse(identity.re_search(_STEP), identity.re_extract(_STEP, 1), identity)


def _step_name(raw: ir.Table) -> ir.StringValue:
    identity = _job_id(raw)
    return ibis.ifelse(identity.re_search(_STEP), identity.re_extract(_STEP, 2), "")


def _elapsed(raw: ir.Table) -> ir.FloatingValue:
    plain, clock = cells.number(column_of(raw, "elapsed_raw")), cells.elapsed_s(column_of(raw, "elapsed"))
    return ibis.coalesce(plain, clock)


def _energy(raw: ir.Table) -> ir.FloatingValue:
    joules = ibis.coalesce(
        cells.number(column_of(raw, "consumed_energy_raw")), cells.scaled(column_of(raw, "consumed_energy"), _ENERGIES)
    )
    return ibis.ifelse((joules < _SENTINEL_J) & (joules >= 0), joules, ibis.null("float64"))


def _tres(raw: ir.Table) -> ir.StringValue:
    """What was held; what was asked for, where that is all the log has."""
    return cells.first_text(cells.text(column_of(raw, "alloc_tres")), cells.text(column_of(raw, "req_tres")))


def _in_tres(tres: ir.StringValue, pattern: str) -> ir.FloatingValue:
    return ibis.ifelse(tres.re_search(pattern), cells.tried(tres.re_extract(pattern, 1), "float64"), ibis.null("float64"))


def _gpus(raw: ir.Table, tres: ir.StringValue, devices: list[str]) -> tuple[ir.FloatingValue, ir.StringValue]:
    """How many, and which: from columns that count them, else from the trackable resources, else from AllocGRES."""
    if devices:
        counts = {name: cells.number(raw[name]).fill_null(0.0) for name in devices}
        device = ibis.cases(*((count > 0, name) for name, count in counts.items()), else_="")
        return sum(counts.values(), start=ibis.literal(0.0)), device
    gres = cells.text(column_of(raw, "alloc_gres", "req_gres"))
    total = ibis.coalesce(_in_tres(tres, _ALL_GPUS), _in_tres(tres, _GPU))
    listed = ibis.ifelse(gres.re_search(_GRES), cells.tried(gres.re_extract(_GRES, 2), "float64"), ibis.null("float64"))
    said = (tres != "") | (gres != "")
    count = ibis.coalesce(total, listed, ibis.ifelse(said, 0.0, ibis.null("float64")))
    device = ibis.cases(
        (tres.re_search(_TYPED_GPU), tres.re_extract(_TYPED_GPU, 1)),
        (gres.re_search(_GRES), gres.re_extract(_GRES, 1)),
        else_="",
    )
    return count, device


def _memory(raw: ir.Table, tres: ir.StringValue, cpus: ir.FloatingValue) -> ir.FloatingValue:
    """Held; older versions write ``4000Mc``, a processor, or ``4Gn``, a node."""
    pattern = r"(?:^|,)mem=([0-9.]+[KMGTP]?)"
    held = ibis.ifelse(tres.re_search(pattern), tres.re_extract(pattern, 1), "")
    asked = cells.text(column_of(raw, "req_mem"))
    nodes = ibis.coalesce(cells.number(column_of(raw, "n_nodes", "nnodes", "alloc_nodes")), 1.0)
    times = ibis.cases((asked.endswith("c"), cpus), (asked.endswith("n"), nodes), else_=ibis.literal(1.0))
    return ibis.coalesce(cells.scaled(held, _SIZES), cells.scaled(asked.re_replace("[cn]$", ""), _SIZES) * times)


def _repeat_key(raw: ir.Table) -> ir.StringValue:
    """The same command line in the same folder did the same work; a name alone does not say so."""
    line, folder = cells.text(column_of(raw, "submit_line")), cells.text(column_of(raw, "work_dir"))
    return ibis.ifelse(line == "", "", folder + " " + line)


def _with_steps(rows: ir.Table) -> ir.Table:
    """Steps folded into their jobs; a step whose job the file does not hold stands for it."""
    bad = rows.filter(rows[PROBLEM].notnull()).select(*ALL)
    good = rows.filter(rows[PROBLEM].isnull())
    numbered = (good.step != "") & good.step.re_search(r"^\d")
    whole = good.step.isin(["batch", "extern", "interactive"])
    window = ibis.window(group_by=good.base)
    steps_j = good.node_energy_j.sum(where=numbered).over(window)
    widest_j = good.node_energy_j.max(where=whole).over(window)
    told = good.mutate(
        rank=ibis.row_number().over(
            ibis.window(group_by=good.base, order_by=[(good.step != "").cast("int8"), ibis.desc(good.duration_s)])
        ),
        own_count=(good.step == "").sum().over(window),
        step_energy_j=ibis.greatest(steps_j.fill_null(0.0), widest_j.fill_null(0.0)).nullif(0.0),
        step_peak_bytes=good.memory_peak_bytes.max().over(window),
        step_busy_share=good.cpu_busy_share.max().over(window),
        base_row_count=good.row_count.sum().over(window),
    )
    kept = told.filter((told.step == "") | ((told.own_count == 0) & (told["rank"] == 0)))
    shared = ibis.greatest(kept.own_count, 1)
    energy = ibis.coalesce(
        kept.node_energy_j.nullif(0.0), ibis.ifelse(shared == 1, kept.step_energy_j, ibis.null("float64")), kept.node_energy_j
    )
    merged = kept.mutate(
        job_id=kept.base,
        node_energy_j=energy,
        memory_peak_bytes=ibis.coalesce(kept.memory_peak_bytes, kept.step_peak_bytes),
        cpu_busy_share=ibis.coalesce(kept.cpu_busy_share, kept.step_busy_share),
        row_count=kept.base_row_count / shared,
    )
    return stacked([merged, bad])
