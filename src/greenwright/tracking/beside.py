"""Measure a block, and log what it used to the run that is open there: MLflow's, W&B's, DVCLive's or Prefect's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from greenwright.catalogue.places import place as find_place
from greenwright.errors import BadInputError
from greenwright.footprint.whole import carbon_total_g, footprint
from greenwright.meter.session import Meter
from greenwright.records.energy import Window
from greenwright.records.footprint import Supply

PREFIX = "greenwright/"
Log = Callable[[dict[str, float], dict[str, str]], None]
"""Takes metrics and labels."""


@contextmanager
def tracked(name: str = "run", *, place: str = "", live: Any = None, meter: Meter | None = None) -> Iterator[Meter]:
    """Measure the block, and log its joules, its range and its grams of CO2e to whichever tracker has a run open.

    One line in a program that logs already::

        with mlflow.start_run(), tracked("train", place="DE"):
            train()

    Inside, ``meter.window("epoch")`` names phases, which are logged, too. What is measured is logged also where the block raises.

    Args:
        name: Of the window; it stands in the names of the metrics.
        place: A country, a zone of the grid, or a region such as ``aws/eu-west-1``, for carbon; "" logs no carbon.
        live: DVCLive's ``Live``, which has no open run to be found by itself.
        meter: The meter to use; a new one if None.

    Raises:
        BadInputError: nobody knows the place, or no tracker has a run open.
        CannotHereError: nothing can be measured here.
    """
    supply = _supply(place)
    logs = _open_runs(live)
    if not logs:
        raise BadInputError("no run of MLflow, W&B, DVCLive or Prefect is open here; start one before tracked()")
    meter = meter or Meter(name=name)
    before = len(meter.windows)
    opened = meter.window(name)
    try:
        with opened:
            yield meter
    finally:
        metrics: dict[str, float] = {}
        for window in meter.windows[before:]:
            for key, value in _metrics(window, supply).items():
                metrics[key] = metrics.get(key, 0.0) + value
        labels = {f"{PREFIX}grade": opened.result.energy_j.grade.value, f"{PREFIX}source": opened.result.energy_j.source}
        for log in logs:
            log(metrics, labels | ({f"{PREFIX}place": place} if place else {}))


def _supply(place: str) -> Supply | None:
    if not place:
        return None
    found = find_place(place)
    if not found.known and place != "world":
        raise BadInputError(
            f"nobody knows the place {place!r}; write a country, a zone, a region such as aws/eu-west-1, or world"
        )
    return Supply(pue_ratio=found.pue, location_g_per_kwh=found.intensity_g_per_kwh)


def _metrics(window: Window, supply: Supply | None) -> dict[str, float]:
    energy = window.energy_j
    start = f"{PREFIX}{window.name}/"
    found = {
        f"{start}energy_j": energy.value,
        f"{start}energy_low_j": energy.low,
        f"{start}energy_high_j": energy.high,
        f"{start}duration_s": window.duration_s,
    }
    carbon = carbon_total_g(footprint(energy, supply)) if supply else None
    if carbon:
        found |= {f"{start}carbon_g": carbon.value, f"{start}carbon_low_g": carbon.low, f"{start}carbon_high_g": carbon.high}
    return found


def _open_runs(live: Any) -> list[Log]:
    """The runs that are open now. Only trackers that the program has imported itself are looked at."""
    found = [
        _mlflow(sys.modules.get("mlflow")),
        _wandb(sys.modules.get("wandb")),
        _dvclive(live),
        _prefect(sys.modules.get("prefect")),
    ]
    return [log for log in found if log is not None]


def _mlflow(mlflow: Any) -> Log | None:
    run = mlflow.active_run() if mlflow is not None else None
    if run is None:
        return None

    def log(metrics: dict[str, float], labels: dict[str, str]) -> None:
        client = mlflow.MlflowClient()
        for name, value in metrics.items():
            client.log_metric(run.info.run_id, name, value)
        for name, text in labels.items():
            client.set_tag(run.info.run_id, name, text)

    return log


def _wandb(wandb: Any) -> Log | None:
    run = getattr(wandb, "run", None)
    if run is None:
        return None

    def log(metrics: dict[str, float], labels: dict[str, str]) -> None:
        run.log(metrics)
        run.summary.update(metrics | labels)

    return log


def _dvclive(live: Any) -> Log | None:
    if live is None:
        return None

    def log(metrics: dict[str, float], labels: dict[str, str]) -> None:
        for name, value in metrics.items():
            live.log_metric(name, value, plot=False)
        for name, text in labels.items():
            live.log_param(name, text)

    return log


def _prefect(prefect: Any) -> Log | None:
    if prefect is None:
        return None
    from prefect.context import FlowRunContext, TaskRunContext

    if FlowRunContext.get() is None and TaskRunContext.get() is None:
        return None

    def log(metrics: dict[str, float], labels: dict[str, str]) -> None:
        from prefect.artifacts import create_table_artifact

        rows = [{"name": name, "value": value} for name, value in (metrics | labels).items()]
        create_table_artifact(table=rows, key="greenwright", description="What this run used")

    return log
