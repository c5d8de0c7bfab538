"""Measure the epochs of a Lightning ``Trainer``: ``Trainer(callbacks=[lightning.callback()])``.

Source: https://lightning.ai/docs/pytorch/stable/extensions/callbacks.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from greenwright.meter.epochs import Epochs

if TYPE_CHECKING:
    from greenwright.meter.session import Meter


def callback(meter: Meter | None = None, say: Callable[[str], object] | None = None) -> Any:
    """A callback for one training; its ``windows`` hold the epochs. Validation belongs to the epoch it follows.

    Every epoch's joules are logged too, as ``energy_j``, for whichever loggers the trainer has.
    """
    from lightning.pytorch import Callback

    class Energy(Callback):
        """Windows around epochs."""

        def __init__(self) -> None:
            self._epochs = Epochs(meter, say)

        @property
        def windows(self) -> Any:
            """The epochs that ended, and the whole training once that has."""
            return self._epochs.windows

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            self._epochs.begin()

        def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
            self._epochs.begin_epoch()

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            self._epochs.end_epoch()
            for logger in trainer.loggers:
                logger.log_metrics({"energy_j": self.windows[-1].energy_j.value}, step=trainer.current_epoch)

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self._epochs.end()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            self._epochs.end()

    return Energy()
