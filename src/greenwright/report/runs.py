"""A run as lines of text: energy with its range and grade, what it covers, and what was lost. Knows no terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from greenwright.records.energy import Comparison, Verdict, Window
from greenwright.records.quantities import Quantity
from greenwright.records.runs import Account, Merged, Repeats, Run
from greenwright.report.words import GRADE_WORDS, duration_text, energy_range_text, energy_text, share_text

_SIZES = ((1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


def run_lines(run: Run) -> Iterator[str]:
    """What one run used, and its windows where there are several."""
    if not run.windows:
        yield f"{title(run)}: nothing was measured before it was cut off"
        return
    whole = run.windows[-1]
    yield f"{title(run)}: {window_text(whole)}"
    yield from _about(whole)
    for window in run.windows[:-1]:
        yield f"  {window.name}: {window_text(window)}"
    if run.account is not None:
        yield from account_lines(run.account)
    if not run.finished:
        lost = f"at most {duration_text(run.interval_s)} of it" if run.interval_s else "what came after its last window"
        yield f"  it was cut off: {lost} is missing here"


def repeats_lines(repeats: Repeats) -> Iterator[str]:
    """The median of several runs, how they spread, and each of them."""
    windows = repeats.run.windows
    yield f"{title(repeats.run)}: {quantity_text(repeats.energy_j)}, the median of {len(windows)}"
    if repeats.spread is not None and repeats.detectable_share is not None:
        spread = repeats.spread
        yield f"  repeats alone put the median between {energy_text(spread.low)} and {energy_text(spread.high)}"
        yield f"  a change of less than {share_text(repeats.detectable_share)} would go unseen between two such series"
    else:
        values = [window.energy_j.value for window in windows]
        yield f"  between {energy_text(min(values))} and {energy_text(max(values))}; too few for an interval, which takes 6"
    yield from _about(windows[-1])
    if repeats.run.account is not None:
        yield "  all of them together"
        yield from account_lines(repeats.run.account)
    for number, window in enumerate(windows, start=1):
        yield f"  {number}: {window_text(window)}"


def comparison_lines(compared: Comparison, baseline: Sequence[str], candidate: Sequence[str]) -> Iterator[str]:
    """The verdict on two commands, with how sure it is and what it could not have seen."""
    ratio = compared.ratio
    between = f"{share_text(ratio.low)} to {share_text(ratio.high)} at {share_text(ratio.confidence)} confidence"
    yield f"{shlex.join(candidate)}"
    yield f"  needs {_verdict(compared)}"
    yield (
        f"  than {shlex.join(baseline)}" if compared.verdict in {Verdict.LESS, Verdict.MORE} else f"  as {shlex.join(baseline)}"
    )
    yield f"  its energy is {share_text(ratio.value)} of the other's ({between}), from {compared.pair_count} pairs in turn"
    if compared.detectable_share is not None:
        yield f"  a difference of less than {share_text(compared.detectable_share)} would most likely have gone unseen"
    yield f"  per run: {quantity_text(compared.candidate_energy_j)}, against {quantity_text(compared.baseline_energy_j)}"


def account_lines(account: Account) -> Iterator[str]:
    """What it cost at the boundary; the measured energy above is not changed by it."""
    yield f"  at the boundary {account.boundary}, in {account.place}:"
    yield f"    energy {quantity_text(account.energy_j)}"
    grams = (("carbon of its electricity", account.location_g), ("share of making the hardware", account.embodied_g))
    litres = (("water at the site", account.site_water_l), ("water at power plants", account.grid_water_l))
    for name, amount in grams:
        if amount is not None:
            yield f"    {name} {_amount(amount, 'g')} CO2e, {amount.grade}"
    for name, amount in litres:
        if amount is not None:
            yield f"    {name} {_amount(amount, 'l')}, {amount.grade}"
    for text in account.leaves_out:
        yield f"    not in it: {text}"


def _amount(amount: Quantity, unit: str) -> str:
    """In grams or litres, or the thousands and thousandths of them that read best."""
    size, mark = next((step for step in _SIZES if amount.value >= step[0]), _SIZES[-1])
    value, low, high = (_figure(one / size) for one in (amount.value, amount.low, amount.high))
    return f"{value} {mark}{unit} ({low} to {high})"


def _figure(value: float) -> str:
    """Three digits, and no powers of ten: ``2090.4`` as ``"2,090"``."""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{float(f'{value:.3g}'):,.0f}"  # noqa: PLR2004 - from here on ".3g" writes 1e+03


def merged_lines(merged: Merged) -> Iterator[str]:
    """Several runs as one total, machine by machine."""
    yield f"{merged.name or 'total'}: {quantity_text(merged.energy_j)}, from {len(merged.runs)} runs on {len(merged.machines)} machines"
    for machine in merged.machines:
        yield f"  {machine.host}: {quantity_text(machine.energy_j)}, {machine.rank_count} processes"
        for part in machine.parts:
            yield f"    {part.counter}: {quantity_text(part.energy_j)}"
    if merged.counted_twice_j > 0:
        yield f"  adding up the runs would have counted {energy_text(merged.counted_twice_j)} more than once"
    if not merged.finished:
        yield "  one of the runs was cut off: what followed its last look is missing here"


def window_text(window: Window) -> str:
    """``"1.24 kJ (0.6 to 2.5 kJ), modelled, 31 W, in 40 s"``."""
    power = f", {_power(window)}" if window.duration_s > 0 else ""
    short = ", too short for its counters: repeat it" if window.too_short else ""
    return f"{quantity_text(window.energy_j)}{power}, in {duration_text(window.duration_s)}{short}"


def quantity_text(energy_j: Quantity) -> str:
    """An energy, its range where it has one, and its grade."""
    sharp = energy_j.low == energy_j.value == energy_j.high
    return f"{energy_text(energy_j.value)}{'' if sharp else f' ({energy_range_text(energy_j)})'}, {energy_j.grade}"


def title(run: Run) -> str:
    """Its name, or else its command."""
    return run.name or shlex.join(run.command) or "total"


def _power(window: Window) -> str:
    return f"{energy_text(window.energy_j.value / window.duration_s).removesuffix('J')}W"


def _about(window: Window) -> Iterator[str]:
    if window.net_j is not None and window.idle_j is not None and window.idle_j.value > 0:
        yield f"  without the machine's idling ({energy_text(window.idle_j.value)}): {quantity_text(window.net_j)}"
    if window.cpu_s > 0:
        yield f"  CPU time {duration_text(window.cpu_s)}"
    yield f"  {GRADE_WORDS[window.energy_j.grade]}"
    for part in window.parts:
        yield f"  {part.counter}: {energy_text(part.energy_j.value)}, {part.covers}"
    for part in window.within:
        yield f"  within that, {part.counter}: {energy_text(part.energy_j.value)}, {part.covers}"
    for problem in window.problems:
        yield f"  take care: {problem}"


def _verdict(compared: Comparison) -> str:
    away = abs(1 - compared.ratio.value)
    return {
        Verdict.LESS: f"{share_text(away)} less energy",
        Verdict.MORE: f"{share_text(away)} more energy",
        Verdict.SAME: "about the same energy",
        Verdict.CANNOT_TELL: "more or less energy, nobody can tell: quiet the machine, or allow more pairs with --repeat",
    }[compared.verdict]
