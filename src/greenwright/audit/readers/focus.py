"""Bills in the FOCUS format, of any provider, as CSV or Parquet.

FOCUS has no column for the instance type: it stands inside ``SkuMeter`` (``EUW2-BoxUsage:t3.xlarge``), ``SkuPriceDetails`` or the
charge's description. Commitments are paid for in rows of their own; effective cost counts each use once.
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
    id="focus",
    title="a bill in the FOCUS format",
    says="what was rented, where, how long, for whom, at what cost",
    leaves_out="utilisation, how jobs ended, energy: power comes from the catalogue",
    source="https://focus.finops.org/focus-specification/",
)


def recognise(seen: Look) -> bool:
    """Its costs and charge categories, under their names."""
    return seen.has("billed_cost", "charge_category") or seen.has("effective_cost", "charge_category", "service_name")


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a charge; what rents no instance is money only."""
    quantity_cell = column_of(raw, "consumed_quantity", "usage_quantity", "pricing_quantity")
    cost_cell = column_of(raw, "effective_cost", "billed_cost")
    quantity, cost = cells.number(quantity_cell), cells.number(cost_cell)
    unit = cells.text(column_of(raw, "consumed_unit", "usage_unit", "pricing_unit"))
    texts = [
        cells.text(column_of(raw, name))
        for name in ("x_instance_type", "sku_meter", "sku_price_details", "charge_description", "sku_id", "resource_name")
    ]
    tags, service = cells.text(column_of(raw, "tags")), cells.text(column_of(raw, "service_name"))
    usage = billing.is_usage(cells.text(column_of(raw, "charge_category")))
    started = cells.moment(column_of(raw, "charge_period_start"))
    known: dict[str, ir.Value] = {
        "job_id": cells.text(column_of(raw, "resource_id")),
        "name": cells.first_text(cells.text(column_of(raw, "resource_name")), service),
        "team": cells.first_text(
            billing.tag(tags, billing.TEAM_TAGS), cells.text(column_of(raw, "sub_account_name", "sub_account_id"))
        ),
        "project": cells.first_text(billing.tag(tags, billing.PROJECT_TAGS), service),
        "model": billing.tag(tags, billing.MODEL_TAGS),
        "phase": cells.first_text(billing.tag(tags, billing.PHASE_TAGS), billing.phase(*texts, service)),
        "started_at": started,
        "provider": cells.text(column_of(raw, "provider_name", "service_provider_name", "publisher_name")),
        "region": cells.text(column_of(raw, "region_id", "region", "region_name")),
        "cost": cost,
        "currency": cells.first_text(cells.text(column_of(raw, "billing_currency")), ibis.literal("USD")),
        **billing.held(billing.seconds(quantity, unit), usage, billing.instance_in(*texts)),
    }
    return job_table(raw, known, billing.problems({"the quantity": (quantity_cell, quantity), "the cost": (cost_cell, cost)}))


def notes(seen: Look) -> tuple[str, ...]:
    """Which cost counts."""
    which = "EffectiveCost" if seen.has("effective_cost") else "BilledCost"
    return (f"cost is {which}; rows that rent no instance are money only, and their energy is not known",)
