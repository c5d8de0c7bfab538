"""A run as Prometheus metrics, whether they are fetched from us or lie in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenwright.meter.totals import Total, totals

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from greenwright.records.runs import Run

_WHO = ("name", "rank", "window")


def registry_of(run: Run) -> CollectorRegistry:
    """A registry of this run alone, as it is by now."""
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()

    def metric(name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"greenwright_{name}", told, [*_WHO, *labels], registry=registry)

    # Gauges, though they grow: a counter's value cannot be set from what was measured elsewhere.
    energy = metric("energy_joules", "Energy of all windows of this name, gross.", "grade")
    bounds = metric("energy_bound_joules", "Between these the energy lies.", "bound")
    parts = metric("part_energy_joules", "What one counter contributed.", "counter", "component", "grade")
    duration = metric("duration_seconds", "Duration of all windows of this name.")
    cpu = metric("cpu_seconds", "CPU time of what was measured.")
    count = metric("windows", "Windows of this name.")
    for one in totals(run):
        who = _who(run, one)
        energy.labels(**who, grade=one.energy_j.grade.value).set(one.energy_j.value)
        bounds.labels(**who, bound="low").set(one.energy_j.low)
        bounds.labels(**who, bound="high").set(one.energy_j.high)
        duration.labels(**who).set(one.duration_s)
        cpu.labels(**who).set(one.cpu_s)
        count.labels(**who).set(one.window_count)
        for part in one.parts:
            grade = part.energy_j.grade.value
            parts.labels(**who, counter=part.counter, component=part.component, grade=grade).set(part.energy_j.value)
    return registry


def _who(run: Run, one: Total) -> dict[str, Any]:
    return {"name": run.name, "rank": str(run.place.rank), "window": one.name}
