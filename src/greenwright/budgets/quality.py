"""Does the quality hold that a budget asks for? Pure."""

from __future__ import annotations

from statistics import median

from greenwright.meter.compare import median_interval, pairs_needed
from greenwright.records.checks import Outcome, QualityCondition, Side


def judge_quality(condition: QualityCondition, head: Side, other: Side | None, confidence: float) -> tuple[Outcome, str]:
    """Whether the condition holds, and the sentence that says so. Repeats that all agree are one exact number."""
    name = condition.metric
    own = _range(head, name, confidence)
    if own is None:
        return Outcome.CANNOT_TELL, f"the command told no {name}, on which this budget depends"
    sign = 1.0 if condition.higher_is_better else -1.0
    found = [Outcome.WITHIN]
    said = [f"{name} holds"]
    if condition.min_quality is not None:
        needed = sign * condition.min_quality
        lowest, highest = sorted((sign * own[0], sign * own[1]))
        found.append(_outcome(lowest >= needed, highest < needed))
        said.append(
            f"{name} is {_text(own)}, and {'at least' if sign > 0 else 'at most'} {condition.min_quality:g} is asked for"
        )
    if condition.max_drop is not None:
        before = _range(other, name, confidence) if other else None
        if before is None:
            return (
                Outcome.CANNOT_TELL,
                f"{name} of {other.name if other else 'the base'} is not known, so nobody can tell what was lost",
            )
        drops = [sign * (then - now) for then in before for now in own]
        found.append(_outcome(max(drops) <= condition.max_drop, min(drops) > condition.max_drop))
        said.append(f"{name} went from {_text(before)} to {_text(own)}, and may lose at most {condition.max_drop:g}")
    worst = next((one for one in (Outcome.OVER, Outcome.CANNOT_TELL) if one in found), Outcome.WITHIN)
    return worst, said[found.index(worst)]


def _range(side: Side, name: str, confidence: float) -> tuple[float, float] | None:
    values = [repeat.quality[name] for repeat in side.repeats if name in repeat.quality]
    if not side.repeats and name in side.quality:
        values = [side.quality[name]]
    if not values or len(values) < len(side.repeats):
        return None
    if len(set(values)) == 1:
        return values[0], values[0]
    if len(values) < pairs_needed(confidence):
        return min(values), max(values)
    interval = median_interval(values, confidence)
    return interval.low, interval.high


def _outcome(holds: bool, broken: bool) -> Outcome:  # noqa: FBT001 - two sides of one comparison
    if holds:
        return Outcome.WITHIN
    return Outcome.OVER if broken else Outcome.CANNOT_TELL


def _text(found: tuple[float, float]) -> str:
    return f"{found[0]:.6g}" if found[0] == found[1] else f"{median(found):.6g} ({found[0]:.6g} to {found[1]:.6g})"
