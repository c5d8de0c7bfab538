"""Ask every strategy whether it applies, before anything is spent."""

from __future__ import annotations

from collections.abc import Sequence

from greenwright import registry
from greenwright.errors import BadInputError
from greenwright.machine import this_machine
from greenwright.records.study import Offer
from greenwright.strategies.contract import Verdict
from greenwright.study.workbench import Workbench


def ask_all(bench: Workbench, wanted: Sequence[str]) -> tuple[Offer, ...]:
    """One offer a strategy, in the order of the list; those not ``wanted`` (if any are) decline for that reason.

    Raises:
        BadInputError: a wanted strategy does not exist.
    """
    known = registry.members("strategies")
    unknown = [strategy for strategy in wanted if strategy not in known]
    if unknown:
        raise BadInputError(f"no strategy is called {unknown[0]!r}; there are {', '.join(known)}")
    return tuple(_ask(bench, strategy, asked=not wanted or strategy in wanted) for strategy in known)


def _ask(bench: Workbench, strategy: str, *, asked: bool) -> Offer:
    try:
        module = registry.load("strategies", strategy)
        meta = module.META
        verdict = _verdict(bench, module, asked=asked)
    except ImportError as error:
        return Offer(
            strategy=strategy, title=strategy, stage="", applies=False, reason=f"it needs {error.name}, which is not installed"
        )
    except Exception as error:  # noqa: BLE001  a strategy from outside breaks as it likes; the others are still asked
        return Offer(
            strategy=strategy,
            title=strategy,
            stage="",
            applies=False,
            reason=f"its check broke: {type(error).__name__}: {error}",
        )
    return Offer(
        strategy=strategy,
        title=meta.title,
        stage=meta.stage.value,
        applies=verdict.applies,
        reason=verdict.reason,
        expects=verdict.expects,
    )


def _verdict(bench: Workbench, module: object, *, asked: bool) -> Verdict:
    if not asked:
        return Verdict(applies=False, reason="it was not among the strategies asked for")
    lacking = bench.refuse(module.META)  # type: ignore[attr-defined]  # a strategy, by its family
    if lacking:
        return Verdict(applies=False, reason=lacking)
    verdict: Verdict = module.check(bench.plan, this_machine())  # type: ignore[attr-defined]  # likewise
    return verdict
