"""Measure the epochs of a Hugging Face ``Trainer``: ``Trainer(callbacks=[transformers.callback()])``.

Source: https://huggingface.co/docs/transformers/main_classes/callback
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from greenwright.meter.epochs import Epochs

if TYPE_CHECKING:
    from greenwright.meter.session import Meter


def callback(meter: Meter | None = None, say: Callable[[str], object] | None = None) -> Any:
    """A callback for one training; its ``windows`` hold the epochs, evaluation included.

    What the trainer logs gets ``energy_j``, the joules so far, so that loggers and the state on disk have it.
    """
    from transformers import TrainerCallback

    class Energy(TrainerCallback):
        """Windows around epochs."""

        def __init__(self) -> None:
            self._epochs = Epochs(meter, say)

        @property
        def windows(self) -> Any:
            """The epochs that ended, and the whole training once that has."""
            return self._epochs.windows

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._epochs.begin()

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._epochs.begin_epoch()

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._epochs.end_epoch()

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            so_far_j = self._epochs.so_far_j()
            if logs is not None and so_far_j is not None:
                logs["energy_j"] = so_far_j
                state.log_history[-1]["energy_j"] = so_far_j

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._epochs.end()

    return Energy()
