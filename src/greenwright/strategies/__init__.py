"""What makes an AI workload need less: one file per method, in folders by stage."""

MEMBERS = {
    "structured-channels": "greenwright.strategies.prune.structured_channels",
    "soft-targets": "greenwright.strategies.distil.soft_targets",
    "dynamic-int8": "greenwright.strategies.quantize.dynamic_int8",
    "static-int8": "greenwright.strategies.quantize.static_int8",
    "half-precision": "greenwright.strategies.quantize.half_precision",
    "onnx-runtime": "greenwright.strategies.runtime.onnx_runtime",
}
