"""What makes an AI workload need less: one file per method, in folders by stage."""

MEMBERS = {
    "structured-channels": "greenwright.strategies.prune.structured_channels",
    "blocks": "greenwright.strategies.prune.blocks",
    "heads-and-neurons": "greenwright.strategies.prune.heads_and_neurons",
    "sparse-weights": "greenwright.strategies.prune.sparse_weights",
    "soft-targets": "greenwright.strategies.distil.soft_targets",
    "rounding-aware": "greenwright.strategies.distil.rounding_aware",
    "shallow": "greenwright.strategies.distil.shallow",
    "dynamic-int8": "greenwright.strategies.quantize.dynamic_int8",
    "static-int8": "greenwright.strategies.quantize.static_int8",
    "half-precision": "greenwright.strategies.quantize.half_precision",
    "weights-only": "greenwright.strategies.quantize.weights_only",
    "torchao-bits": "greenwright.strategies.quantize.torchao_bits",
    "nncf-int8": "greenwright.strategies.quantize.nncf_int8",
    "onnx-runtime": "greenwright.strategies.runtime.onnx_runtime",
    "openvino": "greenwright.strategies.runtime.openvino",
    "length-buckets": "greenwright.strategies.runtime.length_buckets",
    "serving-settings": "greenwright.strategies.runtime.serving_settings",
    "cascade": "greenwright.strategies.gate.cascade",
}
