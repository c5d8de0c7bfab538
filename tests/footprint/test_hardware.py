from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.hardware import embodied_g, embodied_water_l, ewaste_g, life_share
from greenwright.records.footprint import HardwareUse
from greenwright.units import G_PER_KG, S_PER_H, S_PER_YEAR

GPU = HardwareUse(
    name="a GPU",
    used_s=S_PER_YEAR,
    lifespan_s=4 * S_PER_YEAR,
    embodied_g=exactly(150 * G_PER_KG),
    mass_g=exactly(2_000.0),
    embodied_water_l=exactly(400.0),
)


def test_a_published_embodied_share_is_reproduced() -> None:
    """Luccioni et al. (2023), BLOOM: 1,082,990 GPU-hours of 150 kg over 6 years at 85 %, 3.64 t."""
    bloom = HardwareUse(
        name="A100",
        used_s=1_082_990 * S_PER_H,
        lifespan_s=6 * S_PER_YEAR,
        embodied_g=exactly(150 * G_PER_KG),
        utilisation_share=0.85,
    )

    share = embodied_g(bloom)

    assert share is not None
    assert share.value / G_PER_KG == pytest.approx(3_640, rel=0.005)


def test_all_that_a_device_is_made_of_is_shared_alike() -> None:
    assert [amount.value for amount in (embodied_g(GPU), ewaste_g(GPU), embodied_water_l(GPU)) if amount] == [
        37_500.0,
        500.0,
        100.0,
    ]


def test_what_is_unknown_stays_unknown() -> None:
    unknown = replace(GPU, embodied_g=None, mass_g=None, embodied_water_l=None)

    assert (embodied_g(unknown), ewaste_g(unknown), embodied_water_l(unknown)) == (None, None, None)


@given(st.floats(0, 1e9), st.floats(1, 1e9), st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1e4))
def test_shares_of_a_device_add_up_to_the_device(used: float, lifespan: float, busy: float, part: float, count: float) -> None:
    use = HardwareUse(name="x", used_s=used, lifespan_s=lifespan, utilisation_share=busy, capacity_share=part, count=count)
    halves = [replace(use, used_s=used / 2), replace(use, used_s=used / 2)]
    rest = replace(use, capacity_share=1 - part)

    assert sum(map(life_share, halves)) == pytest.approx(life_share(use))
    assert life_share(use) + life_share(rest) == pytest.approx(life_share(replace(use, capacity_share=1.0)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"lifespan_s": 0.0},
        {"utilisation_share": 0.0},
        {"utilisation_share": 1.2},
        {"capacity_share": 1.5},
        {"used_s": -1.0},
        {"count": -1.0},
    ],
)
def test_a_life_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="a GPU"):
        life_share(replace(GPU, **wrong))  # type: ignore[arg-type]  # every field in `wrong` is a float
