"""Where a run can be written: one file per kind of place."""

from __future__ import annotations

MEMBERS = {
    "json": "greenwright.meter.sinks.json_file",
    "csv": "greenwright.meter.sinks.csv_file",
    "codecarbon": "greenwright.meter.sinks.codecarbon",
    "prometheus": "greenwright.meter.sinks.prometheus",
    "prometheus-textfile": "greenwright.meter.sinks.prometheus_textfile",
    "otlp": "greenwright.meter.sinks.otlp",
    "mlflow": "greenwright.meter.sinks.mlflow",
    "wandb": "greenwright.meter.sinks.wandb",
    "tensorboard": "greenwright.meter.sinks.tensorboard",
}
