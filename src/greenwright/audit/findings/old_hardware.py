"""Work on accelerators that need many times the joules per operation of those that can be bought or rented now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import Chip, FindingMeta, Given, Stake, Verdict
from greenwright.audit.hardware import recent_flop_per_j
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="old-hardware",
    title="Work on old accelerators",
    needs=("gpu_s",),
    wants="which accelerators were used: AllocTRES with types, instance types, or a column device",
    action="greenwright place",
    effort="medium",
    low_share=0.2,
    saving_share=0.45,
    high_share=0.8,
    grade=Grade.MODELLED,
    source="operations per joule at the vendors' peaks; real work reaches a part of either peak; what making new ones emits comes on top",
)
OLD_RATIO = 3.0
"""Times less operations per joule than what can be had now."""
DISCOUNT = 0.5
"""Of the gain at the peak, what real work keeps."""


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:
    """All of a job on an accelerator that needs at least three times the joules per operation."""
    old = [name for name, chip in given.hardware.items() if _times_worse(chip) >= OLD_RATIO]
    return ibis.ifelse(jobs.hardware.isin(old), 1.0, 0.0) if old else ibis.literal(0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:
    """Send long work to newer ones, and keep the old for what is short or waits."""
    old = sorted((chip for chip in given.hardware.values() if _times_worse(chip) >= OLD_RATIO), key=_times_worse)
    names = ", ".join(f"{chip.name} ({chip.year})" if chip.year else chip.name for chip in old[:4])
    possible = 1 - 1 / min(_times_worse(chip) for chip in old)
    return Verdict(
        says=f"{stake.gpu_s / 3600:,.0f} hours ran on {names}, which do a third or less of the operations per joule that newer ones do.",
        advice="Place long training on newer accelerators, rented if not owned. A device that is bought for it must also repay its making.",
        low_share=META.low_share,
        saving_share=max(META.low_share, possible * DISCOUNT),
        high_share=max(META.low_share, possible),
    )


def _times_worse(chip: Chip) -> float:
    return recent_flop_per_j() / chip.flop_per_j if chip.flop_per_j else 0.0
