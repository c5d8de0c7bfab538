"""A linear or integer programme, and HiGHS, which solves it: from a plan that is known, until the caller's clock says stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from greenwright.place.contract import Array

Clock = Callable[[], float]
"""Seconds since some moment: ``time.monotonic``, or ``time.process_time`` where the processor is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """When to stop looking."""

    at_s: float
    clock: Clock = time.monotonic

    @property
    def left_s(self) -> float:
        """What is left; below 0 once it is over."""
        return self.at_s - self.clock()

    def part(self, share: float) -> Until:
        """A moment after this share of what is left."""
        return Until(at_s=self.clock() + share * max(0.0, self.left_s), clock=self.clock)

    def at_most(self, duration_s: float) -> Until:
        """The same, or sooner."""
        return Until(at_s=min(self.at_s, self.clock() + duration_s), clock=self.clock)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Programme:
    """Least ``price · x`` with ``low ≤ rows x ≤ high`` and ``0 ≤ x ≤ upper``."""

    price: Array
    rows: Any
    """A sparse matrix of SciPy's, (rows, variables)."""
    low: Array
    high: Array
    upper: Array
    integral: NDArray[np.bool_]
    """(variables,): those that are whole numbers, where an integer programme is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What HiGHS found, and what it proved."""

    x: Array
    value: float
    proven_value: float
    """No answer is below this."""
    row_price: Array
    """(rows,): what one more of each row's limit would change; linear programmes alone."""


def relaxed(programme: Programme) -> Answer:
    """The optimum where whole numbers may be broken."""
    import numpy as np

    highs = _loaded(programme, integral=False)
    highs.run()
    solution, value = highs.getSolution(), float(highs.getInfo().objective_function_value)
    return Answer(x=np.array(solution.col_value), value=value, proven_value=value, row_price=np.array(solution.row_dual))


def whole(programme: Programme, *, start: Array | None = None, until: Until, gap_share: float) -> Answer | None:
    """The best whole answer that the time allows, or one proven within ``gap_share``; None where none was found.

    ``start`` is an answer to begin with.
    """
    import highspy
    import numpy as np

    if until.left_s <= 0:
        return None
    highs = _loaded(programme, integral=True)
    highs.setOptionValue("mip_rel_gap", gap_share)
    highs.cbMipInterrupt.subscribe(lambda event: event.interrupt() if until.left_s <= 0 else None)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        highs.setSolution(known)
    highs.run()
    info = highs.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    x = np.array(highs.getSolution().col_value)
    return Answer(
        x=x, value=float(info.objective_function_value), proven_value=float(info.mip_dual_bound), row_price=np.zeros(0)
    )


def _loaded(programme: Programme, *, integral: bool) -> Any:
    import highspy
    import numpy as np

    by_column = programme.rows.tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = by_column.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = programme.price, np.zeros_like(programme.upper), programme.upper
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = by_column.indptr, by_column.indices, by_column.data
    if integral:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(one)] for one in programme.integral]
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor has no types
    highs.silent()
    highs.setOptionValue("threads", 1)  # the same plan every time, and a processor left for others
    highs.passModel(model)
    return highs
