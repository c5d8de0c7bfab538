"""Who used a machine's energy: processes, idling, and what nobody can be charged with."""

from __future__ import annotations

from dataclasses import dataclass

from greenwright.records.quantities import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one process, or one cgroup, did in a while."""

    name: str
    cpu_s: float
    gpu_share: dict[str, float]
    """Of what each GPU did for all processes, by the device's name: 0…1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one of them is charged with."""

    name: str
    cpu_s: float
    marginal_j: Quantity
    """What the machine used more because of it: no idling."""
    full_j: Quantity
    """Its part of everything, idling included: all of these and the unattributed part add up to the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """A machine's energy, split: ``total_j`` is the sum of ``idle_j``, ``unattributed_j`` and every ``marginal_j``."""

    duration_s: float
    total_j: Quantity
    idle_j: Quantity
    """0 where no baseline was measured; then idling is in the shares."""
    unattributed_j: Quantity
    """Work that no listed process did: the kernel, processes that came and went, GPUs that do not say for whom."""
    shares: tuple[Share, ...]
    """The largest first."""
    has_baseline: bool
    busy_s: float
    """CPU time of the whole machine."""
