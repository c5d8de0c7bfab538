"""What grids have in common: the weights that a forecast of a zone starts from, before the zone has shown anything of its own.

``python bench/forecast_habits.py --data GRID`` fits them on every series of the folder GRID, each land counting as much as any other, and
writes ``src/greenwright/catalogue/data/forecast_habits.toml``. The range of a weight spans the fits that leave one land out; those are
what ``oracle_share.py`` judges with, so that no land is judged with weights that it helped to fit.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from greenwright.grid.forecast import habits
from greenwright.grid.forecast.columns import HABIT, NEEDED_H
from greenwright.grid.forecast.hours import DAY_H, Floats, Hours
from greenwright.grid.forecast.ridge import sums
from series import every_series

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "greenwright" / "catalogue" / "data" / "forecast_habits.toml"
EVERY_H = 3
PENALTY = 0.005
"""Against the sum of squares of a standardised column."""
HEAD = """# What grids have in common: how the hours to come follow from a zone's own, before the zone has shown anything of itself.
# Refit with: python bench/forecast_habits.py

unit    = "share_per_share"
scope   = "weight of a column of greenwright/grid/forecast/habits.py; from the least to the greatest when one land is left out"
source  = "bench/forecast_habits.py: ridge over {count} series of {lands} lands, 2019-2023, Electricity Maps, CarbonCast, ENTSO-E, NESO"
url     = "https://github.com/umassos/pause-resume"
year    = 2023
checked = {today}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one series shows: sums of squares and products, as shares of its own variance."""

    land: str
    gram: Floats
    target: Floats


def seen(name: str, hours: Hours) -> Seen | None:
    """None where no window is wholly known."""
    plain = replace(hours, weather=np.empty((hours.count, 0)))
    begins = np.arange(NEEDED_H, hours.count - DAY_H + 1, EVERY_H)
    begins = begins[[bool(hours.known[one : one + DAY_H].all()) for one in begins]]
    if not len(begins):
        return None
    columns, level = habits.columns(plain, begins, DAY_H)
    target = hours.intensity[begins[:, None] + np.arange(DAY_H)] / level[:, None] - columns[..., HABIT]
    apart = target - target.mean(axis=1, keepdims=True)
    found = sums(columns[..., habits.SHARED], target, day_count=1.0)
    scale = float((apart**2).sum())
    return Seen(land=land(name), gram=found.within / scale, target=found.within_target / scale)


def land(name: str) -> str:
    """``"live US-CAL-CISO"`` lies in ``"US"``."""
    return name.rsplit(maxsplit=1)[-1].partition("-")[0]


def shared(every: Mapping[str, Seen], without: str = "") -> Floats:
    """The weights that fit best over all series but those of one land."""
    kept = [one for one in every.values() if one.land != without]
    counts = Counter(one.land for one in kept)
    gram = np.sum([one.gram / counts[one.land] for one in kept], axis=0)
    target = np.sum([one.target / counts[one.land] for one in kept], axis=0)
    spread = np.sqrt(np.diag(gram))
    standard = gram / np.outer(spread, spread) + PENALTY * np.eye(len(gram))
    return np.asarray(np.linalg.solve(standard, target / spread) / spread)


def main() -> int:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("GREENWRIGHT_DATA", str(HERE.parents[1] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default) / "grid", help="the folder of features/ and the series")
    found = {name: one for name, hours, _ in every_series(parser.parse_args().data) if (one := seen(name, hours)) is not None}
    lands = sorted({one.land for one in found.values()})
    weights = shared(found)
    each = np.array([weights, *(shared(found, without) for without in lands)])
    text = HEAD.format(count=len(found), lands=len(lands), today=datetime.now(UTC).date().isoformat())
    for name, value, low, high in zip(habits.NAMES, weights, each.min(axis=0), each.max(axis=0), strict=True):
        text += f'\n[[entry]]\nkey   = "{name}"\nvalue = {value:.5g}\nlow   = {low:.5g}\nhigh  = {high:.5g}\n'
        print(f"{name:28}{value:9.4f}{low:9.4f}{high:9.4f}")
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
