"""Digits, networks for them, strategies of our own, and a study that is in a hurry."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright import registry, strategies
from greenwright.meter import compare as comparing
from greenwright.strategies.contract import Given, Meta, Plan, Stage, Verdict
from greenwright.study import workbench
from greenwright.study.workload import Workload

Array = np.ndarray[Any, Any]
AddStrategy = Callable[..., str]


@dataclass(frozen=True, kw_only=True)
class Digits:
    """scikit-learn's scanned digits as rows of 64 numbers."""

    train: tuple[Array, Array]
    validation: tuple[Array, Array]
    test: tuple[Array, Array]


@pytest.fixture(scope="session")
def digits() -> Digits:
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    inputs, targets = (pictures[order] / 16).astype(np.float32), labels[order]
    bounds = {"train": slice(0, 900), "validation": slice(900, 1300), "test": slice(1300, 1797)}
    return Digits(**{name: (inputs[part], targets[part]) for name, part in bounds.items()})


@pytest.fixture(scope="session")
def large(digits: Digits) -> nn.Module:
    """A network wider than it needs to be."""
    return fitted(nn.Sequential(nn.Linear(64, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 10)), digits)


@pytest.fixture(scope="session")
def small(digits: Digits) -> nn.Module:
    """One that needs a small part of the energy, and answers nearly as well."""
    return fitted(nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10)), digits)


def fitted(network: nn.Module, digits: Digits) -> nn.Module:
    inputs, targets = (torch.tensor(array) for array in digits.train)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for layer in network.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
        optimizer = torch.optim.Adam(network.parameters(), 5e-3)
        for _ in range(200):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs), targets).backward()
            optimizer.step()
    return network.eval()


@pytest.fixture
def workload(large: nn.Module, digits: Digits) -> Workload:
    return Workload(name="digits", model=large, validation=digits.validation, test=digits.test, unit="1 image")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure as ever, but in short windows and few; start no process to see how much memory a model needs."""

    def briefly(*sides: Any, **asked: Any) -> Any:
        return comparing.compare(*sides, **asked | {"min_window_s": 0.004, "max_s": 0.1, "max_pairs": 8})

    monkeypatch.setattr(workbench, "compare", briefly)
    monkeypatch.setattr(workbench, "peak_memory_bytes", lambda *_, **__: 1_000_000)
    monkeypatch.setattr("greenwright.study.running.LATENCY_CALLS", 10)
    monkeypatch.setattr("greenwright.study.running.PACED_CALLS", 4)


@pytest.fixture
def add_strategy(monkeypatch: pytest.MonkeyPatch) -> Iterator[AddStrategy]:
    """Add a strategy to the family as its own list does; ``apply(plan, given) -> Plan``."""

    def add(
        strategy: str, apply: Callable[[Plan, Given], Plan], check: Callable[..., Verdict] | None = None, **said: Any
    ) -> str:
        module = ModuleType(f"strategies_of_tests.{strategy}")
        meta = Meta(id=strategy, title=f"Do {strategy}", stage=said.pop("stage", Stage.ARCHITECTURE), source="a test", **said)
        applies = Verdict(applies=True, reason="it is a test")
        for name, value in {"META": meta, "apply": apply, "check": check or (lambda *_: applies)}.items():
            setattr(module, name, value)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(strategies.MEMBERS, strategy, module.__name__)
        registry.members.cache_clear()
        return strategy

    yield add
    monkeypatch.undo()
    registry.members.cache_clear()


@pytest.fixture
def shrinking(add_strategy: AddStrategy, small: nn.Module) -> str:
    """The id of a strategy that puts the small network in the large one's place."""
    return add_strategy("shrink", lambda plan, given: replaced(plan, given, small))


def replaced(plan: Plan, given: Given, model: Any) -> Plan:
    meta = Meta(id="shrink", title="Do shrink", stage=Stage.ARCHITECTURE, source="a test")
    return plan.then(meta, given, model=model)


@pytest.fixture
def onnx_file(large: nn.Module, digits: Digits, tmp_path: Path) -> Path:
    from greenwright.deploy.export import to_onnx

    inputs = digits.validation[0]
    return to_onnx(large, [inputs[:2], inputs[:5]], tmp_path / "large.onnx").path


@pytest.fixture
def npz_file(digits: Digits, tmp_path: Path) -> Path:
    path = tmp_path / "digits.npz"
    inputs, targets = (np.concatenate(pair) for pair in zip(digits.validation, digits.test, strict=True))
    np.savez(path, input=inputs, targets=targets)
    return path
