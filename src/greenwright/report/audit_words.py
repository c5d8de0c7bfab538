"""An audit in words: rows for the terminal, for Markdown and for the page. Pure: a record goes in, words come out."""

from __future__ import annotations

from collections.abc import Sequence

from greenwright.records.audit import AuditRecord, Hotspot, Impact, Realised, Side
from greenwright.records.quantities import Quantity
from greenwright.report.words import count_text, share_text, watt_hours_text
from greenwright.units import S_PER_H

_CARBON = ((1e6, "t"), (1e3, "kg"), (1.0, "g"), (1e-3, "mg"))
_WATER = ((1e3, "m³"), (1.0, "l"), (1e-3, "ml"))


def headline(record: AuditRecord) -> str:
    """One sentence: what was taken, and what can be saved."""
    total = record.total
    energy = watt_hours_text(total.energy_j.value) if total.energy_j else "an unknown amount of energy"
    taken = f"{count_text(total.job_count)} job{'' if total.job_count == 1 else 's'} took {energy}"
    if total.carbon_g:
        taken += f" and emitted {carbon_text(total.carbon_g.value)} CO2e"
    return taken


def carbon_text(carbon_g: float) -> str:
    """Grams as people read them: ``"2.63 t"``."""
    return _amount(carbon_g, _CARBON)


def water_text(water_l: float) -> str:
    """Litres as people read them."""
    return _amount(water_l, _WATER)


def hours_text(duration_s: float) -> str:
    """Seconds of a device as hours."""
    return (
        f"{count_text(duration_s / S_PER_H)} h" if duration_s >= S_PER_H or duration_s == 0 else f"{duration_s / S_PER_H:.2g} h"
    )


def money_text(costs: dict[str, float]) -> str:
    """Each currency for itself."""
    return ", ".join(f"{cost:,.0f} {currency}" for currency, cost in sorted(costs.items()))


def energy_span(quantity: Quantity) -> str:
    """``"1.2 to 3.4 MWh"``."""
    return f"{watt_hours_text(quantity.low)} to {watt_hours_text(quantity.high)}"


def carbon_span(quantity: Quantity) -> str:
    """Likewise for carbon."""
    return f"{carbon_text(quantity.low)} to {carbon_text(quantity.high)}"


def total_rows(record: AuditRecord) -> list[tuple[str, ...]]:
    """The whole, a row a measure, each with its range and grade."""
    total = record.total
    rows: list[tuple[str, ...]] = []
    for name, quantity in (("energy, computers", total.it_energy_j), ("energy, hall", total.energy_j)):
        if quantity:
            rows.append((name, watt_hours_text(quantity.value), energy_span(quantity), quantity.grade.value))
    for name, quantity in (("carbon, location-based", total.carbon_g), ("carbon of making", total.embodied_g)):
        if quantity:
            rows.append((name, carbon_text(quantity.value), carbon_span(quantity), quantity.grade.value))
    if total.water_l:
        span = f"{water_text(total.water_l.low)} to {water_text(total.water_l.high)}"
        rows.append(("water", water_text(total.water_l.value), span, total.water_l.grade.value))
    rows.append(("accelerators", hours_text(total.gpu_s)))
    if total.costs:
        rows.append(("cost", money_text(total.costs)))
    rows.append(("measured", f"{share_text(total.measured_share)} of the computers' energy; the rest is modelled"))
    if record.first_day:
        rows.append(("days", f"{record.first_day} to {record.last_day or record.first_day}"))
    return rows


def source_rows(record: AuditRecord) -> list[tuple[str, ...]]:
    """What became of every row."""
    rows: list[tuple[str, ...]] = []
    for one in record.sources:
        parts = [f"{one.row_count:,} rows", f"{one.job_count:,} jobs"]
        parts += [f"{one.folded_count:,} rows folded into others"] if one.folded_count else []
        parts += [f"{one.rejected_count:,} rejected"] if one.rejected_count else []
        rows.append((one.source, one.title, ", ".join(parts)))
    return rows


def doubt_rows(record: AuditRecord) -> list[tuple[str, ...]]:
    """Mistakes that sources bring with them, and what was done about each."""
    return [(doubt.where, f"{doubt.says}: {doubt.mend}", doubt.guard) for one in record.sources for doubt in one.doubts]


def side_rows(side: Side, count: int) -> list[tuple[str, ...]]:
    """The largest values of one side, and the rest."""
    whole = sum(one.impact.energy_j.value for one in side.slices if one.impact.energy_j)
    whole += side.other.energy_j.value if side.other and side.other.energy_j else 0.0
    ordered = sorted(side.slices, key=lambda one: one.name) if side.dimension == "month" else side.slices
    rows: list[tuple[str, ...]] = [(one.name, *impact_cells(one.impact, whole)) for one in ordered[:count]]
    more = len(side.slices) - len(rows) + side.other_count
    return [*rows, (f"{more:,} more",)] if more > 0 else rows


def impact_cells(impact: Impact, whole_j: float) -> tuple[str, ...]:
    """Energy with its share, carbon, hours of accelerators, jobs and money, where there are any."""
    energy = watt_hours_text(impact.energy_j.value) if impact.energy_j else "energy unknown"
    share = share_text(impact.energy_j.value / whole_j) if impact.energy_j and whole_j else ""
    carbon = f"{carbon_text(impact.carbon_g.value)} CO2e" if impact.carbon_g else ""
    return (energy, share, carbon, hours_text(impact.gpu_s), f"{impact.job_count:,} jobs", money_text(impact.costs))


def opportunity_rows(record: AuditRecord) -> list[tuple[str, ...]]:
    """What to do, what it can be expected to save, and with what effort."""
    return [
        (one.title, saving_text(one), one.opportunity.action, f"{one.opportunity.effort} effort")
        for one in record.hotspots
        if one.opportunity
    ]


def saving_text(one: Hotspot) -> str:
    """``"saves about 1.2 MWh (0.3 to 4.5 MWh), assumed"``."""
    do = one.opportunity
    if do is None:
        return ""
    if do.saving_j.high > 0:
        return f"saves about {watt_hours_text(do.saving_j.value)} ({energy_span(do.saving_j)}), {do.saving_j.grade.value}"
    if do.saving_g:
        return f"saves about {carbon_text(do.saving_g.value)} CO2e ({carbon_span(do.saving_g)}), {do.saving_g.grade.value}"
    return ""


def realised_text(realised: Sequence[Realised]) -> str:
    """What changes of the same kind saved in this ledger."""
    if not realised:
        return "nothing of this kind has been realised in this ledger yet"
    one = realised[0]
    return (
        f"{one.case_count} change{'' if one.case_count == 1 else 's'} of this kind saved {share_text(one.saving_share)} "
        f"({share_text(one.low_share)} to {share_text(one.high_share)}) in this ledger"
    )


def _amount(value: float, scale: Sequence[tuple[float, str]]) -> str:
    if value == 0:
        return f"0 {scale[-2][1]}"
    size, name = next(((size, name) for size, name in scale if abs(value) >= size * 0.9995), scale[-1])
    return f"{float(f'{value / size:.3g}'):,.10g} {name}"
