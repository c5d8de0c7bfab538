"""``python bench/peers_compression.py [NAME …]``: greenwright beside the one-line flows of others, on the same model and inputs.

Workloads: ``digits`` (scikit-learn), ``minilm`` (STS-B) and ``cifar10``. Every flow makes its model in one call with its own defaults,
is judged on the whole test set, and runs one thread; energy is CPU-seconds per 1,000 examples at batch 1 and 32, each model in a fresh
process, in turn. A flow that fails is a row with its error. greenwright's study is run first, with a limit of one point.

Not here, because they cannot share this environment: Pruna (pins torchao 0.16 and torchvision), Olive, Optimum, Neural Compressor.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "workloads"))

import msgspec
import numpy as np
import torch

from greenwright import Limits, Workload, optimize, registry
from greenwright.batches import Inputs, each, named
from greenwright.deploy.export import to_onnx
from greenwright.offline import send_nothing
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies.contract import Plan
from greenwright.study import running
from greenwright.study.data import split_of
from greenwright.study.quality import quality_of
from side_by_side import batches_of, interleaved, keep, ratios, table

OUT = Path(__file__).parent / ".cache" / "peers"
BATCHES = (1, 32)
EAGER = "PyTorch eager FP32"
ONNX, OPENVINO = Inference(runtime="onnxruntime"), Inference(runtime="openvino")
Flow = Callable[[OnnxModel, list[dict[str, Any]], Path], Plan]


def onnx_runtime(model: OnnxModel, _: list[dict[str, Any]], __: Path) -> Plan:
    return Plan(model=model, inference=ONNX)


def onnx_runtime_dynamic(model: OnnxModel, _: list[dict[str, Any]], path: Path) -> Plan:
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(model.path, path)
    return Plan(model=OnnxModel(path=path), inference=ONNX)


def onnx_runtime_static(model: OnnxModel, feeds: list[dict[str, Any]], path: Path) -> Plan:
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # untyped
        def __init__(self) -> None:
            self.left = iter(feeds)

        def get_next(self) -> dict[str, Any] | None:
            return next(self.left, None)

    quantize_static(model.path, path, Reader())
    return Plan(model=OnnxModel(path=path), inference=ONNX)


def openvino(model: OnnxModel, _: list[dict[str, Any]], __: Path) -> Plan:
    return Plan(model=model, inference=replace(OPENVINO, precision="bf16"))


def nncf(model: OnnxModel, feeds: list[dict[str, Any]], path: Path) -> Plan:
    import nncf as package
    import onnx

    onnx.save(package.quantize(onnx.load(model.path), package.Dataset(feeds)), path)
    return Plan(model=OnnxModel(path=path), inference=replace(OPENVINO, precision="bf16"))


def nncf_transformer(model: OnnxModel, feeds: list[dict[str, Any]], path: Path) -> Plan:
    import nncf as package
    import onnx

    told = {"model_type": package.ModelType.TRANSFORMER}
    onnx.save(package.quantize(onnx.load(model.path), package.Dataset(feeds), **told), path)
    return Plan(model=OnnxModel(path=path), inference=replace(OPENVINO, precision="bf16"))


FLOWS: dict[str, Flow] = {
    "ONNX Runtime": onnx_runtime,
    "ONNX Runtime quantize_dynamic": onnx_runtime_dynamic,
    "ONNX Runtime quantize_static": onnx_runtime_static,
    "OpenVINO": openvino,
    "NNCF quantize, OpenVINO": nncf,
    "NNCF quantize for transformers, OpenVINO": nncf_transformer,
}


def digits() -> Workload:
    """A network of convolutions that reads scikit-learn's digits, trained here, in a few seconds."""
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    inputs, targets = (pictures[order] / 16).astype(np.float32).reshape(-1, 1, 8, 8), labels[order]
    torch.manual_seed(0)
    nn = torch.nn
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    for _ in range(40):
        for start in range(0, 900, 100):
            optimizer.zero_grad()
            answered = network(torch.as_tensor(inputs[start : start + 100]))
            nn.functional.cross_entropy(answered, torch.as_tensor(targets[start : start + 100])).backward()
            optimizer.step()
    train, validation, test = ((inputs[part], targets[part]) for part in (slice(0, 900), slice(900, 1300), slice(1300, 1797)))
    return Workload(name="digits", model=network.eval(), unit="1 picture", train=train, validation=validation, test=test)


