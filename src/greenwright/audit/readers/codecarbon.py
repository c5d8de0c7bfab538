"""CodeCarbon's emissions.csv: every row is a running total of its run, so the last one of each run counts.

Rows of tasks (``emissions_<experiment>_<run>.csv``) are not running totals: each task is a run of its own. Energies already hold the
PUE that the file names. What CodeCarbon measured and what it modelled stand side by side: without a power counter the processor is a
constant, and memory is always a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit import cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import ALL, Problem, column_of, job_table, last_of_each, stacked, unreadable
from greenwright.records.jobs import PROBLEM
from greenwright.units import J_PER_KWH

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="codecarbon",
    title="CodeCarbon's emissions.csv",
    says="energy of processor, accelerator and memory, duration, place, hardware",
    leaves_out="owners, how a run ended, utilisation; in machine mode what neighbours took is in it",
    source="https://mlco2.github.io/codecarbon/output.html",
    folds=True,
)
G_PER_KG = 1_000.0


def recognise(seen: Look) -> bool:
    """It has its run ids, energies in kWh and emissions."""
    return seen.has("run_id", "duration", "emissions", "energy_consumed")


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A job a run: the row with the longest duration, in place of those before it."""
    rows = _rows(raw)
    bad = rows.filter(rows[PROBLEM].notnull()).select(*ALL)
    good = rows.filter(rows[PROBLEM].isnull())
    return stacked([last_of_each(good, "fold_key", "order_s"), bad])


def facts(raw: ir.Table, table: ir.Table) -> dict[str, ir.Value]:
    """What the file states: the sum nobody should form beside the one to form, by component, and what it says was emitted."""
    energy = cells.number(raw.energy_consumed)
    fine = table[PROBLEM].isnull()
    stated_j = _stated(table)
    return {
        "naive_sum_j": ibis.coalesce(energy.sum(), 0.0) * J_PER_KWH,
        "last_per_run_j": stated_j.sum(where=fine),
        "largest_run_j": stated_j.max(where=fine),
        "gpu_energy_j": (table.gpu_energy_j * _pue(table)).sum(where=fine),
        "cpu_energy_j": (table.cpu_energy_j * _pue(table)).sum(where=fine),
        "memory_energy_j": (table.memory_energy_j * _pue(table)).sum(where=fine),
        "reported_carbon_g": table.reported_carbon_g.sum(where=fine),
        "run_count": fine.sum(),
        "blank_row_count": table[PROBLEM].notnull().sum(),
    }


def notes(seen: Look) -> tuple[str, ...]:
    """What to know about such files."""
    said = ["rows of one run are running totals: only the last of each run counts"]
    if "machine" in seen.values("tracking_mode"):
        said.append("tracking_mode is machine: runs that overlap saw the same computer, and are counted once")
    versions = sorted(set(seen.values("codecarbon_version")))
    if versions:
        said.append(
            f"written by CodeCarbon {', '.join(versions)}; memory is a model there, and so is a processor of constant power"
        )
    return tuple(said)


def _rows(raw: ir.Table) -> ir.Table:
    run, duration = cells.text(raw.run_id), cells.number(raw.duration)
    energy = cells.number(raw.energy_consumed)
    ended = cells.moment(column_of(raw, "timestamp"))
    problems: list[Problem] = [
        ((run == "") & energy.isnull(), "blank row"),
        (run == "", "no run_id"),
        (unreadable(raw.energy_consumed, energy) | energy.isnull(), "energy_consumed is no number"),
        (energy < 0, "negative energy"),
        (unreadable(raw.duration, duration), "the duration is no number"),
    ]
    task = cells.text(column_of(raw, "task_name"))
    beside = {"fold_key": run + "/" + task, "order_s": ibis.coalesce(duration, 0.0)}
    return job_table(raw, _known(raw, run, duration, ended), problems, beside)


def _known(raw: ir.Table, run: ir.StringValue, duration: ir.FloatingValue, ended: ir.TimestampValue) -> dict[str, ir.Value]:
    pue = ibis.greatest(ibis.coalesce(cells.number(column_of(raw, "pue")), 1.0), 1.0)
    energy = {name: cells.number(column_of(raw, f"{name}_energy")) for name in ("gpu", "cpu", "ram")}
    whole = cells.number(raw.energy_consumed)
    split = ibis.coalesce(energy["gpu"], energy["cpu"], energy["ram"]).notnull()
    joules = {name: amount * J_PER_KWH / pue for name, amount in energy.items()}
    return {
        "job_id": run,
        "name": cells.text(column_of(raw, "project_name")),
        "project": cells.text(column_of(raw, "project_name")),
        "ended_at": ended,
        "duration_s": duration,
        "device": cells.text(column_of(raw, "gpu_model")).re_replace(r"^\d+\s*x\s+", ""),
        "gpu_count": cells.number(column_of(raw, "gpu_count")),
        "cpu_count": cells.number(column_of(raw, "cpu_count")),
        "gpu_busy_share": cells.number(column_of(raw, "gpu_utilization_percent")) / 100,
        "cpu_busy_share": cells.number(column_of(raw, "cpu_utilization_percent")) / 100,
        "provider": cells.text(column_of(raw, "cloud_provider")),
        "region": cells.first_text(cells.text(column_of(raw, "cloud_region")), cells.text(column_of(raw, "region"))),
        "country": cells.text(column_of(raw, "country_iso_code")),
        "host": _host(raw),
        "tracking": cells.text(column_of(raw, "tracking_mode")).lower(),
        "gpu_energy_j": joules["gpu"],
        "cpu_energy_j": joules["cpu"],
        "memory_energy_j": joules["ram"],
        "node_energy_j": ibis.ifelse(split, ibis.null("float64"), whole * J_PER_KWH / pue),
        "gpu_energy_grade": ibis.literal("sampled"),
        "cpu_energy_grade": ibis.literal("modelled"),
        "reported_carbon_g": cells.number(raw.emissions) * G_PER_KG,
        "pue": ibis.ifelse(pue > 1, pue, ibis.null("float64")),
    }


def _host(raw: ir.Table) -> ir.StringValue:
    """No name is given: what is the same in place and in all parts is taken for one computer."""
    names = (
        "cpu_model",
        "gpu_model",
        "gpu_count",
        "ram_total_size",
        "region",
        "cloud_region",
        "longitude",
        "latitude",
        "on_cloud",
    )
    return ibis.literal("/").join([cells.text(column_of(raw, name)) for name in names])


def _stated(table: ir.Table) -> ir.FloatingValue:
    parts = ("gpu_energy_j", "cpu_energy_j", "memory_energy_j", "node_energy_j")
    total = sum((table[name].fill_null(0.0) for name in parts), start=ibis.literal(0.0))
    return total * _pue(table)


def _pue(table: ir.Table) -> ir.FloatingValue:
    return table.pue.fill_null(1.0)
