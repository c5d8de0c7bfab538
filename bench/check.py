"""How often `greenwright check` raises a false alarm, and whether it catches a rise of 5 %: on simulated pairs with known truth.

Noise is what shared machines have: a clock that drifts over a job, a few percent from run to run, and now and then a run that a
neighbour slows by half or more. Each kind of noise is judged on 200 checks without a change and 200 with a true rise of 5 %. Where the
answer is "cannot tell, N more repeats", the advice is followed once, and what came of it is counted.

    python bench/check.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from greenwright.budgets.decide import judge
from greenwright.records.checks import Budget, Judgement, Metric, Outcome, Repeat, Side
from greenwright.records.footprint import Supply
from greenwright.records.quantities import Grade, Quantity

RESULTS = Path(__file__).parent / "results" / "check.json"
CHECKS = 200
REPEATS = 12
RISE = 1.05
FOLLOWED = 300
"""Advice to repeat more often than this is noted, and not followed."""
NOISES = {
    "quiet, 1 %": (0.01, 0.0),
    "ordinary, 3 %": (0.03, 0.05),
    "shared, 8 %": (0.08, 0.15),
    "very noisy, 20 %": (0.20, 0.25),
}
"""Standard deviation from run to run, and the share of runs that a neighbour slows by 20 to 100 %."""
LIMITS = {"no rise at all": 0.0, "at most 2 %": 0.02}


class Pair:
    """A head and a base on one machine, whose clock drifts; ``more`` runs further repeats in turn."""

    def __init__(self, random: Random, noise: tuple[float, float], truth: float) -> None:
        self.random, self.noise, self.truth = random, noise, truth
        self.drift = 1.0
        self.base: list[Repeat] = []
        self.head: list[Repeat] = []

    def more(self, count: int) -> None:
        """Run both sides so often more."""
        for _ in range(count):
            self.drift *= self.random.lognormvariate(0, 0.02)
            self.base.append(self._run(1.0))
            self.head.append(self._run(self.truth))

    def _run(self, factor: float) -> Repeat:
        deviation, disturbed = self.noise
        joules = factor * self.drift * self.random.lognormvariate(0, deviation)
        if self.random.random() < disturbed:
            joules *= self.random.uniform(1.2, 2.0)
        energy = Quantity(value=joules, low=joules, high=joules, grade=Grade.COUNTER, source="simulated")
        return Repeat(units=1.0, duration_s=1.0, cpu_s=1.0, energy_j=energy)

    def judged(self, limit: float, *, paired: bool) -> Judgement:
        """What the check says of what was run so far."""
        budget = Budget(name="simulated", metric=Metric.ENERGY, max_rise_share=limit)
        head, base = Side(name="head", repeats=tuple(self.head)), Side(name="base", repeats=tuple(self.base), paired=paired)
        return judge(budget, head, {"base": base}, Supply())


def readings(noise: tuple[float, float], limit: float, truth: float, *, paired: bool) -> dict[str, Any]:
    random = Random(json.dumps([noise, limit, truth, paired]))
    first, after, advised = Counter[str](), Counter[str](), []
    for _ in range(CHECKS):
        pair = Pair(random, noise, truth)
        pair.more(REPEATS)
        found = pair.judged(limit, paired=paired)
        first[found.outcome] += 1
        if found.outcome is Outcome.CANNOT_TELL and found.more_repeats:
            advised.append(found.more_repeats)
        if found.outcome is Outcome.CANNOT_TELL and found.more_repeats and found.more_repeats <= FOLLOWED:
            pair.more(found.more_repeats)
            after[pair.judged(limit, paired=paired).outcome] += 1
    return {
        "first": dict(first),
        "advised_more_repeats": sorted(advised),
        "after_following_the_advice_once": dict(after),
    }


def main() -> None:
    kept: dict[str, Any] = {"checks": CHECKS, "repeats": REPEATS, "rise": RISE, "readings": []}
    print(f"{'noise':18} {'limit':15} {'design':10} {'false alarms':>13} {'5 % caught':>11} {'unclear':>8} {'missed':>7}")
    for name, noise in NOISES.items():
        for said, limit in LIMITS.items():
            for paired in (True, False) if limit else (True,):
                same = readings(noise, limit, 1.0, paired=paired)
                rise = readings(noise, limit, RISE, paired=paired)
                design = "in turn" if paired else "apart"
                kept["readings"].append(
                    {
                        "noise": name,
                        "deviation_and_disturbed": noise,
                        "limit": said,
                        "design": design,
                        "same": same,
                        "rise": rise,
                    }
                )
                shares = [
                    same["first"].get(Outcome.OVER, 0) / CHECKS,
                    *(rise["first"].get(one, 0) / CHECKS for one in (Outcome.OVER, Outcome.CANNOT_TELL, Outcome.WITHIN)),
                ]
                print(f"{name:18} {said:15} {design:10} {shares[0]:13.1%} {shares[1]:11.1%} {shares[2]:8.1%} {shares[3]:7.1%}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
