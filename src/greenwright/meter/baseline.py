"""Idle power and the rest of the node: measured or learned once, kept per machine, and taken off or shown beside."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright import settings
from greenwright.errors import BadInputError
from greenwright.records.baseline import Idle, MachineFacts, RestOfNode
from greenwright.records.quantities import Grade, Quantity, weakest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from greenwright.records.energy import Part, Window

IDLE_BUSY_SHARE = 0.05
"""A machine that is busier than this is not idling."""
FEWEST_POINTS = 6
LEAST_SPREAD_RATIO = 1.1
"""A slope needs powers that differ by at least this: else only the difference is learned."""


def idle_of(windows: Sequence[Window], busy_share: float, measured_at: str) -> Idle:
    """The idle power of each counter, from windows in which nothing was done.

    Raises:
        BadInputError: no windows.
    """
    if not windows:
        raise BadInputError("idle power needs at least one window; measure for longer")
    by_counter: dict[str, list[Quantity]] = {}
    for window in windows:
        for part in (*window.parts, *window.within):
            by_counter.setdefault(part.counter, []).append(_per_second(part.energy_j, window.duration_s))
    return Idle(
        measured_at=measured_at,
        duration_s=math.fsum(window.duration_s for window in windows),
        busy_share=busy_share,
        power_w={counter: _middle(powers_w) for counter, powers_w in by_counter.items()},
    )


def _per_second(energy_j: Quantity, duration_s: float) -> Quantity:
    return replace(
        energy_j,
        value=energy_j.value / duration_s,
        low=energy_j.low / duration_s,
        high=energy_j.high / duration_s,
        source=f"idle baseline, {energy_j.source}",
    )


def _middle(powers_w: Sequence[Quantity]) -> Quantity:
    from statistics import median  # would be most of what importing a meter costs

    return Quantity(
        value=median(power_w.value for power_w in powers_w),
        low=min(power_w.low for power_w in powers_w),
        high=max(power_w.high for power_w in powers_w),
        grade=weakest(power_w.grade for power_w in powers_w),
        source=powers_w[0].source,
    )


def idle_j(parts: Iterable[Part], duration_s: float, idle: Idle | None, marginal: set[str]) -> Quantity | None:
    """What these counters would have shown idling; None where the idle power of one of them is not known.

    Args:
        parts: Of a window.
        duration_s: How long it was.
        idle: The machine's baseline; None where none was measured.
        marginal: Counters that see no idling.
    """
    whole = [part.counter for part in parts if part.counter not in marginal]
    known_w = idle.power_w if idle else {}
    if any(counter not in known_w for counter in whole):
        return None
    powers = [known_w[counter] for counter in whole]
    return Quantity(
        value=duration_s * math.fsum(power.value for power in powers),
        low=duration_s * math.fsum(power.low for power in powers),
        high=duration_s * math.fsum(power.high for power in powers),
        grade=weakest([power.grade for power in powers] or [Grade.COUNTER]),
        source="; ".join(dict.fromkeys(power.source for power in powers)) or "counters that see no idling",
    )


def net_j(gross_j: Quantity, idling_j: Quantity) -> Quantity:
    """What is left of ``gross_j`` without ``idling_j``; its range is that of both, because their errors are not one."""
    return Quantity(
        value=gross_j.value - idling_j.value,
        low=gross_j.low - idling_j.high,
        high=gross_j.high - idling_j.low,
        grade=weakest((gross_j.grade, idling_j.grade)),
        source=f"{gross_j.source}, less {idling_j.source}",
    )


def learn_rest(
    points_w: Sequence[tuple[float, float]], counters: Sequence[str], *, meter: str, error_share: float, learned_at: str
) -> RestOfNode:
    """A line through points of (watts of the counters, watts of the whole node), by least squares.

    Where the counters' power hardly changed, only the difference is learned, and the slope is 1.

    Args:
        points_w: One per window.
        counters: Whose sum the first of each point is.
        meter: The whole node's.
        error_share: The meter's own.
        learned_at: When.

    Raises:
        BadInputError: too few points.
    """
    if len(points_w) < FEWEST_POINTS:
        raise BadInputError(
            f"{len(points_w)} points teach nothing about the rest of the node; measure at least {FEWEST_POINTS}"
        )
    devices_w, nodes_w = [device for device, _ in points_w], [node for _, node in points_w]
    device_mean_w, node_mean_w = math.fsum(devices_w) / len(points_w), math.fsum(nodes_w) / len(points_w)
    slope_ratio = 1.0
    if max(devices_w) > LEAST_SPREAD_RATIO * max(min(devices_w), 1e-9):
        spread = math.fsum((device - device_mean_w) ** 2 for device in devices_w)
        slope_ratio = math.fsum((device - device_mean_w) * (node - node_mean_w) for device, node in points_w) / spread
    constant_w = node_mean_w - slope_ratio * device_mean_w
    farthest_share = max(abs(constant_w + slope_ratio * device - node) / node for device, node in points_w if node > 0)
    return RestOfNode(
        learned_at=learned_at,
        meter=meter,
        counters=tuple(sorted(counters)),
        constant_w=constant_w,
        slope_ratio=slope_ratio,
        error_share=max(error_share, farthest_share),
        point_count=len(points_w),
        device_low_w=min(devices_w),
        device_high_w=max(devices_w),
    )


def rest_j(parts: Sequence[Part], duration_s: float, rest: RestOfNode) -> Quantity | None:
    """What the rest of the node used beside these counters; None where it was learned for others.

    Beyond the powers it was learned over the line is drawn on, and the range doubled.
    """
    if not parts or sorted(part.counter for part in parts) != list(rest.counters) or duration_s <= 0:
        return None
    device_j = math.fsum(part.energy_j.value for part in parts)
    node_j = rest.constant_w * duration_s + rest.slope_ratio * device_j
    is_inside = rest.device_low_w * 0.9 <= device_j / duration_s <= rest.device_high_w * 1.1
    error_j = abs(node_j) * rest.error_share * (1 if is_inside else 2)
    return Quantity(
        value=node_j - device_j,
        low=max(0.0, node_j - device_j - error_j),
        high=max(0.0, node_j - device_j + error_j),
        grade=Grade.MODELLED,
        source=f"rest of the node, learned from {rest.meter} on {rest.learned_at[:10]}",
    )


def load(root: Path = Path("/")) -> MachineFacts:
    """What is kept about this machine: empty where nothing is.

    Raises:
        BadInputError: the file is not one of ours.
    """
    if not _folder().exists():
        return MachineFacts(machine="")  # and nobody has to wait for OpenSSL
    path = facts_path(root)
    try:
        content = path.read_bytes()
    except OSError:
        return MachineFacts(machine=machine_id(root))
    import msgspec

    try:
        return msgspec.json.decode(content, type=MachineFacts)
    except msgspec.DecodeError as error:
        raise BadInputError(f"{path} is not what was learned about a machine ({error}); remove it and learn again") from error


def keep(facts: MachineFacts, root: Path = Path("/")) -> Path:
    """Write what is known of this machine, whole or not at all; where it is kept."""
    import msgspec

    path = facts_path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def keep_idle(idle: Idle, root: Path = Path("/")) -> Path:
    """Keep a new idle baseline beside what else is known."""
    return keep(replace(load(root), machine=machine_id(root), idle=idle), root)


def keep_rest(rest: RestOfNode, root: Path = Path("/")) -> Path:
    """Keep a new rest of the node beside what else is known."""
    return keep(replace(load(root), machine=machine_id(root), rest=rest), root)


def facts_path(root: Path = Path("/")) -> Path:
    """A file per machine, because a home may be shared by many."""
    return _folder() / f"{machine_id(root)}.json"


def _folder() -> Path:
    return settings.resolve().home / "machines"


def machine_id(root: Path = Path("/")) -> str:
    """Names this machine, and tells nobody its id: hashed, as ``man machine-id`` asks."""
    try:
        known = (root / "etc/machine-id").read_text().strip()
    except OSError:
        known = ""
    import hashlib  # loads OpenSSL

    return hashlib.sha256(f"greenwright {known or os.uname().nodename}".encode()).hexdigest()[:16]


def busy_share(root: Path, before_count: tuple[float, float]) -> float:
    """How busy all CPUs of the machine were since ``before_count``, a look of ``cpu_ticks``; 0 where the kernel does not say."""
    busy, every = (now - then for now, then in zip(cpu_ticks(root), before_count, strict=True))
    return busy / every if every > 0 else 0.0


def cpu_ticks(root: Path = Path("/")) -> tuple[float, float]:
    """Busy and all ticks of all CPUs, from /proc/stat; zeros where there is none."""
    try:
        first = (root / "proc/stat").read_text().partition("\n")[0].split()
    except OSError:
        return 0.0, 0.0
    ticks = [float(number) for number in first[1:9]]  # user nice system idle iowait irq softirq steal; guests are in user
    idle_ticks = ticks[3] + ticks[4] + (ticks[7] if len(ticks) > 7 else 0.0)  # noqa: PLR2004 - stolen time is not ours
    return sum(ticks) - idle_ticks, sum(ticks)
