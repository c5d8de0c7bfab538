from __future__ import annotations

import pytest

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.break_even import units_to_equal, units_to_repay
from greenwright.records.quantities import Grade, Quantity


def test_a_published_parity_is_reproduced() -> None:
    """Luccioni et al. (2024), table 5, BLOOMz-3B: (25,634 + 3,242) kWh over 7.3e-5 kWh an inference."""
    assert units_to_equal(exactly(25_634 + 3_242), exactly(7.3e-5)).value == pytest.approx(395_602_740, rel=5e-4)


def test_a_change_repays_itself_or_by_its_ranges_may_not() -> None:
    wide = Quantity(value=1.0, low=0.5, high=2.5, grade=Grade.MODELLED, source="m")

    repaid = units_to_repay(exactly(100.0), exactly(2.0), exactly(1.0))
    assert repaid is not None
    assert repaid.value == pytest.approx(100.0)
    assert units_to_repay(exactly(100.0), exactly(2.0), wide) is None
    with pytest.raises(BadInputError, match="not negative"):
        units_to_repay(exactly(-1.0), exactly(2.0), exactly(1.0))
