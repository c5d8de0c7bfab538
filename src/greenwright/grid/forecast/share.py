"""Judge forecasts by what they are for: the share of the oracle's saving that a job catches by waiting where they say.

The oracle knows every hour of the window. A forecast with a small error may be worthless here, and one with a large error perfect,
because only the order of the hours decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from greenwright.grid.forecast.hours import Floats
from greenwright.grid.forecast.walk import chosen, job_means


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleShare:
    """How a forecast did over many windows, in emissions per kWh of a steady job."""

    windows_count: int
    oracle_saving_share: float
    """What perfect knowledge saves against running at once."""
    saving_share: float
    """What the forecast saves; below 0 where it does harm."""
    captured_share: float
    """The second over the first; 0 where there is nothing to save."""


def oracle_share(truth: Floats, said: Floats, job_h: int) -> OracleShare:
    """Over windows whose every hour is known; rows are windows, columns hours."""
    whole = np.isfinite(truth).all(axis=1)
    means = job_means(truth[whole], job_h)
    now, best, got = (
        float(means[:, 0].sum()),
        float(means.min(axis=1).sum()),
        float(chosen(truth[whole], said[whole], job_h).sum()),
    )
    if not now:
        return OracleShare(windows_count=0, oracle_saving_share=0.0, saving_share=0.0, captured_share=0.0)
    return OracleShare(
        windows_count=int(whole.sum()),
        oracle_saving_share=(now - best) / now,
        saving_share=(now - got) / now,
        captured_share=(now - got) / (now - best) if now > best else 0.0,
    )
