"""Write what a study leaves: the model, its certificate, the report and the record. Each is whole or absent."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from greenwright.batches import Inputs, each
from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.study import Certificate, StudyRecord
from greenwright.strategies.contract import Plan
from greenwright.study import snippets
from greenwright.study.generation import varied

RECORD = "study.json"
SEARCH = "search"
"""Where a running study keeps its journals and plans; gone when it has finished."""
TERMS = "terms.json"
"""In there: what the study was asked. A study that has it can be resumed."""
MODELS = ("model.onnx", "model.pt2")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FORBIDDEN = frozenset({errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOENT})
"""``ENOENT`` is what file systems say that hold what the kernel shows, such as ``/proc``, when a folder is to be made there."""


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """Turn what a disk can refuse into an error that says what to do.

    Raises:
        BadInputError: the folder cannot be one, because there is a file.
        CannotHereError: the disk is full, or the folder may not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            again = "run again with --resume" if (folder / SEARCH / TERMS).exists() else "run again"
            raise CannotHereError(f"the disk is full under {folder}: free some space, then {again}") from error
        if not _concerns(error, folder):  # the user's own data, say
            raise
        if isinstance(error, FileExistsError | NotADirectoryError):
            raise BadInputError(f"{error.filename} is a file, not a folder: choose another folder with --out") from error
        if error.errno in FORBIDDEN:
            raise CannotHereError(
                f"{folder} may not be written ({error.strerror}): choose another folder with --out"
            ) from error
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Replace ``path`` in one step: a reader sees the old file or the new one, and a failure leaves no part of it."""
    unfinished = path.with_name(f".{path.name}.unfinished")  # one name: what a kill leaves, the next run overwrites
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_model(plan: Plan, sample: Inputs, folder: Path, *, generates: bool = False) -> Path:
    """``model.onnx``, or ``model.pt2`` for a plan that PyTorch runs; the other, if an earlier study left it, goes.

    One that ``generates`` keeps its cache, as inputs and outputs.
    """
    path = folder / ("model.onnx" if plan.is_onnx else "model.pt2")
    write_whole(path, plan.model.path.read_bytes() if plan.is_onnx else _exported(plan, sample, generates=generates))
    clear_models(folder, but=path.name)
    return path


def clear_models(folder: Path, but: str = "") -> None:
    """Remove what an earlier study released here."""
    for name in MODELS:
        if name != but:
            (folder / name).unlink(missing_ok=True)


def write_record(record: StudyRecord, folder: Path) -> None:
    """``study.json``, and ``certificate.json`` where something was proven."""
    write_whole(folder / RECORD, _pretty(record))
    if record.certificate is None:
        (folder / "certificate.json").unlink(missing_ok=True)
    else:
        write_whole(folder / "certificate.json", _pretty(record.certificate))


def read_record(folder: Path) -> StudyRecord:
    """A finished study."""
    return msgspec.json.decode((folder / RECORD).read_bytes(), type=StudyRecord)


def clear_search(folder: Path) -> None:
    """Remove what only a running study needs."""
    shutil.rmtree(folder / SEARCH, ignore_errors=True)


def sha256(path: Path) -> str:
    """Of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_snippet(plan: Plan, path: Path, sample: Inputs, *, generates: bool = False) -> str:
    """The lines that load the model and run it, without greenwright."""
    return snippets.decoder_lines(plan, path, sample) if generates else snippets.lines(plan, path, sample)


def _concerns(error: OSError, folder: Path) -> bool:
    """The refused path lies in the folder, or is one the folder lies in."""
    if not isinstance(error.filename, str | os.PathLike):
        return False
    refused, ours = Path(error.filename).absolute(), folder.absolute()
    return refused.is_relative_to(ours) or ours.is_relative_to(refused)


def _exported(plan: Plan, sample: Inputs, *, generates: bool) -> bytes:
    import io

    import torch

    buffer = io.BytesIO()
    if generates:
        from greenwright.deploy.export_decoder import decoder_program

        torch.export.save(decoder_program(plan.model, varied(sample)), buffer)
        return buffer.getvalue()
    tensors = each(torch.as_tensor, sample)
    arguments = () if isinstance(tensors, dict) else tensors if isinstance(tensors, tuple) else (tensors,)
    keywords = tensors if isinstance(tensors, dict) else {}
    program = torch.export.export(plan.model.eval(), arguments, keywords)
    torch.export.save(program, buffer)
    return buffer.getvalue()


def _pretty(record: StudyRecord | Certificate) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
