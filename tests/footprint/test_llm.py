from __future__ import annotations

from dataclasses import replace

import pytest

from greenwright.errors import BadInputError
from greenwright.footprint.hardware import embodied_g
from greenwright.footprint.llm import TextRequest, estimate
from greenwright.records.quantities import Grade
from greenwright.units import J_PER_KWH

MIXTRAL = TextRequest(active_parameter_count=12.9, total_parameter_count=46.7, token_count=200, latency_s=10)


def test_it_computes_what_the_released_package_computes() -> None:
    """EcoLogits 0.11.3, executed: Mixtral 8x7B, 200 tokens."""
    found = estimate(MIXTRAL)

    assert found.gpu_count == 2
    assert found.latency_s == pytest.approx(9.638013443198895, rel=1e-9)
    assert found.it_energy_j.value / J_PER_KWH == pytest.approx(3.169938491506672e-05, rel=1e-9)
    assert found.it_energy_j.grade is Grade.ASSUMED
    assert found.it_energy_j.low < found.it_energy_j.value < found.it_energy_j.high


def test_a_large_model_takes_more_servers() -> None:
    """EcoLogits 0.11.3, executed: 405 billion dense parameters, 400 tokens within 60 s."""
    found = estimate(TextRequest(active_parameter_count=405, total_parameter_count=405, token_count=400, latency_s=60))

    made = embodied_g(found.hardware)

    assert made is not None
    assert made.value == pytest.approx(0.15625, rel=1e-9)


@pytest.mark.parametrize("wrong", [{"token_count": 0}, {"total_parameter_count": 1.0}, {"batch_count": 0}, {"latency_s": 0.0}])
def test_a_request_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="above 0"):
        estimate(replace(MIXTRAL, **wrong))
