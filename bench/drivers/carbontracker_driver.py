"""Drive carbontracker for one epoch; its PUE of 1.58 is taken out again."""

from typing import Any

from common_driver import FOLDER, main

J_PER_KWH = 3.6e6


def start() -> Any:
    from carbontracker.tracker import CarbonTracker

    tracker = CarbonTracker(
        epochs=2, epochs_before_pred=0, monitor_epochs=2, update_interval=1, log_dir=str(FOLDER / "kept"), verbose=0
    )
    tracker.epoch_start()
    return tracker


def stop(tracker: Any) -> dict[str, float]:
    tracker.epoch_end()
    thread = tracker.tracker
    found = {"cpu_j": 0.0, "gpu_j": 0.0}
    for component in thread.components:
        energy_j = float(sum(component.energy_usage(thread.epoch_times))) * J_PER_KWH
        found[f"{component.name}_j"] = found.get(f"{component.name}_j", 0.0) + energy_j
    return found


def recovered() -> dict[str, float]:
    said = "".join(path.read_text() for path in (FOLDER / "kept").glob("*.log"))
    return {"lines": float(said.count("Average power usage"))} if "Average power usage" in said else {}


if __name__ == "__main__":
    main(start, stop, recovered)
