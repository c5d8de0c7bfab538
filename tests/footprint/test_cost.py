from __future__ import annotations

import pytest

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.cost import energy_cost, rent, total_cost
from greenwright.records.footprint import Money
from greenwright.units import J_PER_KWH, S_PER_H


def test_energy_and_rent_have_their_price() -> None:
    assert energy_cost(exactly(10 * J_PER_KWH), exactly(0.25), "EUR").amount.value == pytest.approx(2.5)
    assert rent(8 * 2 * S_PER_H, exactly(2.95), "USD").amount.value == pytest.approx(47.2)


def test_time_is_not_negative() -> None:
    with pytest.raises(BadInputError, match="negative"):
        rent(-1.0, exactly(1.0), "USD")


def test_currencies_are_never_mixed() -> None:
    euros, dollars = Money(amount=exactly(1.0), currency="EUR"), Money(amount=exactly(2.0), currency="USD")

    with pytest.raises(BadInputError, match="EUR and USD"):
        total_cost((euros, dollars))
    assert total_cost((euros, None, euros)) == Money(amount=exactly(2.0), currency="EUR")
    assert total_cost((None,)) is None
