"""Save training so that it survives a kill at any moment, and go on where it stopped: for PyTorch.

A checkpoint is written beside its place, flushed to the disk, and renamed; the one before stays until then. So a kill in the middle of
a save costs the work since the last one, and nothing else. With the random states saved too, a resumed run ends in the same weights as
one that was never interrupted.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from greenwright.errors import BadInputError, CannotHereError

SAVED_EXIT_CODE = 75
"""What a process that has saved on request ends with (EX_TEMPFAIL): it is not done, and wants to be called again."""
FOLDER_VARIABLE = "GREENWRIGHT_CHECKPOINTS"
MEAN_VARIABLE = "GREENWRIGHT_INTERRUPTED_EVERY_S"
STARTED_VARIABLE = "GREENWRIGHT_STARTED_AT"
"""When the runner started the process, in seconds since 1970."""
PROGRESS = "progress.json"
SAVE_NOW = "save-now"
"""A file in the folder that asks for a checkpoint soon, as a runner does when a cloud advises to leave the machine."""
LOOK_S = 1.0
"""How often that file is looked for."""
KEEP = 2
"""Checkpoints kept: the last, and the one before in case its disk lied about having written it."""
FIRST_INTERVAL_S = 300.0
"""Between checkpoints until the first save has shown what saving costs."""


class Stateful(Protocol):
    """A model, an optimiser, a schedule: whatever PyTorch can save."""

    def state_dict(self) -> dict[str, Any]:
        """All of it, as a mapping."""

    def load_state_dict(self, state_dict: Any, /) -> object:
        """Back to what it was."""


class Checkpoint:
    """Saves named parts of a training every so often, and when the machine is to be given up.

    So::

        with Checkpoint("checkpoints", model=model, optimizer=optimizer) as checkpoint:
            for step in checkpoint.steps(10_000):
                train(batches[step])

    Started again with the same folder it goes on with the first step that was not saved. SIGTERM, which a runner or a cluster sends
    before it takes the machine, saves after the running step and ends the process with exit code 75.

    Args:
        folder: Where checkpoints lie; ``GREENWRIGHT_CHECKPOINTS`` if empty, as ``greenwright run`` sets it.
        every_s: Seconds between checkpoints; by default the Young-Daly interval for what saving was measured to take.
        interrupted_every_s: Mean time between interruptions; ``GREENWRIGHT_INTERRUPTED_EVERY_S``, or 4 h if nobody says.
        parts: What is saved, by name.

    Raises:
        BadInputError: no folder is given.
    """

    def __init__(
        self,
        folder: str | Path = "",
        *,
        every_s: float | None = None,
        interrupted_every_s: float | None = None,
        **parts: Stateful,
    ) -> None:
        named = str(folder) or os.environ.get(FOLDER_VARIABLE, "")
        if not named:
            raise BadInputError(f"no folder for checkpoints: give one, or set {FOLDER_VARIABLE}")
        self.folder = Path(named)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.step = 0
        """Steps that are done."""
        self.save_s: float | None = None
        """What saving took, by the last one."""
        self.stop_wanted = False
        self._parts = parts
        self._every_s = every_s
        self._mean_s = interrupted_every_s or float(os.environ.get(MEAN_VARIABLE, "14400"))
        self._saved_at_s = time.monotonic()
        self._start_s: float | None = None
        self._before: Any = None
        self._looked_at_s = 0.0
        self._asked = False

    @property
    def interval_s(self) -> float:
        """Seconds between checkpoints that waste least: √(2 × save × mean time between interruptions).

        Source: Young (1974), "A first order approximation to the optimum checkpoint interval".
        """
        if self._every_s is not None:
            return self._every_s
        return FIRST_INTERVAL_S if self.save_s is None else (2 * self.save_s * self._mean_s) ** 0.5

    @property
    def due(self) -> bool:
        """Whether it is time to save."""
        return self.stop_wanted or time.monotonic() - self._saved_at_s >= self.interval_s or self._is_asked()

    def _is_asked(self) -> bool:
        """Whether somebody put ``save-now`` into the folder; it goes with the next save."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s >= LOOK_S:
            self._looked_at_s = now_s
            self._asked = (self.folder / SAVE_NOW).exists()
        return self._asked

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGTERM, self._on_term)
        self.load()
        started_at = os.environ.get(STARTED_VARIABLE)
        self._start_s = time.time() - float(started_at) if started_at else None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def steps(self, count: int) -> Iterator[int]:
        """The steps that are still to be done, of ``count``; saves between them when due, and at the end."""
        self._tell(count)
        while self.step < count:
            yield self.step
            self.step += 1
            if self.due and self.step < count:
                self.save(count)
                if self.stop_wanted:
                    raise SystemExit(SAVED_EXIT_CODE)
        self.save(count)

    def save(self, count: int = 0) -> Path:
        """Write a checkpoint of what is done, whole or not at all; the oldest ones go."""
        torch = _torch()
        begun_s = time.monotonic()
        final = self.folder / f"step-{self.step:012d}.pt"
        beside = self.folder / f".{final.name}.{os.getpid()}.tmp"
        content = {
            "step": self.step,
            "parts": {name: part.state_dict() for name, part in self._parts.items()},
            "random": _random(),
        }
        with beside.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(final)
        _sync_folder(self.folder)
        (self.folder / SAVE_NOW).unlink(missing_ok=True)
        self._asked = False
        self._saved_at_s = time.monotonic()
        self.save_s = self._saved_at_s - begun_s
        for old in _saved(self.folder)[:-KEEP]:
            old.unlink(missing_ok=True)
        self._tell(count)
        return final

    def load(self) -> bool:
        """Go back to the newest checkpoint that can be read; False where there is none."""
        for torn in self.folder.glob(".step-*.tmp"):
            torn.unlink(missing_ok=True)
        for path in reversed(_saved(self.folder)):
            content = _read(path)
            if content is not None:
                self._take(content, path)
                return True
        return False

    def _take(self, content: dict[str, Any], path: Path) -> None:
        missing = sorted(self._parts.keys() ^ content["parts"].keys())
        if missing:
            raise BadInputError(f"{path} was saved with other parts ({', '.join(missing)} differ); name another folder")
        for name, part in self._parts.items():
            part.load_state_dict(content["parts"][name])
        _set_random(content["random"])
        self.step = int(content["step"])

    def _on_term(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_wanted = True

    def _tell(self, count: int) -> None:
        """Say how far it is, for whoever runs this: written whole or not at all."""
        told = {
            "done_share": self.step / count if count else None,
            "save_s": self.save_s,
            "start_s": self._start_s,
            "interval_s": self.interval_s,
            "at": time.time(),
        }
        beside = self.folder / f".{PROGRESS}.{os.getpid()}.tmp"
        beside.write_text(json.dumps(told), encoding="utf-8")
        beside.replace(self.folder / PROGRESS)


def _saved(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.pt"))


def _read(path: Path) -> dict[str, Any] | None:
    """A checkpoint's content; None where it is damaged, which a crash of the whole machine can do to the newest."""
    torch = _torch()
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
    except Exception:  # noqa: BLE001 - pickle and zip fail in any way on a torn file
        return None
    return content


def _random() -> dict[str, Any]:
    """Every generator that training draws from."""
    import numpy as np

    torch = _torch()
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"python": random.getstate(), "numpy": np.random.get_state(), "torch": torch.get_rng_state(), "cuda": devices}  # noqa: NPY002 - theirs


def _set_random(state: dict[str, Any]) -> None:
    import numpy as np

    torch = _torch()
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])  # noqa: NPY002 - what the training itself uses
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError as error:
        raise CannotHereError("checkpoints need torch: run pip install 'greenwright[torch]'") from error
    return torch
