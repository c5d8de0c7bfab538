"""Work in places whose electricity emits far more than another region of the same provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Spot, Stake, Verdict
from greenwright.catalogue.places import regions
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.catalogue.places import Place

META = FindingMeta(
    id="dirty-regions",
    title="Work in regions with dirty electricity",
    needs=("region|country",),
    wants="where jobs ran: a region in bills, or a column region or country",
    action="greenwright place",
    effort="medium",
    low_share=0.3,
    saving_share=0.6,
    high_share=0.9,
    grade=Grade.MODELLED,
    source="yearly averages of both grids; the move itself, latency and where data may lie are not in it",
)
DIRTY_G_PER_KWH = 300.0
"""Above this a grid counts as dirty, if the provider has a cleaner one."""
CLEANER_RATIO = 0.5
CLEAN_RANK = 3
"""The third cleanest region stands for "a cleaner one": the cleanest may be full, or small."""


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:
    """All of a job in a dirty region whose provider has one of half the intensity."""
    dirty = [spot.name for spot in given.places.values() if _is_dirty(spot)]
    return ibis.ifelse(jobs.place.isin(dirty), 1.0, 0.0) if dirty else ibis.literal(0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:
    """Move what need not be near its users."""
    dirty = sorted((one for one in given.places.values() if _is_dirty(one)), key=lambda one: -one.intensity_g_per_kwh.value)
    clean = _clean(dirty[0].provider)
    assert clean is not None  # part saw to it
    mean = sum(one.intensity_g_per_kwh.value for one in dirty) / len(dirty)
    saved = 1 - clean.intensity_g_per_kwh.value / mean
    names = ", ".join(f"{one.name} ({one.intensity_g_per_kwh.value:.0f} g/kWh)" for one in dirty[:3])
    return Verdict(
        says=f"{stake.job_count:,} jobs ran in {names}; {clean.key} has {clean.intensity_g_per_kwh.value:.0f} g/kWh.",
        advice=f"Move training and batch work, for instance to {clean.key}; leave what must be near its users.",
        low_share=saved * 0.3,
        saving_share=saved * 0.6,
        high_share=saved,
        saves_carbon_only=True,
    )


def _is_dirty(spot: Spot) -> bool:
    if not spot.known or spot.intensity_g_per_kwh.value < DIRTY_G_PER_KWH:
        return False
    clean = _clean(spot.provider)
    return clean is not None and clean.intensity_g_per_kwh.value <= CLEANER_RATIO * spot.intensity_g_per_kwh.value


def _clean(provider: str) -> Place | None:
    """A clean region of the same cloud; of any cloud, where the work is in nobody's."""
    ranked = sorted(
        (one for one in regions() if provider in {"", one.provider} and one.known),
        key=lambda one: one.intensity_g_per_kwh.value,
    )
    return ranked[min(CLEAN_RANK, len(ranked)) - 1] if ranked else None
