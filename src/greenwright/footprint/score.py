"""A score from 0 to 1 for an amount of which less is better, against what others need for the same unit of the same task.

Source: Lighthouse, https://github.com/GoogleChrome/lighthouse/blob/main/shared/statistics.js: the complementary log-normal
distribution with 0.5 at the median and 0.9 at the best tenth.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from greenwright.errors import BadInputError

BANDS = ((0.9, "good"), (0.5, "average"), (0.0, "poor"))
_TENTH = NormalDist().inv_cdf(0.9)
"""Standard deviations between the median and the best tenth."""


def score(value: float, median: float, best_tenth: float) -> float:
    """1 is best; ``median`` scores 0.5 and ``best_tenth`` 0.9. All three are of one unit.

    Raises:
        BadInputError: a negative value, or control points that are not 0 < best tenth < median.
    """
    if not 0 < best_tenth < median or not value >= 0:
        raise BadInputError(
            f"cannot score {value:g} against a median of {median:g} and a best tenth of {best_tenth:g}: "
            "no value is negative, and the best tenth lies between 0 and the median"
        )
    if value == 0:
        return 1.0
    spread = math.log(median / best_tenth) / _TENTH
    raw = 1 - NormalDist().cdf((math.log(value) - math.log(median)) / spread)
    return _held_to_its_band(raw, value, median, best_tenth)


def band(points: float) -> str:
    """The word for a score."""
    return next(word for least, word in BANDS if points >= least)


def _held_to_its_band(raw: float, value: float, median: float, best_tenth: float) -> float:
    """Rounding must not put a value at a control point into the band below."""
    if value <= best_tenth:
        return max(0.9, min(1.0, raw))
    if value <= median:
        return max(0.5, min(math.nextafter(0.9, 0), raw))
    return max(0.0, min(math.nextafter(0.5, 0), raw))
