"""What a machine draws beside the devices that were measured, where no wall meter has said so."""

from __future__ import annotations

from greenwright.records.quantities import Grade, Quantity

REST_OF_NODE = Quantity(
    value=1.3,
    low=1.05,
    high=1.8,
    grade=Grade.ASSUMED,
    source="rest of the node: fans, supplies, boards and disks; not measured",
)
"""From a machine that is nearly all accelerators to one with many fans and disks. A wall meter replaces it."""
