"""``python bench/generation.py``: joules per prompt token and per generated token of a decoder, as it is and run in other ways.

Speed is that of a decoder of 106 M parameters with random weights, which costs what a trained one costs; quality is that of a small one,
trained here for a minute on this project's own documents. On the CPU every way that greenwright knows is measured in turn with PyTorch
in FP32. On a machine with CUDA and NVML's energy counter the same decoder is measured on the GPU as well, in FP32, BF16 and, where
torchao is there, with weights in 8 and 4 bits; without one, the reading says so.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

import side_by_side
from greenwright.meter.compare import compare
from greenwright.meter.session import Meter
from greenwright.records.generation import DecoderComparison
from greenwright.study.decoders import generation
from greenwright.study.generation import Generation, decode_work, prefill_work

DOCS = Path(__file__).parents[1] / "docs"
SIZES = {"hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 8, "num_attention_heads": 12}
VOCABULARY = 32_000
ASKED = {1: Generation(prompt_tokens=16, new_tokens=4), 8: Generation(prompt_tokens=16, new_tokens=4)}
"""By batch; short, so that the bench ends in minutes on two slow cores. ``--prompt-tokens`` and ``--new-tokens`` ask for more."""
TRAINING_STEPS, ROW = 60, 64


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--batches", default="1", help="texts at a time")
    asked.add_argument("--steps", type=int, default=TRAINING_STEPS, help="of training the small decoder")
    asked.add_argument("--prompt-tokens", type=int, help="of each prompt")
    asked.add_argument("--new-tokens", type=int, help="of each text")
    told = asked.parse_args()
    torch.set_num_threads(1)
    readings: dict[str, Any] = {"speed": {}}
    small, held_out = trained(told.steps)
    readings["quality"] = kept(readings, generation(small, prompt_tokens=32, new_tokens=16, words=held_out, say=print))
    large = decoder(VOCABULARY, **SIZES)
    print(f"{sum(one.numel() for one in large.parameters()) / 1e6:.0f} M parameters, random weights")
    readings["gpu"] = on_gpu(large)
    print(readings["gpu"])
    for batch in map(int, told.batches.split(",")):
        lengths = ASKED.get(batch, ASKED[1])
        found = generation(
            large,
            prompt_tokens=told.prompt_tokens or lengths.prompt_tokens,
            new_tokens=told.new_tokens or lengths.new_tokens,
            batch=batch,
            say=print,
        )
        readings["speed"][batch] = kept(readings, found)
    side_by_side.keep("generation", readings)


def kept(readings: dict[str, Any], found: DecoderComparison) -> Any:
    """Shown, and what was measured so far put on disk: a bench of minutes may be cut short."""
    show(found)
    told = msgspec.to_builtins(found)
    side_by_side.keep("generation", {**readings, "newest": told})
    return told


def decoder(vocabulary: int, **sizes: int) -> Any:
    """A Llama of these sizes with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    told: dict[str, Any] = {"vocab_size": vocabulary, "max_position_embeddings": 512, **sizes}
    module: Any = LlamaForCausalLM(LlamaConfig(**told))
    return module.eval()


def trained(step_count: int) -> tuple[Any, Any]:
    """A small decoder that has read most of the documents, letter by letter, and rows of what it has not."""
    letters = np.frombuffer(
        "\n".join(page.read_text("utf-8") for page in sorted(DOCS.glob("*.md"))).encode("ascii", "ignore"), dtype=np.uint8
    )
    letters = letters.astype(np.int64)
    cut = len(letters) * 8 // 10
    module = decoder(128, hidden_size=256, intermediate_size=1024, num_hidden_layers=2, num_attention_heads=4).train()
    optimizer = torch.optim.AdamW(module.parameters(), 1e-3)
    places = np.random.default_rng(0)
    for _ in range(step_count):
        starts = places.integers(0, cut - ROW, 8)
        rows = torch.tensor(np.stack([letters[start : start + ROW] for start in starts]))
        loss = module(rows, labels=rows).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    rest = letters[cut:]
    return module.eval(), rest[: len(rest) // ROW * ROW].reshape(-1, ROW)[:48]


def on_gpu(module: Any) -> Any:
    """Joules per token by NVML's counter, each form in turn with FP32; or why there is none."""
    if not torch.cuda.is_available():
        return "no CUDA device here: joules per token on a GPU were not measured"
    meter = Meter(devices_only=True, sync=torch.cuda.synchronize)
    print(f"on the GPU, by {', '.join(source.meta.id for source in meter.sources)}")
    from greenwright.batches import each
    from greenwright.deploy.decoding import ModuleDecoder

    def made(form: Any) -> ModuleDecoder:
        return ModuleDecoder(form.cuda(), lambda inputs: each(lambda array: torch.as_tensor(array).cuda(), inputs))

    baseline = made(_copy(module))
    found = {}
    for batch, lengths in ASKED.items():
        rows = [np.random.default_rng(0).integers(0, VOCABULARY, (batch, lengths.prompt_tokens))]
        for name, form in forms(module).items():
            candidate = made(form)
            phases = {
                "prefill": (prefill_work(baseline, rows), prefill_work(candidate, rows), batch * lengths.prompt_tokens),
                "decode": (
                    decode_work(baseline, rows, lengths),
                    decode_work(candidate, rows, lengths),
                    batch * (lengths.new_tokens - 1),
                ),
            }
            for phase, (ours, theirs, units) in phases.items():
                compared = compare(ours, theirs, units_per_call=(units, units), meter=meter, max_s=20)
                found[f"{name}, batch {batch}, {phase}"] = msgspec.to_builtins(compared)
    return {"device": torch.cuda.get_device_name(), "comparisons": found}


def forms(module: Any) -> dict[str, Any]:
    """The decoder in other precisions, as many as are there."""
    made = {"bf16": _copy(module).bfloat16()}
    try:
        from torchao.quantization import Int4WeightOnlyConfig, Int8WeightOnlyConfig, quantize_
    except ImportError:
        print("torchao is not installed: weights in 8 and 4 bits were not measured on the GPU")
        return made
    for name, config in (("int8 weights", Int8WeightOnlyConfig()), ("int4 weights", Int4WeightOnlyConfig(group_size=128))):
        form = _copy(module).bfloat16().cuda()
        quantize_(form, config)
        made[name] = form
    return made


def _copy(module: Any) -> Any:
    import copy

    return copy.deepcopy(module)


def show(found: DecoderComparison) -> None:
    """A line a row."""
    print(f"\n{found.model}, prompts of {found.prompt_tokens}, {found.new_tokens} new tokens, batch {found.batch}")
    for row in found.rows:
        name = " ".join([row.title, *(f"{key}={value}" for key, value in row.choices.items())])
        if row.generated is None:
            print(f"  {name}: {row.reason}")
            continue
        quality = "" if row.quality is None else f", perplexity {row.quality:.4f}"
        phases = [
            f"{label} {phase.energy_j.value * 1e3:.3g} mJ ({phase.energy_ratio.value:.3f}, {phase.energy_ratio.low:.3f} to"
            f" {phase.energy_ratio.high:.3f})"
            for label, phase in (("read", row.generated.prefill), ("said", row.generated.decode))
        ]
        print(f"  {name}: {'; '.join(phases)}; {row.size_bytes / 1e6:.0f} MB{quality}")


if __name__ == "__main__":
    main()
