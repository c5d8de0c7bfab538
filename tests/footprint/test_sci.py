from __future__ import annotations

import pytest

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.sci import sci_g_per_unit, sci_of_g_per_unit, sci_unit
from greenwright.footprint.whole import footprint
from greenwright.records.footprint import HardwareUse, Supply
from greenwright.units import J_PER_KWH, S_PER_H


def test_the_example_of_the_specification_is_reproduced() -> None:
    """SCI guide, eShoppen's database: 0.0096 kWh, 951 g/kWh, 5.112 g embodied, per hour."""
    score = sci_g_per_unit(exactly(0.0096 * J_PER_KWH), exactly(951.0), exactly(5.112), 1)

    assert score.value == pytest.approx(14.2416, rel=1e-4)


def test_a_footprint_has_the_score_of_its_location_and_never_of_its_contracts() -> None:
    hardware = HardwareUse(name="server", used_s=S_PER_H, lifespan_s=100 * S_PER_H, embodied_g=exactly(1_000.0))
    supply = Supply(pue_ratio=exactly(1.5), location_g_per_kwh=exactly(100.0), market_g_per_kwh=exactly(0.0))

    whole = footprint(exactly(2 * J_PER_KWH), supply, [hardware], unit="1 token", units=1_000)

    assert sci_of_g_per_unit(whole).value == pytest.approx((2 * 1.5 * 100 + 10) / 1_000)


def test_there_is_no_score_without_embodied_carbon_or_units() -> None:
    supply = Supply(location_g_per_kwh=exactly(100.0))
    whole = footprint(exactly(1.0), supply, units=3)

    with pytest.raises(BadInputError, match="no embodied carbon"):
        sci_of_g_per_unit(whole)
    with pytest.raises(BadInputError, match="above 0"):
        sci_g_per_unit(exactly(1.0), exactly(1.0), exactly(1.0), 0)


@pytest.mark.parametrize(
    ("unit", "who"),
    [
        ("1 token", "consumer"),
        ("1,000 tokens", "consumer"),
        ("1 training token", "provider"),
        ("1 FLOP", "provider"),
        ("1 smile", ""),
    ],
)
def test_a_unit_belongs_to_consumers_or_to_providers(unit: str, who: str) -> None:
    assert sci_unit(unit) == who
