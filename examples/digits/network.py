"""A small convolutional network for scanned digits, and how it is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CHECKPOINT = Path(__file__).parent / "digits.pt"
EPOCHS = 40


class Network(nn.Sequential):
    """``(batch, 1, 8, 8) -> (batch, 10)``."""

    def __init__(self) -> None:
        super().__init__(
            *convolution(1, 32),
            *convolution(32, 64),
            nn.MaxPool2d(2),
            *convolution(64, 128),
            *convolution(128, 128),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(128, 10),
        )


def convolution(before: int, after: int) -> tuple[nn.Module, ...]:
    """A 3x3 convolution with its normalisation: ``(batch, before, h, w) -> (batch, after, h, w)``."""
    return nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()


def splits() -> dict[str, TensorDataset]:
    """scikit-learn's 1,797 scanned digits: 800 to train on, 397 to validate, 600 to test."""
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    inputs = torch.tensor(pictures[order].reshape(-1, 1, 8, 8) / 16, dtype=torch.float32)
    targets = torch.tensor(labels[order])
    bounds = {"train": slice(0, 800), "validation": slice(800, 1197), "test": slice(1197, 1797)}
    return {name: TensorDataset(inputs[part], targets[part]) for name, part in bounds.items()}


def train(training: TensorDataset) -> Network:
    """Fit the network until its loss has flattened out."""
    torch.manual_seed(0)
    network = Network()
    loader = DataLoader(training, batch_size=32, shuffle=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=EPOCHS * len(loader))
    for _ in range(EPOCHS):
        for pictures, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(pictures), labels).backward()
            optimizer.step()
            schedule.step()
    return network.eval()
