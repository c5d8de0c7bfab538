"""Ask what a decoder's tokens cost: joules per token read in prefill, and per token said in decode."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from greenwright import generation

torch.manual_seed(0)
sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4}
decoder = LlamaForCausalLM(LlamaConfig(vocab_size=1_000, **sizes))  # or the path of a Hugging Face folder

found = generation(decoder, prompt_tokens=64, new_tokens=16, ways=[("half-precision", {})])

for row in found.rows:
    if row.generated is None:
        print(f"{row.title}: {row.reason}")
        continue
    read, said = row.generated.prefill, row.generated.decode
    print(f"{row.title}: {read.energy_j.value * 1e3:.3g} mJ per token read, {said.energy_j.value * 1e3:.3g} mJ per token said")
    print(f"  said takes {said.energy_ratio.low:.2f} to {said.energy_ratio.high:.2f} times what it takes as it is")
