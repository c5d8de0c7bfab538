"""Metrics for OpenTelemetry, sent to a collector over HTTP, by the semantic conventions for hardware and processes.

Source: https://opentelemetry.io/docs/specs/semconv/hardware/common/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from greenwright.errors import BadInputError
from greenwright.meter.sink_contract import Meta
from greenwright.meter.totals import totals

if TYPE_CHECKING:
    from greenwright.records.runs import Run

META = Meta(
    id="otlp",
    title="OpenTelemetry metrics, sent to a collector over HTTP",
    target="the collector's address for metrics",
    example="otlp:http://localhost:4318/v1/metrics",
    source="https://opentelemetry.io/docs/specs/semconv/hardware/common/",
    extra="otlp",
    live=True,
)
_TYPES = {"cpu": "cpu", "gpu": "gpu", "dram": "memory", "node": "enclosure"}
"""``hw.type`` of our components."""


def write(run: Run, target: str) -> None:
    """Send the run once.

    Raises:
        BadInputError: no address, or nobody there who takes it.
    """
    with follow(target) as show:
        show(run)


@contextmanager
def follow(target: str) -> Iterator[Callable[[Run], None]]:
    """Send every run shown; series go on from one to the next.

    Raises:
        BadInputError: no address, or, when the block ends, nobody who took the last.
    """
    if not target.startswith(("http://", "https://")):
        raise BadInputError(f"otlp:{target} is no address; write otlp:http://HOST:4318/v1/metrics")
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import MetricExportResult

    exporter = OTLPMetricExporter(endpoint=target, timeout=5)
    taken = [True]

    def show(run: Run) -> None:
        if run.windows:
            taken[:] = [exporter.export(_metrics(run)) is MetricExportResult.SUCCESS]

    try:
        yield show
    finally:
        exporter.shutdown()
    if taken != [True]:
        raise BadInputError(f"nobody at {target} took the metrics; start a collector there, or mend the address")


def _metrics(run: Run) -> Any:
    """The run as the SDK hands metrics to an exporter: one reader, looked at once."""
    from opentelemetry.metrics import CallbackOptions, Observation
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.resources import Resource

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=Resource(_resource(run)), shutdown_on_exit=False)
    meter = provider.get_meter("greenwright")

    def observe(make: Any, name: str, unit: str, told: str, values: list[tuple[float, dict[str, str]]]) -> None:
        def look(_: CallbackOptions) -> list[Observation]:
            return [Observation(value, labels) for value, labels in values]

        make(name, callbacks=[look], unit=unit, description=told)

    parts, wholes = _parts(run), totals(run)
    observe(meter.create_observable_counter, "hw.energy", "J", "Energy consumed by the component", parts)
    cpu = [(one.cpu_s, {"greenwright.window": one.name}) for one in wholes]
    observe(meter.create_observable_counter, "process.cpu.time", "s", "CPU time of what was measured", cpu)
    energy = [
        (value, {"greenwright.window": one.name, "greenwright.grade": one.energy_j.grade.value, "greenwright.bound": bound})
        for one in wholes
        for bound, value in (("value", one.energy_j.value), ("low", one.energy_j.low), ("high", one.energy_j.high))
    ]
    observe(meter.create_observable_gauge, "greenwright.energy", "J", "Energy of a window, and its bounds", energy)
    duration = [(one.duration_s, {"greenwright.window": one.name}) for one in wholes]
    observe(meter.create_observable_gauge, "greenwright.duration", "s", "Duration of a window", duration)
    return reader.get_metrics_data()


def _parts(run: Run) -> list[tuple[float, dict[str, str]]]:
    return [
        (
            part.energy_j.value,
            {
                "hw.id": part.counter,
                "hw.type": _TYPES.get(part.component, "physical"),
                "greenwright.window": one.name,
                "greenwright.grade": part.energy_j.grade.value,
            },
        )
        for one in totals(run)
        for part in one.parts
    ]


def _resource(run: Run) -> dict[str, str | int]:
    return {
        "service.name": run.name,
        "service.instance.id": run.id,
        "host.name": run.place.host,
        "host.id": run.place.boot_id,
        "process.pid": run.place.pid,
        "greenwright.rank": run.place.rank,
    }
