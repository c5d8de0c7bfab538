"""Add jobs up: the whole, and from each side; one pass each, whatever the engine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ibis

from greenwright.audit.energy import RANK_UNKNOWN
from greenwright.audit.spreads import ENDS
from greenwright.records.audit import Impact, Side, Slice
from greenwright.records.quantities import Grade, Quantity

if TYPE_CHECKING:
    import ibis.expr.types as ir

DIMENSIONS = ("team", "project", "model", "hardware", "phase", "month", "place")
TOP_COUNT = 50
"""Values of one side that are listed; the rest is added up."""
UNSAID = "not said"
SPREADS = (("it", "_j"), ("hall", "_j"), ("carbon", "_g"), ("water", "_l"), ("embodied", "_g"))
ADDED = (
    *("gpu_s", "cpu_s", "measured_j", "grade_rank", "cost", "currency"),
    *(f"{stem}{end}{unit}" for stem, unit in SPREADS for end in ENDS),
)
"""Columns that sums are made of."""


def sums(jobs: ir.Table, currencies: Sequence[str]) -> dict[str, ir.Value]:
    """Everything an ``Impact`` is made of."""
    found = {f"{stem}{end}{unit}": jobs[f"{stem}{end}{unit}"].sum() for stem, unit in SPREADS for end in ENDS}
    costs = {f"cost_{at}": jobs.cost.sum(where=jobs.currency == one) for at, one in enumerate(currencies)}
    return {
        "job_count": jobs.count(),
        "known_count": jobs.it_j.notnull().sum(),
        "gpu_s": jobs.gpu_s.sum(),
        "cpu_s": jobs.cpu_s.sum(),
        "measured_j": jobs.measured_j.sum(),
        "grade_rank": jobs.grade_rank.max(where=jobs.it_j > 0),
        **found,
        **costs,
    }


def impact(row: Mapping[str, Any], currencies: Sequence[str], source: str) -> Impact:
    """What one row of sums says."""
    grade = _grade(row["grade_rank"])
    amounts = {f"{stem}{unit}": _quantity(row, stem, unit, grade, source) for stem, unit in SPREADS}
    it = amounts["it_j"]
    return Impact(
        job_count=int(row["job_count"]),
        gpu_s=_number(row["gpu_s"]),
        cpu_s=_number(row["cpu_s"]),
        it_energy_j=it,
        energy_j=amounts["hall_j"],
        carbon_g=amounts["carbon_g"],
        water_l=amounts["water_l"],
        embodied_g=amounts["embodied_g"],
        costs={one: cost for at, one in enumerate(currencies) if (cost := _number(row[f"cost_{at}"]))},
        measured_share=min(1.0, _number(row["measured_j"]) / it.value) if it and it.value > 0 else 0.0,
        known_share=int(row["known_count"] or 0) / int(row["job_count"]) if row["job_count"] else 0.0,
    )


def side(jobs: ir.Table, dimension: str, currencies: Sequence[str], total: Impact, source: str) -> Side | None:
    """The whole cut along one dimension; None where nobody says anything about it."""
    cut = jobs.select(*ADDED, cut=ibis.ifelse(jobs[dimension] == "", UNSAID, jobs[dimension]))
    grouped = cut.group_by("cut").aggregate(**sums(cut, currencies))
    biggest = grouped.order_by(ibis.desc(grouped.hall_j.fill_null(0.0)), ibis.desc(grouped.job_count), grouped.cut).limit(
        TOP_COUNT
    )
    rows = biggest.to_pyarrow().to_pylist()
    if not rows or (len(rows) == 1 and rows[0]["cut"] == UNSAID):
        return None
    slices = tuple(Slice(name=str(row["cut"]), impact=impact(row, currencies, source)) for row in rows)
    if len(rows) < TOP_COUNT:
        return Side(dimension=dimension, slices=slices)
    listed = sum(one.impact.job_count for one in slices)
    count = int(cut.cut.nunique().execute()) - TOP_COUNT
    if count <= 0 or listed >= total.job_count:
        return Side(dimension=dimension, slices=slices)
    return Side(dimension=dimension, slices=slices, other_count=count, other=_rest(total, slices))


def _rest(total: Impact, slices: Sequence[Slice]) -> Impact:
    listed = [one.impact for one in slices]
    costs = {one: cost - sum(of.costs.get(one, 0.0) for of in listed) for one, cost in total.costs.items()}
    return Impact(
        job_count=total.job_count - sum(one.job_count for one in listed),
        gpu_s=max(0.0, total.gpu_s - math.fsum(one.gpu_s for one in listed)),
        cpu_s=max(0.0, total.cpu_s - math.fsum(one.cpu_s for one in listed)),
        it_energy_j=_less(total.it_energy_j, [one.it_energy_j for one in listed]),
        energy_j=_less(total.energy_j, [one.energy_j for one in listed]),
        carbon_g=_less(total.carbon_g, [one.carbon_g for one in listed]),
        water_l=_less(total.water_l, [one.water_l for one in listed]),
        embodied_g=_less(total.embodied_g, [one.embodied_g for one in listed]),
        costs=costs,
        measured_share=total.measured_share,
        known_share=total.known_share,
    )


def _less(quantity: Quantity | None, quantities: Sequence[Quantity | None]) -> Quantity | None:
    if quantity is None:
        return None
    known = [one for one in quantities if one is not None]
    ends = [
        max(0.0, getattr(quantity, end) - math.fsum(getattr(one, end) for one in known)) for end in ("low", "value", "high")
    ]
    low, value, high = sorted(ends)
    return Quantity(value=value, low=low, high=high, grade=quantity.grade, source=quantity.source)


def _quantity(row: Mapping[str, Any], stem: str, unit: str, grade: Grade, source: str) -> Quantity | None:
    value, low, high = (row[f"{stem}{end}{unit}"] for end in ENDS)
    if value is None or math.isnan(value):
        return None
    low, high = min(_number(low), value), max(_number(high), value)
    return Quantity(value=float(value), low=low, high=high, grade=grade, source=source)


def _grade(rank: Any) -> Grade:
    known = list(Grade)
    return Grade.ASSUMED if rank is None or int(rank) >= RANK_UNKNOWN else known[int(rank)]


def _number(value: Any) -> float:
    return 0.0 if value is None or math.isnan(value) else float(value)
