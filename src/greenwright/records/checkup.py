"""How far a machine's counters can be trusted: what a cross-check found, and the grade of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """What a cross-check says of one counter."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    STANDS_STILL = "stands still"
    UNREADABLE = "cannot be read"
    ALONE = "nothing to compare it with"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """One counter, held against what else shows the same."""

    counter: str
    finding: Finding
    energy_j: float | None
    """What it counted, or what its power adds up to."""
    other_j: float | None
    """What power adds up to beside a counter of joules; the sum of the devices beside a meter of the node."""
    duration_s: float
    said: str
    """A sentence for people."""


class MachineGrade(StrEnum):
    """How well a machine can be measured."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """The grade of a machine, why, and the one step that raises it."""

    grade: MachineGrade
    why: str
    next_step: str = ""
