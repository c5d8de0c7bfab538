"""A run for TensorBoard: a scalar a window, its step the number of windows of that name before it.

Source: https://www.tensorflow.org/tensorboard
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.meter.sink_contract import Meta

if TYPE_CHECKING:
    from greenwright.records.energy import Window
    from greenwright.records.runs import Run

META = Meta(
    id="tensorboard",
    title="Scalars for TensorBoard, in a folder of the run's own",
    target="the folder that TensorBoard looks at",
    example="tensorboard:runs",
    source="https://www.tensorflow.org/tensorboard",
    extra="tensorboard",
)


def write(run: Run, target: str) -> None:
    """Write the run's folder; written again, it replaces what was there.

    Raises:
        BadInputError: the folder cannot be written.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder = Path(target) / run.id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        writer = EventFileWriter(str(folder))
    except OSError as error:
        raise BadInputError(f"{folder} cannot be written: {error.strerror}; name a folder that can be") from error
    seen: Counter[str] = Counter()
    for window in run.windows:
        values = [Summary.Value(tag=f"{window.name}/{tag}", simple_value=value) for tag, value in _scalars(window).items()]
        at_s = datetime.fromisoformat(window.started_at).timestamp() + window.duration_s
        writer.add_event(Event(wall_time=at_s, step=seen[window.name], summary=Summary(value=values)))
        seen[window.name] += 1
    writer.close()


def _scalars(window: Window) -> dict[str, float]:
    return {
        "energy_j": window.energy_j.value,
        "energy_low_j": window.energy_j.low,
        "energy_high_j": window.energy_j.high,
        "duration_s": window.duration_s,
        "cpu_s": window.cpu_s,
    }
