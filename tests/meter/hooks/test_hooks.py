"""Real trainers of real frameworks, with our callback among theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from greenwright.meter.session import Meter
from greenwright.testing.probes import FakeProbe

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def names(windows: Any) -> list[str]:
    return [window.name for window in windows]


def test_keras_fit_is_measured_and_its_history_has_the_joules(machine: FakeProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="not installed")
    import numpy as np

    from greenwright.meter.hooks import keras as hook

    said: list[str] = []
    energy = hook.callback(Meter(name="training", probes=[machine]), said.append)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    history = model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0, callbacks=[energy])

    assert ["epoch", "epoch", "training"] == names(energy.windows)
    assert [0.0, 0.0] == history.history["energy_j"]
    assert ["epoch 1", "epoch 2", "training"] == [one.partition(":")[0] for one in said]


def test_a_hugging_face_trainer_is_measured_and_its_log_has_the_joules(machine: FakeProbe, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers", reason="needs the extra transformers")
    pytest.importorskip("accelerate", reason="the Trainer needs accelerate")
    from greenwright.meter.hooks import transformers as hook

    config = transformers.BertConfig(
        vocab_size=32, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, max_position_embeddings=8
    )
    rows = [{"input_ids": torch.tensor([1, 2, 3]), "labels": torch.tensor(1)} for _ in range(4)]
    energy = hook.callback(Meter(name="training", probes=[machine]), lambda _: None)
    trainer = transformers.Trainer(
        model=transformers.BertForSequenceClassification(config),
        args=transformers.TrainingArguments(
            output_dir=str(tmp_path),
            num_train_epochs=2,
            report_to=[],
            use_cpu=True,
            save_strategy="no",
            logging_strategy="epoch",
            disable_tqdm=True,
        ),
        train_dataset=rows,
        callbacks=[energy],
    )
    trainer.train()

    assert ["epoch", "epoch", "training"] == names(energy.windows)
    assert [0.0, 0.0] == [entry["energy_j"] for entry in trainer.state.log_history if "loss" in entry]


def test_a_lightning_trainer_is_measured_and_its_loggers_have_the_joules(machine: FakeProbe, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    lightning = pytest.importorskip("lightning.pytorch", reason="not installed")
    from lightning.pytorch.loggers import CSVLogger

    from greenwright.meter.hooks import lightning as hook

    class Model(lightning.LightningModule):  # type: ignore[misc, name-defined]  # loaded above, or skipped
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            return self.layer(batch).square().mean()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    said: list[str] = []
    energy = hook.callback(Meter(name="training", probes=[machine]), said.append)
    trainer = lightning.Trainer(
        max_epochs=2,
        logger=CSVLogger(str(tmp_path), name="run"),
        callbacks=[energy],
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    trainer.fit(Model(), torch.utils.data.DataLoader(torch.ones(4, 2), batch_size=2))
    logged = next(tmp_path.rglob("metrics.csv")).read_text()

    assert ["epoch", "epoch", "training"] == names(energy.windows)
    assert 3 == len(said)
    assert "energy_j" in logged
