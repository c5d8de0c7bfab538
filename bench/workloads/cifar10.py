"""A ResNet-like network on CIFAR-10, as an ordinary greenwright workload.

13,000 pictures train, 2,000 validate, 5,000 test. The network has about 1.2 M parameters and 45 M multiply-adds. It is trained
until its validation accuracy stops rising, so that what fine-tuning gains is not counted as compression.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from greenwright import Workload

HERE = Path(__file__).parent
ARCHIVE = Path(os.environ.get("GREENWRIGHT_DATA", HERE.parents[2] / "shared" / "data")) / "datasets" / "cifar10.tar"
CACHE = HERE.parent / ".cache"
CHECKPOINT = CACHE / "cifar10.pt"
VALIDATION_COUNT = 2_000
MEAN = np.array([0.4914, 0.4822, 0.4465], dtype=np.float32)
STD = np.array([0.2470, 0.2435, 0.2616], dtype=np.float32)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a 1x1 one: ``(batch, before, h, w) -> (batch, after, h / 2, w / 2)``."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.shortcut = nn.Conv2d(before, after, 1, stride=2, bias=False)
        self.shortcut_norm = nn.BatchNorm2d(after)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(batch, before, h, w) -> (batch, after, h / 2, w / 2)``."""
        inner = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.second_norm(self.second(inner)) + self.shortcut_norm(self.shortcut(x)))


class Network(nn.Sequential):
    """``(batch, 3, 32, 32) -> (batch, 10)``."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            Residual(32, 64),
            Residual(64, 128),
            Residual(128, 256),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(256, 10),
        )


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Normalised pictures ``(3, 32, 32)`` with their class; with ``augment``, shifted by up to 4 pixels and mirrored."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, *, augment: bool = False) -> None:
        self.pictures = torch.from_numpy((pixels.astype(np.float32) / 255 - MEAN) / STD).permute(0, 3, 1, 2).contiguous()
        self.labels = labels
        self.augment = augment

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture = self.pictures[index]
        if self.augment:
            top, left, mirror = (int(n) for n in torch.randint(0, 9, (3,)))
            picture = functional.pad(picture, (4, 4, 4, 4))[:, top : top + 32, left : left + 32]
            if mirror % 2:
                picture = picture.flip(-1)
        return picture, int(self.labels[index])


def read(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels ``(n, 32, 32, 3)`` and classes ``(n,)`` of ``train`` or ``test``, in a shuffled but fixed order."""
    kept = CACHE / f"cifar10-{split}.npz"
    if not kept.exists():
        from PIL import Image

        CACHE.mkdir(exist_ok=True)
        pixels, names = [], []
        with tarfile.open(ARCHIVE) as archive:
            for member in archive:
                parts = Path(member.name).parts
                if member.isfile() and member.name.endswith(".jpg") and split in parts:
                    content = archive.extractfile(member)
                    assert content is not None
                    pixels.append(np.asarray(Image.open(io.BytesIO(content.read())).convert("RGB")))
                    names.append(parts[-2])
        classes = sorted(set(names))
        order = np.random.default_rng(0).permutation(len(names))
        labels = np.array([classes.index(name) for name in names])
        np.savez(kept, pixels=np.stack(pixels)[order], labels=labels[order])
    with np.load(kept) as arrays:
        return arrays["pixels"], arrays["labels"]


@torch.no_grad()
def accuracy(network: nn.Module, pictures: Pictures) -> float:
    """Share of ``pictures`` that the network names rightly."""
    network.eval()
    loader = DataLoader(pictures, batch_size=500)
    return sum(int((network(x).argmax(1) == y).sum()) for x, y in loader) / len(pictures)


def train(training: Pictures, validation: Pictures, *, epochs: int = 60, patience: int = 5) -> Network:
    """Anneal for ``epochs``, then go on at a low rate until validation accuracy has not risen ``patience`` epochs long."""
    torch.manual_seed(0)
    network = Network()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # absent from torch's stubs
    loader = DataLoader(training, batch_size=128, shuffle=True, drop_last=True)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2, momentum=0.9, weight_decay=1e-3, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, epochs=epochs, steps_per_epoch=len(loader), pct_start=0.2)
    best, best_at, kept = 0.0, 0, network.state_dict()
    epoch = 0
    while epoch < epochs or epoch - best_at < patience:
        network.train()
        for pictures, labels in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                loss = functional.cross_entropy(network(pictures.contiguous(memory_format=torch.channels_last)).float(), labels)
            loss.backward()
            optimizer.step()
            if epoch < epochs:
                schedule.step()
        if epoch == epochs - 1:
            for group in optimizer.param_groups:
                group["lr"] = 1e-3
        epoch += 1
        reached = accuracy(network, validation)
        print(f"epoch {epoch}: validation accuracy {reached:.4f}", flush=True)
        if reached > best:
            best, best_at = reached, epoch
            kept = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(kept)
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # absent from torch's stubs
    return network


def trained() -> Network:
    """The network at the end of its training, which is done once and kept in the bench's cache."""
    network = Network()
    if not CHECKPOINT.exists():
        pixels, labels = read("train")
        training = Pictures(pixels[VALIDATION_COUNT:], labels[VALIDATION_COUNT:], augment=True)
        best = train(training, Pictures(pixels[:VALIDATION_COUNT], labels[:VALIDATION_COUNT]))
        torch.save(best.state_dict(), CHECKPOINT)
    network.load_state_dict(torch.load(CHECKPOINT))
    return network.eval()


def fine_tune(network: nn.Module, *, epochs: int = 10) -> None:
    """What a changed network is given to recover, in place."""
    torch.manual_seed(0)
    pixels, labels = read("train")
    training = Pictures(pixels[VALIDATION_COUNT:], labels[VALIDATION_COUNT:], augment=True)
    loader = DataLoader(training, batch_size=128, shuffle=True, drop_last=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # absent from torch's stubs
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, epochs=epochs, steps_per_epoch=len(loader), pct_start=0.1)
    network.train()
    for _ in range(epochs):
        for pictures, classes in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                answered = network(pictures.contiguous(memory_format=torch.channels_last)).float()
            functional.cross_entropy(answered, classes).backward()
            optimizer.step()
            schedule.step()
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # absent from torch's stubs


def model() -> Network:
    """The trained network."""
    return trained()


def workload() -> Workload:
    """13,000 pictures to fine-tune on, 2,000 to pick with, 5,000 to prove on."""
    from greenwright import Workload

    pixels, labels = read("train")
    training = Pictures(pixels[VALIDATION_COUNT:], labels[VALIDATION_COUNT:], augment=True)
    return Workload(
        name="cifar10",
        model=trained(),
        train=DataLoader(training, batch_size=128, shuffle=True),
        validation=Pictures(pixels[:VALIDATION_COUNT], labels[:VALIDATION_COUNT]),
        test=Pictures(*read("test")),
        quality="accuracy",
        unit="1 image",
    )
