"""Store the weights of matrix multiplications in 8 or 4 bits, in blocks with a scale each, and keep activations in float.

Where a model reads its weights once for every few tokens, as a decoder does, moving them is what costs: a quarter or an eighth of the
bytes. The kernel may round activations to 8 bits within a block, so that its inner products run in integers.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#quantize-to-int4uint4; Frantar et al. 2023,
"GPTQ", arXiv:2210.17323 (why weights alone).
"""

from __future__ import annotations

from dataclasses import replace

from greenwright.records.machines import Machine
from greenwright.records.models import OnnxModel
from greenwright.strategies import layers, onnx_graph
from greenwright.strategies.contract import Given, Meta, NotApplicableError, OneOf, Plan, Stage, Verdict

META = Meta(
    id="weights-only",
    title="Store weights in 8 or 4 bits, keep activations in float",
    stage=Stage.QUANTIZE,
    choices={"bits": OneOf(options=(4, 8)), "block": OneOf(options=(32, 128))},
    extra="onnx",
    source="https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#quantize-to-int4uint4",
)
LEAST_SHARE = 0.5
FEWEST_WEIGHTS = 1_000_000
"""What fits into a processor's caches is not moved from memory again and again: there, unpacking costs more than moving."""
INTEGER_PRODUCTS = 4
"""ONNX Runtime's accuracy level: inner products in 8-bit integers, sums in 32 bits."""


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies where most weights stand in matrix multiplications, and there are too many of them for a cache."""
    if onnx_graph.is_quantized(plan.model):
        return Verdict(applies=False, reason="the model is quantized already")
    counts = layers.weight_counts(plan.model)
    held_share = layers.share(counts, layers.MULTIPLICATION)
    if held_share < LEAST_SHARE:
        return Verdict(applies=False, reason=f"only {held_share:.0%} of the multiplied weights stand in matrix multiplications")
    count = counts[layers.MULTIPLICATION]
    if count < FEWEST_WEIGHTS:
        return Verdict(
            applies=False,
            reason=f"its matrices hold {count:,} weights, which stay in the processor's caches: unpacking them would cost more than"
            " moving them",
        )
    return Verdict(applies=True, reason=f"matrix multiplications hold {count / 1e6:.3g} M weights", expects=(0.3, 1.2))


def apply(plan: Plan, given: Given) -> Plan:
    """Pack every constant matrix.

    Raises:
        NotApplicableError: the graph multiplies by no constant matrix, once it is exported.
    """
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    from onnxruntime.quantization.onnx_model import ONNXModel

    source = onnx_graph.folded(onnx_graph.as_onnx(plan, given), given)
    with onnx_graph.quiet():
        graph = ONNXModel(onnx.load(source.path))
        graph.replace_gemm_with_matmul()  # the packer knows only the one
        quantizer = MatMulNBitsQuantizer(
            graph.model,
            bits=int(given.choices["bits"]),
            block_size=int(given.choices["block"]),
            is_symmetric=True,
            accuracy_level=INTEGER_PRODUCTS,
        )
        quantizer.process()
    path = given.work_dir / "weights-only.onnx"
    onnx.save(quantizer.model.model, path)
    packed_count = layers.operators(OnnxModel(path=path))["MatMulNBits"]
    if not packed_count:
        raise NotApplicableError("the graph multiplies by no constant matrix that could be packed")
    inference = replace(plan.inference, runtime="onnxruntime")
    note = f"{packed_count} matrices in {given.choices['bits']} bits"
    return plan.then(META, given, model=OnnxModel(path=path), inference=inference, notes=(note,))
