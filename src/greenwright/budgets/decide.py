"""Does a budget hold? Pure: what was measured goes in, a judgement comes out.

It is broken only where the whole interval lies past it, and kept only where none of it does; between the two nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from statistics import median

from greenwright.budgets.amounts import amount, amount_of, best_basis, grade_of, known_amount
from greenwright.budgets.quality import judge_quality
from greenwright.budgets.spread import MOST_REPEATS, more_repeats, ratio_of_two
from greenwright.meter.compare import median_interval, pairs_needed
from greenwright.records.checks import Basis, Budget, Judgement, Metric, Outcome, Side
from greenwright.records.footprint import Supply
from greenwright.records.quantities import Interval, Quantity, weakest

EXACT = {Basis.BYTES, Basis.FLOPS}
"""What does not vary from repeat to repeat: one is enough where all agree."""


def judge(budget: Budget, head: Side, others: dict[str, Side], supply: Supply, confidence: float = 0.95) -> Judgement:
    """What came of one budget, its quality condition included."""
    other = others.get(budget.against)
    if budget.max_rise_share is None:
        found = _absolute(budget, head, supply, confidence)
    elif other is None:
        found = _cannot(budget, f"there is no {budget.against} to compare with")
    else:
        found = _relative(budget, head, other, supply, confidence)
    return _with_quality(found, head, other, confidence) if budget.quality else found


def overall(judgements: Iterable[Judgement]) -> Outcome:
    """Over where any is; else nobody can tell where that is so of any."""
    found = {one.outcome for one in judgements}
    return next((one for one in (Outcome.OVER, Outcome.CANNOT_TELL) if one in found), Outcome.WITHIN)


def _absolute(budget: Budget, head: Side, supply: Supply, confidence: float) -> Judgement:
    most = budget.most
    assert most is not None
    amounts = [amount_of(budget.metric, repeat, supply) for repeat in head.repeats]
    found = [one for one in amounts if one is not None]
    if not found or len(found) < len(amounts):
        return _cannot(budget, _unknown(budget.metric, supply))
    low, mid, high = ([pick(one) for one in found] for pick in (_low, _value, _high))
    exact = budget.metric is Metric.SIZE and len(set(mid)) == 1
    if not exact and len(found) < pairs_needed(confidence):
        return _too_few(budget, len(found), confidence)
    measured = Quantity(
        value=median(mid),
        low=low[0] if exact else median_interval(low, confidence).low,
        high=high[0] if exact else median_interval(high, confidence).high,
        grade=weakest(one.grade for one in found),
        source=found[0].source,
    )
    outcome = _side_of(most, measured.low, measured.high)
    more = None
    reason = _absolute_reason(outcome)
    if outcome is Outcome.CANNOT_TELL:
        least, greatest = median(low), median(high)
        if least <= most < greatest:
            reason = f"the budget lies within the range of what was measured ({measured.grade}), which no repeat narrows"
        else:
            past = least > most
            more = more_repeats(
                len(found),
                least - most if past else most - greatest,
                least - measured.low if past else measured.high - greatest,
            )
            reason = _spread_reason(more)
    return Judgement(
        budget=budget,
        outcome=outcome,
        reason=reason,
        measured=measured,
        basis=_basis_of(budget.metric),
        grade=measured.grade,
        more_repeats=more,
    )


def _relative(budget: Budget, head: Side, other: Side, supply: Supply, confidence: float) -> Judgement:
    share = budget.max_rise_share
    assert share is not None
    if not other.repeats:
        return _against_known(budget, head, other, confidence)
    basis = budget.basis or best_basis(budget.metric, head, other)
    if basis is None:
        return _cannot(budget, "nothing was measured on both sides that could be compared")
    above, below = ([amount(repeat, basis) for repeat in side.repeats] for side in (head, other))
    heads, bases = [one for one in above if one is not None], [one for one in below if one is not None]
    if len(heads) < len(above) or len(bases) < len(below):
        return _cannot(budget, f"{basis} were not measured in every repeat of both sides")
    exact = basis in EXACT and len(set(heads)) == len(set(bases)) == 1 and bases[0] > 0
    needed = pairs_needed(confidence)
    if not exact and min(len(heads), len(bases)) < needed:
        return _too_few(budget, min(len(heads), len(bases)), confidence)
    ratio = _ratio(heads, bases, paired=other.paired, exact=exact, confidence=confidence)
    limit = 1 + share
    outcome = _side_of(limit, ratio.low, ratio.high)
    more = None
    if outcome is Outcome.CANNOT_TELL:
        past = ratio.value > limit
        half = ratio.value - ratio.low if past else ratio.high - ratio.value
        more = more_repeats(min(len(heads), len(bases)), abs(ratio.value - limit), half)
    joules = [amount_of(budget.metric, repeat, supply) for repeat in head.repeats]
    known = [one for one in joules if one is not None]
    before = [amount_of(budget.metric, repeat, supply) for repeat in other.repeats]
    return Judgement(
        budget=budget,
        outcome=outcome,
        reason=_relative_reason(outcome, other.name)
        if more is None and outcome is not Outcome.CANNOT_TELL
        else _spread_reason(more),
        measured=_median(known),
        before=median(one.value for one in before if one is not None) if any(before) else None,
        ratio=ratio,
        basis=basis,
        grade=grade_of(basis, head, other),
        more_repeats=more,
    )


def _against_known(budget: Budget, head: Side, other: Side, confidence: float) -> Judgement:
    """A released version that could not be run again has no repeats: its range stands for them."""
    below = known_amount(budget.metric, other)
    amounts = [amount_of(budget.metric, repeat, Supply()) for repeat in head.repeats]
    found = [one for one in amounts if one is not None]
    if below is None or below.low <= 0 or len(found) < len(amounts) or not found:
        return _cannot(budget, f"{other.name} cannot be run again here, and its {budget.metric} is not in the ledger")
    exact = budget.metric is Metric.SIZE
    if not exact and len(found) < pairs_needed(confidence):
        return _too_few(budget, len(found), confidence)
    low = found[0].low if exact else median_interval([one.low for one in found], confidence).low
    high = found[0].high if exact else median_interval([one.high for one in found], confidence).high
    value = median(one.value for one in found) / below.value
    ratio = Interval(value=value, low=low / below.high, high=high / below.low, confidence=confidence)
    outcome = _side_of(1 + (budget.max_rise_share or 0.0), ratio.low, ratio.high)
    reason = _relative_reason(outcome, other.name)
    if outcome is Outcome.CANNOT_TELL:
        reason = f"{other.name} cannot be run again here, and the range of what was measured then leaves both open"
    return Judgement(
        budget=budget,
        outcome=outcome,
        reason=reason,
        measured=_median(found),
        before=below.value,
        ratio=ratio,
        basis=_basis_of(budget.metric),
        grade=weakest([below.grade, *(one.grade for one in found)]),
    )


def _ratio(heads: Sequence[float], bases: Sequence[float], *, paired: bool, exact: bool, confidence: float) -> Interval:
    if exact:
        value = heads[0] / bases[0]
        return Interval(value=value, low=value, high=value, confidence=1.0)
    if paired and len(heads) == len(bases) and min(bases) > 0:
        return median_interval([above / below for above, below in zip(heads, bases, strict=True)], confidence)
    return ratio_of_two(heads, bases, confidence)


def _with_quality(found: Judgement, head: Side, other: Side | None, confidence: float) -> Judgement:
    assert found.budget.quality is not None
    quality, said = judge_quality(found.budget.quality, head, other, confidence)
    if quality is Outcome.WITHIN:
        return found
    if quality is Outcome.OVER or found.outcome is Outcome.WITHIN:
        return replace(found, outcome=quality, reason=said, more_repeats=None)
    return replace(found, reason=f"{found.reason}; and {said}")


def _side_of(most: float, low: float, high: float) -> Outcome:
    if low > most:
        return Outcome.OVER
    return Outcome.WITHIN if high <= most else Outcome.CANNOT_TELL


def _cannot(budget: Budget, reason: str) -> Judgement:
    return Judgement(budget=budget, outcome=Outcome.CANNOT_TELL, reason=reason)


def _too_few(budget: Budget, count: int, confidence: float) -> Judgement:
    more = pairs_needed(confidence) - count
    reason = f"{count} repeats give no interval of {confidence:.0%} confidence: {more} more are needed for any"
    return Judgement(budget=budget, outcome=Outcome.CANNOT_TELL, reason=reason, more_repeats=more)


def _unknown(metric: Metric, supply: Supply) -> str:
    if metric is Metric.COST and supply.price_per_kwh is None:
        return "no price of electricity is told; set price_per_kwh in [check]"
    if metric is Metric.CARBON:
        return "no place is told; set place in [check]"
    if metric is Metric.WATER:
        return "water at that place is not known; name a place whose water the catalogue has"
    return "no file is told; set size in [check]" if metric is Metric.SIZE else f"{metric} was not measured"


def _absolute_reason(outcome: Outcome) -> str:
    return "all of the interval is past the budget" if outcome is Outcome.OVER else "all of the interval is within the budget"


def _relative_reason(outcome: Outcome, name: str) -> str:
    return f"all of the interval {'is past' if outcome is Outcome.OVER else 'is within'} what may be added to {name}"


def _spread_reason(more: int | None) -> str:
    if more is None:
        return "it lies just at the budget, so that no number of repeats decides"
    if more > MOST_REPEATS:
        return f"it lies so close to the budget that some {more:,} more repeats would be needed: rather change the budget, or the work"
    return f"repeats differ too much to tell: {more} more would most likely decide"


def _median(found: Sequence[Quantity]) -> Quantity | None:
    if not found:
        return None
    picks: tuple[Callable[[Quantity], float], ...] = (_value, _low, _high)
    value, low, high = (median(pick(one) for one in found) for pick in picks)
    return Quantity(value=value, low=low, high=high, grade=weakest(one.grade for one in found), source=found[0].source)


def _value(one: Quantity) -> float:
    return one.value


def _low(one: Quantity) -> float:
    return one.low


def _high(one: Quantity) -> float:
    return one.high


def _basis_of(metric: Metric) -> Basis:
    return {Metric.SIZE: Basis.BYTES, Metric.LATENCY: Basis.SECONDS}.get(metric, Basis.JOULES)