def workload_of(name: str) -> tuple[Workload, Path | None, float]:
    """A workload, its file, and the limit it is held to: a point, or what 497 pictures can show."""
    if name == "digits":
        return digits(), None, 0.03
    module = import_module(name)
    assert module.__file__ is not None
    return module.workload(), Path(module.__file__), 0.01


def run(name: str) -> dict[str, Any]:
    """Every flow on one workload: quality, cost to make, and readings."""
    workload, file, max_drop = workload_of(name)
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    split, test = (split_of(part, getattr(workload, part), workload.collate) for part in ("validation", "test"))
    exported = to_onnx(workload.model, [batches_of(split, 2, 1)[0], batches_of(split, 5, 1)[0]], folder / "exported.onnx")
    feeds = [_feed(batch) for batch in batches_of(split, 8, 32)]
    quality = quality_of(workload.quality)

    def judged(plan: Plan) -> float:
        outputs, targets = running.answers(running.load(plan), test, 32)
        if quality.reduce is not None:
            outputs, targets = quality.reduce(outputs), targets[:: workload.group_size]
        return quality.of(outputs, targets)

    rows: dict[str, dict[str, Any]] = {EAGER: {"quality": judged(Plan(model=workload.model))}}
    plans: dict[str, Plan] = {}
    for flow, make in {**FLOWS, "greenwright": None}.items():
        before = time.process_time()
        try:
            plan = make(exported, feeds, folder / f"{make.__name__}.onnx") if make else _ours(workload, file, max_drop, folder)
            rows[flow] = {"quality": judged(plan), "made_for_cpu_s": time.process_time() - before}
            plans[flow] = plan
        except Exception as error:  # noqa: BLE001  a peer that fails is a row with its error
            rows[flow] = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        print(f"{name}: {flow}: {rows[flow]}", flush=True)
    readings = {batch: _readings(workload, name, plans, split, batch) for batch in BATCHES}
    for batch, taken in readings.items():
        print(f"\n{name}, batch {batch}\n{table(taken, EAGER)}\n", flush=True)
    return {"max_drop": max_drop, "rows": rows, "readings": {str(batch): taken for batch, taken in readings.items()}} | {
        "ratios": {str(b): {flow: ratios(taken, EAGER, flow) for flow in taken} for b, taken in readings.items()}
    }


def _ours(workload: Workload, file: Path | None, max_drop: float, folder: Path) -> Plan:
    limits = Limits(max_drop=max_drop, time_s=900)
    study = optimize(
        workload, limits=limits, out=folder / "study", workload_file=file, say=lambda text: print(text, flush=True)
    )
    if study.certificate is None or study.model_path is None:
        return Plan(model=copy.deepcopy(workload.model))
    return Plan(model=OnnxModel(path=study.model_path), inference=study.certificate.inference)


def _readings(workload: Workload, name: str, plans: dict[str, Plan], split: Any, batch: int) -> dict[str, list[float]]:
    runtimes = registry.members("runtimes")
    told: dict[str, dict[str, Any]] = {EAGER: {"runtime": runtimes["torch"], "model": workload.model}}
    for flow, plan in plans.items():
        told[flow] = {"runtime": runtimes[plan.inference.runtime], "model": plan.model, "inference": plan.inference}
    if name != "digits":
        told[EAGER] = {"runtime": runtimes["torch"], "workload": name}
    taken: dict[str, list[float]] = interleaved(told, batches_of(split, batch, max(4, 64 // batch)))
    return taken


def _feed(batch: Inputs) -> dict[str, Any]:
    return named(each(np.asarray, batch))


if __name__ == "__main__":
    send_nothing()
    torch.set_num_threads(1)
    found = {name: run(name) for name in sys.argv[1:] or ("digits", "minilm", "cifar10")}
    content = {
        "unit": "CPU-seconds per 1,000 examples, one thread, interleaved rounds",
        "workloads": msgspec.to_builtins(found),
    }
    print(keep("peers_compression", content))
