"""A network that hears which digit is spoken (Free Spoken Digit Dataset), as an ordinary greenwright workload.

Takes 20 to 49 of every speaker and digit train (1,800 recordings), 15 to 19 validate (300), 0 to 14 test (900): the published test
split, takes 0 to 4, and as many more as make a limit of one point decidable. The front end, a log-mel spectrogram ``(1, 40, 64)`` of
the first second or so, stands outside the model, as it does where such models are served.
"""

from __future__ import annotations

import io
import os
import tarfile
import wave
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from greenwright import Workload

HERE = Path(__file__).parent
ARCHIVE = Path(os.environ.get("GREENWRIGHT_DATA", HERE.parents[2] / "shared" / "data")) / "datasets" / "fsdd.tar"
CACHE = HERE.parent / ".cache"
CHECKPOINT = CACHE / "spoken_digits.pt"
RATE, WINDOW, HOP, MELS, FRAMES = 8_000, 256, 128, 40, 64
TEST_TAKES, VALIDATION_TAKES = range(15), range(15, 20)
EPOCHS, BATCH = 30, 64


class Sounds(Dataset[tuple[torch.Tensor, int]]):
    """Spectrograms ``(1, 40, 64)`` with their digit; with ``augment``, shifted in time and with a stripe left out of each axis."""

    def __init__(self, spectra: np.ndarray, labels: np.ndarray, *, augment: bool = False) -> None:
        self.spectra = torch.from_numpy(spectra)
        self.labels = labels
        self.augment = augment

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        spectrum = self.spectra[index]
        return (_varied(spectrum) if self.augment else spectrum), int(self.labels[index])


def _varied(spectrum: torch.Tensor) -> torch.Tensor:
    """Source of the stripes: Park et al. 2019, "SpecAugment", arXiv:1904.08779."""
    shift, pitch, width, start, length = (int(torch.randint(0, high, (1,))) for high in (9, MELS - 6, 7, FRAMES - 10, 11))
    varied = spectrum.roll(shift - 4, dims=-1).clone()
    varied[:, pitch : pitch + width] = 0.0
    varied[:, :, start : start + length] = 0.0
    return varied


class Network(nn.Module):
    """Four convolutions of 3x3: ``(batch, 1, 40, 64) -> (batch, 10)``."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 32, 64, 96, 128)
        self.layers = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)
                )
                for before, after in pairwise(widths)
            )
        )
        self.dropout = nn.Dropout(0.2)
        self.answer = nn.Linear(widths[-1], 10)

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """``(batch, 1, 40, 64) -> (batch, 10)``."""
        answered: torch.Tensor = self.answer(self.dropout(self.layers(spectra).mean(dim=(2, 3))))
        return answered


def mel_filters() -> np.ndarray[Any, Any]:
    """Triangles evenly spaced on the mel scale: ``(40, 129)``. Source: Davis and Mermelstein 1980."""
    mels = np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), MELS + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def spectrum(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Log-mel spectrogram, normalised, cut or padded: ``(samples,) -> (1, 40, 64)``."""
    samples = np.pad(samples, (0, max(0, WINDOW - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    heard = np.log(mel_filters() @ power.T + 1e-6)[:, :FRAMES]
    heard = (heard - heard.mean()) / (heard.std() + 1e-6)
    return np.pad(heard, ((0, 0), (0, FRAMES - heard.shape[1])))[None].astype(np.float32)


def read() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Spectra and digits of every split, in a shuffled but fixed order."""
    kept = CACHE / "spoken_digits.npz"
    if not kept.exists():
        CACHE.mkdir(exist_ok=True)
        found: dict[str, list[tuple[np.ndarray, int]]] = {"train": [], "validation": [], "test": []}
        with tarfile.open(ARCHIVE) as archive:
            for member in sorted((one for one in archive if one.name.endswith(".wav")), key=lambda one: one.name):
                digit, _, take = Path(member.name).stem.split("_")
                content = archive.extractfile(member)
                assert content is not None
                with wave.open(io.BytesIO(content.read())) as sound:
                    samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2") / 32_768
                split = "test" if int(take) in TEST_TAKES else "validation" if int(take) in VALIDATION_TAKES else "train"
                found[split].append((spectrum(samples), int(digit)))
        arrays: dict[str, Any] = {}
        for split, rows in found.items():
            order = np.random.default_rng(0).permutation(len(rows))
            arrays[f"{split}_spectra"] = np.stack([rows[place][0] for place in order])
            arrays[f"{split}_labels"] = np.array([rows[place][1] for place in order])
        np.savez(kept, **arrays)
    with np.load(kept) as arrays:
        return {split: (arrays[f"{split}_spectra"], arrays[f"{split}_labels"]) for split in ("train", "validation", "test")}


def train(network: nn.Module, *, epochs: int = EPOCHS, rate: float = 3e-3) -> None:
    """One long annealing, in place."""
    torch.manual_seed(0)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # absent from torch's stubs
    loader = DataLoader(Sounds(*read()["train"], augment=True), batch_size=BATCH, shuffle=True, drop_last=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, epochs=epochs, steps_per_epoch=len(loader))
    network.train()
    for _ in range(epochs):
        for spectra, labels in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                loss = functional.cross_entropy(network(spectra.contiguous(memory_format=torch.channels_last)).float(), labels)
            loss.backward()
            optimizer.step()
            schedule.step()
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # absent from torch's stubs


def fine_tune(network: nn.Module) -> None:
    """What a changed network is given to recover, in place."""
    train(network, epochs=EPOCHS // 3, rate=1e-3)


def model() -> Network:
    """The network at the end of its training, which is done once and kept in the bench's cache."""
    torch.manual_seed(0)
    network = Network()
    if not CHECKPOINT.exists():
        train(network)
        torch.save(network.state_dict(), CHECKPOINT)
    network.load_state_dict(torch.load(CHECKPOINT))
    return network.eval()


def workload() -> Workload:
    """1,800 recordings to fine-tune on, 300 to pick with, 900 to prove on."""
    from greenwright import Workload

    found = read()
    return Workload(
        name="spoken_digits",
        model=model(),
        train=DataLoader(Sounds(*found["train"], augment=True), batch_size=BATCH, shuffle=True),
        validation=Sounds(*found["validation"]),
        test=Sounds(*found["test"]),
        quality="accuracy",
        unit="1 recording",
    )
