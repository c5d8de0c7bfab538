"""Which flows there are, whose they are, and which environment they run in."""

from __future__ import annotations

from dataclasses import dataclass

from environments import OURS

EAGER, GREENWRIGHT, FOR_MANY = "PyTorch eager FP32", "greenwright", "greenwright, for batch 32"
OURS_OF = {1: (GREENWRIGHT,), 32: (FOR_MANY, GREENWRIGHT)}
"""Which of our studies is read at which batch size: where there are several, the one that was made for it."""
CONVOLUTIONS = ("cifar10", "digits", "spoken_digits")
TRANSFORMERS = ("minilm", "sst2")
ALL = (*CONVOLUTIONS, *TRANSFORMERS)


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to make a model, in one call or command, and to run it."""

    name: str
    tool: str
    """The file beside this one."""
    environment: str = OURS
    workloads: tuple[str, ...] = ALL
    group: str = ""
    """Flows of one group are measured in turn, with the baseline and greenwright, which are in every group."""

    @property
    def folder(self) -> str:
        """Where it keeps its model."""
        kept = "".join(letter if letter.isalnum() else "-" for letter in self.name.lower())
        return "-".join(part for part in kept.split("-") if part)


ALWAYS = "always"
FLOWS = (
    Flow(EAGER, "plain", group=ALWAYS),
    Flow("ONNX Runtime", "onnx_runtime", group="runtimes"),
    Flow("ONNX Runtime quantize_dynamic", "onnx_runtime", group="runtimes"),
    Flow("ONNX Runtime quantize_static", "onnx_runtime", group="runtimes"),
    Flow("OpenVINO", "open_vino", group="runtimes"),
    Flow("NNCF quantize", "open_vino", group="runtimes"),
    Flow("NNCF quantize for transformers", "open_vino", OURS, TRANSFORMERS, "runtimes"),
    Flow("Torch-Pruning", "channel_pruning", group="pruning"),
    Flow("Torch-Pruning, ONNX Runtime", "channel_pruning", group="pruning"),
    Flow("Optimum ONNX O3", "hf_optimum", "optimum", TRANSFORMERS, "optimum"),
    Flow("Optimum ONNX O3 and dynamic INT8", "hf_optimum", "optimum", TRANSFORMERS, "optimum"),
    Flow("Optimum ONNX dynamic INT8", "hf_optimum", "optimum", TRANSFORMERS, "optimum"),
    Flow("Optimum OpenVINO fp32", "hf_optimum", "optimum-intel", TRANSFORMERS, "optimum"),
    Flow("Optimum OpenVINO int8", "hf_optimum", "optimum-intel", TRANSFORMERS, "optimum"),
    Flow("Olive quantize", "microsoft_olive", "olive", group="olive"),
    Flow("Olive optimize", "microsoft_olive", "olive", group="olive"),
    Flow("torch.compile", "torch_ao", "torchao", group="compiler"),
    Flow("torchao INT8 dynamic, compiled", "torch_ao", "torchao", group="compiler"),
    Flow("torchao INT8 weights, compiled", "torch_ao", "torchao", TRANSFORMERS, "compiler"),
    Flow("torchao static INT8 (PT2E)", "torch_ao", "torchao", group="compiler"),
    Flow("Neural Compressor static INT8", "intel_neural_compressor", "neural-compressor", group="compiler"),
    Flow("Pruna torch_compile", "smash", "pruna", group="pruna"),
    Flow("Pruna torch_dynamic", "smash", "pruna", group="pruna"),
    Flow(GREENWRIGHT, "plain", group=ALWAYS),
    Flow(FOR_MANY, "plain", OURS, TRANSFORMERS, ALWAYS),
)
"""The baseline first, greenwright last. Optimum takes models of transformers only."""
GROUPS = tuple(dict.fromkeys(flow.group for flow in FLOWS if flow.group != ALWAYS))
