"""One line more in a program that logs to DVCLive: energy and carbon stand beside its own metrics. Needs dvclive."""

import json
from pathlib import Path

from dvclive import Live

from greenwright.tracking import tracked

with Live("dvclive", save_dvc_exp=False) as live, tracked("train", place="DE", live=live):
    live.log_metric("accuracy", 0.97)
    sum(number * number for number in range(3_000_000))

kept = json.loads(Path("dvclive/metrics.json").read_text())
print(f"accuracy: {kept['accuracy']:.3g}")
for name, value in sorted(kept["greenwright"]["train"].items()):
    print(f"{name}: {value:.3g}")
