"""A MiniLM that says whether a sentence of a film review is kind (SST-2), as an ordinary greenwright workload.

The real all-MiniLM-L6-v2 with a classification head, fine-tuned on the 6,920 published training sentences; 872 validate, 1,821 test.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from minilm import model_folder
from torch import nn
from torch.utils.data import DataLoader

if TYPE_CHECKING:
    from greenwright import Workload

os.environ.setdefault("HF_HUB_OFFLINE", "1")

HERE = Path(__file__).parent
SST2 = Path(os.environ.get("GREENWRIGHT_DATA", HERE.parents[2] / "shared" / "data")) / "datasets" / "sst2"
FOLDER = HERE.parent / ".cache" / "sst2"
EPOCHS, BATCH, RATE = 3, 32, 8e-5


def sentences(split: str) -> tuple[list[str], list[int]]:
    """Sentences and labels of ``train``, ``dev`` or ``test``."""
    lines = (SST2 / f"stsa.binary.{split}").read_text(encoding="latin-1").splitlines()
    return [line[2:] for line in lines], [int(line[0]) for line in lines]


def examples(split: str) -> list[tuple[dict[str, torch.Tensor], int]]:
    """(tokens, label) of every sentence."""
    from transformers import AutoTokenizer

    texts, labels = sentences(split)
    tokens = AutoTokenizer.from_pretrained(model_folder())(texts, truncation=True, max_length=128)
    return [
        ({"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}, label)
        for ids, mask, label in zip(tokens["input_ids"], tokens["attention_mask"], labels, strict=True)
    ]


def padded(items: list[tuple[dict[str, torch.Tensor], int]]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Tokens ``(batch, longest)`` padded with zeros, and labels ``(batch,)``."""
    columns = {name: nn.utils.rnn.pad_sequence([tokens[name] for tokens, _ in items], batch_first=True) for name in items[0][0]}
    return columns, torch.tensor([label for _, label in items])


def train(network: nn.Module, *, epochs: int = EPOCHS) -> None:
    """Fine-tune in place, batches of like length together, one long annealing."""
    torch.manual_seed(0)
    training: list[Any] = examples("train")
    steps = epochs * (len(training) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1, pct_start=0.1)
    network.train()
    for epoch in range(epochs):
        shuffled = torch.randperm(len(training)).tolist()
        pools = [shuffled[start : start + 32 * BATCH] for start in range(0, len(shuffled), 32 * BATCH)]
        ordered = [place for pool in pools for place in sorted(pool, key=lambda one: len(training[one][0]["input_ids"]))]
        batches = [ordered[start : start + BATCH] for start in range(0, len(ordered) - BATCH + 1, BATCH)]
        for place in torch.randperm(len(batches)).tolist():
            tokens, labels = padded([training[one] for one in batches[place]])
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                loss = nn.functional.cross_entropy(network(**tokens).logits.float(), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss {float(loss.detach()):.4f}", flush=True)


def fine_tune(network: nn.Module) -> None:
    """What a changed network is given to recover, in place."""
    train(network, epochs=1)


def model() -> nn.Module:
    """The classifier at the end of its training, which is done once and kept in the bench's cache."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    if not (FOLDER / "config.json").exists():
        torch.manual_seed(0)
        fresh = AutoModelForSequenceClassification.from_pretrained(model_folder(), num_labels=2)
        train(fresh)
        fresh.save_pretrained(FOLDER)
        AutoTokenizer.from_pretrained(model_folder()).save_pretrained(FOLDER)
    network: nn.Module = AutoModelForSequenceClassification.from_pretrained(FOLDER)
    return network.eval()


def workload() -> Workload:
    """6,920 sentences to fine-tune on, 872 to pick with, 1,821 to prove on."""
    from greenwright import Workload

    return Workload(
        name="sst2",
        model=model(),
        train=DataLoader(examples("train"), batch_size=BATCH, shuffle=True, collate_fn=padded),  # type: ignore[arg-type]  # a list
        validation=examples("dev"),
        test=examples("test"),
        quality="accuracy",
        unit="1 sentence",
    )
