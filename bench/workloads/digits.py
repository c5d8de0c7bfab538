"""A network of convolutions that reads scikit-learn's digits, as an ordinary greenwright workload.

700 pictures train, 297 validate, 800 test. The network is trained in half a minute, with pictures shifted by up to a pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from greenwright import Workload

CHECKPOINT = Path(__file__).parents[1] / ".cache" / "digits.pt"
TRAIN_COUNT, VALIDATION_COUNT = 700, 297
EPOCHS, BATCH = 60, 64


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Pictures ``(1, 8, 8)`` from 0 to 1 with their digit; with ``augment``, shifted by up to a pixel."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, *, augment: bool = False) -> None:
        self.pictures = torch.from_numpy((pixels / 16).astype(np.float32)).reshape(-1, 1, 8, 8)
        self.labels = labels
        self.augment = augment

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture = self.pictures[index]
        if self.augment:
            top, left = (int(n) for n in torch.randint(0, 3, (2,)))
            picture = functional.pad(picture, (1, 1, 1, 1))[:, top : top + 8, left : left + 8]
        return picture, int(self.labels[index])


class Network(nn.Sequential):
    """``(batch, 1, 8, 8) -> (batch, 10)``."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(128, 10),
        )  # fmt: skip


def splits() -> tuple[Pictures, Pictures, Pictures]:
    """Train, validation and test, apart."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    first, second = TRAIN_COUNT, TRAIN_COUNT + VALIDATION_COUNT
    train, validation, test = order[:first], order[first:second], order[second:]
    return (
        Pictures(pixels[train], labels[train], augment=True),
        Pictures(pixels[validation], labels[validation]),
        Pictures(pixels[test], labels[test]),
    )


def train(network: nn.Module, *, epochs: int = EPOCHS, rate: float = 3e-3) -> None:
    """One long annealing, in place."""
    torch.manual_seed(0)
    loader = DataLoader(splits()[0], batch_size=BATCH, shuffle=True, drop_last=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, epochs=epochs, steps_per_epoch=len(loader))
    network.train()
    for _ in range(epochs):
        for pictures, labels in loader:
            optimizer.zero_grad()
            functional.cross_entropy(network(pictures), labels).backward()
            optimizer.step()
            schedule.step()


def fine_tune(network: nn.Module) -> None:
    """What a changed network is given to recover, in place."""
    train(network, epochs=EPOCHS // 2, rate=1e-3)


def model() -> Network:
    """The network at the end of its training, which is done once and kept in the bench's cache."""
    torch.manual_seed(0)
    network = Network()
    if not CHECKPOINT.exists():
        CHECKPOINT.parent.mkdir(exist_ok=True)
        train(network)
        torch.save(network.state_dict(), CHECKPOINT)
    network.load_state_dict(torch.load(CHECKPOINT))
    return network.eval()


def workload() -> Workload:
    """700 pictures to fine-tune on, 297 to pick with, 800 to prove on."""
    from greenwright import Workload

    training, validation, test = splits()
    return Workload(
        name="digits",
        model=model(),
        train=DataLoader(training, batch_size=BATCH, shuffle=True),
        validation=validation,
        test=test,
        quality="accuracy",
        unit="1 picture",
    )
