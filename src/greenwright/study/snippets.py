"""The lines that load a released model and run it, with the settings it was measured with."""

from __future__ import annotations

from pathlib import Path

from greenwright.batches import CACHE, KEPT, Inputs, named
from greenwright.records.models import Inference
from greenwright.strategies.contract import Plan


def lines(plan: Plan, path: Path, sample: Inputs) -> str:
    """One call of the model; with greenwright's runner only where calls come in parts."""
    if plan.inference.run_tokens:
        return _in_buckets(plan, path)
    if plan.is_onnx:
        feed = ", ".join(f'"{name}": {name}' for name in _inputs(plan))
        if plan.inference.runtime == "openvino":
            return "\n".join([*_openvino(plan, path), f"output = model({{{feed}}})[0]"])
        return "\n".join([*_onnx_runtime(plan, path), f"output = session.run(None, {{{feed}}})[0]"])
    arguments = ", ".join(f"{name}={name}" for name in named(sample)) if isinstance(sample, dict) else ", ".join(named(sample))
    return f'import torch\nmodel = torch.export.load("{path.name}").module()\noutput = model({arguments})'


def decoder_lines(plan: Plan, path: Path, sample: Inputs) -> str:
    """A prompt read, and the cache to go on with."""
    if not plan.is_onnx:
        return "\n".join(_program(path, sample))
    names = _inputs(plan)
    own = [name for name in names if not name.startswith(CACHE) and name != KEPT]
    kept = [f'"{KEPT}": np.array([{own[0]}.shape[1] - 1])'] if KEPT in names else []
    feed = ", ".join([*(f'"{name}": {name}' for name in own), *kept, "**cache"])
    if plan.inference.runtime == "openvino":
        loading, ports = _openvino(plan, path), f'model.inputs if p.any_name.startswith("{CACHE}")'
        empty = "p.any_name: np.zeros((1, p.partial_shape[1].get_length(), 0, p.partial_shape[3].get_length()), np.float32)"
        called = f"model({{{feed}}}).values()"
    else:
        loading, ports = _onnx_runtime(plan, path), f'session.get_inputs() if p.name.startswith("{CACHE}")'
        empty = "p.name: np.zeros((1, p.shape[1], 0, p.shape[3]), np.float32)"
        called = f"session.run(None, {{{feed}}})"
    return "\n".join(
        [
            "import numpy as np",
            *loading,
            f"cache = {{{empty} for p in {ports}}}",
            f"logits, *seen = {called}",
            "cache = dict(zip(cache, seen))  # go on with the next token, a mask one longer, and position 0 kept",
        ]
    )


def _program(path: Path, sample: Inputs) -> list[str]:
    pairs = ", ".join(f'"{name}": {name}' for name in sample) if isinstance(sample, dict) else ""
    given = f"{{{pairs}}}" if pairs else "input_ids"
    return [
        "import torch",
        f'model = torch.export.load("{path.name}").module()',
        "# kept: the positions to answer for; cache: keys and values of every layer in turn, (texts, heads, tokens seen, width)",
        f"logits, *cache = model({given}, kept, cache)",
    ]


def _in_buckets(plan: Plan, path: Path) -> str:
    """With greenwright's own runner, which needs no more than NumPy and the runtime."""
    told = plan.inference
    inputs = ", ".join(f'"{name}": {name}' for name in (_inputs(plan) if plan.is_onnx else ["input_ids", "attention_mask"]))
    model = f'OnnxModel(path=Path("{path.name}"))' if plan.is_onnx else f'torch.export.load("{path.name}").module()'
    return "\n".join([
        "from pathlib import Path" if plan.is_onnx else "import torch",
        "from greenwright import registry",
        "from greenwright.deploy.buckets import bucketed",
        f"from greenwright.records.models import Inference{', OnnxModel' if plan.is_onnx else ''}",
        f"told = {_settings(told)}",
        f'runner = bucketed(registry.load("runtimes", told.runtime).load({model}, told), told)',
        f"output = runner.run({{{inputs}}})",
    ])  # fmt: skip


def _settings(told: Inference) -> str:
    """As code."""
    fields = {name: getattr(told, name) for name in ("runtime", "thread_count", "precision", "run_tokens")}
    return f"Inference({', '.join(f'{name}={value!r}' for name, value in fields.items())})"


def _onnx_runtime(plan: Plan, path: Path) -> list[str]:
    """With the settings that were measured: by default ONNX Runtime takes every core, and its threads wait in a loop."""
    told = plan.inference
    return [
        "import onnxruntime",
        "options = onnxruntime.SessionOptions()",
        f"options.intra_op_num_threads = {told.thread_count}",
        *([] if told.spins else ['options.add_session_config_entry("session.intra_op.allow_spinning", "0")']),
        *([] if told.arena else ["options.enable_cpu_mem_arena = False"]),
        f'session = onnxruntime.InferenceSession("{path.name}", options, providers=["CPUExecutionProvider"])',
    ]


def _openvino(plan: Plan, path: Path) -> list[str]:
    """With the settings that were measured: OpenVINO would choose its own precision and as many threads as there are cores."""
    told = plan.inference
    config = f'{{"INFERENCE_NUM_THREADS": {told.thread_count}, "INFERENCE_PRECISION_HINT": "{told.precision}"}}'
    return ["import openvino", f'model = openvino.compile_model("{path.name}", "CPU", {config})']


def _inputs(plan: Plan) -> list[str]:
    import onnx

    graph = onnx.load(plan.model.path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    return [given.name for given in graph.input if given.name not in constants]
