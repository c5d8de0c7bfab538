"""Amazon's cost and usage reports, both editions (``lineItem/UsageType`` and ``line_item_usage_type``), as CSV or Parquet."""

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
    id="aws-cur",
    title="an AWS cost and usage report",
    says="which instance ran, where, how long, for which account and tags, at what cost",
    leaves_out="utilisation, how jobs ended, energy: power comes from the catalogue",
    source="https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html",
)
_RUNS = r"(?i)boxusage|spotusage|dedicatedusage|hostusage|:ml\.|ml\.[a-z]|training|hosting|notebook|processing|tsform|hostbox"


def recognise(seen: Look) -> bool:
    """Line items with usage."""
    return seen.has("line_item_usage_type", "line_item_usage_amount")


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a line item; fees, taxes and credits are money only."""
    amount, cost = cells.number(raw.line_item_usage_amount), cells.number(column_of(raw, "line_item_unblended_cost"))
    kind, used = cells.text(column_of(raw, "line_item_line_item_type")), cells.text(raw.line_item_usage_type)
    product = cells.text(column_of(raw, "line_item_product_code"))
    described = cells.text(column_of(raw, "line_item_line_item_description"))
    instance = cells.first_text(cells.text(column_of(raw, "product_instance_type")), billing.instance_in(used, described))
    unit = cells.text(column_of(raw, "pricing_unit"))
    hours = ibis.ifelse(unit == "", amount * cells.S_PER_HOUR, billing.seconds(amount, unit))
    tags, operation = cells.text(column_of(raw, "resource_tags")), cells.text(column_of(raw, "line_item_operation"))
    runs = billing.is_usage(kind) & used.re_search(_RUNS)
    known: dict[str, ir.Value] = {
        "job_id": cells.text(column_of(raw, "line_item_resource_id")),
        "name": cells.first_text(cells.text(column_of(raw, "line_item_resource_id")), product),
        "team": cells.first_text(_tag(raw, tags, billing.TEAM_TAGS), cells.text(column_of(raw, "line_item_usage_account_id"))),
        "project": cells.first_text(_tag(raw, tags, billing.PROJECT_TAGS), product),
        "model": _tag(raw, tags, billing.MODEL_TAGS),
        "phase": cells.first_text(_tag(raw, tags, billing.PHASE_TAGS), billing.phase(used, operation)),
        "started_at": cells.moment(column_of(raw, "line_item_usage_start_date")),
        "provider": ibis.literal("aws"),
        "region": cells.first_text(
            cells.text(column_of(raw, "product_region_code", "product_region")),
            cells.text(column_of(raw, "line_item_availability_zone")).re_replace("[a-f]$", ""),
        ),
        "cost": cost,
        "currency": cells.first_text(cells.text(column_of(raw, "line_item_currency_code")), ibis.literal("USD")),
        **billing.held(hours, runs, instance),
    }
    cells_of = {
        "the usage amount": (raw.line_item_usage_amount, amount),
        "the cost": (column_of(raw, "line_item_unblended_cost"), cost),
    }
    return job_table(raw, known, billing.problems(cells_of))


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """What counts as running."""
    return ("instances count where a usage type says that they ran; storage, transfer, fees and taxes are money only",)


def _tag(raw: ir.Table, tags: ir.StringValue, names: tuple[str, ...]) -> ir.StringValue:
    """From the map of the second edition, or the columns of the first (``resourceTags/user:team``)."""
    plain = [name.lower().replace("-", "_") for name in names]
    own = [
        cells.text(raw[column])
        for name in plain
        for column in (f"resource_tags_user_{name}", f"resource_tags_{name}")
        if column in raw.columns
    ]
    return cells.first_text(*own, billing.tag(tags, names))
