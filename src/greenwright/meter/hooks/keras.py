"""Measure the epochs of Keras' ``fit``: ``model.fit(…, callbacks=[keras.callback()])``.

Source: https://keras.io/api/callbacks/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from greenwright.meter.epochs import Epochs

if TYPE_CHECKING:
    from greenwright.meter.session import Meter


def callback(meter: Meter | None = None, say: Callable[[str], object] | None = None) -> Any:
    """A callback for one training; its ``windows`` hold the epochs, and Keras' own history has ``energy_j``."""
    import keras

    class Energy(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
        """Windows around epochs."""

        def __init__(self) -> None:
            super().__init__()
            self._epochs = Epochs(meter, say)

        @property
        def windows(self) -> Any:
            """The epochs that ended, and the whole training once that has."""
            return self._epochs.windows

        def on_train_begin(self, logs: Any = None) -> None:
            self._epochs.begin()

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self._epochs.begin_epoch()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._epochs.end_epoch()
            if logs is not None:
                logs["energy_j"] = self.windows[-1].energy_j.value

        def on_train_end(self, logs: Any = None) -> None:
            self._epochs.end()

    return Energy()
