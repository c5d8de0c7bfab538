"""What is known of one machine's power: what it uses idling, and what the rest of its node adds to its counters."""

from __future__ import annotations

from dataclasses import dataclass

from greenwright.records.quantities import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What each counter showed while the machine had nothing to do."""

    measured_at: str
    """UTC, ISO 8601."""
    duration_s: float
    busy_share: float
    """How busy its CPUs were all the same."""
    power_w: dict[str, Quantity]
    """By the counter's id: the median of windows, between the least and the most of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOfNode:
    """Power of the whole node as a line over the power of its counters: supply, board, fans and disks are what is above."""

    learned_at: str
    """UTC, ISO 8601."""
    meter: str
    """Of the whole node, from which it was learned."""
    counters: tuple[str, ...]
    """Whose sum it was learned for; it holds for no other."""
    constant_w: float
    slope_ratio: float
    """Watts of the node for each watt of the counters: losses of the supply make it more than 1."""
    error_share: float
    """The largest distance of a point from the line, or the meter's own error, as a share of the node's power."""
    point_count: int
    device_low_w: float
    device_high_w: float
    """Power of the counters over which it was learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What was learned once about a machine, and is kept."""

    machine: str
    """Its machine id, hashed."""
    idle: Idle | None = None
    rest: RestOfNode | None = None
