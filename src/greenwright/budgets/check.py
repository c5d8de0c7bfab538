"""The whole check: run every side in turn, judge every budget, look for the cause; more repeats where fewer cannot tell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright.budgets import git
from greenwright.budgets.causes import causes
from greenwright.budgets.decide import judge, overall
from greenwright.budgets.instructions import Perf, find_perf
from greenwright.budgets.read import Plan
from greenwright.budgets.running import Runner, run_rounds
from greenwright.budgets.supply import supply_of
from greenwright.errors import BadInputError, GreenwrightError
from greenwright.records.checks import BASE, Change, CheckRecord, Judgement, Outcome, Side
from greenwright.records.quantities import Grade
from greenwright.records.versions import ModelVersion

if TYPE_CHECKING:
    from greenwright.meter.session import Meter

HEAD = "head"
Find = Callable[[str], ModelVersion]
"""Finds a released version by ``"model@alias"`` or ``"model:version"``."""


def check(plan: Plan, find: Find, say: Callable[[str], None]) -> CheckRecord:
    """Run and judge. ``say`` is told what happens next.

    Raises:
        GreenwrightError: the command failed on the head.
        BadInputError: a base that git does not know, a released version that the ledger does not have, a run that is too short.
        CannotHereError: nothing here can be measured, or git is missing where a base is needed.
    """
    from greenwright.meter.process import command_cpu_s, command_probes
    from greenwright.meter.session import Meter

    meter = Meter(name="check", probes=command_probes(), cpu_s=command_cpu_s)
    notes: list[str] = []
    with ExitStack() as stack:
        head, others, known = _sides(plan, find, stack)
        perf = _perf(plan, meter, notes)
        runners = [head, *others]
        _warm(plan, runners, others, meter, perf, notes)
        runners = [head, *others]
        supply = supply_of(plan)
        judgements, confidence = _until_decided(
            plan, runners, meter, perf, say, lambda sides, share: _judged(plan, sides, known, supply, share)
        )
        change = _change(head, others)
    sides = [runner.done() for runner in runners]
    base = next((one for one in sides[1:] if one.name == BASE), sides[1] if len(sides) > 1 else None)
    return CheckRecord(
        outcome=overall(judgements),
        unit=plan.unit,
        command=shlex.join(plan.command),
        judgements=tuple(judgements),
        sides=(*sides, *known.values()),
        causes=tuple(causes(sides[0], base, change)) if base else (),
        notes=tuple(notes),
        currency=plan.currency if plan.price_per_kwh is not None else "",
        config=_config(plan.path),
        confidence=confidence,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        greenwright_version=_version(),
    )


def _until_decided(  # noqa: PLR0913, PLR0917 - the loop of one experiment
    plan: Plan,
    runners: list[Runner],
    meter: Meter,
    perf: Perf,
    say: Callable[[str], None],
    judged: Callable[[list[Side], float], list[Judgement]],
) -> tuple[list[Judgement], float]:
    """Judge after so many repeats, and where nobody can tell, after twice as many, to the most allowed.

    Every look may be wrong, so the error allowed is divided among the looks that may come.
    """
    looks = _looks(plan.repeats, plan.max_repeats)
    confidence = 1 - (1 - plan.confidence) / len(looks)
    measured = 0
    for count in looks:
        say(
            f"running {shlex.join(plan.command)} {count - measured} times on {' and '.join(one.side.name for one in runners)}, in turn"
        )
        run_rounds(plan, runners, meter, perf, count - measured, warm_up=False)
        measured = count
        judgements = judged([runner.done() for runner in runners], confidence)
        if overall(judgements) is not Outcome.CANNOT_TELL or not any(one.more_repeats for one in judgements):
            break
    return judgements, confidence


def _looks(first: int, most: int) -> list[int]:
    looks = [first]
    while looks[-1] < most:
        looks.append(min(most, 2 * looks[-1]))
    return looks


def _judged(plan: Plan, sides: list[Side], known: dict[str, Side], supply: object, confidence: float) -> list[Judgement]:
    from greenwright.records.footprint import Supply

    assert isinstance(supply, Supply)
    others = {side.name: side for side in sides[1:]} | known
    return [judge(budget, sides[0], others, supply, confidence) for budget in plan.budgets]


def _sides(plan: Plan, find: Find, stack: ExitStack) -> tuple[Runner, list[Runner], dict[str, Side]]:
    """The head, those that can be run beside it, and released versions that cannot, as the ledger knows them."""
    wanted = sorted(
        {
            one.against
            for one in plan.budgets
            if one.max_rise_share is not None or (one.quality and one.quality.max_drop is not None)
        }
    )
    folder = plan.path.parent
    if not wanted:
        return Runner(side=Side(name=HEAD, commit=_commit(folder)), folder=folder), [], {}
    root = git.project_root(folder)
    head = Runner(side=Side(name=HEAD, ref="HEAD", commit=git.commit_of(folder, "HEAD")), folder=folder)
    runners, known = [], {}
    for name in wanted:
        version = None if name == BASE else find(name)
        ref = plan.base if version is None else version.commit
        if version is not None and not _has(folder, ref):
            known[name] = _known(name, version)
            continue
        commit = git.commit_of(folder, ref or "main")
        tree = stack.enter_context(git.checked_out(root, commit))
        side = Side(name=name, ref=ref, commit=commit, paired=True)
        runners.append(Runner(side=side, folder=tree / folder.resolve().relative_to(root.resolve())))
    return head, runners, known


def _warm(plan: Plan, runners: list[Runner], others: list[Runner], meter: Meter, perf: Perf, notes: list[str]) -> None:  # noqa: PLR0913, PLR0917 - as above
    """Run each once; a base on which the command does not run is left out, and said."""
    for runner in runners:
        try:
            run_rounds(plan, [runner], meter, perf, 0, warm_up=True)
        except GreenwrightError as error:
            if runner not in others or (isinstance(error, BadInputError) and "too short" in str(error)):
                raise
            others.remove(runner)
            notes.append(f"{runner.side.name} ({runner.side.ref}) could not be run: {error}")


def _perf(plan: Plan, meter: Meter, notes: list[str]) -> Perf:
    """Instructions are counted only where they can stand in for joules: perf costs a little itself."""
    read = {Grade.COUNTER, Grade.SAMPLED}
    if all(source.grade in read for source in meter.sources) and all(one.basis is None for one in plan.budgets):
        return Perf()
    perf = find_perf()
    if not all(source.grade in read for source in meter.sources):
        stand_in = "instructions" if perf.program else f"CPU time ({perf.why_not})"
        notes.append(f"no energy counter covers all of this machine, so relative budgets compare {stand_in} in place of joules")
    return perf


def _known(name: str, version: ModelVersion) -> Side:
    quality = {version.metric: version.quality} if version.metric and version.quality is not None else {}
    return Side(
        name=name,
        commit=version.commit,
        energy_j=version.energy_j,
        size_bytes=version.size_bytes,
        latency_s=version.latency_s,
        quality=quality,
    )


def _change(head: Runner, others: Iterable[Runner]) -> Change:
    base = next((one for one in others if one.side.name == BASE), None)
    return git.changes_since(head.folder, base.side.commit) if base else Change()


def _has(folder: Path, ref: str) -> bool:
    try:
        return bool(ref) and bool(git.commit_of(folder, ref))
    except BadInputError:
        return False


def _config(path: Path) -> str:
    """Where the file lies from the top of its repository, as code hosts name files."""
    try:
        return path.resolve().relative_to(git.project_root(path.parent).resolve()).as_posix()
    except (GreenwrightError, ValueError):
        return path.name


def _commit(folder: Path) -> str:
    try:
        return git.commit_of(folder, "HEAD")
    except GreenwrightError:
        return ""


def _version() -> str:
    from importlib.metadata import version

    return version("greenwright")
