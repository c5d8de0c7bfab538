"""Energy of a text request from the size of the model, where nobody can measure it: an estimate, and graded as one.

Source: EcoLogits 0.11.3, https://ecologits.ai/latest/methodology/llm_inference: regressions over ML.ENERGY's benchmark of
models on H100s, with so many requests served at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.records.footprint import HardwareUse
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import G_PER_KG, J_PER_WH, S_PER_YEAR

ENERGY_ALPHA = 1.1665273170451914e-06
ENERGY_BETA = -0.011205921025579175
ENERGY_GAMMA = 4.052928146734005e-05
LATENCY_ALPHA = 0.0006785088094353663
LATENCY_BETA = 0.0003119310311688259
LATENCY_GAMMA = 0.019473717579473387
MEMORY_OVERHEAD = 1.2
GPU_MEMORY_GB = 80.0
SERVER_GPUS = 8
SERVER_POWER_W = 1_200.0
GPU_EMBODIED_G = 273 * G_PER_KG
SERVER_EMBODIED_G = 5_700 * G_PER_KG
LIFESPAN_S = 3 * S_PER_YEAR
SPREAD = 3.0
"""How far off the regression may be, either way: published readings of one model differ that much between servers."""
SOURCE = "EcoLogits 0.11.3, regression on the ML.ENERGY benchmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest:
    """One answer of a language model served on H100s. Parameters in billions; of a mixture of experts, those in use."""

    active_parameter_count: float
    total_parameter_count: float
    token_count: float
    """Tokens written."""
    latency_s: float = math.inf
    """Measured, if it was: the model of latency is not believed beyond it."""
    batch_count: float = 64
    """Requests served at once."""
    weight_bits: float = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEstimate:
    """What the request takes of a server."""

    gpu_count: int
    latency_s: float
    it_energy_j: Quantity
    hardware: HardwareUse


def estimate(request: TextRequest) -> RequestEstimate:
    """GPUs held, seconds taken, joules and share of the hardware.

    Raises:
        BadInputError: a size, count or latency that is not above 0, or more active than total parameters.
    """
    _refuse_nonsense(request)
    gpu_count = gpus_needed(request)
    seconds = generation_s(request)
    energy_j = gpu_count * gpu_energy_j(request) + _server_energy_j(seconds, gpu_count, request.batch_count)
    return RequestEstimate(
        gpu_count=gpu_count,
        latency_s=seconds,
        it_energy_j=Quantity(value=energy_j, low=energy_j / SPREAD, high=energy_j * SPREAD, grade=Grade.ASSUMED, source=SOURCE),
        hardware=HardwareUse(
            name=f"{gpu_count} of {SERVER_GPUS} GPUs of a server",
            used_s=seconds,
            lifespan_s=LIFESPAN_S,
            embodied_g=exactly(gpu_count / SERVER_GPUS * SERVER_EMBODIED_G + gpu_count * GPU_EMBODIED_G, SOURCE, Grade.ASSUMED),
            capacity_share=1 / request.batch_count,
        ),
    )


def gpu_energy_j(request: TextRequest) -> float:
    """Joules of one GPU: ``tokens × (alpha × exp(beta × batch) × active + gamma)`` watt-hours."""
    per_token_wh = ENERGY_ALPHA * math.exp(ENERGY_BETA * request.batch_count) * request.active_parameter_count + ENERGY_GAMMA
    return request.token_count * per_token_wh * J_PER_WH


def generation_s(request: TextRequest) -> float:
    """Seconds of writing: ``tokens × (alpha × active + beta × batch + gamma)``, or as measured if that is less."""
    per_token_s = LATENCY_ALPHA * request.active_parameter_count + LATENCY_BETA * request.batch_count + LATENCY_GAMMA
    return min(request.latency_s, request.token_count * per_token_s)


def gpus_needed(request: TextRequest) -> int:
    """GPUs that hold the weights with a fifth to spare, rounded up to a power of two."""
    memory_gb = MEMORY_OVERHEAD * request.total_parameter_count * request.weight_bits / 8
    return 1 << math.ceil(math.log2(math.ceil(memory_gb / GPU_MEMORY_GB)))


def _server_energy_j(seconds: float, gpu_count: int, batch_count: float) -> float:
    return seconds * SERVER_POWER_W * gpu_count / SERVER_GPUS / batch_count


def _refuse_nonsense(request: TextRequest) -> None:
    least = min(
        request.active_parameter_count, request.token_count, request.latency_s, request.batch_count, request.weight_bits
    )
    if not least > 0 or not request.total_parameter_count >= request.active_parameter_count:
        raise BadInputError(
            f"{request.active_parameter_count:g} of {request.total_parameter_count:g} billion parameters, {request.token_count:g} "
            f"tokens, a batch of {request.batch_count:g}: every number is above 0, and no more parameters are active than there are"
        )
