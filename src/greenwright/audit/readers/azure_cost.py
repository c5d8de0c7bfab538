"""Azure's cost details, as CSV or Parquet: the size of the machine stands in ``AdditionalInfo``, or else in the meter's name."""

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
    id="azure-cost",
    title="Azure's cost details",
    says="which size of machine ran, where, how long, for which subscription and tags, at what cost",
    leaves_out="utilisation, how jobs ended, energy: power comes from the catalogue",
    source="https://learn.microsoft.com/en-us/azure/cost-management-billing/automate/understand-usage-details-fields",
)
_SIZE = r'"ServiceType"\s*:\s*"([^"]+)"'


def recognise(seen: Look) -> bool:
    """Meters with a quantity."""
    return seen.has("meter_category", "quantity") or seen.has("meter_category", "meter_name", "usage_quantity")


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a meter's use; what rents no machine is money only."""
    quantity_cell = column_of(raw, "quantity", "usage_quantity")
    cost_cell = column_of(raw, "cost_in_billing_currency", "cost", "pre_tax_cost", "extended_cost")
    quantity, cost = cells.number(quantity_cell), cells.number(cost_cell)
    category, meter = cells.text(raw.meter_category), cells.text(column_of(raw, "meter_name"))
    more, tags = cells.text(column_of(raw, "additional_info")), cells.text(column_of(raw, "tags"))
    product = cells.text(column_of(raw, "product_name", "product", "meter_sub_category"))
    size = cells.first_text(billing.found_in(more, _SIZE), billing.instance_in(meter, product))
    ran = billing.is_usage(cells.text(column_of(raw, "charge_type"))) & category.lower().re_search(
        "virtual machines|machine learning|batch|container"
    )
    known: dict[str, ir.Value] = {
        "job_id": cells.text(column_of(raw, "resource_id", "instance_id")),
        "name": cells.first_text(cells.text(column_of(raw, "resource_name")), meter),
        "team": cells.first_text(
            billing.tag(tags, billing.TEAM_TAGS),
            cells.text(column_of(raw, "cost_center")),
            cells.text(column_of(raw, "subscription_name", "subscription_id")),
        ),
        "project": cells.first_text(
            billing.tag(tags, billing.PROJECT_TAGS), cells.text(column_of(raw, "resource_group", "resource_group_name"))
        ),
        "model": billing.tag(tags, billing.MODEL_TAGS),
        "phase": cells.first_text(billing.tag(tags, billing.PHASE_TAGS), billing.phase(meter, category)),
        "started_at": cells.moment(column_of(raw, "date", "usage_date", "usage_date_time")),
        "provider": ibis.literal("azure"),
        "region": cells.text(column_of(raw, "resource_location", "resource_location_normalized", "meter_region")),
        "cost": cost,
        "currency": cells.first_text(
            cells.text(column_of(raw, "billing_currency", "billing_currency_code", "currency")), ibis.literal("USD")
        ),
        **billing.held(billing.seconds(quantity, cells.text(column_of(raw, "unit_of_measure"))), ran, size),
    }
    return job_table(raw, known, billing.problems({"the quantity": (quantity_cell, quantity), "the cost": (cost_cell, cost)}))


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """What counts as running."""
    return ("machines count where a meter of virtual machines or machine learning ran; everything else is money only",)
