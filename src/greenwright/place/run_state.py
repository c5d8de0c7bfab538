"""What has happened in a run so far, kept in a file after every step: whole, or as it was before."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from greenwright.errors import BadInputError
from greenwright.records.placement import Attempt, PriceClass
from greenwright.records.quantities import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An attempt under way, as it was when last looked at: what is known of it if the runner is killed."""

    pid: int
    born: str
    """When the process began, as the kernel counts: another process with its number began at another time."""
    price_class: PriceClass
    begun_s: float
    """Seconds since 1970."""
    seen_s: float
    """Likewise: until when it was seen running."""
    energy_j: Quantity | None
    carbon_g: Quantity | None


@dataclass(slots=True, kw_only=True)
class State:
    """What has happened so far, as it is kept on disk."""

    command: tuple[str, ...]
    begun_s: float
    """Seconds since 1970."""
    deadline_s: float
    attempts: list[Attempt] = field(default_factory=list)
    running: Running | None = None
    useful_s: float = 0.0
    waited_s: float = 0.0
    fell_back: bool = False
    replanned_count: int = 0
    at_once_g_per_kwh: float | None = None
    """Mean intensity of the hours in which it would have run at once."""
    exit_code: int | None = None


def begun(command: tuple[str, ...], within_s: float) -> State:
    """A run that begins now."""
    now_s = time.time()
    return State(command=command, begun_s=now_s, deadline_s=now_s + within_s)


def kept(file: Path, command: tuple[str, ...]) -> State:
    """The run that ``file`` tells of, to go on with.

    Raises:
        BadInputError: there is none, or it is about another command.
    """
    try:
        state = msgspec.json.decode(file.read_bytes(), type=State)
    except OSError as error:
        raise BadInputError(f"there is no run to resume at {file}; run it without --resume") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadInputError(f"{file} cannot be read ({error}); run the command without --resume") from error
    if state.command != command:
        raise BadInputError(f"{file} is about {' '.join(state.command)!r}; give that command, or another --name")
    state.exit_code = None
    return state


def keep(state: State, file: Path) -> None:
    """Write the state, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with beside.open("wb") as stream:
        stream.write(msgspec.json.encode(state))
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
