"""One line more in a program that logs to MLflow: energy and carbon stand beside its own metrics. Needs the extra mlflow."""

import mlflow

from greenwright.tracking import tracked

mlflow.set_tracking_uri("sqlite:///mlflow.db")

with mlflow.start_run() as run, tracked("train", place="DE"):
    mlflow.log_metric("accuracy", 0.97)
    sum(number * number for number in range(3_000_000))

for name, value in sorted(mlflow.get_run(run.info.run_id).data.metrics.items()):
    print(f"{name}: {value:.3g}")
