"""Why the head needs more than the base, as far as what was measured says. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from greenwright.budgets.amounts import typical
from greenwright.records.checks import Basis, Change, Side

TELLING_SHARE = 0.01
"""A difference below this explains nothing."""
_FEW = 3


def causes(head: Side, base: Side, change: Change) -> Iterator[str]:
    """Sentences, from what was measured to what was merely changed."""
    ratios = {basis: _ratio(head, base, basis) for basis in Basis}
    yield from _work(ratios)
    yield from _phases(head, base)
    if (size := ratios[Basis.BYTES]) is not None and abs(size - 1) >= TELLING_SHARE:
        yield f"the file is {_percent(size)}"
    if change.packages:
        yield f"packages changed: {', '.join(change.packages)}"
    if change.files:
        named = ", ".join(f"{name} ({count} lines)" for name, count in change.files[:_FEW])
        more = len(change.files) - _FEW
        yield f"files changed: {named}{f' and {more} more' if more > 0 else ''}"


def _work(ratios: dict[Basis, float | None]) -> Iterator[str]:
    """More work, or the same work done worse."""
    done = next((basis for basis in (Basis.FLOPS, Basis.INSTRUCTIONS) if ratios[basis] is not None), None)
    cpu, seconds, joules = ratios[Basis.CPU_TIME], ratios[Basis.SECONDS], ratios[Basis.JOULES]
    for basis in (Basis.FLOPS, Basis.INSTRUCTIONS, Basis.CPU_TIME):
        ratio = ratios[basis]
        if ratio is not None and abs(ratio - 1) >= TELLING_SHARE:
            yield f"{basis} per unit: {_percent(ratio)}"
    work = ratios[done] if done else None
    if work and cpu and cpu / work - 1 >= TELLING_SHARE:
        yield f"the same work takes more CPU time: {_percent(cpu / work)} per {'FLOP' if done is Basis.FLOPS else 'instruction'}"
    if cpu and seconds and seconds / cpu - 1 >= TELLING_SHARE:
        yield f"it waits more: {_percent(seconds)} of time, {_percent(cpu)} of CPU time"
    if joules and seconds and joules / seconds - 1 >= TELLING_SHARE and (cpu is None or abs(cpu / joules - 1) >= TELLING_SHARE):
        yield f"it draws more power while it runs: {_percent(joules / seconds)}"


def _phases(head: Side, base: Side) -> Iterator[str]:
    """Which parts of the command the difference is in, the largest first."""
    names = {name for side in (head, base) for repeat in side.repeats for name in repeat.phases_j}
    moved = {name: _phase(head, name) - _phase(base, name) for name in names}
    whole = (typical(head, Basis.JOULES) or 0.0) - (typical(base, Basis.JOULES) or 0.0)
    for name, gain in sorted(moved.items(), key=lambda item: -abs(item[1]))[:_FEW]:
        if whole and gain / whole >= 10 * TELLING_SHARE:
            yield f"{gain / whole:.0%} of the difference is in {name}"


def _phase(side: Side, name: str) -> float:
    return median(repeat.phases_j.get(name, 0.0) / repeat.units for repeat in side.repeats)


def _ratio(head: Side, base: Side, basis: Basis) -> float | None:
    above, below = typical(head, basis), typical(base, basis)
    return above / below if above and below else None


def _percent(ratio: float) -> str:
    return f"{abs(ratio - 1):.1%} {'more' if ratio > 1 else 'less'}"
