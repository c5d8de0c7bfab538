"""A run as an MLflow run: metrics in joules, with their range, and what they rest on as tags.

Source: https://mlflow.org/docs/latest/ml/tracking/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenwright.errors import BadInputError
from greenwright.meter.sink_contract import Meta
from greenwright.meter.totals import totals

if TYPE_CHECKING:
    from greenwright.records.runs import Run

META = Meta(
    id="mlflow",
    title="A run of MLflow, in the experiment greenwright",
    target="the tracking address: sqlite:///FILE, file:FOLDER, or a server",
    example="mlflow:sqlite:///mlflow.db",
    source="https://mlflow.org/docs/latest/ml/tracking/",
    extra="mlflow",
)
_EXPERIMENT = "greenwright"
_TAG = "greenwright.run"


def write(run: Run, target: str) -> None:
    """Make the run's entry, or bring it up to date.

    Raises:
        BadInputError: nobody keeps runs at that address.
    """
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    try:
        client = MlflowClient(tracking_uri=target)
        entry = _entry(client, run)
        metrics = [Metric(name, value, _milliseconds(), 0) for name, value in _metrics(run).items()]
        params = [Param("command", " ".join(run.command)), Param("host", run.place.host), Param("rank", str(run.place.rank))]
        tags = [RunTag("greenwright.grade", _grade(run)), RunTag("greenwright.source", _source(run))]
        client.log_batch(entry, metrics=metrics, params=[one for one in params if one.value], tags=tags)
        client.set_terminated(entry, "FINISHED" if run.finished and not run.exit_code else "FAILED")
    except MlflowException as error:
        raise BadInputError(f"MLflow at {target} does not take the run: {error}") from error


def _entry(client: Any, run: Run) -> str:
    known = client.get_experiment_by_name(_EXPERIMENT)
    experiment = known.experiment_id if known else client.create_experiment(_EXPERIMENT)
    found = client.search_runs([experiment], filter_string=f"tags.`{_TAG}` = '{run.id}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    return str(client.create_run(experiment, run_name=run.name, tags={_TAG: run.id}).info.run_id)


def _metrics(run: Run) -> dict[str, float]:
    """``energy_j`` of the whole, which ended last; those of other windows in a folder of their name, as a file store cannot have both."""
    found: dict[str, float] = {}
    for one in totals(run):
        mark = "" if run.windows[-1].name == one.name else f"windows/{_plain(one.name)}/"
        found |= {
            f"{mark}energy_j": one.energy_j.value,
            f"{mark}energy_low_j": one.energy_j.low,
            f"{mark}energy_high_j": one.energy_j.high,
            f"{mark}duration_s": one.duration_s,
            f"{mark}cpu_s": one.cpu_s,
        }
    return found


def _plain(name: str) -> str:
    """MLflow allows few characters in a metric's name."""
    return "".join(letter if letter.isalnum() or letter in "_-. " else "_" for letter in name)


def _grade(run: Run) -> str:
    return run.windows[-1].energy_j.grade.value if run.windows else "none"


def _source(run: Run) -> str:
    return run.windows[-1].energy_j.source[:5000] if run.windows else "none"


def _milliseconds() -> int:
    import time

    return time.time_ns() // 1_000_000
