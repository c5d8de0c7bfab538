"""NVIDIA's management library, and which of its GPUs are ours: shared by all that reads or sets GPUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenwright.errors import CannotHereError

_DRIVER_FILES = ("dev/nvidiactl", "dev/dxg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU that this process may use."""

    index: int
    uuid: str
    name: str
    handle: Any
    library: Any

    def ask(self, question: str, *given: Any) -> Any:
        """What the library's function ``question`` answers for this GPU; None where the GPU does not support it.

        Raises:
            CannotHereError: the driver does not answer.
        """
        try:
            return getattr(self.library, question)(self.handle, *given)
        except self.library.NVMLError as error:
            if error.value == self.library.NVML_ERROR_NOT_SUPPORTED:
                return None
            raise CannotHereError(f"GPU {self.index} does not answer {question} ({error}); see nvidia-smi") from error


def load_library() -> Any:
    """``pynvml``, initialised. A test puts its own in place of this function."""
    import pynvml

    pynvml.nvmlInit()
    return pynvml


def has_driver(root: Path = Path("/")) -> bool:
    """Whether NVIDIA's driver is loaded."""
    return any((root / file).exists() for file in _DRIVER_FILES)


def gpus(root: Path = Path("/")) -> Iterator[Gpu]:
    """The GPUs that ``CUDA_VISIBLE_DEVICES`` lets this process use.

    Raises:
        CannotHereError: no driver, no library, or a library that does not start. ``__notes__`` holds what mends it.
    """
    # Without a driver's device file nothing can answer, and pynvml costs 50 ms to import.
    if not has_driver(root):
        raise CannotHereError("no NVIDIA driver is loaded here (no /dev/nvidiactl)")
    try:
        library = load_library()
    except ImportError as error:
        raise _with_mend("pynvml is not installed", 'pip install "greenwright[nvml]"') from error
    except Exception as error:
        raise _with_mend(f"NVML does not start: {error}", "nvidia-smi   # shows the same fault") from error
    for index in range(library.nvmlDeviceGetCount()):
        handle = library.nvmlDeviceGetHandleByIndex(index)
        uuid = _text(library.nvmlDeviceGetUUID(handle))
        if is_visible(index, uuid, os.environ.get("CUDA_VISIBLE_DEVICES")):
            name = _text(library.nvmlDeviceGetName(handle))
            yield Gpu(index=index, uuid=uuid, name=name, handle=handle, library=library)


def is_visible(index: int, uuid: str, wanted: str | None) -> bool:
    """Whether CUDA_VISIBLE_DEVICES lets this process use the GPU; a MIG instance does not name its board, so all stay."""
    if wanted is None:
        return True
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    return any(name == str(index) or name.startswith("MIG") or (len(name) > 4 and uuid.startswith(name)) for name in names)  # noqa: PLR2004 - "GPU-" alone names none


def mend_of(error: CannotHereError) -> str:
    """The command that mends what ``gpus`` could not do; "" where there is none."""
    return next(iter(getattr(error, "__notes__", [])), "")


def _with_mend(why: str, mend: str) -> CannotHereError:
    error = CannotHereError(why)
    error.add_note(mend)
    return error


def _text(answer: str | bytes) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer
