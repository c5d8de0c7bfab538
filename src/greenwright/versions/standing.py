"""What keeping a version served costs while nobody calls it, from runs that measured just that."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from greenwright.records.quantities import Quantity, weakest

if TYPE_CHECKING:
    from greenwright.ledger.store import Ledger
    from greenwright.records.energy import Window

IDLE = "idle"
"""The phase of a run that measured a version waiting."""


def standing_w(ledger: Ledger, project: str) -> dict[tuple[str, str], Quantity]:
    """Mean power by model and version, over all windows of runs of phase idle."""
    from greenwright.ledger.runs import all_runs, windows_of

    found: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for run in all_runs(ledger, project=project):
        if run.about.phase == IDLE and run.about.version:
            found[run.about.model, run.about.version] += windows_of(ledger, run.id)
    return {which: _power(windows) for which, windows in found.items() if math.fsum(one.duration_s for one in windows) > 0}


def _power(windows: list[Window]) -> Quantity:
    duration_s = math.fsum(one.duration_s for one in windows)
    return Quantity(
        value=math.fsum(one.energy_j.value for one in windows) / duration_s,
        low=math.fsum(one.energy_j.low for one in windows) / duration_s,
        high=math.fsum(one.energy_j.high for one in windows) / duration_s,
        grade=weakest(one.energy_j.grade for one in windows),
        source=f"measured while it waited, for {duration_s:.0f} s",
    )
