"""Google Cloud's billing export, from BigQuery as JSON Lines, Parquet or CSV with dotted names, or the table itself.

Google bills the parts of a machine apart: accelerators by the accelerator-hour, cores by the core-hour, memory by the gigabyte-hour. Each
row becomes what it rents, so that the parts add up to the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit import billing, cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import column_of, job_table

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="gcp-billing",
    title="a Google Cloud billing export",
    says="which part of a machine ran, where, how long, for which project and labels, at what cost",
    leaves_out="utilisation, how jobs ended, energy: power comes from the catalogue",
    source="https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage",
)
_GPU = r"(?i)\b(?:nvidia\s+)?(?:tesla\s+)?((?:a100|h100|h200|b200|l4|t4|v100|p100|p4|k80)(?:\s+\d+\s*gb)?)\b.*\bgpu"
_TPU = r"(?i)\b(?:cloud\s+)?tpu[\s-]*(v\d\w*)"
_CORE, _RAM = r"(?i)\bcore\b|\bvcpu\b|\bcpu\b", r"(?i)\bram\b|\bmemory\b"
_BYTE_SECONDS = {
    "byte-seconds": 1.0,
    "gibibyte hour": 2.0**30 * 3_600,
    "gibibyte-hours": 2.0**30 * 3_600,
    "gigabyte hour": 1e9 * 3_600,
}


def recognise(seen: Look) -> bool:
    """Services, SKUs and usage, nested or flat."""
    return seen.has("sku_description", "usage_amount") and (seen.has("usage_unit") or seen.has("usage_start_time"))


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a SKU's use."""
    amount, cost = cells.number(raw.usage_amount), cells.number(column_of(raw, "cost"))
    unit, sku = cells.text(column_of(raw, "usage_unit")).lower(), cells.text(raw.sku_description)
    kind, service = cells.text(column_of(raw, "cost_type")), cells.text(column_of(raw, "service_description"))
    ran, labels = billing.is_usage(kind), cells.text(column_of(raw, "labels"))
    device = cells.first_text(
        billing.found_in(sku, _GPU), ibis.ifelse(sku.re_search(_TPU), "TPU " + sku.re_extract(_TPU, 1), "")
    )
    used_s = billing.seconds(amount, unit)
    is_gpu, is_ram = ran & (device != ""), ran & sku.re_search(_RAM)
    is_core = ran & ~is_gpu & sku.re_search(_CORE) & used_s.notnull()
    byte_s = ibis.cases(*((unit == name, amount * size) for name, size in _BYTE_SECONDS.items()), else_=ibis.null("float64"))
    nothing = ibis.null("float64")
    known: dict[str, ir.Value] = {
        "job_id": cells.text(column_of(raw, "resource_global_name", "resource_name")),
        "name": cells.first_text(cells.text(column_of(raw, "resource_name")), sku),
        "team": cells.first_text(
            billing.tag(labels, billing.TEAM_TAGS), cells.text(column_of(raw, "project_name", "project_id"))
        ),
        "project": cells.first_text(billing.tag(labels, billing.PROJECT_TAGS), cells.text(column_of(raw, "project_id"))),
        "model": billing.tag(labels, billing.MODEL_TAGS),
        "phase": cells.first_text(billing.tag(labels, billing.PHASE_TAGS), billing.phase(sku, service)),
        "started_at": cells.moment(column_of(raw, "usage_start_time")),
        "duration_s": ibis.cases((is_gpu | is_core, used_s), (is_ram & byte_s.notnull(), 1.0), else_=nothing),
        "device": ibis.ifelse(is_gpu & used_s.notnull(), device, ""),
        "gpu_count": ibis.cases((is_gpu & used_s.notnull(), 1.0), (is_core | is_ram, 0.0), else_=nothing),
        "cpu_count": ibis.ifelse(is_core, 1.0, nothing),
        "memory_bytes": ibis.ifelse(is_ram, byte_s, nothing),
        "provider": ibis.literal("gcp"),
        "region": cells.text(column_of(raw, "location_region", "location_location")),
        "cost": cost,
        "currency": cells.first_text(cells.text(column_of(raw, "currency")), ibis.literal("USD")),
    }
    checked = {"the usage amount": (raw.usage_amount, amount), "the cost": (column_of(raw, "cost"), cost)}
    return job_table(raw, known, billing.problems(checked))


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """How machines are billed."""
    return ("Google bills accelerators, cores and memory apart: a row is a part of a machine, and their sum is the machine",)
