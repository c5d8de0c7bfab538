"""Where requests are answered: each hour's requests go to the regions where a unit of work emits least, within latency and capacity.

Two programmes a plan: the least carbon there is; then, of all ways to reach it, the one with the least latency.

Source: Souza et al., "CASPER: Carbon-Aware Scheduling and Provisioning for Distributed Web Services" (2023),
https://arxiv.org/abs/2403.14792; breaking ties by latency is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from greenwright.errors import BadInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CARBON_SLACK_SHARE = 1e-7
"""By so much the second programme may miss the first one's carbon: its own rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balanced:
    """Where one hour's requests go."""

    answered: Array
    """(from, to): requests."""
    emitted_g: float
    """With intensities per unit of work taken as grams."""
    latency_s: float
    """Mean over requests."""


def balance(  # noqa: PLR0913 - an hour of requests
    requests: Array, intensity: Array, latency_s: Array, capacity: Array, limit_s: float, *, break_ties: bool = True
) -> Balanced:
    """Send the requests of one hour.

    Args:
        requests: (regions,) that arise in each region.
        intensity: (regions,) grams per request answered there.
        latency_s: (from, to).
        capacity: (regions,) requests that can be answered in each.
        limit_s: Requests go nowhere that is farther.
        break_ties: Of all ways with the least carbon, take the one with the least latency; else whichever is found.

    Raises:
        BadInputError: there is not enough capacity within the limit.
    """
    import numpy as np
    from scipy.optimize import linprog

    regions = len(requests)
    near = (latency_s <= limit_s).ravel()
    pairs = near.nonzero()[0]
    sent = np.zeros((regions, len(pairs)))
    sent[pairs // regions, np.arange(len(pairs))] = 1.0
    taken = np.zeros((regions, len(pairs)))
    taken[pairs % regions, np.arange(len(pairs))] = 1.0
    price = intensity[pairs % regions]
    rows: dict[str, Any] = {"A_ub": taken, "b_ub": capacity, "A_eq": sent, "b_eq": requests, "method": "highs"}
    found = linprog(price, **rows)
    if found.status != 0:
        raise BadInputError(
            f"{requests.sum():g} requests do not fit within {limit_s * 1e3:g} ms: raise the limit or the capacity ({capacity.sum():g})"
        )
    answer = found.x
    if break_ties:
        rows |= {
            "A_ub": np.vstack([taken, price]),
            "b_ub": np.append(capacity, found.fun * (1 + CARBON_SLACK_SHARE) + 1e-9),
        }
        second = linprog(latency_s.ravel()[pairs], **rows)
        answer = second.x if second.status == 0 else answer
    answered = np.zeros(regions * regions)
    answered[pairs] = answer
    return Balanced(
        answered=answered.reshape(regions, regions),
        emitted_g=float(price @ answer),
        latency_s=float(latency_s.ravel()[pairs] @ answer / requests.sum()) if requests.sum() else 0.0,
    )
