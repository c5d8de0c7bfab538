"""Store weights and compute in 16 bits.

Half the bytes, and twice the multiply-adds an instruction, but only where the processor has 16-bit arithmetic: a CPU without it
emulates fp16 more than ten times slower than fp32.

Source: Micikevicius et al. 2018, arXiv:1710.03740; Kalamkar et al. 2019, arXiv:1905.12322.
"""

from __future__ import annotations

import copy
from typing import Any

import torch

from greenwright.batches import call, each
from greenwright.records.machines import Machine
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Stage, Verdict

META = Meta(
    id="half-precision",
    title="Store weights and compute in 16 bits",
    stage=Stage.QUANTIZE,
    needs=frozenset({Need.MODULE}),
    choices={"format": OneOf(options=("bf16", "fp16"))},
    extra="torch",
    source="https://arxiv.org/abs/1710.03740",
)
ARITHMETIC = {
    "bf16": {"avx512_bf16", "amx_bf16", "bf16"},
    "fp16": {"avx512_fp16", "amx_fp16", "asimdhp"},
}

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def check(plan: Plan, machine: Machine) -> Verdict:
    """Applies to modules, on a processor with 16-bit arithmetic."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, and ONNX Runtime's CPU kernels compute in 32 bits")
    there = [name for name, features in ARITHMETIC.items() if features & set(machine.features)]
    if not there:
        return Verdict(
            applies=False, reason=f"{machine.cpu} has no 16-bit arithmetic: bf16 and fp16 would be emulated, and cost more"
        )
    missing = sorted(set(ARITHMETIC) - set(there))
    without = f"; {' and '.join(missing)} would be emulated" if missing else ""
    return Verdict(applies=True, reason=f"this processor computes in {' and '.join(there)}{without}", expects=(0.4, 1.1))


def apply(plan: Plan, given: Given) -> Plan:
    """Convert a copy of the module; it still takes and returns 32-bit floats.

    Raises:
        NotApplicableError: this processor would emulate the chosen format.
    """
    chosen = str(given.choices["format"])
    if not ARITHMETIC[chosen] & set(given.machine.features):
        raise NotApplicableError(f"this processor has no {chosen} arithmetic: it would be emulated, more than ten times slower")
    return plan.then(META, given, model=Half(plan.model, DTYPES[chosen]))


class Half(torch.nn.Module):
    """A module in 16 bits inside, 32 bits outside: floating inputs are cast on the way in, the output on the way out."""

    def __init__(self, module: torch.nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.module = copy.deepcopy(module).to(dtype)
        self.dtype = dtype

    def forward(self, *arrays: Any, **named: Any) -> torch.Tensor:
        """As the module itself."""
        narrowed = each(lambda array: array.to(self.dtype) if array.is_floating_point() else array, named or arrays)
        outputs: torch.Tensor = call(self.module, narrowed)
        return outputs.float()
